//! Ids out in events and back in requests.

use thalweg::{Event, EventOf, MetaField, OwnedEvent, Part};
use thalweg_corpus::laws::Grammar;
use thalweg_corpus::{Chunking, load_all};
use thalweg_stream::{Hooks, IdKind, Ids};

/// What a hook made of events, with the mapped ids in them mapped back, as a client's request would have them.
fn back(ids: &Ids, event: &OwnedEvent) -> OwnedEvent {
    let json = |json: &str, name: &str| {
        let member = format!("{{\"{name}\":{json}}}");
        let back = ids.back(&member);
        back.body[name.len() + 4..back.body.len() - 1].into()
    };
    let mut event = event.map(|text| ids.open(text).map_or_else(|| text.clone(), |(_, id)| id.into()));
    match &mut event {
        OwnedEvent::BlockData { part: Part::Json(text) | Part::Citation(text), .. } => *text = json(text, "any"),
        OwnedEvent::Extra { name, json: text, .. } => *text = json(text, name),
        _ => {}
    }
    event
}

#[test]
fn events_that_are_mapped_back_are_the_ones_the_provider_sent() {
    let ids = Ids::default();
    let (mut mapped_ids, mut kinds) = (0, std::collections::BTreeSet::new());
    for case in load_all() {
        let mut full = case.setup();
        full.detail = thalweg::Detail::Full;
        for setup in [case.setup(), full] {
            let plain = setup.events(&case.body, &Chunking::Whole);
            let mut hooks = Hooks::new().with("ids", ids.hook("azure-east:2"));
            let mut grammar = Grammar::default();
            let mut mapped = Vec::new();
            for event in &plain {
                hooks.apply(&event.as_lent(), |event| {
                    grammar.see(event).unwrap_or_else(|violation| panic!("{case}: {violation}"));
                    mapped.push(event.to_owned());
                });
            }
            assert_eq!((plain.len(), hooks.failure_count()), (mapped.len(), 0), "{case}");
            for (plain, mapped) in plain.iter().zip(&mapped) {
                assert!(back(&ids, mapped) == *plain, "{case}: {mapped:?}");
                if plain != mapped {
                    mapped_ids += 1;
                    kinds.insert(name(plain));
                }
            }
        }
    }
    assert!(mapped_ids > 1000, "{mapped_ids}");
    let expected = ["block_start", "call_id", "citation", "encrypted", "end", "json", "meta"];
    assert_eq!(kinds.into_iter().filter(|kind| *kind != "extra").collect::<Vec<_>>(), expected);
}

fn name(event: &OwnedEvent) -> &'static str {
    match event {
        EventOf::Meta { .. } => "meta",
        EventOf::BlockStart { .. } => "block_start",
        EventOf::BlockData { part: Part::CallId(_), .. } => "call_id",
        EventOf::BlockData { part: Part::Encrypted(_), .. } => "encrypted",
        EventOf::BlockData { part: Part::Citation(_), .. } => "citation",
        EventOf::BlockData { part: Part::Json(_), .. } => "json",
        EventOf::Extra { .. } => "extra",
        EventOf::End { .. } => "end",
        _ => "other",
    }
}

#[test]
fn kinds_that_are_left_out_stay() {
    let body = b"data: {\"id\":\"chat_1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n";
    let mut hooks = Hooks::new().with("ids", Ids::default().without(IdKind::Response).hook("east"));
    let mut seen = Vec::new();
    thalweg_corpus::Setup::from(&thalweg::dialects::OPENAI_CHAT).drive([&body[..]], |event| {
        hooks.apply(event, |event| match event {
            Event::Meta { field: MetaField::Id, value, .. } => seen.push((*value).to_owned()),
            Event::BlockStart { kind: thalweg::BlockKind::ToolCall { id: thalweg::Id::Wire(id), .. }, .. } => {
                seen.push((*id).to_owned());
            }
            _ => {}
        });
    });
    assert_eq!(seen[0], "chat_1");
    assert_eq!(Ids::default().open(&seen[1]), Some(("east".into(), "call_1".into())));
}

/// A body with `{}` for every id, mapped back; the ids are mapped by the routes given.
fn check(body: &str, mapped: &[(IdKind, &str, &str)], routes: &[&str]) {
    let ids = Ids::default();
    let fill = |id: &dyn Fn(&(IdKind, &str, &str)) -> String| {
        mapped.iter().fold(body.to_owned(), |body, one| body.replacen("<>", &id(one), 1))
    };
    let given = fill(&|(kind, route, id)| ids.out(*kind, route, id).into_owned());
    let back = ids.back(&given);
    assert_eq!(back.body, fill(&|(_, _, id)| (*id).to_owned()));
    assert_eq!(back.routes.iter().map(|route| &*route.route).collect::<Vec<_>>(), routes);
    assert_eq!(back.route(), routes.first().copied());
}

#[test]
fn requests_of_every_protocol_are_mapped_back() {
    use IdKind::{Call, Container, Conversation, Encrypted, Item, Response};
    check(
        r#"{ "previous_response_id" : "<>", "conversation":{"id":"<>"}, "stream":true,
            "input":[{"type":"reasoning","id":"<>","summary":[],"encrypted_content":"<>"},
                     {"type":"function_call_output","call_id":"<>","output":"{\"id\":\"call_tw1_\"}"},
                     {"type":"mcp_approval_response","approval_request_id":"<>","approve":true}],
            "tools":[{"type":"code_interpreter","container":"<>"}] }"#,
        &[
            (Response, "a", "resp_1"),
            (Conversation, "a", "conv_1"),
            (Item, "a", "rs_1"),
            (Encrypted, "a", "gAAA+/=="),
            (Call, "a", "call_1"),
            (Call, "a", "mcpr_1"),
            (Container, "a", "cntr_1"),
        ],
        &["a"],
    );
    check(
        r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"<>","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"<>","content":"4"}]}"#,
        &[(Call, "a", "call_1"), (Call, "a", "call_1")],
        &["a"],
    );
    check(
        r#"{"container":"<>","messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"<>"},
            {"type":"tool_use","id":"<>","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"<>","content":"4"}]}]}"#,
        &[(Container, "b", "container_1"), (Encrypted, "a", "Eo8B"), (Call, "a", "toolu_1"), (Call, "c", "toolu_2")],
        &["b", "a", "c"],
    );
    check(
        r#"{"messages":[{"content":[{"toolUse":{"toolUseId":"<>","name":"f","input":{}}},
            {"reasoningContent":{"redactedContent":"<>"}}]},{"content":[{"toolResult":{"toolUseId":"<>"}}]}]}"#,
        &[(Call, "a", "tooluse_1"), (Encrypted, "a", "AAAA"), (Call, "a", "tooluse_1")],
        &["a"],
    );
    check(
        r#"{"contents":[{"parts":[{"functionCall":{"id":"<>","name":"f","args":{"id":"x"}}},{"functionResponse":{"id":"<>","response":{"id":"x"}}}]}]}"#,
        &[(Call, "a", "fc-1"), (Call, "a", "fc-1")],
        &["a"],
    );
    check(
        r#"{"type":"response.create","response":{"previous_response_id":"<>"}}"#,
        &[(Response, "a", "resp_1")],
        &["a"],
    );
}

#[test]
fn what_a_model_or_a_user_wrote_is_not_looked_into() {
    let ids = Ids::default();
    let mapped = ids.out(IdKind::Call, "a", "call_1");
    for body in [
        r#"{"content":[{"type":"tool_use","input":{"id":"<>"}}]}"#,
        r#"{"functionCall":{"args":{"id":"<>"}}}"#,
        r#"{"functionResponse":{"response":{"id":"<>"}}}"#,
        r#"{"metadata":{"id":"<>"}}"#,
        r#"{"tools":[{"parameters":{"properties":{"id":{"id":"<>"}}}}]}"#,
        r#"{"input":"<>"}"#,
        r#"{"content":"<>","text":["<>"]}"#,
    ] {
        let body = body.replace("<>", &mapped);
        let back = ids.back(&body);
        assert!(back.body == body && back.routes.is_empty(), "{body}");
    }
}

#[test]
fn what_is_no_json_or_none_of_ours_is_untouched() {
    let ids = Ids::default();
    let mapped = ids.out(IdKind::Call, "a", "call_1");
    let deep = "[".repeat(200) + &"]".repeat(200);
    for body in [
        "",
        "{",
        &deep,
        &format!("{{\"id\":\"{mapped}\""),
        &format!("{{\"id\":\"{mapped}\"}} and more"),
        r#"{"id":"resp_1","call_id":null,"container":7,"data":"tw1.x","item_id":"tw1_\ud83d"}"#,
        &format!("{{\"id\":\"{mapped}x\",\"call_id\":\"\\ud83d{mapped}\"}}"),
    ] {
        let back = ids.back(body);
        assert!(back.body == body && back.routes.is_empty(), "{body}");
    }
}

#[test]
fn escapes_are_read_and_written() {
    let ids = Ids::default();
    let id = "a\"\\\u{1}\u{1f}é";
    let mapped = ids.out(IdKind::Encrypted, "a\"b", id);
    let value = serde_json::json!({ "encrypted_content": mapped });
    let body = value.to_string().replace("tw1", "\\u0074w\\u0031");
    let back = ids.back(&body);
    let read: serde_json::Value = serde_json::from_str(&back.body).expect("JSON comes back as JSON");
    assert_eq!((read["encrypted_content"].as_str(), back.route()), (Some(id), Some("a\"b")));
}
