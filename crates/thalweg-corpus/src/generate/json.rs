//! JSON as servers write it: with every escape, space and order that the grammar allows.

use fastrand::Rng;

use super::perturbation::Perturbation as P;
use super::select::Selection;

/// The fields of an object.
pub(super) type Fields = Vec<(&'static str, Json)>;

/// A value to be written.
#[derive(Clone, Debug)]
pub(super) enum Json {
    /// Written as it stands.
    Raw(String),
    /// A string, in UTF-16: it may begin or end in the middle of a surrogate pair.
    Text(Vec<u16>),
    List(Vec<Self>),
    Object(Fields),
}

impl Json {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.encode_utf16().collect())
    }

    pub(super) fn raw(text: impl ToString) -> Self {
        Self::Raw(text.to_string())
    }

    pub(super) fn null() -> Self {
        Self::raw("null")
    }

    /// `""` or null.
    pub(super) fn nothing(rng: &mut Rng) -> Self {
        if rng.bool() { Self::null() } else { Self::text("") }
    }

    /// Writes the value in the manner of the selection.
    pub(super) fn write(&self, selection: &mut Selection, rng: &mut Rng) -> String {
        let mut writer = Writer { out: String::new(), selection, rng };
        writer.value(self);
        writer.out
    }
}

struct Writer<'a> {
    out: String,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl Writer<'_> {
    fn value(&mut self, json: &Json) {
        match json {
            Json::Raw(raw) => self.out.push_str(raw),
            Json::Text(units) => self.string(units),
            Json::List(values) => self.sequence('[', values.len(), ']', |writer, n| writer.value(&values[n])),
            Json::Object(fields) => self.object(fields),
        }
    }

    fn object(&mut self, fields: &[(&'static str, Json)]) {
        let mut fields: Vec<(&str, &Json)> = fields.iter().map(|(key, value)| (*key, value)).collect();
        let unknown = Json::raw(UNKNOWN_VALUES[self.rng.usize(..UNKNOWN_VALUES.len())]);
        if self.selection.roll(P::UnknownFields, 3, self.rng) {
            let at = self.rng.usize(..=fields.len());
            fields.insert(at, (UNKNOWN_KEYS[self.rng.usize(..UNKNOWN_KEYS.len())], &unknown));
        }
        if fields.len() > 1 && self.selection.has(P::KeysShuffled) {
            self.selection.hit(P::KeysShuffled);
            self.rng.shuffle(&mut fields);
        }
        self.sequence('{', fields.len(), '}', |writer, n| {
            let (key, value) = fields[n];
            writer.string(&key.encode_utf16().collect::<Vec<_>>());
            writer.gap();
            writer.out.push(':');
            writer.gap();
            writer.value(value);
        });
    }

    fn sequence(&mut self, open: char, len: usize, close: char, mut item: impl FnMut(&mut Self, usize)) {
        self.out.push(open);
        for n in 0..len {
            if n > 0 {
                self.out.push(',');
            }
            self.gap();
            item(self, n);
            self.gap();
        }
        self.out.push(close);
    }

    /// Between two tokens.
    fn gap(&mut self) {
        if self.selection.roll(P::JsonSpace, 3, self.rng) {
            self.out.push_str(["\t", " ", "   "][self.rng.usize(..3)]);
        }
        // A line feed in the JSON is where the framing may begin another `data:` line.
        if self.selection.roll(P::DataLines, 6, self.rng) {
            self.out.push('\n');
        }
    }

    fn string(&mut self, units: &[u16]) {
        self.out.push('"');
        for decoded in char::decode_utf16(units.iter().copied()) {
            match decoded {
                Ok(c) => self.char(c),
                Err(half) => self.unit(half.unpaired_surrogate()),
            }
        }
        self.out.push('"');
    }

    fn char(&mut self, c: char) {
        let is_all = self.selection.has(P::EscapesAll);
        if is_all {
            self.selection.hit(P::EscapesAll);
        }
        if is_all || self.selection.roll(P::EscapesSome, 8, self.rng) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                self.unit(*unit);
            }
            return;
        }
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '/' if self.rng.bool() => self.out.push_str("\\/"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\0'..='\u{1f}' => self.unit(c as u16),
            _ => self.out.push(c),
        }
    }

    fn unit(&mut self, unit: u16) {
        let digits = if self.rng.bool() { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
        self.out.push_str(&digits);
    }
}

const UNKNOWN_KEYS: &[&str] = &["x_trace", "provider", "", "x_\u{1f30a}", "x_choices", "token_ids", "prompt_logprobs"];

/// Some hold what would mean something elsewhere.
const UNKNOWN_VALUES: &[&str] = &[
    "null",
    "-1.5e3",
    "\"data: [DONE]\"",
    "\"\\ud800\"",
    "[]",
    "[[{\"error\":{\"message\":\"no\"}}]]",
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"no\"},\"finish_reason\":\"length\"}]}",
    "{\"usage\":{\"prompt_tokens\":1}}",
];
