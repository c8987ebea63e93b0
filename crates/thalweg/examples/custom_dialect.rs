//! Reads a vendor that the library does not know: a dialect made at run time, for example from a configuration file.
//!
//! `cargo run -p thalweg --example custom_dialect`
//!
//! The vendor speaks OpenAI's chat protocol and calls the field of its reasoning `thoughts`.

use std::io::{self, Write};

use thalweg::{Close, Dialect, Event, Normalizer, dialects};

const BODY: &str = r#"data: {"choices":[{"index":0,"delta":{"thoughts":"They greet me."}}]}

data: {"choices":[{"index":0,"delta":{"content":"Good morning"}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"#;

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for dialect in [&dialects::OPENAI_CHAT, &my_vendor(vec!["thoughts".to_owned()])] {
        writeln!(output, "{}:", dialect.name)?;
        let mut normalizer = Normalizer::new(dialect);
        normalizer.feed(BODY.as_bytes());
        normalizer.finish(Close::Clean);
        while let Some(event) = normalizer.poll() {
            match event {
                Event::ReasoningDelta { text, .. } => writeln!(output, "  reasoning: {text}")?,
                Event::TextDelta { text, .. } => writeln!(output, "  text: {text}")?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// A dialect is plain data: take the nearest one and change what differs.
fn my_vendor(reasoning_fields: Vec<String>) -> Dialect {
    let mut dialect = dialects::OPENAI_CHAT.clone();
    dialect.name = "my-vendor".into();
    dialect.oddities.reasoning_fields = reasoning_fields.into_iter().map(Into::into).collect();
    dialect
}
