use std::collections::BTreeMap;

use thalweg::{Action, AnomalyKind, BlockId, Event, Fold, Outcome, Response};

use super::deltas::{CallPiece, Delta, Wire};
use super::{openai_chat, spoken};
use crate::{Chunking, Setup, Violation, wire};

/// Whether a law about content could be checked on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coverage {
    /// It was checked.
    Checked,
    /// It was not, for this reason.
    Skipped(&'static str),
}

/// Law 4: the deltas are the wire's decoded fragments in order, no more and no less.
///
/// An independent reader concatenates what the frames hold: text, reasoning, refusal and input of calls a choice. And
/// where the wire numbers its calls cleanly, id, name and input of each call. Where blocks begin and end, each is
/// compared. Streams that cannot be read this way,
/// and those of which an anomaly says that something was dropped or replaced, are skipped: assert that most were not.
///
/// # Errors
/// With what the wire holds and what came out.
pub fn check_conservation<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<Coverage, Violation> {
    let setup = setup.into();
    let blocks = spoken::protocol(&setup);
    let wire = Wire::of(&setup);
    if blocks.is_none() && wire.is_none() {
        return Ok(Coverage::Skipped("no independent reader of the protocol"));
    }
    if matches!(wire, None | Some(Wire::Chat)) && !wire::is_sse(bytes) {
        return Ok(Coverage::Skipped("no event stream"));
    }
    let mut response = Response::default();
    let mut inputs = Inputs::default();
    setup.drive(Chunking::Whole.split(bytes), |event| {
        response.apply(event);
        inputs.see(event);
    });
    if let Some(reason) = loses(&response) {
        return Ok(Coverage::Skipped(reason));
    }
    if let Some(protocol) = blocks {
        return match spoken::read(protocol, bytes) {
            Ok(spoken) => spoken::check(spoken, &response, LAW).map(|()| Coverage::Checked),
            Err(reason) => Ok(Coverage::Skipped(reason)),
        };
    }
    let wire = wire.unwrap_or(Wire::Chat);
    let mut deltas = match wire.read(bytes) {
        Ok(deltas) => deltas,
        Err(reason) => return Ok(Coverage::Skipped(reason)),
    };
    if wire == Wire::Chat
        && let Err(reason) = openai_chat::undo(&setup, &mut deltas)
    {
        return Ok(Coverage::Skipped(reason));
    }
    let mut choices: BTreeMap<u32, Vec<&Delta>> = BTreeMap::new();
    for delta in &deltas {
        choices.entry(delta.choice).or_default().push(delta);
    }
    for (index, deltas) in &choices {
        check_choice(*index, deltas, wire, &response, &inputs)?;
    }
    // A prompt that is blocked finishes a choice of which the wire has nothing to say.
    let mut with_content = response.choices.iter().filter(|choice| !choice.blocks.is_empty());
    let extra = with_content.find(|choice| !choices.contains_key(&choice.index));
    match extra {
        Some(choice) => Err(Violation::new(LAW, format!("choice {} is not on the wire", choice.index))),
        None => Ok(Coverage::Checked),
    }
}

fn check_choice(
    index: u32,
    deltas: &[&Delta],
    wire: Wire,
    response: &Response,
    inputs: &Inputs,
) -> Result<(), Violation> {
    let given = response.choice(index).cloned().unwrap_or_default();
    let all = |of: fn(&Delta) -> &str| deltas.iter().map(|delta| of(delta)).collect::<String>();
    same(index, "text", &all(|delta| &delta.text), &given.text())?;
    same(index, "reasoning", &all(|delta| &delta.reasoning), &given.reasoning())?;
    same(index, "refusal", &all(|delta| &delta.refusal), &given.refusal())?;
    let pieces: Vec<_> = deltas.iter().flat_map(|delta| &delta.calls).collect();
    let input: String = pieces.iter().map(|piece| piece.input.as_str()).collect();
    if !wire.has_inputs_in_order() {
        // Each call is compared by itself.
    } else if is_reordered(response) {
        same(index, "characters of input", &sorted(&input), &sorted(inputs.of(index)))?;
    } else {
        same(index, "input", &input, inputs.of(index))?;
    }
    let Some(mut calls) = clean_calls(&pieces) else { return Ok(()) };
    let called = |block: &thalweg::fold::Block| {
        let [id, name] = [block.wire_id(), block.name()].map(|text| text.unwrap_or_default().to_owned());
        (id, name, block.text.clone())
    };
    let mut given: Vec<_> = given.tool_calls().map(called).collect();
    if wire.has_values() {
        let inputs = calls.iter_mut().chain(&mut given).map(|call| &mut call.2);
        inputs.for_each(|input| *input = as_value(input));
    }
    if given == calls {
        return Ok(());
    }
    let message = format!("choice {index}: calls on the wire (left) and given (right) differ");
    Err(Violation::new(LAW, message).between(calls, given))
}

/// The input as the value that it is, where it is one. None at all is an object without members.
fn as_value(input: &str) -> String {
    if input.is_empty() {
        return "{}".into();
    }
    serde_json::from_str(input).map_or_else(|_| input.into(), |value: serde_json::Value| value.to_string())
}

/// The inputs of all calls of a choice, in the order in which they were given out.
#[derive(Default)]
struct Inputs {
    choice_of: BTreeMap<BlockId, u32>,
    inputs: BTreeMap<u32, String>,
}

impl Inputs {
    fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::BlockStart { block, choice, .. } => drop(self.choice_of.insert(*block, *choice)),
            Event::ToolCallDelta { block, input, .. } => {
                self.inputs.entry(self.choice_of[block]).or_default().push_str(input);
            }
            _ => {}
        }
    }

    fn of(&self, choice: u32) -> &str {
        self.inputs.get(&choice).map_or("", String::as_str)
    }
}

/// Why the stream may have lost something, if it says so.
fn loses(response: &Response) -> Option<&'static str> {
    if response.outcome == Some(Outcome::Limit) {
        return Some("a limit was reached");
    }
    // These drop or replace what is no content. A bad frame may be one that holds some: it is not told apart.
    let harmless = [
        AnomalyKind::FinishDiffers,
        AnomalyKind::IdChanged,
        AnomalyKind::CommentAsData,
        AnomalyKind::SecondStart,
        AnomalyKind::EndWithoutStart,
    ];
    let loses = |action| matches!(action, Action::Dropped | Action::Replaced);
    let lost = response.anomalies.iter().any(|anomaly| loses(anomaly.action) && !harmless.contains(&anomaly.kind));
    lost.then_some("an anomaly says that something was dropped or replaced")
}

/// Input that came before its name is given out behind what came meanwhile.
fn is_reordered(response: &Response) -> bool {
    let reorders = [AnomalyKind::NameLate, AnomalyKind::NameMissing];
    response.anomalies.iter().any(|anomaly| reorders.contains(&anomaly.kind))
}

/// Id, name and input of each call, where every piece has an index, and each index one id and one name at most, said
/// in its first piece; none where which call a piece belongs to is a matter of judgement.
fn clean_calls(pieces: &[&CallPiece]) -> Option<Vec<(String, String, String)>> {
    let mut order: Vec<i64> = Vec::new();
    let mut calls: Vec<(String, String, String)> = Vec::new();
    for piece in pieces {
        if piece.id.is_empty() && piece.name.is_empty() && piece.input.is_empty() {
            continue;
        }
        let index = piece.index?;
        match order.iter().position(|known| *known == index) {
            Some(place) if piece.id.is_empty() && piece.name.is_empty() => calls[place].2.push_str(&piece.input),
            Some(_) => return None,
            None if piece.name.is_empty() || calls.iter().any(|call| call.0 == piece.id) => return None,
            None => {
                order.push(index);
                calls.push((piece.id.clone(), piece.name.clone(), piece.input.clone()));
            }
        }
    }
    Some(calls)
}

fn sorted(text: &str) -> String {
    let mut letters: Vec<_> = text.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn same(choice: u32, what: &str, wire: &str, given: &str) -> Result<(), Violation> {
    if wire == given {
        return Ok(());
    }
    let message = format!("choice {choice}: {what} on the wire (left) and given (right) differ");
    Err(Violation::new(LAW, message).between(wire, given))
}

const LAW: &str = "conservation";
