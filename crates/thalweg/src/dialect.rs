//! What makes a provider's stream readable: a decoder for its protocol, and the vendor's ways as data.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::mem;

use crate::emitter::Emitter;
use crate::event::{ErrorKind, Protocol, Reason, Retry};
use crate::framing::Framing;

/// One frame's data, as a decoder gets it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The name the framing gives the frame (`event:` of an event stream).
    pub event: Option<&'a str>,
    /// The frame's data. Text: bytes that are not UTF-8 have become U+FFFD, and that has been said.
    pub data: &'a str,
    /// The frame came from a body of JSON values, not from an event stream.
    pub is_body: bool,
    /// The framing itself says that the frame is an error (the message types `exception` and `error` of an AWS event
    /// stream): `event` is its name, `data` its JSON, or its message where it has no JSON.
    pub is_exception: bool,
}

impl<'a> Frame<'a> {
    /// A frame of an event stream with nothing but data.
    #[must_use]
    pub const fn new(data: &'a str) -> Self {
        Self { event: None, data, is_body: false, is_exception: false }
    }
}

/// What may repeat an earlier frame, before it is known to be one, or to be text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ahead<'a> {
    /// The name the framing gives the frame.
    pub name: Option<&'a [u8]>,
    /// What begins with the frame's data.
    pub bytes: &'a [u8],
    /// What stands behind the data; none where nothing does.
    pub end: Option<&'a [u8]>,
}

impl Ahead<'_> {
    /// Whether the data ends before `rest`.
    #[inline]
    #[must_use]
    pub fn ends(&self, rest: &[u8]) -> bool {
        self.end.map_or(rest.is_empty(), |end| rest.starts_with(end))
    }
}

/// Says what frames mean. One value decodes one response.
///
/// Infallible: what is wrong with a frame is said to the [`Emitter`], and nothing of a frame is said before the whole
/// frame is known to be valid.
pub trait Decode {
    /// Says what one frame means.
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter);

    /// Says what a frame means that repeats one of the last in all but values that are known to vary, without reading it
    /// again, and tells how long its data is; none, with nothing said, where it does not.
    ///
    /// A short way and no other: a decoder without it gives the same events.
    fn repeat(&mut self, ahead: Ahead<'_>, out: &mut Emitter) -> Option<usize> {
        let _ = (ahead, out);
        None
    }

    /// The framing's end mark came, such as the `]` of an array: says what was held back, then the mark.
    fn end_mark(&mut self, out: &mut Emitter) {
        out.sentinel();
    }

    /// The bytes have ended: says what was held back. Called once, before the verdict.
    fn finish(&mut self, out: &mut Emitter) {
        let _ = out;
    }

    /// Another connection continues the response. What was held stays held: the text goes on where it broke off. Frames
    /// that come again are told by [`Emitter::sequence`], so most decoders have nothing to do here.
    fn reconnect(&mut self) {}

    /// Heap bytes in use.
    fn retained(&self) -> usize {
        0
    }
}

/// Whether a frame looks like a protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Claim {
    /// It does not.
    No,
    /// It may be.
    Maybe,
    /// No other protocol has frames like it.
    Yes,
}

/// The ways of a vendor that speaks another's protocol. Each field is a switch that decoders ask for by meaning, so
/// that shared code never asks for a name. Start from [`Oddities::none`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddities {
    /// Names of the field that carries reasoning text, the preferred one first, at most four: where several carry the
    /// same text it is given once.
    pub reasoning_fields: Cow<'static, [Cow<'static, str>]>,
    /// Tags between which the text of an answer is reasoning: at its beginning, or right behind such reasoning. The
    /// same words elsewhere are text. None by default, because an answer may be about these tags.
    pub reasoning_tags: Cow<'static, [Tags]>,
    /// The answer begins inside reasoning: the prompt already had the opening tag.
    pub begins_in_reasoning: bool,
    /// Each fragment of text and reasoning repeats all that came before it.
    pub is_cumulative: bool,
    /// Several choices are parts of one message.
    pub has_one_choice: bool,
    /// A tool call's name comes in pieces: a call begins when its input does.
    pub has_names_in_pieces: bool,
    /// A `message` in a stream is a piece of one, as a `delta` is elsewhere, and `stop_reason` says why it ended.
    pub has_messages_in_pieces: bool,
    /// Reasoning tokens are counted beside the output tokens also where no total says so.
    pub has_reasoning_beside_output: bool,
    /// Cached tokens are counted in the input tokens also where there are more of them than of those.
    pub has_cache_in_input: bool,
    /// The word `null` stands for a tool call's id that is absent.
    pub has_null_ids: bool,
    /// The name of a field with padding, which means nothing and is no extra; empty where there is none.
    pub padding_field: Cow<'static, str>,
    /// Finish reasons of the vendor's own, asked before the protocol's. Compared without case.
    pub finish_reasons: Cow<'static, [(Cow<'static, str>, Reason)]>,
    /// HTTP statuses by which the vendor means something of its own. For [`policy`](crate::policy): decoders never see a
    /// status.
    pub statuses: Cow<'static, [StatusMeaning]>,
}

impl Oddities {
    /// A vendor that does what the protocol's documentation says.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            reasoning_fields: Cow::Borrowed(&[]),
            reasoning_tags: Cow::Borrowed(&[]),
            begins_in_reasoning: false,
            is_cumulative: false,
            has_one_choice: false,
            has_names_in_pieces: false,
            has_messages_in_pieces: false,
            has_reasoning_beside_output: false,
            has_cache_in_input: false,
            has_null_ids: false,
            padding_field: Cow::Borrowed(""),
            finish_reasons: Cow::Borrowed(&[]),
            statuses: Cow::Borrowed(&[]),
        }
    }

    /// The normalized reason of a word: the vendor's own words come before the protocol's `known` ones, and unknown ones
    /// are [`Reason::Other`].
    #[allow(
        dead_code,
        reason = "not every protocol has reasons as words; which are compiled in is a matter of features"
    )]
    pub(crate) fn reason(&self, raw: &str, known: &[(&str, Reason)]) -> Reason {
        let own = self.finish_reasons.iter().find(|(word, _)| raw.eq_ignore_ascii_case(word));
        if let Some((_, reason)) = own {
            return *reason;
        }
        let known = known.iter().find(|(word, _)| raw.eq_ignore_ascii_case(word));
        known.map_or(Reason::Other, |(_, reason)| *reason)
    }

    /// With these [`reasoning_fields`](Self::reasoning_fields). For constants, as the others: at run time set the field
    /// itself.
    #[must_use]
    pub const fn with_reasoning_fields(mut self, fields: &'static [Cow<'static, str>]) -> Self {
        // A destructor cannot run in a constant; what is replaced here never owns anything there.
        mem::forget(mem::replace(&mut self.reasoning_fields, Cow::Borrowed(fields)));
        self
    }

    /// With these [`reasoning_tags`](Self::reasoning_tags).
    #[must_use]
    pub const fn with_reasoning_tags(mut self, tags: &'static [Tags]) -> Self {
        mem::forget(mem::replace(&mut self.reasoning_tags, Cow::Borrowed(tags)));
        self
    }

    /// With these [`finish_reasons`](Self::finish_reasons).
    #[must_use]
    pub const fn with_finish_reasons(mut self, reasons: &'static [(Cow<'static, str>, Reason)]) -> Self {
        mem::forget(mem::replace(&mut self.finish_reasons, Cow::Borrowed(reasons)));
        self
    }

    /// With these [`statuses`](Self::statuses).
    #[must_use]
    pub const fn with_statuses(mut self, statuses: &'static [StatusMeaning]) -> Self {
        mem::forget(mem::replace(&mut self.statuses, Cow::Borrowed(statuses)));
        self
    }

    /// With fragments that repeat what came before them: [`is_cumulative`](Self::is_cumulative).
    #[must_use]
    pub const fn with_cumulative_fragments(mut self) -> Self {
        self.is_cumulative = true;
        self
    }

    /// With choices that are parts of one message: [`has_one_choice`](Self::has_one_choice).
    #[must_use]
    pub const fn with_one_choice(mut self) -> Self {
        self.has_one_choice = true;
        self
    }

    /// With messages that come in pieces: [`has_messages_in_pieces`](Self::has_messages_in_pieces).
    #[must_use]
    pub const fn with_messages_in_pieces(mut self) -> Self {
        self.has_messages_in_pieces = true;
        self
    }

    /// With reasoning that is counted beside the output:
    /// [`has_reasoning_beside_output`](Self::has_reasoning_beside_output).
    #[must_use]
    pub const fn with_reasoning_beside_output(mut self) -> Self {
        self.has_reasoning_beside_output = true;
        self
    }

    /// With cached tokens always a part of the input: [`has_cache_in_input`](Self::has_cache_in_input).
    #[must_use]
    pub const fn with_cache_in_input(mut self) -> Self {
        self.has_cache_in_input = true;
        self
    }

    /// With the word `null` for ids that are absent: [`has_null_ids`](Self::has_null_ids).
    #[must_use]
    pub const fn with_null_ids(mut self) -> Self {
        self.has_null_ids = true;
        self
    }

    /// With this [`padding_field`](Self::padding_field).
    #[must_use]
    pub const fn with_padding_field(mut self, name: &'static str) -> Self {
        mem::forget(mem::replace(&mut self.padding_field, Cow::Borrowed(name)));
        self
    }
}

/// What a vendor means by an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusMeaning {
    /// The status.
    pub status: u16,
    /// It means so only where a header names a delay.
    pub needs_delay: bool,
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
}

impl StatusMeaning {
    /// A status that always means this.
    #[must_use]
    pub const fn new(status: u16, kind: ErrorKind, retry: Retry) -> Self {
        Self { status, needs_delay: false, kind, retry }
    }

    /// A status that means this where a header names a delay.
    #[must_use]
    pub const fn with_delay(status: u16, kind: ErrorKind, retry: Retry) -> Self {
        Self { status, needs_delay: true, kind, retry }
    }
}

/// A pair of tags around reasoning inside text. Tags that are empty, or longer than 64 bytes, never match.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tags {
    /// What begins the reasoning.
    pub open: Cow<'static, str>,
    /// What ends it.
    pub close: Cow<'static, str>,
}

impl Tags {
    /// The tags `open` and `close`, such as `<think>` and `</think>`.
    #[must_use]
    pub const fn new(open: &'static str, close: &'static str) -> Self {
        Self { open: Cow::Borrowed(open), close: Cow::Borrowed(close) }
    }
}

/// A protocol as one vendor speaks it. Plain data: take one of [`dialects`](crate::dialects), or clone one and change
/// it for a vendor of your own.
///
/// ```
/// let mut mine = thalweg::dialects::OPENAI_CHAT.clone();
/// mine.name = "my-vendor".into();
/// mine.oddities.reasoning_fields = vec!["thoughts".into()].into();
/// let normalizer = thalweg::Normalizer::new(&mine);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// Its name, which is also its folder in the corpus.
    pub name: Cow<'static, str>,
    /// The protocol that it is a dialect of.
    pub protocol: Protocol,
    /// How its bytes are cut into frames.
    pub framing: Framing,
    /// Whether a frame looks like this dialect's: for detection.
    pub claims: fn(&Frame<'_>) -> Claim,
    /// Makes a decoder for one response.
    pub decoder: fn(&Oddities) -> Box<dyn Decode + Send>,
    /// The vendor's ways.
    pub oddities: Oddities,
}
