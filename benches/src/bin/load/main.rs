//! Thousands of streams at once, from a server in another process: every fold right, memory bounded, and what it costs
//! beside reading the same bytes and doing nothing with them.
//!
//! `cargo run --release -p thalweg-bench --features load --bin load`, see [`USAGE`]. Each run has a server and a client of
//! its own: this program again. The clients take turns, so that what the machine does meanwhile meets all alike.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use readers::Reader;
use report::{Counts, Figures, Runs};
use traffic::Load;

mod process;
mod readers;
mod report;
mod server;
mod traffic;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [SERVER, streams, pace] => Load::parse(streams, pace).and_then(server::run),
        [CLIENT, streams, pace, reader, port] => Load::parse(streams, pace)
            .and_then(|load| Reader::parse(reader).and_then(|reader| readers::run(reader, load, port))),
        _ => Options::parse(&arguments).and_then(|options| compare(&options, &arguments)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("load: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What is to be measured.
struct Options {
    streams: usize,
    rounds: usize,
    loads: Vec<Load>,
    is_json: bool,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, String> {
        let (mut streams, mut rounds, mut paces, mut is_json) = ("2000", 5, vec!["none", "50"], false);
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let mut value = || arguments.next().copied().ok_or(USAGE);
            match argument {
                "--json" => is_json = true,
                "--streams" => streams = value()?,
                "--rounds" => rounds = value()?.parse().ok().filter(|&rounds| rounds > 0).ok_or(USAGE)?,
                "--pace" => paces = vec![value()?],
                _ => return Err(USAGE.into()),
            }
        }
        let loads: Vec<_> = paces.into_iter().map(|pace| Load::parse(streams, pace)).collect::<Result<_, _>>()?;
        let streams = loads.first().map_or(0, |load| load.streams);
        Ok(Self { streams, rounds, loads, is_json })
    }
}

fn compare(options: &Options, arguments: &[&str]) -> Result<(), String> {
    process::check_files(options.streams)?;
    let load_before = report::load_average();
    if !options.is_json {
        report::print_head(options.streams, options.rounds);
    }
    let mut all = Vec::new();
    for &load in &options.loads {
        let mut runs = Vec::new();
        for round in 0..options.rounds {
            let mut readers = Reader::ALL;
            // Who comes second finds a machine that is warm.
            readers.rotate_left(round % Reader::ALL.len());
            for reader in readers {
                let (figures, counts) = run(reader, load)?;
                runs.push((reader, figures, counts));
            }
        }
        let runs = Runs { load, runs };
        if !options.is_json {
            runs.print();
        }
        runs.check()?;
        all.push(runs);
    }
    if options.is_json {
        report::print_json(&all, options.rounds, arguments, &load_before);
    }
    Ok(())
}

/// One reader, against a server of its own.
fn run(reader: Reader, load: Load) -> Result<(Figures, Counts), String> {
    let (streams, pace) = (load.streams.to_string(), load.pace_word());
    let mut server = Ours::start(&[SERVER, &streams, &pace])?;
    let port = server.line()?;
    let mut client = Ours::start(&[CLIENT, &streams, &pace, reader.word(), &port])?;
    let figures = client.line();
    client.end()?;
    let figures = Figures::parse(&figures?)?;
    drop(server.child.stdin.take());
    let counts = Counts::parse(&server.line()?)?;
    server.end()?;
    Ok((figures, counts))
}

/// This program again, which says a line now and then.
struct Ours {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Ours {
    fn start(arguments: &[&str]) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("cannot run this program: {error}"))?;
        let says = child.stdout.take().ok_or("the standard output is not piped")?;
        Ok(Self { child, says: BufReader::new(says) })
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let read = self.says.read_line(&mut line).map_err(|error| error.to_string())?;
        if read == 0 { Err("a process ended early".into()) } else { Ok(line.trim().to_owned()) }
    }

    fn end(&mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err("a process failed".into()) }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        // Both fail where it has ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hidden arguments with which the program runs itself.
const SERVER: &str = "--server";
const CLIENT: &str = "--client";

const USAGE: &str = "usage: load [OPTIONS]
  --streams N     how many are open at once (2000)
  --pace PACE     none, or frames a second in a stream (both none and 50)
  --rounds N      runs of each client, of which medians are taken (5)
  --json          a record instead of a table";
