#![cfg_attr(feature = "async", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "async"), doc = "Events from a `std::io::Read`: see [`blocking`].")]
#![forbid(unsafe_code)]

mod approvals;
pub mod blocking;
#[cfg(feature = "async")]
mod events;
#[cfg(feature = "async")]
mod feed;
#[cfg(feature = "async")]
mod frames;
mod hooks;
mod ids;
mod taps;
mod until;

#[cfg(feature = "async")]
pub use events::{EventStream, collect_response, events};
#[cfg(feature = "async")]
pub use frames::{Frame, FrameStream, frames};
pub use approvals::{Announcement, ApprovalHook, Approvals, Asker};
pub use hooks::{Edit, Ended, FAILURES_KEPT, Failure, HOOKS_MAX, Hook, HookError, Hooks};
pub use ids::{Back, Checksum, IdHook, IdKind, IdRoute, Ids, Tag};
pub use until::Until;
