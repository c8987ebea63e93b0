//! Results with what they were measured on, as a file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::ladder::{self, Options, Row};
use crate::memory;

/// What a figure means nothing without.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) processor: String,
    pub(crate) compiler: String,
    pub(crate) commit: String,
    /// The libraries that were measured, and their versions.
    pub(crate) peers: Vec<String>,
    pub(crate) command: String,
    /// Programs that wanted to run meanwhile, as the system counts them.
    pub(crate) load: String,
}

/// A record as `picture` reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) head: Head,
    pub(crate) ladder: Vec<Row>,
}

/// A record as it is written.
#[derive(Serialize)]
struct Written<'a> {
    head: Head,
    notes: Vec<String>,
    memory: Vec<memory::Row>,
    ladder: &'a [Row],
}

/// Measures, and writes `benches/record/FILE`.
pub(crate) fn write(file: &str, options: &Options, arguments: &[&str]) -> Result<(), String> {
    let memory = memory::run();
    let (ladder, notes) = ladder::run(options)?;
    let written = Written { head: head(arguments), notes, memory, ladder: &ladder };
    let text = serde_json::to_string_pretty(&written).map_err(|error| error.to_string())?;
    let path = folder().join(file);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

/// Where records are: paths are given from there.
pub(crate) fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "record"].iter().collect()
}

fn head(arguments: &[&str]) -> Head {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim())).unwrap_or("unknown")
    };
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let dirty =
        if output("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty() { "" } else { " with changes" };
    Head {
        processor: format!("{}, model {}, {count} CPUs", field("model name"), field("model\t")),
        compiler: output("rustc", &["--version"]),
        commit: output("git", &["rev-parse", "HEAD"]) + dirty,
        peers: peers(),
        command: format!("cargo run --release --manifest-path benches/peers/Cargo.toml -- {}", arguments.join(" ")),
        load: fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().into(),
    }
}

/// What the lock file says of the libraries that are measured.
fn peers() -> Vec<String> {
    let packages = include_str!("../Cargo.lock").split("[[package]]");
    let value = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let named = packages.map(|package| (value(package, "name"), value(package, "version")));
    named
        .filter(|(name, _)| PEERS.contains(&name.as_str()))
        .map(|(name, version)| format!("{name} {version}"))
        .collect()
}

/// What a program says, or that it could not.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map_or_else(|_| "unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().into())
}

const PEERS: [&str; 5] = ["async-openai", "eventsource-stream", "genai", "rig-core", "serde_json"];
