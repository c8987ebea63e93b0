//! `thalweg record`: sends a request and keeps the answer as it came, in the form of the corpus.

use core::fmt::Display;
use core::time::Duration;
use std::env::{self, VarError};
use std::fs;
use std::io::{self, Write};

use serde_json::Value;
use thalweg::policy::RetryRules;
use thalweg::{Close, Dialect, Fold, Normalizer, Recording, Response};
use thalweg_http::profile::{AskStream, ModelIn, Profile};
use thalweg_http::{Client, ClientRules, Collected, Endpoint, Recorder, Request, Secret, SendError};
use thalweg_stream::Until;

use crate::args::{HeaderEnv, RecordArguments};
use crate::escape::Line;
use crate::exit::{self, Exit};
use crate::interrupt::Interrupts;
use crate::summary::{self, counted};

/// Sends the request, writes the recording, says where; an error is one of the output.
pub(crate) fn run(arguments: &RecordArguments, out: &mut impl Write) -> io::Result<Exit> {
    let (endpoint, request) = match prepare(arguments) {
        Ok(prepared) => prepared,
        Err(wrong) => return Ok(wrong.say()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Ok(exit::unreadable("the runtime", &error)),
    };
    let is_new = !arguments.folder.exists();
    // An answer that cannot be kept is not asked for: it may cost something.
    if let Err(error) = Recorder::make_folder(&arguments.folder) {
        return Ok(exit::unreadable("--out", &error));
    }
    let exit = runtime.block_on(record(arguments, &endpoint, request, out));
    // Whoever interrupted the writing does not wait for it.
    runtime.shutdown_background();
    if is_new {
        // Only a folder that is empty is removed.
        let _ = fs::remove_dir(&arguments.folder);
    }
    exit
}

async fn record(
    arguments: &RecordArguments,
    endpoint: &Endpoint,
    request: Request,
    out: &mut impl Write,
) -> io::Result<Exit> {
    let recorder = Recorder::new();
    let mut interrupts = Interrupts::new();
    let called = tokio::select! {
        called = call(arguments, endpoint, request, &recorder) => Some(called),
        // The call is dropped, and what came until then is the recording.
        () = interrupts.next() => None,
    };
    let mut recording = recorder.recording();
    recording.finish(None, Close::Cancelled);
    let (response, exit) = match called {
        Some(Ok(collected)) => {
            if let Some(error) = &collected.error {
                exit::complain(&endpoint.base(), error);
            }
            let exit = collected.response.outcome.map_or(Exit::Failed, Exit::from);
            (collected.response, exit)
        }
        // Also what a provider says that refuses is worth to be kept.
        Some(Err(error)) => {
            let exit = exit::unreadable(&endpoint.base(), &error);
            if error.status().is_none() || recording.bytes().is_empty() {
                return Ok(exit);
            }
            (folded(arguments.dialect, &recording), Exit::Failed)
        }
        None => {
            let response = folded(arguments.dialect, &recording);
            let exit = response.outcome.map_or(Exit::Failed, Exit::from);
            (response, exit)
        }
    };
    let (writer, folder) = (recorder.clone(), arguments.folder.clone());
    let written = tokio::select! {
        written = tokio::task::spawn_blocking(move || writer.write(&folder)) => written,
        () = interrupts.next() => return Ok(exit::unreadable("--out", &"interrupted before all was written")),
    };
    match written.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
        Ok(body) => {
            say(&body.to_string_lossy(), &recording, &response, out)?;
            Ok(exit)
        }
        Err(error) => Ok(exit::unreadable("--out", &error)),
    }
}

/// What was written, and what it is.
fn say(body: &str, recording: &Recording, response: &Response, out: &mut impl Write) -> io::Result<()> {
    let close = recording.close().map_or("unknown", |close| close.as_str());
    let bytes = counted(recording.bytes().len() as u64, "byte", "bytes");
    let chunks = counted(recording.chunks().count() as u64, "chunk", "chunks");
    writeln!(out, "{}: {bytes} in {chunks}, close {close}", Line(body))?;
    summary::write_outcome(response, out)?;
    summary::write_troubles(response, out)
}

/// The response that was recorded.
fn folded(dialect: &'static Dialect, recording: &Recording) -> Response {
    let mut response = Response::default();
    recording.replay(&mut Normalizer::new(dialect), |_, event| response.apply(event));
    response
}

/// What is wrong with what was given, and where.
struct Wrong {
    what: String,
    why: String,
    exit: Exit,
}

impl Wrong {
    fn say(&self) -> Exit {
        exit::complain(&self.what, &self.why);
        self.exit
    }
}

/// A wrong value of the command line.
fn wrong(what: &str) -> impl Fn(String) -> Wrong {
    move |why| Wrong { what: what.to_owned(), why, exit: Exit::Usage }
}

/// Something that the command line names and that cannot be read.
fn unreadable(what: &str, why: &impl Display) -> Wrong {
    Wrong { what: what.to_owned(), why: why.to_string(), exit: Exit::Unreadable }
}

/// The request as it is given: nothing is put in or taken out.
fn prepare(arguments: &RecordArguments) -> Result<(Endpoint, Request), Wrong> {
    let scheme = arguments.url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(wrong("--url")("it must begin with http:// or https://".to_owned()));
    }
    let mut profile = Profile::of(&arguments.dialect.name)
        .ok_or_else(|| wrong("--dialect")(format!("{} has no profile", arguments.dialect.name)))?;
    profile.rules = Vec::new().into();
    profile.api.stream_query = "".into();
    profile.api.model = ModelIn::Body;
    let in_path = matches!(profile.api.ask_stream, AskStream::Path);
    let endpoint = Endpoint::new(profile, &arguments.url).map_err(|error| wrong("--url")(error.to_string()))?;
    let mut endpoint = endpoint.exactly();
    for header in &arguments.header_env {
        let value = value(header).map_err(wrong("--header-env"))?;
        // Whatever its name is: it came from where secrets are.
        endpoint = endpoint
            .with_secret_header(&header.name, &value)
            .map_err(|error| wrong("--header-env")(format!("{}: {error}", header.name)))?;
    }
    let body = body(arguments.data.as_deref().unwrap_or("{}"))?;
    let streams = in_path || body.get("stream") == Some(&Value::Bool(true));
    let request = if streams { Request::new(body) } else { Request::new(body).whole() };
    Ok((endpoint, request))
}

/// The value of a header.
fn value(header: &HeaderEnv) -> Result<String, String> {
    let variable = &header.variable;
    let secret = match env::var(variable) {
        Ok(text) => Secret::new(&text),
        Err(VarError::NotPresent) => return Err(format!("the variable {variable} is not set")),
        Err(VarError::NotUnicode(_)) => return Err(format!("the variable {variable} is not UTF-8")),
    };
    if secret.expose().is_empty() {
        return Err(format!("the variable {variable} is empty"));
    }
    let is_bare = header.name == "authorization" && !secret.expose().contains(' ');
    Ok(format!("{}{}", if is_bare { "Bearer " } else { "" }, secret.expose()))
}

/// A body: JSON itself, `@FILE`, or `@-` for standard input.
fn body(data: &str) -> Result<Value, Wrong> {
    let parse = |text: &str| match text.trim().is_empty() {
        true => Err("it is empty, where JSON should be".to_owned()),
        false => serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}")),
    };
    let Some(file) = data.strip_prefix('@') else { return parse(data).map_err(wrong("--data")) };
    let (what, text) = match file {
        "-" => ("standard input", io::read_to_string(io::stdin())),
        file => (file, fs::read_to_string(file)),
    };
    let text = text.map_err(|error| unreadable(what, &error))?;
    parse(&text).map_err(|why| unreadable(what, &why))
}

async fn call(
    arguments: &RecordArguments,
    endpoint: &Endpoint,
    request: Request,
    recorder: &Recorder,
) -> Result<Collected, SendError> {
    let mut rules = ClientRules::default();
    rules.retry = RetryRules::never();
    rules.deadlines.silence = Some(Duration::from_secs(arguments.silence));
    // How the bytes end is a part of the recording.
    rules.until = Until::Closed;
    let client = Client::new()?.with_rules(rules).with_recorder(recorder.clone());
    Ok(client.send(endpoint, request).await?.collect_response().await)
}
