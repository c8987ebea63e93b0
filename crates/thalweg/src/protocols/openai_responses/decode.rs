//! Frames into what they mean.

use alloc::string::String;
use alloc::vec::Vec;

use super::content::{self, Given, Parts};
use super::events::{Says, says};
use super::items::{Items, Kind};
use super::response::{Response, identity};
use super::tools::{self, Call, Tool};
use super::wire::{self, Place, Wire};
use crate::dialect::{Ahead, Decode, Frame};
use crate::emitter::{At, Channel, Emitter, Fragment, List};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, BlockClose, BlockKind, Part, Scope};
use crate::json::{Error, Kind as JsonKind, Raw, Reader, Slot, members};
use crate::memo::Memo;

/// Bytes of the longest known type, and some.
const LONGEST_TYPE: usize = 64;

/// The end mark of other protocols: some servers send it here too.
const DONE: &str = "[DONE]";

#[derive(Debug, Default)]
pub(super) struct Decoder {
    pub(super) items: Items,
    given: Given,
    /// The id of the response that began, as a hash.
    pub(super) started: Option<u64>,
    causes: Causes,
    memo: Memo<Plan>,
}

/// What a delta of a shape that is known goes to.
#[derive(Clone, Copy, Debug)]
struct Plan {
    what: What,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Delta(Channel, List),
    Input(&'static str),
}

/// The slots of such a delta: the fragment, the number of the frame, padding.
const SEQUENCE: usize = 1;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        if !self.read(frame, out) {
            self.memo.forget();
        }
    }

    fn repeat(&mut self, ahead: Ahead<'_>, out: &mut Emitter) -> Option<usize> {
        let (plan, values) = self.memo.find(ahead.name, ahead.bytes, |rest| ahead.ends(rest))?;
        if values.number(SEQUENCE).is_some_and(|number| !out.sequence(number)) {
            return Some(values.len);
        }
        let (source, delta) = values.text();
        let delta = Fragment::json(source, delta);
        match plan.what {
            What::Delta(channel, list) => _ = self.say_delta(source, &plan.place, (channel, list), delta, out),
            What::Input(kind) => self.say_input(source, &plan.place, kind, delta, out),
        }
        Some(values.len)
    }

    fn reconnect(&mut self) {
        self.memo.forget();
    }

    fn retained(&self) -> usize {
        self.items.retained() + self.given.retained() + self.memo.retained()
    }
}

/// A string of the frame.
fn fragment(data: &str, text: Option<crate::json::Text>) -> Option<Fragment<'_>> {
    text.map(|text| Fragment::json(data, text))
}

impl Decoder {
    /// Reads a frame and says it; true where the next one may repeat it, and that is remembered.
    fn read(&mut self, frame: Frame<'_>, out: &mut Emitter) -> bool {
        let (data, depth, before) = (frame.data, out.limits().json_depth, out.len());
        match Reader::new(data, depth).peek() {
            Ok(JsonKind::Object) => {}
            _ if data.trim() == DONE => {
                out.sentinel();
                return false;
            }
            // Google wraps errors so.
            Ok(JsonKind::Array) => {
                out.each(data, |data, out| self.frame(Frame { data, ..frame }, out));
                return false;
            }
            _ => {
                errors::say_no_object(frame, out);
                return false;
            }
        }
        // What is read of a frame after this was validated as a part of it.
        let said = Wire::read(data, depth).and_then(|wire| {
            match wire.sequence {
                Some(number) if wire.kind.is_some_and(|kind| kind.is(data, "error")) => out.sequence_of_error(number),
                Some(number) if !out.sequence(number) => return Ok(wire),
                _ => {}
            }
            self.say(frame, &wire, out).map(|()| wire)
        });
        match said {
            Ok(wire) => out.is_one_delta(before) && !out.wants_extras() && self.learn(frame, &wire),
            Err(error) => {
                out.bad_json(error);
                false
            }
        }
    }

    /// Remembers a delta of a numbered item; false for any other frame.
    fn learn(&mut self, frame: Frame<'_>, wire: &Wire) -> bool {
        let data = frame.data;
        let mut short = [0; LONGEST_TYPE];
        let Some(name) = wire.kind.map(|kind| kind.name(data, &mut short)).filter(|name| !name.is_empty()) else {
            return false;
        };
        let what = match says(name) {
            Says::Delta(channel, list) => What::Delta(channel, list),
            Says::Input(kind) => What::Input(kind),
            _ => return false,
        };
        let (Some(delta), Some(_), None) = (wire.delta, wire.place.output_index, wire.logprobs) else {
            return false;
        };
        // The number says which item it is.
        let place = Place { item_id: None, ..wire.place };
        let sequence = wire.sequence_raw.and_then(|raw| Slot::number(raw, data));
        let slots = [Some(Slot::text(delta)), sequence, wire.padding.map(Slot::padding)];
        self.memo.learn(frame.event, data, slots, Plan { what, place });
        true
    }

    fn say(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let mut short = [0; LONGEST_TYPE];
        let named = wire.kind.map(|kind| kind.name(data, &mut short)).filter(|name| !name.is_empty());
        let Some(name) = named.or(frame.event) else { return self.say_untyped(frame, wire, out) };
        let said = says(name);
        match said {
            Says::Delta(channel, list) => self.say_delta_frame(data, wire, (channel, list), out),
            Says::Input(kind) => match fragment(data, wire.delta) {
                Some(delta) => self.say_input(data, &wire.place, kind, delta, out),
                None => say_no_text(data, wire, out),
            },
            Says::Whole(channel, list) => self.say_whole(data, wire, (channel, list), out),
            Says::InputDone(kind) => self.say_input_done(data, wire, kind, out),
            Says::PartAdded(list) => self.say_part_added(data, wire, list, out)?,
            Says::PartDone(list) => self.say_part_done(data, wire, list, out)?,
            Says::ItemAdded => self.say_item_added(data, wire, out)?,
            Says::ItemDone => self.say_item_frame(data, wire, out)?,
            Says::Annotation => self.say_annotation(data, wire, out),
            Says::Status(kind, status) => self.say_status(data, wire, (kind, status), out),
            Says::Piece(kind) => self.say_piece(data, wire, kind, out)?,
            Says::Preview => self.say_preview(data, wire, out),
            Says::Sound | Says::Transcript | Says::SoundDone => say_sound(data, wire, said, out),
            Says::Response(word) => match response_of(data, wire, name, out) {
                Some(response) => self.say_response(&response, word, out)?,
                None => return Ok(()),
            },
            // That it is over is said by the name alone.
            Says::End(word) => self.say_end(&response_of(data, wire, name, out).unwrap_or_default(), word, out)?,
            Says::Error => self.say_error(Some(data), out),
            Says::Alive => out.heartbeat(),
            Says::Unknown if wire.kind.is_none() => return self.say_untyped(frame, wire, out),
            Says::Unknown => out.unknown(name.into(), data),
        }
        // Those two were given as they stand.
        if !matches!(said, Says::Error | Says::Unknown) {
            out.extras_of(Scope::Response, data, wire::KNOWN);
        }
        Ok(())
    }

    /// A frame that does not say what it is: a whole response, an error, or nothing of ours.
    fn say_untyped(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        if wire.object.is_some_and(|object| object.is(data, "response")) {
            return self.say_end(&Response::read(data, out.limits().json_depth)?, "", out);
        }
        if wire.error.is_some() || errors::looks_like_error(frame) {
            self.say_error(Some(data), out);
            return Ok(());
        }
        out.unknown(fragment(data, wire.object).unwrap_or_else(|| "".into()), data);
        Ok(())
    }

    fn say_delta_frame(&mut self, data: &str, wire: &Wire, to: (Channel, List), out: &mut Emitter) {
        let Some(delta) = fragment(data, wire.delta) else { return say_no_text(data, wire, out) };
        let Some(at) = self.say_delta(data, &wire.place, to, delta, out) else { return };
        if let Some(logprobs) = wire.logprobs
            && let Some(block) = out.block_at(at)
        {
            self.given.logprobs(block, logprobs.of(data), false, out);
        }
    }

    /// Gives a delta, and tells where it went.
    #[inline]
    fn say_delta(
        &mut self,
        data: &str,
        place: &Place,
        (channel, list): (Channel, List),
        delta: Fragment<'_>,
        out: &mut Emitter,
    ) -> Option<At> {
        let kind = if matches!(channel, Channel::Reasoning(_)) { Kind::Reasoning } else { Kind::Message };
        let number = self.items.meant(data, place, kind, out)?;
        let part = (list, place.part_index);
        let at = self.items.part(number, part, Some(channel), out);
        if !delta.is_empty() {
            content::remember_unannounced(&mut self.items, number, part, at, out);
            out.delta_at(at, self.items.id(number), channel, delta);
        }
        Some(at)
    }

    fn say_whole(&mut self, data: &str, wire: &Wire, (channel, list): (Channel, List), out: &mut Emitter) {
        let Some(whole) = fragment(data, wire.whole) else { return say_no_text(data, wire, out) };
        let kind = if matches!(channel, Channel::Reasoning(_)) { Kind::Reasoning } else { Kind::Message };
        let Some(number) = self.items.meant(data, &wire.place, kind, out) else { return };
        let at = self.items.part(number, (list, wire.place.part_index), Some(channel), out);
        self.items.bound(number);
        let block = match out.block_at(at) {
            // Announced as something else: it goes where a delta of it would.
            Some(block) if out.is_open(block) && !out.takes(at, channel) && !whole.is_empty() => {
                out.delta_at(at, self.items.id(number), channel, whole);
                out.block_at(at)
            }
            Some(block) => Some(block),
            None if whole.is_empty() => None,
            None => out.start_at(at, self.items.id(number), channel.kind()),
        };
        let Some(block) = block else { return };
        out.restate(block, whole);
        if let Some(logprobs) = wire.logprobs {
            self.given.logprobs(block, logprobs.of(data), true, out);
        }
    }

    #[inline]
    fn say_input(&mut self, data: &str, place: &Place, kind: &str, delta: Fragment<'_>, out: &mut Emitter) {
        let Some((number, tool)) = self.tool_meant(data, place, kind, out) else { return };
        let id = self.items.id(number);
        let otherwise = tool.unannounced(id, out);
        out.input_at(At::item(number), id, otherwise, delta);
    }

    fn say_input_done(&mut self, data: &str, wire: &Wire, kind: &'static str, out: &mut Emitter) {
        let Some(whole) = fragment(data, wire.whole) else { return say_no_text(data, wire, out) };
        let Some((number, tool)) = self.tool_meant(data, &wire.place, kind, out) else { return };
        let (at, id) = (At::item(number), self.items.id(number));
        if out.block_at(at).is_none() {
            // Without an announcement its name may come with the item, or here.
            let otherwise = tool.unannounced(id, out);
            if out.name_at(at, None, fragment(data, wire.name)).is_none() && !out.has_begun(at) {
                out.input_at(at, id, otherwise, whole);
                out.name_at(at, None, fragment(data, wire.name));
                return;
            }
        }
        out.restate_at(at, whole);
    }

    fn tool_meant(&mut self, data: &str, place: &Place, kind: &str, out: &mut Emitter) -> Option<(u64, &'static Tool)> {
        let fallback = tools::find(kind)?;
        let number = self.items.meant(data, place, Kind::Tool(fallback), out)?;
        let tool = self.items.get(number).and_then(|item| tools::tool_of(item.kind)).unwrap_or(fallback);
        Some((number, tool))
    }

    fn say_part_added(&mut self, data: &str, wire: &Wire, list: List, out: &mut Emitter) -> Result<(), Error> {
        let Some(part) = wire.part.map(|part| part.of(data)) else { return Ok(()) };
        let owner = part_owner(part, list, out.limits().json_depth)?;
        let Some(number) = self.items.meant(data, &wire.place, owner, out) else { return Ok(()) };
        let next = || out.last_part_of(number, list).map_or(0, |last| last.saturating_add(1));
        let at = At::part(number, list, wire.place.part_index.unwrap_or_else(next));
        content::start_part(at, (self.items.kind(number, owner), list), self.items.id(number), part, out)
    }

    fn say_part_done(&mut self, data: &str, wire: &Wire, list: List, out: &mut Emitter) -> Result<(), Error> {
        let Some(part) = wire.part.map(|part| part.of(data)) else { return Ok(()) };
        let owner = part_owner(part, list, out.limits().json_depth)?;
        let Some(number) = self.items.meant(data, &wire.place, owner, out) else { return Ok(()) };
        let at = self.items.part(number, (list, wire.place.part_index), None, out);
        self.items.bound(number);
        let how = tools::how(Fragment::member(part, "status", out.limits().json_depth)?);
        let within = (self.items.kind(number, owner), list);
        content::end_part((at, within), self.items.id(number), part, how, &mut self.given, out)
    }

    fn say_annotation(&mut self, data: &str, wire: &Wire, out: &mut Emitter) {
        let Some(annotation) = wire.annotation else { return };
        let Some(number) = self.items.meant(data, &wire.place, Kind::Message, out) else { return };
        let at = self.items.part(number, (List::Content, wire.place.part_index), Some(Channel::Text), out);
        let id = self.items.id(number);
        if let Some(block) = out.block_at(at).or_else(|| out.start_at(at, id, BlockKind::Text)) {
            out.cite(block, annotation.of(data));
        }
    }

    fn say_status(&mut self, data: &str, wire: &Wire, (kind, status): (&str, &str), out: &mut Emitter) {
        let kind = Kind::of(kind);
        let Some(number) = self.items.meant(data, &wire.place, kind, out) else { return };
        let id = self.items.id(number);
        let block = match kind {
            Kind::Tool(tool) => tools::block(number, tool, id, out),
            _ => out.first_block_of(number),
        };
        if let Some(block) = block {
            out.set(block, Part::Status, status.into());
        }
    }

    fn say_piece(&mut self, data: &str, wire: &Wire, kind: &str, out: &mut Emitter) -> Result<(), Error> {
        let kind = Kind::of(kind);
        let Some(number) = self.items.meant(data, &wire.place, kind, out) else { return Ok(()) };
        let id = self.items.id(number);
        let block = match kind {
            Kind::Tool(tool) => tools::block(number, tool, id, out),
            _ => match out.first_block_of(number) {
                Some(block) => Some(block),
                None => out.start_at(At::item(number), id, BlockKind::tool_result(None, None, false)),
            },
        };
        if let Some(block) = block {
            let piece = piece_of(data, out.limits().json_depth)?;
            out.put(block, Part::Progress, piece.as_str().into());
        }
        Ok(())
    }

    fn say_preview(&mut self, data: &str, wire: &Wire, out: &mut Emitter) {
        let Some((number, tool)) = self.tool_meant(data, &wire.place, "image_generation_call", out) else { return };
        let id = self.items.id(number);
        if tools::block(number, tool, id, out).is_some()
            && let Some(base64) = fragment(data, wire.preview)
        {
            tools::say_preview(number, id, (wire.preview_index.unwrap_or(0), base64), out);
        }
    }

    fn say_item_added(&mut self, data: &str, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let Some(item) = wire.item.map(|item| item.of(data)) else {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
            return Ok(());
        };
        let depth = out.limits().json_depth;
        let (kind, ids) = identity(item, depth)?;
        let number = match wire.place.output_index {
            Some(number) => self.items.begin(number, kind, out),
            None => self.items.begin_unnumbered(kind, out),
        };
        let Some(number) = number else { return Ok(()) };
        out.begin_choice(0);
        self.items.identify(number, kind, ids, out);
        if let Some(item) = self.items.get_mut(number) {
            // Another one under a number that is used for all.
            item.is_done = false;
        }
        let id = self.items.id(number);
        match kind {
            Kind::Message | Kind::Reasoning => Parts::read(item, kind, depth)?.start(number, id, out)?,
            Kind::Tool(tool) => Call::read(item, tool, depth)?.start(number, out),
            Kind::Output => tools::say_output(number, item, false, out)?,
            Kind::Approval | Kind::Compaction | Kind::Other => self.say_other(number, kind, item, false, out)?,
        }
        Ok(())
    }

    /// An item is whole, by its own frame.
    fn say_item_frame(&mut self, data: &str, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let Some(item) = wire.item.map(|item| item.of(data)) else {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
            return Ok(());
        };
        let (kind, ids) = identity(item, out.limits().json_depth)?;
        let number = match wire.place.output_index.or_else(|| self.items.done(kind, ids)) {
            Some(number) => self.items.begin(number, kind, out),
            None => self.items.begin_unnumbered(kind, out),
        };
        let Some(number) = number else { return Ok(()) };
        if self.items.get(number).is_some_and(|item| item.is_done) {
            out.anomaly(AnomalyKind::EndWithoutStart, Action::Kept, out.first_block_of(number));
        }
        self.say_item_done(number, item, out)
    }

    /// An item is whole, by its own frame or in a snapshot.
    pub(super) fn say_item_done(&mut self, number: u64, item: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let (kind, ids) = identity(item, depth)?;
        out.begin_choice(0);
        self.items.identify(number, kind, ids, out);
        let id = self.items.id(number);
        let status = Fragment::member(item, "status", depth)?;
        let how = tools::how(status);
        match kind {
            Kind::Message | Kind::Reasoning => {
                Parts::read(item, kind, depth)?.end(number, id, how, &mut self.given, out)?;
            }
            Kind::Tool(tool) => Call::read(item, tool, depth)?.end(number, how, out)?,
            Kind::Output => tools::say_output(number, item, true, out)?,
            Kind::Approval | Kind::Compaction | Kind::Other => self.say_other(number, kind, item, true, out)?,
        }
        if let Some(item) = self.items.get_mut(number) {
            item.is_done = true;
        }
        if let Some(block) = out.first_block_of(number) {
            // That it is complete is what its end says.
            if let Some(status) =
                status.filter(|status| !status.is("completed") || tools::tool_of(kind).is_some_and(Tool::is_hosted))
            {
                out.set(block, Part::Status, status);
            }
            if out.wants_extras()
                && let Some(known) = known_of(kind)
            {
                out.extras_of(Scope::Block(block), item, &known);
            }
        }
        Ok(())
    }

    fn say_other(&self, number: u64, kind: Kind, item: &str, is_done: bool, out: &mut Emitter) -> Result<(), Error> {
        let names = ["id", "type", "name", "server_label", "encrypted_content", "arguments"];
        let values = members(item, names, out.limits().json_depth)?;
        let [id, wire_type, name, server, encrypted, _] =
            values.map(|raw: Option<Raw>| raw.and_then(|raw| Fragment::value(raw.of(item))));
        let at = At::item(number);
        let wire_type = out.text(wire_type.unwrap_or_else(|| "".into()));
        match kind {
            Kind::Approval => {
                let (answer, name) = (out.id(id), name.map(|name| out.text(name)).unwrap_or_default());
                let server = server.map(|server| out.text(server));
                let kind = BlockKind::approval(answer, name, server);
                // What is to be allowed is known as soon as it is asked.
                if let Some(block) = out.block_at(at).or_else(|| out.start_at(at, id, kind)) {
                    if let Some(arguments) = values[5] {
                        out.set(block, Part::Json, arguments.of(item).into());
                    }
                    if is_done {
                        out.end_item(number, BlockClose::Complete);
                    }
                }
            }
            Kind::Compaction => {
                let kind = BlockKind::other(wire_type);
                let block = out.block_at(at).or_else(|| out.start_at(at, id, kind));
                if let Some(block) = block.filter(|_| is_done) {
                    if let Some(encrypted) = encrypted {
                        out.set(block, Part::Encrypted, encrypted);
                    }
                    out.end_item(number, BlockClose::Complete);
                }
            }
            _ => tools::say_whole(at, id, BlockKind::other(wire_type), item, is_done, out),
        }
        Ok(())
    }

    /// An error, in the frame that is one or the response that has one.
    pub(super) fn say_error(&mut self, error: Option<&str>, out: &mut Emitter) {
        if let Some(error) = error {
            self.causes.report(error, Hint::None, out);
        }
    }
}

/// What is read of an item of this kind; none where all of it is given as it stands.
fn known_of(kind: Kind) -> Option<Vec<&'static str>> {
    let own: &[&str] = match kind {
        Kind::Message | Kind::Reasoning => &["content", "summary", "encrypted_content"],
        Kind::Tool(tool) => return Some(tool.known().chain(ITEM_KNOWN.iter().copied()).collect()),
        Kind::Output | Kind::Other => return None,
        Kind::Approval => &["name", "server_label", "arguments"],
        Kind::Compaction => &["encrypted_content"],
    };
    Some([ITEM_KNOWN, own].concat())
}

/// What is read of an item of any kind.
const ITEM_KNOWN: &[&str] = &["id", "type", "object", "role", "status"];

/// A frame that has to have a text: where it has something else instead, that is given as it stands.
#[cold]
fn say_no_text(data: &str, wire: &Wire, out: &mut Emitter) {
    let has = |name: &&str| errors::member(data, name).is_some();
    if ["delta", "text", "refusal", "arguments", "input", "code"].iter().any(has) {
        out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        out.unknown(fragment(data, wire.kind).unwrap_or_else(|| "".into()), data);
    }
}

/// The response of a frame that has to have one.
fn response_of<'a>(data: &'a str, wire: &Wire, name: &str, out: &mut Emitter) -> Option<Response<'a>> {
    let response = wire.response(data);
    if response.is_none() {
        out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        out.unknown(name.into(), data);
    }
    response
}

/// The members of a frame that are a piece of structured input or of a result: its type says which.
fn piece_of(data: &str, depth: u16) -> Result<String, Error> {
    const NAMES: [&str; 6] = ["type", "command_index", "command", "delta", "diff", "output"];
    let members = NAMES.into_iter().zip(members(data, NAMES, depth)?);
    let members: Vec<_> =
        members.filter_map(|(name, raw)| Some(alloc::format!("\"{name}\":{}", raw?.of(data)))).collect();
    Ok(alloc::format!("{{{}}}", members.join(",")))
}

/// What kind of item has such a part.
fn part_owner(part: &str, list: List, depth: u16) -> Result<Kind, Error> {
    let is_thought = Fragment::member(part, "type", depth)?.is_some_and(|kind| kind.is("reasoning_text"));
    Ok(if list == List::Summary || is_thought { Kind::Reasoning } else { Kind::Message })
}

/// Sound belongs to no item: all of it is one block.
fn say_sound(data: &str, wire: &Wire, said: Says<'_>, out: &mut Emitter) {
    let Some(block) = out.audio(0, None) else { return };
    let delta = fragment(data, wire.delta);
    match (said, delta) {
        (Says::Sound, Some(delta)) => {
            out.put(block, Part::Base64, delta);
        }
        (Says::Transcript, Some(delta)) => out.delta(block, delta),
        (Says::SoundDone, _) => out.end_block(block, BlockClose::Complete),
        _ => {}
    }
}
