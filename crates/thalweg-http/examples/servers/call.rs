//! One call: sent, recorded, folded as it comes.

use std::process::Command;

use reqwest::Client as Http;
use serde_json::Value;
use thalweg::{Close, Event, Fold, Normalizer, OwnedEvent, Recording, Response};
use thalweg_http::{Client, Endpoint, Recorder, Request};

use crate::Fallible;

/// What happens in the middle of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Midway {
    /// Nothing.
    On,
    /// The reader wants no more, and takes what has come.
    Cancel,
    /// The reader goes away.
    Drop,
    /// This process is killed.
    Kill(u32),
}

/// Everything of an answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) events: Vec<OwnedEvent>,
    pub(crate) response: Response,
    pub(crate) recording: Recording,
    /// How the transport failed, if it did.
    pub(crate) error: Option<String>,
}

/// Sends a request, and does what is to happen after [`MIDWAY`] deltas of text.
pub(crate) async fn call(endpoint: &Endpoint, body: Value, midway: Midway) -> Fallible<Seen> {
    let recorder = Recorder::new();
    let client = Client::build(Http::builder().no_proxy())?.with_recorder(recorder.clone());
    let mut answer = client.send(endpoint, Request::new(body)).await?;
    let (mut events, mut response, mut deltas) = (Vec::new(), Response::default(), 0);
    while let Some(event) = answer.next_event().await {
        response.apply(&event);
        let is_delta = matches!(event, Event::TextDelta { .. });
        events.push(event.to_owned());
        deltas += usize::from(is_delta);
        if !is_delta || deltas != MIDWAY {
            continue;
        }
        match midway {
            Midway::On => {}
            Midway::Cancel => answer.cancel(),
            Midway::Drop => break,
            Midway::Kill(pid) => kill(pid)?,
        }
    }
    let error = answer.error().map(ToString::to_string);
    drop(answer);
    Ok(Seen { events, response, recording: recorder.recording(), error })
}

impl Seen {
    /// What the recording gives that the live stream did not, or the other way round. It goes through the form in which
    /// recordings are stored.
    pub(crate) fn check_recording(&self, endpoint: &Endpoint, midway: Midway) -> Fallible<Vec<String>> {
        let stored = Recording::from_parts(self.recording.bytes(), &self.recording.to_tsv())?;
        let mut again = Vec::new();
        stored.replay(&mut Normalizer::new(endpoint.dialect()), |_, event| again.push(event.to_owned()));
        let mut differences = Vec::new();
        // Who goes away sees no end.
        let replayed = if midway == Midway::Drop { again.get(..self.events.len()) } else { Some(&*again) };
        if replayed != Some(&self.events) {
            let at = again.iter().zip(&self.events).take_while(|(again, live)| again == live).count();
            let (again, live) = (again.get(at), self.events.get(at));
            differences.push(format!("event {at} of the recording is {again:?}, live it was {live:?}"));
        }
        let close = match midway {
            Midway::Cancel | Midway::Drop => Some(Close::Cancelled),
            _ if self.error.is_some() => Some(Close::Broken),
            _ => Some(Close::Clean),
        };
        if stored.close() != close {
            differences.push(format!("the recording closed {:?}, not {close:?}", stored.close()));
        }
        Ok(differences)
    }
}

/// Without a signal that it could answer.
fn kill(pid: u32) -> Fallible {
    let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status()?;
    if status.success() { Ok(()) } else { Err(format!("process {pid} could not be killed").into()) }
}

/// After so many deltas of text an answer is in its middle.
const MIDWAY: usize = 50;
