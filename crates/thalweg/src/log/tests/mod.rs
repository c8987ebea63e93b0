mod hostile;
mod newer;
mod stored;

use alloc::vec::Vec;

use super::wire::{Input, Tagged, Wire};
use super::*;
use crate::event::*;
use crate::limits::Limits;
use crate::normalizer::Detail;

/// Every variant and field that can be in a log: what was in version 1 from its first day, and what came later.
fn samples() -> Vec<Event<'static>> {
    let later = [Event::Error {
        kind: ErrorKind::Other,
        retry: Retry::Unknown,
        fatal: true,
        status: None,
        code: None,
        message: "Ran aground.",
        origin: Origin::Provider,
        raw: Some("{\"detail\":\"Ran aground.\"}"),
    }];
    stored::events().into_iter().chain(later).collect()
}

fn header() -> Header {
    Header::new(Some("openai-chat"), Protocol::OpenaiChat)
}

fn binary_of(header: &Header, events: &[Event<'_>]) -> Vec<u8> {
    let mut writer = binary::Writer::new(header);
    events.iter().for_each(|event| writer.write(event));
    writer.into_bytes()
}

fn read_binary(bytes: &[u8]) -> Result<(Header, Vec<Record>), LogError> {
    let reader = binary::Reader::new(bytes)?;
    Ok((reader.header().clone(), reader.collect::<Result<_, _>>()?))
}

#[cfg(feature = "serde")]
fn lines_of(header: &Header, events: &[Event<'_>]) -> Vec<u8> {
    let mut writer = lines::Writer::new(header);
    events.iter().for_each(|event| writer.write(event));
    writer.into_bytes()
}

#[cfg(feature = "serde")]
fn read_lines(bytes: &[u8]) -> Result<(Header, Vec<Record>), LogError> {
    let reader = lines::Reader::new(bytes)?;
    Ok((reader.header().clone(), reader.collect::<Result<_, _>>()?))
}

/// Both forms give back the events under their numbers, and the header.
#[track_caller]
fn check_round_trip(header: &Header, events: &[Event<'_>]) {
    let record =
        |(seq, event): (usize, &Event<'_>)| Record { seq: seq as u64, event: event.to_owned(), is_foreign: false };
    let expected = Ok((header.clone(), events.iter().enumerate().map(record).collect()));
    assert_eq!(read_binary(&binary_of(header, events)), expected);
    #[cfg(feature = "serde")]
    assert_eq!(read_lines(&lines_of(header, events)), expected);
}

#[test]
fn every_sample_reads_back() {
    check_round_trip(&header(), &samples());
    check_round_trip(&header(), &[]);
}

#[test]
fn a_header_keeps_what_determines_events() {
    let mut options = Header::new(None, Protocol::Unrecognized);
    options.detail = Detail::Full;
    options.heartbeats = true;
    options.limits.frame_bytes = 1;
    options.limits.json_depth = 2;
    options.limits.blocks = 3;
    options.limits.choices = 4;
    options.limits.tool_input_bytes = u64::MAX;
    options.limits.held_bytes = 6;
    options.limits.name_bytes = 7;
    options.limits.identity_bytes = usize::MAX;
    check_round_trip(&options, &[]);
}

/// Each tag of a type's table is in the samples: one that is not was never written and read by a test.
#[track_caller]
fn check_tags<'a, T: Tagged<'a>>(samples: impl IntoIterator<Item = T>) {
    let tag = |sample: T| {
        let mut bytes = Vec::new();
        sample.put(&mut bytes);
        Input(Input(&bytes).prefixed().expect("it is a group")).number().expect("it has a tag")
    };
    let mut tags: Vec<_> = samples.into_iter().map(tag).collect();
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags, T::TAGS);
}

#[test]
fn the_samples_have_every_variant() {
    let samples = samples();
    let of = |event: &Event<'static>| match *event {
        Event::BlockStart { kind: BlockKind::ToolCall { id, .. } | BlockKind::HostedCall { id, .. }, .. } => Some(id),
        _ => None,
    };
    check_tags(samples.iter().filter_map(of));
    check_tags(samples.iter().filter_map(|event| match *event {
        Event::BlockStart { kind, .. } => Some(kind),
        _ => None,
    }));
    check_tags(samples.iter().filter_map(|event| match *event {
        Event::BlockData { part, .. } => Some(part),
        _ => None,
    }));
    check_tags(samples.iter().filter_map(|event| match *event {
        Event::BlockEnd { input, .. } => input,
        _ => None,
    }));
    check_tags(samples.iter().filter_map(|event| match *event {
        Event::Error { retry, .. } => Some(retry),
        _ => None,
    }));
    check_tags(samples.iter().filter_map(|event| match *event {
        Event::Extra { scope, .. } => Some(scope),
        _ => None,
    }));
    check_tags(samples);
}

/// Every word of every plain enum, in an event that carries it.
#[test]
fn every_word_reads_back() {
    let (block, place) = (BlockId::from(0), Place::nowhere());
    let start = |kind| Event::BlockStart { block, choice: 0, place, kind };
    let call = |form, host| BlockKind::hosted_call(Id::Minted(0), "f", form, host, None);
    let counts = Usage::default();
    let mut events = Vec::new();
    let mut end =
        Evidence { frames: 0, terminal: false, sentinel: false, choices: 0, finished: 0, close: None, limit: None };
    events.extend(Protocol::ALL.iter().map(|protocol| Event::Start { protocol: *protocol }));
    events.extend(MetaField::ALL.iter().map(|field| Event::Meta { field: *field, value: "" }));
    events.extend(ReasoningForm::ALL.iter().map(|form| start(BlockKind::reasoning(*form))));
    events.extend(InputForm::ALL.iter().map(|form| start(call(*form, Host::Mcp))));
    events.extend(Host::ALL.iter().map(|host| start(call(InputForm::Json, *host))));
    events.extend(BlockClose::ALL.iter().map(|how| Event::BlockEnd { block, how: *how, input: None }));
    events.extend(UsageOrigin::ALL.iter().map(|origin| Event::Usage { counts, origin: *origin }));
    let finish = |reason: &Reason| Event::Finish { choice: 0, reason: *reason, raw: None, detail: None };
    events.extend(Reason::ALL.iter().map(finish));
    let error = |kind, origin| {
        let retry = Retry::Unknown;
        Event::Error { kind, retry, fatal: false, status: None, code: None, message: "", origin, raw: None }
    };
    events.extend(ErrorKind::ALL.iter().map(|kind| error(*kind, Origin::Local)));
    events.extend(Origin::ALL.iter().map(|origin| error(ErrorKind::Other, *origin)));
    let anomaly = |kind, action| Event::Anomaly { kind, action, block: None };
    events.extend(AnomalyKind::ALL.iter().map(|kind| anomaly(*kind, Action::Kept)));
    events.extend(Action::ALL.iter().map(|action| anomaly(AnomalyKind::BadFrame, *action)));
    for close in Close::ALL {
        end.close = Some(*close);
        events.push(Event::End { outcome: Outcome::Failed, evidence: end, resume: None });
    }
    for limit in LimitKind::ALL {
        end.limit = Some(*limit);
        events.push(Event::End { outcome: Outcome::Limit, evidence: end, resume: None });
    }
    events.extend(Outcome::ALL.iter().map(|outcome| Event::End { outcome: *outcome, evidence: end, resume: None }));
    check_round_trip(&header(), &events);
}

#[test]
fn the_longest_numbers_and_long_texts_read_back() {
    let long = "täglich ".repeat(5000);
    let text = |len: usize| Event::TextDelta { block: BlockId::from(u32::MAX), text: &long[..len] };
    // Around the lengths at which the length itself takes a byte more.
    let texts = [0, 1, 120, 121, 122, 123, 124, 125, 130, 9 * 1800, 9 * 1822, 9 * 4000].map(text);
    check_round_trip(&header(), &texts);
    let counts = Usage { input: Some(Count::from(u64::MAX)), reasoning: Some(Count::from(0)), ..Usage::default() };
    check_round_trip(&header(), &[Event::Usage { counts, origin: UsageOrigin::Provider }]);
}

#[test]
fn a_delta_is_small() {
    let mut writer = binary::Writer::new(&header());
    writer.clear();
    writer.write(&Event::TextDelta { block: BlockId::from(3), text: "Hi" });
    assert_eq!(writer.as_bytes(), b"\x05\x04\x03\x02Hi");
}

#[test]
fn a_log_may_be_taken_in_parts() {
    let events = samples();
    let mut writer = binary::Writer::new(&header());
    let mut parts = Vec::new();
    for event in &events {
        parts.extend_from_slice(writer.as_bytes());
        writer.clear();
        writer.write(event);
    }
    parts.extend_from_slice(writer.as_bytes());
    assert!(parts == binary_of(&header(), &events));
}

#[test]
fn limits_at_their_defaults_are_not_stored() {
    // Other defaults than those of version 1 are stored; nobody then takes an old log for one that was read with them.
    let defaults = Limits::default();
    let names: Vec<_> = header::stored_limits(&defaults).collect();
    assert_eq!(names, []);
    assert_eq!(header::limits_of([("blocks", 1), ("of_the_future", 2)]), Limits { blocks: 1, ..defaults });
    assert_eq!(header::limits_of([("json_depth", 1 << 40)]).json_depth, u16::MAX);
}
