//! From a file to events: opens it, reads it as it comes, cuts it where asked, and drives a normalizer.
//!
//! Reading never waits for more than there is, so that the events of a pipe come out as its bytes go in.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thalweg::{Close, Detail, Event, Normalizer, Outcome, Protocol, Stage};

use crate::args::{Chunking, Streams};

use self::folder::Recorded;

mod folder;

#[cfg(test)]
mod tests;

/// What takes the events of one file. Its errors are those of the output, and end the program.
pub(crate) trait Sink {
    /// How much it wants to know.
    fn detail(&self) -> Detail {
        Detail::Normal
    }

    /// The first event is about to come: what the file is read as.
    fn started(&mut self, _dialect: Option<&str>, _protocol: Protocol) -> io::Result<()> {
        Ok(())
    }

    /// Takes the next event.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;

    /// All events of what has been read are out, and the next read may take a while.
    fn drained(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a file ended.
pub(crate) struct Ended {
    /// The verdict on its response.
    pub(crate) outcome: Option<Outcome>,
    /// The dialect it was read as; none where none was found.
    pub(crate) dialect: Option<String>,
    /// Why it could not be read to its end, if it could not.
    pub(crate) error: Option<io::Error>,
}

/// Where a response is read from.
pub(crate) enum Source {
    /// Bytes as they come.
    Bytes(Box<dyn Read>),
    /// A folder with a recording.
    Recorded(Box<Recorded>),
}

/// Opens a file, or a folder with a recording; `-` is standard input.
pub(crate) fn open(path: &Path) -> io::Result<Source> {
    if path == Path::new("-") {
        return Ok(Source::Bytes(Box::new(io::stdin().lock())));
    }
    if path.is_dir() {
        return folder::load(path).map(|recorded| Source::Recorded(Box::new(recorded)));
    }
    Ok(Source::Bytes(Box::new(File::open(path)?)))
}

impl Source {
    /// Reads the response to its end and gives its events to `sink`. An error is one of the sink.
    pub(crate) fn decode(self, streams: &Streams, sink: &mut impl Sink) -> io::Result<Ended> {
        match self {
            Self::Bytes(reader) => decode(reader, streams, sink),
            Self::Recorded(recorded) => decode_recorded(&recorded, streams, sink),
        }
    }
}

/// Reads one response to its end and gives its events to `sink`. An error is one of the sink.
fn decode(mut reader: impl Read, streams: &Streams, sink: &mut impl Sink) -> io::Result<Ended> {
    let mut decoding =
        Decoding { normalizer: streams.dialect.normalizer().with_detail(sink.detail()), sink, outcome: None };
    let mut cutter = Cutter::new(streams.chunking);
    let mut buffer = Vec::new();
    let mut error = None;
    // After a limit nothing more is read.
    while decoding.normalizer.stage() != Stage::Ended {
        let read = cutter.read(&mut reader, &mut buffer);
        cutter.cut(&buffer, |chunk| decoding.feed(chunk))?;
        match read {
            Ok(More::Perhaps) => decoding.sink.drained()?,
            Ok(More::No) => decoding.finish(Close::Clean)?,
            Err(broken) => {
                error = Some(broken);
                decoding.finish(Close::Broken)?;
            }
        }
    }
    decoding.sink.drained()?;
    let dialect = decoding.normalizer.dialect().map(str::to_owned);
    Ok(Ended { outcome: decoding.outcome, dialect, error })
}

/// The same with a recording: its chunks, where no others are asked for, its connections and its close.
fn decode_recorded(recorded: &Recorded, streams: &Streams, sink: &mut impl Sink) -> io::Result<Ended> {
    let Recorded { recording, dialect } = recorded;
    let reading = streams.dialect.or(*dialect);
    let mut decoding = Decoding { normalizer: reading.normalizer().with_detail(sink.detail()), sink, outcome: None };
    let mut cutter = Cutter::new(streams.chunking);
    let borders = u32::try_from(recording.reconnects_us().count()).unwrap_or(u32::MAX);
    let mut chunks = recording.chunks().peekable();
    for connection in 0..=borders {
        if connection > 0 {
            decoding.reconnect()?;
        }
        let own = core::iter::from_fn(|| chunks.next_if(|chunk| chunk.connection == connection));
        if streams.chunking.is_none() {
            for chunk in own {
                decoding.feed(chunk.bytes)?;
                decoding.sink.drained()?;
            }
        } else {
            let bytes = own.map(|chunk| chunk.bytes).collect::<Vec<_>>().concat();
            cutter.cut(&bytes, |chunk| decoding.feed(chunk))?;
        }
    }
    // What is missing must not look like an end.
    let close = recording.close().filter(|_| !recording.is_truncated()).unwrap_or(Close::Broken);
    decoding.finish(close)?;
    decoding.sink.drained()?;
    let dialect = decoding.normalizer.dialect().map(str::to_owned);
    Ok(Ended { outcome: decoding.outcome, dialect, error: None })
}

/// One response in the making.
struct Decoding<'s, S> {
    normalizer: Normalizer,
    sink: &'s mut S,
    outcome: Option<Outcome>,
}

impl<S: Sink> Decoding<'_, S> {
    fn feed(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.normalizer.feed(chunk);
        self.drain()
    }

    fn finish(&mut self, close: Close) -> io::Result<()> {
        self.normalizer.finish(close);
        self.drain()
    }

    fn reconnect(&mut self) -> io::Result<()> {
        self.normalizer.reconnect();
        self.drain()
    }

    fn drain(&mut self) -> io::Result<()> {
        while self.normalizer.advance() {
            let Some(event) = self.normalizer.event() else { break };
            match event {
                Event::Start { protocol, .. } => self.sink.started(self.normalizer.dialect(), protocol)?,
                Event::End { outcome, .. } => self.outcome = Some(outcome),
                _ => {}
            }
            self.sink.event(&event)?;
        }
        Ok(())
    }
}

/// Whether there may be more to read.
enum More {
    Perhaps,
    No,
}

/// Reads, and cuts what was read into chunks. A read's border is always a chunk's too.
enum Cutter {
    AsRead,
    Whole,
    Bytes(usize),
    Random(fastrand::Rng),
}

impl Cutter {
    fn new(chunking: Option<Chunking>) -> Self {
        match chunking {
            None => Self::AsRead,
            Some(Chunking::Whole) => Self::Whole,
            Some(Chunking::Bytes(n)) => Self::Bytes(n.get()),
            Some(Chunking::Random(seed)) => Self::Random(fastrand::Rng::with_seed(seed)),
        }
    }

    /// Fills the buffer with the next bytes. After an error it holds what came before it.
    fn read(&self, reader: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<More> {
        buffer.clear();
        if matches!(self, Self::Whole) {
            return reader.read_to_end(buffer).map(|_| More::No);
        }
        buffer.resize(READ_BYTES, 0);
        let read = loop {
            match reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        buffer.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|len| if len == 0 { More::No } else { More::Perhaps })
    }

    fn cut(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        while !bytes.is_empty() {
            let len = match self {
                Self::AsRead | Self::Whole => bytes.len(),
                Self::Bytes(n) => *n,
                // Small and large chunks are equally likely, and so is an empty one now and then.
                Self::Random(random) => {
                    let most = 1 << random.usize(0..=RANDOM_BITS_MAX);
                    random.usize(0..=most)
                }
            };
            let (chunk, rest) = bytes.split_at(len.min(bytes.len()));
            each(chunk)?;
            bytes = rest;
        }
        Ok(())
    }
}

/// The most that one read takes.
const READ_BYTES: usize = 64 * 1024;

/// Random chunks are at most two to the power of this long.
const RANDOM_BITS_MAX: usize = 12;
