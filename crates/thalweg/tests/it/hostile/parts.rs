//! What belongs to a block and is not its text, content in parts, and what servers write where nobody looks for it.

use thalweg::fold::Block;
use thalweg::{AnomalyKind, BlockKind, Count, ErrorKind, Origin, Outcome, Part, ReasoningForm, Response};

use super::{DONE, anomalies, answer, calls, check, delta, end, finish, text, told};

/// Form, text, signature and encrypted content of each reasoning block.
fn reasoning(response: &Response) -> Vec<(ReasoningForm, &str, Option<&str>, Option<&str>)> {
    let told = |block: &'_ Block| match block.kind {
        BlockKind::Reasoning { form, .. } => Some(form),
        _ => None,
    };
    let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
    blocks
        .filter_map(|block| Some((told(block)?, &*block.text, block.signature.as_deref(), block.encrypted.as_deref())))
        .collect()
}

fn details(entries: &[&str]) -> String {
    let frame = |entry: &&str| delta(&format!("\"content\":\"\",\"reasoning_details\":[{entry}]"));
    entries.iter().map(frame).collect::<String>() + &text("a") + &end("stop")
}

#[test]
fn each_signature_belongs_to_its_own_block() {
    let full = ReasoningForm::Full;
    let response = check(details(&[
        r#"{"type":"reasoning.text","text":"one","index":0}"#,
        r#"{"type":"reasoning.text","signature":"s1","index":0}"#,
        r#"{"type":"reasoning.text","text":"two","index":1}"#,
        r#"{"type":"reasoning.text","text":null,"signature":"s2","index":1}"#,
    ]));
    assert_eq!(reasoning(&response), [(full, "one", Some("s1"), None), (full, "two", Some("s2"), None)]);
    assert_eq!(answer(&response), "a");
}

#[test]
fn a_signature_may_come_first_with_its_text_or_without_any() {
    let full = ReasoningForm::Full;
    let response = check(details(&[
        r#"{"type":"reasoning.text","signature":"s1","index":0}"#,
        r#"{"type":"reasoning.text","text":"one","index":0}"#,
    ]));
    assert_eq!(reasoning(&response), [(full, "one", Some("s1"), None)]);
    let response = check(details(&[r#"{"type":"reasoning.text","text":"one","signature":"s1","index":0}"#]));
    assert_eq!(reasoning(&response), [(full, "one", Some("s1"), None)]);
    let response = check(details(&[r#"{"type":"reasoning.text","text":"","signature":"s1","index":0}"#]));
    assert_eq!(reasoning(&response), [(full, "", Some("s1"), None)]);
    assert_eq!(answer(&response), "a");
}

#[test]
fn details_of_one_index_are_told_apart_by_their_type() {
    let response = check(details(&[
        r#"{"type":"reasoning.summary","summary":"in ","index":0},{"type":"reasoning.encrypted","data":"e1","index":0}"#,
        r#"{"type":"reasoning.summary","summary":"short","index":0}"#,
    ]));
    let mut told = reasoning(&response);
    told.sort_by_key(|block| block.0);
    let summary = (ReasoningForm::Summary, "in short", None, None);
    assert_eq!(told, [summary, (ReasoningForm::Encrypted, "", None, Some("e1"))]);
    assert_eq!(answer(&response), "a");
}

#[test]
fn the_format_says_who_can_read_it() {
    let response = check(details(&[
        r#"{"type":"reasoning.encrypted","data":"e1","format":"openai-responses-v1","id":"rs_1","index":0}"#,
    ]));
    let formats: Vec<_> = response.choices[0].blocks.iter().map(|block| block.format.as_deref()).collect();
    assert_eq!(formats, [Some("openai-responses-v1"), None]);
}

#[test]
fn a_thoughts_signature_is_the_calls_from_any_place_and_once() {
    let call = |id: &str, beside: &str, inside: &str| {
        format!(
            "{{\"index\":0,\"id\":\"{id}\"{beside},\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"{inside}}}}}"
        )
    };
    let fields = ",\"provider_specific_fields\":{\"thought_signature\":\"s1\"}";
    let google = ",\"extra_content\":{\"google\":{\"thought_signature\":\"s1\"}}";
    for (id, beside, inside) in [
        ("a", fields, ""),
        ("a", "", fields),
        ("a", google, ""),
        ("a", fields, fields),
        ("a__thought__s1", "", ""),
        ("a__thought__s1", fields, fields),
    ] {
        let response = check(calls(&[&call(id, beside, inside)]));
        assert_eq!(told(&response), [(Some(id), "f", "{}", "valid")], "the id stays whole");
        assert_eq!(response.choices[0].blocks[0].signature.as_deref(), Some("s1"), "{id} {beside} {inside}");
        assert_eq!(anomalies(&response), []);
    }
    let response = check(calls(&[&call("a__thought__s1__thought__s2", "", "")]));
    assert_eq!(response.choices[0].blocks[0].signature.as_deref(), Some("s1__thought__s2"), "split at the first");
    for none in ["a__thought__", "a_thought_s1", "__thought"] {
        let response = check(calls(&[&call(none, "", "")]));
        assert_eq!(response.choices[0].blocks[0].signature, None, "{none}");
    }
}

#[test]
fn content_in_parts_is_the_same_content() {
    let parts = |parts: &str| delta(&format!("\"content\":[{parts}]"));
    for body in [
        parts(r#"{"type":"text","text":"a"},{"type":"text","text":"b"}"#),
        parts(r#"{"type":"text","text":"a"}"#) + &text("b"),
        text("a") + &parts(r#"{"type":"output_text","text":"b"}"#) + &parts(""),
    ] {
        assert_eq!(answer(&check(body.clone() + &end("stop"))), "ab", "{body}");
    }
    for thinking in [r#""r""#, r#"[{"type":"text","text":"r"}]"#, r#"[{"type":"text","text":""},{"text":"r"}]"#] {
        let part = format!("{{\"type\":\"thinking\",\"thinking\":{thinking}}}");
        let response = check(parts(&part) + &text("a") + &end("stop"));
        assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("a", "r"), "{thinking}");
    }
}

#[test]
fn parts_that_are_no_text_are_blocks_or_citations() {
    let part = |part: &str| check(text("a") + &delta(&format!("\"content\":[{part}]")) + &end("stop"));
    let response = part(r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#);
    assert_eq!(response.choices[0].blocks.last().map(|block| &block.kind), Some(&BlockKind::Image));
    assert_eq!(answer(&response), "a");
    let response = part(r#"{"type":"tide_table","rows":[1, 2]}"#);
    assert_eq!(
        response.choices[0].blocks.last().map(|block| &block.kind),
        Some(&BlockKind::other("tide_table".into()))
    );
    assert!(format!("{:?}", response.choices[0].blocks).contains("[1, 2]"), "its JSON is there as sent");
    assert_eq!(answer(&response), "a");
    let response = part(r#"{"type":"reference","reference_ids":[3]}"#);
    let cites = |block: &Block| block.parts.iter().any(|part| matches!(part, Part::Citation(_)));
    assert!(response.choices[0].blocks.iter().any(cites));
    assert_eq!(answer(&response), "a");
}

#[test]
fn zero_takes_no_count_back_and_is_a_count() {
    let usage = |prompt: u32, completion: u32| {
        let total = prompt + completion;
        format!(
            "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":{completion},\"total_tokens\":{total}}}}}\n\n"
        )
    };
    let output = |response: &Response| response.usage.and_then(|tokens| tokens.counts.output).map(Count::get);
    let response = check(usage(5, 0) + &text("a") + &usage(5, 2) + &usage(0, 0) + &end("stop"));
    assert_eq!((output(&response), answer(&response).as_str()), (Some(2), "a"));
    let zero = check(text("a") + &finish("stop") + &usage(0, 0) + DONE);
    assert_eq!((output(&zero), anomalies(&zero)), (Some(0), vec![AnomalyKind::UsageZero]));
    let nothing = check(finish("stop") + &usage(0, 0) + DONE);
    assert_eq!((output(&nothing), anomalies(&nothing)), (Some(0), vec![]), "nothing came, nothing was counted");
}

#[test]
fn an_error_needs_no_wrapper() {
    for frame in [
        "event: error\ndata: {\"message\":\"It is gone.\",\"code\":500}",
        "event: error\ndata: {\"error\":\"It is gone.\"}",
        "data: {\"object\":\"error\",\"message\":\"It is gone.\"}",
        "data: {\"detail\":\"It is gone.\"}",
        "data: {\"code\":\"unavailable\",\"error\":\"It is gone.\"}",
        "data: {\"choices\":[],\"x_groq\":{\"error\":\"It is gone.\"}}",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"message\":\"It is gone.\"}}]}",
        "data: It is gone.",
    ] {
        for content in [String::new(), text("a")] {
            let response = check(content + frame + "\n\n");
            assert_eq!(response.outcome, Some(Outcome::Failed), "{frame}");
            let [error] = &response.errors[..] else { panic!("{frame}: {:?}", response.errors) };
            assert_eq!((&*error.message, error.origin), ("It is gone.", Origin::Provider), "{frame}");
            assert_ne!(error.kind, ErrorKind::NotAStream, "{frame}");
        }
    }
}

#[test]
fn only_a_sentence_before_the_finish_is_an_error() {
    for frame in ["data: It is gone.\n\n", "data: {\"choices\":\n\n", "data: [DONE]extra\n\n", "data: : waiting\n\n"] {
        let response = check(text("a") + &finish("stop") + frame + DONE);
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Complete), 0), "{frame}");
    }
    for frame in ["data: {\"choices\":\n\n", "data: [DONE]extra\n\n", "data: : waiting\n\n"] {
        let response = check(text("a") + frame + &end("stop"));
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Complete), 0), "{frame}");
        assert_eq!(response.anomalies.len(), 1, "{frame}: {:?}", response.anomalies);
    }
}
