//! What the system says of this process. Linux says it in files.

use core::time::Duration;
use std::fs;

/// CPU time so far, of all threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    /// In the program.
    pub(crate) user_ms: usize,
    /// In the kernel for it.
    pub(crate) system_ms: usize,
}

impl Cpu {
    pub(crate) fn now() -> Result<Self, String> {
        let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
        // The second field is the program's name, which may have spaces in it.
        let fields: Vec<_> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<usize>().ok()).ok_or("/proc/self/stat");
        Ok(Self { user_ms: field(11)? * TICK_MS, system_ms: field(12)? * TICK_MS })
    }

    pub(crate) const fn since(self, before: Self) -> Self {
        Self { user_ms: self.user_ms - before.user_ms, system_ms: self.system_ms - before.system_ms }
    }
}

/// Memory in use now, in KiB.
pub(crate) fn resident_kib() -> Result<usize, String> {
    status("VmRSS:")
}

/// The most memory in use since [`reset_peak`], in KiB.
pub(crate) fn peak_kib() -> Result<usize, String> {
    status("VmHWM:")
}

/// Forgets what was in use before.
pub(crate) fn reset_peak() -> Result<(), String> {
    fs::write("/proc/self/clear_refs", "5").map_err(|error| format!("/proc/self/clear_refs: {error}"))
}

/// Files and sockets that are open.
pub(crate) fn open_files() -> Result<usize, String> {
    fs::read_dir("/proc/self/fd").map(Iterator::count).map_err(|error| format!("/proc/self/fd: {error}"))
}

/// Fails where a process may not have as many connections.
pub(crate) fn check_files(streams: usize) -> Result<(), String> {
    let limits = fs::read_to_string("/proc/self/limits").map_err(|error| format!("/proc/self/limits: {error}"))?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unknown");
    let needed = streams + OTHER_FILES;
    match limit.parse::<usize>() {
        Ok(limit) if limit < needed => Err(format!(
            "{streams} streams take {needed} open files a process, and {limit} are allowed: run `ulimit -n {needed}` \
             in this shell first, or ask for fewer with --streams"
        )),
        _ => Ok(()),
    }
}

/// The runtime of both processes: a thread a processor, as most programs have it.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| format!("no runtime: {error}"))
}

pub(crate) fn millis(span: Duration) -> usize {
    usize::try_from(span.as_millis()).unwrap_or(usize::MAX)
}

fn status(name: &str) -> Result<usize, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| format!("/proc/self/status has no {name}"))
}

/// Linux counts CPU time for programs in hundredths of a second, whatever it does itself.
const TICK_MS: usize = 10;

/// Files that a process has beside its connections.
const OTHER_FILES: usize = 64;
