//! Recordings over loopback, read by a client that knows nothing of them.

mod client;
mod corpus;
mod faults;
mod serving;
mod timing;
