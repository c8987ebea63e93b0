use serde_json::Value;
use thalweg::{Count, Event, Fold, Response};

use super::{neutrality::without_noise, openai_chat};
use crate::{Setup, Violation, wire};

/// Law 10: a repeated usage snapshot changes nothing; the last stands.
///
/// Each usage of the stream is sent again right behind its frame. And an independent reader says what the last count
/// of each kind is; where a count is a matter of judgement (more tokens cached than there are, two names with two counts)
/// it says nothing. Nor is anything checked where the protocol has no
/// independent reader.
///
/// # Errors
/// With the two responses, or the two counts.
pub fn check_usage<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    if !openai_chat::speaks(&setup) || !wire::is_sse(bytes) {
        return Ok(());
    }
    let Some(frames) = wire::frames(bytes) else { return Ok(()) };
    let (mut repeated, mut from, mut last, mut is_plain) = (Vec::new(), 0, [None; 3], true);
    for frame in &frames {
        repeated.extend_from_slice(&bytes[from..frame.end]);
        from = frame.end;
        for usage in openai_chat::usages(&frame.data) {
            let counts = openai_chat::counts(&usage);
            is_plain &= counts.is_some();
            for (known, count) in last.iter_mut().zip(counts.unwrap_or_default()) {
                // Zeros are sent by who has not counted yet, or does no more.
                let is_more = |count: &u64| *count > 0 || known.is_none_or(|known| known == 0);
                *known = count.filter(is_more).or(*known);
            }
        }
        if let Some(again) = openai_chat::usage_again(&frame.data).filter(|_| is_terminated(&bytes[..frame.end])) {
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
    if is_plain { is_last(&once, &frames, last) } else { Ok(()) }
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
