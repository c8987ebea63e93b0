use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::event::{
    BlockClose, ErrorKind, Host, Id, InputForm, InputState, Origin, Part, Place, ReasoningForm, Retry, Usage,
    UsageOrigin,
};

/// Items as lines, so that a whole stream can be compared at once.
fn line(item: Assembled<'_>) -> String {
    match item {
        Assembled::Text { choice, delta, so_far } => format!("{choice} text {delta:?} of {so_far:?}"),
        Assembled::Reasoning { choice, delta, so_far } => format!("{choice} reasoning {delta:?} of {so_far:?}"),
        Assembled::Refusal { choice, delta, so_far } => format!("{choice} refusal {delta:?} of {so_far:?}"),
        Assembled::Restated { choice, block, so_far } => format!("{choice} restated {:?} of {so_far:?}", block.text),
        Assembled::Error(error) => format!("error {}", error.message),
        Assembled::ToolCall(call) => {
            let Call { choice, id, name, input, state, .. } = call;
            format!("{choice} call {id:?} {name}({input}) {state:?}")
        }
        Assembled::HostedCall(call) => {
            format!("{} hosted by {:?}: {}({})", call.choice, call.host, call.name, call.input)
        }
        Assembled::TextEnd { choice, text } => format!("{choice} full {text:?}"),
        Assembled::Finish { choice, reason, raw, .. } => format!("{choice} finish {reason:?} {raw:?}"),
        Assembled::End { outcome, usage, model, errors, .. } => {
            let output = usage.and_then(|tokens| tokens.counts.output).map(|count| count.get());
            format!("end {outcome} {output:?} {model:?} {} errors", errors.len())
        }
    }
}

#[track_caller]
fn check(events: &[Event<'_>], expected: &[&str]) {
    let mut assembler = Assembler::default();
    let mut response = Response::default();
    let mut lines = Vec::new();
    for event in events {
        lines.extend(assembler.apply(event).map(line));
        response.apply(event);
    }
    assert_eq!(lines, expected);
    assert_eq!(assembler.into_response(), response, "the response is the fold's, whatever was said on the way");
}

fn id(block: u32) -> BlockId {
    BlockId::from(block)
}

fn start(block: u32, choice: u32, kind: BlockKind<&str>) -> Event<'_> {
    Event::BlockStart { block: id(block), choice, place: Place::nowhere(), kind }
}

fn text(block: u32, text: &str) -> Event<'_> {
    Event::TextDelta { block: id(block), text }
}

fn restated(block: u32, value: &str) -> Event<'_> {
    Event::Restated { block: id(block), value }
}

fn call(name: &str) -> BlockKind<&str> {
    BlockKind::tool_call(Id::Minted(0), name, InputForm::Json)
}

fn input(block: u32, input: &str) -> Event<'_> {
    Event::ToolCallDelta { block: id(block), input }
}

fn close(block: u32, input: Option<InputState>) -> Event<'static> {
    Event::BlockEnd { block: id(block), how: BlockClose::Complete, input }
}

fn finish(choice: u32, reason: Reason) -> Event<'static> {
    Event::Finish { choice, reason, raw: Some("raw"), detail: None }
}

fn ended(outcome: Outcome) -> Event<'static> {
    let evidence =
        Evidence { frames: 1, terminal: true, sentinel: true, choices: 1, finished: 1, close: None, limit: None };
    Event::End { outcome, evidence, resume: None }
}

#[test]
fn calls_text_and_finish_come_once_at_the_end() {
    let events = [
        start(0, 0, BlockKind::Text),
        text(0, "Let "),
        start(1, 0, call("f")),
        input(1, "{\"a\""),
        start(2, 0, call("g")),
        input(2, "{}"),
        input(1, ":1}"),
        text(0, "us"),
        close(2, Some(InputState::Valid)),
        close(1, Some(InputState::Valid)),
        finish(0, Reason::ToolCalls),
        finish(0, Reason::Stop),
        ended(Outcome::Complete),
        ended(Outcome::Complete),
        text(0, "!"),
    ];
    let mut assembler = Assembler::default();
    let lines: Vec<_> = events.iter().flat_map(|event| assembler.apply(event).map(line).collect::<Vec<_>>()).collect();
    let expected = [
        r#"0 text "Let " of "Let ""#,
        r#"0 text "us" of "Let us""#,
        r#"0 call Minted(0) f({"a":1}) Some(Valid)"#,
        r"0 call Minted(0) g({}) Some(Valid)",
        r#"0 full "Let us""#,
        r#"0 finish Some(Stop) Some("raw")"#,
        "end complete None None 0 errors",
    ];
    assert_eq!(lines, expected);
    assert_eq!(assembler.response().choices[0].text(), "Let us", "what comes after the end changes nothing");
}

#[test]
fn without_a_finish_reason_the_calls_are_there_and_input_that_is_no_json_stays_raw() {
    check(
        &[
            start(0, 0, call("f")),
            input(0, "{oops"),
            close(0, Some(InputState::Invalid { at: 1 })),
            start(1, 0, call("g")),
            close(1, Some(InputState::Empty)),
            ended(Outcome::Truncated),
        ],
        &[
            "0 call Minted(0) f({oops) Some(Invalid { at: 1 })",
            "0 call Minted(0) g() Some(Empty)",
            r#"0 full """#,
            "0 finish None None",
            "end truncated None None 0 errors",
        ],
    );
}

#[test]
fn late_ids_and_names_count_and_hosted_calls_are_told_apart() {
    let hosted = BlockKind::hosted_call(Id::Wire("h"), "search", InputForm::Json, Host::Provider, None);
    check(
        &[
            start(0, 0, call("fi")),
            start(1, 0, hosted),
            input(1, "{}"),
            Event::BlockData { block: id(0), part: Part::CallId("late") },
            Event::BlockData { block: id(0), part: Part::Name("find") },
            close(0, Some(InputState::Empty)),
            close(1, Some(InputState::Valid)),
            finish(0, Reason::ToolCalls),
            ended(Outcome::Complete),
        ],
        &[
            r#"0 call Wire("late") find() Some(Empty)"#,
            "0 hosted by Some(Provider): search({})",
            r#"0 full """#,
            r#"0 finish Some(ToolCalls) Some("raw")"#,
            "end complete None None 0 errors",
        ],
    );
}

#[test]
fn choices_and_kinds_of_words_are_kept_apart() {
    let reasoning = BlockKind::reasoning(ReasoningForm::Full);
    check(
        &[
            start(0, 1, reasoning),
            Event::ReasoningDelta { block: id(0), text: "hm" },
            start(1, 0, BlockKind::Text),
            text(1, "a"),
            start(2, 1, BlockKind::Refusal),
            Event::RefusalDelta { block: id(2), text: "no" },
            start(3, 1, reasoning),
            Event::ReasoningDelta { block: id(3), text: "!" },
            finish(0, Reason::Stop),
            finish(1, Reason::Refusal),
            finish(2, Reason::Length),
            ended(Outcome::Incomplete),
        ],
        &[
            r#"1 reasoning "hm" of "hm""#,
            r#"0 text "a" of "a""#,
            r#"1 refusal "no" of "no""#,
            r#"1 reasoning "!" of "hm!""#,
            r#"1 full """#,
            r#"1 finish Some(Refusal) Some("raw")"#,
            r#"0 full "a""#,
            r#"0 finish Some(Stop) Some("raw")"#,
            r#"2 full """#,
            r#"2 finish Some(Length) Some("raw")"#,
            "end incomplete None None 0 errors",
        ],
    );
}

#[test]
fn text_of_mixed_blocks_is_in_order_of_the_blocks() {
    check(
        &[
            start(0, 0, BlockKind::Text),
            text(0, "a"),
            start(1, 0, BlockKind::Text),
            text(1, "x"),
            text(0, "b"),
            text(1, "y"),
            start(2, 0, BlockKind::Text),
            text(2, "z"),
            ended(Outcome::Truncated),
        ],
        &[
            r#"0 text "a" of "a""#,
            r#"0 text "x" of "ax""#,
            r#"0 text "b" of "abx""#,
            r#"0 text "y" of "abxy""#,
            r#"0 text "z" of "abxyz""#,
            r#"0 full "abxyz""#,
            "0 finish None None",
            "end truncated None None 0 errors",
        ],
    );
}

#[test]
fn a_restated_block_replaces_its_own_words_only() {
    check(
        &[
            start(0, 0, BlockKind::Text),
            text(0, "one "),
            restated(0, "One "),
            start(1, 0, BlockKind::Text),
            text(1, "two"),
            restated(1, "2"),
            text(1, "!"),
            restated(0, "1 "),
            ended(Outcome::Complete),
        ],
        &[
            r#"0 text "one " of "one ""#,
            r#"0 restated "One " of "One ""#,
            r#"0 text "two" of "One two""#,
            r#"0 restated "2" of "One 2""#,
            r#"0 text "!" of "One 2!""#,
            r#"0 restated "1 " of "1 2!""#,
            r#"0 full "1 2!""#,
            "0 finish None None",
            "end complete None None 0 errors",
        ],
    );
}

#[test]
fn errors_are_there_beside_partial_content() {
    let error = |message| Event::Error {
        kind: ErrorKind::Overloaded,
        retry: Retry::Yes,
        fatal: true,
        status: None,
        code: None,
        message,
        origin: Origin::Provider,
        raw: None,
    };
    let counts = Usage { output: Some(3.into()), ..Usage::default() };
    check(
        &[
            Event::Meta { field: crate::event::MetaField::Model, value: "m" },
            start(0, 0, BlockKind::Text),
            text(0, "a"),
            error("full"),
            text(0, "b"),
            error("still full"),
            Event::Usage { counts, origin: UsageOrigin::Provider },
            ended(Outcome::Failed),
        ],
        &[
            r#"0 text "a" of "a""#,
            "error full",
            r#"0 text "b" of "ab""#,
            "error still full",
            r#"0 full "ab""#,
            "0 finish None None",
            r#"end failed Some(3) Some("m") 2 errors"#,
        ],
    );
}

#[test]
fn content_that_is_no_answer_is_no_item() {
    let result = BlockKind::tool_result(None, None, false);
    check(
        &[
            start(0, 0, result),
            text(0, "found"),
            restated(0, "nothing"),
            start(1, 0, BlockKind::Image),
            text(7, "no such block"),
            ended(Outcome::Complete),
        ],
        &[r#"0 full """#, "0 finish None None", "end complete None None 0 errors"],
    );
}

#[test]
fn a_snapshot_lends_unless_blocks_are_mixed() {
    let mut assembler = Assembler::default();
    let mut lent = vec![];
    let events = [start(0, 0, BlockKind::Text), text(0, "a"), start(1, 0, BlockKind::Text), text(1, "b"), text(0, "c")];
    for event in &events {
        for item in assembler.apply(event) {
            let Assembled::Text { so_far, .. } = item else { panic!("{item:?}") };
            assert_eq!((so_far.len(), so_far.is_empty()), (so_far.to_str().len(), false));
            assert!(so_far == *so_far.to_str() && format!("{so_far}") == so_far.to_str());
            lent.push(matches!(so_far.to_str(), alloc::borrow::Cow::Borrowed(_)));
        }
    }
    assert_eq!(lent, [true, true, false]);
}

#[test]
fn it_can_be_one_of_a_pair() {
    let mut pair = (Assembler::default(), Response::default());
    for event in [start(0, 0, BlockKind::Text), text(0, "a"), ended(Outcome::Complete)] {
        Fold::apply(&mut pair, &event);
    }
    assert_eq!(*pair.0.response(), pair.1);
}
