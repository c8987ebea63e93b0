use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::event::{Action, AnomalyKind, Outcome, OwnedEvent};

fn recording() -> Recording {
    let mut recording = Recording::new();
    assert!(recording.push(5, b"ab") && recording.push(5, b"c") && recording.push(9, b"def"));
    recording
}

#[test]
fn chunks_are_what_was_pushed() {
    let mut recording = recording();
    assert!(recording.push(9, b""), "an empty chunk is no loss");
    assert!(recording.connection(10));
    assert!(recording.push(8, b"g"));
    let chunks: Vec<_> = recording.chunks().map(|chunk| (chunk.at_us, chunk.connection, chunk.bytes)).collect();
    assert_eq!(chunks, [(5, 0, &b"ab"[..]), (5, 0, b"c"), (9, 0, b"def"), (10, 1, b"g")]);
    assert_eq!((recording.bytes(), recording.close()), (&b"abcdefg"[..], None));
    assert!(recording.connection(12));
    assert_eq!(recording.reconnects_us().collect::<Vec<_>>(), [10, 12], "also the one that brought nothing");
}

#[test]
fn only_the_first_close_counts() {
    let mut recording = recording();
    recording.finish(None, Close::TimedOut);
    recording.finish(Some(20), Close::Clean);
    assert_eq!((recording.close(), recording.is_truncated()), (Some(Close::TimedOut), false));
    assert_eq!(recording.closed_us(), None, "the call that counts did not know it");
    assert!(!recording.push(21, b"late") && recording.is_truncated(), "what comes later is lost, and that is said");
    assert_eq!(recording.bytes(), b"abcdef");
}

#[test]
fn a_full_recording_is_a_beginning_and_says_so() {
    let mut recording = Recording::new().with_held_bytes(10 + 2 * 24);
    assert!(recording.push(1, b"123456"));
    assert!(!recording.push(2, b"56789"), "one byte too many");
    assert!(!recording.push(3, b"5"), "there would be room, but there is a hole before it");
    assert!(recording.is_truncated());
    assert_eq!(recording.bytes(), b"123456");
    let mut exact = Recording::new().with_held_bytes(10 + 2 * 24);
    assert!(exact.push(1, b"123456") && exact.push(2, b"5678") && !exact.is_truncated());
    assert!(!exact.connection(3) && exact.is_truncated(), "borders are counted too");
}

/// The table of a recording is this text, and reads back as the recording.
#[track_caller]
fn check_tsv(recording: &Recording, expected: &str) {
    assert_eq!(recording.to_tsv(), expected);
    assert_eq!(Recording::from_parts(recording.bytes(), expected).as_ref(), Ok(recording));
}

#[test]
fn the_table_grows_a_column_only_where_it_is_needed() {
    check_tsv(&Recording::new(), "at_us\tend\n");
    check_tsv(&recording(), "at_us\tend\n5\t2\n5\t3\n9\t6\n");
    let mut full = recording();
    full.connection(11);
    full.push(12, b"g");
    full.finish(Some(13), Close::TimedOut);
    check_tsv(&full, "at_us\tend\twhat\n5\t2\t\n5\t3\t\n9\t6\t\n11\t6\tconnection\n12\t7\t\n13\t7\tclose:timed_out\n");
    full.push(14, b"h");
    check_tsv(
        &full,
        "at_us\tend\twhat\n5\t2\t\n5\t3\t\n9\t6\t\n11\t6\tconnection\n12\t7\t\n\t7\ttruncated\n13\t7\tclose:timed_out\n",
    );
    let mut unknown_time = Recording::new();
    unknown_time.finish(None, Close::Broken);
    check_tsv(&unknown_time, "at_us\tend\twhat\n\t0\tclose:broken\n");
}

#[test]
fn a_bad_table_names_line_and_fault() {
    let check = |tsv: &str, line: usize, fault: RecordingFault| {
        let found = Recording::from_parts(*b"abc", tsv);
        assert_eq!(found, Err(RecordingError { line, fault }), "{tsv:?}");
    };
    check("", 1, RecordingFault::Header);
    check("at_us,end\n", 1, RecordingFault::Header);
    check("at_us\tend\n5\n", 2, RecordingFault::Columns);
    check("at_us\tend\n5\t3\t\n", 2, RecordingFault::Columns);
    check("at_us\tend\twhat\n5\t3\n", 2, RecordingFault::Columns);
    check("at_us\tend\n-5\t3\n", 2, RecordingFault::Time);
    check("at_us\tend\n\t3\n", 2, RecordingFault::Time);
    check("at_us\tend\n5\t2\n4\t3\n", 3, RecordingFault::Time);
    check("at_us\tend\n5\tx\n", 2, RecordingFault::End);
    check("at_us\tend\n5\t2\n5\t2\n", 3, RecordingFault::End);
    check("at_us\tend\twhat\n5\t2\t\n5\t3\tconnection\n", 3, RecordingFault::End);
    check("at_us\tend\twhat\n5\t3\t\n5\t3\tclose:maybe\n", 3, RecordingFault::What);
    check("at_us\tend\twhat\n5\t3\t\n5\t3\tpause\n", 3, RecordingFault::What);
    check("at_us\tend\twhat\n5\t3\t\n5\t3\tclose:clean\n6\t3\tconnection\n", 4, RecordingFault::Order);
    check("at_us\tend\twhat\n5\t2\t\n\t2\ttruncated\n6\t3\t\n", 4, RecordingFault::Order);
    check("at_us\tend\n5\t2\n", 2, RecordingFault::Length { end: 2, bytes: 3 });
    check("at_us\tend\n5\t4\n", 2, RecordingFault::Length { end: 4, bytes: 3 });
    check("at_us\tend\n5\t99999999999999999999\n", 2, RecordingFault::End);
    let error = Recording::from_parts(*b"abc", "at_us\tend\n5\t2\n").expect_err("a byte is missing");
    assert_eq!(error.to_string(), "line 2: the last end is 2, the body has 3 bytes");
}

#[test]
fn no_damage_to_a_table_panics() {
    let mut full = recording();
    full.connection(11);
    full.finish(Some(13), Close::Clean);
    let tsv = full.to_tsv();
    for at in 0..tsv.len() {
        let _ = Recording::from_parts(full.bytes(), &tsv[..at]);
        for with in ["", "\t", "\n", "9", "x", "-"] {
            let damaged = [&tsv[..at], with, &tsv[at + 1..]].concat();
            if let Ok(read) = Recording::from_parts(full.bytes(), &damaged) {
                assert_eq!(read.chunks().map(|chunk| chunk.bytes).collect::<Vec<_>>().concat(), full.bytes());
            }
        }
    }
}

#[cfg(feature = "openai-chat")]
mod replayed {
    use super::*;
    use crate::normalizer::Normalizer;

    const FIRST: &[u8] =
        b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low\"},\"finish_reason\":\"stop\"}]}\n\n";

    fn replay(recording: &Recording) -> Vec<(u64, OwnedEvent)> {
        let mut events = Vec::new();
        let mut normalizer = Normalizer::new(&crate::dialects::OPENAI_CHAT);
        recording.replay(&mut normalizer, |at_us, event| events.push((at_us, event.to_owned())));
        events
    }

    #[track_caller]
    fn check_end(recording: &Recording, expected_us: u64, expected: Outcome) {
        match replay(recording).last() {
            Some((at_us, OwnedEvent::End { outcome, .. })) => assert_eq!((*at_us, *outcome), (expected_us, expected)),
            other => panic!("the last event is no end: {other:?}"),
        }
    }

    #[test]
    fn events_come_at_the_time_of_their_chunk() {
        let mut recording = Recording::new();
        recording.push(7, FIRST);
        recording.finish(Some(9), Close::Clean);
        let events = replay(&recording);
        let text = events.iter().find(|(_, event)| matches!(event, OwnedEvent::TextDelta { .. }));
        assert_eq!(text.map(|(at_us, _)| *at_us), Some(7));
        check_end(&recording, 9, Outcome::Complete);
    }

    #[test]
    fn what_is_missing_is_no_clean_end() {
        let mut recording = Recording::new().with_held_bytes(FIRST.len() + 24);
        recording.push(7, FIRST);
        // A reason came, and nothing says that it is over: only a clean close would.
        check_end(&recording, 7, Outcome::Truncated);
        recording.push(8, FIRST);
        recording.finish(Some(9), Close::Clean);
        check_end(&recording, 7, Outcome::Truncated);
    }

    #[test]
    fn what_a_connection_broke_off_is_dropped_where_the_next_begins() {
        let mut recording = Recording::new();
        recording.push(1, FIRST);
        recording.push(2, &FIRST[..20]);
        recording.connection(3);
        recording.push(4, FIRST);
        recording.finish(Some(5), Close::Clean);
        let events = replay(&recording);
        let texts = events.iter().filter(|(_, event)| matches!(event, OwnedEvent::TextDelta { .. }));
        assert_eq!(texts.map(|(at_us, _)| *at_us).collect::<Vec<_>>(), [1, 4]);
        let cut = events.iter().find(|(_, event)| matches!(event, OwnedEvent::Anomaly { .. }));
        let expected =
            OwnedEvent::Anomaly { kind: AnomalyKind::UnterminatedFrame, action: Action::Dropped, block: None };
        assert_eq!(cut, Some(&(3, expected)), "it is known when the next connection begins");
        check_end(&recording, 5, Outcome::Complete);
    }

    #[test]
    fn a_connection_without_bytes_is_one_too() {
        let mut recording = Recording::new();
        // Whole, but for its blank line: an end of the bytes would let it stand.
        recording.push(1, &FIRST[..FIRST.len() - 1]);
        recording.finish(None, Close::Clean);
        check_end(&recording, 1, Outcome::Complete);
        let mut recording = Recording::new();
        recording.push(1, &FIRST[..FIRST.len() - 1]);
        recording.connection(2);
        recording.finish(None, Close::Clean);
        check_end(&recording, 2, Outcome::Truncated);
    }
}
