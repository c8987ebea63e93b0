//! The client against a server on the loopback that does to it what servers do.

mod answers;
mod cancellation;
mod faults;
mod http2;
mod recording;
mod retries;
mod secrets;
mod server;
mod traces;
