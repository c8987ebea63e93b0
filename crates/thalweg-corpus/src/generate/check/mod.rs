//! Laws 5 and 11: what is folded from the bytes is what was intended.

mod blocks;
mod merged;

use core::fmt;

use thalweg::fold::{Block, Choice};
use thalweg::{
    AnomalyKind, Close, Dialect, Fold, InputState, Normalizer, Outcome, Protocol, Reason, Response, UsageOrigin,
    dialects,
};

use crate::Violation;
use crate::generate::intention::{InputVerdict, IntendedChoice, Intention};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::{Author, Generated, chat, generate, generate_within};
use crate::laws;

/// Folding the bytes of a generated stream gives what was intended: texts, their order where kinds alternate, calls
/// with their ids, names and inputs, finish reasons, token counts, the outcome, and exactly the anomalies that its
/// perturbations are.
///
/// # Errors
///
/// The first difference.
pub fn check_intention(generated: &Generated) -> Result<(), Violation> {
    let fold = || fold(generated.dialect, generated.chunking.split(&generated.bytes), generated.close);
    // A panic is our bug like any other: it gets its seed, and can be made small.
    let compared = match std::panic::catch_unwind(fold) {
        Ok(response) => compare(generated, &response),
        Err(_) => Err("decoding panicked".into()),
    };
    compared.map_err(|message| Violation::new("intention", format!("seed {}: {message}", generated.seed)))
}

/// Interleaving the fragments of a seed's tool calls, which have distinct keys on the wire, gives the calls that one
/// after another gives, and those are the ones intended.
///
/// # Errors
///
/// The first difference.
pub fn check_isolation(seed: u64) -> Result<(), Violation> {
    let (strands, intended) = chat::strands(seed);
    laws::check_isolation(&dialects::OPENAI_CHAT, &strands, 4, seed)?;
    let response = fold(&dialects::OPENAI_CHAT, [strands.in_turn().as_slice()], Close::Clean);
    let calls = response.choices.iter().flat_map(Choice::tool_calls);
    let inputs: Vec<_> = calls.map(|call| call.text.clone()).collect();
    if inputs == intended {
        return Ok(());
    }
    Err(Violation::new("isolation", format!("seed {seed}: calls in turn differ")).between(intended, inputs))
}

/// The stream of a seed with as few perturbations as still break a law, and how it breaks. None if the seed's stream
/// keeps the law.
pub fn smallest(
    protocol: Protocol,
    seed: u64,
    mut law: impl FnMut(&Generated) -> Result<(), Violation>,
) -> Option<(Generated, Violation)> {
    let mut found = generate(protocol, seed);
    let mut violation = law(&found).err()?;
    let mut allowed: Vec<P> = P::of(protocol).collect();
    for candidate in P::of(protocol) {
        let fewer: Vec<_> = allowed.iter().copied().filter(|allowed| *allowed != candidate).collect();
        let generated = generate_within(protocol, seed, &fewer);
        if let Err(still) = law(&generated) {
            (allowed, found, violation) = (fewer, generated, still);
        }
    }
    Some((found, violation))
}

fn fold<'a>(dialect: &Dialect, chunks: impl IntoIterator<Item = &'a [u8]>, close: Close) -> Response {
    let mut normalizer = Normalizer::new(dialect);
    let mut response = Response::default();
    for chunk in chunks {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            response.apply(&event);
        }
    }
    normalizer.finish(close);
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    response
}

fn compare(generated: &Generated, response: &Response) -> Result<(), String> {
    let intention = &generated.intention;
    same("id", &intention.id.as_deref(), &response.id.as_deref())?;
    same("model", &intention.model.as_deref(), &response.model.as_deref())?;
    let messages: Vec<_> = response.errors.iter().map(|error| String::from(&*error.message)).collect();
    same("errors", &intention.errors, &messages)?;
    // Nothing of a choice came before the bytes ended.
    let is_unsaid = generated.has(P::CutShort) && response.choices.is_empty();
    let intended = if is_unsaid { &[] } else { intention.choices.as_slice() };
    same("choices", &intended.len(), &response.choices.len())?;
    for intended in intended {
        let choice = response.choice(intended.index).ok_or_else(|| format!("choice {} is missing", intended.index))?;
        compare_choice(generated, intended, choice)
            .map_err(|message| format!("choice {}: {message}", intended.index))?;
    }
    compare_usage(generated, intention, response)?;
    same("outcome", &Some(outcome(generated)), &response.outcome)?;
    let mut signs: Vec<_> = generated.perturbations.iter().filter_map(|perturbation| perturbation.sign()).collect();
    let hints: Vec<_> = generated.perturbations.iter().flat_map(|perturbation| perturbation.hints()).collect();
    let mut seen: Vec<_> = response.anomalies.iter().map(|anomaly| anomaly.kind).collect();
    // What was to show may be in what is cut off.
    let shows = |sign: &AnomalyKind| !generated.has(P::CutShort) || seen.contains(sign);
    signs.retain(shows);
    seen.retain(|kind| signs.contains(kind) || !hints.contains(&kind));
    signs.sort_unstable();
    signs.dedup();
    seen.sort_unstable();
    seen.dedup();
    same("anomalies", &signs, &seen)
}

fn compare_choice(generated: &Generated, intended: &IntendedChoice, choice: &Choice) -> Result<(), String> {
    if matches!(generated.protocol, Protocol::OpenaiChat | Protocol::Mistral) {
        merged::compare(intended, choice)?;
    } else {
        blocks::compare(generated, intended, choice)?;
    }
    let is_refused = !choice.refusal().is_empty() && choice.text().is_empty();
    let reason = match (Author::of(generated.protocol).reason)(&intended.finish) {
        Reason::Stop if intended.calls().next().is_some() => Reason::ToolCalls,
        Reason::Stop if is_refused => Reason::Refusal,
        reason => reason,
    };
    let finish = choice.finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()));
    let raw = intended.last_word.as_ref().unwrap_or(&intended.finish);
    let is_finished = !generated.has(P::CutShort);
    same("finish", &is_finished.then_some((reason, Some(raw.as_str()))), &finish)
}

/// What the fold says of a call's input.
fn verdict(call: &Block) -> Result<Option<InputVerdict>, String> {
    let end = call.end.ok_or("it has no end")?;
    Ok(Some(match end.input {
        None => return Ok(None),
        Some(InputState::Valid) => InputVerdict::Valid,
        Some(InputState::Empty) => InputVerdict::Empty,
        Some(InputState::NotObject) => InputVerdict::NotObject,
        Some(InputState::Cut) => InputVerdict::Cut,
        Some(InputState::Concatenated) => InputVerdict::Concatenated,
        Some(InputState::Invalid { at, .. }) => InputVerdict::Invalid { at },
        Some(other) => return Err(format!("an input state that nobody intends: {other:?}")),
    }))
}

fn compare_usage(generated: &Generated, intention: &Intention, response: &Response) -> Result<(), String> {
    // Some wires count the whole at their end only.
    if generated.has(P::CutShort) {
        return Ok(());
    }
    let Some(usage) = &intention.usage else { return same("usage", &None, &response.usage) };
    let Some(tokens) = &response.usage else { return Err("usage is missing".into()) };
    let count = |count: Option<thalweg::Count>| count.map(thalweg::Count::get);
    let counts = &tokens.counts;
    same("usage origin", &UsageOrigin::Provider, &tokens.origin)?;
    let has_total = !matches!(generated.protocol, Protocol::AnthropicMessages | Protocol::Cohere | Protocol::Ollama);
    // Ollama leaves out zeros: what is absent is not known.
    let said = |count: u64| (count > 0 || generated.protocol != Protocol::Ollama).then_some(count);
    let total = has_total.then_some(usage.prompt + usage.completion);
    let want = [said(usage.prompt), said(usage.completion), total];
    same("usage", &want, &[counts.input, counts.output, counts.total].map(count))?;
    let want = [usage.cached, usage.written, usage.reasoning];
    same("usage details", &want, &[counts.cache_read, counts.cache_write, counts.reasoning].map(count))
}

/// What the reasons amount to, when the stream ended as it should.
fn outcome(generated: &Generated) -> Outcome {
    if !generated.intention.errors.is_empty() {
        return Outcome::Failed;
    }
    let is_weak = match generated.protocol {
        // Nothing but the end of a body is an end mark.
        Protocol::BedrockConverse => !generated.has(P::WholeBody),
        // Nothing but the end of an array, or of a body, is an end mark.
        Protocol::Gemini => {
            generated.has(P::ArrayOpen) || !(generated.has(P::JsonArray) || generated.has(P::WholeBody))
        }
        _ => generated.has(P::DoneMissing) || generated.has(P::StopMissing),
    };
    if generated.has(P::CutShort) || (is_weak && generated.close != Close::Clean) {
        return Outcome::Truncated;
    }
    let reasons = || generated.intention.choices.iter().map(|it| (Author::of(generated.protocol).reason)(&it.finish));
    let cuts = |reason: Reason| {
        matches!(reason, Reason::Length | Reason::ContentFilter | Reason::ContextWindow | Reason::Error)
    };
    match () {
        () if reasons().any(|reason| reason == Reason::Pause) => Outcome::Suspended,
        () if reasons().any(cuts) => Outcome::Incomplete,
        () => Outcome::Complete,
    }
}

fn same<T: PartialEq + fmt::Debug + ?Sized>(what: &str, intended: &T, got: &T) -> Result<(), String> {
    if intended == got { Ok(()) } else { Err(format!("{what}: intended {intended:?}, got {got:?}")) }
}
