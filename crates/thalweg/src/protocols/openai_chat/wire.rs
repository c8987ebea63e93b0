//! One chunk as ranges of its frame: read in one pass, into vectors that are used again for the next.
//!
//! Reading comes before saying: a chunk that turns out to be broken in its last byte has said nothing.

use alloc::vec::Vec;
use core::ops::Range;

use super::call::{Call, read_calls, read_function_call, read_key};
use crate::dialect::Oddities;
use crate::emitter::Key;
use crate::event::LimitKind;
use crate::json::{Error, Kind, Raw, Reader, Text};
use crate::limits::Limits;

/// A chunk, or a complete body, which has `message` in place of `delta`.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) head: Head,
    pub(super) choices: Vec<Choice>,
    pub(super) parts: Parts,
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
    /// Groq's own object, with usage and errors in it.
    pub(super) x_groq: Option<Raw>,
    /// Sources of the whole answer (Perplexity, xAI).
    pub(super) citations: Option<Raw>,
    pub(super) search_results: Option<Raw>,
    /// MiniMax's own verdict.
    pub(super) base_resp: Option<Raw>,
    /// Padding, which means nothing and varies.
    pub(super) padding: Option<Text>,
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
    /// Of the legacy completions stream.
    pub(super) text: Option<Text>,
    /// A whole message: the answer itself in a complete body, a restatement in a stream. Read with
    /// [`Content::read`] when it is wanted.
    pub(super) message: Option<Raw>,
    pub(super) logprobs: Option<Raw>,
    pub(super) finish_reason: Option<Text>,
    /// The word of the provider behind a router.
    pub(super) native_finish_reason: Option<Text>,
    pub(super) error: Option<Raw>,
    pub(super) usage: Option<Raw>,
}

/// What a delta or a message holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) text: Option<Text>,
    /// By the rank of the field in the dialect.
    pub(super) reasoning: [Option<Text>; REASONING_FIELDS_MOST],
    pub(super) refusal: Option<Text>,
    /// Its part of the calls that were read with it.
    pub(super) calls: Range<usize>,
    /// Its part of the rare fields.
    pub(super) rare: Range<usize>,
    /// As [`Head::is_odd`].
    pub(super) is_odd: bool,
}

/// What contents hold several of, or seldom.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) calls: Vec<Call>,
    pub(super) rare: Vec<(Rare, Raw)>,
    pub(super) extras: Vec<Extra>,
}

/// Fields of a content that most deltas do not have. Read again when they are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rare {
    /// `content` that is no string: typed parts.
    Parts,
    /// OpenRouter's `reasoning_details`.
    ReasoningDetails,
    /// LiteLLM's `thinking_blocks`.
    ThinkingBlocks,
    /// Copilot's `reasoning_opaque`.
    ReasoningOpaque,
    Audio,
    Images,
    Annotations,
}

impl Rare {
    /// Whether it is reasoning, in structure.
    pub(super) const fn is_reasoning(self) -> bool {
        matches!(self, Self::ReasoningDetails | Self::ThinkingBlocks | Self::ReasoningOpaque)
    }
}

/// A field that the model has no place for. Collected only where such fields are wanted.
#[derive(Clone, Debug)]
pub(super) struct Extra {
    pub(super) owner: Owner,
    pub(super) name: Text,
    pub(super) value: Raw,
}

/// What a field belongs to: by number, in order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Response,
    Choice(usize),
    Call(usize),
}

/// What a wire is read by.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) limits: &'a Limits,
    pub(super) oddities: &'a Oddities,
    pub(super) wants_extras: bool,
    /// A complete answer: a `message` in it is whole.
    pub(super) is_body: bool,
}

impl Head {
    /// Whether it says nothing but facts of the response.
    pub(super) fn is_plain(&self) -> bool {
        let said = [self.error, self.usage, self.x_groq, self.citations, self.search_results, self.base_resp];
        self.has_choices && !self.is_odd && self.over.is_none() && said.iter().all(Option::is_none)
    }

    /// Whether it counts tokens, in one of the places where vendors do.
    pub(super) fn has_usage(&self, data: &str) -> bool {
        self.usage.is_some_and(|usage| usage.of(data).starts_with('{')) || self.has_groq(data, "usage")
    }

    /// Whether Groq's own object has a field.
    pub(super) fn has_groq(&self, data: &str, name: &str) -> bool {
        self.x_groq.is_some_and(|raw| crate::errors::member(raw.of(data), name).is_some())
    }
}

impl Parts {
    fn clear(&mut self) {
        self.calls.clear();
        self.rare.clear();
        self.extras.clear();
    }

    /// Notes a rare field of the content whose fields begin at `from`. The last of several of one name stands.
    fn rare(&mut self, from: usize, field: Rare, value: Option<Raw>) {
        let Some(value) = value else { return };
        match self.rare.iter_mut().skip(from).find(|(known, _)| *known == field) {
            Some((_, known)) => *known = value,
            None => self.rare.push((field, value)),
        }
    }

    #[inline]
    pub(super) fn extra(&mut self, owner: Owner, name: Text, value: Raw, rules: Rules<'_>) {
        if rules.wants_extras {
            self.extras.push(Extra { owner, name, value });
        }
    }

    fn retained(&self) -> usize {
        self.calls.capacity() * size_of::<Call>()
            + self.rare.capacity() * size_of::<(Rare, Raw)>()
            + self.extras.capacity() * size_of::<Extra>()
    }
}

impl Chunk {
    /// Reads a frame that is a JSON object. On an error the chunk holds rubbish and must not be used.
    pub(super) fn read(&mut self, data: &str, rules: Rules<'_>) -> Result<(), Error> {
        self.choices.clear();
        self.parts.clear();
        self.head = Head::default();
        let json = &mut Reader::new(data, rules.limits.json_depth);
        json.object()?;
        while let Some(key) = json.key()? {
            let head = &mut self.head;
            match key.name(data, &mut [0; 32]) {
                "id" => head.id = json.maybe_string()?,
                "model" => head.model = json.maybe_string()?.or(head.model),
                // watsonx's, which newer versions of it repeat under the other name.
                "model_id" => head.model = head.model.or(json.maybe_string()?),
                "created" => head.created = Some(json.skip()?),
                "object" => head.object = json.maybe_string()?,
                "service_tier" => head.service_tier = json.maybe_string()?,
                "system_fingerprint" => head.fingerprint = json.maybe_string()?,
                "error" => head.error = json.present()?,
                "usage" => head.usage = json.present()?,
                "choices" => {
                    head.has_choices = true;
                    self.read_choices(json, rules)?;
                }
                // Padding that means nothing.
                "obfuscation" => head.padding = json.maybe_string()?,
                name if is_padding(name, rules) => head.padding = json.maybe_string()?,
                name => {
                    let value = json.skip()?;
                    match name {
                        "x_groq" => head.x_groq = Some(value),
                        "citations" => head.citations = Some(value),
                        "search_results" => head.search_results = Some(value),
                        "base_resp" => head.base_resp = Some(value),
                        _ => {}
                    }
                    self.parts.extra(Owner::Response, key, value, rules);
                }
            }
        }
        json.end()
    }

    fn read_choices(&mut self, json: &mut Reader<'_>, rules: Rules<'_>) -> Result<(), Error> {
        // The last of several fields of one name stands.
        self.choices.clear();
        self.parts.calls.clear();
        self.parts.rare.clear();
        self.parts.extras.retain(|extra| extra.owner == Owner::Response);
        let kind = json.peek()?;
        if kind != Kind::Array {
            self.head.is_odd |= kind != Kind::Null;
            json.skip()?;
            return Ok(());
        }
        json.array()?;
        while json.element()? {
            if json.peek()? != Kind::Object {
                self.head.is_odd = true;
                json.skip()?;
            } else if self.choices.len() >= rules.limits.choices as usize {
                self.head.over = Some(LimitKind::Choices);
                json.skip()?;
            } else {
                // Filled where it lies: it is large.
                let owner = Owner::Choice(self.choices.len());
                // Nearly always there is one, and room for four would be the largest part of an idle stream.
                if self.choices.capacity() == 0 {
                    self.choices.reserve_exact(1);
                }
                self.choices.push(Choice::default());
                if let Some(choice) = self.choices.last_mut() {
                    self.head.is_odd |= choice.read(json, owner, &mut self.parts, rules)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn retained(&self) -> usize {
        self.choices.capacity() * size_of::<Choice>() + self.parts.retained()
    }

    /// Gives back what a chunk of many choices or calls made the vectors grow to.
    pub(super) fn shrink(&mut self) {
        shrink(&mut self.choices);
        shrink(&mut self.parts.calls);
        shrink(&mut self.parts.rare);
        shrink(&mut self.parts.extras);
    }
}

#[inline]
fn shrink<T>(list: &mut Vec<T>) {
    if list.capacity() > KEPT {
        list.truncate(KEPT);
        list.shrink_to(KEPT);
    }
}

impl Choice {
    /// Reads a choice; true where a known field has a type that the documentation does not know.
    fn read(
        &mut self,
        json: &mut Reader<'_>,
        owner: Owner,
        parts: &mut Parts,
        rules: Rules<'_>,
    ) -> Result<bool, Error> {
        let data = json.source();
        let (mut is_odd, mut stop_reason) = (false, None);
        let is_in_pieces = rules.oddities.has_messages_in_pieces;
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                // A negative index, or one of another type, is the first choice's: there is nearly always only one.
                "index" => self.index = read_key(json)?.and_then(Key::small).unwrap_or(0),
                "delta" => {
                    // The last of several fields of one name stands.
                    self.delta = Content::default();
                    self.delta.read(json, owner, parts, rules)?;
                }
                "message" if is_in_pieces && !rules.is_body => self.delta.read(json, owner, parts, rules)?,
                "message" => self.message = json.present()?,
                "stop_reason" if is_in_pieces => stop_reason = json.maybe_string()?,
                // The legacy completions stream.
                "text" => self.text = json.maybe_string()?,
                "finish_reason" => match json.peek()? {
                    Kind::String => self.finish_reason = Some(json.string()?),
                    kind => {
                        is_odd |= kind != Kind::Null;
                        json.skip()?;
                    }
                },
                "native_finish_reason" => self.native_finish_reason = json.maybe_string()?,
                "logprobs" => self.logprobs = json.present()?,
                "error" => self.error = json.present()?,
                "usage" => self.usage = json.present()?,
                _ => parts.extra(owner, key, json.skip()?, rules),
            }
        }
        self.finish_reason = self.finish_reason.or(stop_reason);
        Ok(is_odd)
    }
}

impl Content {
    /// Reads `delta` or `message`, and its calls behind the others. A missing one and null are the same as an empty
    /// one.
    pub(super) fn read(
        &mut self,
        json: &mut Reader<'_>,
        owner: Owner,
        parts: &mut Parts,
        rules: Rules<'_>,
    ) -> Result<(), Error> {
        let kind = json.peek()?;
        if kind != Kind::Object {
            self.is_odd |= kind != Kind::Null;
            json.skip()?;
            return Ok(());
        }
        // Both kinds of calls follow each other in the vector.
        let (calls, rare_from) = (parts.calls.len(), parts.rare.len());
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "content" => match json.peek()? {
                    Kind::String => self.text = Some(json.string()?),
                    Kind::Array | Kind::Object => parts.rare(rare_from, Rare::Parts, Some(json.skip()?)),
                    kind => {
                        self.is_odd |= kind != Kind::Null;
                        json.skip()?;
                    }
                },
                "refusal" => self.refusal = json.maybe_string()?,
                "tool_calls" => self.is_odd |= read_calls(json, parts, rules)?,
                "function_call" => read_function_call(json, parts)?,
                name => {
                    let rank = rules.oddities.reasoning_fields.iter().position(|field| field == name);
                    match (rank, rare_field(name)) {
                        (Some(rank), _) if rank < REASONING_FIELDS_MOST => {
                            self.reasoning[rank] = json.maybe_string()?
                        }
                        (_, Some(rare)) => parts.rare(rare_from, rare, json.present()?),
                        _ if name == "obfuscation" => drop(json.skip()?),
                        _ => parts.extra(owner, key, json.skip()?, rules),
                    }
                }
            }
        }
        (self.calls, self.rare) = (calls..parts.calls.len(), rare_from..parts.rare.len());
        Ok(())
    }
}

/// Whether a field is the vendor's own padding. Names that are too long to be one read as empty.
#[inline]
fn is_padding(name: &str, rules: Rules<'_>) -> bool {
    !name.is_empty() && name == rules.oddities.padding_field
}

#[inline]
fn rare_field(name: &str) -> Option<Rare> {
    Some(match name {
        "reasoning_details" => Rare::ReasoningDetails,
        "thinking_blocks" => Rare::ThinkingBlocks,
        "reasoning_opaque" => Rare::ReasoningOpaque,
        "audio" => Rare::Audio,
        "images" => Rare::Images,
        "annotations" => Rare::Annotations,
        _ => return None,
    })
}

/// More choices or calls than this in one chunk are rare.
const KEPT: usize = 32;

/// How many names of a reasoning field a dialect can have.
pub(super) const REASONING_FIELDS_MOST: usize = 4;
