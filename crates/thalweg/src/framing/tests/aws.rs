//! AWS event streams.

use alloc::{format, string::ToString, vec, vec::Vec};

use thalweg_corpus::eventstream::{Message, Value, repair};

use super::super::{Cut, Framer, Framing, Payload};
use super::{check as check_sse, random_chunks, run, run_all, show};

#[track_caller]
fn check(input: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(show(&run_all(Framing::AwsEventStream, input.as_ref())), expected);
}

fn concat(messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(Message::encode).collect()
}

#[test]
fn each_kind_of_message_is_a_frame() {
    let stream = concat(&[
        Message::event("messageStart", r#"{"role":"assistant"}"#),
        Message::exception("throttlingException", r#"{"message":"Slow down."}"#),
        Message::error("InternalFailure", "Something broke."),
        Message::new("").with_string(":message-type", "error").with_string(":error-code", "E"),
        Message::new("{}").with_string(":event-type", "").with_string(":message-type", "event"),
        Message::new("{}"),
        Message::default(),
    ]);
    let expected = [
        r#"'{"role":"assistant"}' event=messageStart"#,
        r#"'{"message":"Slow down."}' event=throttlingException exception"#,
        "'Something broke.' event=InternalFailure exception",
        "'' event=E exception",
        "'{}'",
        "'{}'",
        "''",
    ];
    check(&stream, &expected);
    // Whatever the dialect says, the first bytes decide.
    check_sse(&stream, &expected);
    assert_eq!(show(&run_all(Framing::Body, &stream)), expected);
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let values = [
        Value::True,
        Value::False,
        Value::Int8(1),
        Value::Int16(1),
        Value::Int32(1),
        Value::Int64(1),
        Value::Bytes(b"event".into()),
        Value::String(b"event".into()),
        Value::Timestamp(1),
        Value::Uuid([1; 16]),
    ];
    for value in &values {
        let message = Message::new("{}").with_header("x", value.clone()).with_string(":event-type", "e");
        check(message.encode(), &["'{}' event=e"]);
        // Only a string says what a message is.
        let message = Message::new("{}").with_header(":event-type", value.clone());
        let named = matches!(value, Value::String(_));
        check(message.encode(), &[if named { "'{}' event=event" } else { "'{}'" }]);
        // Cut by one byte, with lengths and checksums that fit.
        let mut bytes = Message::new("").with_header("x", value.clone()).encode();
        let at = bytes.len() - 5;
        bytes.remove(at);
        bytes[3] -= 1;
        bytes[7] -= 1;
        repair(&mut bytes);
        check(&bytes, &["! Corrupt(Headers)"]);
    }
    let twice = Message::new("").with_header("x", Value::True).with_header("x", Value::False);
    check(twice.encode(), &["! Corrupt(Headers)"]);
    let many = |count: u8| (0..count).fold(Message::new(""), |message, name| message.with_header([name], Value::True));
    check(many(64).encode(), &["''"]);
    check(many(65).encode(), &["! Corrupt(Headers)"]);
    for kind in 10..=255 {
        let mut bytes = Message::new("").with_header("x", Value::True).encode();
        bytes[14] = kind;
        repair(&mut bytes);
        check(&bytes, &["! Corrupt(Headers)"]);
    }
}

#[test]
fn a_stream_that_is_cut_says_so_at_every_place() {
    let first = Message::event("a", "{}").encode();
    let stream = [&first[..], &Message::chunk("{}").encode()].concat();
    for end in 1..stream.len() {
        let expected: &[&str] = match end {
            _ if end < first.len() => &["! Unterminated"],
            _ if end == first.len() => &["'{}' event=a"],
            _ => &["'{}' event=a", "! Unterminated"],
        };
        check(&stream[..end], expected);
    }
    check(&stream, &["'{}' event=a", "'{}' event=chunk"]);
}

#[test]
fn a_bit_that_flipped_is_seen_and_nothing_behind_it_is_read() {
    let message = Message::event("a", "{\"b\":1}").encode();
    for bit in 0..message.len() * 8 {
        let mut damaged = message.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let stream = [&message[..], &damaged, &message].concat();
        let why = if bit < 96 { "! Corrupt(PreludeChecksum)" } else { "! Corrupt(MessageChecksum)" };
        check(&stream, &["'{\"b\":1}' event=a", why, why]);
    }
}

#[test]
fn lengths_are_held_against_each_other_and_against_the_bounds() {
    let prelude = |total: u32, headers: u32| {
        let mut bytes = [total.to_be_bytes(), headers.to_be_bytes(), [0; 4]].concat();
        repair(&mut bytes);
        bytes
    };
    for (total, headers) in
        [(0, 0), (15, 0), (16, 1), (u32::MAX, 0), (u32::MAX, u32::MAX), (100, 85), (1 << 24, 131_073)]
    {
        let bytes = prelude(total, headers);
        let cuts = run_all(Framing::AwsEventStream, &bytes);
        assert_eq!(show(&cuts), ["! Corrupt(Length)"], "{total} {headers}");
    }
    for (total, headers) in [(16, 0), (17, 1), (16 + (24 << 20), 0), (131_072 + 16 + (24 << 20), 131_072)] {
        let bytes = prelude(total, headers);
        check(&bytes, &["! Unterminated"]);
        let mut framer = Framer::new(Framing::AwsEventStream);
        assert_eq!((framer.next(&bytes[..11]), framer.declared_len()), (None, 0));
        assert_eq!((framer.next(&bytes), framer.declared_len()), (None, total as usize));
        assert!(framer.finish(&bytes).is_some());
        assert_eq!(framer.declared_len(), total as usize, "also of a message that never came");
    }
    check(prelude(16 + (24 << 20) + 1, 0), &["! Corrupt(Length)"]);
}

#[test]
fn what_is_behind_the_damage_goes_out_in_pieces() {
    let mut stream = vec![0; 10_000];
    stream[3] = 16;
    let cuts = run_all(Framing::AwsEventStream, &stream);
    let lens: Vec<_> = cuts.iter().map(|cut| cut.raw.len()).collect();
    assert_eq!(lens, [12, 4096, 4096, 1796]);
    // As soon as it can be known.
    let mut framer = Framer::new(Framing::AwsEventStream);
    assert_eq!(framer.next(&stream[..11]), None);
    assert_eq!(framer.next(&stream[..12]).unwrap().len, 12);
}

#[test]
fn a_wrapped_frame_is_unwrapped() {
    let chunk = |payload: &str| Message::event("chunk", payload).encode();
    check(Message::chunk("{\"a\":\"\u{e9}\"}").encode(), &["'{\"a\":\"\u{e9}\"}' event=chunk"]);
    for payload in [
        r#"{"bytes":"Pz8/Pg=="}"#,
        r#"{"bytes":"Pz8/Pg"}"#,
        r#"{"bytes":"Pz8_Pg=="}"#,
        r#"{"bytes":"Pz8_Pg"}"#,
        r#"{"bytes":"Pz8\/Pg\u003d\u003D"}"#,
        r#"{"p":"abc","bytes":"Pz8/Pg==","q":{"a":["}"]},"r":-1.5e3,"s":null}"#,
        " {\n\t\"p\" : true ,\"bytes\" : \"Pz8/Pg==\"\r\n} ",
        r#"{"bytes":"AAAA","bytes":"Pz8/Pg=="}"#,
    ] {
        check(chunk(payload), &["'??\u{3f}>' event=chunk"]);
    }
    check(chunk(r#"{"bytes":""}"#), &["'' event=chunk"]);
    for text in ["A", "A===", "AAAA=", "AB=C", "A A A", "A\\n", "A\\u0100", "AA\\", "\u{e9}", "+-AA", "AAA.", "===="] {
        let payload = format!("{{\"bytes\":\"{text}\"}}");
        if !payload.contains(r#"\"}"#) {
            check(chunk(&payload), &["! event=chunk Encoding"]);
        }
    }
}

#[test]
fn what_wraps_nothing_stays_as_it_is() {
    for payload in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"p":"bytes"}"#,
        r#"{"bytes":null}"#,
        r#"{"bytes":[1]}"#,
        r#"{"a":{"bytes":"AAAA"}}"#,
        r#"{"bytes":"AAAA""#,
        r#"{"bytes":"AAAA"}}"#,
        r#"{"bytes":"AAAA",}"#,
        r#""bytes""#,
    ] {
        let expected = format!("'{payload}' event=chunk");
        check(Message::event("chunk", payload).encode(), &[&expected]);
    }
    check(Message::event("other", r#"{"bytes":"AAAA"}"#).encode(), &[r#"'{"bytes":"AAAA"}' event=other"#]);
    let exception = Message::exception("chunk", r#"{"bytes":"AAAA"}"#).encode();
    check(exception, &[r#"'{"bytes":"AAAA"}' event=chunk exception"#]);
}

#[test]
fn only_a_wrapped_frame_is_copied() {
    let mut framer = Framer::new(Framing::AwsEventStream);
    let event = Message::event("e", &format!("{{\"a\":\"{}\"}}", "x".repeat(9000))).encode();
    assert!(matches!(framer.next(&event), Some(Cut { payload: Payload::Data(_), .. })));
    assert_eq!(framer.retained(), 0);
    let chunk = Message::chunk(&"x".repeat(9000)).encode();
    assert_eq!(framer.next(&chunk).unwrap().payload, Payload::Joined);
    assert_eq!(framer.joined(), "x".repeat(9000).as_bytes());
    // Warm: the buffer is used again.
    let retained = framer.retained();
    framer.next(&chunk).unwrap();
    assert_eq!(framer.retained(), retained);
    framer.shrink();
    assert!(framer.retained() <= 4096);
    // With escapes that much again, and what it is without them.
    let escaped = Message::event("chunk", &format!("{{\"bytes\":\"{}\"}}", "eHh4\\u0065Hh4".repeat(1500))).encode();
    assert_eq!(framer.next(&escaped).unwrap().payload, Payload::Joined);
    assert_eq!(framer.joined(), "x".repeat(9000).as_bytes());
    let retained = framer.retained();
    assert!(retained <= 5 * 9000);
    framer.next(&escaped).unwrap();
    assert_eq!(framer.retained(), retained);
    framer.shrink();
    assert!(framer.retained() <= 4096);
}

#[test]
fn text_in_place_of_messages_is_read_as_what_it_is() {
    check("{\"message\":\"no\"}", &["'{\"message\":\"no\"}'"]);
    check("\n{\n}", &["'{|}'"]);
    check("data: {}\n\n", &["'{}'"]);
    check("Bad Gateway", &["! Foreign(Text)"]);
    check("<html>", &["! Foreign(Html)"]);
    check(b"\x1f\x8b\x08", &["! Foreign(Compressed)"]);
    check(b"\x02\0\0\0\0\0\0\0\0\0\0\0\0", &["! Corrupt(PreludeChecksum)", "! Corrupt(PreludeChecksum)"]);
    check_sse(b"\0\0\0\x10\0\0\0\0\0\0\0\0", &["! Foreign(Binary)"]);
    check_sse(b"\0", &["! Foreign(Binary)"]);
    check_sse(b"\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb", &["! Unterminated"]);
}

#[test]
fn the_oracle_agrees_on_mutated_messages() {
    let mut random = fastrand::Rng::with_seed(0x6177_7321);
    for _ in 0..4_000 {
        let mut input = Vec::new();
        for _ in 0..random.usize(..4) {
            let mut message = random_message(&mut random).encode();
            for _ in 0..random.usize(..3) {
                let at = random.usize(..message.len());
                match random.u8(..4) {
                    0 => message[at] ^= 1 << random.u8(..8),
                    1 => drop(message.remove(at)),
                    2 => message.insert(at, random.u8(..)),
                    _ => message.truncate(at + 1),
                }
                if random.u8(..4) > 0 {
                    repair(&mut message);
                }
            }
            input.extend(message);
        }
        let expected = run_all(Framing::AwsEventStream, &input);
        let chunks = random_chunks(&mut random, &input);
        assert_eq!(run(Framing::AwsEventStream, chunks), expected, "{}", input.escape_ascii());
    }
}

fn random_message(random: &mut fastrand::Rng) -> Message {
    let payloads =
        ["{}", "", "{\"a\":1}", "{\"bytes\":\"eyJ9\",\"p\":\"x\"}", "{\"p\":1,\"bytes\":\"e-_y\\/\"}", "\0{"];
    let payload = payloads[random.usize(..payloads.len())];
    let mut message = match random.u8(..4) {
        0 => Message::event("chunk", payload),
        1 => Message::exception("e", payload),
        2 => Message::error("c", payload),
        _ => Message::event("a", payload),
    };
    for name in 0..random.usize(..3) {
        message = message.with_header(name.to_string(), Value::Int32(7));
    }
    message
}
