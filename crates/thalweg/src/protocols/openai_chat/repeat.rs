//! Chunks that repeat the last one in all but one fragment: what they say, without reading them again.

use super::call::Repeatable;
use super::voice::Voice;
use super::wire::{Chunk, Content};
use crate::emitter::{CallFragment, Channel, Fragment, Key};
use crate::event::{InputForm, ReasoningForm};
use crate::json::{Raw, Slot, Text, Values};

/// What to say of a chunk of a shape that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) choice: u32,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Text(Channel),
    Input { key: Option<Key>, form: InputForm },
}

/// The slots: the fragment, the number of its call, padding.
pub(super) type Slots = [Option<Slot>; 3];
const NUMBER: usize = 1;

impl Plan {
    /// Says the chunk. The same calls, in the same order, as for one that was read.
    #[inline]
    pub(super) fn say(self, values: &Values<'_>, voice: &mut Voice<'_>) {
        let (source, text) = values.text();
        let fragment = Fragment::json(source, text);
        voice.out.begin_choice(self.choice);
        match self.what {
            What::Text(channel) => voice.append(channel, fragment),
            What::Input { key, form } => {
                let number = values.number(NUMBER).and_then(|number| i64::try_from(number).ok());
                voice.call(CallFragment {
                    key: number.map(Key::index).or(key),
                    input: Some(fragment),
                    form,
                    is_name_open: voice.oddities.has_names_in_pieces,
                    ..CallFragment::default()
                });
            }
        }
    }
}

/// How a chunk that was read and said may come again: its plan and what in it varies. None where it says more than one
/// fragment. `choice` is the number that its choice goes by.
pub(super) fn plan(chunk: &Chunk, data: &str, choice: u32) -> Option<(Plan, Slots)> {
    let [one] = &chunk.choices[..] else { return None };
    let has_more = one.message.is_some() || one.logprobs.is_some() || one.error.is_some() || one.usage.is_some();
    let has_reason = !is_blank(one.finish_reason) || !is_blank(one.native_finish_reason);
    if has_more || has_reason || !chunk.head.is_plain() || !is_blank(one.text) {
        return None;
    }
    let (what, fragment, number) = fragment(&one.delta, chunk)?;
    let number = number.and_then(|raw| Slot::number(raw, data));
    Some((Plan { choice, what }, [Some(Slot::text(fragment)), number, chunk.head.padding.map(Slot::padding)]))
}

/// The only fragment of a delta, and the number of its call.
fn fragment(delta: &Content, chunk: &Chunk) -> Option<(What, Text, Option<Raw>)> {
    if delta.is_odd || !delta.rare.is_empty() {
        return None;
    }
    let mut found = None;
    let texts = [(Channel::Text, delta.text), (Channel::Refusal, delta.refusal)];
    let reasoning = delta.reasoning.iter().map(|text| (Channel::Reasoning(ReasoningForm::Full), *text));
    for (channel, text) in texts.into_iter().chain(reasoning).filter(|(_, text)| !is_blank(*text)) {
        if found.replace((What::Text(channel), text?, None)).is_some() {
            return None;
        }
    }
    match &chunk.parts.calls[..] {
        [] => found,
        [call] if found.is_none() => {
            let Repeatable { key, number, form, input } = call.repeatable()?;
            Some((What::Input { key, form }, input, number))
        }
        _ => None,
    }
}

fn is_blank(text: Option<Text>) -> bool {
    text.is_none_or(Text::is_empty)
}
