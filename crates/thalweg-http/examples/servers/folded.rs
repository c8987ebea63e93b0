//! What the command line makes of a recording of its own.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use crate::Fallible;
use crate::api::{Api, Ask};
use crate::report::Report;
use crate::told::{Part, Told};

/// Writes the body of a request whose answer is to be streamed.
pub(crate) fn body(api: Api, script: &str) -> Fallible<ExitCode> {
    let mut body = api.body("scripted", &Ask { script, choices: 1, tokens_max: None });
    body["stream"] = true.into();
    writeln!(io::stdout(), "{body}")?;
    Ok(ExitCode::SUCCESS)
}

/// Compares what `thalweg fold --json` says, on the standard input, with what the server was told.
pub(crate) fn run(api: Api, script: &str, report: &mut Report) -> Fallible {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    let folded: Value = serde_json::from_str(&text)?;
    let told = Told::of(script)?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let blocks = folded["choices"][0]["blocks"].as_array().into_iter().flatten();
    let said: Vec<_> = blocks
        .map(|block| match block["type"].as_str() {
            Some("tool_call") => {
                Part { what: format!("call {}", word(&block["name"])), words: word(&block["arguments"]) }
            }
            _ => Part { what: word(&block["type"]), words: word(&block["text"]) },
        })
        .collect();
    let mut differences = Vec::new();
    if folded["outcome"] != "complete" {
        differences.push(format!("outcome: {}", folded["outcome"]));
    }
    if said != told.parts {
        differences.push(format!("said {said:?}, told {:?}", told.parts));
    }
    report.add(&format!("recorded and folded, {api}: {script}"), &differences)?;
    Ok(())
}
