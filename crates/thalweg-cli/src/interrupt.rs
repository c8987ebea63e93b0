//! Somebody wants the program to end: Ctrl-C, and SIGTERM where there is one.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The wishes that come from here on, none of which ends the program by itself. Where signals cannot be had, it ends
/// when it is killed.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: Option<[Signal; 2]>,
}

#[cfg(unix)]
impl Interrupts {
    /// To be made inside a runtime.
    pub(crate) fn new() -> Self {
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let [Ok(interrupt), Ok(terminate)] = signals else { return Self { signals: None } };
        Self { signals: Some([interrupt, terminate]) }
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) {
        let Some([interrupt, terminate]) = &mut self.signals else { return core::future::pending().await };
        tokio::select! {
            Some(()) = interrupt.recv() => {}
            Some(()) = terminate.recv() => {}
            else => core::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Interrupts {
    /// To be made inside a runtime.
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending().await
        }
    }
}
