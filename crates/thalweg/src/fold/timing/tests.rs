use super::*;
use crate::event::{BlockId, BlockKind, Evidence, MetaField, Outcome, Place, Protocol, Reason};

const BLOCK: u32 = 0;

fn block() -> BlockId {
    BlockId::from(BLOCK)
}

fn text(text: &str) -> Event<'_> {
    Event::TextDelta { block: block(), text }
}

fn data(part: Part<&str>) -> Event<'_> {
    Event::BlockData { block: block(), part }
}

fn end() -> Event<'static> {
    let evidence =
        Evidence { frames: 1, terminal: true, sentinel: true, choices: 1, finished: 1, close: None, limit: None };
    Event::End { outcome: Outcome::Complete, evidence, resume: None }
}

/// Every event at its time, the start at 1,000.
fn timing(events: &[(u64, Event<'_>)]) -> Timing {
    let mut timing = Timing::since(1_000);
    events.iter().for_each(|(now_us, event)| timing.apply_at(event, *now_us));
    timing
}

#[test]
fn signs_of_life_are_no_token() {
    let start = Event::BlockStart { block: block(), choice: 0, place: Place::nowhere(), kind: BlockKind::Text };
    let timing = timing(&[
        (1_100, Event::Start { protocol: Protocol::OpenaiChat }),
        (1_200, Event::Meta { field: MetaField::Model, value: "m" }),
        (1_300, Event::Heartbeat),
        (1_400, start),
        (1_500, text("")),
        (1_600, data(Part::Signature("s"))),
        (1_700, text("a")),
        (1_900, Event::Finish { choice: 0, reason: Reason::Stop, raw: None, detail: None }),
        (1_950, Event::Finish { choice: 1, reason: Reason::Stop, raw: None, detail: None }),
        (2_000, end()),
    ]);
    assert_eq!(timing.first_event_us, Some(100));
    assert_eq!(timing.first_token_us(), Some(700));
    assert_eq!(timing.all, Generated { first_us: Some(700), last_us: Some(700), deltas: 1 });
    assert_eq!(timing.gaps, Gaps::default());
    assert_eq!((timing.finish_us, timing.end_us), (Some(900), Some(1_000)));
}

#[test]
fn each_kind_has_its_own_first() {
    let timing = timing(&[
        (1_001, Event::ReasoningDelta { block: block(), text: "hm" }),
        (1_002, text("a")),
        (1_003, Event::RefusalDelta { block: block(), text: "no" }),
        (1_004, data(Part::Progress("{}"))),
        (1_005, Event::ToolCallDelta { block: block(), input: "{}" }),
        (1_006, data(Part::preview(0, "AA"))),
        (1_007, data(Part::Base64("AA"))),
        (1_008, data(Part::Transcript("la"))),
        (1_009, text("b")),
    ]);
    let check = |kind: Generated, first, last, deltas| {
        assert_eq!(kind, Generated { first_us: Some(first), last_us: Some(last), deltas });
    };
    check(timing.reasoning, 1, 1, 1);
    check(timing.text, 2, 9, 2);
    check(timing.refusal, 3, 3, 1);
    check(timing.calls, 4, 5, 2);
    check(timing.media, 6, 8, 3);
    check(timing.all, 1, 9, 9);
}

#[test]
fn gaps_are_between_deltas_of_any_kind() {
    let timing = timing(&[
        (1_000, text("a")),
        (1_000, text("b")),
        (1_500, Event::Heartbeat),
        (2_000, Event::ReasoningDelta { block: block(), text: "hm" }),
        (3_001, text("c")),
        (100_000_000, text("d")),
    ]);
    let Gaps { count, total_us, longest_us, buckets } = timing.gaps;
    assert_eq!((count, total_us, longest_us), (4, 99_999_000, 99_996_999));
    // 0 and 1,000 (a bound is inclusive); 1,001; the longest.
    assert_eq!(buckets, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn a_time_that_goes_back_is_a_gap_of_zero_and_counted() {
    let timing = timing(&[(1_500, text("a")), (1_200, text("b")), (400, text("c")), (1_600, text("d"))]);
    assert_eq!(timing.backward_steps, 2);
    assert_eq!((timing.gaps.count, timing.gaps.total_us, timing.gaps.longest_us), (3, 100, 100));
    assert_eq!((timing.all.first_us, timing.all.last_us), (Some(500), Some(600)));
}

#[test]
fn before_the_start_is_the_start() {
    let mut timing = Timing::since(1_000);
    timing.bytes_at(0);
    timing.bytes_at(1_400);
    timing.apply_at(&text("a"), u64::MAX);
    assert_eq!((timing.first_byte_us, timing.backward_steps), (Some(0), 1));
    assert_eq!(timing.first_token_us(), Some(u64::MAX - 1_000));
}

#[test]
fn bounds_of_gaps_rise() {
    assert!(Gaps::BOUNDS_US.is_sorted_by(|a, b| a < b));
}
