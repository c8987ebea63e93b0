//! Turns the bytes of any LLM provider's stream into one canonical sequence of events.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod event;
pub mod framing;
pub mod json;
pub mod limits;

pub use event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, Close, Count, ErrorKind, Event, EventOf, Evidence, Host, Id,
    InputForm, InputState, LimitKind, MetaField, Origin, Outcome, OwnedEvent, Part, Place, Protocol, Reason,
    ReasoningForm, Resume, Retry, Scope, Usage, UsageOrigin, Wide,
};
pub use limits::Limits;
