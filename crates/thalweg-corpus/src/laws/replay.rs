use thalweg::log::{self, Header, LogError, Record};
use thalweg::{Event, Fold, OwnedEvent, Protocol, Recording, Response};

use crate::{Chunking, Setup, Violation};

/// Law 8: the fold of the live stream is the fold of its recording's replay, and of its log read back, in both forms.
/// The same bytes give byte-equal logs under every chunking.
///
/// Recorded are the whole, single bytes and the random chunks of `seed`; each recording goes through its table of times
/// first. What was read of a log is written again, and must be the log.
///
/// # Errors
/// With the two folds, or the first byte at which two logs differ.
pub fn check_replay<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], seed: u64) -> Result<(), Violation> {
    let setup = setup.into();
    let live = setup.response(bytes);
    let mut first: Option<Logs> = None;
    for chunking in [Chunking::Whole, Chunking::Bytes(1), Chunking::Random(seed)] {
        let (header, events) = replayed(&setup, bytes, &chunking)?;
        same_fold(&live, &fold(&events), || format!("the replay of a recording, {chunking}"))?;
        let logs = Logs::of(&header, &events);
        match &first {
            Some(first) => first.same(&logs, || format!("the whole (left) and {chunking} (right)"))?,
            None => {
                logs.read_back(&header, &live)?;
                first = Some(logs);
            }
        }
    }
    Ok(())
}

/// Records the bytes, stores and loads the recording, and replays it.
fn replayed(setup: &Setup<'_>, bytes: &[u8], chunking: &Chunking) -> Result<(Header, Vec<OwnedEvent>), Violation> {
    // The law is about any bytes; the bound is the recorder's affair.
    let mut recording = Recording::new().with_held_bytes(usize::MAX);
    for (n, chunk) in (0..).zip(chunking.split(bytes)) {
        recording.push(1000 * n, chunk);
    }
    recording.finish(None, setup.close);
    match Recording::from_parts(recording.bytes(), &recording.to_tsv()) {
        Ok(loaded) if loaded == recording => {}
        loaded => {
            let message = format!("a recording (left) and what was loaded (right) differ, {chunking}");
            return Err(Violation::new(LAW, message).between(recording, loaded));
        }
    }
    let (mut normalizer, mut events, mut last_us) = (setup.normalizer(), Vec::new(), 0);
    recording.replay(&mut normalizer, |at_us, event| {
        last_us = at_us;
        events.push(event.to_owned());
    });
    let expected_us = recording.chunks().last().map_or(0, |chunk| chunk.at_us);
    if last_us > expected_us {
        return Err(Violation::new(LAW, "an event after the last chunk").between(expected_us, last_us));
    }
    let protocol = match events.first() {
        Some(OwnedEvent::Start { protocol, .. }) => *protocol,
        _ => Protocol::Unrecognized,
    };
    let mut header = Header::new(normalizer.dialect(), protocol);
    (header.detail, header.heartbeats, header.limits) = (setup.detail, setup.heartbeats, setup.limits);
    Ok((header, events))
}

/// One log in its two forms.
struct Logs {
    binary: Vec<u8>,
    lines: Vec<u8>,
}

impl Logs {
    fn of(header: &Header, events: &[OwnedEvent]) -> Self {
        let mut binary = log::binary::Writer::new(header);
        let mut lines = log::lines::Writer::new(header);
        for event in events {
            binary.write(&event.as_lent());
            lines.write(&event.as_lent());
        }
        Self { binary: binary.into_bytes(), lines: lines.into_bytes() }
    }

    fn same(&self, other: &Self, what: impl Fn() -> String) -> Result<(), Violation> {
        for (form, left, right) in [("binary", &self.binary, &other.binary), ("lines", &self.lines, &other.lines)] {
            if left != right {
                let at = left.iter().zip(right).take_while(|(left, right)| left == right).count();
                let near = |log: &[u8]| log[at.saturating_sub(20)..log.len().min(at + 80)].escape_ascii().to_string();
                let message = format!("{form} logs differ at their byte {at}: {}", what());
                return Err(Violation::new(LAW, message).between(near(left), near(right)));
            }
        }
        Ok(())
    }

    fn read_back(&self, header: &Header, live: &Response) -> Result<(), Violation> {
        let binary = log::binary::Reader::new(&self.binary).map(|reader| (reader.header().clone(), reader.collect()));
        let lines = log::lines::Reader::new(&self.lines).map(|reader| (reader.header().clone(), reader.collect()));
        for (form, read) in [("binary", binary), ("lines", lines)] {
            let unreadable = |error: LogError| Violation::new(LAW, format!("a {form} log cannot be read: {error}"));
            let (read_header, records): (_, Result<Vec<Record>, _>) = read.map_err(unreadable)?;
            let records = records.map_err(unreadable)?;
            if read_header != *header {
                let message = format!("the header of a {form} log differs");
                return Err(Violation::new(LAW, message).between(header, read_header));
            }
            if let Some(record) = records.iter().find(|record| record.is_foreign) {
                let message = format!("a {form} log has an event that its own version does not know");
                return Err(Violation::new(LAW, message).between(record.seq, &record.event));
            }
            let events: Vec<_> = records.into_iter().map(|record| record.event).collect();
            same_fold(live, &fold(&events), || format!("a {form} log"))?;
            self.same(&Self::of(header, &events), || format!("what was read from {form} and written again (right)"))?;
        }
        Ok(())
    }
}

fn fold(events: &[OwnedEvent]) -> Response {
    let mut response = Response::default();
    events.iter().map(OwnedEvent::as_lent).for_each(|event: Event<'_>| response.apply(&event));
    response
}

fn same_fold(live: &Response, other: &Response, what: impl Fn() -> String) -> Result<(), Violation> {
    if live == other {
        return Ok(());
    }
    Err(Violation::new(LAW, format!("the live stream (left) and {} (right) fold differently", what()))
        .between(live, other))
}

const LAW: &str = "replay";
