use core::ops::Range;

use fastrand::Rng;
use serde_json::Value;
use thalweg::fold::AnomalyCount;
use thalweg::framing::Framing;
use thalweg::{Action, AnomalyKind, ErrorKind, Event, Fold, Normalizer, Protocol, Recording, Response};

use super::Grammar;
use crate::{Cuts, Setup, Violation, wire};

/// Law 13: a response that comes over two connections folds to the response that came over one.
///
/// The border is before each frame of `cuts`. The first connection may break off inside the frame behind the border, and
/// the second begins at the border; where frames are numbered also before it. They are fed live or from a recording. What
/// may differ is the anomaly of the frame that was broken off.
///
/// A border passes where the bytes behind it would be taken for something else by themselves (bare JSON in the middle of
/// an event stream) or for a replay (numbers that fall), where only they show that bare JSON before it is over, and so
/// does what is no stream at all.
///
/// # Errors
/// With the border and the two responses.
pub fn check_reconnect<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], cuts: Cuts) -> Result<(), Violation> {
    let setup = setup.into();
    let whole = setup.response(bytes);
    if whole.errors.iter().any(|error| error.kind == ErrorKind::NotAStream) {
        return Ok(());
    }
    let whole = without_cut(whole);
    let is_numbered = whole.protocol == Some(Protocol::OpenaiResponses);
    // Frames before a claim are not read, and JSON outside of frames is: whose numbers count, nobody else can tell.
    let is_unclear = |anomaly: &AnomalyCount| match anomaly.kind {
        AnomalyKind::ProtocolMismatch => anomaly.action == Action::Dropped,
        AnomalyKind::BareJson => true,
        _ => false,
    };
    if is_numbered && whole.anomalies.iter().any(is_unclear) {
        return Ok(());
    }
    let frames = frames(&setup, bytes, is_numbered);
    let mut rng = Rng::with_seed(match cuts {
        Cuts::Few(seed) => seed,
        Cuts::Thorough => bytes.len() as u64,
    });
    for n in cuts.positions(frames.len()) {
        let Some(frame) = frames.get(n).filter(|frame| is_beginning(&setup, bytes, frame.range.start)) else {
            continue;
        };
        if looks_repeated(&frames, n) || n.checked_sub(1).is_some_and(|n| is_open(&bytes[frames[n].range.clone()])) {
            continue;
        }
        let border = frame.range.start;
        let frame = &bytes[frame.range.clone()];
        // JSON that is whole has come, whatever blanks were to follow.
        let frame = if wire::is_sse(bytes) { frame } else { frame.trim_ascii_end() };
        let first = border + broken_off(&setup, frame, &mut rng);
        let from = replay_from(&frames[..n]).map(|least| frames[rng.usize(least..=n)].range.start);
        let repeated = from.filter(|from| is_beginning(&setup, bytes, *from)).map(|second| Split { first, second });
        for split in [Some(Split { first, second: border }), repeated].into_iter().flatten() {
            let is_recorded = rng.bool();
            let response = split.fold(&setup, bytes, is_recorded).map_err(|violation| violation.at(border))?;
            let response = without_cut(response);
            if response != whole {
                let message = format!("one connection (left) and two (right) fold differently: {split:?}");
                return Err(Violation::new(LAW, message).at(border).between(whole, response));
            }
        }
    }
    Ok(())
}

/// The first connection ends here, the second begins there.
#[derive(Clone, Copy, Debug)]
struct Split {
    first: usize,
    second: usize,
}

impl Split {
    fn fold(&self, setup: &Setup<'_>, bytes: &[u8], is_recorded: bool) -> Result<Response, Violation> {
        let (first, second) = (&bytes[..self.first], &bytes[self.second..]);
        let (mut grammar, mut response) = (Grammar::default(), Response::default());
        let mut wrong = Ok(());
        let mut see = |event: &Event<'_>| {
            if wrong.is_ok() {
                wrong = grammar.see(event);
            }
            response.apply(event);
        };
        let mut normalizer = setup.normalizer();
        if is_recorded {
            let mut recording = Recording::new().with_held_bytes(usize::MAX);
            recording.push(0, first);
            recording.connection(1);
            recording.push(2, second);
            recording.finish(None, setup.close);
            recording.replay(&mut normalizer, |_, event| see(event));
        } else {
            let mut drain = |normalizer: &mut Normalizer| {
                while let Some(event) = normalizer.poll() {
                    see(&event);
                }
            };
            normalizer.feed(first);
            drain(&mut normalizer);
            normalizer.reconnect();
            normalizer.feed(second);
            normalizer.finish(setup.close);
            drain(&mut normalizer);
        }
        wrong?;
        grammar.is_over()?;
        Ok(response)
    }
}

/// A frame, and its number.
struct WireFrame {
    range: Range<usize>,
    number: Number,
}

/// What the wire says of a frame's number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Is(u64),
    /// Nothing that is data: to repeat it means nothing.
    Idle,
    /// It has none.
    None,
    /// Decoders may see one or not.
    Doubtful,
}

fn frames(setup: &Setup<'_>, bytes: &[u8], is_numbered: bool) -> Vec<WireFrame> {
    let mut normalizer = setup.normalizer();
    normalizer.feed(bytes);
    normalizer.finish(setup.close);
    let (mut frames, mut start) = (Vec::new(), 0);
    while let Some(frame) = normalizer.poll_frame() {
        if !frame.bytes.is_empty() {
            let number = if is_numbered { Number::of(frame.bytes) } else { Number::None };
            let end = start + frame.bytes.len();
            frames.push(WireFrame { range: start..end, number });
            start = end;
        }
    }
    frames
}

impl Number {
    fn of(frame: &[u8]) -> Self {
        let Some(data) = wire::frames(frame) else { return Self::Doubtful };
        // The end of a stream is no frame here, but may be read.
        let has_number = frame.windows(NUMBER.len()).any(|bytes| bytes == NUMBER.as_bytes());
        let [frame] = &data[..] else {
            return if data.is_empty() && !has_number { Self::Idle } else { Self::Doubtful };
        };
        match serde_json::from_str::<Value>(&frame.data) {
            // An error is news whatever its number is: decoders never take one for a replay.
            Ok(value) if value.get("type").is_some_and(|kind| kind == "error") && value.get(NUMBER).is_some() => {
                Self::Doubtful
            }
            Ok(value) => match (value.get(NUMBER).map(Value::as_u64), frame.data.matches(NUMBER).count()) {
                (None, 0) => Self::None,
                (Some(Some(number)), 1) => Self::Is(number),
                _ => Self::Doubtful,
            },
            Err(_) if frame.data.contains(NUMBER) => Self::Doubtful,
            Err(_) => Self::None,
        }
    }
}

/// Numbers fall behind the border though nothing is repeated: nobody can tell that from a replay.
fn looks_repeated(frames: &[WireFrame], border: usize) -> bool {
    let (before, behind) = (numbers(&frames[..border]), numbers(&frames[border..]));
    let is_doubtful = frames.iter().any(|frame| frame.number == Number::Doubtful);
    let falls = |last: &u64| behind.iter().any(|number| number <= last);
    is_doubtful || (have_risen(&before) && before.last().is_some_and(falls))
}

fn numbers(frames: &[WireFrame]) -> Vec<u64> {
    frames.iter().filter_map(|frame| if let Number::Is(number) = frame.number { Some(number) } else { None }).collect()
}

fn have_risen(numbers: &[u64]) -> bool {
    numbers.len() > 1 && numbers.is_sorted_by(|a, b| a < b)
}

/// The first frame from which a provider may repeat what came before the border without a word of it coming twice: all
/// from there on are numbered, and the numbers rose. None where nothing may be repeated.
fn replay_from(before: &[WireFrame]) -> Option<usize> {
    let last_without = || before.iter().rposition(|frame| frame.number == Number::None);
    have_risen(&numbers(before)).then(|| last_without().map_or(0, |last| last + 1))
}

/// How many bytes of a frame came before the connection broke: fewer than all of them.
fn broken_off(setup: &Setup<'_>, frame: &[u8], rng: &mut Rng) -> usize {
    // While a stream is not recognized, one thing more that is wrong with it may be one too many.
    let is_inside = setup.dialect.is_some() && rng.u8(0..4) > 0;
    let len = if is_inside { rng.usize(..frame.len().max(1)) } else { 0 };
    // A carriage return has ended the frame, whatever follows it.
    if frame[len..] == *b"\n" && frame[..len].ends_with(b"\r") { 0 } else { len }
}

/// Whether the bytes from here on are taken for what the whole is, without what is before them.
fn is_beginning(setup: &Setup<'_>, bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..];
    let is_field = |bytes: &[u8]| FIELDS.iter().any(|field| bytes.starts_with(field));
    // Where lines of JSON are expected, events are what begins like one.
    let expects_lines = setup.dialect.is_some_and(|dialect| dialect.framing == Framing::Lines);
    if at == 0 {
        true
    } else if wire::is_sse(bytes) {
        is_field(rest) && (!expects_lines || is_field(bytes))
    } else {
        // A bracket begins an array, whose elements are frames: inside of one it would be another, and an element of
        // one would be a body.
        [rest, bytes].iter().all(|bytes| bytes.trim_ascii_start().first() == Some(&b'{'))
    }
}

/// Whether a frame is JSON that would go on behind its blank line, if another line did not follow.
fn is_open(frame: &[u8]) -> bool {
    let json = frame.trim_ascii();
    json.starts_with(b"{") && serde_json::from_slice::<Value>(json).is_err()
}

fn without_cut(mut response: Response) -> Response {
    response
        .anomalies
        .retain(|anomaly| (anomaly.kind, anomaly.action) != (AnomalyKind::UnterminatedFrame, Action::Dropped));
    response
}

const FIELDS: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
const NUMBER: &str = "sequence_number";
const LAW: &str = "reconnect";
