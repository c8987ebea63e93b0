use core::num::NonZeroUsize;
use std::io::{self, Read};

use clap::Parser;
use thalweg::{Close, Event, Outcome};

use super::{Cutter, Ended, Sink, decode};
use crate::args::{Arguments, Chunking, Command, Streams};

/// A frame that a normalizer has an event for.
const FRAME: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low\"}}]}\n\n";

/// Gives its bytes once, then breaks.
struct Breaking(Option<&'static [u8]>);

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.take() {
            Some(mut bytes) => bytes.read(buffer),
            None => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

#[derive(Default)]
struct Closes(Vec<Option<Close>>);

impl Sink for Closes {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::End { evidence, .. } = event {
            self.0.push(evidence.close);
        }
        Ok(())
    }
}

fn streams(arguments: &[&str]) -> Streams {
    let arguments = ["thalweg", "events"].iter().chain(arguments);
    match Arguments::try_parse_from(arguments).map(|parsed| parsed.command) {
        Ok(Command::Events(arguments)) => arguments.streams,
        other => panic!("not the command that was given: {other:?}"),
    }
}

fn check_broken(arguments: &[&str]) {
    let mut closes = Closes::default();
    let ended = decode(Breaking(Some(FRAME)), &streams(arguments), &mut closes);
    let Ended { outcome, error, .. } = ended.expect("the sink does not fail");
    assert_eq!(closes.0, [Some(Close::Broken)], "{arguments:?}");
    assert_eq!(outcome, Some(Outcome::Truncated), "{arguments:?}");
    assert_eq!(error.map(|error| error.kind()), Some(io::ErrorKind::ConnectionReset), "{arguments:?}");
}

#[test]
fn a_read_error_closes_as_broken() {
    check_broken(&[]);
    check_broken(&["--chunking", "whole"]);
    check_broken(&["--chunking", "bytes:3"]);
    check_broken(&["--chunking", "random:1"]);
}

#[test]
fn an_interrupted_read_is_tried_again() {
    struct Interrupted(u8);
    impl Read for Interrupted {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 == 1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(0) }
        }
    }
    let mut closes = Closes::default();
    let ended = decode(Interrupted(0), &streams(&[]), &mut closes).expect("the sink does not fail");
    assert!(ended.error.is_none());
    assert_eq!(closes.0, [Some(Close::Clean)]);
}

/// The lengths of the chunks that bytes are cut into.
fn lengths(chunking: Option<Chunking>, bytes: &[u8]) -> Vec<usize> {
    let (mut lengths, mut joined) = (Vec::new(), Vec::new());
    let cut = Cutter::new(chunking).cut(bytes, |chunk| {
        lengths.push(chunk.len());
        joined.extend_from_slice(chunk);
        Ok(())
    });
    cut.expect("the closure does not fail");
    assert_eq!(joined, bytes, "{chunking:?}");
    lengths
}

#[test]
fn bytes_are_cut_as_asked() {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    assert_eq!(lengths(None, &bytes[..10]), [10]);
    assert_eq!(lengths(Some(Chunking::Whole), &bytes[..10]), [10]);
    let four = NonZeroUsize::new(4).expect("4 is not 0");
    assert_eq!(lengths(Some(Chunking::Bytes(four)), &bytes[..10]), [4, 4, 2]);
    assert_eq!(lengths(Some(Chunking::Bytes(NonZeroUsize::MAX)), &bytes[..10]), [10]);

    let random = lengths(Some(Chunking::Random(7)), &bytes);
    assert_eq!(random, lengths(Some(Chunking::Random(7)), &bytes));
    assert_ne!(random, lengths(Some(Chunking::Random(8)), &bytes));
    assert!(random.contains(&0) && random.contains(&1) && random.iter().any(|len| *len > 1000));
}
