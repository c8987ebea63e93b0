//! Token counts: merged as the wire has them, mapped once.

use alloc::string::String;

use crate::emitter::{Fragment, Tally};
use crate::event::{Count, Usage};
use crate::json::{self, Error, Kind, Raw, Reader, Slot, Text, elements};

/// One `usageMetadata`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    prompt: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    tool_use: Option<u64>,
    cached: Option<u64>,
    total: Option<u64>,
    prompt_details: Option<Raw>,
    candidates_details: Option<Raw>,
    pub(super) tier: Option<Text>,
    /// The counts as they stand in the frame, in the order above.
    raws: [Option<Raw>; COUNTS],
}

/// How many counts are read of a frame.
pub(super) const COUNTS: usize = 6;

impl Counts {
    /// The next value of `json`; none where it is no object.
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(None);
        }
        let data = json.source();
        let mut counts = Self::default();
        json.object()?;
        while let Some(key) = json.key()? {
            let mut short = [0; 32];
            let (place, count) = match key.name(data, &mut short) {
                "promptTokenCount" | "prompt_token_count" => (0, &mut counts.prompt),
                "candidatesTokenCount" | "candidates_token_count" => (1, &mut counts.candidates),
                "totalTokenCount" | "total_token_count" => (5, &mut counts.total),
                "thoughtsTokenCount" | "thoughts_token_count" => (2, &mut counts.thoughts),
                "cachedContentTokenCount" | "cached_content_token_count" => (4, &mut counts.cached),
                "toolUsePromptTokenCount" | "tool_use_prompt_token_count" => (3, &mut counts.tool_use),
                name => {
                    match name {
                        "promptTokensDetails" | "prompt_tokens_details" => counts.prompt_details = json.present()?,
                        "candidatesTokensDetails" | "candidates_tokens_details" => {
                            counts.candidates_details = json.present()?;
                        }
                        "serviceTier" | "service_tier" => counts.tier = json.maybe_string()?,
                        _ => drop(json.skip()?),
                    }
                    continue;
                }
            };
            // Protobuf writes large numbers as strings.
            let raw = json.skip()?;
            *count = number(raw.of(data));
            counts.raws[place] = Some(raw);
        }
        Ok(Some(counts))
    }

    /// Where the counts are that may be others in the next frame. None where it counts by modality: that is read.
    pub(super) fn slots(&self, data: &str) -> Option<[Option<Slot>; COUNTS]> {
        let details = [self.prompt_details, self.candidates_details];
        let has_audio = details.iter().flatten().any(|raw| is_audio(raw.of(data)));
        (!has_audio).then(|| self.raws.map(|raw| Slot::number(raw?, data)))
    }

    /// The counts of a frame of the same shape, whose own are given where they may be others.
    pub(super) fn with(mut self, counts: [Option<u64>; COUNTS]) -> Self {
        let known = [
            &mut self.prompt,
            &mut self.candidates,
            &mut self.thoughts,
            &mut self.tool_use,
            &mut self.cached,
            &mut self.total,
        ];
        for (known, count) in known.into_iter().zip(counts) {
            *known = count.or(*known);
        }
        // They are ranges of another frame, and have been read.
        Self { prompt_details: None, candidates_details: None, tier: None, ..self }
    }
}

/// The wire's own counts so far: cumulative. Prompt leaves out what tools gave back, candidates leave out thoughts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WireUsage {
    prompt: Tally,
    candidates: Tally,
    thoughts: Tally,
    tool_use: Tally,
    cached: Tally,
    total: Tally,
    prompt_audio: Tally,
    candidates_audio: Tally,
}

impl WireUsage {
    pub(super) fn merge(&mut self, counts: &Counts, data: &str, depth: u16) -> Result<(), Error> {
        self.prompt.take(counts.prompt);
        self.candidates.take(counts.candidates);
        self.thoughts.take(counts.thoughts);
        self.tool_use.take(counts.tool_use);
        self.cached.take(counts.cached);
        self.total.take(counts.total);
        self.prompt_audio.take(audio(counts.prompt_details, data, depth)?);
        self.candidates_audio.take(audio(counts.candidates_details, data, depth)?);
        Ok(())
    }

    /// The canonical counts: input includes what was cached and what tools gave back, output includes thoughts.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: sum(self.prompt, self.tool_use),
            output: sum(self.candidates, self.thoughts),
            total: self.total.count(),
            cache_read: self.cached.count(),
            reasoning: self.thoughts.count(),
            input_audio: self.prompt_audio.count(),
            output_audio: self.candidates_audio.count(),
            ..Usage::default()
        }
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.prompt, self.candidates, self.thoughts, self.tool_use, self.cached, self.total];
        self.is_any() && counts.iter().all(|count| count.get().unwrap_or(0) == 0)
    }
}

/// Two counts together; none where neither is known.
fn sum(one: Tally, two: Tally) -> Option<Count> {
    let known: Option<u64> = [one, two].into_iter().filter_map(Tally::get).reduce(u64::saturating_add);
    known.map(Count::from)
}

/// A count as a number, or as a string that holds one.
fn number(json: &str) -> Option<u64> {
    match Fragment::value(json) {
        Some(text) => json::count(text.borrow(&mut String::new())),
        None => json::count(json),
    }
}

/// The count of sound in a list by modality.
fn audio(details: Option<Raw>, data: &str, depth: u16) -> Result<Option<u64>, Error> {
    let Some(list) = details.map(|raw| raw.of(data)).filter(|list| is_audio(list)) else { return Ok(None) };
    let mut found = None;
    elements(list, depth, |_, entry| {
        let [modality, count, snake] = json::members(entry, ["modality", "tokenCount", "token_count"], depth)?;
        if modality.and_then(|raw| Fragment::value(raw.of(entry))).is_some_and(|word| word.is("AUDIO")) {
            found = count.or(snake).and_then(|raw| number(raw.of(entry)));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Whether a list by modality may count sound.
fn is_audio(list: &str) -> bool {
    list.contains("AUDIO") || list.contains('\\')
}
