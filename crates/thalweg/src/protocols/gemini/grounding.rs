//! Where an answer comes from: sources of the whole of it, and citations of its text. Frames repeat them; each is given
//! once.

use super::decode::Memory;
use super::wire::Candidate;
use crate::emitter::Emitter;
use crate::event::{Part, Scope};
use crate::json::{Error, elements, members};

#[inline]
pub(super) fn say(data: &str, candidate: &Candidate, memory: &Memory, out: &mut Emitter) -> Result<(), Error> {
    if let Some(grounding) = candidate.grounding {
        say_grounding(grounding.of(data), candidate.index, memory, out)?;
    }
    if let Some(citations) = candidate.citations {
        say_citations(citations.of(data), candidate.index, memory, out)?;
    }
    if let Some(context) = candidate.url_context {
        let json = context.of(data);
        let depth = out.limits().json_depth;
        let [list, snake] = members(json, ["urlMetadata", "url_metadata"], depth)?;
        say_sources(list.or(snake).map_or("", |raw| raw.of(json)), candidate.index, out)?;
        out.extras_of(Scope::Choice(candidate.index), json, &["urlMetadata", "url_metadata"]);
    }
    if let Some(logprobs) = candidate.logprobs
        && let Some(block) = memory.text
    {
        out.put(block, Part::Logprobs, logprobs.of(data).into());
    }
    Ok(())
}

/// Chunks are sources; supports say which text rests on which of them.
fn say_grounding(json: &str, choice: u32, memory: &Memory, out: &mut Emitter) -> Result<(), Error> {
    const FIELDS: [&str; 4] = ["groundingChunks", "grounding_chunks", "groundingSupports", "grounding_supports"];
    let [chunks, chunks_snake, supports, supports_snake] = members(json, FIELDS, out.limits().json_depth)?;
    say_sources(chunks.or(chunks_snake).map_or("", |raw| raw.of(json)), choice, out)?;
    say_cited(supports.or(supports_snake).map_or("", |raw| raw.of(json)), choice, memory, out)?;
    out.extras_of(Scope::Choice(choice), json, &FIELDS);
    Ok(())
}

fn say_citations(json: &str, choice: u32, memory: &Memory, out: &mut Emitter) -> Result<(), Error> {
    // The second is the name in the first versions.
    const FIELDS: [&str; 3] = ["citations", "citationSources", "citation_sources"];
    let [list, old, snake] = members(json, FIELDS, out.limits().json_depth)?;
    say_cited(list.or(old).or(snake).map_or("", |raw| raw.of(json)), choice, memory, out)?;
    out.extras_of(Scope::Choice(choice), json, &FIELDS);
    Ok(())
}

fn say_sources(list: &str, choice: u32, out: &mut Emitter) -> Result<(), Error> {
    each(list, out, |source, out| out.source(choice, source))
}

/// Citations of the text, or where none has come, sources.
fn say_cited(list: &str, choice: u32, memory: &Memory, out: &mut Emitter) -> Result<(), Error> {
    each(list, out, |citation, out| match memory.text {
        Some(block) => out.cite_once(block, citation),
        None => out.source(choice, citation),
    })
}

/// Each object of a list; what is absent is empty.
fn each(list: &str, out: &mut Emitter, mut say: impl FnMut(&str, &mut Emitter)) -> Result<(), Error> {
    if list.is_empty() {
        return Ok(());
    }
    let depth = out.limits().json_depth;
    elements(list, depth, |_, entry| {
        if entry.starts_with('{') {
            say(entry, out);
        }
        Ok(())
    })
}
