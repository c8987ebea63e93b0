//! Gemini Interactions.

use thalweg::fold::Block;
use thalweg::{
    Action, AnomalyKind, BlockClose, BlockKind, Close, Detail, ErrorKind, Event, Normalizer, Outcome, Part, Protocol,
    Reason, ReasoningForm, Response, Retry, registry,
};
use thalweg_corpus::{Setup, load_all};

use super::{DONE, anomalies, answer, check_as, finished, told};

const DIALECT: &str = "gemini-interactions";

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as(DIALECT, body.as_ref(), Close::Clean)
}

fn event(name: &str, fields: &str) -> String {
    format!("event: {name}\ndata: {{{fields},\"event_type\":\"{name}\"}}\n\n")
}

fn created() -> String {
    event("interaction.created", r#""interaction":{"id":"v1_a","status":"in_progress","model":"m"}"#)
}

fn completed(status: &str) -> String {
    event("interaction.completed", &format!(r#""interaction":{{"id":"v1_a","status":"{status}"}}"#))
}

fn start(index: impl core::fmt::Display, step: &str) -> String {
    event("step.start", &format!("\"index\":{index},\"step\":{{{step}}}"))
}

fn delta(index: impl core::fmt::Display, delta: &str) -> String {
    event("step.delta", &format!("\"index\":{index},\"delta\":{{{delta}}}"))
}

fn stop(index: impl core::fmt::Display) -> String {
    event("step.stop", &format!("\"index\":{index}"))
}

fn output(index: u32) -> String {
    start(index, r#""type":"model_output""#)
}

fn text(index: u32, text: &str) -> String {
    delta(index, &format!(r#""text":{text:?},"type":"text""#))
}

fn thought(index: u32, text: &str) -> String {
    delta(index, &format!(r#""content":{{"text":{text:?},"type":"text"}},"type":"thought_summary""#))
}

fn call(index: u32, id: &str) -> String {
    start(index, &format!(r#""id":"{id}","type":"function_call","name":"f","arguments":{{}}"#))
}

fn input(index: u32, piece: &str) -> String {
    delta(index, &format!(r#""arguments":{piece:?},"type":"arguments_delta""#))
}

fn search(index: u32) -> String {
    start(index, r#""id":"s1","signature":"","type":"google_search_call""#)
}

/// What an answer is made of, by kind, text and how it ended.
fn blocks(response: &Response) -> Vec<(&'static str, &str, BlockClose)> {
    let name = |block: &Block| match block.kind {
        BlockKind::Text => "text",
        BlockKind::Reasoning { form: ReasoningForm::Summary, .. } => "thought",
        BlockKind::ToolCall { .. } => "call",
        BlockKind::HostedCall { .. } => "hosted",
        BlockKind::ToolResult { .. } => "result",
        BlockKind::Image => "image",
        BlockKind::Audio => "audio",
        BlockKind::Other { .. } => "other",
        _ => "?",
    };
    let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
    blocks.map(|block| (name(block), &*block.text, block.end.expect("every block ends").how)).collect()
}

fn json(block: &Block) -> Vec<&str> {
    let json = |part: &'_ Part<Box<str>>| matches!(part, Part::Json(_));
    assert!(block.parts.iter().all(json), "{block:?}");
    block.parts.iter().filter_map(|part| if let Part::Json(json) = part { Some(&**json) } else { None }).collect()
}

const COMPLETE: BlockClose = BlockClose::Complete;

#[test]
fn steps_that_are_interleaved_are_told_apart_by_their_numbers() {
    let response = check(
        created()
            + &start(0, r#""type":"thought""#)
            + &call(1, "a")
            + &call(2, "b")
            + &input(2, "{\"y\":")
            + &thought(0, "one ")
            + &input(1, "{\"x\":")
            + &input(2, "2}")
            + &thought(0, "two")
            + &input(1, "1}")
            + &stop(2)
            + &stop(0)
            + &stop(1)
            + &completed("requires_action"),
    );
    let calls = [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":2}", "valid")];
    assert_eq!(told(&response), calls);
    assert_eq!(blocks(&response)[0], ("thought", "one two", COMPLETE));
    assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]));
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("requires_action"))));
}

#[test]
fn a_start_that_comes_again_starts_nothing() {
    for step in [output(0), start(0, r#""type":"thought""#), call(0, "a"), search(0), start(0, r#""type":"plan""#)] {
        let response = check(created() + &step + &step + &stop(0) + &output(1) + &text(1, "x") + &stop(1));
        let repeated = response.anomalies.iter().find(|anomaly| anomaly.kind == AnomalyKind::StartRepeated);
        assert_eq!(repeated.map(|anomaly| (anomaly.action, anomaly.count)), Some((Action::Dropped, 1)), "{step}");
        assert_eq!(blocks(&response).len(), 2, "{step}");
    }
}

#[test]
fn a_number_that_is_used_again_is_another_step() {
    let body = created() + &output(0) + &text(0, "one") + &stop(0) + &output(0) + &text(0, "two") + &stop(0);
    let response = check(body + &completed("completed"));
    assert_eq!(blocks(&response), [("text", "one", COMPLETE), ("text", "two", COMPLETE)]);
    assert_eq!(anomalies(&response), [AnomalyKind::StartRepeated]);
    let body = created() + &output(0) + &text(0, "one") + &call(0, "a") + &input(0, "{}") + &stop(0);
    let response = check(body + &completed("requires_action"));
    assert_eq!(blocks(&response), [("text", "one", BlockClose::Implied), ("call", "{}", COMPLETE)]);
    assert_eq!(anomalies(&response), [AnomalyKind::StartRepeated]);
}

#[test]
fn deltas_without_a_start_open_what_they_are() {
    let body = created() + &thought(0, "hm") + &text(1, "a") + &text(1, "b") + &input(2, "{}");
    let response = check(body + &completed("completed"));
    assert_eq!(blocks(&response), [("thought", "hm", COMPLETE), ("text", "ab", COMPLETE), ("call", "{}", COMPLETE)]);
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaWithoutStart, AnomalyKind::NameMissing]);
    for (delta, kind) in [
        (r#""signature":"c2ln","type":"thought_signature""#, "thought"),
        (r#""data":"AAAA","mime_type":"image/png","type":"image""#, "image"),
        (r#""data":"AAAA","type":"audio""#, "audio"),
        (r#""arguments":{"queries":["q"]},"type":"google_search_call""#, "hosted"),
        (r#""result":[],"type":"google_search_result""#, "result"),
        (r#""moods":1,"type":"mood""#, "other"),
    ] {
        let response = check(created() + &self::delta(0, delta) + &completed("completed"));
        assert_eq!(blocks(&response)[0].0, kind, "{delta}");
        assert_eq!(anomalies(&response), [AnomalyKind::DeltaWithoutStart], "{delta}");
    }
}

#[test]
fn a_delta_behind_the_end_of_its_step_is_kept() {
    let body = created() + &output(0) + &text(0, "one") + &stop(0) + &text(0, "two") + &text(0, "!");
    let response = check(body + &completed("completed"));
    assert_eq!(blocks(&response), [("text", "one", COMPLETE), ("text", "two!", COMPLETE)]);
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaAfterEnd]);
    let body = created() + &call(0, "a") + &input(0, "{}") + &stop(0) + &input(0, "[1]");
    let response = check(body + &completed("requires_action"));
    assert_eq!(blocks(&response), [("call", "{}", COMPLETE), ("call", "[1]", COMPLETE)]);
    assert!(anomalies(&response).contains(&AnomalyKind::DeltaAfterEnd));
    let image = delta(0, r#""data":"AAAA","type":"image""#);
    let response = check(created() + &output(0) + &text(0, "one") + &stop(0) + &image + &completed("completed"));
    assert_eq!(blocks(&response)[1].0, "image");
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaAfterEnd]);
}

#[test]
fn a_stop_without_a_start_or_twice_ends_nothing() {
    let body = created() + &stop(3) + &output(0) + &text(0, "a") + &stop(0) + &stop(0);
    let response = check(body + &completed("completed"));
    assert_eq!(blocks(&response), [("text", "a", COMPLETE)]);
    let ends: Vec<_> = response.anomalies.iter().map(|anomaly| (anomaly.kind, anomaly.count)).collect();
    assert_eq!(ends.iter().map(|end| end.1).sum::<u64>(), 2, "{ends:?}");
    assert_eq!(anomalies(&response), [AnomalyKind::EndWithoutStart]);
}

#[test]
fn steps_and_deltas_that_nobody_knows_are_kept_whole() {
    let step = r#""type":"dream","depth":3"#;
    let body = created() + &start(0, step) + &delta(0, r#""type":"dream_delta","colour":"red""#) + &stop(0);
    let response = check(body + &output(1) + &text(1, "a") + &stop(1) + &completed("completed"));
    let dream = &response.choices[0].blocks[0];
    assert!(matches!(&dream.kind, BlockKind::Other { wire_type, .. } if &**wire_type == "dream"));
    assert_eq!(json(dream), [r#"{"type":"dream","depth":3}"#, r#"{"type":"dream_delta","colour":"red"}"#]);
    assert_eq!(answer(&response), "a");
    let body = created() + &output(0) + &text(0, "a") + &delta(0, r#""type":"mood","mood":"calm""#) + &text(0, "b");
    let response = check(body + &stop(0) + &completed("completed"));
    assert_eq!(json(&response.choices[0].blocks[0]), [r#"{"type":"mood","mood":"calm"}"#]);
    assert_eq!(answer(&response), "ab");
}

#[test]
fn a_frame_that_nobody_knows_is_given_whole() {
    let frame = event("interaction.mood", r#""mood":"calm""#);
    let response = check(created() + &frame + &output(0) + &text(0, "a") + &stop(0) + &completed("completed"));
    assert_eq!(answer(&response), "a");
    assert_eq!(response.unknown.len(), 1);
}

#[test]
fn a_call_of_an_unknown_tool_is_never_the_clients() {
    let body = created() + &start(0, r#""type":"dowsing_call","id":"d","arguments":{"rod":"hazel"}"#) + &stop(0);
    let response = check(body + &completed("completed"));
    assert_eq!(told(&response), []);
    assert_eq!(blocks(&response), [("hosted", r#"{"rod":"hazel"}"#, COMPLETE)]);
    assert_eq!(finished(&response), Some((Reason::Stop, Some("completed"))));
}

#[test]
fn a_cut_inside_the_input_shows() {
    let body = created() + &call(0, "a") + &input(0, "{\"x\":");
    let response = check(&body);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")]);
    assert_eq!((response.outcome, finished(&response)), (Some(Outcome::Truncated), None));
    let response = check(body + &stop(0) + &completed("incomplete"));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")]);
    assert_eq!(response.outcome, Some(Outcome::Incomplete));
    assert_eq!(finished(&response), Some((Reason::Other, Some("incomplete"))));
}

#[test]
fn an_error_behind_content_keeps_the_content() {
    let error = event("error", r#""error":{"message":"Deadline expired.","code":"gateway_timeout"}"#);
    let body = created() + &output(0) + &text(0, "a") + &error;
    for end in [String::new(), completed("failed"), DONE.into()] {
        let response = check(body.clone() + &end);
        assert_eq!(response.outcome, Some(Outcome::Failed), "{end}");
        assert_eq!(response.errors.len(), 1, "{end}: {:?}", response.errors);
        assert_eq!((&*response.errors[0].message, response.errors[0].kind), ("Deadline expired.", ErrorKind::Timeout));
        assert_eq!(blocks(&response), [("text", "a", BlockClose::Failed)], "{end}");
    }
}

#[test]
fn a_failure_that_nothing_is_said_of_is_an_error() {
    let update = event("interaction.status_update", r#""interaction_id":"v1_a","status":"failed""#);
    for end in [completed("failed"), update.clone(), update + DONE] {
        let response = check(created() + &output(0) + &text(0, "a") + &stop(0) + &end);
        assert_eq!(response.outcome, Some(Outcome::Failed), "{end}");
        assert_eq!(response.errors.len(), 1, "{end}");
    }
}

#[test]
fn a_status_behind_the_end_changes_nothing() {
    let body = created() + &output(0) + &text(0, "a") + &stop(0) + &completed("completed");
    let update =
        |status: &str| event("interaction.status_update", &format!(r#""interaction_id":"v1_a","status":"{status}""#));
    assert_eq!(answer(&check(body.clone() + &update("completed"))), "a");
    assert_eq!(answer(&check(body.clone() + &update("in_progress"))), "a");
    let response = check(body + &update("cancelled"));
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert_eq!(anomalies(&response), [AnomalyKind::FinishDiffers]);
}

#[test]
fn a_status_update_is_weak_evidence() {
    let update = event("interaction.status_update", r#""interaction_id":"v1_a","status":"requires_action""#);
    let body = created() + &call(0, "a") + &stop(0) + &update;
    assert_eq!(check(&body).outcome, Some(Outcome::Complete));
    assert_eq!(check_as(DIALECT, body.as_bytes(), Close::Broken).outcome, Some(Outcome::Truncated));
    let body = body + DONE;
    assert_eq!(check_as(DIALECT, body.as_bytes(), Close::Broken).outcome, Some(Outcome::Complete));
    let named = event("interaction.requires_action", r#""interaction_id":"v1_a""#);
    let response = check(created() + &call(0, "a") + &stop(0) + &named);
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("requires_action"))));
}

#[test]
fn null_is_absent_everywhere() {
    let body =
        event("interaction.created", r#""event_id":null,"interaction":{"id":"v1_a","status":null,"usage":null}"#)
            + &event("interaction.status_update", r#""interaction_id":null,"status":null"#)
            + &start(0, r#""type":"thought","summary":null,"signature":null"#)
            + &delta(0, r#""content":null,"type":"thought_summary""#)
            + &delta(0, r#""signature":null,"type":"thought_signature""#)
            + &stop(0)
            + &start(1, r#""type":"model_output","content":null,"error":null"#)
            + &delta(1, r#""text":null,"type":"text""#)
            + &delta(1, r#""annotations":null,"type":"text_annotation_delta""#)
            + &event("step.delta", r#""index":1,"delta":null,"metadata":null"#)
            + &text(1, "a")
            + &event("step.stop", r#""index":1,"usage":null,"step_usage":null"#)
            + &event(
                "interaction.completed",
                r#""interaction":{"status":"completed","steps":null,"usage":null,"errors":null}"#,
            );
    let response = check(body);
    assert_eq!(answer(&response), "a");
    assert_eq!((response.usage, response.errors.len()), (None, 0));
    assert!(response.choices[0].blocks.iter().all(|block| block.parts.is_empty()), "{response:#?}");
}

#[test]
fn an_interaction_that_begins_again_starts_over() {
    let again = event("interaction.created", r#""interaction":{"id":"v1_b","status":"in_progress"}"#);
    let body = created() + &output(0) + &text(0, "a");
    let response = check(body.clone() + &created() + &text(0, "b") + &stop(0) + &completed("completed"));
    assert_eq!(blocks(&response), [("text", "ab", COMPLETE)]);
    assert_eq!(anomalies(&response), [AnomalyKind::SecondStart]);
    let response = check(body + &again + &output(0) + &text(0, "b") + &stop(0));
    assert_eq!(blocks(&response), [("text", "a", BlockClose::Truncated), ("text", "b", COMPLETE)]);
    assert_eq!(response.id.as_deref(), Some("v1_b"));
}

#[test]
fn whether_a_result_is_an_error_may_come_behind_its_start() {
    let call = search(0) + &stop(0);
    let result = start(1, r#""call_id":"s1","signature":"","type":"google_search_result""#);
    let failed = delta(1, r#""signature":"c2ln","type":"google_search_result","is_error":true"#);
    for (end, is_error) in [(failed + &stop(1), true), (stop(1), false), (String::new(), false)] {
        let response = check(created() + &call + &result + &end + &completed("completed"));
        let block = &response.choices[0].blocks[1];
        let BlockKind::ToolResult { call, call_id, is_error: told, .. } = &block.kind else { panic!("{block:?}") };
        assert_eq!((call.map(thalweg::BlockId::index), call_id.as_deref(), *told), (Some(0), Some("s1"), is_error));
    }
    let response = check(created() + &call + &result);
    assert_eq!(blocks(&response).len(), 2, "also where the bytes end before it");
}

#[test]
fn the_whole_input_in_a_start_stands_for_what_comes_in_pieces() {
    let whole = start(0, r#""id":"a","type":"function_call","name":"f","arguments":{"x":1}"#);
    let check = |deltas: String| check(created() + &whole + &deltas + &stop(0) + &completed("requires_action"));
    assert_eq!(told(&check(String::new())), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(told(&check(input(0, "{\"x\":") + &input(0, "2}"))), [(Some("a"), "f", "{\"x\":2}", "valid")]);
    let again = delta(0, r#""id":"a","name":"f","arguments":{"x":1},"type":"function_call""#);
    let response = check(again);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(anomalies(&response), []);
}

#[test]
fn a_name_that_comes_late_names_its_call() {
    let nameless = start(0, r#""id":"a","type":"function_call""#);
    let named = delta(0, r#""name":"f","arguments":"{}","type":"arguments_delta""#);
    let response = check(created() + &nameless + &named + &stop(0) + &completed("requires_action"));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(anomalies(&response), []);
}

#[test]
fn numbers_that_are_missing_huge_or_no_numbers_cost_nothing() {
    let unnumbered = event("step.start", r#""step":{"type":"model_output"}"#)
        + &event("step.delta", r#""delta":{"type":"text","text":"a"}"#)
        + &event("step.stop", r#""step_usage":{}"#);
    assert_eq!(answer(&check(created() + &unnumbered + &completed("completed"))), "a");
    for index in ["18446744073709551615", "-1", "1.5", "\"x\"", "1e400"] {
        let output = start(index, r#""type":"model_output""#) + &delta(index, r#""type":"text","text":"a""#);
        let response = check(created() + &output + &stop(index) + &completed("completed"));
        assert_eq!(answer(&response), "a", "{index}");
    }
}

#[test]
fn a_surrogate_pair_that_is_split_is_one_character() {
    let body = created() + &output(0) + &delta(0, r#""type":"text","text":"a\ud83c""#);
    let body = body + &delta(0, r#""type":"text","text":"\udf0ab""#) + &stop(0) + &completed("completed");
    assert_eq!(answer(&check(body)), "a\u{1f30a}b");
}

#[test]
fn error_bodies_say_whether_to_try_again() {
    let body = r#"{"error":{"code":429,"message":"Resource has been exhausted.","status":"RESOURCE_EXHAUSTED"}}"#;
    for body in [body.to_string(), format!("[{body}]"), format!("data: {body}\n\n")] {
        let response = check(&body);
        assert_eq!(response.outcome, Some(Outcome::Failed), "{body}");
        assert_eq!(response.errors[0].status, Some(429), "{body}");
        assert_ne!(response.errors[0].retry, Retry::No, "{body}");
    }
}

#[test]
fn a_body_that_waits_or_failed_is_no_answer() {
    let body = |fields: &str| format!(r#"{{"id":"v1_a","object":"interaction",{fields}}}"#);
    assert_eq!(check(body(r#""status":"in_progress""#)).outcome, Some(Outcome::Suspended));
    assert_eq!(check(body(r#""status":"queued","steps":[]"#)).outcome, Some(Outcome::Suspended));
    assert_eq!(check(body(r#""status":"requires_continuation""#)).outcome, Some(Outcome::Suspended));
    assert_eq!(check(body(r#""status":"cancelled""#)).outcome, Some(Outcome::Incomplete));
    assert_eq!(check(body(r#""status":"budget_exceeded""#)).outcome, Some(Outcome::Incomplete));
    let failed = check(body(r#""status":"failed","errors":[{"code":"internal","message":"Broken."}]"#));
    assert_eq!((failed.outcome, &*failed.errors[0].message), (Some(Outcome::Failed), "Broken."));
    let step = r#""status":"failed","steps":[{"type":"model_output","error":{"code":13,"message":"Broken."}}]"#;
    assert_eq!(check(body(step)).errors.len(), 1);
}

#[test]
fn what_has_no_place_is_an_extra_where_it_is_wanted() {
    let body = event("interaction.created", r#""event_id":"e1","interaction":{"id":"v1_a","agent":"dowser"}"#)
        + &start(0, r#""type":"mcp_server_tool_result","call_id":"m","name":"look","server_name":"port","result":[]"#)
        + &output(1)
        + &delta(1, r#""type":"text","text":"a","tone":"calm""#)
        + &delta(1, r#""type":"audio","data":"AAAA","channels":2"#)
        + &event("interaction.completed", r#""interaction":{"status":"completed","updated":"now"}"#);
    let dialect = registry::find(DIALECT).expect("the dialect is registered");
    let mut normalizer = Normalizer::new(dialect).with_detail(Detail::Full);
    normalizer.feed(body.as_bytes());
    normalizer.finish(Close::Clean);
    let mut extras = Vec::new();
    while let Some(event) = normalizer.poll() {
        if let Event::Extra { name, json, .. } = event {
            extras.push(format!("{name} {json}"));
        }
    }
    let wanted = [
        "agent \"dowser\"",
        "event_id \"e1\"",
        "name \"look\"",
        "server_name \"port\"",
        "tone \"calm\"",
        "channels 2",
        "updated \"now\"",
    ];
    assert_eq!(extras, wanted);
}

#[test]
fn its_frames_are_nobody_elses() {
    let detects = |case: &thalweg_corpus::Case| {
        let response = Setup::detect().with_close(case.setup().close).response(&case.body);
        response.protocol == Some(Protocol::GeminiInteractions)
    };
    let (ours, theirs): (Vec<_>, Vec<_>) = load_all().into_iter().partition(|case| case.dialect == DIALECT);
    // The body of an error could be anyone's.
    let missed: Vec<_> = ours.iter().filter(|case| !detects(case)).map(|case| &*case.name).collect();
    assert_eq!(missed, ["error-400", "error-429"]);
    let taken: Vec<_> = theirs.iter().filter(|case| detects(case)).map(ToString::to_string).collect();
    assert!(taken.is_empty(), "{taken:?}");
}
