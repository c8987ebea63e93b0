//! What spans the whole crate: the corpus and its catalogue, the laws, the floor plan, the registry.

mod corpus;
mod covers;
mod detection;
mod floor_plan;
mod folds;
mod generated;
mod hostile;
mod lanes;
mod laws;
mod memory;
mod options;
mod policy;
mod reconnect;
mod registry;
mod truncation;
mod unfold;
mod unread;
