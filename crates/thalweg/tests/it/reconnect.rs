//! A response over several connections, and the numbers of frames that it rests on.

use thalweg::dialect::{Decode, Frame};
use thalweg::emitter::{Channel, Emitter};
use thalweg::framing::Framing;
use thalweg::{AnomalyKind, Close, Event, Fold, MetaField, Normalizer, Protocol, Reason, Response, Stage, dialects};

/// Frames are words, each with its number before it (`7 word`) or without one. `ID name` is the response's id, `KEEP`
/// says that it is kept, `PAUSE` and `END` that it is over.
struct Words;

impl Decode for Words {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let numbered = frame.data.split_once(' ').and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
        let (is_new, text) = numbered.map_or((true, frame.data), |(number, rest)| (out.sequence(number), rest));
        match text.split_once(' ') {
            _ if !is_new => {}
            Some(("ID", id)) => out.meta(MetaField::Id, id.into()),
            _ if text == "KEEP" => out.set_resumable(),
            _ if text == "PAUSE" => out.finish_reason(0, Reason::Pause, "pause".into()),
            _ if text == "END" => out.terminal(),
            _ => out.append(0, Channel::Text, text.into()),
        }
    }
}

fn words() -> Normalizer {
    Normalizer::with_decoder(Framing::Sse, Protocol::Unrecognized, Box::new(Words))
}

/// Feeds connections of frames, one SSE frame a word, and gives the fold.
fn fold(connections: &[&[&str]], close: Close) -> Response {
    let mut normalizer = words();
    for (n, frames) in connections.iter().enumerate() {
        if n > 0 {
            normalizer.reconnect();
        }
        frames.iter().for_each(|frame| normalizer.feed(format!("data: {frame}\n\n").as_bytes()));
    }
    normalizer.finish(close);
    let mut response = Response::default();
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    response
}

/// The text that connections fold to, and the anomalies on the way.
#[track_caller]
fn check(connections: &[&[&str]], text: &str, anomalies: &[(AnomalyKind, u64)]) {
    let response = fold(connections, Close::Clean);
    let found: Vec<_> = response.anomalies.iter().map(|anomaly| (anomaly.kind, anomaly.count)).collect();
    assert_eq!((response.choices[0].text(), &*found), (text.into(), anomalies));
}

#[test]
fn a_replay_is_dropped_in_silence() {
    check(&[&["0 a", "1 b", "2 c"], &["1 b", "2 c", "3 d", "4 e"]], "abcde", &[]);
    check(&[&["0 a", "1 b"], &["0 a", "1 b"], &["0 a", "1 b", "2 c"]], "abc", &[]);
    check(&[&["0 a", "1 b"], &["2 c"]], "abc", &[]);
    let response = fold(&[&["0 a", "1 b"], &["0 a", "1 b", "2 c"]], Close::Clean);
    assert_eq!(response.evidence.map(|evidence| evidence.frames), Some(3), "a replay counts once");
}

#[test]
fn a_hole_is_said_and_read_over() {
    check(&[&["0 a", "1 b", "5 c", "6 d"]], "abcd", &[(AnomalyKind::SequenceGap, 1)]);
    check(&[&["0 a", "1 b"], &["0 a", "7 c", "8 d"]], "abcd", &[(AnomalyKind::SequenceGap, 1)]);
    check(&[&["4 a", "5 b"]], "ab", &[]);
}

#[test]
fn numbers_that_do_not_rise_mean_nothing() {
    check(&[&["1 a", "1 b", "1 c", "5 d"]], "abcd", &[(AnomalyKind::SequenceRepeat, 1)]);
    check(&[&["1 a", "2 b", "2 c", "9 d"]], "abcd", &[(AnomalyKind::SequenceRepeat, 1)]);
    check(&[&["1 a", "1 b"], &["1 c", "0 d"]], "abcd", &[(AnomalyKind::SequenceRepeat, 1)]);
    // One number may be a constant: what comes behind the border is used.
    check(&[&["1 a"], &["1 b", "1 c"]], "abc", &[(AnomalyKind::SequenceRepeat, 1)]);
    // Behind the replay the rules are those of one connection.
    check(&[&["1 a", "2 b"], &["2 b", "3 c", "3 d"]], "abcd", &[(AnomalyKind::SequenceRepeat, 1)]);
}

#[test]
fn frames_without_a_number_are_no_hole() {
    check(&[&["0 a", "b", "c", "1 d"], &["1 d", "e", "2 f"]], "abcdef", &[]);
}

/// What the end says, and what was said before it.
#[track_caller]
fn check_resume(frames: &[&str], close: Close, expected: Option<(&str, u64)>) {
    let response = fold(&[frames], close);
    let resume = response.resume.as_ref().map(|resume| (&*resume.response_id, resume.after));
    assert_eq!(resume, expected, "{:?}", response.outcome);
}

#[test]
fn an_unfinished_response_that_is_kept_can_be_resumed() {
    let kept = ["0 ID resp_1", "1 KEEP", "2 a"];
    check_resume(&kept, Close::Broken, Some(("resp_1", 2)));
    check_resume(&kept, Close::TimedOut, Some(("resp_1", 2)));
    check_resume(&kept, Close::Cancelled, None);
    check_resume(&["0 ID resp_1", "1 KEEP", "2 PAUSE"], Close::Clean, Some(("resp_1", 2)));
    check_resume(&["0 ID resp_1", "1 KEEP", "2 PAUSE", "3 END"], Close::Clean, None);
    check_resume(&["0 ID resp_1", "2 a"], Close::Broken, None);
    check_resume(&["0 KEEP", "2 a"], Close::Broken, None);
    check_resume(&["ID resp_1", "KEEP", "a"], Close::Broken, None);
    check_resume(&["0 ID resp_1", "0 KEEP", "0 a"], Close::Broken, None);
}

#[test]
fn what_to_ask_for_is_known_before_the_end() {
    let mut normalizer = words();
    assert_eq!(normalizer.resume(), None);
    normalizer.feed(b"data: 0 ID resp_1\n\ndata: 1 KEEP\n\ndata: 2 a\n\ndata: 3 b");
    while normalizer.advance() {}
    assert_eq!(normalizer.resume().map(|resume| (resume.response_id, resume.after)), Some(("resp_1", 2)));
    normalizer.reconnect();
    normalizer.feed(b"data: 3 b\n\ndata: 4 END\n\n");
    while normalizer.advance() {}
    assert_eq!((normalizer.resume(), normalizer.stage()), (None, Stage::Settled));
}

/// The frames of connections that are polled for at once, or only at the end: all bytes once, the same events.
#[track_caller]
fn check_frames(connections: &[&str], expected: &[(&str, &[AnomalyKind])]) {
    for polls_at_once in [true, false] {
        let mut normalizer = words();
        let mut found = Vec::new();
        let mut drain = |normalizer: &mut Normalizer| {
            while let Some(frame) = normalizer.poll_frame() {
                let anomaly = |event| if let Event::Anomaly { kind, .. } = event { Some(kind) } else { None };
                let anomalies: Vec<_> = frame.events().filter_map(anomaly).collect();
                let bytes = String::from_utf8_lossy(frame.bytes).into_owned();
                if !bytes.is_empty() {
                    found.push((bytes, anomalies));
                    assert_eq!(frame.number, found.len() as u64);
                }
            }
        };
        for connection in connections {
            // To say it before anything was fed, and again, changes nothing.
            normalizer.reconnect();
            normalizer.reconnect();
            normalizer.feed(connection.as_bytes());
            if polls_at_once {
                drain(&mut normalizer);
            }
        }
        normalizer.finish(Close::Clean);
        drain(&mut normalizer);
        let found: Vec<_> = found.iter().map(|(bytes, anomalies)| (&**bytes, &**anomalies)).collect();
        assert_eq!(found, expected, "polls at once: {polls_at_once}");
    }
}

const UNTERMINATED: &[AnomalyKind] = &[AnomalyKind::UnterminatedFrame];

#[test]
fn what_a_connection_broke_off_goes_and_is_shown() {
    check_frames(
        &["data: a\n\ndata: b", "data: b\n\n"],
        &[("data: a\n\n", &[]), ("data: b", UNTERMINATED), ("data: b\n\n", &[])],
    );
    // Whole data without its blank line comes again; at the end of the bytes it would be used.
    check_frames(&["data: {}\n", "data: {}\n\n"], &[("data: {}\n", UNTERMINATED), ("data: {}\n\n", &[])]);
    check_frames(
        &["data: a\n\n{}", "data: b\n\n"],
        &[("data: a\n\n", &[]), ("{}", UNTERMINATED), ("data: b\n\n", &[])],
    );
    // Half a byte order mark, half a name: not the plain text that they look like.
    check_frames(&["\u{feff}data: a\n\n"], &[("\u{feff}data: a\n\n", &[])]);
    check_frames(&["da", "data: a\n\n"], &[("da", UNTERMINATED), ("data: a\n\n", &[])]);
    check_frames(&["note", "data: a\n\n"], &[("note", UNTERMINATED), ("data: a\n\n", &[])]);
}

#[test]
fn a_frame_that_a_carriage_return_ended_is_whole() {
    check_frames(&["data: a\r\n\r", "data: b\r\n\r\n"], &[("data: a\r\n\r", &[]), ("data: b\r\n\r\n", &[])]);
    check_frames(&["data: a\r\r", "data: b\r\r"], &[("data: a\r\r", &[]), ("data: b\r\r", &[])]);
    let bare: &[_] = &[AnomalyKind::BareJson];
    check_frames(&[":\n\n{}\r\r"], &[(":\n\n", &[]), ("{}\r\r", bare)]);
    check_frames(&[":\n\n{}\r\r", ""], &[(":\n\n", &[]), ("{}\r\r", bare)]);
    check_frames(&[":\n\n{}\r\n", ""], &[(":\n\n", &[]), ("{}\r\n", UNTERMINATED)]);
}

#[test]
fn a_connection_is_looked_at_from_its_first_byte() {
    check_frames(
        &["data: a\n\n", "\u{feff}data: b\n\n", "{\"x\":1}"],
        &[("data: a\n\n", &[]), ("\u{feff}data: b\n\n", &[]), ("{\"x\":1}", &[])],
    );
}

#[test]
fn messages_continue_too() {
    let mut normalizer = words();
    ["0 a", "1 b"].iter().for_each(|message| normalizer.feed_frame(message.as_bytes()));
    normalizer.reconnect();
    ["1 b", "2 c"].iter().for_each(|message| normalizer.feed_frame(message.as_bytes()));
    normalizer.reconnect();
    // The rest comes as an event stream.
    normalizer.feed(b"data: 2 c\n\ndata: 3 d\n\n");
    normalizer.finish(Close::Clean);
    normalizer.reconnect();
    let mut response = Response::default();
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    assert_eq!((response.choices[0].text(), &*response.anomalies), ("abcd".into(), &[][..]));
}

#[test]
fn text_that_was_held_stays_held() {
    // The tag that ends the reasoning is torn by the border.
    let mut dialect = dialects::OPENAI_CHAT.clone();
    dialect.oddities = dialect.oddities.with_reasoning_tags(TAGS);
    let mut normalizer = Normalizer::new(&dialect);
    let delta =
        |text: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let mut response = Response::default();
    normalizer.feed(delta("<think>Hm.</th").as_bytes());
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    normalizer.reconnect();
    normalizer.feed(delta("ink>Yes.").as_bytes());
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        assert!(!matches!(event, Event::Start { .. }), "the response goes on");
        response.apply(&event);
    }
    assert_eq!((response.choices[0].reasoning(), response.choices[0].text()), ("Hm.".into(), "Yes.".into()));
    assert_eq!(response.choices[0].blocks.len(), 2);
}

const TAGS: &[thalweg::dialect::Tags] = &[thalweg::dialect::Tags::new("<think>", "</think>")];

#[test]
fn an_error_is_no_replay_whatever_its_number() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_RESPONSES);
    for number in 0..3 {
        let frame =
            format!("data: {{\"type\":\"response.in_progress\",\"sequence_number\":{number},\"response\":{{}}}}\n\n");
        normalizer.feed(frame.as_bytes());
    }
    normalizer.reconnect();
    normalizer.feed(b"data: {\"type\":\"error\",\"sequence_number\":0,\"error\":{\"code\":\"server_error\",\"message\":\"boom\"}}\n\n");
    normalizer.finish(Close::Clean);
    let mut response = Response::default();
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    assert_eq!((response.outcome, response.errors.len()), (Some(thalweg::Outcome::Failed), 1));
}
