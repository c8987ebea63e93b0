//! The stored log of version 1: it decodes for ever, and writing its events again gives its bytes.
//!
//! `tests/data/log-v1.binlog` and `log-v1.jsonl` never change. What comes into the format later has its samples in the
//! module above, not here.

use super::*;

static BINARY: &[u8] = include_bytes!("../../../tests/data/log-v1.binlog");
#[cfg(feature = "serde")]
static LINES: &[u8] = include_bytes!("../../../tests/data/log-v1.jsonl");

#[test]
fn version_1_decodes_for_ever() {
    check(read_binary(BINARY));
    #[cfg(feature = "serde")]
    check(read_lines(LINES));
}

#[track_caller]
fn check(read: Result<(Header, Vec<Record>), LogError>) {
    let (read_header, records) = read.expect("version 1 can be read");
    assert_eq!(read_header, stored_header());
    let expected = events();
    assert_eq!(records.len(), expected.len());
    for (n, (record, event)) in records.iter().zip(expected).enumerate() {
        assert_eq!((record.seq, record.is_foreign, record.event.as_lent()), (n as u64, false, event));
    }
}

#[test]
fn version_1_is_written_as_it_was() {
    assert!(binary_of(&stored_header(), &events()) == BINARY);
    #[cfg(feature = "serde")]
    assert_eq!(core::str::from_utf8(&lines_of(&stored_header(), &events())), core::str::from_utf8(LINES));
}

/// Its samples, for the tests of damage.
pub(super) fn binary() -> &'static [u8] {
    BINARY
}

#[cfg(feature = "serde")]
pub(super) fn lines() -> &'static [u8] {
    LINES
}

fn stored_header() -> Header {
    let mut header = header();
    header.heartbeats = true;
    header.limits.blocks = 64;
    header.limits.frame_bytes = 1 << 20;
    header
}

/// One of everything there was in version 1. Not a stream that any server would send.
pub(super) fn events() -> Vec<Event<'static>> {
    let mut events = Vec::new();
    events.push(Event::Start { protocol: Protocol::OpenaiChat });
    events.push(Event::Meta { field: MetaField::Model, value: "example-1" });
    blocks(&mut events);
    content(&mut events);
    ends(&mut events);
    facts(&mut events);
    events
}

fn blocks(events: &mut Vec<Event<'static>>) {
    let calls = [
        BlockKind::ToolCall { id: Id::Wire("call_a1"), name: "get_tide", form: InputForm::Json },
        BlockKind::HostedCall {
            id: Id::Minted(300),
            name: "search",
            form: InputForm::Text,
            host: Host::Mcp,
            server: Some("charts"),
        },
    ];
    let kinds = [
        BlockKind::Text,
        BlockKind::Refusal,
        BlockKind::Reasoning { form: ReasoningForm::Summary },
        BlockKind::Approval { id: Id::Wire("apr_1"), name: "search", server: None },
        BlockKind::ToolResult { call: Some(BlockId::from(4)), call_id: Some("call_a1"), is_error: true },
        BlockKind::Image,
        BlockKind::Audio,
        BlockKind::File,
        BlockKind::Source,
        BlockKind::Other { wire_type: "hologram" },
    ];
    let places = [
        Place::nowhere(),
        Place::item(Some(Wide::from(7))),
        Place { item: Some(Wide::from(200)), part: Some(Wide::from(0)), id: Some("msg_1") },
        Place { item: None, part: Some(Wide::from(1)), id: None },
    ];
    for (n, kind) in (0..).zip(calls.into_iter().chain(kinds)) {
        let place = places[n as usize % places.len()];
        events.push(Event::BlockStart { block: BlockId::from(n), choice: n % 2, place, kind });
    }
}

fn content(events: &mut Vec<Event<'static>>) {
    let block = BlockId::from(2);
    events.push(Event::TextDelta { block, text: "High water \u{1f30a} \"now\"\n" });
    events.push(Event::ReasoningDelta { block: BlockId::from(130), text: LONG });
    events.push(Event::RefusalDelta { block, text: "No." });
    events.push(Event::ToolCallDelta { block: BlockId::from(0), input: "{\"port\":" });
    let parts = [
        Part::Signature("c2ln"),
        Part::Encrypted("ZW5j"),
        Part::Format("anthropic-claude-v1"),
        Part::Status("completed"),
        Part::CallId("call_b2"),
        Part::Name("get_tide"),
        Part::Preview { index: 1, base64: "cG5n" },
        Part::Base64("d2F2"),
        Part::Transcript("ahoy"),
        Part::Citation("{\"url\":\"https://tides.example\"}"),
        Part::Logprobs("[-0.5]"),
        Part::Json("null"),
        Part::Progress("{\"path\":\"$.port\"}"),
    ];
    events.extend(parts.map(|part| Event::BlockData { block, part }));
    events.push(Event::Restated { block, value: "" });
}

fn ends(events: &mut Vec<Event<'static>>) {
    let states = [
        None,
        Some(InputState::Valid),
        Some(InputState::Empty),
        Some(InputState::NotObject),
        Some(InputState::Invalid { at: 1000 }),
        Some(InputState::Cut),
        Some(InputState::Concatenated),
    ];
    for (n, input) in (0..).zip(states) {
        let how = BlockClose::ALL[n as usize % BlockClose::ALL.len()];
        events.push(Event::BlockEnd { block: BlockId::from(n), how, input });
    }
}

fn facts(events: &mut Vec<Event<'static>>) {
    let all = |first: u64| (first..).map(|n| Some(Count::from(n)));
    let mut counts = all(126);
    let mut next = || counts.next().flatten();
    let counts = Usage {
        input: next(),
        output: next(),
        total: next(),
        cache_read: next(),
        cache_write: next(),
        reasoning: next(),
        input_audio: next(),
        output_audio: next(),
    };
    events.push(Event::Usage { counts, origin: UsageOrigin::Provider });
    let counts = Usage { output: Some(Count::from(0)), ..Usage::default() };
    events.push(Event::Usage { counts, origin: UsageOrigin::Partial });
    events.push(Event::Finish { choice: 0, reason: Reason::ToolCalls, raw: Some("tool_calls"), detail: None });
    events.push(Event::Finish { choice: 1, reason: Reason::StopSequence, raw: None, detail: Some("\n\n") });
    for retry in [Retry::Unknown, Retry::No, Retry::Yes, Retry::After { ms: 1500 }] {
        events.push(Event::Error {
            kind: ErrorKind::RateLimit,
            retry,
            fatal: retry == Retry::No,
            status: (retry != Retry::Unknown).then_some(429),
            code: (retry == Retry::Yes).then_some("slow_down"),
            message: "Too many ships.",
            origin: Origin::Provider,
            raw: None,
        });
    }
    let kind = AnomalyKind::IdLate;
    events.push(Event::Anomaly { kind, action: Action::Joined, block: Some(BlockId::from(0)) });
    events.push(Event::Anomaly { kind: AnomalyKind::InvalidUtf8, action: Action::Replaced, block: None });
    for scope in [Scope::Response, Scope::Choice(1), Scope::Block(BlockId::from(2))] {
        events.push(Event::Extra { scope, name: "phase", json: "\"ebb\"" });
    }
    events.push(Event::Unknown { wire_type: "", json: "{\"tide\":1e3}" });
    events.push(Event::Heartbeat);
    let cut =
        Evidence { frames: 70_000, terminal: false, sentinel: true, choices: 2, finished: 1, close: None, limit: None };
    let evidence = Evidence { close: Some(Close::TimedOut), limit: Some(LimitKind::Blocks), ..cut };
    events.push(Event::End { outcome: Outcome::Truncated, evidence: cut, resume: None });
    let resume = Some(Resume { response_id: "resp_1", after: 41 });
    events.push(Event::End { outcome: Outcome::Limit, evidence, resume });
}

/// Longer than 127 bytes: its length takes two.
const LONG: &str = "The moon pulls the water on the near side more than the earth itself, and the earth more than the water on \
                    the far side, so there are two bulges.";
