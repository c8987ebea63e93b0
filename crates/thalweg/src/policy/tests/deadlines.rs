use super::*;
use crate::event::{Close, Event};
use crate::normalizer::Stage;

const SECOND: u64 = 1_000_000;

fn rules() -> DeadlineRules {
    DeadlineRules { silence: Some(secs(10)), no_event: None, total: None, drain: Some(secs(2)) }
}

/// From here on the driver waits, and nothing happens: when it wakes, and for what.
#[track_caller]
fn check(deadlines: &Deadlines, expected: Option<(u64, Deadline)>) {
    assert_eq!(deadlines.next_us(), expected.map(|(at_us, _)| at_us));
    if let Some((at_us, deadline)) = expected {
        assert_eq!(deadlines.passed(at_us - 1), None, "not before its time");
        assert_eq!(deadlines.passed(at_us), Some(deadline));
    }
    let never = deadlines.passed(u64::MAX);
    assert_eq!(never, expected.map(|(_, deadline)| deadline));
}

const TEXT: Event<'static> = Event::Unknown { wire_type: "", json: "{}" };

#[test]
fn silence_is_without_bytes() {
    let start_us = 5 * SECOND;
    let mut deadlines = Deadlines::new(rules(), start_us);
    check(&deadlines, Some((start_us + 10 * SECOND, Deadline::Silence)));
    deadlines.bytes(start_us + 9 * SECOND);
    check(&deadlines, None);
    deadlines.waits(start_us + 9 * SECOND);
    check(&deadlines, Some((start_us + 19 * SECOND, Deadline::Silence)));
    deadlines.event(&Event::Heartbeat, start_us + 15 * SECOND);
    deadlines.waits(start_us + 15 * SECOND);
    check(&deadlines, Some((start_us + 19 * SECOND, Deadline::Silence)));
    deadlines.bytes(start_us + 18 * SECOND);
    deadlines.event(&TEXT, start_us + 18 * SECOND);
    deadlines.waits(start_us + 18 * SECOND);
    deadlines.waits(start_us + 20 * SECOND);
    check(&deadlines, Some((start_us + 28 * SECOND, Deadline::Silence)));
}

/// Who reads slowly is not a silent server: only waiting counts, and all of it.
#[test]
fn a_slow_reader_is_no_silence() {
    let mut deadlines = Deadlines::new(rules(), 0);
    deadlines.bytes(SECOND);
    assert_eq!(deadlines.passed(1000 * SECOND), None, "nobody waits for bytes");
    deadlines.waits(1000 * SECOND);
    check(&deadlines, Some((1010 * SECOND, Deadline::Silence)));
    deadlines.rests(1004 * SECOND);
    assert_eq!((deadlines.next_us(), deadlines.passed(u64::MAX)), (None, None));
    deadlines.rests(1500 * SECOND);
    deadlines.waits(2000 * SECOND);
    check(&deadlines, Some((2006 * SECOND, Deadline::Silence)));
    deadlines.bytes(2005 * SECOND);
    deadlines.waits(2005 * SECOND);
    check(&deadlines, Some((2015 * SECOND, Deadline::Silence)));
}

#[test]
fn pings_are_no_events() {
    let mut deadlines = Deadlines::new(DeadlineRules { no_event: Some(secs(30)), ..rules() }, 0);
    for now in 1..=29 {
        deadlines.bytes(now * SECOND);
        deadlines.event(&Event::Heartbeat, now * SECOND);
        deadlines.waits(now * SECOND);
    }
    check(&deadlines, Some((30 * SECOND, Deadline::NoEvent)));
    deadlines.bytes(29 * SECOND);
    deadlines.event(&TEXT, 29 * SECOND);
    deadlines.rests(35 * SECOND);
    deadlines.waits(45 * SECOND);
    check(&deadlines, Some((55 * SECOND, Deadline::Silence)));
    deadlines.bytes(50 * SECOND);
    deadlines.waits(60 * SECOND);
    check(&deadlines, Some((70 * SECOND, Deadline::Silence)));
    let mut off = Deadlines::new(rules(), 0);
    off.bytes(9 * SECOND);
    off.waits(9 * SECOND);
    check(&off, Some((19 * SECOND, Deadline::Silence)));
}

/// By a timer and not by events: a stall is caught. Whatever happens, nothing puts it off.
#[test]
fn the_whole_stream_has_a_deadline() {
    let total = DeadlineRules { silence: None, total: Some(secs(60)), ..rules() };
    let mut deadlines = Deadlines::new(total, 0);
    check(&deadlines, Some((60 * SECOND, Deadline::Total)));
    deadlines.bytes(59 * SECOND);
    deadlines.event(&TEXT, 59 * SECOND);
    deadlines.stage(Stage::Open, 59 * SECOND);
    check(&deadlines, Some((60 * SECOND, Deadline::Total)));
    let both = Deadlines::new(DeadlineRules { silence: Some(secs(70)), ..total }, 0);
    check(&both, Some((60 * SECOND, Deadline::Total)));
}

/// After the last finish reason usage may follow, and a server that never closes holds nobody up.
#[test]
fn what_is_finished_is_drained() {
    let mut deadlines = Deadlines::new(rules(), 0);
    deadlines.bytes(5 * SECOND);
    deadlines.stage(Stage::Finished, 5 * SECOND);
    assert_eq!(deadlines.passed(100 * SECOND), None, "the reader is slow, what follows may lie there");
    deadlines.waits(100 * SECOND);
    check(&deadlines, Some((102 * SECOND, Deadline::Drain)));
    // Pings do not put it off.
    deadlines.bytes(101 * SECOND);
    deadlines.stage(Stage::Finished, 101 * SECOND);
    deadlines.waits(101 * SECOND);
    check(&deadlines, Some((102 * SECOND, Deadline::Drain)));
    // More of the answer does.
    deadlines.bytes(101 * SECOND);
    deadlines.stage(Stage::Open, 101 * SECOND);
    deadlines.waits(101 * SECOND);
    check(&deadlines, Some((111 * SECOND, Deadline::Silence)));
    deadlines.stage(Stage::Finished, 103 * SECOND);
    deadlines.waits(103 * SECOND);
    check(&deadlines, Some((105 * SECOND, Deadline::Drain)));
    let mut none = Deadlines::new(DeadlineRules { drain: None, ..rules() }, 0);
    none.stage(Stage::Finished, 0);
    none.waits(0);
    check(&none, Some((10 * SECOND, Deadline::Silence)));
}

/// The provider said that it is over: nothing is waited for.
#[test]
fn what_is_settled_is_over() {
    for stage in [Stage::Settled, Stage::Ended] {
        let mut deadlines = Deadlines::new(rules(), 0);
        deadlines.stage(stage, 3 * SECOND);
        assert_eq!((deadlines.passed(3 * SECOND), deadlines.next_us()), (Some(Deadline::Drain), Some(0)));
    }
}

#[test]
fn how_the_bytes_end() {
    let closes = [Deadline::Silence, Deadline::NoEvent, Deadline::Total, Deadline::Drain].map(Deadline::close);
    assert_eq!(closes, [Close::TimedOut, Close::TimedOut, Close::TimedOut, Close::Clean]);
}

#[test]
fn clocks_of_any_origin() {
    let rules = DeadlineRules { total: Some(Duration::MAX), ..rules() };
    let mut deadlines = Deadlines::new(rules, u64::MAX - SECOND);
    assert_eq!(deadlines.next_us(), None, "no overflow, and no clock goes so far");
    // A clock that went back, which none should.
    deadlines.bytes(0);
    deadlines.waits(0);
    assert_eq!(deadlines.next_us(), Some(10 * SECOND));
    let off = DeadlineRules { silence: None, no_event: None, total: None, drain: None };
    check(&Deadlines::new(off, 0), None);
}
