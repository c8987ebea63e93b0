//! `thalweg replay`: recordings served over HTTP until someone interrupts it.

use core::fmt::Display;
use core::time::Duration;
use std::io::{self, Write};

use thalweg_http::replay::{FAULTS, Library, Replay, Served, Server};

use crate::args::{Faults, Listen, ReplayArguments};
use crate::escape::Line;
use crate::exit::{self, Exit};
use crate::interrupt::Interrupts;

/// Loads the recordings and serves them; an error is one of the output.
pub(crate) fn run(arguments: &ReplayArguments, out: &mut impl Write) -> io::Result<Exit> {
    let library = match Library::load(&arguments.recordings) {
        Ok(library) => library,
        Err(error) => return Ok(exit::unreadable(&error.path.to_string_lossy(), &error.message)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(library, arguments, out)),
        Err(error) => Ok(exit::unreadable("the runtime", &error)),
    }
}

/// What `--help` says below the arguments.
pub(crate) fn long_help() -> String {
    let faults: Vec<_> = FAULTS.iter().map(|(form, what)| format!("  {form}\n      {what}")).collect();
    format!(
        "Faults (N counts bytes of the recording; *K behind a fault keeps it to the first K requests):\n{}\n\n{COMBINED}\n\n{}",
        faults.join("\n"),
        exit::REPLAY_HELP
    )
}

/// What several faults do together, and what `*K` counts.
const COMBINED: &str = "\
All faults of an answer are done, those of the server before those of the request:
  - Waits add up, and come first.
  - Then a drop or a reset takes the place of the answer, else the first status. Without `,body` it has a body of its \
own, in which the other faults count.
  - Of cut, reset@N, hang and gzip-cut the one that comes first on the wire ends the body.
  - The others are done at their offsets, at the same one in the order given. Of several chunk the last holds.
  - *K counts requests for each recording and each text of a fault, as long as the server runs: cut:5*2 and cut:6*2 \
count apart, and so do those of --fault and those of requests.";

async fn serve(library: Library, arguments: &ReplayArguments, out: &mut impl Write) -> io::Result<Exit> {
    let count = library.names().len();
    let replay = Replay::new(library).with_speed(arguments.speed).with_log(log);
    let faults = arguments.faults.iter().flat_map(|Faults(faults)| faults);
    let replay = faults.cloned().fold(replay, Replay::with_fault);
    let mut interrupts = Interrupts::new();
    let Listen { host, port, .. } = &arguments.listen;
    let server = match replay.bind((host.as_str(), *port)).await {
        Ok(server) => server,
        Err(error) => return Ok(exit::unreadable(&arguments.listen.text, &error)),
    };
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    say(&format_args!("{count} recording{}", if count == 1 { "" } else { "s" }));
    tokio::select! {
        () = interrupts.next() => {}
        () = once(&server), if arguments.once => {}
    }
    // Who interrupts it again does not want to wait for what is still being sent.
    tokio::select! {
        () = server.shutdown(GRACE) => {}
        () = interrupts.next() => {}
    }
    Ok(Exit::Complete)
}

/// The first request that a recording answers is over.
async fn once(server: &Server) {
    server.wait_for(|counts| counts.replayed > 0).await;
}

fn log(served: &Served) {
    say(served);
}

/// A line on standard error.
fn say(what: &dyn Display) {
    // There is nobody left to tell that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", Line(&what.to_string()));
}

/// So long answers may take to end.
const GRACE: Duration = Duration::from_secs(2);
