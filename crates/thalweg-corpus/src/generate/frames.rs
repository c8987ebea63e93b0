//! Chunks into server-sent events, with everything that may stand between them.

use fastrand::Rng;

use super::perturbation::Perturbation as P;
use super::select::Selection;

/// Writes the body.
pub(super) fn write(chunks: &[String], selection: &mut Selection, rng: &mut Rng) -> Vec<u8> {
    let mut wire = Wire { bytes: Vec::new(), after_cr: false, line_end: 0, data_end: 0, frame_end: 0, selection, rng };
    if wire.selection.roll(P::Bom, 1, wire.rng) {
        wire.bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    for chunk in chunks {
        wire.between();
        wire.frame(chunk);
    }
    wire.between();
    let dones = if wire.selection.roll(P::DoneMissing, 1, wire.rng) {
        0
    } else {
        1 + usize::from(wire.selection.roll(P::DoneTwice, 1, wire.rng))
    };
    for _ in 0..dones {
        wire.frame("[DONE]");
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
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl Wire<'_> {
    /// A frame with data.
    fn frame(&mut self, data: &str) {
        self.noise();
        for line in data.split('\n') {
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
            self.any_line(&["data: : PROCESSING", "data::", "data: :", "data: : {\"choices\":[]}"]);
            self.line("");
        }
        if self.selection.roll(P::UnknownFrames, 4, self.rng) {
            self.any_line(UNKNOWN);
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

const UNKNOWN: &[&str] = &[
    "data: {\"type\":\"ping\"}",
    "data: { \"type\" : \"ping\" }",
    "data: {}",
    "data: {\"object\":\"thread.message\",\"id\":\"no\",\"model\":\"no\"}",
    "data: {\"error\":null}",
    "data: {\"timings\":{\"predicted_ms\":1.5},\"delta\":{\"content\":\"no\"}}",
];
