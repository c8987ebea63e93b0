//! LiteLLM before recordings that `thalweg replay` serves: what it makes of them must mean what the corpus states.

use serde_json::Value;
use thalweg::fold::Choice;
use thalweg_corpus::{Case, ExpectedChoice};
use thalweg_http::Endpoint;

use crate::Fallible;
use crate::api::{Api, Ask, Server};
use crate::call::{Midway, call};
use crate::report::Report;
use crate::told::{Part, said};

/// Every case by each API by which LiteLLM can pass it on.
pub(crate) async fn run(url: &str, report: &mut Report) -> Fallible {
    for (case, apis) in CASES {
        for api in *apis {
            let differences = one(url, case, *api).await.unwrap_or_else(|error| vec![error.to_string()]);
            report.add(&format!("Litellm before replay, {api}: {case}"), &differences)?;
        }
    }
    Ok(())
}

async fn one(url: &str, case: &str, api: Api) -> Fallible<Vec<String>> {
    let expected = Case::load(thalweg_corpus::root().join(case))?.expect;
    let endpoint = Endpoint::of(Server::Litellm.dialect(api), url)?;
    // What it is asked for does not matter: the answer is the recording.
    let ask = Ask { script: "text", choices: 1, tokens_max: None };
    let seen = call(&endpoint, api.body(&case.replace('/', "."), &ask), Midway::On).await?;
    let mut differences = seen.check_recording(&endpoint, Midway::On)?;
    if seen.response.outcome != Some(expected.outcome) || !seen.response.errors.is_empty() {
        differences.push(format!("outcome {:?}, errors {:?}", seen.response.outcome, seen.response.errors));
    }
    let [choice] = &*seen.response.choices else { return Err("not one choice".into()) };
    let [stated] = &*expected.choices else { return Err("the case states not one choice".into()) };
    differences.extend(differ(choice, stated));
    Ok(differences)
}

/// What a choice has that the case does not state, or the other way round.
fn differ(choice: &Choice, stated: &ExpectedChoice) -> Option<String> {
    let plain = [("reasoning", &stated.reasoning), ("text", &stated.text)].into_iter();
    let plain = plain.filter(|(_, words)| !words.is_empty()).map(|(what, words)| (what.to_owned(), words));
    let calls = stated.calls.iter().map(|call| (format!("call {}", call.name), &call.arguments));
    let parts = plain.chain(calls).map(|(what, words)| Part { what, words: words.clone() });
    let (parts, said): (Vec<_>, Vec<_>) = (parts.map(meant).collect(), said(choice).into_iter().map(meant).collect());
    let reason = choice.finish.as_ref().map(|finish| finish.reason);
    let stated_reason = stated.finish.as_ref().map(|finish| finish.reason);
    let is_as_stated = said == parts && reason == stated_reason;
    (!is_as_stated).then(|| format!("said {said:?}, {reason:?}; stated {parts:?}, {stated_reason:?}"))
}

/// A part whose JSON is written as serde writes it: LiteLLM writes arguments anew where their provider has an object.
fn meant(mut part: Part) -> Part {
    if let (true, Ok(json)) = (part.is_call(), serde_json::from_str::<Value>(&part.words)) {
        part.words = json.to_string();
    }
    part
}

/// Cases, which `litellm.yaml` names, too, and the APIs by which LiteLLM 1.106.2 passes them on whole. It passes what comes
/// by Responses on by Chat without its content, and glues two calls that one chunk has together by Messages.
const CASES: &[(&str, &[Api])] = &[
    ("openai-chat/text", &[Api::Chat, Api::Messages]),
    ("llama-server/parallel_tool_calls", &[Api::Chat, Api::Messages]),
    ("deepseek/reasoning-then-content", &[Api::Chat, Api::Responses]),
    ("deepseek/parallel_tool_calls", &[Api::Chat, Api::Responses]),
    ("mistral/text", &Api::ALL),
    ("mistral/parallel_tool_calls", &[Api::Chat, Api::Responses]),
    ("openai-responses/text", &[Api::Responses, Api::Messages]),
    ("openai-responses/parallel_tool_calls", &[Api::Responses, Api::Messages]),
    ("anthropic-messages/text", &Api::ALL),
    ("anthropic-messages/thinking", &Api::ALL),
    ("anthropic-messages/parallel_tool_calls", &Api::ALL),
    ("gemini/text", &Api::ALL),
    ("gemini/parallel_tool_calls", &Api::ALL),
    ("ollama/text", &Api::ALL),
    ("ollama/tool_call", &Api::ALL),
];
