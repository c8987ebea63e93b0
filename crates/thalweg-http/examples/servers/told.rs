//! What the server was told to say: `scripts.json`, of which `script.py` makes a model.

use serde_json::Value;
use thalweg::fold::Choice;

use crate::Fallible;

/// One script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Its reasoning, its text and its calls, as far as it has them, in the order in which they are said.
    pub(crate) parts: Vec<Part>,
    /// It begins again when it is over, and never ends.
    pub(crate) is_endless: bool,
}

/// One thing that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// `reasoning`, `text`, or `call ` and its name.
    pub(crate) what: String,
    /// Its text, or a call's arguments.
    pub(crate) words: String,
}

impl Told {
    /// The script of a name.
    pub(crate) fn of(name: &str) -> Fallible<Self> {
        let all: Value = serde_json::from_str(include_str!("scripts.json"))?;
        let script = all.get(name).ok_or_else(|| format!("scripts.json has no {name:?}"))?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let calls = script.get("calls").and_then(Value::as_array).into_iter().flatten();
        let calls =
            calls.map(|call| Part { what: format!("call {}", text(call, "name")), words: text(call, "arguments") });
        let plain = ["reasoning", "text"].map(|what| Part { what: what.to_owned(), words: text(script, what) });
        Ok(Self {
            parts: plain.into_iter().filter(|part| !part.words.is_empty()).chain(calls).collect(),
            is_endless: script.get("again").is_some(),
        })
    }

    /// Without the parts of a kind.
    pub(crate) fn without(mut self, what: &str) -> Self {
        self.parts.retain(|part| part.what != what);
        self
    }

    pub(crate) fn has_calls(&self) -> bool {
        self.parts.iter().any(Part::is_call)
    }

    /// Whether these parts are the beginning of it, and not all.
    pub(crate) fn begins_with(&self, said: &[Part]) -> bool {
        let Some((last, before)) = said.split_last() else { return false };
        let Some(told) = self.parts.get(before.len()).filter(|told| told.what == last.what) else { return false };
        let is_beginning = match self.is_endless {
            true => last.words.bytes().zip(told.words.bytes().cycle()).all(|(said, told)| said == told),
            false => told.words.starts_with(&last.words) && said != self.parts,
        };
        self.parts.starts_with(before) && is_beginning && !last.words.is_empty()
    }
}

impl Part {
    pub(crate) fn is_call(&self) -> bool {
        self.what.starts_with("call ")
    }
}

/// What was said in a choice.
pub(crate) fn said(choice: &Choice) -> Vec<Part> {
    let plain = [("reasoning", choice.reasoning()), ("text", choice.text())];
    let plain = plain.into_iter().filter(|(_, words)| !words.is_empty());
    let calls =
        choice.tool_calls().map(|call| (format!("call {}", call.name().unwrap_or_default()), call.text.clone()));
    plain.map(|(what, words)| (what.to_owned(), words)).chain(calls).map(|(what, words)| Part { what, words }).collect()
}
