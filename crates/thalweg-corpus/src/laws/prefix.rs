use thalweg::{Close, Event, Evidence, Outcome};

use super::compare::{Expected, lend};
use super::deltas::Wire;
use super::{Grammar, openai_chat, spoken};
use crate::{Cuts, Setup, Violation, wire};

/// Law 6: the events of a prefix, before its end is known, are a prefix of the whole's. Without evidence of an end the
/// outcome of a prefix is `Truncated`, or `Failed` where a fatal error was reported. Every prefix is well formed.
///
/// # Errors
/// With the cut and the first two events that differ.
pub fn check_prefix<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], cuts: Cuts) -> Result<(), Violation> {
    let setup = setup.into().with_close(Close::Clean);
    let mut normalizer = setup.normalizer();
    normalizer.feed(bytes);
    let mut whole = Vec::new();
    while let Some(event) = normalizer.poll() {
        whole.push(event.to_owned());
    }
    let whole = lend(&whole);
    for cut in cuts.positions(bytes.len()) {
        check_cut(&setup, &bytes[..cut], Expected::new(&whole)).map_err(|violation| violation.at(cut))?;
    }
    Ok(())
}

fn check_cut(setup: &Setup<'_>, prefix: &[u8], mut expected: Expected<'_>) -> Result<(), Violation> {
    let mut grammar = Grammar::default();
    let mut normalizer = setup.normalizer();
    normalizer.feed(prefix);
    while let Some(event) = normalizer.poll() {
        expected.see(&event);
        grammar.see(&event)?;
    }
    expected.prefix_of_them(LAW, || "whole (left) and prefix (right) differ before the end".into())?;
    normalizer.finish(Close::Clean);
    let mut verdict = None;
    while let Some(event) = normalizer.poll() {
        grammar.see(&event)?;
        if let Event::End { outcome, evidence, .. } = event {
            verdict = Some((outcome, evidence));
        }
    }
    grammar.is_over()?;
    match verdict {
        // That `Failed` means a fatal error is the grammar's.
        Some((Outcome::Truncated | Outcome::Failed, _)) => Ok(()),
        Some((outcome, evidence)) if !is_evident(&evidence) => {
            Err(Violation::new(LAW, format!("a prefix without evidence is {outcome}")).between("truncated", evidence))
        }
        _ => Ok(()),
    }
}

/// There is a reason to give another verdict than `Truncated`.
fn is_evident(evidence: &Evidence) -> bool {
    let all_finished = evidence.choices > 0 && evidence.finished == evidence.choices;
    evidence.terminal || evidence.sentinel || all_finished || evidence.limit.is_some()
}

/// Law 6 by an independent reading of the bytes: cut at random borders of frames before the first finish reason and
/// the end mark, a stream is `Truncated`, never complete. Gives the number of cuts that were tried.
///
/// Nothing is tried where the reading is impossible, or the protocol has no independent reader.
///
/// # Errors
/// With the cut and the verdict.
pub fn check_cut_short<'d>(
    setup: impl Into<Setup<'d>>,
    bytes: &[u8],
    count: usize,
    seed: u64,
) -> Result<usize, Violation> {
    let setup = setup.into().with_close(Close::Clean);
    let blocks = spoken::protocol(&setup);
    let mut borders = match (blocks, Wire::of(&setup)) {
        (Some(protocol), _) => {
            borders_of_frames(bytes, |data| spoken::may_end(protocol, data)).filter(|_| wire::is_sse(bytes))
        }
        (None, Some(Wire::Chat)) => borders_of_frames(bytes, openai_chat::may_end).filter(|_| wire::is_sse(bytes)),
        (None, Some(wire)) => borders_of_documents(bytes, wire),
        (None, None) => None,
    }
    .unwrap_or_default();
    borders.retain(|end| *end < bytes.len());
    fastrand::Rng::with_seed(seed).shuffle(&mut borders);
    borders.truncate(count);
    for &border in &borders {
        let outcome = setup.response(&bytes[..border]).outcome;
        if outcome != Some(Outcome::Truncated) {
            return Err(Violation::new(LAW, "cut before any reason to finish")
                .at(border)
                .between(Outcome::Truncated, outcome));
        }
    }
    Ok(borders.len())
}

/// Where the frames end before which nothing bears on the verdict. None where the bytes are no text.
fn borders_of_frames(bytes: &[u8], may_end: impl Fn(&str) -> bool) -> Option<Vec<usize>> {
    let frames = wire::frames(bytes)?;
    Some(frames.iter().take_while(|frame| !may_end(&frame.data)).map(|frame| frame.end).collect())
}

/// The same of bodies of any framing.
fn borders_of_documents(bytes: &[u8], wire: Wire) -> Option<Vec<usize>> {
    let documents = wire::documents(bytes).ok()?;
    Some(documents.iter().take_while(|document| !wire.may_end(document)).map(|document| document.end).collect())
}

const LAW: &str = "prefix";
