//! Made streams, with what must come out of them.
//!
//! The same arguments give the same bytes, everywhere and always: the numbers come from a generator in this folder, not
//! from a dependency that may change its own, and the words are made up. [`KINDS`] have the shapes of the providers, a
//! module a protocol; those of [`growing`] are small on purpose and grow in one direction each.

use thalweg::Dialect;

pub mod chat;
pub mod gemini;
pub mod growing;
pub mod messages;
pub mod responses;
mod words;

/// A stream and what it says.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What it is called in tables.
    pub name: &'static str,
    /// Who reads it.
    pub dialect: &'static Dialect,
    /// What is on the wire.
    pub bytes: Vec<u8>,
    /// How many frames with data there are, `[DONE]` included.
    pub frames: usize,
    /// How many line ends there are.
    pub line_ends: usize,
    /// The content of each block in order of appearance: exactly what a fold must give.
    pub visible: Vec<String>,
}

impl Stream {
    /// The protocol's name.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match &self.dialect.name {
            std::borrow::Cow::Borrowed(name) => name,
            std::borrow::Cow::Owned(_) => "made at run time",
        }
    }

    /// How many bytes of content there are.
    #[must_use]
    pub fn visible_bytes(&self) -> usize {
        self.visible.iter().map(String::len).sum()
    }
}

/// A shape of stream that can be had in any length.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Kind {
    /// The protocol's name.
    pub protocol: &'static str,
    /// What it is called in tables.
    pub name: &'static str,
    /// Deltas of a typical response.
    pub typical: usize,
    /// Makes a stream of that many deltas from a seed.
    pub make: fn(usize, u64) -> Stream,
    /// Bytes that a delta takes on the wire, about.
    pub delta_bytes: usize,
    /// Bytes that the stream has beside its deltas, about.
    pub fixed_bytes: usize,
}

impl Kind {
    /// One typical response.
    #[must_use]
    pub fn typical(&self) -> Stream {
        (self.make)(self.typical, SEED)
    }

    /// A stream of about that many bytes.
    #[must_use]
    pub fn of_bytes(&self, bytes: usize) -> Stream {
        (self.make)(self.deltas(bytes), SEED)
    }

    /// How many deltas make a stream of about that many bytes.
    #[must_use]
    pub const fn deltas(&self, bytes: usize) -> usize {
        let deltas = bytes.saturating_sub(self.fixed_bytes) / self.delta_bytes;
        if deltas < SHORTEST { SHORTEST } else { deltas }
    }
}

/// Deltas of a typical response.
pub const TYPICAL: usize = 800;

/// The shortest stream that every kind can be.
pub const SHORTEST: usize = 16;

/// The streams of the ladder are made from it.
const SEED: u64 = 1;

/// All shapes of the ladder.
pub static KINDS: &[Kind] = &[
    Kind {
        protocol: "openai-chat",
        name: "text",
        typical: TYPICAL,
        make: chat::text,
        delta_bytes: 331,
        fixed_bytes: 1_400,
    },
    Kind {
        protocol: "openai-chat",
        name: "tools",
        typical: TYPICAL,
        make: chat::tools,
        delta_bytes: 374,
        fixed_bytes: 2_600,
    },
    Kind {
        protocol: "openai-chat",
        name: "reasoning",
        typical: TYPICAL,
        make: chat::reasoning,
        delta_bytes: 289,
        fixed_bytes: 1_200,
    },
    Kind {
        protocol: "openai-responses",
        name: "text",
        typical: TYPICAL,
        make: responses::text,
        // The text comes again in four frames at the end.
        delta_bytes: 277,
        fixed_bytes: 33_500,
    },
    Kind {
        protocol: "openai-responses",
        name: "tools",
        typical: TYPICAL,
        make: responses::tools,
        delta_bytes: 266,
        fixed_bytes: 36_000,
    },
    Kind {
        protocol: "anthropic-messages",
        name: "text",
        typical: TYPICAL,
        make: messages::text,
        delta_bytes: 131,
        fixed_bytes: 1_200,
    },
    Kind {
        protocol: "anthropic-messages",
        name: "thinking",
        typical: TYPICAL,
        make: messages::thinking,
        delta_bytes: 134,
        fixed_bytes: 2_000,
    },
    Kind {
        protocol: "anthropic-messages",
        name: "tools",
        typical: TYPICAL,
        make: messages::tools,
        delta_bytes: 142,
        fixed_bytes: 1_900,
    },
    Kind { protocol: "gemini", name: "text", typical: 120, make: gemini::text, delta_bytes: 454, fixed_bytes: 900 },
    Kind {
        protocol: "gemini",
        name: "thoughts",
        typical: 120,
        make: gemini::thoughts,
        delta_bytes: 465,
        fixed_bytes: 900,
    },
];

/// One tool call whose input grows in deltas of 4 KiB; a typical one is 1 MB.
pub static LONG: &[Kind] = &[
    Kind {
        protocol: "openai-chat",
        name: "long input",
        typical: 256,
        make: |deltas, seed| chat::long_input(deltas * LONG_DELTA_BYTES, seed),
        delta_bytes: 4_600,
        fixed_bytes: 3_000,
    },
    Kind {
        protocol: "anthropic-messages",
        name: "long input",
        typical: 256,
        make: |deltas, seed| messages::long_input(deltas * LONG_DELTA_BYTES, seed),
        delta_bytes: 4_400,
        fixed_bytes: 1_500,
    },
];

/// Bytes of input in a delta of [`LONG`].
const LONG_DELTA_BYTES: usize = 4096;

/// A stream that is being written.
struct Wire {
    name: &'static str,
    dialect: &'static Dialect,
    line_end: &'static str,
    bytes: String,
    frames: usize,
    line_ends: usize,
    visible: Vec<String>,
}

impl Wire {
    const fn new(name: &'static str, dialect: &'static Dialect) -> Self {
        Self { name, dialect, line_end: "\n", bytes: String::new(), frames: 0, line_ends: 0, visible: Vec::new() }
    }

    /// A frame without a name.
    fn frame(&mut self, data: &str) {
        self.line(&["data: ", data]);
        self.line(&[]);
        self.frames += 1;
    }

    /// A frame with a name.
    fn event(&mut self, name: &str, data: &str) {
        self.line(&["event: ", name]);
        self.frame(data);
    }

    fn line(&mut self, parts: &[&str]) {
        self.bytes.extend(parts.iter().copied());
        self.bytes.push_str(self.line_end);
        self.line_ends += 1;
    }

    /// Notes what a frame says.
    fn say(&mut self, block: usize, text: &str) {
        crate::steps::collect(&mut self.visible, block, text);
    }

    fn end(self) -> Stream {
        let Self { name, dialect, bytes, frames, line_ends, visible, .. } = self;
        Stream { name, dialect, bytes: bytes.into_bytes(), frames, line_ends, visible }
    }
}

#[cfg(test)]
mod tests;
