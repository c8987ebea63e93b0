//! Laws 5 and 11: what is folded from the bytes is what was intended.

use core::fmt;

use fastrand::Rng;
use thalweg::fold::{Block, Choice};
use thalweg::{
    BlockKind, Close, Dialect, Fold, Id, InputState, Normalizer, Outcome, Reason, Response, UsageOrigin, dialects,
};

use super::intention::{InputVerdict, IntendedCall, IntendedChoice, Intention, Leaf};
use super::perturbation::Perturbation as P;
use super::{Generated, generate, generate_within, strings};
use crate::Violation;
use crate::laws::{self, Strands};

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
    let (strands, intended) = strands(seed);
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
pub fn smallest(seed: u64, mut law: impl FnMut(&Generated) -> Result<(), Violation>) -> Option<(Generated, Violation)> {
    let mut found = generate(seed);
    let mut violation = law(&found).err()?;
    let mut allowed = P::ALL.to_vec();
    for candidate in P::ALL {
        let fewer: Vec<_> = allowed.iter().copied().filter(|allowed| allowed != candidate).collect();
        let generated = generate_within(seed, &fewer);
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
    same("id", &Some(&*intention.id), &response.id.as_deref())?;
    same("model", &Some(&*intention.model), &response.model.as_deref())?;
    let messages: Vec<_> = response.errors.iter().map(|error| String::from(&*error.message)).collect();
    same("errors", &intention.errors, &messages)?;
    same("choices", &intention.choices.len(), &response.choices.len())?;
    for intended in &intention.choices {
        let choice = response.choice(intended.index).ok_or_else(|| format!("choice {} is missing", intended.index))?;
        compare_choice(intended, choice).map_err(|message| format!("choice {}: {message}", intended.index))?;
    }
    compare_usage(intention, response)?;
    same("outcome", &Some(outcome(generated)), &response.outcome)?;
    let mut signs: Vec<_> = generated.perturbations.iter().filter_map(|perturbation| perturbation.sign()).collect();
    let mut seen: Vec<_> = response.anomalies.iter().map(|anomaly| anomaly.kind).collect();
    signs.sort_unstable();
    seen.sort_unstable();
    seen.dedup();
    same("anomalies", &signs, &seen)
}

fn compare_choice(intended: &IntendedChoice, choice: &Choice) -> Result<(), String> {
    let spoken = |want: fn(&Leaf) -> Option<&str>| intended.leaves.iter().filter_map(want).collect::<String>();
    let text = spoken(|leaf| if let Leaf::Text(text) = leaf { Some(text) } else { None });
    let reasoning = spoken(|leaf| if let Leaf::Reasoning(text) = leaf { Some(text) } else { None });
    let refusal = spoken(|leaf| if let Leaf::Refusal(text) = leaf { Some(text) } else { None });
    same("text", &text, &choice.text())?;
    same("reasoning", &reasoning, &choice.reasoning())?;
    same("refusal", &refusal, &choice.refusal())?;
    same("leaves", &intended_shape(&intended.leaves), &folded_shape(&choice.blocks))?;
    let calls: Vec<_> = choice.tool_calls().collect();
    for (n, (intended, call)) in intended.calls().zip(calls).enumerate() {
        compare_call(intended, call).map_err(|message| format!("call {n}: {message}"))?;
    }
    let reason = match reason(&intended.finish) {
        Reason::Stop if intended.calls().next().is_some() => Reason::ToolCalls,
        Reason::Stop if !refusal.is_empty() && text.is_empty() => Reason::Refusal,
        reason => reason,
    };
    let finish = choice.finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()));
    let raw = intended.last_word.as_ref().unwrap_or(&intended.finish);
    same("finish", &Some((reason, Some(raw.as_str()))), &finish)
}

fn compare_call(intended: &IntendedCall, call: &Block) -> Result<(), String> {
    let BlockKind::ToolCall { id, name, .. } = &call.kind else { return Err("it is no client's call".into()) };
    let id = match id {
        Id::Wire(id) => Some(&**id),
        Id::Minted(_) => None,
    };
    same("id", &intended.id.as_deref(), &id)?;
    same("name", &*intended.name, &**name)?;
    same("signature", &intended.signature.as_deref(), &call.signature.as_deref())?;
    same("arguments", &intended.arguments, &call.text)?;
    let state = call.end.and_then(|end| end.input).ok_or("it has no input state")?;
    let verdict = match state {
        InputState::Valid => InputVerdict::Valid,
        InputState::Empty => InputVerdict::Empty,
        InputState::NotObject => InputVerdict::NotObject,
        InputState::Cut => InputVerdict::Cut,
        InputState::Concatenated => InputVerdict::Concatenated,
        InputState::Invalid { at, .. } => InputVerdict::Invalid { at },
        other => return Err(format!("an input state that nobody intends: {other:?}")),
    };
    same("input state", &intended.verdict, &verdict)
}

fn compare_usage(intention: &Intention, response: &Response) -> Result<(), String> {
    let Some(usage) = &intention.usage else { return same("usage", &None, &response.usage) };
    let Some(tokens) = &response.usage else { return Err("usage is missing".into()) };
    let count = |count: Option<thalweg::Count>| count.map(thalweg::Count::get);
    let counts = &tokens.counts;
    same("usage origin", &UsageOrigin::Provider, &tokens.origin)?;
    let want = [Some(usage.prompt), Some(usage.completion), Some(usage.prompt + usage.completion)];
    same("usage", &want, &[counts.input, counts.output, counts.total].map(count))?;
    same("usage details", &[usage.cached, usage.reasoning], &[counts.cache_read, counts.reasoning].map(count))
}

/// What the reasons amount to, when the stream ended as it should.
fn outcome(generated: &Generated) -> Outcome {
    if !generated.intention.errors.is_empty() {
        return Outcome::Failed;
    }
    let has = |perturbation: P| generated.perturbations.contains(&perturbation);
    if has(P::DoneMissing) && generated.close != Close::Clean {
        return Outcome::Truncated;
    }
    let cuts = |choice: &IntendedChoice| {
        matches!(reason(&choice.finish), Reason::Length | Reason::ContentFilter | Reason::Error)
    };
    if generated.intention.choices.iter().any(cuts) { Outcome::Incomplete } else { Outcome::Complete }
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw.to_ascii_lowercase().as_str() {
        "stop" => Reason::Stop,
        "length" => Reason::Length,
        "content_filter" => Reason::ContentFilter,
        "error" => Reason::Error,
        "tool_calls" | "function_call" => Reason::ToolCalls,
        _ => Reason::Other,
    }
}

/// Content as a sequence: neighbours of one kind are one, what is empty is nothing.
type Shape = Vec<(char, String)>;

fn intended_shape(leaves: &[Leaf]) -> Shape {
    let mut shape = Shape::new();
    for leaf in leaves {
        match leaf {
            Leaf::Text(text) => extend(&mut shape, 't', text),
            Leaf::Reasoning(text) => extend(&mut shape, 'r', text),
            Leaf::Refusal(text) => extend(&mut shape, 'n', text),
            Leaf::Call(call) => shape.push(('c', call.name.clone())),
        }
    }
    shape
}

fn folded_shape(blocks: &[Block]) -> Shape {
    let mut shape = Shape::new();
    for block in blocks {
        match &block.kind {
            BlockKind::Text => extend(&mut shape, 't', &block.text),
            BlockKind::Reasoning { .. } => extend(&mut shape, 'r', &block.text),
            BlockKind::Refusal => extend(&mut shape, 'n', &block.text),
            BlockKind::ToolCall { name, .. } => shape.push(('c', name.to_string())),
            _ => shape.push(('?', block.text.clone())),
        }
    }
    shape
}

fn extend(shape: &mut Shape, kind: char, text: &str) {
    match shape.last_mut() {
        Some((last, whole)) if *last == kind => whole.push_str(text),
        _ if text.is_empty() => {}
        _ => shape.push((kind, text.into())),
    }
}

fn same<T: PartialEq + fmt::Debug + ?Sized>(what: &str, intended: &T, got: &T) -> Result<(), String> {
    if intended == got { Ok(()) } else { Err(format!("{what}: intended {intended:?}, got {got:?}")) }
}

/// Calls that are told apart by their indexes alone, or by their ids alone, and their inputs.
fn strands(seed: u64) -> (Strands, Vec<String>) {
    let mut rng = Rng::with_seed(seed);
    let by_index = rng.bool();
    let mut strands = Strands::default();
    let mut inputs = Vec::new();
    for n in 0..rng.usize(2..=6) {
        let arguments = format!("{{\"call\":{n},\"text\":{}}}", serde_json::json!(strings::text(&mut rng)));
        let index = format!("\"index\":{}", n * 7);
        let key = if by_index { index } else { format!("\"index\":0,\"id\":\"call_{n}\"") };
        let mut frames = vec![frame(&key, &format!("\"name\":\"f{}\",\"arguments\":\"\"", n % 2))];
        let chars: Vec<char> = arguments.chars().collect();
        for piece in chars.chunks(rng.usize(1..=20)) {
            let piece = serde_json::json!(piece.iter().collect::<String>());
            frames.push(frame(&key, &format!("\"arguments\":{piece}")));
        }
        strands.calls.push(frames);
        inputs.push(arguments);
    }
    strands.after = b"data: {\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n".into();
    (strands, inputs)
}

fn frame(key: &str, function: &str) -> Vec<u8> {
    let call = format!("{{{key},\"function\":{{{function}}}}}");
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n").into_bytes()
}
