//! What spans the whole crate: the corpus, the laws, the floor plan, the registry.

mod corpus;
mod floor_plan;
mod folds;
mod generated;
mod hostile;
mod laws;
mod memory;
mod registry;
