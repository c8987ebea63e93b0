use serde_json::{Value, json};

use super::rules::{Change, Models, Rule};
use super::*;

/// What a dialect's profile makes of a body.
fn prepare(dialect: &str, body: Value) -> Result<Value, PrepareError> {
    let profile = Profile::of(dialect).expect("it is one of ours");
    Request::new(body).prepare(&profile).map(|prepared| prepared.body)
}

/// What one change makes of a body, streamed.
fn change(change: Change, body: Value) -> Value {
    let mut profile = Profile::of("openai-chat").expect("it is one of ours");
    profile.rules = vec![Rule::of(change)].into();
    let mut prepared = Request::new(body).prepare(&profile).expect("it can be sent").body;
    prepared.as_object_mut().map(|members| members.shift_remove("stream"));
    prepared
}

#[test]
fn members_are_taken_out_named_set_and_demanded() {
    let name = || "a".into();
    let check = |of: Change, body: Value, expected: Value| assert_eq!(change(of, body), expected);
    check(Change::Remove { member: name() }, json!({"a": 1, "b": 2}), json!({"b": 2}));
    check(Change::RemoveNull { member: name() }, json!({"a": null}), json!({}));
    check(Change::RemoveNull { member: name() }, json!({"a": {}}), json!({"a": {}}));
    check(Change::Rename { member: name(), to: "b".into() }, json!({"a": 1}), json!({"b": 1}));
    check(Change::Rename { member: name(), to: "b".into() }, json!({"a": 1, "b": 2}), json!({"a": 1, "b": 2}));
    let default = || Change::Default { member: name(), json: "[1]".into() };
    check(default(), json!({}), json!({"a": [1]}));
    check(default(), json!({"a": null}), json!({"a": [1]}));
    check(default(), json!({"a": ""}), json!({"a": [1]}));
    check(default(), json!({"a": 0}), json!({"a": 0}));
    check(Change::Set { member: name(), json: "false".into() }, json!({"a": 1}), json!({"a": false}));
    let profile =
        Profile::of("openai-chat").expect("it is one of ours").with_rule(Rule::of(Change::Require { member: name() }));
    let missing = Request::new(json!({"a": null})).prepare(&profile).map(|_| ());
    assert_eq!(missing, Err(PrepareError::Missing { member: "a".to_owned() }));
    let profile = profile.with_rule(Rule::of(Change::Set { member: name(), json: "{".into() }));
    let broken = Request::new(json!({"a": 1})).prepare(&profile).map(|_| ());
    assert_eq!(broken, Err(PrepareError::Rule { member: "a".to_owned() }));
}

#[test]
fn a_rule_is_for_the_models_it_names() {
    let of = |model: &str| {
        let mut profile = Profile::of("vllm").expect("it is one of ours");
        let models = Models::only(&[std::borrow::Cow::Borrowed("o1*")]);
        profile.rules = vec![Rule { models, change: Change::Remove { member: "temperature".into() } }].into();
        let request = Request::new(json!({"model": model, "temperature": 1}));
        request.prepare(&profile).expect("it can be sent").body.get("temperature").is_some()
    };
    assert!(!of("O1-mini") && of("o3"));
}

#[test]
fn usage_is_asked_for_where_the_answer_is_streamed() {
    let check = |streams: bool, body: Value, expected: Value| {
        let mut profile = Profile::of("openai-chat").expect("it is one of ours");
        profile.rules = vec![Rule::of(Change::AskUsage)].into();
        let request = Request { streams, ..Request::new(body) };
        assert_eq!(request.prepare(&profile).expect("it can be sent").body, expected);
    };
    check(true, json!({}), json!({"stream": true, "stream_options": {"include_usage": true}}));
    check(true, json!({"stream_options": null}), json!({"stream": true, "stream_options": {"include_usage": true}}));
    let chosen = json!({"stream": true, "stream_options": {"include_usage": false}});
    check(true, chosen.clone(), chosen);
    check(false, json!({"stream": true, "stream_options": {"include_usage": true}}), json!({}));
}

#[test]
fn only_messages_of_the_assistant_that_say_nothing_are_left_out() {
    let kept = [
        json!({"role": "assistant", "content": "Hi"}),
        json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c"}]}),
        json!({"role": "assistant", "content": [{"type": "thinking", "thinking": ""}]}),
        json!({"role": "assistant", "refusal": "No."}),
        json!({"role": "user", "content": ""}),
    ];
    let left_out = [
        json!({"role": "assistant"}),
        json!({"role": "assistant", "content": ""}),
        json!({"role": "assistant", "content": [], "tool_calls": []}),
        json!({"role": "assistant", "content": [{"type": "text", "text": ""}]}),
    ];
    let all = [&kept[..], &left_out[..]].concat();
    let body = json!({"messages": all});
    assert_eq!(change(Change::DropEmptyAssistant, body), json!({"messages": kept}));
}

#[test]
fn marks_of_the_cache_go_only_to_models_that_take_them() {
    let mark = json!({"type": "ephemeral"});
    let body = |model: &str, marked: bool| {
        let mut part = json!({"type": "text", "text": "Hi"});
        let mut tool = json!({"type": "function", "function": {"name": "f", "parameters": {"cache_control": 1}}});
        if marked {
            part["cache_control"] = mark.clone();
            tool["cache_control"] = mark.clone();
        }
        json!({"model": model, "messages": [{"role": "system", "content": [part]}], "tools": [tool]})
    };
    let sent = |model| {
        let mut sent = prepare("litellm", body(model, true)).expect("it can be sent");
        let members = sent.as_object_mut().expect("it is an object");
        members.retain(|name, _| matches!(&**name, "model" | "messages" | "tools"));
        sent
    };
    assert_eq!(sent("gpt-5"), body("gpt-5", false));
    assert_eq!(sent("anthropic/claude-5"), body("anthropic/claude-5", true));
}

#[test]
fn json_is_asked_for_in_words() {
    let rule = || Change::JsonByInstruction { words: "JSON only.".into() };
    let format = json!({"type": "json_object"});
    let body = json!({"response_format": &format, "messages": [{"role": "system", "content": "Be brief."}]});
    assert_eq!(change(rule(), body), json!({"messages": [{"role": "system", "content": "Be brief.\n\nJSON only."}]}));
    let body = json!({"response_format": &format, "messages": []});
    assert_eq!(change(rule(), body), json!({"messages": [{"role": "system", "content": "JSON only."}]}));
    let schema = json!({"type": "json_schema", "json_schema": {"schema": {"type": "object"}}});
    let body = json!({"max_tokens": 5, "response_format": schema, "system": "Be brief.", "messages": []});
    let sent = prepare("anthropic-messages", body).expect("it can be sent");
    let system = sent["system"].as_str().expect("it is text");
    assert!(
        system.starts_with("Be brief.\n\nAnswer with one JSON") && system.ends_with("schema: {\"type\":\"object\"}")
    );
    assert_eq!(sent.get("response_format"), None);
}

#[test]
fn signatures_of_thoughts_go_back_into_ids() {
    let call = |id: &str, place: Value| json!({"id": id, "function": {"name": "f"}, "provider_specific_fields": place});
    let signature = json!({"thought_signature": "sig"});
    let body = json!({"messages": [
        {"role": "assistant", "tool_calls": [call("c1", signature.clone()), call("c2__thought__old", signature), call("c3", json!({}))]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c3", "content": "3"},
    ]});
    let sent = change(Change::PutSignaturesIntoIds, body);
    let ids: Vec<_> = (0..3).map(|n| sent["messages"][0]["tool_calls"][n]["id"].as_str()).collect();
    assert_eq!(ids, [Some("c1__thought__sig"), Some("c2__thought__old"), Some("c3")]);
    assert_eq!(sent["messages"][1]["tool_call_id"], "c1__thought__sig");
    assert_eq!(sent["messages"][2]["tool_call_id"], "c3");
}

#[test]
fn blocks_of_an_agent_are_parts() {
    let body = json!({"messages": [{"role": "assistant", "content": [
        {"cachePoint": {"type": "default"}},
        {"reasoningContent": {"reasoningText": {"text": "I look.", "signature": "sig"}}},
        {"type": "text", "text": "Low tide."},
        {"cachePoint": {"type": "default"}},
    ]}]});
    let expected = json!({"messages": [{"role": "assistant", "content": [
        {"type": "thinking", "thinking": "I look.", "signature": "sig"},
        {"type": "text", "text": "Low tide.", "cache_control": {"type": "ephemeral"}},
    ]}]});
    assert_eq!(change(Change::BlocksToParts, body), expected);
}

#[test]
fn claude_in_bedrock_gets_its_version_and_no_model() {
    let body = json!({"model": "anthropic.claude-x", "max_tokens": 9, "messages": []});
    let sent = prepare("bedrock-anthropic", body).expect("it can be sent");
    assert_eq!(sent, json!({"max_tokens": 9, "messages": [], "anthropic_version": "bedrock-2023-05-31"}));
}

#[test]
fn content_gets_the_words_of_responses_or_is_an_error() {
    let body = |parts: Value| json!({"model": "gpt-5", "input": [{"role": "user", "content": parts}]});
    let sent = prepare(
        "openai-responses",
        body(json!([
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            {"type": "input_text", "text": "Say."},
        ])),
    );
    let content = &sent.expect("it can be sent")["input"][0]["content"];
    assert_eq!(
        *content,
        json!([
            {"type": "input_text", "text": "What is it?"},
            {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
            {"type": "input_text", "text": "Say."},
        ])
    );
    for (part, of) in [
        (json!({"type": "video_url", "video_url": {}}), "video_url"),
        (json!({"type": "image_url"}), "image_url without a URL"),
        (json!("text"), ""),
    ] {
        assert_eq!(prepare("openai-responses", body(json!([part]))), Err(PrepareError::Part { of: of.to_owned() }));
    }
}

#[test]
fn what_responses_know_and_chat_does_not_is_taken_out_and_said() {
    let body = json!({"model": "gpt-4o", "messages": [], "background": true, "reasoning_effort": "low"});
    let profile = Profile::of("openai-chat").expect("it is one of ours");
    let prepared = Request::new(body).prepare(&profile).expect("it can be sent");
    assert_eq!(
        prepared.changes,
        ["background taken out", "reasoning_effort taken out", "stream_options.include_usage set"]
    );
    let reasons = prepare("openai-chat", json!({"model": "gpt-5", "messages": [], "reasoning_effort": "low"}));
    assert_eq!(reasons.expect("it can be sent")["reasoning_effort"], "low");
}

#[test]
fn the_subscription_backend_gets_what_it_demands() {
    let body = json!({"model": "gpt-5", "input": [], "max_output_tokens": 9, "stream_options": {}});
    let sent = prepare("chatgpt", body).expect("it can be sent");
    assert_eq!(
        sent,
        json!({"model": "gpt-5", "input": [], "instructions": "You are a helpful assistant.", "store": false, "stream": true})
    );
}

#[test]
fn a_request_in_another_form_is_not_sent() {
    let check = |dialect: &str, body: Value, is_sent: bool| {
        let error = prepare(dialect, body).err();
        assert_eq!(error.is_none(), is_sent, "{dialect}: {error:?}");
    };
    check("openai-responses", json!({"model": "m", "messages": []}), false);
    check("openai-chat", json!({"model": "m", "input": "Hi"}), false);
    check("gemini", json!({"model": "m", "messages": []}), false);
    check("gemini", json!({"contents": []}), false);
    check("gemini", json!({"model": "m", "contents": []}), true);
    check("openai-chat", json!([]), false);
}

#[test]
fn the_api_is_chosen_by_endpoint_model_and_form() {
    let input = || json!({"model": "gpt-5", "input": "Hi"});
    let chat = |model: &str| json!({"model": model, "messages": []});
    let check = |endpoint: &str, body: Value, expected: Option<&str>| {
        let choice = choose(endpoint, &body, speaks());
        let dialect = choice.as_ref().map(|choice| &*choice.profile.dialect).ok();
        assert_eq!(dialect, expected, "{endpoint} {body}");
    };
    check("openai", input(), Some("openai-responses"));
    check("openai", chat("gpt-4o"), Some("openai-chat"));
    check("openai", chat("gpt-5-pro"), None);
    check("lm-studio", chat("m"), Some("lm-studio"));
    check("lm-studio", input(), None);
    check("chatgpt", input(), Some("chatgpt"));
    check("chatgpt", chat("gpt-5"), None);
    check("minimax", chat("m"), Some("anthropic-messages"));
    check("bedrock", chat("anthropic.claude-5"), Some("bedrock-anthropic"));
    check("bedrock", chat("amazon.nova"), None);
    check("litellm", json!({"model": "m", "system": "s", "messages": []}), Some("litellm-messages"));
    check("elsewhere", chat("m"), None);
    let has_background = |model: &str| {
        choose("openai", &json!({"model": model, "input": "Hi"}), speaks()).map(|choice| choice.has_background)
    };
    assert_eq!((has_background("gpt-5"), has_background("gpt-4o")), (Ok(true), Ok(false)));
    let both = json!({"model": "gpt-5", "input": [], "messages": []});
    check("openai", both, Some("openai-chat"));
}

#[test]
fn every_dialect_has_a_profile() {
    for dialect in thalweg::registry::ALL {
        let profile = Profile::of(&dialect.name).unwrap_or_else(|| panic!("{} has no profile", dialect.name));
        assert_eq!(profile.dialect, dialect.name);
    }
}

#[test]
fn an_id_that_comes_again_has_the_signature_of_its_own_turn() {
    let call = |signature: &str| json!({"id": "c1", "provider_specific_fields": {"thought_signature": signature}});
    let sent = change(
        Change::PutSignaturesIntoIds,
        json!({"messages": [
            {"role": "assistant", "tool_calls": [call("one")]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
            {"role": "assistant", "tool_calls": [call("two")]},
            {"role": "tool", "tool_call_id": "c1", "content": "2"},
        ]}),
    );
    assert_eq!(sent["messages"][1]["tool_call_id"], "c1__thought__one");
    assert_eq!(sent["messages"][3]["tool_call_id"], "c1__thought__two");
}
