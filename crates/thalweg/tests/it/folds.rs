//! What holds of the folds on every stream: on every case of the corpus, whole, cut in the middle and with limits that
//! are reached.

use std::collections::BTreeMap;

use thalweg::fold::{Call, Tally};
use thalweg::{Assembled, Assembler, BlockId, BlockKind, Close, Event, Fold, Metrics, Outcome, Part, Response, Timing};
use thalweg_corpus::{Case, Setup, load_all, small_limits};

/// Every stream there is, named.
fn streams(mut check: impl FnMut(&str, Setup<'static>, &[u8])) {
    for case in load_all() {
        let (name, setup, body) = (case.to_string(), case.setup(), &case.body);
        check(&name, setup, body);
        check(&format!("{name}, cut"), setup.with_close(Close::Broken), &body[..body.len() / 2]);
        check(&format!("{name}, small limits"), setup.with_limits(small_limits()), body);
    }
}

/// What an assembler said, put together as a program would that never looks at the response.
#[derive(Default)]
struct Heard {
    text: BTreeMap<u32, String>,
    reasoning: BTreeMap<u32, String>,
    refusal: BTreeMap<u32, String>,
    errors: usize,
    calls: Vec<BlockId>,
    hosted: Vec<BlockId>,
    texts: Vec<(u32, String)>,
    finishes: Vec<u32>,
    ends: usize,
}

impl Heard {
    fn hear(&mut self, item: Assembled<'_>) {
        assert_eq!(self.ends, 0, "something comes after the end: {item:?}");
        match item {
            Assembled::Text { choice, delta, so_far, .. } => {
                let text = self.text.entry(choice).or_default();
                text.push_str(delta);
                assert!(so_far == text.as_str(), "{so_far:?} is not {text:?}");
            }
            Assembled::Reasoning { choice, delta, .. } => self.reasoning.entry(choice).or_default().push_str(delta),
            Assembled::Refusal { choice, delta, .. } => self.refusal.entry(choice).or_default().push_str(delta),
            Assembled::Restated { choice, block, so_far, .. } => {
                let words = match block.kind {
                    BlockKind::Text => &mut self.text,
                    BlockKind::Reasoning { .. } => &mut self.reasoning,
                    _ => &mut self.refusal,
                };
                words.insert(choice, so_far.to_str().into_owned());
            }
            Assembled::Error(_) => self.errors += 1,
            Assembled::ToolCall(Call { choice, block, .. }) => {
                assert_eq!(self.texts.len(), self.finishes.len(), "calls come before their choice's text: {choice}");
                self.calls.push(block.id);
            }
            Assembled::HostedCall(Call { block, .. }) => self.hosted.push(block.id),
            Assembled::TextEnd { choice, text, .. } => self.texts.push((choice, text.into())),
            Assembled::Finish { choice, .. } => {
                self.finishes.push(choice);
                assert_eq!(self.texts.len(), self.finishes.len(), "a finish comes behind its choice's text");
            }
            Assembled::End { errors, .. } => {
                self.ends += 1;
                assert_eq!(self.errors, errors.len());
            }
            other => panic!("an item that this test does not know: {other:?}"),
        }
    }

    fn agrees_with(&self, response: &Response) {
        let choices: Vec<_> = response.choices.iter().map(|choice| choice.index).collect();
        assert_eq!(self.finishes, choices, "one finish a choice");
        assert_eq!(self.ends, 1, "one end");
        for (choice, (index, full)) in response.choices.iter().zip(&self.texts) {
            let heard = |words: &BTreeMap<u32, String>| words.get(index).cloned().unwrap_or_default();
            assert_eq!((choice.index, choice.text()), (*index, full.clone()));
            assert_eq!(heard(&self.text), *full, "the deltas are the text");
            assert_eq!(heard(&self.reasoning), choice.reasoning());
            assert_eq!(heard(&self.refusal), choice.refusal());
        }
        let blocks = |want: fn(&BlockKind<Box<str>>) -> bool| {
            let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
            blocks.filter(|block| want(&block.kind)).map(|block| block.id).collect::<Vec<_>>()
        };
        assert_eq!(self.calls, blocks(|kind| matches!(kind, BlockKind::ToolCall { .. })), "each call once");
        assert_eq!(self.hosted, blocks(|kind| matches!(kind, BlockKind::HostedCall { .. })), "each hosted call once");
    }
}

#[test]
fn what_is_assembled_is_the_response() {
    let (mut calls, mut reasons_missing) = (0, 0);
    streams(|name, setup, body| {
        eprintln!("{name}"); // shown where an assertion fails
        let (mut assembler, mut heard) = (Assembler::default(), Heard::default());
        setup.drive([body], |event| assembler.apply(event).for_each(|item| heard.hear(item)));
        let response = setup.response(body);
        heard.agrees_with(&response);
        calls += heard.calls.len();
        reasons_missing += usize::from(response.choices.iter().any(|choice| choice.finish.is_none()));
        assert_eq!(assembler.into_response(), response);
    });
    assert!(calls > 50 && reasons_missing > 10, "{calls} calls, {reasons_missing} streams without a reason");
}

#[test]
fn a_call_that_is_whole_is_an_object() {
    streams(|name, setup, body| {
        for call in setup.response(body).finished_calls() {
            let Some(object) = call.object() else { continue };
            let is_object = serde_json::from_str::<serde_json::Map<_, _>>(object).is_ok();
            assert!(call.is_whole() && is_object, "{name}: {object}");
        }
    });
}

#[test]
fn a_structured_answer_is_part_of_a_complete_response() {
    let mut found = 0;
    streams(|name, setup, body| {
        let response = setup.response(body);
        if let Ok(content) = response.structured_content() {
            assert_eq!(
                (response.outcome, &*content),
                (Some(Outcome::Complete), &*response.choices[0].text()),
                "{name}"
            );
            found += 1;
        }
    });
    assert!(found > 10, "only {found}");
}

#[test]
fn an_answer_is_empty_when_there_is_nothing_to_see() {
    let response = |name: &str| {
        let case = load_all().into_iter().find(|case| case.to_string().ends_with(name));
        case.map(|case: Case| case.setup().response(&case.body)).expect("the corpus has it")
    };
    assert!(!response("/text").is_empty() && !response("/refusal").is_empty() && !response("/tool_call").is_empty());
    assert!(!response("/audio").is_empty() && !response("/length").ran_out());
    assert!(response("/empty-body").is_empty() && !response("/empty-body").ran_out());
}

#[test]
fn the_parts_of_the_time_are_the_whole() {
    streams(|name, setup, body| {
        let (mut timing, mut now_us, mut deltas) = (Timing::since(0), 0, 0);
        setup.drive([body], |event| {
            now_us += 7;
            let is_delta = matches!(
                event,
                Event::TextDelta { .. }
                    | Event::ReasoningDelta { .. }
                    | Event::RefusalDelta { .. }
                    | Event::ToolCallDelta { .. }
                    | Event::BlockData { part: Part::Progress(_), .. }
            );
            deltas += u64::from(is_delta);
            timing.at(now_us).apply(event);
        });
        let Timing { all, text, reasoning, refusal, calls, media, gaps, .. } = timing;
        assert_eq!(text.deltas + reasoning.deltas + refusal.deltas + calls.deltas, deltas, "{name}");
        let parts = [text, reasoning, refusal, calls, media];
        assert_eq!(all.deltas, parts.iter().map(|part| part.deltas).sum::<u64>(), "{name}");
        assert_eq!(all.first_us, parts.iter().filter_map(|part| part.first_us).min(), "{name}");
        assert_eq!(all.last_us, parts.iter().filter_map(|part| part.last_us).max(), "{name}");
        let between = all.last_us.zip(all.first_us).map_or(0, |(last, first)| last - first);
        assert_eq!((gaps.count, gaps.total_us), (all.deltas.saturating_sub(1), between), "{name}");
        assert_eq!(gaps.buckets.iter().sum::<u64>(), gaps.count, "{name}");
        assert_eq!((timing.first_event_us, timing.end_us), (Some(7), Some(now_us)), "{name}");
    });
}

#[test]
fn every_stream_is_counted_once() {
    let (mut metrics, mut in_a_row, mut count) = (Metrics::default(), Tally::default(), 0);
    streams(|_, setup, body| {
        let mut tally = Tally::default();
        setup.drive([body], |event| (&mut tally, &mut in_a_row).apply(event));
        metrics.record("all", &tally);
        count += 1;
    });
    let mut expected = Metrics::default();
    expected.record("all", &in_a_row);
    assert_eq!(metrics, expected, "streams one after another in one tally are the same as each in its own");
    let ended: u64 = Outcome::ALL.iter().map(|outcome| in_a_row.outcomes(*outcome)).sum();
    assert_eq!((in_a_row.streams(), ended), (count, count));
}
