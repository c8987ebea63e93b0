//! Asks a provider a question and prints the answer as it comes.
//!
//! ```sh
//! API_KEY=... cargo run -p thalweg-http --example ask -- openai-chat https://api.openai.com gpt-5-mini "When is low tide?"
//! ```
#![allow(clippy::print_stdout, reason = "it is what the example is for")]

use std::io::{self, Write};

use serde_json::{Value, json};
use thalweg::Event;
use thalweg_http::profile::Kind;
use thalweg_http::{Client, Endpoint, Request, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn core::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dialect, base, model, question] = &arguments[..] else {
        return Err("it takes a dialect, a base, a model and a question".into());
    };
    let mut endpoint = Endpoint::of(dialect, base)?;
    if let Some(key) = Secret::from_env("API_KEY") {
        endpoint = endpoint.with_key(key);
    }
    let request = Request::new(body(endpoint.profile().api.kind, question)).with_model(model);
    let mut answer = Client::new()?.send(&endpoint, request).await?;
    let mut out = io::stdout().lock();
    while let Some(event) = answer.next_event().await {
        match event {
            Event::TextDelta { text, .. } => write!(out, "{text}")?,
            Event::Error { message, .. } => writeln!(out, "\n-- {message}")?,
            Event::End { outcome, .. } => writeln!(out, "\n-- {outcome}")?,
            _ => {}
        }
        out.flush()?;
    }
    let timing = answer.timing();
    writeln!(out, "first token after {:?} us, all after {:?} us", timing.first_token_us(), timing.end_us)?;
    Ok(())
}

/// The question in the form that the API has for it.
fn body(kind: Kind, question: &str) -> Value {
    match kind {
        Kind::Responses => json!({"input": question}),
        Kind::Contents => json!({"contents": [{"role": "user", "parts": [{"text": question}]}]}),
        Kind::Messages => json!({"max_tokens": 1000, "messages": [{"role": "user", "content": question}]}),
        _ => json!({"messages": [{"role": "user", "content": question}]}),
    }
}
