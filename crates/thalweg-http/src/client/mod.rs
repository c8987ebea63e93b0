//! Sending: from an endpoint and a request to an answer, whose events come as they do from any other transport.

mod answer;
mod body;
mod check;
mod endpoint;
mod error;
mod estimate;
mod failures;
mod head;
mod observed;
pub mod prepare;
pub mod profile;
mod recorder;
mod secret;
mod send;
mod shown;
mod sign;
mod timer;
mod trace;

pub use answer::{Answer, Collected};
pub use body::TransportError;
pub use check::Form;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{SendError, SendErrorKind};
pub use estimate::{InputEstimate, estimate_input};
pub use failures::FailureLog;
pub use head::Head;
pub use prepare::{PrepareError, Request};
pub use profile::Profile;
pub use recorder::Recorder;
pub use secret::Secret;
pub use send::{Client, ClientRules};
pub use sign::{Sign, SignError, Unsigned};
