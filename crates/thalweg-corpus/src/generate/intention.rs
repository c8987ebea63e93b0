//! What a stream is to mean.

use fastrand::Rng;

use super::perturbation::Perturbation as P;
use super::select::Selection;
use super::strings;

/// A response, as its author means it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Intention {
    /// The response's id.
    pub id: String,
    /// The model that answers.
    pub model: String,
    /// The answers, in order of appearance.
    pub choices: Vec<IntendedChoice>,
    /// What it costs, if the server says so.
    pub usage: Option<IntendedUsage>,
    /// The messages of its errors.
    pub errors: Vec<String>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedChoice {
    /// Its number on the wire.
    pub index: u32,
    /// Its content, in order.
    pub leaves: Vec<Leaf>,
    /// Why it ends, in the provider's words: the strongest of them where it has several.
    pub finish: String,
    /// The last word, where that is another one than the strongest.
    pub last_word: Option<String>,
}

/// One leaf of content. Texts may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaf {
    /// The answer.
    Text(String),
    /// What the model thinks.
    Reasoning(String),
    /// The model declines.
    Refusal(String),
    /// A call of a tool.
    Call(IntendedCall),
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedCall {
    /// The id, if the wire gives one.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The input, byte for byte.
    pub arguments: String,
    /// The provider's seal.
    pub signature: Option<String>,
    /// What a client must think of the input.
    pub verdict: InputVerdict,
}

/// What an input amounts to: [`thalweg::InputState`], which cannot be built outside of its crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputVerdict {
    /// One object.
    Valid,
    /// Nothing but whitespace.
    Empty,
    /// One value that is no object.
    NotObject,
    /// No JSON.
    Invalid {
        /// The offset of the first wrong byte.
        at: u32,
    },
    /// The beginning of JSON.
    Cut,
    /// Several values.
    Concatenated,
}

/// Token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedUsage {
    /// All input.
    pub prompt: u64,
    /// All output.
    pub completion: u64,
    /// Of the input: read from a cache.
    pub cached: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
}

impl IntendedChoice {
    /// The calls of a choice, in order.
    pub fn calls(&self) -> impl Iterator<Item = &IntendedCall> {
        self.leaves.iter().filter_map(|leaf| match leaf {
            Leaf::Call(call) => Some(call),
            _ => None,
        })
    }
}

impl IntendedCall {
    /// The signature that a proxy has put into the id.
    pub(super) fn signature_in_id(&self) -> Option<&str> {
        Some(self.id.as_deref()?.split_once("__thought__")?.1)
    }
}

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let count = [1, 1, 1, 2, 3][rng.usize(..5)];
    Intention {
        id: format!("chatcmpl-{:x}", rng.u64(..)),
        model: ["example-1", "models/ex\"ample", "例"][rng.usize(..3)].into(),
        choices: (0..count).map(|index| choice(index, rng)).collect(),
        usage: Some(usage(rng)),
        errors: Vec::new(),
    }
}

fn choice(index: u32, rng: &mut Rng) -> IntendedChoice {
    let leaves: Vec<_> = match rng.u8(..10) {
        0 => vec![],
        1 => vec![Leaf::Refusal(strings::text(rng))],
        // What nearly every answer is.
        2..=4 => vec![Leaf::Reasoning(strings::text(rng)), Leaf::Text(strings::text(rng))],
        5..=6 => (0..rng.usize(1..=4)).map(|n| call(n, rng)).collect(),
        _ => (0..rng.usize(1..=6)).map(|n| leaf(n, rng)).collect(),
    };
    let has_calls = leaves.iter().any(|leaf| matches!(leaf, Leaf::Call(_)));
    let reasons: &[&str] = if has_calls {
        &["tool_calls", "tool_calls", "tool_calls", "length", "function_call", "because"]
    } else {
        &["stop", "stop", "stop", "length", "content_filter", "because", "error"]
    };
    IntendedChoice { index, leaves, finish: reasons[rng.usize(..reasons.len())].into(), last_word: None }
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..8) {
        0..=1 => Leaf::Text(strings::text(rng)),
        2 => Leaf::Reasoning(strings::text(rng)),
        3 => Leaf::Refusal(strings::text(rng)),
        _ => call(n, rng),
    }
}

fn call(n: usize, rng: &mut Rng) -> Leaf {
    let (arguments, verdict) = strings::arguments(rng);
    let (id, name) = (Some(strings::id(rng, n)), strings::name(rng));
    Leaf::Call(IntendedCall { id, name, arguments, signature: None, verdict })
}

fn usage(rng: &mut Rng) -> IntendedUsage {
    let most = if rng.u8(..8) == 0 { 1 << 40 } else { 5000 };
    let prompt = rng.u64(..most);
    let completion = rng.u64(..5000);
    let part = |of: u64, rng: &mut Rng| rng.bool().then(|| rng.u64(..=of));
    IntendedUsage { prompt, completion, cached: part(prompt, rng), reasoning: part(completion, rng) }
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, rng: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    let count = intention.choices.len();
    for (n, choice) in intention.choices.iter_mut().enumerate() {
        if selection.has(P::ChoicesUnordered) {
            choice.index = [7, 0, 3][(n + 3 - count) % 3];
        }
        if selection.has(P::FinishStopWithCalls) && choice.calls().next().is_some() {
            choice.finish = "stop".into();
        }
        // Which of an unknown word and `stop` is the stronger one, nobody says.
        let is_ranked = !matches!(choice.finish.as_str(), "stop" | "because");
        if rng.bool() && is_ranked && selection.has(P::FinishDiffers) {
            choice.last_word = Some("stop".into());
        }
        if selection.has(P::FinishUpper) {
            choice.finish.make_ascii_uppercase();
        }
        for leaf in &mut choice.leaves {
            if let Leaf::Call(call) = leaf {
                adapt_call(call, selection, rng);
            }
        }
    }
    if [P::ErrorDetail, P::ErrorInGroq].iter().any(|&error| selection.has(error)) {
        intention.errors.push("The server is out of memory".into());
    }
}

fn adapt_call(call: &mut IntendedCall, selection: &Selection, rng: &mut Rng) {
    if selection.is_anonymous() {
        call.id = None;
    }
    call.signature = match call.signature_in_id() {
        Some(signature) => Some(signature.into()),
        None if selection.has(P::SignatureFields) || selection.has(P::SignatureGoogle) => {
            Some(format!("c2ln/{:x}+\"=", rng.u64(..)))
        }
        None => None,
    };
}
