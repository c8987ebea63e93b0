//! Checks thalweg-http against real servers that were told what to say. The scripts beside this file start the servers
//! and run this; README.md there says how.
//!
//! ```text
//! servers llama URL                               llama.cpp's server, every scenario on each of its APIs
//! servers litellm URL                             LiteLLM before that server, by each of its routes to it
//! servers replayed URL                            LiteLLM before recordings that `thalweg replay` serves
//! servers killed llama|litellm URL API MODEL PID  the process is killed in mid-stream: what becomes of the answer
//! servers body API SCRIPT                         a request for a script, for `thalweg record --data`
//! servers folded API SCRIPT                       what `thalweg fold --json` says, on the standard input
//! ```
//!
//! A line a scenario; the exit status is 1 where one failed.

mod api;
mod call;
mod check;
mod folded;
mod replayed;
mod report;
mod scenarios;
mod told;

use std::process::ExitCode;

use api::Server;
use report::Report;

type Fallible<T = ()> = Result<T, Box<dyn core::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<ExitCode> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut report = Report::default();
    match *arguments {
        ["llama", url] => scenarios::run(Server::Llama, url, &["scripted"], &mut report).await?,
        ["litellm", url] => scenarios::run(Server::Litellm, url, api::ROUTES, &mut report).await?,
        ["replayed", url] => replayed::run(url, &mut report).await?,
        ["killed", server, url, api, model, pid] => {
            scenarios::killed(server.parse()?, url, api.parse()?, model, pid.parse()?, &mut report).await?;
        }
        ["body", api, script] => return folded::body(api.parse()?, script),
        ["folded", api, script] => folded::run(api.parse()?, script, &mut report)?,
        _ => return Err("usage: servers llama|litellm|replayed|killed|body|folded ...: see the head of main.rs".into()),
    }
    Ok(report.exit())
}
