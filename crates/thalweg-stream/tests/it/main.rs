//! Events from transports that cut, stall, fail, never close, or go on for too long.

mod approvals;
mod bodies;
mod corpus;
mod deadlines;
mod ends;
mod frames;
mod hooks;
mod ids;
mod merged;
mod observer;
mod opening;
mod polling;
mod reader;
mod runtimes;
