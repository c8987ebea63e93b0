//! `thalweg replay`: recordings served over HTTP until someone interrupts it.

use core::time::Duration;
use std::io::{self, Write};

use thalweg_http::replay::{FAULTS, Library, Replay, Served, Server};

use crate::args::ReplayArguments;
use crate::escape::Line;
use crate::exit::{self, Exit};

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
        "Faults (N counts bytes of the recording; *K behind a fault keeps it to the first K requests):\n{}\n\n{}",
        faults.join("\n"),
        exit::REPLAY_HELP
    )
}

async fn serve(library: Library, arguments: &ReplayArguments, out: &mut impl Write) -> io::Result<Exit> {
    let count = library.names().len();
    let replay = Replay::new(library).with_speed(arguments.speed).with_log(log);
    let replay = arguments.faults.iter().cloned().fold(replay, Replay::with_fault);
    let server = match replay.bind(arguments.listen).await {
        Ok(server) => server,
        Err(error) => return Ok(exit::unreadable(&arguments.listen.to_string(), &error)),
    };
    writeln!(out, "{} serves {count} recording{}", server.url(), if count == 1 { "" } else { "s" })?;
    out.flush()?;
    tokio::select! {
        () = interrupted() => {}
        () = once(&server), if arguments.once => {}
    }
    // Who interrupts it again does not want to wait for what is still being sent.
    tokio::select! {
        () = server.shutdown(GRACE) => {}
        () = interrupted() => {}
    }
    Ok(Exit::Complete)
}

/// The first request that a recording answers is over.
async fn once(server: &Server) {
    server.wait_for(|counts| counts.replayed > 0).await;
}

fn log(served: &Served) {
    // There is nobody left to tell that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", Line(&served.to_string()));
}

/// Somebody wants it to end. Where signals cannot be had it ends when it is killed.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return core::future::pending().await };
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => if interrupt.is_err() { core::future::pending().await },
        _ = terminate.recv() => {}
    }
}

/// Somebody wants it to end. Where signals cannot be had it ends when it is killed.
#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        core::future::pending().await
    }
}

/// So long answers may take to end.
const GRACE: Duration = Duration::from_secs(2);
