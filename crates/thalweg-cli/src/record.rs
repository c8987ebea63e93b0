//! `thalweg record`: sends a request and keeps the answer as it came, in the form of the corpus.

use std::fs;
use std::io::{self, Read, Write};

use serde_json::Value;
use thalweg::Outcome;
use thalweg::policy::RetryRules;
use thalweg_http::profile::{AskStream, ModelIn, Profile};
use thalweg_http::{Client, ClientRules, Endpoint, Recorder, Request, Secret, SendError};
use thalweg_stream::Until;

use crate::args::RecordArguments;
use crate::escape::Line;
use crate::exit::{self, Exit};

/// Sends the request, writes the recording, says where; an error is one of the output.
pub(crate) fn run(arguments: &RecordArguments, out: &mut impl Write) -> io::Result<Exit> {
    let (endpoint, request) = match prepare(arguments) {
        Ok(prepared) => prepared,
        Err(Wrong { what, why }) => return Ok(exit::unreadable(&what, &why)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Ok(exit::unreadable("the runtime", &error)),
    };
    let recorder = Recorder::new();
    let answer = runtime.block_on(call(&endpoint, request, &recorder));
    let recording = recorder.recording();
    let exit = match answer {
        Ok(outcome) => outcome.map_or(Exit::Failed, Exit::from),
        // Also what a provider says that refuses is worth to be kept.
        Err(error) => {
            let exit = exit::unreadable(&endpoint.base(), &error);
            if error.status().is_none() || recording.bytes().is_empty() {
                return Ok(exit);
            }
            Exit::Failed
        }
    };
    match recorder.write(&arguments.folder) {
        Ok(body) => {
            let close = recording.close().map_or("unknown", |close| close.as_str());
            let (bytes, chunks) = (recording.bytes().len(), recording.chunks().count());
            let body = body.to_string_lossy();
            writeln!(out, "{}: {bytes} bytes in {chunks} chunks, close {close}", Line(&body))?;
            Ok(exit)
        }
        Err(error) => Ok(exit::unreadable(&arguments.folder.to_string_lossy(), &error)),
    }
}

/// What is wrong with what was given, and where.
struct Wrong {
    what: String,
    why: String,
}

fn wrong(what: &str) -> impl Fn(String) -> Wrong {
    move |why| Wrong { what: what.to_owned(), why }
}

/// The request as it is given: nothing is put in or taken out.
fn prepare(arguments: &RecordArguments) -> Result<(Endpoint, Request), Wrong> {
    let body = body(arguments.data.as_deref().unwrap_or("{}"))?;
    let mut profile = Profile::of(&arguments.dialect.name)
        .ok_or_else(|| wrong("--dialect")(format!("{} has no profile", arguments.dialect.name)))?;
    profile.rules = Vec::new().into();
    profile.api.stream_query = "".into();
    profile.api.model = ModelIn::Body;
    let streams = match profile.api.ask_stream {
        AskStream::Path => true,
        _ => body.get("stream") == Some(&Value::Bool(true)),
    };
    let request = if streams { Request::new(body) } else { Request::new(body).whole() };
    let endpoint = Endpoint::new(profile, &arguments.url).map_err(|error| wrong("--url")(error.to_string()))?;
    let mut endpoint = endpoint.exactly();
    for header in &arguments.header_env {
        let secret = Secret::from_env(&header.variable)
            .ok_or_else(|| wrong("--header-env")(format!("the variable {} is not set", header.variable)))?;
        let is_bare = header.name == "authorization" && !secret.expose().contains(' ');
        let value = format!("{}{}", if is_bare { "Bearer " } else { "" }, secret.expose());
        // Whatever its name is: it came from where secrets are.
        endpoint = endpoint
            .with_secret_header(&header.name, &value)
            .map_err(|error| wrong("--header-env")(format!("{}: {error}", header.name)))?;
    }
    Ok((endpoint, request))
}

/// A body: JSON itself, `@FILE`, or `@-` for standard input.
fn body(data: &str) -> Result<Value, Wrong> {
    let text = match data.strip_prefix('@') {
        None => data.to_owned(),
        Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map_err(|error| wrong("standard input")(error.to_string()))?;
            text
        }
        Some(file) => fs::read_to_string(file).map_err(|error| wrong(file)(error.to_string()))?,
    };
    serde_json::from_str(&text).map_err(|error| wrong("--data")(format!("it is no JSON: {error}")))
}

async fn call(endpoint: &Endpoint, request: Request, recorder: &Recorder) -> Result<Option<Outcome>, SendError> {
    let mut rules = ClientRules::default();
    rules.retry = RetryRules::never();
    // How the bytes end is a part of the recording.
    rules.until = Until::Closed;
    let client = Client::new()?.with_rules(rules).with_recorder(recorder.clone());
    Ok(client.send(endpoint, request).await?.collect_response().await.response.outcome)
}
