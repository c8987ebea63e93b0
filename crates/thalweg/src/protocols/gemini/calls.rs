//! Calls of the client's functions: whole, or with arguments that are streamed.

use alloc::string::String;

use super::decode::Memory;
use super::partial::{Partial, Piece, Taken};
use super::wire::fields;
use crate::emitter::{Emitter, Fragment};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, InputForm, LimitKind, Part, Place, Reason, Scope,
};
use crate::json::{Error, Kind, Raw, Text, elements};

/// A `functionCall`. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
struct Call {
    id: Option<Text>,
    name: Option<Text>,
    /// An object, or a string that holds one.
    args: Option<Raw>,
    pieces: Option<Raw>,
    will_continue: bool,
}

/// The fields of a call that have a place in the model.
const FIELDS: &[&str] = &["id", "name", "args", "partialArgs", "partial_args", "willContinue", "will_continue"];

impl Call {
    fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut call = Self::default();
        fields(json, depth, |name, reader| {
            match name {
                "id" => call.id = reader.maybe_string()?.filter(|id| !id.is_empty()),
                "name" => call.name = reader.maybe_string()?.filter(|name| !name.is_empty()),
                "args" => call.args = reader.present()?,
                "partialArgs" | "partial_args" => call.pieces = reader.present()?,
                "willContinue" | "will_continue" => call.will_continue = reader.skip()?.of(json) == "true",
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        Ok(call)
    }

    fn is_streamed(&self) -> bool {
        self.will_continue || self.pieces.is_some()
    }

    /// Whether it says anything of a call.
    fn is_blank(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.args.is_none() && !self.is_streamed()
    }
}

/// A call whose arguments are coming in pieces.
#[derive(Debug)]
pub(super) struct Streamed {
    block: BlockId,
    partial: Partial,
}

impl Streamed {
    pub(super) fn retained(&self) -> usize {
        self.partial.retained()
    }

    /// The wire ends the call: what the pieces make is its input.
    fn end(self, out: &mut Emitter) {
        out.delta(self.block, self.partial.whole().as_str().into());
        out.end_block(self.block, BlockClose::Complete);
    }

    /// No more comes, and nothing has ended the call: servers leave its end out. Its input is whole where the model
    /// stopped by itself and no string of it was to go on; else it is cut off where it is.
    pub(super) fn end_with(self, reason: Option<Reason>, out: &mut Emitter) {
        let is_over = matches!(reason, Some(Reason::Stop | Reason::StopSequence | Reason::ToolCalls));
        if is_over && !self.partial.is_in_text() {
            self.end(out);
        } else {
            out.delta(self.block, self.partial.cut().as_str().into());
        }
    }

    /// One more piece: at once as progress, and into the input.
    fn take(&mut self, json: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        out.more_of(self.block);
        out.put(self.block, Part::Progress, json.into());
        let Some((path, piece)) = read_piece(json, depth)? else {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, Some(self.block));
            return Ok(());
        };
        let mut decoded = String::new();
        let path = Fragment::json(json, path).borrow(&mut decoded);
        match self.partial.take(path, piece, depth) {
            Taken::Fits => {}
            Taken::GoesOn => out.anomaly(AnomalyKind::DeltaAfterEnd, Action::Joined, Some(self.block)),
            Taken::Contradicts => out.anomaly(AnomalyKind::KindMismatch, Action::Dropped, Some(self.block)),
            Taken::Unreadable => out.anomaly(AnomalyKind::BadFrame, Action::Dropped, Some(self.block)),
        }
        if self.partial.size() > out.limits().tool_input_bytes {
            out.limit(LimitKind::ToolInputBytes);
        }
        Ok(())
    }

    /// Arguments that come whole behind pieces of them.
    fn take_whole(&self, input: Fragment<'_>, out: &mut Emitter) {
        if self.partial.is_blank() {
            out.delta(self.block, input);
        } else {
            out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, Some(self.block));
        }
    }
}

/// Where a piece belongs and what it is.
fn read_piece(json: &str, depth: u16) -> Result<Option<(Text, Piece<'_>)>, Error> {
    let (mut path, mut value, mut will_continue) = (None, None, false);
    fields(json, depth, |name, reader| {
        match name {
            "jsonPath" | "json_path" => path = reader.maybe_string()?,
            "willContinue" | "will_continue" => will_continue = reader.skip()?.of(json) == "true",
            "nullValue" | "null_value" => {
                reader.skip()?;
                value = Some(Piece::Scalar("null"));
            }
            "stringValue" | "string_value" if reader.peek()? == Kind::String => {
                value = Some(Piece::Text { escaped: reader.string()?.raw(json), will_continue: false });
            }
            _ if name.ends_with("Value") || name.ends_with("_value") => {
                value = Some(Piece::Scalar(reader.skip()?.of(json)));
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    if let Some(Piece::Text { will_continue: goes_on, .. }) = &mut value {
        *goes_on = will_continue;
    }
    Ok(path.zip(value))
}

/// The input of a call: an object verbatim, or the content of a string that holds one.
pub(super) fn input(json: &str, args: Raw) -> Fragment<'_> {
    let args = args.of(json);
    Fragment::value(args).unwrap_or_else(|| args.into())
}

/// Says a `functionCall`: a new call, or more of the one whose arguments are coming. Gives the block of a new one.
pub(super) fn say(
    json: &str,
    signature: Option<Fragment<'_>>,
    choice: u32,
    memory: &mut Memory,
    out: &mut Emitter,
) -> Result<Option<BlockId>, Error> {
    if !json.starts_with('{') {
        out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        return Ok(None);
    }
    let call = Call::read(json, out.limits().json_depth)?;
    if call.name.is_none() && memory.streamed.is_some() {
        return go_on(json, &call, signature, memory, out).map(|()| None);
    }
    if call.is_blank() && signature.is_none() {
        // What ends a call, and there is none.
        out.anomaly(AnomalyKind::EndWithoutStart, Action::Dropped, None);
        return Ok(None);
    }
    if let Some(before) = memory.streamed.take() {
        // Its own end did not come.
        before.end(out);
    }
    let Some(block) = open(json, &call, choice, out) else { return Ok(None) };
    if let Some(signature) = signature.filter(|signature| !signature.is_empty()) {
        out.put(block, Part::Signature, signature);
    }
    out.extras_of(Scope::Block(block), json, FIELDS);
    if call.is_streamed() {
        let mut streamed = Streamed { block, partial: Partial::default() };
        take(json, &call, &mut streamed, out)?;
        memory.streamed = Some(streamed);
    } else {
        if let Some(args) = call.args {
            out.delta(block, input(json, args));
        }
        out.end_block(block, BlockClose::Complete);
    }
    Ok(Some(block))
}

fn open(json: &str, call: &Call, choice: u32, out: &mut Emitter) -> Option<BlockId> {
    let id = out.id(call.id.map(|id| Fragment::json(json, id)));
    let name = call.name.map_or_else(|| "".into(), |name| Fragment::json(json, name));
    let kind = BlockKind::tool_call(id, out.text(name), InputForm::Json);
    let block = out.begin(choice, Place::nowhere(), kind)?;
    if call.name.is_none() {
        out.anomaly(AnomalyKind::NameMissing, Action::Kept, Some(block));
    }
    Some(block)
}

/// More of a call, or its end.
fn go_on(
    json: &str,
    call: &Call,
    signature: Option<Fragment<'_>>,
    memory: &mut Memory,
    out: &mut Emitter,
) -> Result<(), Error> {
    let Some(mut streamed) = memory.streamed.take() else { return Ok(()) };
    if let Some(signature) = signature.filter(|signature| !signature.is_empty()) {
        out.set(streamed.block, Part::Signature, signature);
    }
    take(json, call, &mut streamed, out)?;
    if call.is_streamed() {
        memory.streamed = Some(streamed);
    } else {
        streamed.end(out);
    }
    Ok(())
}

fn take(json: &str, call: &Call, streamed: &mut Streamed, out: &mut Emitter) -> Result<(), Error> {
    if let Some(pieces) = call.pieces {
        let depth = out.limits().json_depth;
        elements(pieces.of(json), depth, |_, piece| streamed.take(piece, out))?;
    }
    if let Some(args) = call.args {
        streamed.take_whole(input(json, args), out);
    }
    Ok(())
}
