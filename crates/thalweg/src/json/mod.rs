//! JSON as the decoders need it: a strict pull [`Reader`] over one frame, and an incremental
//! [`Validator`] of a tool call's input.
//!
//! The grammar is [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) to the letter, with nothing
//! added and two things left open as the RFC leaves them: a number has no range (it stays text
//! until [`count`] or [`integer`] is asked), and an escaped surrogate without its other half is
//! well formed (section 8.2). The second matters: providers cut a text between two fragments
//! without looking, so the halves of one emoji arrive in two frames. [`Text::decode`] hands such
//! halves back in [`Edges`] instead of replacing them.
//!
//! Nothing here builds a tree, keeps a copy of its input, recurses, or panics on any input. What a
//! reader returns are ranges ([`Text`], [`Raw`]) of the frame, to be resolved against that same
//! frame.
//!
//! Two readers of one grammar must agree: the tests compare [`Reader`], [`Validator`] and
//! `serde_json` with each other on generated and damaged input.

mod error;
mod members;
mod nesting;
mod number;
mod reader;
mod scan;
#[allow(dead_code, reason = "for the memo, which not every protocol has")]
mod shape;
mod text;
mod validator;

pub use error::{Error, ErrorKind};
pub use members::{elements, members};
#[allow(unused_imports, reason = "not every protocol reads so; which are compiled in is a matter of features")]
pub(crate) use members::{fields, members_of, skip};
pub use number::{count, integer};
pub use reader::{Kind, Reader};
#[allow(unused_imports, reason = "for the memo, which not every protocol has")]
pub(crate) use scan::same;
#[allow(unused_imports, reason = "for the memo, which not every protocol has")]
pub(crate) use shape::{Shape, Slot, Values};
pub use text::{Edges, Raw, Text};
pub use validator::{Validator, Verdict};

#[cfg(test)]
mod tests;
