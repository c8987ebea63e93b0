//! Fields that most deltas do not have: typed content, reasoning with its seals, sound, pictures, citations, log
//! probabilities. Each is read from its own range of a frame that was validated whole.

use alloc::format;
use alloc::string::String;

use super::voice::Voice;
use super::wire::Rare;
use crate::emitter::{Channel, Emitter, Fragment, ReasoningPart, Span};
use crate::event::{Action, AnomalyKind, BlockKind, Part, Place, ReasoningForm, Wide};
use crate::json::{self, Error, Kind, Raw, Reader, Text, elements};

const REASONING: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Whether a content has reasoning in a structured field.
pub(super) fn has_reasoning(rare: &[(Rare, Raw)]) -> bool {
    rare.iter().any(|(field, _)| matches!(field, Rare::ReasoningDetails | Rare::ThinkingBlocks))
}

/// Says the reasoning of a content that has a structured field for it. `flat` is the text of the plain field, which
/// says the same in other words: it is given where the structured fields have no text, and compared where they have.
pub(super) fn say_reasoning(
    data: &str,
    flat: Option<Text>,
    rare: &[(Rare, Raw)],
    voice: &mut Voice<'_>,
) -> Result<(), Error> {
    let mut flat = flat.map(|text| Fragment::json(data, text));
    for (field, value) in rare {
        let value = value.of(data);
        if !matches!(field, Rare::ReasoningDetails | Rare::ThinkingBlocks) {
            continue;
        }
        let text = text_of(value, voice.out.limits().json_depth)?;
        match (flat, text) {
            (Some(plain), Said::Nothing) => {
                voice.append(REASONING, plain);
                flat = None;
            }
            (Some(plain), Said::Once(text)) if !plain.reads(text) => voice.out.other_words(voice.choice),
            (Some(plain), Said::Often(text)) if !plain.is(&text) => voice.out.other_words(voice.choice),
            _ => {}
        }
        match field {
            Rare::ReasoningDetails => say_details(value, voice)?,
            _ => each(value, voice, say_thinking_block)?,
        }
    }
    Ok(())
}

/// Says what else a content has beside text.
pub(super) fn say_media(data: &str, rare: &[(Rare, Raw)], voice: &mut Voice<'_>) -> Result<(), Error> {
    for (field, value) in rare {
        let value = value.of(data);
        match field {
            Rare::Parts => each(value, voice, say_part)?,
            Rare::Audio => say_audio(value, voice)?,
            Rare::Images => each(value, voice, |image, voice| {
                let index = Entry::read(image, voice.out.limits().json_depth)?.index;
                say_whole(index, BlockKind::Image, image, voice);
                Ok(())
            })?,
            Rare::Annotations => each(value, voice, |citation, voice| {
                voice.out.citation(voice.choice, citation);
                Ok(())
            })?,
            Rare::ReasoningOpaque => say_opaque(value, voice)?,
            Rare::ReasoningDetails | Rare::ThinkingBlocks => {}
        }
    }
    Ok(())
}

/// Calls `say` with each element of a list; a value that is no list is a list of one.
fn each(
    json: &str,
    voice: &mut Voice<'_>,
    mut say: impl FnMut(&str, &mut Voice<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    if !json.starts_with('[') {
        return say(json, voice);
    }
    let depth = voice.out.limits().json_depth;
    elements(json, depth, |_, entry| if entry == "null" { Ok(()) } else { say(entry, voice) })
}

/// The known fields of one entry of a list, whatever list it is.
#[derive(Default)]
struct Entry {
    kind: Option<Text>,
    index: Option<u32>,
    id: Option<Text>,
    /// `text`, `summary` or `thinking`, where it is a string, and which of them are lists.
    text: Option<Text>,
    list: Option<Raw>,
    refusal: Option<Text>,
    data: Option<Text>,
    signature: Option<Text>,
    format: Option<Text>,
    citations: Option<Raw>,
    /// The part says that it is the last of its block.
    is_closed: bool,
}

impl Entry {
    fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut entry = Self::default();
        let reader = &mut Reader::new(json, depth);
        if reader.peek()? != Kind::Object {
            return Ok(entry);
        }
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key.name(json, &mut [0; 32]) {
                "type" => entry.kind = reader.maybe_string()?,
                "id" => entry.id = reader.maybe_string()?,
                "index" => {
                    let raw = reader.skip()?;
                    entry.index = json::count(raw.of(json)).and_then(|index| u32::try_from(index).ok());
                }
                "text" | "summary" | "thinking" => match reader.peek()? {
                    Kind::String => entry.text = Some(reader.string()?),
                    Kind::Array => entry.list = Some(reader.skip()?),
                    _ => drop(reader.skip()?),
                },
                "refusal" => entry.refusal = reader.maybe_string()?,
                "data" => entry.data = reader.maybe_string()?,
                "signature" => entry.signature = reader.maybe_string()?,
                "format" => entry.format = reader.maybe_string()?,
                "citations" => entry.citations = reader.present()?,
                "closed" => entry.is_closed = reader.skip()?.of(json) == "true",
                _ => drop(reader.skip()?),
            }
        }
        Ok(entry)
    }

    fn is(&self, json: &str, kind: &str) -> bool {
        self.kind.is_some_and(|known| known.is(json, kind))
    }
}

/// A string of a list's entry; none where it is empty.
fn fragment(json: &str, text: Option<Text>) -> Option<Fragment<'_>> {
    text.filter(|text| !text.is_empty()).map(|text| Fragment::json(json, text))
}

/// How much text a structured field has.
enum Said<'a> {
    Nothing,
    Once(Fragment<'a>),
    /// Of several entries.
    Often(String),
}

fn text_of(list: &str, depth: u16) -> Result<Said<'_>, Error> {
    let mut said = Said::Nothing;
    let reader = &mut Reader::new(list, depth);
    if reader.peek()? != Kind::Array {
        add_text_of(list, depth, &mut said)?;
        return Ok(said);
    }
    reader.array()?;
    while reader.element()? {
        add_text_of(reader.skip()?.of(list), depth, &mut said)?;
    }
    Ok(said)
}

fn add_text_of<'a>(json: &'a str, depth: u16, said: &mut Said<'a>) -> Result<(), Error> {
    let entry = Entry::read(json, depth)?;
    let kind = entry.kind.unwrap_or_default();
    let is_known = ["reasoning.text", "reasoning.summary", "thinking"].iter().any(|known| kind.is(json, known));
    let Some(text) = fragment(json, entry.text).filter(|_| is_known) else { return Ok(()) };
    *said = match core::mem::replace(said, Said::Nothing) {
        Said::Nothing => Said::Once(text),
        Said::Once(first) => {
            let mut all = String::new();
            first.decode(&mut all);
            text.decode(&mut all);
            Said::Often(all)
        }
        Said::Often(mut all) => {
            text.decode(&mut all);
            Said::Often(all)
        }
    };
    Ok(())
}

/// OpenRouter's: fragments of parts that are told apart by type and index.
fn say_details(details: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    let depth = voice.out.limits().json_depth;
    each(details, voice, |json, voice| {
        let entry = Entry::read(json, depth)?;
        let form = match () {
            () if entry.is(json, "reasoning.text") => ReasoningForm::Full,
            () if entry.is(json, "reasoning.summary") => ReasoningForm::Summary,
            () if entry.is(json, "reasoning.encrypted") => ReasoningForm::Encrypted,
            () => {
                let name = fragment(json, entry.kind).unwrap_or_else(|| "reasoning_details".into());
                say_other(name, json, voice);
                return Ok(());
            }
        };
        let mut part = ReasoningPart::of(form);
        (part.item, part.id) = (entry.index, fragment(json, entry.id));
        if let Some(text) = fragment(json, entry.text) {
            voice.flush();
            voice.out.reasoning(voice.choice, part, text);
        }
        let seals = [
            (entry.signature, Part::Signature as fn(_) -> _),
            (entry.data, Part::Encrypted),
            (entry.format, Part::Format),
        ];
        // A format alone opens nothing.
        if entry.text.is_none() && entry.signature.is_none() && entry.data.is_none() {
            return Ok(());
        }
        for (seal, set) in seals {
            let Some(seal) = fragment(json, seal) else { continue };
            if let Some(block) = voice.out.reasoning_block(voice.choice, part) {
                voice.out.set(block, set, seal);
            }
        }
        Ok(())
    })
}

/// LiteLLM's: Anthropic's blocks beside the plain text.
fn say_thinking_block(json: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    let entry = Entry::read(json, voice.out.limits().json_depth)?;
    if entry.is(json, "redacted_thinking") {
        voice.flush();
        if let Some(data) = fragment(json, entry.data)
            && let Some(block) = voice.out.sealed_reasoning(voice.choice, ReasoningForm::Redacted)
        {
            voice.out.set(block, Part::Encrypted, data);
        }
        return Ok(());
    }
    if let Some(text) = fragment(json, entry.text) {
        voice.append(REASONING, text);
    }
    if let Some(signature) = fragment(json, entry.signature) {
        say_signature(Some(signature), voice);
        // It seals one block; what comes behind it is another.
        voice.out.end_reasoning(voice.choice);
    }
    Ok(())
}

fn say_signature(signature: Option<Fragment<'_>>, voice: &mut Voice<'_>) {
    if let Some(signature) = signature
        && let Some(block) = voice.out.reasoning_block(voice.choice, ReasoningPart::of(ReasoningForm::Full))
    {
        voice.out.set(block, Part::Signature, signature);
    }
}

/// Copilot's: state that only the provider can read.
fn say_opaque(json: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    let reader = &mut Reader::new(json, voice.out.limits().json_depth);
    if let Some(opaque) = fragment(json, reader.maybe_string()?)
        && let Some(block) = voice.out.reasoning_block(voice.choice, ReasoningPart::of(ReasoningForm::Full))
    {
        voice.out.set(block, Part::Encrypted, opaque);
    }
    Ok(())
}

/// One part of a `content` that is a list: Mistral's thinking and references, Databricks' summaries, text, refusals,
/// pictures, or what else a vendor calls content.
fn say_part(json: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    let depth = voice.out.limits().json_depth;
    let reader = &mut Reader::new(json, depth);
    match reader.peek()? {
        Kind::Object => {}
        Kind::String => {
            let text = reader.string()?;
            voice.append(Channel::Text, Fragment::json(json, text));
            return Ok(());
        }
        Kind::Null => return Ok(()),
        _ => {
            voice.out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
            return Ok(());
        }
    }
    let entry = Entry::read(json, depth)?;
    let mut short = [0; 32];
    match entry.kind.unwrap_or_default().name(json, &mut short) {
        "text" | "output_text" | "input_text" => {
            say_texts(json, &entry, Channel::Text, voice)?;
            if let Some(citations) = entry.citations {
                cite_each(citations.of(json), voice)?;
            }
        }
        "thinking" => {
            say_texts(json, &entry, REASONING, voice)?;
            say_signature(fragment(json, entry.signature), voice);
            if entry.is_closed {
                voice.flush();
                voice.out.end_reasoning(voice.choice);
            }
        }
        "reasoning" => say_texts(json, &entry, Channel::Reasoning(ReasoningForm::Summary), voice)?,
        "refusal" => {
            if let Some(text) = fragment(json, entry.refusal.or(entry.text)) {
                voice.append(Channel::Refusal, text);
            }
        }
        "image_url" | "image" => say_whole(entry.index, BlockKind::Image, json, voice),
        "document_url" | "file" => say_whole(entry.index, BlockKind::File, json, voice),
        "reference" | "tool_reference" | "citation" => cite(json, voice),
        "" if entry.text.is_some() => say_texts(json, &entry, Channel::Text, voice)?,
        _ => say_other(fragment(json, entry.kind).unwrap_or_else(|| "".into()), json, voice),
    }
    Ok(())
}

/// A citation at the end of the text so far.
fn cite(json: &str, voice: &mut Voice<'_>) {
    voice.flush();
    voice.out.citation(voice.choice, json);
}

/// Citations of a part's text: a list, or a list of lists.
fn cite_each(citations: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    each(citations, voice, |some, voice| {
        each(some, voice, |citation, voice| {
            cite(citation, voice);
            Ok(())
        })
    })
}

/// The text of a part: a string, or a list of parts with text.
fn say_texts(json: &str, entry: &Entry, channel: Channel, voice: &mut Voice<'_>) -> Result<(), Error> {
    if let Some(text) = fragment(json, entry.text) {
        voice.append(channel, text);
    }
    let Some(list) = entry.list else { return Ok(()) };
    let depth = voice.out.limits().json_depth;
    each(list.of(json), voice, |json, voice| {
        let entry = Entry::read(json, depth)?;
        match fragment(json, entry.text) {
            Some(text) => voice.append(channel, text),
            // Mistral cites inside its thoughts.
            None if entry.is(json, "reference") || entry.is(json, "tool_reference") => cite(json, voice),
            None if entry.text.is_none() => {
                say_other(fragment(json, entry.kind).unwrap_or_else(|| "".into()), json, voice)
            }
            None => {}
        }
        if let Some(signature) = fragment(json, entry.signature)
            && let Channel::Reasoning(form) = channel
            && let Some(block) = voice.out.reasoning_block(voice.choice, ReasoningPart::of(form))
        {
            voice.out.set(block, Part::Signature, signature);
        }
        Ok(())
    })
}

/// A block that comes whole, as the provider's own JSON.
fn say_whole(index: Option<u32>, kind: BlockKind<Span>, json: &str, voice: &mut Voice<'_>) {
    voice.flush();
    voice.out.item(voice.choice, Place::item(index.map(Wide::from)), kind, json);
}

fn say_other(name: Fragment<'_>, json: &str, voice: &mut Voice<'_>) {
    let name = voice.out.text(name);
    say_whole(None, BlockKind::other(name), json, voice);
}

/// `{id?, data?, transcript?, expires_at?}`: one of them a chunk, the last one alone at the end.
fn say_audio(json: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    let reader = &mut Reader::new(json, voice.out.limits().json_depth);
    if reader.peek()? != Kind::Object {
        return Ok(());
    }
    let (mut id, mut data, mut transcript, mut expires) = (None, None, None, None);
    reader.object()?;
    while let Some(key) = reader.key()? {
        match key.name(json, &mut [0; 32]) {
            "id" => id = reader.maybe_string()?,
            "data" => data = reader.maybe_string()?,
            "transcript" => transcript = reader.maybe_string()?,
            "expires_at" => expires = reader.present()?,
            _ => drop(reader.skip()?),
        }
    }
    let (id, data, transcript) = (fragment(json, id), fragment(json, data), fragment(json, transcript));
    if data.is_none() && transcript.is_none() && expires.is_none() && id.is_none() {
        return Ok(());
    }
    voice.flush();
    let out = &mut *voice.out;
    let Some(block) = out.audio(voice.choice, id) else { return Ok(()) };
    if let Some(data) = data {
        out.put(block, Part::Base64, data);
    }
    if let Some(transcript) = transcript {
        out.delta(block, transcript);
    }
    if let Some(expires) = expires {
        out.put(block, Part::Json, format!("{{\"expires_at\":{}}}", expires.of(json)).as_str().into());
    }
    Ok(())
}

/// Sources of the whole answer, which vendors repeat on every chunk: each is given once. Results say more of a source
/// than its address alone, so they are taken where there are any.
pub(super) fn say_sources(
    data: &str,
    (results, citations): (Option<Raw>, Option<Raw>),
    depth: u16,
    choice: u32,
    out: &mut Emitter,
) -> Result<(), Error> {
    let is_list = |raw: &Raw| raw.of(data).starts_with('[') && raw.of(data) != "[]";
    match results.filter(is_list).or(citations) {
        Some(list) => elements(list.of(data), depth, |_, source| {
            out.source(choice, source);
            Ok(())
        }),
        None => Ok(()),
    }
}

/// Log probabilities belong to the block that this chunk's content went to. They may come without any: a token that
/// is half a character has no text yet.
pub(super) fn say_logprobs(json: &str, voice: &mut Voice<'_>) -> Result<(), Error> {
    if !has_list(json, voice.out.limits().json_depth)? {
        return Ok(());
    }
    let Some(block) = voice.out.latest_or_text(voice.choice) else { return Ok(()) };
    voice.out.put(block, Part::Logprobs, json.into());
    Ok(())
}

/// Whether any field of an object is a list with something in it.
fn has_list(json: &str, depth: u16) -> Result<bool, Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(false);
    }
    reader.object()?;
    while reader.key()?.is_some() {
        if reader.peek()? != Kind::Array {
            reader.skip()?;
            continue;
        }
        reader.array()?;
        if reader.element()? {
            return Ok(true);
        }
    }
    Ok(false)
}
