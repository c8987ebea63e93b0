//! AWS event streams, and Bedrock's Converse in them.

use thalweg::{
    AnomalyKind, BlockClose, Close, Count, ErrorKind, Event, Fold, Limits, Normalizer, Origin, Outcome, Reason,
    Response, Retry, Stage, registry,
};
use thalweg_corpus::eventstream::{Message, Value, repair};

use super::{anomalies, answer, check_as, feed, finished, fold, told};

const DIALECT: &str = "bedrock-converse";

fn check(messages: &[Vec<u8>]) -> Response {
    check_as(DIALECT, &messages.concat(), Close::Clean)
}

fn normalizer() -> Normalizer {
    Normalizer::new(registry::find(DIALECT).expect("the dialect is registered"))
}

fn event(name: &str, json: &str) -> Vec<u8> {
    Message::event(name, json).encode()
}

fn exception(name: &str, message: &str) -> Vec<u8> {
    Message::exception(name, &format!("{{\"message\":{message:?}}}")).encode()
}

fn start() -> Vec<u8> {
    event("messageStart", "{\"role\":\"assistant\"}")
}

fn delta(index: u32, fields: &str) -> Vec<u8> {
    event("contentBlockDelta", &format!("{{\"contentBlockIndex\":{index},\"delta\":{{{fields}}}}}"))
}

fn text(index: u32, text: &str) -> Vec<u8> {
    delta(index, &format!("\"text\":{text:?}"))
}

fn open_call(index: u32, id: &str) -> Vec<u8> {
    let tool = format!("{{\"toolUse\":{{\"toolUseId\":\"{id}\",\"name\":\"f\"}}}}");
    event("contentBlockStart", &format!("{{\"contentBlockIndex\":{index},\"start\":{tool}}}"))
}

fn input(index: u32, input: &str) -> Vec<u8> {
    delta(index, &format!("\"toolUse\":{{\"input\":{input:?}}}"))
}

fn close(index: u32) -> Vec<u8> {
    event("contentBlockStop", &format!("{{\"contentBlockIndex\":{index}}}"))
}

fn stop(reason: &str) -> Vec<u8> {
    event("messageStop", &format!("{{\"stopReason\":\"{reason}\"}}"))
}

fn metadata() -> Vec<u8> {
    event("metadata", "{\"usage\":{\"inputTokens\":5,\"outputTokens\":9,\"totalTokens\":14}}")
}

/// A message that says other lengths of itself, with checksums that fit.
fn with_lengths(total: u32, headers: u32) -> Vec<u8> {
    let mut bytes = text(0, "no");
    bytes[..4].copy_from_slice(&total.to_be_bytes());
    bytes[4..8].copy_from_slice(&headers.to_be_bytes());
    repair(&mut bytes);
    bytes
}

/// A text that came, then damage, then what nobody can find any more.
fn check_damaged(damaged: Vec<u8>, what: &str, message: &str) {
    let response = check(&[start(), text(0, "came"), damaged, text(0, "lost"), stop("end_turn")]);
    assert_eq!(response.choices[0].text(), "came", "{what}");
    assert_eq!(response.outcome, Some(Outcome::Failed), "{what}");
    assert_eq!(anomalies(&response), [AnomalyKind::CorruptMessage], "{what}");
    let [error] = &response.errors[..] else { panic!("{what}: {:?}", response.errors) };
    assert_eq!((&*error.message, error.origin, error.kind), (message, Origin::Local, ErrorKind::Other), "{what}");
}

const WRONG_PRELUDE: &str = "the checksum of a message's lengths is wrong";
const WRONG_MESSAGE: &str = "the checksum of a message is wrong";
const WRONG_LENGTH: &str = "the lengths of a message are impossible";
const WRONG_HEADERS: &str = "the headers of a message are malformed";

#[test]
fn two_messages_are_two_wherever_the_chunks_are_cut() {
    // Every cut into two chunks is tried, those inside of a prelude too.
    assert_eq!(answer(&check(&[text(0, "both"), stop("end_turn")])), "both");
    let small = [Message::event("", "").encode(), Message::default().encode(), text(0, "a"), stop("end_turn")];
    assert_eq!(answer(&check(&small)), "a", "messages without anything in them");
}

#[test]
fn bytes_that_end_inside_a_message_give_what_came_before() {
    let messages = [text(0, "one "), text(0, "two")];
    let (first, bytes) = (messages[0].len(), messages.concat());
    for end in [Close::Clean, Close::Broken] {
        for cut in 1..=bytes.len() {
            let response = fold(normalizer(), [&bytes[..cut]], end);
            let came = response.choices.first().map_or_else(String::new, |choice| choice.text());
            let expected = if cut == bytes.len() { "one two" } else { ["", "one "][usize::from(cut >= first)] };
            assert_eq!(came, expected, "{end} {cut}");
            assert_eq!(response.outcome, Some(Outcome::Truncated), "{end} {cut}");
            assert_eq!(response.errors, [], "{end} {cut}");
            let is_border = cut == first || cut == bytes.len();
            let unterminated = [AnomalyKind::UnterminatedFrame];
            assert_eq!(anomalies(&response), &unterminated[usize::from(is_border)..], "{end} {cut}");
        }
    }
}

#[test]
fn a_wrong_checksum_is_told_and_nothing_behind_it_is_read() {
    let message = text(0, "no");
    for at in 0..message.len() {
        let mut damaged = message.clone();
        damaged[at] ^= 0x10;
        let expected = if at < 12 { WRONG_PRELUDE } else { WRONG_MESSAGE };
        check_damaged(damaged, &format!("byte {at}"), expected);
    }
    let junk = b"these are no messages but what a proxy had to say".to_vec();
    check_damaged(junk, "text between messages", WRONG_PRELUDE);
}

#[test]
fn lengths_that_cannot_be_are_told_at_once() {
    let len = u32::try_from(text(0, "no").len()).expect("it is short");
    for (total, headers) in [
        (0, 0),
        (12, 0),
        (15, 0),
        (u32::MAX, 60),
        (u32::MAX, u32::MAX),
        (len, len - 15),
        (len, len),
        (len, u32::MAX),
        ((24 << 20) + 17, 0),
        (1 << 20, (128 << 10) + 1),
    ] {
        let what = format!("{total} {headers}");
        check_damaged(with_lengths(total, headers), &what, WRONG_LENGTH);
        // Nothing is waited for: the prelude is enough.
        let prelude = with_lengths(total, headers)[..12].to_vec();
        check_damaged(prelude.clone(), &what, WRONG_LENGTH);
        let mut normalizer = normalizer();
        let mut response = Response::default();
        feed(&mut normalizer, &prelude, &mut response);
        assert_eq!(anomalies(&response), [AnomalyKind::CorruptMessage], "{what}");
        for _ in 0..256 {
            feed(&mut normalizer, &[0; 64 << 10], &mut response);
            assert!(normalizer.retained_bytes() < 1 << 20, "{what}: {}", normalizer.retained_bytes());
        }
    }
}

#[test]
fn a_message_above_the_limit_is_not_waited_for() {
    let mut limits = Limits::default();
    limits.frame_bytes = 1 << 20;
    let mut normalizer = normalizer().with_limits(limits);
    let mut response = Response::default();
    feed(&mut normalizer, &text(0, "came"), &mut response);
    feed(&mut normalizer, &with_lengths(20 << 20, 60)[..12], &mut response);
    assert_eq!(response.outcome, Some(Outcome::Limit));
    assert_eq!(response.choices[0].text(), "came");
}

#[test]
fn headers_may_be_of_any_type_and_in_any_order() {
    let values = [
        Value::True,
        Value::False,
        Value::Int8(-1),
        Value::Int16(-1),
        Value::Int32(-1),
        Value::Int64(-1),
        Value::Bytes(vec![0xff; 300]),
        Value::String(b"exception".to_vec()),
        Value::Timestamp(-1),
        Value::Uuid([0xff; 16]),
    ];
    let mut message = Message::event("contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\"}}");
    for (n, value) in values.into_iter().enumerate() {
        message = message.with_header(format!("x-{n}"), value);
    }
    for _ in 0..message.headers.len() {
        message.headers.rotate_left(1);
        assert_eq!(answer(&check(&[message.encode(), stop("end_turn")])), "a");
    }
    let bytes = Value::Bytes(b"exception".to_vec());
    let odd = Message::new("{}").with_header(":message-type", bytes).with_string(":event-type", "x").encode();
    let response = check(&[odd, text(0, "a"), stop("end_turn")]);
    assert_eq!(answer(&response), "a", "what is no string says nothing");
}

#[test]
fn malformed_headers_are_a_damaged_message() {
    let named = |name: &str, tail: &[u8]| {
        let mut bytes = Message::new("{}").with_header(name, Value::True).encode();
        let at = 12 + 1 + name.len();
        bytes.splice(at..=at, tail.iter().copied());
        let len = u32::try_from(bytes.len()).expect("it is short");
        let headers = u32::try_from(1 + name.len() + tail.len()).expect("it is short");
        bytes[..4].copy_from_slice(&len.to_be_bytes());
        bytes[4..8].copy_from_slice(&headers.to_be_bytes());
        repair(&mut bytes);
        bytes
    };
    for (what, tail) in [
        ("an unknown type", &[10][..]),
        ("no type", &[]),
        ("a cut number", &[5, 0, 0]),
        ("a cut length", &[7, 0]),
        ("a cut string", &[7, 0, 9, b'a']),
        ("a cut name behind", &[0, 5, b'a']),
    ] {
        check_damaged(named("x", tail), what, WRONG_HEADERS);
    }
    let twice = Message::event("contentBlockStop", "{}").with_string(":event-type", "messageStop").encode();
    check_damaged(twice, "a name twice", WRONG_HEADERS);
}

#[test]
fn an_exception_in_mid_stream_fails() {
    for (name, kind, retry) in [
        ("throttlingException", ErrorKind::RateLimit, Retry::Yes),
        ("modelStreamErrorException", ErrorKind::Server, Retry::Yes),
        ("internalServerException", ErrorKind::Server, Retry::Yes),
        ("serviceUnavailableException", ErrorKind::Overloaded, Retry::Yes),
        ("modelTimeoutException", ErrorKind::Timeout, Retry::Yes),
        ("validationException", ErrorKind::InvalidRequest, Retry::No),
    ] {
        let before = [start(), text(0, "a"), open_call(1, "t"), input(1, "{\"x\":")].concat();
        for after in [vec![], stop("tool_use"), [close(1), stop("tool_use"), metadata()].concat()] {
            let response = check(&[before.clone(), exception(name, "No more."), after]);
            assert_eq!(response.outcome, Some(Outcome::Failed), "{name}");
            let [error] = &response.errors[..] else { panic!("{name}: {:?}", response.errors) };
            assert_eq!((&*error.message, error.code.as_deref()), ("No more.", Some(name)));
            assert_eq!((error.kind, error.retry, error.origin), (kind, retry, Origin::Provider), "{name}");
            assert_eq!(told(&response), [(Some("t"), "f", "{\"x\":", "cut")], "{name}: nothing is put in its place");
            assert_eq!(response.choices[0].text(), "a");
        }
        let response = check(&[before, exception(name, "No more.")]);
        let ends: Vec<_> = response.choices[0].blocks.iter().filter_map(|block| block.end).map(|end| end.how).collect();
        assert_eq!(ends, [BlockClose::Failed; 2], "{name}");
        assert_eq!(finished(&response), None, "{name}: no reason is made up");
    }
}

#[test]
fn the_reason_and_the_counts_come_in_different_chunks() {
    let call = [start(), open_call(0, "t"), input(0, "{}"), close(0)].concat();
    let mut normalizer = normalizer();
    let mut response = Response::default();
    let mut finishes = 0;
    let mut feed = |normalizer: &mut Normalizer, bytes: &[u8], response: &mut Response| {
        normalizer.feed(bytes);
        while let Some(event) = normalizer.poll() {
            finishes += usize::from(matches!(event, Event::Finish { .. }));
            response.apply(&event);
        }
    };
    feed(&mut normalizer, &call, &mut response);
    assert_eq!(normalizer.stage(), Stage::Open);
    feed(&mut normalizer, &stop("tool_use"), &mut response);
    assert_eq!(normalizer.stage(), Stage::Finished, "counts may follow");
    feed(&mut normalizer, &metadata(), &mut response);
    normalizer.finish(Close::Clean);
    feed(&mut normalizer, b"", &mut response);
    assert_eq!(finishes, 1);
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("tool_use"))));
    assert_eq!(answer(&response), "");
    assert_eq!(response.usage.and_then(|usage| usage.counts.total).map(Count::get), Some(14));
    // The other way round, and cut everywhere.
    for end in [[stop("tool_use"), metadata()], [metadata(), stop("tool_use")]] {
        let again = check(&[call.clone(), end.concat()]);
        assert_eq!(finished(&again), finished(&response));
        assert_eq!((again.usage, again.outcome), (response.usage, response.outcome));
    }
}

#[test]
fn counts_are_no_end() {
    for body in [vec![text(0, "a"), metadata()], vec![text(0, "a"), close(0), metadata()]] {
        let response = check(&body);
        assert_eq!(response.outcome, Some(Outcome::Truncated));
        assert_eq!(finished(&response), None);
    }
    let stopped = [text(0, "a"), stop("end_turn"), metadata()].concat();
    for (end, outcome) in [(Close::Clean, Outcome::Complete), (Close::Broken, Outcome::Truncated)] {
        assert_eq!(check_as(DIALECT, &stopped, end).outcome, Some(outcome), "{end}");
    }
}

#[test]
fn deltas_go_to_their_own_blocks_however_they_alternate() {
    let response = check(&[
        start(),
        open_call(0, "a"),
        text(1, "be"),
        open_call(2, "b"),
        input(2, "{\"y\""),
        text(1, "tween"),
        input(0, "{\"x\""),
        input(2, ":2}"),
        close(2),
        input(0, ":1}"),
        close(0),
        close(1),
        stop("tool_use"),
    ]);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":2}", "valid")]);
    assert_eq!(answer(&response), "between");
}

#[test]
fn a_frame_that_is_no_base64_is_one_frame_lost() {
    let chunk = |frame: &str| Message::chunk(frame).encode();
    let text = |text: &str| {
        chunk(&format!("{{\"contentBlockDelta\":{{\"contentBlockIndex\":0,\"delta\":{{\"text\":\"{text}\"}}}}}}"))
    };
    let lost = Message::event("chunk", "{\"bytes\":\"!\",\"p\":\"ab\"}").encode();
    let body = [text("a"), lost, text("b"), chunk("{\"messageStop\":{\"stopReason\":\"end_turn\"}}")];
    let response = check_as("bedrock-nova", &body.concat(), Close::Clean);
    assert_eq!(response.choices[0].text(), "ab");
    assert_eq!(anomalies(&response), [AnomalyKind::InvalidBase64]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
}
