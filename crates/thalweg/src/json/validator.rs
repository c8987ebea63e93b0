//! Validates a tool call's input while it streams.
//!
//! A model writes the input as JSON text in pieces that are cut anywhere, inside an escape or a
//! character as well. Whether the whole is an object that can be handed to a tool should be known
//! the moment it ends, without parsing it a second time. One state, one bit per open container, no
//! copy of the text.

use super::scan::{is_space, plain_run};

/// Says, at any moment, what the JSON text fed so far amounts to.
///
/// Feed it every piece in order, then ask for the [`Verdict`]. The answer does not depend on how
/// the text was cut. It takes constant memory, no allocation, and time linear in the text. At most
/// 128 containers may be open inside each other; one more is invalid. That the bytes are UTF-8 is
/// the caller's to know: inside strings it is not checked.
#[derive(Clone, Debug)]
pub struct Validator {
    /// The open containers, innermost in the lowest bit: 1 is an object.
    nesting: u128,
    /// How many bytes were fed, those after an invalid one included.
    len: u64,
    /// The offset of the first wrong byte, once `state` is [`State::Invalid`].
    invalid_at: u64,
    depth: u8,
    state: State,
    /// The first value is, or will be, an object.
    object: bool,
    /// A second value has begun.
    concatenated: bool,
}

/// What a JSON text amounts to so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every text is exactly one of these")]
pub enum Verdict {
    /// Nothing but whitespace.
    Blank,
    /// The beginning of a JSON text; more is needed to make it whole.
    Cut,
    /// One complete object, and perhaps whitespace after it: what a tool's input should be.
    Object,
    /// One complete value of another kind. A bare number counts as complete wherever it could end,
    /// though more digits may come.
    NotObject,
    /// Not JSON, and nothing that follows can change it. A second value that is invalid counts as
    /// well.
    Invalid {
        /// The offset of the first byte that is wrong, from the first byte fed. For a container too
        /// deep, of the bracket that opens it.
        at: u64,
    },
    /// A complete value followed by the beginning of another, valid as far as it goes:
    /// `{"q":1}{"q":2}`. Digits or a minus sign right after a number do not begin another (`01` is
    /// invalid).
    Concatenated,
}

/// What the next byte may be. A number's states are named by what was last read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A value must begin.
    Value,
    /// A value may begin, or the array end.
    FirstElement,
    /// A key may begin, or the object end.
    FirstKey,
    Key,
    Colon,
    /// A value has ended.
    After,
    String(Role),
    Escape(Role),
    Hex(Role, u8),
    /// The index in [`LITERALS`] of the next letter.
    Literal(u8),
    Minus,
    Zero,
    Units,
    Point,
    Fraction,
    ExponentMark,
    ExponentSign,
    Exponent,
    Invalid,
}

/// What a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

impl Validator {
    /// A validator that was fed nothing yet.
    pub const fn new() -> Self {
        Self { nesting: 0, len: 0, invalid_at: 0, depth: 0, state: State::Value, object: false, concatenated: false }
    }

    /// Takes the next piece of the text, of any length and cut anywhere.
    pub fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while self.state != State::Invalid {
            if let State::String(_) = self.state {
                rest = rest.get(plain_run(rest)..).unwrap_or_default();
            }
            let Some((&byte, after)) = rest.split_first() else {
                break;
            };
            if let Some(state) = self.step(byte) {
                self.state = state;
            } else {
                self.state = State::Invalid;
                self.invalid_at = self.len.saturating_add((piece.len() - rest.len()) as u64);
            }
            rest = after;
        }
        self.len = self.len.saturating_add(piece.len() as u64);
    }

    /// What the text fed so far amounts to.
    pub fn verdict(&self) -> Verdict {
        match self.state {
            State::Invalid => Verdict::Invalid { at: self.invalid_at },
            _ if self.concatenated => Verdict::Concatenated,
            State::Value if self.depth == 0 => Verdict::Blank,
            State::After | State::Zero | State::Units | State::Fraction | State::Exponent if self.depth == 0 => {
                if self.object { Verdict::Object } else { Verdict::NotObject }
            }
            _ => Verdict::Cut,
        }
    }

    /// Whether one value, of any kind, is closed and valid, with nothing but whitespace after it: a
    /// piece that is not whitespace would spoil it. A bare number is closed only by whitespace.
    #[inline]
    pub fn is_complete(&self) -> bool {
        self.state == State::After && self.depth == 0 && !self.concatenated
    }

    /// Whether the text so far is nothing but whitespace: [`Verdict::Blank`].
    #[inline]
    pub fn is_blank(&self) -> bool {
        self.state == State::Value && self.depth == 0
    }

    /// How many bytes were fed.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "whether it is blank is the question; see is_blank")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The state after `byte`; `None` where it is wrong. Plain string content is not for this
    /// function.
    #[inline]
    fn step(&mut self, byte: u8) -> Option<State> {
        match self.state {
            State::String(role) => match byte {
                b'"' => Some(role.ended()),
                b'\\' => Some(State::Escape(role)),
                _ => None,
            },
            State::Escape(role) => match byte {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(State::String(role)),
                b'u' => Some(State::Hex(role, 3)),
                _ => None,
            },
            State::Hex(role, more) if byte.is_ascii_hexdigit() => {
                Some(more.checked_sub(1).map_or(State::String(role), |more| State::Hex(role, more)))
            }
            State::Hex(..) => None,
            State::Literal(index) => literal(index, byte),
            State::Value | State::FirstElement | State::FirstKey | State::Key | State::Colon | State::After
                if is_space(byte) =>
            {
                Some(self.state)
            }
            State::FirstElement if byte == b']' => self.leave(),
            State::Value | State::FirstElement => self.begin(byte),
            State::FirstKey if byte == b'}' => self.leave(),
            State::FirstKey | State::Key => (byte == b'"').then_some(State::String(Role::Key)),
            State::Colon => (byte == b':').then_some(State::Value),
            State::After => self.after(byte),
            _ => self.number(byte),
        }
    }

    /// A value begins.
    fn begin(&mut self, byte: u8) -> Option<State> {
        if self.depth == 0 && !self.concatenated {
            self.object = byte == b'{';
        }
        match byte {
            b'{' | b'[' => self.enter(byte == b'{'),
            b'"' => Some(State::String(Role::Value)),
            b'-' => Some(State::Minus),
            b'0' => Some(State::Zero),
            b'1'..=b'9' => Some(State::Units),
            b't' => Some(State::Literal(1)),
            b'f' => Some(State::Literal(6)),
            b'n' => Some(State::Literal(12)),
            _ => None,
        }
    }

    /// A value has ended, and its container goes on, or ends too, or there is none.
    fn after(&mut self, byte: u8) -> Option<State> {
        let in_object = self.nesting & 1 == 1;
        match byte {
            _ if is_space(byte) => Some(State::After),
            _ if self.depth == 0 => {
                self.concatenated = true;
                self.begin(byte)
            }
            b',' => Some(if in_object { State::Key } else { State::Value }),
            b'}' if in_object => self.leave(),
            b']' if !in_object => self.leave(),
            _ => None,
        }
    }

    /// A number goes on, or has ended and this is what follows it.
    fn number(&mut self, byte: u8) -> Option<State> {
        match (self.state, byte) {
            (State::Minus, b'0') => Some(State::Zero),
            (State::Minus | State::Units, b'0'..=b'9') => Some(State::Units),
            (State::Zero | State::Units, b'.') => Some(State::Point),
            (State::Point | State::Fraction, b'0'..=b'9') => Some(State::Fraction),
            (State::Zero | State::Units | State::Fraction, b'e' | b'E') => Some(State::ExponentMark),
            (State::ExponentMark, b'+' | b'-') => Some(State::ExponentSign),
            (State::ExponentMark | State::ExponentSign | State::Exponent, b'0'..=b'9') => Some(State::Exponent),
            // `01` and `1-2` are one number gone wrong rather than two.
            (_, b'0'..=b'9' | b'-') => None,
            (State::Zero | State::Units | State::Fraction | State::Exponent, _) => self.after(byte),
            _ => None,
        }
    }

    fn enter(&mut self, object: bool) -> Option<State> {
        if self.depth == DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        self.nesting = (self.nesting << 1) | u128::from(object);
        Some(if object { State::FirstKey } else { State::FirstElement })
    }

    fn leave(&mut self) -> Option<State> {
        self.depth = self.depth.checked_sub(1)?;
        self.nesting >>= 1;
        Some(State::After)
    }
}

impl Default for Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Role {
    /// The state after the string.
    const fn ended(self) -> State {
        match self {
            Self::Key => State::Colon,
            Self::Value => State::After,
        }
    }
}

/// The state after one more letter of a literal.
fn literal(index: u8, byte: u8) -> Option<State> {
    if LITERALS.get(usize::from(index)) != Some(&byte) {
        return None;
    }
    let ended = LITERALS.get(usize::from(index) + 1) == Some(&LITERAL_END);
    Some(if ended { State::After } else { State::Literal(index + 1) })
}

/// The literals (RFC 8259 section 3) in one table, so that an index says both which one and where
/// in it.
const LITERALS: &[u8] = b"true.false.null.";
const LITERAL_END: u8 = b'.';

/// As many as `nesting` has bits.
const DEPTH_MAX: u8 = u128::BITS as u8;
