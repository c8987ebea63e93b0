//! What others do with the same bytes.
//!
//! Every step visits each fragment of content with the number of its block, as the steps of `thalweg_bench` do. Where a
//! library does not number what it gives, blocks are numbered as they appear.

use std::cell::OnceCell;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};

pub(crate) mod event_stream;
pub(crate) mod genai;
pub(crate) mod rig;
pub(crate) mod typed;

/// Numbers in order of appearance.
#[derive(Default)]
pub(crate) struct Blocks(Vec<String>);

impl Blocks {
    /// The number of what has this name.
    pub(crate) fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.0.iter().rposition(|known| known == name) {
            return number;
        }
        self.0.push(name.into());
        self.0.len() - 1
    }
}

/// Runs to its end what the client libraries do, on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|runtime| {
        let make = || Builder::new_current_thread().enable_all().build().expect("the system gives an event loop");
        runtime.get_or_init(make).block_on(future)
    })
}
