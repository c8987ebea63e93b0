//! Damage: errors name the place, nothing panics, nothing is made up.

use alloc::string::ToString;

use super::*;

/// Reads until the end or an error and gives how many records were read.
fn read(reader: impl Iterator<Item = Result<Record, LogError>>) -> (usize, Option<LogError>) {
    let mut records = 0;
    for record in reader {
        match record {
            Ok(record) => assert_eq!(record.seq, records),
            Err(error) => return (records as usize, Some(error)),
        }
        records += 1;
    }
    (records as usize, None)
}

#[track_caller]
fn check_binary(bytes: &[u8], position: usize, fault: LogFault) {
    let error = LogError { position: Position::Byte(position), fault };
    assert_eq!(read_binary(bytes), Err(error), "{}", bytes.escape_ascii());
}

#[test]
fn a_binary_log_cut_anywhere_says_so_unless_between_records() {
    let log = stored::binary();
    let all = stored::events().len();
    let mut whole = 0;
    for len in 0..log.len() {
        match binary::Reader::new(&log[..len]) {
            Err(error) => assert!(matches!(error.fault, LogFault::NotALog | LogFault::Cut), "{len}: {error}"),
            Ok(reader) => match read(reader) {
                (records, None) => {
                    assert_eq!(records, whole, "{len}");
                    whole += 1;
                }
                (records, Some(error)) => {
                    assert_eq!(error.fault, LogFault::Cut, "{len}");
                    assert_eq!(records + 1, whole, "what came before the cut is read");
                }
            },
        }
    }
    assert_eq!(whole, all, "one cut behind the header and behind each event but the last");
}

#[test]
fn a_binary_log_with_any_bit_flipped_or_byte_replaced_does_not_panic() {
    let log = stored::binary();
    let mut damaged = log.to_vec();
    for at in 0..log.len() {
        for byte in (0..8).map(|bit| log[at] ^ (1 << bit)).chain([0, 0x7f, 0x80, 0xff]) {
            damaged[at] = byte;
            if let Ok(reader) = binary::Reader::new(&damaged) {
                let (records, _) = read(reader);
                assert!(records <= log.len());
            }
        }
        damaged[at] = log[at];
    }
}

#[test]
fn giant_lengths_cost_nothing() {
    let header = binary_of(&header(), &[]);
    let at = header.len();
    let with = |bytes: &[u8]| [&header[..], bytes].concat();
    let most = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    check_binary(&with(most), at, LogFault::TooLong);
    check_binary(&with(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), at, LogFault::Damaged);
    check_binary(&with(&[0xff; 11]), at, LogFault::Damaged);
    check_binary(&with(&[0xff; 9]), at, LogFault::Cut);
    check_binary(&with(b"\x80\x80\x80\x10"), at, LogFault::Cut);
    check_binary(&with(b"\x00"), at, LogFault::Damaged);
    // The same lengths inside a record: of a text, of a group, of a second text.
    for tag in [4, 8, 16] {
        check_binary(&with(&[&[12, tag, 0][..], most].concat()), at, LogFault::Damaged);
    }
    check_binary(&[b"\x89thalweg\x01", &most[..]].concat(), 9, LogFault::TooLong);
}

#[test]
fn a_record_longer_than_the_bound_is_refused() {
    let log = binary_of(&header(), &[Event::Restated { block: BlockId::from(0), value: "0123456789" }]);
    let bounded = |most| binary::Reader::new(&log).expect("it is a log").with_record_bytes(most).next();
    assert!(bounded(13).is_some_and(|record| record.is_ok()));
    assert!(bounded(12).is_some_and(|record| record.is_err_and(|error| error.fault == LogFault::TooLong)));
}

#[test]
fn what_is_no_log_is_refused() {
    check_binary(b"", 0, LogFault::NotALog);
    check_binary(b"data: {}\n\n", 0, LogFault::NotALog);
    check_binary(b"\x89thalweg", 0, LogFault::NotALog);
    check_binary(b"\x89thalweg\x00", 0, LogFault::Version { version: 0 });
    check_binary(b"\x89thalweg\x01", 9, LogFault::Cut);
    check_binary(b"\x89thalweg\x01\x00", 9, LogFault::Damaged);
}

#[test]
fn nothing_is_read_behind_an_error() {
    let mut log = binary_of(&header(), &[]);
    let at = log.len();
    // A text that is no UTF-8, then a heartbeat.
    log.extend_from_slice(b"\x04\x04\x00\x01\xff\x01\x11");
    let mut reader = binary::Reader::new(&log).expect("the header is good");
    let error = reader.next().and_then(Result::err).expect("it is damaged");
    assert_eq!(error, LogError { position: Position::Byte(at), fault: LogFault::Damaged });
    assert_eq!(error.to_string(), alloc::format!("byte {at}: the record is damaged"));
    assert_eq!(reader.next(), None);
}

#[cfg(feature = "serde")]
mod in_lines {
    use alloc::string::String;

    use super::*;

    const HEADER: &str = r#"{"thalweg_log":1,"protocol":"openai-chat","detail":"normal","heartbeats":false}"#;

    #[track_caller]
    fn check(log: &str, line: usize, fault: LogFault) {
        let error = LogError { position: Position::Line(line), fault };
        assert_eq!(read_lines(log.as_bytes()), Err(error), "{log}");
    }

    #[test]
    fn an_error_names_its_line() {
        let with = |lines: &str| [HEADER, "\n", lines].concat();
        check("", 1, LogFault::NotALog);
        check("{\"seq\":0,\"type\":\"heartbeat\"}\n", 1, LogFault::NotALog);
        check("{\"thalweg_log\":0}\n", 1, LogFault::Version { version: 0 });
        check("{\"thalweg_log\":1}\n", 1, LogFault::Damaged);
        check(&with("{\"seq\":0,\"type\":\"heartbeat\"}\n\n"), 3, LogFault::Damaged);
        check(&with("null\n"), 2, LogFault::Damaged);
        check(&with("{\"seq\":0}\n"), 2, LogFault::Damaged);
        check(&with("{\"seq\":0,\"seq\":0,\"type\":\"heartbeat\"}\n"), 2, LogFault::Damaged);
        check(&with("{\"seq\":0,\"type\":\"heartb"), 2, LogFault::Cut);
        check(&with("{\"seq\":0,\"type\":\"heartb\n{\"seq\":1}\n"), 2, LogFault::Damaged);
        let found = LogFault::Sequence { expected: 1, found: 2 };
        check(&with("{\"seq\":0,\"type\":\"heartbeat\"}\n{\"seq\":2,\"type\":\"heartbeat\"}\n"), 3, found);
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        let log = alloc::format!(
            "{HEADER}
{{\"seq\":0,\"type\":\"start\",\"x\":{deep}}}
"
        );
        let (_, records) = read_lines(log.as_bytes()).expect("it is well formed");
        assert!(records[0].is_foreign, "deeper than any event is no event");
    }

    #[test]
    fn a_log_cut_anywhere_gives_its_beginning() {
        let log = stored::lines();
        for len in 0..log.len() {
            let Ok(reader) = lines::Reader::new(&log[..len]) else { continue };
            let whole_lines = log[..len].iter().filter(|byte| **byte == b'\n').count();
            let (records, error) = read(reader);
            // The line that is cut is an error, unless it is only its end that is missing.
            assert!(error.is_none_or(|error| error.fault == LogFault::Cut), "{len}: {error:?}");
            assert!(records + 1 == whole_lines || (records == whole_lines && error.is_none()), "{len}");
        }
    }

    #[test]
    fn a_log_with_any_bit_flipped_does_not_panic() {
        let log = stored::lines();
        let mut damaged = log.to_vec();
        for at in 0..log.len() {
            for bit in 0..8 {
                damaged[at] = log[at] ^ (1 << bit);
                // Only the damaged line and the header: reading all of them for each bit would take a minute.
                let start = damaged[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let end = damaged[at..].iter().position(|byte| *byte == b'\n').map_or(log.len(), |len| at + len);
                let one = [HEADER.as_bytes(), b"\n", &damaged[start..end]].concat();
                let _ = read(lines::Reader::new(&one).expect("the header is good"));
                let _ = lines::Reader::new(&damaged[start..end]);
            }
            damaged[at] = log[at];
        }
    }

    #[test]
    fn a_line_longer_than_the_bound_is_refused() {
        let line = "{\"seq\":0,\"type\":\"heartbeat\"}";
        let log = String::from(HEADER) + "\n" + line;
        let bounded = |most| lines::Reader::new(log.as_bytes()).expect("it is a log").with_record_bytes(most).next();
        assert!(bounded(line.len()).is_some_and(|record| record.is_ok()));
        assert!(
            bounded(line.len() - 1).is_some_and(|record| record.is_err_and(|error| error.fault == LogFault::TooLong))
        );
    }
}
