use serde::Deserialize;
use thalweg::fold::{Block, Choice};
use thalweg::{Count, Origin, Outcome, Reason, Response, Usage};

use crate::Violation;

/// What a person who read the bytes states about them: the `[expect]` table of `case.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Expect {
    /// The verdict.
    pub outcome: Outcome,
    /// Ids of all anomalies, sorted, each once; none where the case does not state them.
    pub anomalies: Option<Vec<String>>,
    /// Messages of the provider's errors, in order.
    #[serde(default)]
    pub errors: Vec<String>,
    /// Token counts; none where the wire gave none.
    pub usage: Option<ExpectedUsage>,
    /// Choices that brought content or a finish reason, sorted.
    #[serde(default)]
    pub choices: Vec<ExpectedChoice>,
}

/// Token counts, as far as the wire gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ExpectedUsage {
    /// All input, what was cached included.
    pub input: Option<u64>,
    /// All output, reasoning included.
    pub output: Option<u64>,
    /// Their sum, as the provider states it.
    pub total: Option<u64>,
    /// Of the input: read from a cache.
    pub cache_read: Option<u64>,
    /// Of the input: written to a cache.
    pub cache_write: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
}

/// One choice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExpectedChoice {
    /// Its number on the wire.
    pub index: u32,
    /// All its text, concatenated.
    #[serde(default)]
    pub text: String,
    /// All its reasoning, concatenated.
    #[serde(default)]
    pub reasoning: String,
    /// Its refusal.
    #[serde(default)]
    pub refusal: String,
    /// Why it ended; none where the wire does not say.
    pub finish: Option<ExpectedFinish>,
    /// The calls that the client must run, in order of first appearance.
    #[serde(default)]
    pub calls: Vec<ExpectedCall>,
    /// The calls that someone else runs, in the same order.
    #[serde(default)]
    pub hosted: Vec<ExpectedCall>,
}

/// Why a choice ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExpectedFinish {
    /// Normalized.
    pub reason: Reason,
    /// The last word of the wire for it.
    pub raw: Option<String>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExpectedCall {
    /// The id the wire gave it, if any.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// Its input, concatenated.
    pub arguments: String,
    /// Whether the input can be used; none where it is free text.
    pub state: Option<String>,
}

impl Expect {
    /// What is stated in an order must be in it.
    pub(crate) fn check_order(&self) -> Result<(), (&'static str, &'static str)> {
        let anomalies = self.anomalies.as_deref().unwrap_or_default();
        if !anomalies.is_sorted_by(|a, b| a < b) {
            return Err(("expect.anomalies", "must be sorted, each id once"));
        }
        if !self.choices.is_sorted_by(|a, b| a.index < b.index) {
            return Err(("expect.choices", "must be sorted by index"));
        }
        Ok(())
    }
}

/// Compares what was stated with what was decoded. The message lists everything that differs.
///
/// # Errors
/// When anything differs.
pub fn check_expectations(expect: &Expect, response: &Response) -> Result<(), Violation> {
    let mut found = Differences::default();
    found.check("outcome", Some(expect.outcome), response.outcome);
    if let Some(stated) = &expect.anomalies {
        let mut ids: Vec<_> = response.anomalies.iter().map(|anomaly| anomaly.kind.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        found.check("anomalies", stated.iter().map(String::as_str).collect(), ids);
    }
    let provided = response.errors.iter().filter(|error| error.origin == Origin::Provider);
    let messages: Vec<_> = provided.map(|error| &*error.message).collect();
    found.check("errors", expect.errors.iter().map(String::as_str).collect(), messages);
    found.check("usage", expect.usage.unwrap_or_default(), counted(response));
    check_choices(expect, response, &mut found);
    match found.lines.len() {
        0 => Ok(()),
        _ => Err(Violation::new("expectation", found.lines.join("; "))),
    }
}

fn counted(response: &Response) -> ExpectedUsage {
    let counts = response.usage.map_or_else(Usage::default, |tokens| tokens.counts);
    ExpectedUsage {
        input: counts.input.map(Count::get),
        output: counts.output.map(Count::get),
        total: counts.total.map(Count::get),
        cache_read: counts.cache_read.map(Count::get),
        cache_write: counts.cache_write.map(Count::get),
        reasoning: counts.reasoning.map(Count::get),
    }
}

fn check_choices(expect: &Expect, response: &Response, found: &mut Differences) {
    let is_told = |choice: &&Choice| !choice.blocks.is_empty() || choice.finish.is_some();
    let mut given: Vec<_> = response.choices.iter().filter(is_told).map(|choice| choice.index).collect();
    given.sort_unstable();
    found.check("choices", expect.choices.iter().map(|choice| choice.index).collect(), given);
    for stated in &expect.choices {
        let Some(choice) = response.choice(stated.index) else { continue };
        let of = |what: &str| format!("choice {} {what}", stated.index);
        found.check(&of("text"), stated.text.clone(), choice.text());
        found.check(&of("reasoning"), stated.reasoning.clone(), choice.reasoning());
        found.check(&of("refusal"), stated.refusal.clone(), choice.refusal());
        let finish = choice
            .finish
            .as_ref()
            .map(|finish| ExpectedFinish { reason: finish.reason, raw: finish.raw.as_deref().map(String::from) });
        found.check(&of("finish"), stated.finish.clone(), finish);
        check_calls(&of("call"), &stated.calls, choice.tool_calls(), found);
        check_calls(&of("hosted call"), &stated.hosted, choice.hosted_calls(), found);
    }
}

fn check_calls<'a>(
    what: &str,
    stated: &[ExpectedCall],
    given: impl Iterator<Item = &'a Block>,
    found: &mut Differences,
) {
    let calls: Vec<_> = given.map(called).collect();
    found.check(&format!("number of {what}s"), stated.len(), calls.len());
    for (n, (stated, call)) in stated.iter().zip(calls).enumerate() {
        found.check(&format!("{what} {n}"), stated.clone(), call);
    }
}

fn called(block: &Block) -> ExpectedCall {
    ExpectedCall {
        id: block.wire_id().map(String::from),
        name: block.name().unwrap_or_default().into(),
        arguments: block.text.clone(),
        state: block.end.and_then(|end| end.input).map(|state| state.as_str().into()),
    }
}

/// What differs, one line each.
#[derive(Default)]
struct Differences {
    lines: Vec<String>,
}

impl Differences {
    fn check<T: core::fmt::Debug + PartialEq>(&mut self, what: &str, stated: T, got: T) {
        if stated != got {
            self.lines.push(format!("{what}: stated {stated:?}, got {got:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Setup;

    const BODY: &[u8] =
        b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n";
    const STATED: &str = "outcome = \"complete\"\nanomalies = []\n[[choices]]\nindex = 0\ntext = \"Hi\"\n\
                          finish = { reason = \"stop\", raw = \"stop\" }\n";

    #[test]
    fn every_field_is_compared() {
        let response = Setup::from(&thalweg::dialects::OPENAI_CHAT).response(BODY);
        let check = |stated: &str| {
            let expect: Expect = toml::from_str(stated).expect("it is well formed");
            check_expectations(&expect, &response).map_err(|violation| violation.message)
        };
        assert_eq!(check(STATED), Ok(()));
        for (from, to, named) in [
            ("complete", "truncated", "outcome"),
            ("= []", "= [\"bad_frame\"]", "anomalies"),
            ("anomalies = []", "errors = [\"no\"]", "errors"),
            ("anomalies = []", "usage = { input = 0 }", "usage"),
            ("index = 0", "index = 1", "choices"),
            ("Hi", "Ho", "choice 0 text"),
            ("text =", "refusal =", "choice 0 refusal"),
            ("raw = \"stop\"", "raw = \"end\"", "choice 0 finish"),
        ] {
            let message = check(&STATED.replace(from, to)).expect_err(named);
            assert!(message.contains(named), "{message}");
        }
    }
}
