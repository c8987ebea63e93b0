use serde_json::Value;
use thalweg::{Count, Event, Fold, Protocol, Response};

use super::deltas::Wire;
use super::neutrality::without_noise;
use super::{anthropic_messages, openai_chat, openai_responses, spoken};
use crate::{Setup, Violation, wire};

/// Law 10: a repeated usage snapshot changes nothing; the last stands.
///
/// Each usage of the stream is sent again right behind its frame. And an independent reader says what the last count
/// of each kind is; where a count is a matter of judgement (more tokens cached than there are, two names with two counts)
/// it says nothing. What only the last frame counts is not sent again, and nothing is checked where the protocol has no
/// independent reader.
///
/// # Errors
/// With the two responses, or the two counts.
pub fn check_usage<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    let blocks = spoken::protocol(&setup);
    if (blocks.is_none() && Wire::of(&setup) != Some(Wire::Chat)) || !wire::is_sse(bytes) {
        return Ok(());
    }
    let Some(frames) = wire::frames(bytes) else { return Ok(()) };
    let read = match blocks {
        Some(Protocol::OpenaiResponses) => of_responses(&frames),
        Some(_) => of_messages(&frames),
        None => of_chat(&frames),
    };
    let (mut repeated, mut from) = (Vec::new(), 0);
    for (frame, again) in frames.iter().zip(&read.again) {
        repeated.extend_from_slice(&bytes[from..frame.end]);
        from = frame.end;
        if let Some(again) = again.as_ref().filter(|_| is_terminated(&bytes[..frame.end])) {
            repeated.extend_from_slice(format!("data: {again}\n\n").as_bytes());
        }
    }
    repeated.extend_from_slice(&bytes[from..]);
    let (once, given) = fold(&setup, bytes);
    let (twice, given_again) = fold(&setup, &repeated);
    if (&once, given) != (&twice, given_again) {
        let message = format!("a usage said again changes something ({given} and {given_again} usage events)");
        return Err(Violation::new(LAW, message).between(once, twice));
    }
    read.last.map_or(Ok(()), |last| is_last(&once, &frames, last))
}

/// What an independent reader makes of the usage of a stream.
struct Read {
    /// For each frame: one that says its usage again, and nothing else.
    again: Vec<Option<Value>>,
    /// The last input, output and total; none where what they are is a matter of judgement.
    last: Option<[Option<u64>; 3]>,
}

fn of_chat(frames: &[wire::Frame]) -> Read {
    let (mut last, mut is_plain) = ([None; 3], true);
    for usage in frames.iter().flat_map(|frame| openai_chat::usages(&frame.data)) {
        let counts = openai_chat::counts(&usage);
        is_plain &= counts.is_some();
        for (known, count) in last.iter_mut().zip(counts.unwrap_or_default()) {
            // Zeros are sent by who has not counted yet, or does no more.
            let is_more = |count: &u64| *count > 0 || known.is_none_or(|known| known == 0);
            *known = count.filter(is_more).or(*known);
        }
    }
    let again = frames.iter().map(|frame| openai_chat::usage_again(&frame.data)).collect();
    Read { again, last: is_plain.then_some(last) }
}

/// Only the response that ends the stream has counts, and it cannot be said again.
fn of_responses(frames: &[wire::Frame]) -> Read {
    let counts = values(frames).filter_map(|frame| openai_responses::counts(&frame?)).last();
    Read { again: vec![None; frames.len()], last: Some(counts.unwrap_or_default()) }
}

fn of_messages(frames: &[wire::Frame]) -> Read {
    let again = values(frames).map(|frame| anthropic_messages::usage_again(&frame?)).collect();
    let values: Vec<Value> = values(frames).flatten().collect();
    let starts = values.iter().filter(|frame| frame["type"] == "message_start");
    let mut merged = [None; 4];
    for usage in starts.clone().take(1).chain(values.iter().filter(|frame| frame["type"] == "message_delta")) {
        anthropic_messages::merge(usage, &mut merged);
    }
    let [input, written, cached, output] = merged;
    let input = input.or(written).or(cached).map(|_| [input, written, cached].into_iter().flatten().sum());
    // Zeros are no counts, and another message has its own.
    let is_plain = starts.count() <= 1 && merged.iter().flatten().any(|count| *count > 0);
    Read { again, last: is_plain.then_some([input, output, None]) }
}

/// The frames as values; none where one is no JSON.
fn values(frames: &[wire::Frame]) -> impl Iterator<Item = Option<Value>> {
    frames.iter().map(|frame| serde_json::from_str(&frame.data).ok())
}

/// The bytes end with a blank line: another frame can follow.
fn is_terminated(bytes: &[u8]) -> bool {
    wire::lines(bytes).last().is_some_and(wire::Line::is_blank)
}

fn fold(setup: &Setup<'_>, bytes: &[u8]) -> (Response, usize) {
    let (mut response, mut given) = (Response::default(), 0);
    setup.drive([bytes], |event| {
        response.apply(event);
        given += usize::from(matches!(event, Event::Usage { .. }));
    });
    (without_noise(response), given)
}

/// Input and total are what the wire said last; output too, unless reasoning is counted beside it.
fn is_last(response: &Response, frames: &[wire::Frame], last: [Option<u64>; 3]) -> Result<(), Violation> {
    let is_unread = |frame: &wire::Frame| {
        let end_mark = frame.data.trim() == "[DONE]" || frame.data.trim().is_empty();
        !end_mark && !openai_chat::is_prose(&frame.data) && serde_json::from_str::<Value>(&frame.data).is_err()
    };
    if frames.iter().any(is_unread) || response.evidence.is_some_and(|evidence| evidence.limit.is_some()) {
        return Ok(());
    }
    let counts = response.usage.map(|tokens| tokens.counts).unwrap_or_default();
    let given = [counts.input, counts.output, counts.total].map(|count| count.map(Count::get));
    let beside = counts.reasoning.is_some_and(|reasoning| reasoning.get() > 0);
    if given[0] == last[0] && given[2] == last[2] && (beside || given[1] == last[1]) {
        return Ok(());
    }
    Err(Violation::new(LAW, "the last counts on the wire (left) and those given (right) differ").between(last, given))
}

const LAW: &str = "usage";
