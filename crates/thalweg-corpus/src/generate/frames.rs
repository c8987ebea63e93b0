//! Chunks into server-sent events, with everything that may stand between them.

use fastrand::Rng;

use super::perturbation::Perturbation as P;
use super::select::Selection;

/// One frame.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The event's name, where the wire has names.
    pub(super) name: Option<&'static str>,
    /// Its framing says that it is an error, where framings can.
    pub(super) is_exception: bool,
    pub(super) data: String,
}

impl Frame {
    pub(super) fn data(data: impl Into<String>) -> Self {
        Self { name: None, is_exception: false, data: data.into() }
    }
}

/// What may stand between the frames of a protocol and means nothing there: lines that make a frame of their own.
pub(super) struct Noise {
    /// Frames that nobody documented.
    pub(super) unknown: &'static [&'static str],
    /// Comments that come as data.
    pub(super) comments: &'static [&'static str],
}

/// Writes the body.
pub(super) fn write(frames: &[Frame], noise: &'static Noise, selection: &mut Selection, rng: &mut Rng) -> Vec<u8> {
    let (line_end, data_end, frame_end) = (0, 0, 0);
    let mut wire = Wire { bytes: Vec::new(), after_cr: false, line_end, data_end, frame_end, noise, selection, rng };
    if wire.selection.roll(P::Bom, 1, wire.rng) {
        wire.bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    for frame in frames {
        if frame.data != END_MARK || frame.name.is_some() {
            wire.between();
        }
        wire.frame(frame);
    }
    if frames.last().is_some_and(|frame| frame.data != END_MARK) {
        wire.between();
    }
    wire.end()
}

struct Wire<'a> {
    bytes: Vec<u8>,
    /// The last line ended with CR, so that an LF would be a part of the same line end.
    after_cr: bool,
    /// Behind the last line, without its line end.
    line_end: usize,
    /// Behind the last frame's last line, without its line end.
    data_end: usize,
    /// The same, with the line end and without the blank line.
    frame_end: usize,
    noise: &'static Noise,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl Wire<'_> {
    /// A frame with data.
    fn frame(&mut self, frame: &Frame) {
        self.noise();
        if let Some(name) = frame.name {
            let space = if self.selection.roll(P::NoSpace, 1, self.rng) { "" } else { " " };
            self.line(&format!("event:{space}{name}"));
            self.noise();
        }
        for line in frame.data.split('\n') {
            // The one space behind the colon belongs to the framing: text that begins with a space needs it.
            let is_tight = !line.starts_with(' ') && self.selection.roll(P::NoSpace, 1, self.rng);
            let field = if is_tight { "data:" } else { "data: " };
            self.line(&format!("{field}{line}"));
            self.noise();
        }
        self.blank();
    }

    /// Signs of life, and frames that nobody documented.
    fn between(&mut self) {
        if self.selection.roll(P::Comments, 3, self.rng) {
            self.any_line(COMMENTS);
            if self.rng.bool() {
                self.line("");
            }
        }
        if self.selection.roll(P::FieldNoise, 4, self.rng) {
            for _ in 0..self.rng.usize(1..=3) {
                self.any_line(&["", "event: ping", "data:", "data", "retry: 1000"]);
                self.line("");
            }
        }
        if self.selection.roll(P::CommentAsData, 4, self.rng) {
            self.any_line(self.noise.comments);
            self.line("");
        }
        if self.selection.roll(P::UnknownFrames, 4, self.rng) {
            self.any_line(self.noise.unknown);
            self.line("");
        }
    }

    /// Lines inside of a frame that are no data.
    fn noise(&mut self) {
        if self.selection.roll(P::Comments, 6, self.rng) {
            self.any_line(COMMENTS);
        }
        if self.selection.roll(P::FieldNoise, 6, self.rng) {
            self.any_line(FIELDS);
        }
    }

    fn any_line(&mut self, of: &[&str]) {
        let n = self.rng.usize(..of.len());
        self.line(of[n]);
    }

    fn line(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.line_end = self.bytes.len();
        let is_empty_after_cr = text.is_empty() && self.after_cr;
        let end = if self.selection.roll(P::LinesCrlf, 1, self.rng) {
            "\r\n"
        } else if self.selection.roll(P::LinesCr, 1, self.rng) {
            "\r"
        } else if self.selection.roll(P::LinesMixed, 1, self.rng) {
            ["\r\n", "\r", "\n"][self.rng.usize(..if is_empty_after_cr { 2 } else { 3 })]
        } else {
            "\n"
        };
        self.bytes.extend_from_slice(end.as_bytes());
        self.after_cr = end == "\r";
    }

    fn blank(&mut self) {
        self.data_end = self.line_end;
        self.frame_end = self.bytes.len();
        self.line("");
    }

    /// The bytes, as far as the server sends them.
    fn end(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        // Only a frame with data may be left open, and only the last one.
        let is_last = bytes[self.frame_end..].iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        if is_last && self.selection.roll(P::LastFrameOpen, 1, self.rng) {
            bytes.truncate(if self.rng.bool() { self.frame_end } else { self.data_end });
        }
        bytes
    }
}

const COMMENTS: &[&str] = &[": OPENROUTER PROCESSING", ":", ":data: {\"choices\":[]}", ": \u{1f30a}", ":::"];

const FIELDS: &[&str] = &[
    "event: message",
    "event",
    "id: 7",
    "id:",
    "id: 7\u{0}8",
    "retry: 3000",
    "retry: soon",
    "foo: bar",
    "Data: [DONE]",
    " data: [DONE]",
    "datas: x",
    "no colon at all",
];

/// What ends a stream, in some protocols.
pub(super) const END_MARK: &str = "[DONE]";
