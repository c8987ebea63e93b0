use core::num::NonZeroUsize;

use fastrand::Rng;
use thalweg::{Event, Fold, OwnedEvent, Part, Response, Unfold};

use super::Grammar;
use crate::{Chunking, Setup, Violation};

/// Law 15: a response unfolds into well-formed events whose fold is the response, however large the deltas are.
///
/// Unfolded are the response of the whole stream, as it is and as it was stored (in JSON), and what had come of it after
/// some of its events; with whole deltas, of one character, of five and of a number that `seed` chooses.
///
/// # Errors
/// With the two responses, or the first event that should not be there.
pub fn check_unfold<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], seed: u64) -> Result<(), Violation> {
    let live = setup.into().events(bytes, &Chunking::Whole);
    let mut rng = Rng::with_seed(seed);
    let response = check_response(&live, &mut rng)?;
    is_stored(&response)?;
    let some = &live[..rng.usize(..=live.len())];
    check_response(some, &mut rng).map_err(|it| it.during(format_args!("after {} events", some.len())))?;
    Ok(())
}

/// Folds the events and unfolds what they give.
fn check_response(live: &[OwnedEvent], rng: &mut Rng) -> Result<Response, Violation> {
    let mut response = Response::default();
    live.iter().for_each(|event| response.apply(&event.as_lent()));
    for chars in [usize::MAX, 1, 5, rng.usize(2..64)] {
        let chars = NonZeroUsize::new(chars).unwrap_or(NonZeroUsize::MIN);
        let during = |it: Violation| it.during(format_args!("{chars} characters a delta"));
        let unfold = Unfold::new(&response).with_delta_chars(chars);
        let events: Vec<_> = unfold.events().collect();
        is_unfolded(&response, &events, chars).map_err(during)?;
        if let Some(at) = unfold.events().zip(&events).position(|(again, event)| again != *event) {
            return Err(during(Violation::new(LAW, format!("event {at} is another one the second time"))));
        }
        if chars == NonZeroUsize::MAX && events.len() > live.len() {
            let message = "what came in few events (left) takes more (right)";
            return Err(Violation::new(LAW, message).between(live.len(), events.len()));
        }
    }
    Ok(response)
}

/// These events are well formed, fold to the response and have deltas of that size.
pub(super) fn is_unfolded(response: &Response, events: &[Event<'_>], chars: NonZeroUsize) -> Result<(), Violation> {
    let (mut grammar, mut again, mut sizes) = (Grammar::default(), Response::default(), Sizes { chars, last: None });
    for event in events {
        grammar.see(event)?;
        sizes.see(event)?;
        again.apply(event);
    }
    if response.outcome.is_some() {
        grammar.is_over()?;
    }
    if again == *response {
        return Ok(());
    }
    let message = "a response (left) and the fold of what it unfolds to (right) differ";
    Err(Violation::new(LAW, message).between(response, again))
}

/// Deltas are as large as was asked for, the last of a block aside.
struct Sizes {
    chars: NonZeroUsize,
    /// What the event just before was and its length, if it was a delta.
    last: Option<(&'static str, usize)>,
}

impl Sizes {
    fn see(&mut self, event: &Event<'_>) -> Result<(), Violation> {
        let (what, text) = match *event {
            Event::TextDelta { text, .. } => ("text", text),
            Event::ReasoningDelta { text, .. } => ("reasoning", text),
            Event::RefusalDelta { text, .. } => ("refusal", text),
            Event::ToolCallDelta { input, .. } => ("input", input),
            Event::BlockData { part: Part::Transcript(words), .. } => ("transcript", words),
            // Blocks come one after the other.
            _ => {
                self.last = None;
                return Ok(());
            }
        };
        let chars = text.chars().count();
        let is_short = self.last.is_some_and(|(before, chars)| before == what && chars < self.chars.get());
        self.last = Some((what, chars));
        if chars > self.chars.get() || is_short {
            let message = format!("a delta of {chars} characters, or one behind another that is too short");
            return Err(Violation::new(LAW, message).between(self.chars, event));
        }
        Ok(())
    }
}

/// Stored and read back it is the same response, and so are its events.
fn is_stored(response: &Response) -> Result<(), Violation> {
    let stored = serde_json::to_string(response).map_err(|error| Violation::new(LAW, error.to_string()))?;
    let read: Response = serde_json::from_str(&stored).map_err(|error| Violation::new(LAW, error.to_string()))?;
    if read == *response && Unfold::new(&read).events().eq(Unfold::new(response).events()) {
        return Ok(());
    }
    Err(Violation::new(LAW, "a response (left) and what was stored of it (right) differ").between(response, read))
}

const LAW: &str = "unfold";
