//! The command line, as clap reads it.

use core::net::SocketAddr;
use core::num::NonZeroUsize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, value_parser};
use thalweg::{Detail, Dialect, Normalizer, registry};
use thalweg_http::ClientRules;
use thalweg_http::replay::{Fault, FaultError, Speed};

use crate::exit::{self, Exit};
use crate::replay;

/// Reads captured streams of LLM providers: which response they are, and what is wrong with them.
#[derive(Debug, Parser)]
#[command(name = "thalweg", version, after_help = exit::HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fold each file into the response it is.
    ///
    /// Prints a summary of each response, or with --json one object a line. The whole response is held in memory; a
    /// tool call's input, a frame and the number of blocks are bounded, text is not.
    #[command(after_help = exit::HELP)]
    Fold(FoldArguments),
    /// Print the events of each file, one JSON object a line.
    ///
    /// Events are printed as the bytes arrive, and nothing is held beyond the frame at hand. `seq` counts the events
    /// of a file from 0.
    #[command(after_help = exit::HELP)]
    Events(EventsArguments),
    /// List the dialects that can be read: name and protocol, one a line.
    Dialects,
    /// Serve recordings over HTTP as the provider did: their chunks at their times, and faults where asked for.
    ///
    /// The one line on standard output is the URL. On standard error are the number of recordings, and a line for each
    /// request when its answer is over, without header values and query. A request says which recording it means by the
    /// beginning of its path (/openai-chat/text/v1/chat/completions), by the header x-thalweg-case or by the query
    /// parameter ?x-thalweg-case=NAME; where there is only one it needs no name. It speaks HTTP/1.1 in clear only: no
    /// TLS, no HTTP/2.
    #[command(after_help = exit::REPLAY_HELP, after_long_help = replay::long_help())]
    Replay(ReplayArguments),
    /// Send a request, and keep the answer as it came: its bytes, when they came, and how they ended.
    ///
    /// Writes body.sse (or .ndjson, .eventstream, .json, .html), chunks.tsv and the beginning of a case.toml, as the
    /// corpus has them; `thalweg fold DIR`, `events DIR` and `replay DIR` read them. The body of the request is sent as
    /// compact JSON, its members in the order given (of those with the same name the last), to the URL as it is given.
    /// Values of --header-env never show: where the answer repeats them they are written over. When it is interrupted
    /// (Ctrl-C, SIGTERM) it writes what came until then; a second time ends it at once.
    #[command(after_help = exit::RECORD_HELP)]
    Record(RecordArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FoldArguments {
    /// Print one JSON object a line instead of a summary.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) streams: Streams,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArguments {
    /// Print a log: before the events of each file a line with the log's version and how the file was read.
    #[arg(long)]
    pub(crate) log: bool,
    /// Print also fields that the event model has no place for, when they change.
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) streams: Streams,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// How fast: 1x as recorded, 10x ten times as fast, 0.5x at half the speed, max without waiting.
    #[arg(long, value_name = "SPEED", default_value = "1x")]
    pub(crate) speed: Speed,
    /// Where to listen: an address or a host and a port, or a port on 127.0.0.1; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8642", value_parser = Listen::parse)]
    pub(crate) listen: Listen,
    /// What goes wrong in every answer, such as cut:100 or status:503*2, or several with ; or spaces between them; may
    /// come several times. --help lists them.
    ///
    /// A request may ask for its own, in the same form, by the header x-thalweg-fault or by the query parameter
    /// ?x-thalweg-fault=FAULT.
    #[arg(long = "fault", value_name = "FAULT", value_parser = Faults::parse)]
    pub(crate) faults: Vec<Faults>,
    /// End when the first request that a recording answers is over.
    #[arg(long)]
    pub(crate) once: bool,
    /// A recording or a folder of them: folders with a body.sse (.ndjson, .eventstream, .json, .html) and perhaps
    /// chunks.tsv and case.toml, as in the corpus; or one such body.
    #[arg(value_name = "DIR")]
    pub(crate) recordings: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    /// The dialect of the answer: one that `thalweg dialects` lists.
    #[arg(long, value_name = "NAME", value_parser = parse_known_dialect)]
    pub(crate) dialect: &'static Dialect,
    /// Where the request goes, path and query included.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// A header whose value is in a variable of the environment; may come several times. For `authorization` the word
    /// Bearer is put before a value that has no such word.
    #[arg(long, value_name = "NAME=VAR", value_parser = HeaderEnv::parse)]
    pub(crate) header_env: Vec<HeaderEnv>,
    /// The body: JSON, or @FILE, or @- for standard input. Without it an empty object.
    #[arg(long, value_name = "JSON")]
    pub(crate) data: Option<String>,
    /// How many seconds without a byte are too many.
    #[arg(long, value_name = "SECONDS", default_value_t = silence(), value_parser = value_parser!(u64).range(1..))]
    pub(crate) silence: u64,
    /// The folder to write to, which is made. Where a recording is in it nothing is sent.
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// The client's own bound on silence, in seconds.
fn silence() -> u64 {
    ClientRules::default().deadlines.silence.map_or(u64::MAX, |silence| silence.as_secs())
}

/// A list of faults.
#[derive(Clone, Debug)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    fn parse(text: &str) -> Result<Self, FaultError> {
        match Fault::parse_list(text)? {
            // Says that nothing is no fault.
            faults if faults.is_empty() => text.parse::<Fault>().map(|fault| Self(vec![fault])),
            faults => Ok(Self(faults)),
        }
    }
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    /// As it was given.
    pub(crate) text: String,
    /// An address without brackets, or a name.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Listen {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "it is an address and a port, such as 127.0.0.1:8642".to_owned();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { text: text.to_owned(), host: address.ip().to_string(), port: address.port() });
        }
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let is_name = host.chars().all(|char| char.is_alphanumeric() || matches!(char, '.' | '-' | '_'));
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_name && is_number).ok_or_else(wrong)?;
        let host = if host.is_empty() { "127.0.0.1" } else { host }.to_owned();
        Ok(Self { text: text.to_owned(), host, port })
    }
}

/// A header, and the variable that its value is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderEnv {
    pub(crate) name: String,
    pub(crate) variable: String,
}

impl HeaderEnv {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, variable)) if !name.is_empty() && !variable.is_empty() => {
                Ok(Self { name: name.to_ascii_lowercase(), variable: variable.to_owned() })
            }
            _ => Err("it is NAME=VAR, a header and the variable that has its value".to_owned()),
        }
    }
}

impl EventsArguments {
    /// How much of what the model has no place for is printed.
    pub(crate) fn detail(&self) -> Detail {
        if self.full { Detail::Full } else { Detail::Normal }
    }
}

/// What to read, and how.
#[derive(Debug, Args)]
pub(crate) struct Streams {
    /// The dialect of the streams: one that `thalweg dialects` lists, or auto to find out.
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = parse_dialect)]
    pub(crate) dialect: Reading,
    /// How the bytes are cut before they are decoded: whole, bytes:N or random:SEED. It must make no difference.
    ///
    /// `whole` reads a file to its end and decodes it as one chunk. `bytes:N` cuts what was read into chunks of N
    /// bytes, `random:SEED` into chunks of random lengths, some of them empty. Without it the bytes are decoded as
    /// they are read.
    #[arg(long, value_name = "SPEC", value_parser = parse_chunking)]
    pub(crate) chunking: Option<Chunking>,
    /// Files with one response each, or folders with one recording each, which are read as they were recorded: chunks,
    /// close, and dialect where it is known. `-` or none is standard input.
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// How it is decided what a stream is read as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    /// By its first frame.
    Auto,
    /// By the user.
    As(&'static Dialect),
}

/// Where the bytes are cut before they are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunking {
    /// Nowhere.
    Whole,
    /// Every so many bytes.
    Bytes(NonZeroUsize),
    /// Anywhere, the same for the same seed.
    Random(u64),
}

impl Streams {
    /// The files to read, in order.
    pub(crate) fn files(&self) -> Vec<&Path> {
        match self.files.as_slice() {
            [] => vec![Path::new("-")],
            files => files.iter().map(PathBuf::as_path).collect(),
        }
    }
}

impl Reading {
    /// By what the user said, else as this dialect, else by the first frame.
    pub(crate) fn or(self, known: Option<&'static Dialect>) -> Self {
        match (self, known) {
            (Self::Auto, Some(dialect)) => Self::As(dialect),
            _ => self,
        }
    }

    /// A normalizer for one response.
    pub(crate) fn normalizer(self) -> Normalizer {
        match self {
            Self::Auto => Normalizer::detect(registry::ALL.iter().copied()),
            Self::As(dialect) => Normalizer::new(dialect),
        }
    }
}

fn parse_dialect(name: &str) -> Result<Reading, String> {
    match name {
        "auto" => Ok(Reading::Auto),
        _ => registry::find(name).map(Reading::As).ok_or_else(|| no_dialect(name, &["auto"])),
    }
}

fn parse_known_dialect(name: &str) -> Result<&'static Dialect, String> {
    match name {
        "auto" => Err("a request is made for a dialect that is known".to_owned()),
        _ => registry::find(name).ok_or_else(|| no_dialect(name, &[])),
    }
}

/// That there is no such dialect, and what may have been meant.
fn no_dialect(name: &str, besides: &[&str]) -> String {
    let all: Vec<_> = besides.iter().copied().chain(registry::ALL.iter().map(|dialect| &*dialect.name)).collect();
    let lower = name.to_lowercase();
    let likeness = |known: &str| {
        let is_part = lower.len() >= PART_BYTES && known.contains(&lower);
        strsim::jaro_winkler(&lower, known).max(if is_part { 1.0 } else { 0.0 })
    };
    let mut near: Vec<_> = all.iter().map(|known| (likeness(known), *known)).collect();
    near.retain(|(likeness, _)| *likeness > LIKE);
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let near: Vec<_> = near.into_iter().map(|(_, known)| known).take(NEAR_MAX).collect();
    let meant = if near.is_empty() { String::new() } else { format!("; the nearest: {}", near.join(", ")) };
    format!("no such dialect{meant}; there are {}", all.join(", "))
}

/// So like must a name be to be suggested, from 0 to 1.
const LIKE: f64 = 0.8;

/// So long must a part of a name be.
const PART_BYTES: usize = 3;

/// So many names are suggested.
const NEAR_MAX: usize = 3;

fn parse_chunking(spec: &str) -> Result<Chunking, String> {
    let parsed = match spec.split_once(':') {
        None if spec == "whole" => Some(Chunking::Whole),
        Some(("bytes", n)) => n.parse().ok().map(Chunking::Bytes),
        Some(("random", seed)) => seed.parse().ok().map(Chunking::Random),
        _ => None,
    };
    parsed.ok_or_else(|| "it is whole, bytes:N with N from 1, or random:SEED with a number".to_owned())
}

/// Prints the dialects there are.
pub(crate) fn list_dialects(out: &mut impl Write) -> io::Result<Exit> {
    let width = registry::ALL.iter().map(|dialect| dialect.name.len()).max().unwrap_or(0);
    for dialect in registry::ALL {
        writeln!(out, "{:width$}  {}", dialect.name, dialect.protocol)?;
    }
    Ok(Exit::Complete)
}
