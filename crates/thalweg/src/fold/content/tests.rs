use alloc::vec::Vec;

use super::*;
use crate::event::{BlockId, Event, Part, Place, ReasoningForm};
use crate::fold::Fold;

fn fold(events: &[Event<'_>]) -> Response {
    let mut response = Response::default();
    events.iter().for_each(|event| response.apply(event));
    response
}

fn start(block: u32, choice: u32, kind: BlockKind<&str>) -> Event<'_> {
    Event::BlockStart { block: BlockId::from(block), choice, place: Place::nowhere(), kind }
}

fn call(block: u32, choice: u32, name: &str) -> Event<'_> {
    start(block, choice, BlockKind::tool_call(Id::Wire("id"), name, InputForm::Json))
}

fn end(block: u32, how: BlockClose, input: Option<InputState>) -> Event<'static> {
    Event::BlockEnd { block: BlockId::from(block), how, input }
}

fn finish(reason: Reason) -> Event<'static> {
    Event::Finish { choice: 0, reason, raw: None, detail: None }
}

#[test]
fn finished_calls_are_those_of_the_client_that_are_over() {
    let hosted = BlockKind::hosted_call(Id::Wire("id"), "hosted", InputForm::Json, Host::Mcp, None);
    let valid = Some(InputState::Valid);
    let events = [
        call(0, 0, "first"),
        call(1, 1, "other choice"),
        call(2, 0, "open"),
        start(3, 0, hosted),
        call(4, 0, "last"),
        end(4, BlockClose::Complete, valid),
        end(3, BlockClose::Complete, valid),
        end(1, BlockClose::Complete, valid),
        end(0, BlockClose::Complete, valid),
    ];
    let response = fold(&events);
    let names = |calls: Vec<Call<'_>>| calls.iter().map(|call| call.block.id.get()).collect::<Vec<_>>();
    assert_eq!(names(response.choices[0].finished_calls().collect()), [0, 4]);
    assert_eq!(names(response.finished_calls().collect()), [0, 4, 1]);
    assert_eq!(response.choices[0].last_call().map(|call| call.name), Some("last"));
    assert_eq!(response.last_call().map(|call| (call.name, call.choice)), Some(("other choice", 1)));
    assert_eq!(Response::default().last_call(), None);
}

#[test]
fn a_call_that_the_model_was_stopped_in_is_not_whole_whatever_its_block_says() {
    let stopped = |reason, blocks: u32| {
        let mut events = Vec::new();
        for block in 0..blocks {
            events.extend([call(block, 0, "f"), end(block, BlockClose::Complete, Some(InputState::Empty))]);
        }
        events.push(finish(reason));
        let calls = fold(&events);
        calls.finished_calls().map(|call| (call.how, call.is_whole())).collect::<Vec<_>>()
    };
    assert_eq!(stopped(Reason::Length, 1), [(BlockClose::Incomplete, false)]);
    assert_eq!(stopped(Reason::ToolCalls, 1), [(BlockClose::Complete, true)]);
    assert_eq!(stopped(Reason::Length, 2), [(BlockClose::Complete, true), (BlockClose::Incomplete, false)]);
}

#[test]
fn only_whole_input_is_whole() {
    let check = |form, input: &str, how, state, expected: Option<&str>, whole: bool| {
        let kind = BlockKind::tool_call(Id::Minted(0), "f", form);
        let delta = Event::ToolCallDelta { block: BlockId::from(0), input };
        let response = fold(&[start(0, 0, kind), delta, end(0, how, state)]);
        let call = response.last_call().expect("it is over");
        assert_eq!((call.input, call.object(), call.is_whole()), (input, expected, whole), "{how} {state:?}");
    };
    use BlockClose::{Complete, Failed, Truncated};
    let json = InputForm::Json;
    check(json, "{}", Complete, Some(InputState::Valid), Some("{}"), true);
    check(json, "{\"a\":1}", Truncated, Some(InputState::Valid), Some("{\"a\":1}"), true);
    check(json, "", Complete, Some(InputState::Empty), Some("{}"), true);
    check(json, "", Truncated, Some(InputState::Empty), None, false);
    check(json, "", Failed, Some(InputState::Empty), None, false);
    check(json, "{oops", Complete, Some(InputState::Invalid { at: 1 }), None, false);
    check(json, "{}{}", Complete, Some(InputState::Concatenated), None, false);
    check(json, "[]", Complete, Some(InputState::NotObject), None, false);
    check(json, "{\"a", Complete, Some(InputState::Cut), None, false);
    check(InputForm::Text, "ls", Complete, None, None, true);
    check(InputForm::Text, "ls", Truncated, None, None, false);
}

#[test]
fn empty_is_without_text_refusal_media_and_call() {
    let check = |events: &[Event<'_>], empty: bool, ran_out: bool| {
        let response = fold(events);
        assert_eq!((response.is_empty(), response.ran_out()), (empty, ran_out), "{events:?}");
    };
    let block = BlockId::from(0);
    let reasoning = start(0, 0, BlockKind::reasoning(ReasoningForm::Full));
    let thought = Event::ReasoningDelta { block, text: "hm" };
    check(&[], true, false);
    check(&[finish(Reason::Stop)], true, false);
    check(&[reasoning, thought, finish(Reason::Stop)], true, false);
    check(&[reasoning, thought, finish(Reason::Length)], true, true);
    check(&[finish(Reason::Length)], true, true);
    check(&[finish(Reason::ContentFilter)], true, false);
    check(&[finish(Reason::Refusal)], false, false);
    let text = start(0, 0, BlockKind::Text);
    check(&[text, finish(Reason::Length)], true, true);
    check(&[text, Event::TextDelta { block, text: "a" }, finish(Reason::Length)], false, false);
    let refusal = start(0, 0, BlockKind::Refusal);
    check(&[refusal, Event::RefusalDelta { block, text: "no" }], false, false);
    check(&[call(0, 0, "f"), finish(Reason::Length)], false, false);
    let sound = Event::BlockData { block, part: Part::Base64("AA") };
    check(&[start(0, 0, BlockKind::Audio), sound], false, false);
    // One choice with an answer is an answer.
    check(&[finish(Reason::Length), call(0, 1, "f")], false, false);
}
