use fastrand::Rng;

use super::*;

#[test]
fn a_message_has_the_bytes_that_the_format_says() {
    // The smallest one, with the checksums that AWS documents for it.
    assert_eq!(Message::default().encode(), b"\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff");
    let bytes = Message::new("{}").with_string("a", "bc").with_header("d", Value::Int16(-2)).encode();
    assert_eq!(bytes[..8], [0, 0, 0, 30, 0, 0, 0, 12]);
    assert_eq!(bytes[12..26], *b"\x01a\x07\0\x02bc\x01d\x03\xff\xfe{}");
    assert_eq!(bytes.len(), 30);
}

#[test]
fn every_value_is_read_as_it_was_written() {
    let values = [
        Value::True,
        Value::False,
        Value::Int8(i8::MIN),
        Value::Int16(i16::MIN),
        Value::Int32(i32::MIN),
        Value::Int64(i64::MIN),
        Value::Bytes(vec![0xff; 300]),
        Value::String(b"\xc3\xa9".into()),
        Value::Timestamp(-1),
        Value::Uuid([7; 16]),
    ];
    let named = values.into_iter().enumerate();
    let message =
        named.fold(Message::new("x"), |message, (index, value)| message.with_header(vec![index as u8], value));
    let bytes = [message.encode(), b"rest".to_vec()].concat();
    assert_eq!(Message::decode(&bytes), Ok((message, &b"rest"[..])));
}

#[test]
fn what_is_damaged_is_no_message() {
    let bytes = Message::event("a", "{}").encode();
    for end in 0..bytes.len() {
        assert_eq!(Message::decode(&bytes[..end]), Err(Undecodable::Cut), "{end}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Message::decode(&bytes), Err(Undecodable::Checksum), "{bit}");
        let len = bytes.len();
        if repair(&mut bytes) == len {
            assert_ne!(Message::decode(&bytes).err(), Some(Undecodable::Checksum), "{bit}");
        }
    }
}

#[test]
fn text_is_written_and_read() {
    let text = "event messageStart {\"role\":\"assistant\"}\nchunk {\"a\": 1}\nexception b {\"message\":\"no\"}\nerror c not now\n";
    let bytes = from_text(&format!("# a comment\n\n{text}")).unwrap();
    assert_eq!(to_text(&bytes), text);
    let frame = Message::decode(&from_text("chunk {\"a\": 1}").unwrap()).unwrap().0;
    assert_eq!(frame.payload, br#"{"bytes":"eyJhIjogMX0="}"#);
    assert_eq!(from_text("raw 00fF 1").unwrap_err().line, 1);
    assert_eq!(from_text("raw 00fF 10").unwrap(), [0, 255, 16]);
    assert_eq!(from_text("\nEvent x").unwrap_err().line, 2);
}

#[test]
fn any_bytes_have_a_text() {
    let rng = &mut Rng::with_seed(3);
    for _ in 0..2000 {
        let mut bytes = Vec::new();
        for _ in 0..rng.usize(..4) {
            let name = ["a", "chunk", "", "b c"][rng.usize(..4)];
            let payload =
                ["{}", "", " {}", "a\nb", "{\"bytes\":\"AAAA\"}", "{\"bytes\":\"eyJ9\",\"p\":1}"][rng.usize(..6)];
            let message = match rng.u8(..5) {
                0 => Message::event(name, payload),
                1 => Message::exception(name, payload),
                2 => Message::error(name, payload),
                3 => Message::chunk(payload),
                _ => Message::new(payload).with_header(name, Value::True),
            };
            bytes.extend(message.encode());
        }
        if rng.bool() && !bytes.is_empty() {
            bytes.truncate(rng.usize(..bytes.len()));
        }
        let text = to_text(&bytes);
        assert_eq!(from_text(&text).unwrap(), bytes, "{text}");
    }
}
