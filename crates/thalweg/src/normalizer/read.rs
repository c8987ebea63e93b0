//! Reads frames: from the framer to the decoder, and the end of the stream.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::{BUFFER_LEAST, Current, KEPT_BYTES, Mark, Normalizer, Phase, Reader};
use crate::dialect::{Claim, Dialect, Frame};
use crate::emitter::{Emitter, Failure};
use crate::event::{Action, AnomalyKind, Close, ErrorKind, LimitKind, Origin, Protocol};
use crate::framing::{Corrupt, Cut, Defect, Foreign, Framer, Framing, Payload};
use crate::registry;

impl Normalizer {
    pub(super) fn release_frame(&mut self) {
        self.head += core::mem::take(&mut self.frame.len);
        self.out.clear();
        self.given = 0;
    }

    /// Reads the next frame, or ends the stream; false when there is nothing to read.
    pub(super) fn step(&mut self) -> bool {
        if self.phase == Phase::Ended {
            self.discard();
            return false;
        }
        self.release_frame();
        if !self.repeat_ahead() && !self.read_next() {
            return false;
        }
        if self.opening.early.len() >= EARLY_MOST {
            self.give_up();
        }
        if self.out.is_over_limit() {
            self.end(None);
        } else if self.phase != Phase::Ended
            && let Some(estimate) = &mut self.estimate
        {
            estimate.count(&self.out);
        }
        true
    }

    /// Cuts and reads the next frame, or concludes; false when there is nothing to read.
    fn read_next(&mut self) -> bool {
        self.cross_borders();
        let (cut, is_broken_off) = self.next_cut();
        let len = cut.as_ref().map_or_else(|| self.pending().len(), |cut| cut.len);
        // A frame that is too long is not waited for, and is too long also where it never comes.
        if len.max(self.framer.declared_len()) > self.limits.frame_bytes {
            self.over_limit();
            return true;
        }
        match (cut, self.phase) {
            (Some(cut), _) if is_broken_off => self.read_broken_off(&cut),
            (Some(cut), _) => self.read_cut(&cut),
            (None, phase) => match (self.next_message(), phase) {
                (Some(message), _) => self.read_message(message),
                (None, Phase::Closing(close)) => self.conclude(close),
                (None, _) => {
                    self.wait();
                    return false;
                }
            },
        }
        true
    }

    /// What is behind the frame at hand and before the next mark.
    fn pending(&self) -> &[u8] {
        &self.buffer[self.head..self.pending_end()]
    }

    /// Where that ends.
    pub(super) fn pending_end(&self) -> usize {
        self.marks.front().map_or(self.buffer.len(), Mark::start)
    }

    /// The next frame that the framer finds; true where a connection ended before the frame did.
    fn next_cut(&mut self) -> (Option<Cut>, bool) {
        let pending = &self.buffer[self.head..self.pending_end()];
        match (self.marks.front(), self.phase) {
            (Some(Mark::Border(_)), _) => match self.framer.next(pending) {
                None => (self.framer.finish(pending), true),
                whole => (whole, false),
            },
            (Some(Mark::Message(_)), _) | (None, Phase::Closing(_)) => (self.framer.finish(pending), false),
            (None, _) => (self.framer.next(pending), false),
        }
    }

    fn next_message(&mut self) -> Option<Range<usize>> {
        let Some(Mark::Message(range)) = self.marks.front() else { return None };
        let range = range.clone();
        self.marks.pop_front();
        Some(range)
    }

    /// Begins another connection where all bytes of the last one have been read.
    fn cross_borders(&mut self) {
        while matches!(self.marks.front(), Some(Mark::Border(at)) if *at == self.head) {
            self.marks.pop_front();
            self.framer = Framer::new(self.framing);
            self.out.reconnect();
            if let Reader::Known { decoder, .. } = &mut self.reader {
                decoder.reconnect();
            }
        }
    }

    /// What the last connection ended with. It goes, also where its data is whole: a provider that is asked to continue
    /// behind the last frame that ended sends this one again.
    fn read_broken_off(&mut self, cut: &Cut) {
        let is_frame = match (&cut.payload, cut.defect) {
            (Payload::Junk, _) => false,
            // A carriage return may be the blank line, and waited for its line feed.
            (Payload::Data(data), Some(Defect::Bare)) => match &self.buffer[self.head..][data.end..cut.len] {
                [_, .., last] => *last == b'\r',
                _ => false,
            },
            (_, defect) => defect.is_none(),
        };
        let is_unreadable = match cut.defect {
            // Half a line looks like text, and half a message like any binary data: neither says what the body was.
            Some(Defect::Foreign(foreign)) => !matches!(foreign, Foreign::Text | Foreign::Binary),
            Some(Defect::Corrupt(_)) => true,
            _ => false,
        };
        if is_frame || is_unreadable {
            return self.read_cut(cut);
        }
        self.frame = Current { len: cut.len, number: self.frame.number + 1, ..Current::default() };
        self.start_known();
        self.note(AnomalyKind::UnterminatedFrame, Action::Dropped);
    }

    fn read_cut(&mut self, cut: &Cut) {
        self.frame = Current {
            len: cut.len,
            number: self.frame.number + u64::from(cut.len > 0),
            event: cut.event.clone(),
            is_exception: cut.is_exception,
            id: cut.id.clone(),
            retry_ms: cut.retry_ms,
        };
        self.start_known();
        let data = match &cut.payload {
            Payload::Data(range) => Data::Buffer(self.head + range.start..self.head + range.end),
            Payload::Joined => Data::Joined,
            Payload::Empty => return self.read_empty(cut.defect),
            Payload::End => return self.read_end_mark(),
            Payload::Junk => return self.read_junk(cut.defect),
        };
        match cut.defect {
            Some(Defect::Unterminated) => self.note(AnomalyKind::UnterminatedFrame, Action::Kept),
            Some(Defect::Bare) => self.note(AnomalyKind::BareJson, Action::Kept),
            _ => {}
        }
        let is_body = self.framer.is_body();
        if self.is_repeat(&data, is_body) {
            self.learn_envelope(cut);
        } else {
            self.read_data(&data, is_body);
        }
    }

    fn read_message(&mut self, message: Range<usize>) {
        self.frame = Current { len: message.len(), number: self.frame.number + 1, ..Current::default() };
        if message.len() > self.limits.frame_bytes {
            self.start();
            self.out.limit(LimitKind::FrameBytes);
            return;
        }
        self.start_known();
        let data = Data::Buffer(message);
        if !self.is_repeat(&data, false) {
            self.read_data(&data, false);
        }
    }

    fn read_empty(&mut self, defect: Option<Defect>) {
        if defect.is_some() {
            self.note(AnomalyKind::UnterminatedFrame, Action::Dropped);
        } else {
            self.beat();
        }
    }

    /// What has not been claimed has said nothing that could end.
    fn read_end_mark(&mut self) {
        if let (Reader::Known { decoder, .. }, true) = (&mut self.reader, self.opening.is_started) {
            decoder.end_mark(&mut self.out);
        }
    }

    fn beat(&mut self) {
        if self.opening.is_started {
            self.out.heartbeat();
        }
    }

    fn read_junk(&mut self, defect: Option<Defect>) {
        match defect {
            Some(Defect::Foreign(foreign)) => self.read_foreign(foreign),
            Some(Defect::Trailing) => self.note(AnomalyKind::TrailingBytes, Action::Dropped),
            Some(Defect::Encoding) => self.note(AnomalyKind::InvalidBase64, Action::Dropped),
            Some(Defect::Corrupt(corrupt)) => self.read_corrupt(corrupt),
            _ => self.note(AnomalyKind::UnterminatedFrame, Action::Dropped),
        }
    }

    /// The body is no stream: said once, however long it is.
    fn read_foreign(&mut self, foreign: Foreign) {
        if core::mem::replace(&mut self.is_unreadable, true) {
            return;
        }
        self.start();
        self.note(AnomalyKind::NotAStream, Action::Dropped);
        self.fail(match foreign {
            Foreign::Html => "the body is an HTML page, not a stream",
            Foreign::Compressed => "the body is compressed: decompress it before it is fed",
            Foreign::Binary => "the body is binary data, not a stream",
            Foreign::Text => "the body is plain text, not a stream",
        });
    }

    /// Nothing can be read any more: said once, however much comes.
    fn read_corrupt(&mut self, corrupt: Corrupt) {
        if core::mem::replace(&mut self.is_unreadable, true) {
            return;
        }
        self.start();
        self.note(AnomalyKind::CorruptMessage, Action::Dropped);
        let message = match corrupt {
            Corrupt::PreludeChecksum => "the checksum of a message's lengths is wrong",
            Corrupt::Length => "the lengths of a message are impossible",
            Corrupt::MessageChecksum => "the checksum of a message is wrong",
            Corrupt::Headers => "the headers of a message are malformed",
        };
        let mut failure = Failure::new(ErrorKind::Other, message.into());
        failure.origin = Origin::Local;
        self.out.error(failure);
    }

    /// Decodes one frame's data.
    fn read_data(&mut self, data: &Data, is_body: bool) {
        let bytes = match data {
            Data::Buffer(range) => &self.buffer[range.clone()],
            Data::Joined => self.framer.joined(),
        };
        let mut is_lossy = false;
        let text = core::str::from_utf8(bytes).unwrap_or_else(|_| {
            is_lossy = true;
            self.lossy.clear();
            self.lossy.push_str(&String::from_utf8_lossy(bytes));
            &self.lossy
        });
        let event = self.frame.event.as_ref().and_then(|range| self.buffer[self.head..].get(range.clone()));
        let event = event.and_then(|name| core::str::from_utf8(name).ok());
        let frame = Frame { event, data: text, is_body, is_exception: self.frame.is_exception };
        // An exception needs no words.
        let is_blank = is_blank(text) && !frame.is_exception;
        let claimed = if is_blank { None } else { self.reader.claimed(&frame, self.framer.is_binary()) };
        if let Some(reader) = claimed {
            self.reader = reader;
        }
        if let (Reader::Known { protocol, .. }, false) = (&self.reader, is_blank) {
            self.opening.start(*protocol, &mut self.out);
        }
        if is_lossy {
            self.opening.note(AnomalyKind::InvalidUtf8, Action::Replaced, &mut self.out);
        }
        if is_blank {
            return self.beat();
        }
        self.out.count_frame();
        match &mut self.reader {
            Reader::Known { protocol, decoder, claims, .. } => {
                decoder.frame(frame, &mut self.out);
                // Of what a decoder makes something only the first frame is looked at again: it tells what the rest is.
                if (self.out.has_unknown() || self.out.frames() == 1) && is_foreign(&frame, *protocol, *claims) {
                    self.out.anomaly(AnomalyKind::ProtocolMismatch, Action::Kept, None);
                }
            }
            Reader::Candidates(_) => self.note(AnomalyKind::ProtocolMismatch, Action::Dropped),
        }
    }

    /// Nobody has claimed the stream, and too much has been seen of it.
    fn give_up(&mut self) {
        self.reader = Reader::Candidates(Vec::new());
        self.start();
        self.fail("no known protocol has frames like these");
    }

    /// An anomaly, which waits for `Start` if that has to wait.
    fn note(&mut self, kind: AnomalyKind, action: Action) {
        self.opening.note(kind, action, &mut self.out);
    }

    /// `Start`, as soon as it can be said what the stream is.
    fn start_known(&mut self) {
        if matches!(self.reader, Reader::Known { .. }) {
            self.start();
        }
    }

    fn start(&mut self) {
        let protocol = match &self.reader {
            Reader::Known { protocol, .. } => *protocol,
            Reader::Candidates(_) => Protocol::Unrecognized,
        };
        self.opening.start(protocol, &mut self.out);
    }

    fn over_limit(&mut self) {
        self.frame = Current { number: self.frame.number, ..Current::default() };
        self.start();
        self.out.limit(LimitKind::FrameBytes);
        self.end(None);
    }

    /// The bytes have ended and every frame is read.
    fn conclude(&mut self, close: Close) {
        self.frame = Current { number: self.frame.number, ..Current::default() };
        self.start();
        if let Reader::Known { decoder, .. } = &mut self.reader {
            decoder.finish(&mut self.out);
        }
        if !self.out.has_failed() && !self.out.has_choices() {
            if !self.received && close == Close::Clean {
                self.fail("the body is empty");
            } else if self.out.frames() > 0 && matches!(self.reader, Reader::Candidates(_)) {
                self.fail("no known protocol has frames like these");
            } else if self.is_read_body() {
                self.fail("the body is JSON, but no answer and no error");
            }
        }
        self.end(Some(close));
    }

    /// Whether the body was JSON instead of a stream, and all of it was read.
    fn is_read_body(&self) -> bool {
        (self.framer.is_body() && self.out.frames() > 0) || (self.framer.is_array() && self.out.has_sentinel())
    }

    fn fail(&mut self, message: &str) {
        let mut failure = Failure::new(ErrorKind::NotAStream, message.into());
        failure.origin = Origin::Local;
        self.out.error(failure);
    }

    fn end(&mut self, close: Option<Close>) {
        if self.phase != Phase::Ended {
            if let Some(estimate) = &mut self.estimate {
                // What this last step gave out.
                estimate.count(&self.out);
                estimate.say(&mut self.out);
            }
            self.out.end(close);
            self.phase = Phase::Ended;
        }
    }

    /// The last event has been given: nothing is read any more.
    fn discard(&mut self) {
        self.release_frame();
        self.buffer = Vec::new();
        self.head = 0;
        self.marks = VecDeque::new();
        self.lossy = String::new();
        self.framer.shrink();
        self.out.shrink(0);
    }

    /// Everything that arrived has been read: gives back what is not needed any more.
    fn wait(&mut self) {
        // Behind a carriage return any byte shows where the line ends.
        self.is_waiting = self.framer.waits_for_line_end() && self.pending().last() != Some(&b'\r');
        self.peak = self.peak.max(self.buffer.len());
        self.drains += 1;
        let pending = self.buffer.len() - self.head;
        let room = self.buffer.capacity() / 4;
        if self.buffer.capacity() > KEPT_BYTES && room > pending {
            // A large frame is over. One that is still growing keeps its room: giving it back each time would copy the
            // frame each time.
            self.shrink_buffer(KEPT_BYTES.max(2 * pending));
        } else if self.drains >= DRAINS && room > self.peak.max(BUFFER_LEAST) {
            self.shrink_buffer(self.peak + self.peak / 4);
            self.out.shrink(self.peak);
        }
        if self.drains >= DRAINS {
            (self.peak, self.drains) = (0, 0);
        }
        if pending == 0 {
            self.buffer.clear();
            self.head = 0;
        }
        self.marks.shrink_to(KEPT_BYTES / size_of::<Mark>());
        self.lossy.clear();
        self.lossy.shrink_to(KEPT_BYTES);
        self.framer.shrink();
        self.out.shrink(KEPT_BYTES);
    }

    fn shrink_buffer(&mut self, capacity: usize) {
        self.buffer.drain(..self.head);
        self.head = 0;
        self.buffer.shrink_to(capacity);
    }
}

impl Reader {
    /// The reader that a frame decides for, where that is open: the strongest claim, of equals one whose framing the
    /// stream has (a wrapping before what is in it), of these the first.
    fn claimed(&self, frame: &Frame<'_>, is_binary: bool) -> Option<Self> {
        let Self::Candidates(candidates) = self else { return None };
        let claim = |dialect: &Dialect| (dialect.claims)(frame);
        let rank = |dialect: &&Dialect| (claim(dialect), (dialect.framing == Framing::AwsEventStream) == is_binary);
        // From the back, because `max_by_key` takes the last of equals.
        let best = candidates.iter().rev().max_by_key(rank)?;
        (claim(best) > Claim::No).then(|| Self::of(best))
    }
}

/// Whether a frame that its decoder does not know is one of another protocol. A decoder of the caller's own reads what
/// every dialect of its protocol does.
fn is_foreign(frame: &Frame<'_>, protocol: Protocol, own: Option<fn(&Frame<'_>) -> Claim>) -> bool {
    if own.is_some_and(|claims| claims(frame) > Claim::No) {
        return false;
    }
    let mut is_claimed = false;
    for dialect in registry::ALL {
        let claim = (dialect.claims)(frame);
        if claim > Claim::No && dialect.protocol == protocol {
            return false;
        }
        is_claimed |= claim == Claim::Yes;
    }
    is_claimed
}

/// The beginning of the events: `Start` waits until it is known what the stream is, and anomalies wait for `Start`.
#[derive(Default)]
pub(super) struct Opening {
    pub(super) is_started: bool,
    early: Vec<(AnomalyKind, Action)>,
}

impl Opening {
    fn start(&mut self, protocol: Protocol, out: &mut Emitter) {
        if core::mem::replace(&mut self.is_started, true) {
            return;
        }
        out.start(protocol);
        for (kind, action) in core::mem::take(&mut self.early) {
            out.anomaly(kind, action, None);
        }
    }

    fn note(&mut self, kind: AnomalyKind, action: Action, out: &mut Emitter) {
        if self.is_started {
            out.anomaly(kind, action, None);
        } else {
            self.early.push((kind, action));
        }
    }
}

/// Where a frame's data is.
pub(super) enum Data {
    Buffer(Range<usize>),
    Joined,
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// A buffer that was not used for so many reads of the transport is given back: what fills it comes no more.
const DRAINS: u8 = 10;

/// Anomalies before a claim, beyond which the stream is given up.
const EARLY_MOST: usize = 16;
