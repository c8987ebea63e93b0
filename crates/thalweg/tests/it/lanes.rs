//! Any messages on one connection: the events of each response are well formed, and no message is lost.

use std::collections::BTreeMap;

use fastrand::Rng;
use thalweg::{Close, Event, Fold, Lanes, Outcome, Response, dialects};
use thalweg_corpus::laws::Grammar;

/// Kinds of messages; `@` is where the lane is named.
const MESSAGES: [&str; 12] = [
    r#"{"type":"response.created"@,"response":{"id":"r1"}}"#,
    r#"{"type":"response.created"@,"response":{"id":"r2"}}"#,
    r#"{"type":"response.in_progress"@,"response":{}}"#,
    r#"{"type":"response.output_text.delta"@,"choices":[{"index":0,"delta":{"content":"x"}}]}"#,
    r#"{"type":"response.output_text.delta"@,"choices":[{"index":1,"delta":{"content":"y"}}]}"#,
    r#"{"type":"response.completed"@,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    r#"{"type":"error"@,"error":{"message":"no"}}"#,
    r#"{"error":{"message":"no"}}"#,
    r#"{"type":"response.steer.pending"@}"#,
    r#"{"headers":{}}"#,
    "[DONE]",
    "{\"type\":",
];
const LANES: [&str; 4] = ["", ",\"stream_id\":\"a\"", ",\"stream_id\":\"b\"", ",\"stream_id\":\"\\u0063\""];

/// What servers sent over a WebSocket, a message a line.
const RECORDED: [(&str, &str); 2] = [
    ("aimock 1.43.0", include_str!("../data/responses-ws-aimock.jsonl")),
    ("litellm proxy 1.106.2, before aimock's Messages", include_str!("../data/responses-ws-litellm.jsonl")),
];

#[test]
fn recorded_connections_are_one_response_each() {
    for (server, messages) in RECORDED {
        let mut lanes = Lanes::new(&dialects::OPENAI_RESPONSES);
        let mut response = Response::default();
        for message in messages.lines() {
            assert!(response.outcome.is_none(), "{server}: a message behind the end");
            lanes.feed(message.as_bytes());
            while let Some(given) = lanes.poll() {
                assert_eq!((given.lane, given.response), (None, Some(0)), "{server}");
                response.apply(&given.event);
            }
        }
        assert_eq!(lanes.open(), 0, "{server}");
        assert_eq!(response.outcome, Some(Outcome::Complete), "{server}");
        assert_eq!(response.choices[0].text(), "Hello from aimock: é日本🙂 done.", "{server}");
        assert!(response.usage.is_some() && response.unknown.is_empty(), "{server}");
    }
}

#[test]
fn the_recorded_connections_as_lanes_of_one() {
    let [(_, a), (_, b)] = RECORDED;
    let in_lane = |name: &str, message: &str| message.replacen('{', &format!("{{\"stream_id\":\"{name}\","), 1);
    let mut lanes = Lanes::new(&dialects::OPENAI_RESPONSES);
    let mut responses = BTreeMap::<(u64, String), Response>::new();
    for (a, b) in a.lines().zip(b.lines()) {
        for message in [in_lane("a", a), in_lane("b", b)] {
            lanes.feed(message.as_bytes());
            while let Some(given) = lanes.poll() {
                let key = (given.response.expect("each is a response's"), given.lane.unwrap_or_default().to_owned());
                responses.entry(key).or_default().apply(&given.event);
            }
        }
    }
    assert_eq!(a.lines().count(), b.lines().count(), "both are there to their ends");
    assert_eq!(responses.keys().map(|(number, lane)| (*number, &**lane)).collect::<Vec<_>>(), [(0, "a"), (1, "b")]);
    for response in responses.values() {
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert_eq!(response.choices[0].text(), "Hello from aimock: é日本🙂 done.");
    }
}

#[test]
fn any_messages_give_well_formed_responses() {
    let mut seen = [0; 3];
    for seed in 0..2000 {
        let mut rng = Rng::with_seed(seed);
        let mut lanes = Lanes::new(&dialects::OPENAI_CHAT).with_open_max(2);
        let (mut grammars, mut number) = (BTreeMap::<u64, Grammar>::new(), 0);
        let mut drain = |lanes: &mut Lanes| {
            let mut events = 0;
            while let Some(given) = lanes.poll() {
                events += 1;
                let Some(response) = given.response else {
                    assert!(matches!(given.event, Event::Unknown { .. } | Event::Anomaly { .. }), "seed {seed}");
                    seen[0] += 1;
                    continue;
                };
                let is_first = matches!(given.event, Event::Start { .. });
                assert_eq!(response == number && !grammars.contains_key(&response), is_first, "seed {seed}");
                number += u64::from(is_first);
                let grammar = grammars.entry(response).or_default();
                grammar.see(&given.event).unwrap_or_else(|violation| panic!("seed {seed}: {violation}"));
                if let Event::End { outcome, .. } = given.event {
                    seen[1] += usize::from(outcome == Outcome::Failed);
                    seen[2] += usize::from(outcome == Outcome::Truncated);
                }
            }
            events
        };
        for _ in 0..rng.usize(0..40) {
            let (kind, lane) = (MESSAGES[rng.usize(..MESSAGES.len())], LANES[rng.usize(..LANES.len())]);
            lanes.feed(kind.replace('@', lane).as_bytes());
            let is_told_at_once = rng.bool();
            if is_told_at_once {
                drain(&mut lanes);
            }
            assert!(lanes.open() <= 2, "seed {seed}");
        }
        lanes.finish(Close::ALL[rng.usize(..Close::ALL.len())]);
        drain(&mut lanes);
        assert_eq!(lanes.open(), 0, "seed {seed}");
        lanes.feed(MESSAGES[0].as_bytes());
        assert_eq!(drain(&mut lanes), 0, "seed {seed}: nothing comes after the end");
        for (response, grammar) in grammars {
            grammar.is_over().unwrap_or_else(|violation| panic!("seed {seed}, response {response}: {violation}"));
        }
    }
    assert!(seen.iter().all(|count| *count > 1000), "too little was tried: {seen:?}");
}
