//! What all connections of a server share: the recordings, what is asked of every answer, and the counts.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::fault::{Fault, FaultKind};
use super::library::{Library, Recorded};
use super::served::{Ended, Served};
use super::speed::Speed;

/// What a server has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that are open.
    pub open_connections: usize,
    /// Connections that were accepted.
    pub connections: u64,
    /// Requests, also those that no recording answered.
    pub requests: u64,
    /// Of those, the ones that are over, in whatever way.
    pub ended: u64,
    /// Of those, the ones that a recording answered, or a fault in its place.
    pub replayed: u64,
    /// Requests whose client went away before the end of the answer.
    pub abandoned: u64,
}

/// What is told of each request.
pub(super) type Log = Arc<dyn Fn(&Served) + Send + Sync>;

pub(super) struct Shared {
    pub(super) library: Library,
    pub(super) speed: Speed,
    faults: Vec<Fault>,
    log: Option<Log>,
    counts: watch::Sender<Counts>,
    /// For each recording the connection that is served next.
    turns: Vec<AtomicUsize>,
    /// How often a fault of limited number was done: by recording and text.
    done: Mutex<HashMap<(usize, String), u64>>,
    is_stopping: AtomicBool,
}

impl Shared {
    pub(super) fn new(library: Library, speed: Speed, faults: Vec<Fault>, log: Option<Log>) -> Self {
        let turns = library.recorded.iter().map(|_| AtomicUsize::new(0)).collect();
        Self {
            library,
            speed,
            faults,
            log,
            counts: watch::Sender::new(Counts::default()),
            turns,
            done: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        }
    }

    /// The recording at a place, if there is one.
    pub(super) fn recorded(&self, at: usize) -> Option<&Recorded> {
        self.library.recorded.get(at).map(AsRef::as_ref)
    }

    /// The connection of a recording whose turn it is; after the last it is the first's again.
    pub(super) fn turn(&self, at: usize, connections: usize) -> usize {
        self.turns.get(at).map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed)) % connections.max(1)
    }

    /// The faults that a request for a recording meets: those of the server, then its own.
    ///
    /// # Errors
    /// Where more different faults of limited number were asked for than can be counted.
    pub(super) fn faults(&self, at: usize, own: Vec<Fault>) -> Result<Vec<FaultKind>, TooMany> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = Vec::new();
        for (scope, fault) in self.faults.iter().map(|fault| ("", fault)).chain(own.iter().map(|own| ("own ", own))) {
            if let Some(requests) = fault.requests {
                let key = (at, format!("{scope}{fault}"));
                if done.len() >= COUNTED_MAX && !done.contains_key(&key) {
                    return Err(TooMany);
                }
                let times = done.entry(key).or_insert(0);
                if *times >= requests.get() {
                    continue;
                }
                *times += 1;
            }
            met.push(fault.kind.clone());
        }
        Ok(met)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }

    pub(super) fn counts(&self) -> watch::Receiver<Counts> {
        self.counts.subscribe()
    }

    /// A request is over.
    pub(super) fn ended(&self, served: &Served) {
        if let Some(log) = &self.log {
            log(served);
        }
        self.count(|counts| {
            counts.ended += 1;
            counts.replayed += u64::from(served.recording.is_some());
            counts.abandoned += u64::from(served.ended == Ended::Abandoned);
        });
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

/// More faults of limited number than can be counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany;

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {COUNTED_MAX} different faults of limited number (*K) were asked for")
    }
}

/// So many faults of limited number are counted.
const COUNTED_MAX: usize = 16_384;
