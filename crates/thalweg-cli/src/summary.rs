//! A response for a person to read.
//!
//! Text of the stream stands behind a bar and is escaped, so that it can neither drive the terminal nor pass for a
//! line of ours.

use std::io::{self, Write};

use thalweg::fold::{AnomalyCount, Block, Choice, ReportedError, Tokens};
use thalweg::{Action, BlockClose, BlockKind, Close, Evidence, Id, InputState, Part, Response, Retry, UsageOrigin};

use crate::escape::{self, Line};
use crate::fold::Folded;
use crate::view::executor;

/// Writes the summary of a response.
pub(crate) fn write(folded: &Folded<'_>, out: &mut impl Write) -> io::Result<()> {
    let response = &folded.response;
    writeln!(out, "{}", Line(folded.file))?;
    writeln!(out, "  dialect   {}", folded.dialect.as_deref().unwrap_or("none that is known"))?;
    if let Some(id) = &response.id {
        writeln!(out, "  id        {}", Line(id))?;
    }
    if let Some(model) = &response.model {
        writeln!(out, "  model     {}", Line(model))?;
    }
    for (field, value) in &response.metas {
        writeln!(out, "  {:9} {}", field.as_str(), Line(value))?;
    }
    write_outcome(response, out)?;
    if let Some(resume) = &response.resume {
        writeln!(out, "  resume    {} after {}", Line(&resume.response_id), resume.after)?;
    }
    for choice in &response.choices {
        write_choice(choice, out)?;
    }
    if let Some(tokens) = &response.usage {
        write_usage(tokens, out)?;
    }
    write_troubles(response, out)?;
    writeln!(out)
}

/// Writes the verdict on a response, and what it rests on.
pub(crate) fn write_outcome(response: &Response, out: &mut impl Write) -> io::Result<()> {
    let outcome = response.outcome.map_or("none", |outcome| outcome.as_str());
    writeln!(out, "  outcome   {outcome}: {}", response.evidence.as_ref().map(evidence).unwrap_or_default())
}

/// Writes the errors of a response and what is wrong with its stream, a line each.
pub(crate) fn write_troubles(response: &Response, out: &mut impl Write) -> io::Result<()> {
    for error in &response.errors {
        write_error(error, out)?;
    }
    for anomaly in &response.anomalies {
        write_anomaly(anomaly, out)?;
    }
    if !response.unknown.is_empty() {
        writeln!(out, "  unknown   {}", counted(response.unknown.len() as u64, "frame", "frames"))?;
    }
    Ok(())
}

/// What a verdict rests on, in words.
fn evidence(evidence: &Evidence) -> String {
    let end = match (evidence.terminal, evidence.sentinel) {
        (true, _) => "the provider ended it",
        (false, true) => "an end mark came, but nothing that makes it good",
        (false, false) => "no end mark came",
    };
    let close = match evidence.close {
        Some(Close::Clean) => "the bytes ended in order",
        Some(Close::Broken) => "the bytes broke off",
        Some(Close::TimedOut) => "the bytes stopped coming",
        Some(Close::Cancelled) => "it was cancelled",
        _ => "the rest was not read",
    };
    let choices = counted(evidence.choices.into(), "choice", "choices");
    let frames = counted(evidence.frames, "frame", "frames");
    let limit = evidence.limit.map(|limit| format!(", the limit {limit} was reached")).unwrap_or_default();
    format!("{end}, {} of {choices} finished, {close} after {frames}{limit}", evidence.finished)
}

fn write_choice(choice: &Choice, out: &mut impl Write) -> io::Result<()> {
    write!(out, "  choice {}  ", choice.index)?;
    match &choice.finish {
        None => writeln!(out, "not finished")?,
        Some(finish) => {
            write!(out, "finished: {}", finish.reason)?;
            if let Some(raw) = finish.raw.as_deref().filter(|raw| *raw != finish.reason.as_str()) {
                write!(out, " ({})", Line(raw))?;
            }
            if let Some(detail) = &finish.detail {
                write!(out, ", {}", Line(detail))?;
            }
            writeln!(out)?;
        }
    }
    choice.blocks.iter().try_for_each(|block| write_block(block, out))
}

fn write_block(block: &Block, out: &mut impl Write) -> io::Result<()> {
    write!(out, "    [{}] ", block.id)?;
    write_kind(&block.kind, out)?;
    let end = match block.end.map(|end| end.how) {
        None => ", still open",
        Some(BlockClose::Incomplete) => ", stopped by the provider",
        Some(BlockClose::Truncated) => ", cut off",
        Some(BlockClose::Failed) => ", lost to an error",
        Some(_) => "",
    };
    writeln!(out, "{end}{}", block.end.and_then(|end| end.input).map(input_state).unwrap_or_default())?;
    for text in [&block.text, &block.transcript] {
        if !text.is_empty() {
            escape::lines(text).try_for_each(|line| writeln!(out, "      | {line}"))?;
        }
    }
    if !block.base64.is_empty() {
        writeln!(out, "      {} of base64", counted(block.base64.len() as u64, "character", "characters"))?;
    }
    write_fields(block, out)?;
    block.parts.iter().try_for_each(|part| write_part(part, out))
}

fn write_fields(block: &Block, out: &mut impl Write) -> io::Result<()> {
    for (name, value) in [("status", &block.status), ("format", &block.format)] {
        if let Some(value) = value {
            writeln!(out, "      {name}: {}", Line(value))?;
        }
    }
    for (name, data) in [("signature", &block.signature), ("encrypted content", &block.encrypted)] {
        if let Some(data) = data {
            writeln!(out, "      {name}: {}", counted(data.len() as u64, "byte", "bytes"))?;
        }
    }
    for (index, base64) in &block.previews {
        let length = counted(base64.len() as u64, "character", "characters");
        writeln!(out, "      preview {index}: {length} of base64")?;
    }
    Ok(())
}

fn write_kind(kind: &BlockKind<Box<str>>, out: &mut impl Write) -> io::Result<()> {
    match kind {
        BlockKind::Text => write!(out, "text"),
        BlockKind::Refusal => write!(out, "refusal"),
        BlockKind::Reasoning { form, .. } => write!(out, "reasoning ({form})"),
        BlockKind::ToolCall { id, name, .. } => write!(out, "tool call {}", call(name, id)),
        BlockKind::HostedCall { id, name, host, server, .. } => {
            write!(out, "tool call {}, run by the {}", call(name, id), executor(*host))?;
            write_server(server.as_deref(), out)
        }
        BlockKind::Approval { id, name, server, .. } => {
            write!(out, "approval of {}", call(name, id))?;
            write_server(server.as_deref(), out)
        }
        BlockKind::ToolResult { call_id, is_error, .. } => {
            write!(
                out,
                "{} of call {}",
                if *is_error { "error" } else { "result" },
                Line(call_id.as_deref().unwrap_or("?"))
            )
        }
        BlockKind::Image => write!(out, "image"),
        BlockKind::Audio => write!(out, "audio"),
        BlockKind::File => write!(out, "file"),
        BlockKind::Source => write!(out, "source"),
        BlockKind::Other { wire_type, .. } => write!(out, "other: {}", Line(wire_type)),
        _ => write!(out, "other"),
    }
}

fn write_server(server: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    server.map_or(Ok(()), |server| write!(out, " on {}", Line(server)))
}

/// A call's name and id.
fn call(name: &str, id: &Id<Box<str>>) -> String {
    let name = if name.is_empty() { "(no name)" } else { name };
    match id {
        Id::Wire(id) => format!("{} {}", Line(name), Line(id)),
        Id::Minted(n) => format!("{} (no id; number {n} of such calls)", Line(name)),
    }
}

fn input_state(state: InputState) -> String {
    match state {
        InputState::Valid => ", arguments valid".to_owned(),
        InputState::Empty => ", no arguments".to_owned(),
        InputState::NotObject => ", arguments are no JSON object: do not run".to_owned(),
        InputState::Invalid { at, .. } => format!(", arguments are no JSON from byte {at}: do not run"),
        InputState::Cut => ", arguments are cut: do not run".to_owned(),
        InputState::Concatenated => ", arguments are several JSON values: do not run".to_owned(),
        other => format!(", arguments {}", other.as_str()),
    }
}

fn write_part(part: &Part<Box<str>>, out: &mut impl Write) -> io::Result<()> {
    let (name, data) = match part {
        Part::Citation(json) => return writeln!(out, "      citation: {}", Line(json)),
        Part::Json(json) => return writeln!(out, "      json: {}", Line(json)),
        // Numbers by the thousand are nothing to read.
        Part::Logprobs(data) => ("log probabilities", data),
        Part::Progress(data) => ("progress", data),
        // The other parts are fields of the block.
        _ => return Ok(()),
    };
    writeln!(out, "      {name}: {}", counted(data.len() as u64, "byte", "bytes"))
}

fn write_usage(tokens: &Tokens, out: &mut impl Write) -> io::Result<()> {
    let counts = &tokens.counts;
    let named = [
        ("input", counts.input),
        ("output", counts.output),
        ("total", counts.total),
        ("read from cache", counts.cache_read),
        ("written to cache", counts.cache_write),
        ("reasoning", counts.reasoning),
        ("audio input", counts.input_audio),
        ("audio output", counts.output_audio),
    ];
    let given = named.iter().filter_map(|(name, count)| count.map(|count| format!("{name} {count}")));
    let origin = match tokens.origin {
        UsageOrigin::Provider => "",
        UsageOrigin::Partial => " (so far: the last word may be missing)",
        _ => " (estimated)",
    };
    writeln!(out, "  usage     {}{origin}", given.collect::<Vec<_>>().join(", "))
}

fn write_error(error: &ReportedError, out: &mut impl Write) -> io::Result<()> {
    write!(out, "  error     {} ({}", error.kind, error.origin)?;
    if let Some(status) = error.status {
        write!(out, ", status {status}")?;
    }
    if let Some(code) = &error.code {
        write!(out, ", code {}", Line(code))?;
    }
    if !error.fatal {
        write!(out, ", not fatal")?;
    }
    match error.retry {
        Retry::No => write!(out, ", retrying cannot help")?,
        Retry::Yes => write!(out, ", retrying can help")?,
        Retry::After { ms, .. } => write!(out, ", retrying can help after {ms} ms")?,
        _ => {}
    }
    writeln!(out, "): {}", Line(&error.message))
}

fn write_anomaly(anomaly: &AnomalyCount, out: &mut impl Write) -> io::Result<()> {
    let done = match anomaly.action {
        Action::Kept => "used as it came",
        Action::Dropped => "left out",
        Action::Replaced => "replaced",
        Action::Opened => "opened a block",
        Action::Closed => "closed a block",
        Action::Split => "made two of one",
        Action::Joined => "made one of two",
        other => other.as_str(),
    };
    write!(out, "  anomaly   {}, {}: {done}", anomaly.kind, counted(anomaly.count, "time", "times"))?;
    match anomaly.block {
        Some(block) if anomaly.count > 1 => writeln!(out, " (first in block {block})"),
        Some(block) => writeln!(out, " (block {block})"),
        None => writeln!(out),
    }
}

/// So many of something.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
