//! One chunk as ranges of its frame: read in one pass, into vectors that are used again for the next.
//!
//! Reading comes before saying: a chunk that turns out to be broken in its last byte has said nothing.

use alloc::vec::Vec;
use core::ops::Range;

use crate::dialect::Oddities;
use crate::emitter::Key;
use crate::event::LimitKind;
use crate::json::{self, Error, Kind, Raw, Reader, Text};
use crate::limits::Limits;

/// A chunk, or a complete body, which has `message` in place of `delta`.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) head: Head,
    pub(super) choices: Vec<Choice>,
    pub(super) calls: Vec<Call>,
}

/// What a chunk says beside its choices.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<Text>,
    pub(super) model: Option<Text>,
    pub(super) created: Option<Raw>,
    pub(super) service_tier: Option<Text>,
    pub(super) fingerprint: Option<Text>,
    pub(super) object: Option<Text>,
    pub(super) error: Option<Raw>,
    pub(super) usage: Option<Raw>,
    /// The field is there, even if it is null: the frame is a chunk.
    pub(super) has_choices: bool,
    /// A known field holds a value of a type that the documentation does not know.
    pub(super) is_odd: bool,
    /// It holds more choices or calls than a whole stream may have.
    pub(super) over: Option<LimitKind>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) delta: Content,
    /// A whole message: the answer itself in a complete body, a restatement in a stream. Read with
    /// [`Content::read`] when it is wanted.
    pub(super) message: Option<Raw>,
    pub(super) logprobs: Option<Raw>,
    pub(super) finish_reason: Option<Text>,
    pub(super) error: Option<Raw>,
}

/// What a delta or a message holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) text: Option<Text>,
    /// By the rank of the field in the dialect.
    pub(super) reasoning: [Option<Text>; REASONING_FIELDS_MOST],
    pub(super) refusal: Option<Text>,
    pub(super) audio: Option<Raw>,
    pub(super) annotations: Option<Raw>,
    /// Its part of the calls that were read with it.
    pub(super) calls: Range<usize>,
    /// As [`Chunk::is_odd`].
    pub(super) is_odd: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub(super) key: Option<Key>,
    pub(super) id: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) input: Input,
    pub(super) is_custom: bool,
}

/// A call's input is a string; some servers send the object itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Input {
    #[default]
    Absent,
    Text(Text),
    Value(Raw),
}

impl Chunk {
    /// Reads a frame that is a JSON object. On an error the chunk holds rubbish and must not be used.
    pub(super) fn read(&mut self, data: &str, limits: &Limits, oddities: &Oddities) -> Result<(), Error> {
        self.choices.clear();
        self.calls.clear();
        self.head = Head::default();
        let head = &mut self.head;
        let json = &mut Reader::new(data, limits.json_depth);
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "id" => head.id = json.maybe_string()?,
                "model" => head.model = json.maybe_string()?,
                "created" => head.created = Some(json.skip()?),
                "object" => head.object = json.maybe_string()?,
                "service_tier" => head.service_tier = json.maybe_string()?,
                "system_fingerprint" => head.fingerprint = json.maybe_string()?,
                "error" => head.error = present(json)?,
                "usage" => head.usage = present(json)?,
                "choices" => {
                    head.has_choices = true;
                    read_choices(json, head, &mut self.choices, &mut self.calls, (limits, oddities))?;
                }
                _ => drop(json.skip()?),
            }
        }
        json.end()
    }

    pub(super) fn retained(&self) -> usize {
        self.choices.capacity() * size_of::<Choice>() + self.calls.capacity() * size_of::<Call>()
    }

    /// Gives back what a chunk of many choices or calls made the vectors grow to.
    pub(super) fn shrink(&mut self) {
        self.choices.truncate(KEPT);
        self.choices.shrink_to(KEPT);
        self.calls.truncate(KEPT);
        self.calls.shrink_to(KEPT);
    }
}

/// What a wire is read by.
type Rules<'a> = (&'a Limits, &'a Oddities);

fn read_choices(
    json: &mut Reader<'_>,
    head: &mut Head,
    choices: &mut Vec<Choice>,
    calls: &mut Vec<Call>,
    rules: Rules<'_>,
) -> Result<(), Error> {
    // The last of several fields of one name stands.
    choices.clear();
    calls.clear();
    let kind = json.peek()?;
    if kind != Kind::Array {
        head.is_odd |= kind != Kind::Null;
        json.skip()?;
        return Ok(());
    }
    json.array()?;
    while json.element()? {
        if json.peek()? != Kind::Object {
            head.is_odd = true;
            json.skip()?;
        } else if choices.len() >= rules.0.choices as usize {
            head.over = Some(LimitKind::Choices);
            json.skip()?;
        } else {
            // Filled where it lies: it is large.
            choices.push(Choice::default());
            if let Some(choice) = choices.last_mut() {
                choice.read(json, head, calls, rules)?;
            }
        }
    }
    Ok(())
}

impl Choice {
    fn read(
        &mut self,
        json: &mut Reader<'_>,
        head: &mut Head,
        calls: &mut Vec<Call>,
        rules: Rules<'_>,
    ) -> Result<(), Error> {
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                // A negative index, or one of another type, is the first choice's: there is nearly always only one.
                "index" => self.index = read_key(json)?.and_then(Key::small).unwrap_or(0),
                "delta" => self.delta.read(json, calls, rules)?,
                "message" => self.message = present(json)?,
                // The legacy completions stream.
                "text" => self.delta.text = json.maybe_string()?.or(self.delta.text),
                "finish_reason" => match json.peek()? {
                    Kind::String => self.finish_reason = Some(json.string()?),
                    kind => {
                        head.is_odd |= kind != Kind::Null;
                        json.skip()?;
                    }
                },
                "logprobs" => self.logprobs = present(json)?,
                "error" => self.error = present(json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }
}

impl Content {
    /// Reads `delta` or `message`, and its calls behind the others. A missing one and null are the same as an empty
    /// one.
    pub(super) fn read(
        &mut self,
        json: &mut Reader<'_>,
        calls: &mut Vec<Call>,
        (limits, oddities): Rules<'_>,
    ) -> Result<(), Error> {
        let kind = json.peek()?;
        if kind != Kind::Object {
            self.is_odd |= kind != Kind::Null;
            json.skip()?;
            return Ok(());
        }
        // Both kinds of calls follow each other in the vector.
        self.calls = calls.len()..calls.len();
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "content" => match json.peek()? {
                    Kind::String => self.text = Some(json.string()?),
                    kind => {
                        self.is_odd |= kind != Kind::Null;
                        json.skip()?;
                    }
                },
                "refusal" => self.refusal = json.maybe_string()?,
                "tool_calls" => read_calls(json, calls, limits)?,
                "function_call" if json.peek()? == Kind::Object => {
                    let mut call = Call::default();
                    read_function(json, &mut call)?;
                    calls.push(call);
                }
                "audio" => self.audio = present(json)?,
                "annotations" => self.annotations = present(json)?,
                name => match oddities.reasoning_fields.iter().position(|field| field == name) {
                    Some(rank) if rank < REASONING_FIELDS_MOST => self.reasoning[rank] = json.maybe_string()?,
                    _ => drop(json.skip()?),
                },
            }
        }
        self.calls.end = calls.len();
        Ok(())
    }

    /// Whether it says nothing.
    pub(super) fn is_blank(&self) -> bool {
        let blank = |text: Option<Text>| text.is_none_or(Text::is_empty);
        self.reasoning.into_iter().chain([self.text, self.refusal]).all(blank)
            && self.calls.is_empty()
            && self.audio.is_none()
            && self.annotations.is_none()
    }
}

fn read_calls(json: &mut Reader<'_>, calls: &mut Vec<Call>, limits: &Limits) -> Result<(), Error> {
    if json.peek()? != Kind::Array {
        json.skip()?;
        return Ok(());
    }
    json.array()?;
    while json.element()? {
        // One more than is allowed: the chunk is over its limit, and that is seen when it is said.
        if json.peek()? == Kind::Object && calls.len() <= limits.blocks as usize {
            calls.push(read_call(json)?);
        } else {
            json.skip()?;
        }
    }
    Ok(())
}

fn read_call(json: &mut Reader<'_>) -> Result<Call, Error> {
    let data = json.source();
    let mut call = Call::default();
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(data, &mut [0; 32]) {
            "index" => call.key = read_key(json)?,
            "id" => call.id = json.maybe_string()?.or(call.id),
            "function" => read_function(json, &mut call)?,
            "custom" => {
                call.is_custom = json.peek()? == Kind::Object;
                read_function(json, &mut call)?;
            }
            _ => drop(json.skip()?),
        }
    }
    Ok(call)
}

/// `function`, `custom` or `function_call`: a name and an input.
fn read_function(json: &mut Reader<'_>, call: &mut Call) -> Result<(), Error> {
    if json.peek()? != Kind::Object {
        json.skip()?;
        return Ok(());
    }
    let data = json.source();
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(data, &mut [0; 32]) {
            // Older llama.cpp puts the call's id here.
            "id" => call.id = call.id.or(json.maybe_string()?),
            "name" => call.name = json.maybe_string()?,
            "arguments" | "input" => {
                call.input = match json.peek()? {
                    Kind::String => Input::Text(json.string()?),
                    Kind::Null => {
                        json.null()?;
                        Input::Absent
                    }
                    _ => Input::Value(json.skip()?),
                }
            }
            _ => drop(json.skip()?),
        }
    }
    Ok(())
}

/// An index should be a small number; any value tells calls apart.
fn read_key(json: &mut Reader<'_>) -> Result<Option<Key>, Error> {
    let key = |text: &str| json::integer(text).map_or_else(|| Key::odd(text), Key::index);
    Ok(match json.peek()? {
        Kind::Null => {
            json.null()?;
            None
        }
        Kind::String => {
            let text = json.string()?;
            (!text.is_empty()).then(|| match text.name(json.source(), &mut [0; 32]) {
                "" => Key::odd(text.raw(json.source())),
                name => key(name),
            })
        }
        _ => Some(key(json.skip()?.of(json.source()))),
    })
}

/// Any value but null, verbatim.
pub(super) fn present(json: &mut Reader<'_>) -> Result<Option<Raw>, Error> {
    let is_null = json.peek()? == Kind::Null;
    let raw = json.skip()?;
    Ok((!is_null).then_some(raw))
}

/// More choices or calls than this in one chunk are rare.
const KEPT: usize = 32;

/// How many names of a reasoning field a dialect can have.
pub(super) const REASONING_FIELDS_MOST: usize = 4;
