//! Blocking readers that dribble, fail, and fall silent.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use thalweg::policy::{Deadline, DeadlineRules, Deadlines};
use thalweg::{Close, Event, Outcome, OwnedEvent, Stage, dialects};
use thalweg_corpus::Chunking;
use thalweg_stream::Until;
use thalweg_stream::blocking::{EventReader, close_of, events};

use crate::bodies::{DONE, STOP, WORD, case, outcome};

/// A reader by script: bytes, errors, and then its end. Asked again after an error that counts, it panics.
struct Script {
    steps: VecDeque<Result<&'static str, ErrorKind>>,
    has_failed: bool,
}

impl Script {
    fn new<const N: usize>(steps: [Result<&'static str, ErrorKind>; N]) -> Self {
        Self { steps: steps.into(), has_failed: false }
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(!self.has_failed, "a reader was asked again after its end");
        match self.steps.pop_front() {
            Some(Ok(bytes)) => {
                buffer[..bytes.len()].copy_from_slice(bytes.as_bytes());
                Ok(bytes.len())
            }
            Some(Err(kind)) => {
                self.has_failed = kind != ErrorKind::Interrupted;
                Err(kind.into())
            }
            None => {
                self.has_failed = true;
                Ok(0)
            }
        }
    }
}

/// Gives one byte a read, and is interrupted before each.
struct Dribble<'b> {
    bytes: &'b [u8],
    is_interrupted: bool,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_interrupted = !self.is_interrupted;
        if self.is_interrupted {
            return Err(ErrorKind::Interrupted.into());
        }
        self.bytes.read(&mut buffer[..1])
    }
}

#[test]
fn one_byte_at_a_time_and_interrupted_it_gives_the_same() {
    for name in ["crlf", "bom", "parallel_tool_calls", "invalid-utf8-frame", "llama-server-think-two-tools"] {
        let case = case(name);
        let reader = events(Dribble { bytes: &case.body, is_interrupted: false }, &dialects::OPENAI_CHAT);
        let given: Vec<_> = reader.with_until(Until::Closed).collect();
        assert!(given == case.setup().events(&case.body, &Chunking::Whole), "{case}");
    }
}

#[test]
fn errors_of_a_reader_end_the_response_and_are_kept() {
    let check = |kind: ErrorKind, close: Close| {
        let mut reader = events(Script::new([Ok(WORD), Err(kind)]), &dialects::OPENAI_CHAT);
        let given: Vec<_> = reader.by_ref().collect();
        let Some(OwnedEvent::End { outcome, evidence, .. }) = given.last() else { panic!("{given:?}") };
        assert_eq!((*outcome, evidence.close), (Outcome::Truncated, Some(close)), "{kind}");
        assert_eq!(reader.error().map(io::Error::kind), Some(kind));
        assert_eq!(reader.into_error().map(|error| close_of(&error)), Some(close));
    };
    check(ErrorKind::UnexpectedEof, Close::Broken);
    check(ErrorKind::ConnectionReset, Close::Broken);
    check(ErrorKind::BrokenPipe, Close::Broken);
    check(ErrorKind::Other, Close::Broken);
    check(ErrorKind::TimedOut, Close::TimedOut);
    check(ErrorKind::WouldBlock, Close::TimedOut);
}

#[test]
fn silence_behind_a_finish_reason_is_the_end_and_a_break_is_not() {
    let check = |kind: ErrorKind| {
        let mut reader = events(Script::new([Ok(WORD), Ok(STOP), Err(kind)]), &dialects::OPENAI_CHAT);
        let outcome = outcome(&reader.by_ref().collect::<Vec<_>>());
        assert_eq!(reader.into_error().map(|error| error.kind()), Some(kind), "it is kept in any case");
        outcome
    };
    assert_eq!(check(ErrorKind::WouldBlock), Outcome::Complete);
    assert_eq!(check(ErrorKind::TimedOut), Outcome::Complete);
    assert_eq!(check(ErrorKind::UnexpectedEof), Outcome::Truncated);
}

#[test]
fn one_pull_is_one_read_and_none_before_all_is_taken() {
    let script = Script::new([Ok(WORD), Err(ErrorKind::Interrupted), Ok(STOP), Ok(DONE)]);
    let mut reader = events(script, &dialects::OPENAI_CHAT);
    let mut seen = Vec::new();
    while reader.stage() != Stage::Ended {
        let taken = core::iter::from_fn(|| reader.next_arrived().map(|_| ())).count();
        seen.push((taken, reader.stage()));
        reader.pull();
        reader.pull();
    }
    // Nothing yet; start, block and delta; nothing of an interruption; a reason; ends of block and choice; the end.
    assert_eq!(
        seen,
        [(0, Stage::Open), (3, Stage::Open), (0, Stage::Finished), (2, Stage::Settled), (1, Stage::Ended),]
    );
}

#[test]
fn an_end_of_file_is_a_clean_close() {
    let mut reader = events(Script::new([Ok(WORD), Err(ErrorKind::Interrupted), Ok(STOP)]), &dialects::OPENAI_CHAT);
    let given: Vec<_> = reader.by_ref().collect();
    assert_eq!(outcome(&given), Outcome::Complete);
    assert!(reader.error().is_none() && reader.next().is_none() && reader.next_event().is_none());
}

#[test]
fn nothing_at_all_is_an_empty_body() {
    let mut reader = events(io::empty(), &dialects::OPENAI_CHAT);
    let given: Vec<_> = reader.by_ref().collect();
    assert_eq!(outcome(&given), Outcome::Failed);
    assert!(reader.into_error().is_none(), "reading went well");
}

#[test]
fn a_settled_response_is_not_read_further() {
    let script = || Script::new([Ok(WORD), Ok(STOP), Ok(DONE), Ok(": bye\n\n"), Err(ErrorKind::ConnectionReset)]);
    let mut reader = events(script(), &dialects::OPENAI_CHAT);
    assert_eq!(outcome(&reader.by_ref().collect::<Vec<_>>()), Outcome::Complete);
    assert_eq!(reader.into_body().steps.len(), 2);

    let mut reader = events(script(), &dialects::OPENAI_CHAT).with_until(Until::Closed);
    assert_eq!(outcome(&reader.by_ref().collect::<Vec<_>>()), Outcome::Complete);
    assert_eq!(reader.into_error().map(|error| error.kind()), Some(ErrorKind::ConnectionReset));
}

#[test]
fn a_caller_may_stop_early() {
    let mut reader = events(Script::new([Ok(WORD), Err(ErrorKind::Other)]), &dialects::OPENAI_CHAT);
    while !matches!(reader.next_event(), Some(Event::TextDelta { .. })) {}
    reader.cancel();
    let rest: Vec<_> = reader.by_ref().collect();
    assert_eq!(outcome(&rest), Outcome::Cancelled);
    assert!(reader.into_error().is_none(), "it was not read again");
}

#[test]
fn a_socket_that_falls_silent_times_out() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    client.set_read_timeout(Some(Duration::from_millis(50)))?;
    let (mut server, _) = listener.accept()?;
    server.write_all(WORD.as_bytes())?;
    server.write_all(&WORD.as_bytes()[..10])?;

    // The server's end stays open: nothing but the timeout ends this.
    let mut reader = events(client, &dialects::OPENAI_CHAT);
    let given: Vec<_> = reader.by_ref().collect();
    assert_eq!(outcome(&given), Outcome::Truncated);
    assert!(given.iter().any(|event| matches!(event, OwnedEvent::TextDelta { .. })));
    assert_eq!(reader.error().map(close_of), Some(Close::TimedOut));
    drop(server);
    Ok(())
}

#[test]
fn a_reader_with_deadlines_takes_its_timeouts_for_a_look_at_the_clock() {
    let check = |steps: &[Result<&'static str, ErrorKind>], expected: (Outcome, Option<Deadline>)| {
        // Every look at the clock is ten seconds later.
        let now_us = AtomicU64::new(0);
        let mut rules = DeadlineRules::default();
        rules.silence = Some(Duration::from_secs(200));
        rules.total = Some(Duration::from_secs(2000));
        rules.drain = Some(Duration::from_secs(50));
        let body = Script { steps: steps.iter().copied().collect(), has_failed: false };
        let mut reader = events(Ticks(body), &dialects::OPENAI_CHAT)
            .with_deadlines(Deadlines::new(rules, 0), move || now_us.fetch_add(10_000_000, Ordering::Relaxed));
        let outcome = outcome(&reader.by_ref().collect::<Vec<_>>());
        assert_eq!((outcome, reader.deadline()), expected, "{steps:?}");
        assert!(reader.error().is_none(), "a timeout is no error here");
    };
    check(&[Ok(WORD), Ok(STOP), Ok(DONE)], (Outcome::Complete, None));
    check(&[Ok(WORD)], (Outcome::Truncated, Some(Deadline::Silence)));
    check(&[], (Outcome::Truncated, Some(Deadline::Silence)));
    check(&[Ok(WORD), Ok(STOP)], (Outcome::Complete, Some(Deadline::Drain)));
    check(&[Ok(": on\n\n"); 300], (Outcome::Truncated, Some(Deadline::Total)));
}

/// A socket with a read timeout that is kept open behind what its script says.
struct Ticks(Script);

impl Read for Ticks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.steps.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

#[test]
fn a_socket_that_is_kept_open_ends_with_the_response() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    for part in [WORD, STOP, DONE] {
        server.write_all(part.as_bytes())?;
    }
    let mut reader = EventReader::new(client, case("text").setup().normalizer());
    assert_eq!(outcome(&reader.by_ref().collect::<Vec<_>>()), Outcome::Complete);
    assert_eq!(reader.stage(), Stage::Ended);
    drop(server);
    Ok(())
}
