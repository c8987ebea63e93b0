#![cfg_attr(feature = "async", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "async"), doc = "Events from a `std::io::Read`: see [`blocking`].")]
#![forbid(unsafe_code)]

mod approvals;
pub mod blocking;
#[cfg(feature = "async")]
mod clock;
mod decoder;
#[cfg(feature = "async")]
mod events;
#[cfg(feature = "async")]
mod feed;
#[cfg(feature = "async")]
mod frames;
mod held;
mod hooks;
mod ids;
mod observer;
mod opening;
mod taps;
mod until;
mod watch;

pub use approvals::{Announcement, ApprovalHook, Approvals, Asker};
#[cfg(feature = "async")]
pub use clock::{Sleep, Timer};
#[cfg(feature = "async")]
pub use events::{EventStream, collect_response, events};
#[cfg(feature = "async")]
pub use frames::{Frame, FrameStream, frames};
pub use hooks::{Edit, Ended, FAILURES_KEPT, Failure, HOOKS_MAX, Hook, HookError, Hooks};
pub use ids::{Back, Checksum, IdHook, IdKind, IdRoute, Ids, Tag};
pub use observer::Observer;
pub use opening::Opening;
pub use until::Until;
