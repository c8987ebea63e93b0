//! Messages and reasoning: their parts, and what is said of them again.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::items::{Items, Kind};
use super::tools::each;
use crate::emitter::{At, Emitter, Fragment, List, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Part, ReasoningForm};
use crate::json::{Error, members};

/// Which blocks were given log probabilities: their restatement gives none then.
#[derive(Debug, Default)]
pub(super) struct Given {
    logprobs: BTreeSet<BlockId>,
}

impl Given {
    pub(super) fn retained(&self) -> usize {
        2 * self.logprobs.len() * size_of::<BlockId>()
    }

    pub(super) fn logprobs(&mut self, block: BlockId, json: &str, is_whole: bool, out: &mut Emitter) {
        if json == "[]" || !json.starts_with('[') || (is_whole && self.logprobs.contains(&block)) {
            return;
        }
        self.logprobs.insert(block);
        out.put(block, Part::Logprobs, json.into());
    }
}

/// A part, verbatim.
struct ContentPart<'a> {
    kind: Option<Fragment<'a>>,
    text: Option<Fragment<'a>>,
    annotations: Option<&'a str>,
    logprobs: Option<&'a str>,
}

impl<'a> ContentPart<'a> {
    fn read(json: &'a str, depth: u16) -> Result<Self, Error> {
        let names = ["type", "text", "refusal", "annotations", "logprobs"];
        let [kind, text, refusal, annotations, logprobs] = members(json, names, depth)?;
        let value = |raw: crate::json::Raw| Fragment::value(raw.of(json));
        Ok(Self {
            kind: kind.and_then(value),
            text: text.or(refusal).and_then(value),
            annotations: annotations.map(|raw| raw.of(json)),
            logprobs: logprobs.map(|raw| raw.of(json)),
        })
    }

    /// What kind of block it is. In a reasoning item all text is reasoning: a bridge calls it the answer's there.
    fn block_kind(&self, (owner, list): (Kind, List), out: &mut Emitter) -> BlockKind<Span> {
        let Some(kind) = self.kind else {
            return if list == List::Summary { BlockKind::reasoning(ReasoningForm::Summary) } else { BlockKind::Text };
        };
        match () {
            () if kind.is("refusal") => BlockKind::Refusal,
            () if kind.is("reasoning_text") => BlockKind::reasoning(ReasoningForm::Full),
            () if kind.is("output_text") || kind.is("text") => match owner {
                Kind::Reasoning => BlockKind::reasoning(ReasoningForm::Full),
                _ => BlockKind::Text,
            },
            () if kind.is("summary_text") => BlockKind::reasoning(ReasoningForm::Summary),
            () => BlockKind::other(out.text(kind)),
        }
    }
}

/// A part is announced. Text that it already has is held: its deltas may repeat it.
pub(super) fn start_part(
    at: At,
    within: (Kind, List),
    id: Option<Fragment<'_>>,
    json: &str,
    out: &mut Emitter,
) -> Result<(), Error> {
    let part = ContentPart::read(json, out.limits().json_depth)?;
    let kind = part.block_kind(within, out);
    if let Some(block) = out.start_at(at, id, kind)
        && let Some(text) = part.text.filter(|_| !matches!(kind, BlockKind::Other { .. }))
    {
        out.hold(block, text, false);
    }
    Ok(())
}

/// A part is whole.
pub(super) fn end_part(
    (at, within): (At, (Kind, List)),
    id: Option<Fragment<'_>>,
    json: &str,
    how: BlockClose,
    given: &mut Given,
    out: &mut Emitter,
) -> Result<(), Error> {
    let part = ContentPart::read(json, out.limits().json_depth)?;
    let kind = part.block_kind(within, out);
    let Some(block) = out.block_at(at).or_else(|| out.start_at(at, id, kind)) else { return Ok(()) };
    if matches!(kind, BlockKind::Other { .. }) {
        // What the model does not know it keeps as it is.
        if out.is_open(block) {
            out.put(block, Part::Json, json.into());
        }
    } else if let Some(text) = part.text {
        out.restate(block, text);
    }
    if let Some(annotations) = part.annotations {
        out.cite_all(block, annotations);
    }
    if let Some(logprobs) = part.logprobs {
        given.logprobs(block, logprobs, true, out);
    }
    out.end_block(block, how);
    Ok(())
}

/// The parts that an item says it has.
pub(super) struct Parts<'a> {
    owner: Kind,
    lists: [(List, Option<&'a str>); 2],
    encrypted: Option<Fragment<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn read(json: &'a str, owner: Kind, depth: u16) -> Result<Self, Error> {
        let [content, summary, encrypted] = members(json, ["content", "summary", "encrypted_content"], depth)?;
        let of = |raw: Option<crate::json::Raw>| raw.map(|raw| raw.of(json));
        Ok(Self {
            owner,
            lists: [(List::Summary, of(summary)), (List::Content, of(content))],
            encrypted: of(encrypted).and_then(Fragment::value).filter(|text| !text.is_empty()),
        })
    }

    /// The item is announced with them.
    pub(super) fn start(&self, number: u64, id: Option<Fragment<'_>>, out: &mut Emitter) -> Result<(), Error> {
        for (list, parts) in self.lists {
            let depth = out.limits().json_depth;
            each(parts, depth, |nth, json| start_part(At::part(number, list, nth), (self.owner, list), id, json, out))?;
        }
        Ok(())
    }

    /// The item is whole: each part is compared with what came of it. An item without any still has a block.
    pub(super) fn end(
        &self,
        number: u64,
        id: Option<Fragment<'_>>,
        how: BlockClose,
        given: &mut Given,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        for (list, parts) in self.lists {
            let depth = out.limits().json_depth;
            let places = places(number, list, parts, out)?;
            each(parts, depth, |nth, json| {
                if out.is_over_limit() {
                    return Ok(());
                }
                let by_order = usize::try_from(nth).ok().and_then(|nth| places.get(nth)).copied();
                let at = by_order.unwrap_or_else(|| At::part(number, list, nth));
                end_part((at, (self.owner, list)), id, json, how, given, out)
            })?;
        }
        if out.first_block_of(number).is_none() {
            let kind = match self.owner {
                Kind::Message => BlockKind::Text,
                _ if self.encrypted.is_some() => BlockKind::reasoning(ReasoningForm::Encrypted),
                _ => BlockKind::reasoning(ReasoningForm::Summary),
            };
            out.start_at(At::item(number), id, kind);
        }
        if let Some(encrypted) = self.encrypted
            && let Some(block) = out.first_block_of(number)
        {
            out.set(block, Part::Encrypted, encrypted);
        }
        out.end_item(number, how);
        Ok(())
    }
}

/// The places that the parts of a whole list mean in order, if not those of their own numbers: numbers may have gaps or
/// begin anywhere, but then there are as many places as parts, or none of them is a part's number.
fn places(number: u64, list: List, parts: Option<&str>, out: &Emitter) -> Result<Vec<At>, Error> {
    let places = out.places_of(number, list);
    let mut len = 0;
    each(parts, out.limits().json_depth, |_, _| {
        len += 1;
        Ok(())
    })?;
    let are_by_order = places.len() as u64 == len || places.iter().all(|at| !at.is_below(len));
    Ok(if are_by_order { places } else { Vec::new() })
}

/// Whether an item of the table has a block for a part that was never announced: remembered for the next one.
pub(super) fn remember_unannounced(
    items: &mut Items,
    number: u64,
    (list, part): (List, Option<u64>),
    at: At,
    out: &Emitter,
) {
    if out.block_at(at).is_none()
        && let Some(item) = items.get_mut(number)
    {
        item.unannounced = Some((list, part.unwrap_or(0)));
        item.is_bounded = false;
    }
}
