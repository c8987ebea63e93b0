//! Logs of a newer writer, which this version must not lose its way in.

use super::wire::{put_group, put_number};
use super::*;

/// The log of one record that has these bytes behind its length, and one that is known behind it.
fn binary_with(record: &[u8]) -> Vec<u8> {
    let mut log = binary_of(&header(), &[]);
    put_group(&mut log, |out| out.extend_from_slice(record));
    Event::Heartbeat.put(&mut log);
    log
}

#[track_caller]
fn check_binary(record: &[u8], expected: &Event<'_>, is_foreign: bool) {
    let (_, records) = read_binary(&binary_with(record)).expect("the log can be read");
    assert_eq!((records[0].event.as_lent(), records[0].is_foreign), (*expected, is_foreign));
    assert_eq!((records[1].seq, records[1].event.as_lent()), (1, Event::Heartbeat), "what follows is not lost");
}

#[test]
fn an_unknown_tag_is_kept_as_it_is() {
    check_binary(b"\x63ab", &Event::Unknown { wire_type: "tag:99", json: "\"636162\"" }, true);
    check_binary(b"\x80\x02", &Event::Unknown { wire_type: "tag:256", json: "\"8002\"" }, true);
}

#[test]
fn an_unknown_word_or_shape_makes_its_event_unknown() {
    check_binary(b"\x01\x04abcd", &Event::Unknown { wire_type: "tag:1", json: "\"010461626364\"" }, true);
    // A block of kind 77: its group has a tag that does not exist.
    check_binary(b"\x03\x00\x00\x00\x01\x4d", &Event::Unknown { wire_type: "tag:3", json: "\"03000000014d\"" }, true);
}

#[test]
fn fields_behind_the_known_ones_are_left_out() {
    let delta = Event::TextDelta { block: BlockId::from(3), text: "Hi" };
    check_binary(b"\x04\x03\x02Hi\x01\x05", &delta, false);
    let kind = BlockKind::reasoning(ReasoningForm::Full);
    let start = Event::BlockStart { block: BlockId::from(0), choice: 0, place: Place::nowhere(), kind };
    // One more field in the place, two in the kind.
    check_binary(b"\x03\x00\x00\x04\x00\x00\x00\x09\x08\x03\x04full\x01\x01", &start, false);
}

#[test]
fn absent_fields_may_be_missing_at_the_end_only() {
    let end = Event::BlockEnd { block: BlockId::from(1), how: BlockClose::Implied, input: None };
    check_binary(b"\x0a\x01\x07implied", &end, false);
    check_binary(b"\x0a\x01\x07implied\x00", &end, false);
    let cut = read_binary(&binary_with(b"\x0a\x01"));
    assert!(cut.is_err_and(|error| error.fault == LogFault::Damaged), "how a block ended is no option");
}

#[test]
fn a_newer_version_is_refused_and_newer_words_of_a_header_are_not() {
    let mut newer = b"\x89thalweg\x02".to_vec();
    newer.extend_from_slice(&binary_of(&header(), &[])[9..]);
    let refused = LogError { position: Position::Byte(0), fault: LogFault::Version { version: 2 } };
    assert_eq!(read_binary(&newer), Err(refused));

    let mut log = b"\x89thalweg\x01".to_vec();
    put_group(&mut log, |out| {
        Some("lighthouse").put(out);
        "semaphore".put(out);
        "fuller".put(out);
        true.put(out);
        put_group(out, |out| {
            "blocks".put(out);
            put_number(9, out);
            "waves".put(out);
            put_number(8, out);
        });
        "something more".put(out);
    });
    let (read, _) = read_binary(&log).expect("it is well formed");
    assert_eq!((read.dialect.as_deref(), read.protocol), (Some("lighthouse"), Protocol::Unrecognized));
    assert_eq!((read.detail, read.heartbeats, read.limits.blocks), (Detail::Full, true, 9));
}

#[cfg(feature = "serde")]
mod in_lines {
    use super::*;

    const HEADER: &str =
        r#"{"thalweg_log":1,"protocol":"semaphore","detail":"fuller","heartbeats":false,"limits":{"waves":8},"x":[]}"#;

    #[track_caller]
    fn check(line: &str, expected: &Event<'_>, is_foreign: bool) {
        let log = [HEADER, line, r#"{"seq":1,"type":"heartbeat"}"#].join("\n");
        let (header, records) = read_lines(log.as_bytes()).expect("the log can be read");
        assert_eq!((header.protocol, header.detail), (Protocol::Unrecognized, Detail::Full));
        assert_eq!((records[0].event.as_lent(), records[0].is_foreign), (*expected, is_foreign));
        assert_eq!((records[1].seq, records[1].event.as_lent()), (1, Event::Heartbeat), "what follows is not lost");
    }

    #[test]
    fn what_does_not_fit_the_model_is_kept_as_it_is() {
        for (line, wire_type) in [
            (r#"{"seq":0,"type":"block_moved","to":[1,{}]}"#, "block_moved"),
            (r#"{"seq":0,"type":"start","protocol":"semaphore"}"#, "start"),
            (r#"{"seq":0,"type":"block_data","block":1,"part":{"scent":"salt"}}"#, "block_data"),
        ] {
            check(line, &Event::Unknown { wire_type, json: line }, true);
        }
    }

    #[test]
    fn fields_that_are_new_are_left_out() {
        let delta = Event::TextDelta { block: BlockId::from(3), text: "Hi" };
        check(r#"{"seq":0,"type":"text_delta","block":3,"text":"Hi","tone":{"of":"voice"}}"#, &delta, false);
    }

    #[test]
    fn a_newer_version_is_refused() {
        let refused = LogError { position: Position::Line(1), fault: LogFault::Version { version: 2 } };
        assert_eq!(read_lines(b"{\"thalweg_log\":2}"), Err(refused));
    }
}
