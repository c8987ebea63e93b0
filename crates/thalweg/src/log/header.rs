//! What determined the events of a log.

use alloc::boxed::Box;

use crate::event::Protocol;
use crate::limits::Limits;
use crate::normalizer::Detail;

/// What a log begins with: how its bytes were read. Another reading of the same bytes gives other events.
///
/// Words of a newer version do not make a log unreadable: a protocol reads as [`Protocol::Unrecognized`], a detail as
/// [`Detail::Full`], and a limit is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The dialect's name; none for a decoder of one's own, or where no dialect was found.
    pub dialect: Option<Box<str>>,
    /// The protocol, as the first event names it.
    pub protocol: Protocol,
    /// How much detail was given.
    pub detail: Detail,
    /// Whether signs of life gave events.
    pub heartbeats: bool,
    /// The limits. Stored are those that differ from the defaults of version 1, so that other defaults of a later
    /// version change no log.
    pub limits: Limits,
}

impl Header {
    /// The header of a stream that was read with default options. [`Normalizer::dialect`](crate::Normalizer::dialect)
    /// has the name as soon as there is an event; the first one has the protocol.
    #[must_use]
    pub fn new(dialect: Option<&str>, protocol: Protocol) -> Self {
        Self {
            dialect: dialect.map(Box::from),
            protocol,
            detail: Detail::default(),
            heartbeats: false,
            limits: Limits::default(),
        }
    }
}

/// The limits that differ from the defaults of version 1, by name.
pub(super) fn stored_limits(limits: &Limits) -> impl Iterator<Item = (&'static str, u64)> {
    named_limits(*limits)
        .into_iter()
        .filter(|(_, default, value)| default != value)
        .map(|(name, _, value)| (name, value))
}

/// The limits whose stored ones are these; names that do not exist are left out.
pub(super) fn limits_of<'a>(stored: impl IntoIterator<Item = (&'a str, u64)>) -> Limits {
    let mut limits = Limits::default();
    for (name, default, _) in named_limits(limits) {
        set_limit(&mut limits, name, default);
    }
    for (name, value) in stored {
        set_limit(&mut limits, name, value);
    }
    limits
}

pub(super) const fn detail_name(detail: Detail) -> &'static str {
    match detail {
        Detail::Normal => "normal",
        Detail::Full => "full",
    }
}

pub(super) fn detail_of(name: &str) -> Detail {
    // What is newer than the fullest detail we know is fuller.
    if name == detail_name(Detail::Normal) { Detail::Normal } else { Detail::Full }
}

pub(super) fn protocol_of(name: &str) -> Protocol {
    Protocol::ALL.iter().copied().find(|protocol| protocol.as_str() == name).unwrap_or(Protocol::Unrecognized)
}

/// One table of the limits: name, the default when it came into the log, width. The defaults here never change.
macro_rules! limits {
    ($($name:ident: $width:ty = $default:expr;)*) => {
        fn named_limits(limits: Limits) -> [(&'static str, u64, u64); [$(stringify!($name)),*].len()] {
            // No `..`: a new limit does not compile until it has its line below.
            let Limits { $($name),* } = limits;
            [$((stringify!($name), $default, u64::try_from($name).unwrap_or(u64::MAX))),*]
        }

        fn set_limit(limits: &mut Limits, name: &str, value: u64) {
            match name {
                // A limit that this machine cannot hold is the largest that it can.
                $(stringify!($name) => limits.$name = <$width>::try_from(value).unwrap_or(<$width>::MAX),)*
                _ => {}
            }
        }
    };
}

limits! {
    frame_bytes: usize = 64 << 20;
    json_depth: u16 = 128;
    blocks: u32 = 4096;
    choices: u32 = 128;
    tool_input_bytes: u64 = 32 << 20;
    held_bytes: usize = 1 << 20;
    name_bytes: usize = 256;
    identity_bytes: usize = 4 << 20;
}
