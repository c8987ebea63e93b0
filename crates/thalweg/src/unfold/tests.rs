//! What no stream of the corpus shows: one of everything, and responses that were changed before they are unfolded.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::event::*;
use crate::fold::Fold;

fn fold<'e>(events: impl IntoIterator<Item = Event<'e>>) -> Response {
    let mut response = Response::default();
    events.into_iter().for_each(|event| response.apply(&event));
    response
}

/// The events unfolded with whole deltas.
fn whole(response: &Response) -> Vec<Event<'_>> {
    Unfold::new(response).with_whole_deltas().events().collect()
}

#[track_caller]
fn check_round_trip(events: &[Event<'_>]) {
    // Every prefix is a response, too.
    for len in 0..=events.len() {
        let response = fold(events[..len].iter().copied());
        for chars in [1, 2, 5, usize::MAX] {
            let unfold = Unfold::new(&response).with_delta_chars(NonZeroUsize::new(chars).expect("none is 0"));
            assert_eq!(fold(unfold.events()), response, "{len} events, {chars} characters");
        }
    }
}

fn id(n: u32) -> BlockId {
    BlockId::from(n)
}

fn start(n: u32, choice: u32, kind: BlockKind<&str>) -> Event<'_> {
    Event::BlockStart { block: id(n), choice, place: Place::nowhere(), kind }
}

fn data(n: u32, part: Part<&str>) -> Event<'_> {
    Event::BlockData { block: id(n), part }
}

fn end(n: u32, how: BlockClose) -> Event<'static> {
    Event::BlockEnd { block: id(n), how, input: None }
}

fn finish(choice: u32) -> Event<'static> {
    Event::Finish { choice, reason: Reason::Stop, raw: Some("stop"), detail: Some("because") }
}

fn over(outcome: Outcome) -> Event<'static> {
    let evidence = Evidence {
        frames: 7,
        terminal: true,
        sentinel: false,
        choices: 3,
        finished: 2,
        close: Some(Close::Broken),
        limit: None,
    };
    Event::End { outcome, evidence, resume: Some(Resume { response_id: "resp_1", after: 6 }) }
}

fn text(n: u32, text: &str) -> Event<'_> {
    Event::TextDelta { block: id(n), text }
}

const CALL: BlockKind<&str> = BlockKind::tool_call(Id::Minted(0), "", InputForm::Json);

#[test]
fn calls_and_their_late_facts_come_back() {
    let place = Place { item: Some(Wide::from(3)), part: Some(Wide::from(1)), id: Some("item_3") };
    let hosted = BlockKind::hosted_call(Id::Wire("ws_1"), "search", InputForm::Text, Host::Mcp, Some("charts"));
    let mut events = vec![
        Event::Start { protocol: Protocol::OpenaiResponses },
        Event::BlockStart { block: id(0), choice: 0, place, kind: CALL },
        start(1, 0, hosted),
        Event::ToolCallDelta { block: id(0), input: "{\"at\":" },
        data(1, Part::Progress("{\"piece\":1}")),
        data(0, Part::CallId("call_late")),
        Event::ToolCallDelta { block: id(1), input: "tides" },
        data(0, Part::Name("get_tide")),
        Event::ToolCallDelta { block: id(0), input: " 1" },
        data(1, Part::Progress("{\"piece\":2}")),
    ];
    let states = [
        InputState::Valid,
        InputState::Empty,
        InputState::NotObject,
        InputState::Invalid { at: 3 },
        InputState::Cut,
        InputState::Concatenated,
    ];
    for (state, how) in states.into_iter().zip(BlockClose::ALL.iter().cycle()) {
        events.push(Event::BlockEnd { block: id(0), how: *how, input: Some(state) });
        check_round_trip(&events);
    }
    events.extend([
        end(1, BlockClose::Complete),
        start(2, 0, BlockKind::tool_result(Some(id(1)), Some("ws_1"), true)),
        start(3, 0, BlockKind::approval(Id::Wire("appr_1"), "delete", Some("charts"))),
    ]);
    check_round_trip(&events);
}

#[test]
fn every_part_comes_back() {
    let parts = [
        Part::Base64("AAEC"),
        Part::Citation("{\"n\":1}"),
        Part::Status("in_progress"),
        Part::Preview { index: 1, base64: "cHJl" },
        Part::Logprobs("[1]"),
        Part::Transcript("Ahoy, "),
        Part::Preview { index: 0, base64: "dmll" },
        Part::Signature("seal"),
        Part::Progress("{}"),
        Part::Preview { index: 1, base64: "dw==" },
        Part::Json("{\"n\":2}"),
        Part::Encrypted("secret"),
        Part::Format("v1"),
        Part::Transcript("mate"),
        Part::Citation("{\"n\":3}"),
        Part::Status("completed"),
        Part::Base64("AwQF"),
    ];
    let kinds = [
        BlockKind::Audio,
        BlockKind::Image,
        BlockKind::File,
        BlockKind::Source,
        BlockKind::other("novelty"),
        BlockKind::Refusal,
        BlockKind::reasoning(ReasoningForm::Redacted),
    ];
    let mut events = vec![Event::Start { protocol: Protocol::OpenaiChat }];
    for (n, kind) in (0..).zip(kinds) {
        events.push(start(n, 0, kind));
        events.extend(parts.map(|part| data(n, part)));
        events.push(end(n, BlockClose::Implied));
    }
    // No delta fits this one.
    events.push(Event::Restated { block: id(3), value: "a source in words" });
    check_round_trip(&events);
}

#[test]
fn what_is_said_of_the_response_comes_back() {
    let error = |fatal, raw| Event::Error {
        kind: ErrorKind::Overloaded,
        retry: Retry::After { ms: 250 },
        fatal,
        status: Some(529),
        code: raw,
        message: "No room.",
        origin: Origin::Provider,
        raw,
    };
    let anomaly = |kind, block| Event::Anomaly { kind, action: Action::Kept, block };
    let counts = Usage { input: Some(Count::from(1)), output: Some(Count::from(0)), ..Usage::default() };
    for outcome in Outcome::ALL {
        check_round_trip(&[
            Event::Start { protocol: Protocol::Unrecognized },
            Event::Meta { field: MetaField::Container, value: "box" },
            Event::Meta { field: MetaField::Model, value: "m" },
            anomaly(AnomalyKind::BadFrame, None),
            Event::Meta { field: MetaField::Id, value: "i" },
            Event::Meta { field: MetaField::Container, value: "other box" },
            error(false, None),
            start(0, 0, BlockKind::Text),
            anomaly(AnomalyKind::IdLate, Some(id(0))),
            anomaly(AnomalyKind::BadFrame, Some(id(0))),
            Event::Unknown { wire_type: "news", json: "{}" },
            Event::Usage { counts, origin: UsageOrigin::Partial },
            Event::Usage { counts: Usage::default(), origin: UsageOrigin::Estimated },
            text(0, "Ahoy"),
            Event::Restated { block: id(0), value: "Avast" },
            end(0, BlockClose::Failed),
            error(true, Some("{}")),
            Event::Unknown { wire_type: "", json: "{\"n\":2}" },
            over(*outcome),
        ]);
    }
}

/// Choices are in order of appearance, and one that has no block appears with its finish.
#[test]
fn choices_come_back_in_their_order() {
    let (text_of, done) = (BlockKind::Text, BlockClose::Complete);
    let events = [
        Event::Start { protocol: Protocol::OpenaiChat },
        finish(7),
        start(0, 2, text_of),
        start(1, 0, text_of),
        text(1, "zero"),
        text(0, "two"),
        end(0, done),
        finish(5),
        start(2, 1, text_of),
        end(1, done),
        start(3, 0, CALL),
        end(2, done),
        finish(1),
        end(3, done),
        finish(0),
        finish(4),
        over(Outcome::Truncated),
    ];
    check_round_trip(&events);
    let response = fold(events);
    let order: Vec<_> = response.choices.iter().map(|choice| choice.index).collect();
    assert_eq!(order, [7, 2, 0, 5, 1, 4]);
    let said = whole(&response).into_iter().filter_map(|event| match event {
        Event::BlockStart { choice, .. } => Some(("block", choice)),
        Event::Finish { choice, .. } => Some(("finish", choice)),
        _ => None,
    });
    let expected = [
        ("finish", 7),
        ("block", 2),
        ("block", 0),
        ("finish", 5),
        ("block", 1),
        ("finish", 1),
        ("block", 0),
        ("finish", 0),
        ("finish", 4),
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
}

#[test]
fn a_block_is_told_in_order() {
    let kind = BlockKind::hosted_call(Id::Wire("c"), "shell", InputForm::Text, Host::Provider, None);
    let events = [
        start(0, 0, kind),
        data(0, Part::Progress("1")),
        data(0, Part::Progress("2")),
        Event::ToolCallDelta { block: id(0), input: "ls" },
        data(0, Part::Json("3")),
        data(0, Part::Progress("4")),
        data(0, Part::Status("completed")),
        end(0, BlockClose::Complete),
    ];
    assert_eq!(whole(&fold(events)), events);
}

#[test]
fn deltas_are_cut_between_characters() {
    let check = |chars, expected: &[&str]| {
        let response = fold([start(0, 0, BlockKind::Text), text(0, "aé水👋🏽b")]);
        let unfold = Unfold::new(&response).with_delta_chars(NonZeroUsize::new(chars).expect("it is not 0"));
        let pieces: Vec<_> = unfold
            .events()
            .filter_map(|event| match event {
                Event::TextDelta { text, .. } => Some(text),
                _ => None,
            })
            .collect();
        assert_eq!(pieces, expected);
    };
    check(1, &["a", "é", "水", "👋", "🏽", "b"]);
    check(2, &["aé", "水👋", "🏽b"]);
    check(4, &["aé水👋", "🏽b"]);
    check(5, &["aé水👋🏽", "b"]);
    check(6, &["aé水👋🏽b"]);
    check(15, &["aé水👋🏽b"]);
    check(usize::MAX, &["aé水👋🏽b"]);
}

#[test]
fn without_text_there_is_no_delta() {
    let events = [start(0, 0, BlockKind::Text), end(0, BlockClose::Complete), finish(0)];
    assert_eq!(whole(&fold(events)), events);
}

#[test]
fn what_has_not_ended_has_no_end() {
    assert_eq!(whole(&Response::default()), []);
    let events = [Event::Start { protocol: Protocol::Gemini }, start(0, 0, BlockKind::Text), text(0, "Ahoy")];
    assert_eq!(whole(&fold(events)), events);
}

#[test]
fn an_end_stays_an_end() {
    let response = fold([Event::Start { protocol: Protocol::Gemini }, over(Outcome::Complete)]);
    let mut events = Unfold::new(&response).events();
    assert_eq!(events.by_ref().count(), 2);
    assert_eq!((events.next(), events.next()), (None, None));
}

/// Reasoning is taken out before the response is shown, say.
#[test]
fn blocks_are_numbered_anew_where_some_are_gone() {
    let anomaly = |kind, n| Event::Anomaly { kind, action: Action::Kept, block: Some(id(n)) };
    let result = |n, call| start(n, 0, BlockKind::tool_result(Some(id(call)), None, false));
    let mut response = fold([
        start(0, 0, BlockKind::Text),
        start(1, 0, BlockKind::reasoning(ReasoningForm::Full)),
        start(2, 1, BlockKind::Text),
        start(3, 0, CALL),
        result(4, 3),
        result(5, 1),
        result(6, 0),
        text(2, "Ahoy"),
        anomaly(AnomalyKind::IdLate, 1),
        anomaly(AnomalyKind::NameLate, 2),
        anomaly(AnomalyKind::BadFrame, 6),
    ]);
    response.choices[0].blocks.retain(|block| !matches!(block.kind, BlockKind::Reasoning { .. }));
    let gone = BlockKind::tool_result(None, None, false);
    let expected = [
        start(0, 0, BlockKind::Text),
        start(1, 1, BlockKind::Text),
        text(1, "Ahoy"),
        start(2, 0, CALL),
        result(3, 2),
        start(4, 0, gone),
        result(5, 0),
        Event::Anomaly { kind: AnomalyKind::IdLate, action: Action::Kept, block: None },
        anomaly(AnomalyKind::NameLate, 1),
        anomaly(AnomalyKind::BadFrame, 5),
    ];
    assert_eq!(whole(&response), expected);

    response.choices.remove(0);
    let without = |kind| Event::Anomaly { kind, action: Action::Kept, block: None };
    let expected = [
        start(0, 1, BlockKind::Text),
        text(0, "Ahoy"),
        without(AnomalyKind::IdLate),
        anomaly(AnomalyKind::NameLate, 0),
        without(AnomalyKind::BadFrame),
    ];
    assert_eq!(whole(&response), expected);
}
