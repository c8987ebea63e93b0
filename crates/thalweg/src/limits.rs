//! The bounds on everything a stream can make a normalizer keep.
//!
//! Reaching a limit is never silent and never depends on how the bytes were cut into chunks: it is an
//! [`Anomaly`](crate::Event::Anomaly), the stream ends with outcome [`Limit`](crate::Outcome::Limit), and the
//! evidence names the limit.

/// The bounds of one stream. Start from [`Limits::default`] and change what your traffic needs.
///
/// Units are the last word of each name. Every bound is inclusive: a value equal to it is still accepted.
///
/// ```
/// let mut limits = thalweg::Limits::default();
/// limits.frame_bytes = 1024 * 1024;
/// let normalizer = thalweg::Normalizer::new(&thalweg::dialects::OPENAI_CHAT).with_limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Raw bytes of one frame, terminator and comments included. Default [`FRAME_BYTES`].
    pub frame_bytes: usize,
    /// Nesting of one frame's JSON. Default [`JSON_DEPTH`].
    pub json_depth: u16,
    /// Blocks of one stream, all choices together. Default [`BLOCKS`].
    pub blocks: u32,
    /// Choices of one stream. Default [`CHOICES`].
    pub choices: u32,
    /// Input of one tool call. Default [`TOOL_INPUT_BYTES`].
    pub tool_input_bytes: u64,
    /// Input held back for tool calls whose name has not come yet, all calls together. Default [`HELD_BYTES`].
    pub held_bytes: usize,
    /// Name of one tool call, when it comes in pieces: each piece is answered with the whole name so far. Default
    /// [`NAME_BYTES`].
    pub name_bytes: usize,
    /// Ids, names, finish reasons and facts kept for comparison, all together. Default [`IDENTITY_BYTES`].
    pub identity_bytes: usize,
}

/// Default of [`Limits::frame_bytes`]: 64 MiB. Images and audio travel as base64 in one frame.
pub const FRAME_BYTES: usize = 64 << 20;
/// Default of [`Limits::json_depth`]: 128, as in most JSON parsers.
pub const JSON_DEPTH: u16 = 128;
/// Default of [`Limits::blocks`]: 4,096.
pub const BLOCKS: u32 = 4096;
/// Default of [`Limits::choices`]: 128, the most a provider lets a request ask for.
pub const CHOICES: u32 = 128;
/// Default of [`Limits::tool_input_bytes`]: 32 MiB.
pub const TOOL_INPUT_BYTES: u64 = 32 << 20;
/// Default of [`Limits::held_bytes`]: 1 MiB.
pub const HELD_BYTES: usize = 1 << 20;
/// Default of [`Limits::name_bytes`]: 256. Providers allow 64 or 128.
pub const NAME_BYTES: usize = 256;
/// Default of [`Limits::identity_bytes`]: 4 MiB. Some proxies put whole signatures into tool-call ids.
pub const IDENTITY_BYTES: usize = 4 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: FRAME_BYTES,
            json_depth: JSON_DEPTH,
            blocks: BLOCKS,
            choices: CHOICES,
            tool_input_bytes: TOOL_INPUT_BYTES,
            held_bytes: HELD_BYTES,
            name_bytes: NAME_BYTES,
            identity_bytes: IDENTITY_BYTES,
        }
    }
}
