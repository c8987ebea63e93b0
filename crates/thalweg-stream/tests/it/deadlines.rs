//! Deadlines, by a clock that is only said to run.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use thalweg::policy::{Deadline, DeadlineRules, Deadlines};
use thalweg::{Close, Normalizer, Outcome, OwnedEvent, dialects};
use thalweg_stream::{EventStream, FrameStream, Sleep, Timer};
use tokio::time::{Instant, sleep, sleep_until};

use crate::bodies::{DONE, STOP, USAGE, WORD, outcome};

/// Tokio's time, from a beginning.
pub(crate) struct Tokio(pub(crate) Instant);

impl Timer for Tokio {
    fn now_us(&self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }

    fn sleep_until(&self, at_us: u64) -> Sleep {
        Box::pin(sleep_until(self.0 + Duration::from_micros(at_us)))
    }
}

fn rules() -> DeadlineRules {
    let mut rules = DeadlineRules::default();
    rules.silence = Some(Duration::from_secs(60));
    rules.no_event = Some(Duration::from_secs(100));
    rules.total = Some(Duration::from_secs(500));
    rules.drain = Some(Duration::from_secs(2));
    rules
}

/// How a response ended, which deadline it was, and after how many seconds.
async fn run(body: impl Stream<Item = io::Result<&'static str>>) -> (Outcome, Option<Close>, Option<Deadline>, u64) {
    let began = Instant::now();
    let deadlines = Deadlines::new(rules(), 0);
    let normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_heartbeats(true);
    let mut events = EventStream::new(Box::pin(body), normalizer).with_deadlines(deadlines, Tokio(began));
    let given: Vec<_> = events.by_ref().collect().await;
    let Some(OwnedEvent::End { evidence, .. }) = given.last() else { panic!("{given:?}") };
    (outcome(&given), evidence.close, events.deadline(), began.elapsed().as_secs())
}

/// Chunks that come so many seconds after one another, and then nothing.
fn slow(chunks: &'static [(u64, &'static str)]) -> impl Stream<Item = io::Result<&'static str>> {
    stream::iter(chunks)
        .then(|(seconds, chunk)| async move {
            sleep(Duration::from_secs(*seconds)).await;
            Ok(*chunk)
        })
        .chain(stream::pending())
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_response() {
    let timed_out = (Outcome::Truncated, Some(Close::TimedOut), Some(Deadline::Silence));
    let check = |(outcome, close, deadline, seconds), expected| {
        assert_eq!(((outcome, close, deadline), seconds), (timed_out, expected));
    };
    check(run(stream::pending()).await, 60);
    check(run(slow(&[(59, WORD), (59, WORD)])).await, 59 + 59 + 60);
    // A sign of life is no silence.
    check(run(slow(&[(50, ": ping\n\n"), (50, WORD)])).await, 50 + 50 + 60);
}

#[tokio::test(start_paused = true)]
async fn pings_alone_are_no_events() {
    let pings = slow(&[(50, ": ping\n\n"), (40, WORD), (50, ": ping\n\n"), (40, ": ping\n\n"), (40, ": ping\n\n")]);
    let expected = (Outcome::Truncated, Some(Close::TimedOut), Some(Deadline::NoEvent), 50 + 40 + 100);
    assert_eq!(run(pings).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_trickle_ends_with_the_whole_time() {
    let trickle = stream::unfold((), |()| async {
        sleep(Duration::from_secs(7)).await;
        Some((Ok(WORD), ()))
    });
    let expected = (Outcome::Truncated, Some(Close::TimedOut), Some(Deadline::Total));
    let (outcome, close, deadline, seconds) = run(trickle).await;
    assert_eq!(((outcome, close, deadline), seconds), (expected, 500));
}

/// A clock that the body moves on.
#[derive(Clone, Default)]
struct Moved(Arc<AtomicU64>);

impl Timer for Moved {
    fn now_us(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn sleep_until(&self, _: u64) -> Sleep {
        panic!("nothing is waited for");
    }
}

#[tokio::test]
async fn a_flood_ends_with_the_whole_time_and_with_what_came_by_then() {
    let clock = Moved::default();
    let moves = clock.clone();
    let body = stream::repeat_with(move || {
        moves.0.fetch_add(1_000_000, Ordering::Relaxed);
        Ok::<_, io::Error>(WORD)
    })
    .take(600);
    let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    let mut events = events.with_deadlines(Deadlines::new(rules(), 0), clock);
    let given: Vec<_> = events.by_ref().collect().await;
    assert_eq!((outcome(&given), events.deadline()), (Outcome::Truncated, Some(Deadline::Total)));
    assert_eq!(given.iter().filter(|event| matches!(event, OwnedEvent::TextDelta { .. })).count(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_close_is_given_time_for_usage() {
    let never = slow(&[(1, WORD), (1, STOP)]);
    assert_eq!(run(never).await, (Outcome::Complete, Some(Close::Clean), Some(Deadline::Drain), 4));
    let late = slow(&[(1, STOP), (1, USAGE), (1, ": x\n\n")]);
    let (outcome, close, deadline, seconds) = run(late).await;
    assert_eq!((outcome, close, deadline), (Outcome::Complete, Some(Close::Clean), Some(Deadline::Drain)));
    assert!(seconds <= 4, "{seconds}: the window is one, whatever comes in it");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_ends_in_time_has_met_no_deadline() {
    let fine = slow(&[(59, WORD), (59, STOP), (1, DONE)]);
    assert_eq!(run(fine).await, (Outcome::Complete, Some(Close::Clean), None, 119));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_no_silent_server() {
    let began = Instant::now();
    let body = stream::iter([Ok::<_, io::Error>(WORD), Ok(WORD), Ok(STOP), Ok(DONE)]);
    let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    let mut events = events.with_deadlines(Deadlines::new(rules(), 0), Tokio(began));
    let mut given = Vec::new();
    while let Some(event) = events.next().await {
        given.push(event);
        sleep(Duration::from_secs(70)).await;
    }
    // Seven events: 490 seconds, of which none was waited for.
    assert_eq!((outcome(&given), events.deadline()), (Outcome::Complete, None));
}

#[tokio::test(start_paused = true)]
async fn frames_have_deadlines_too() {
    let began = Instant::now();
    let body = Box::pin(slow(&[(1, WORD)]));
    let frames = FrameStream::new(body, Normalizer::new(&dialects::OPENAI_CHAT));
    let mut frames = frames.with_deadlines(Deadlines::new(rules(), 0), Tokio(began));
    let last = frames.by_ref().collect::<Vec<_>>().await.pop().expect("the end is a frame");
    assert_eq!((outcome(&last.events), frames.deadline()), (Outcome::Truncated, Some(Deadline::Silence)));
}

/// A timer whose sleeps are over at once.
struct Early(Cell<u64>);

impl Timer for Early {
    fn now_us(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }

    fn sleep_until(&self, _: u64) -> Sleep {
        Box::pin(core::future::ready(()))
    }
}

#[tokio::test]
async fn a_timer_that_wakes_too_early_is_asked_again() {
    let mut early = rules();
    early.silence = Some(Duration::from_micros(1000));
    let body = stream::pending::<io::Result<&str>>();
    let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    let mut events = events.with_deadlines(Deadlines::new(early, 0), Early(0.into()));
    let given: Vec<_> = events.by_ref().collect().await;
    assert_eq!((outcome(&given), events.deadline()), (Outcome::Truncated, Some(Deadline::Silence)));
}

#[tokio::test(start_paused = true)]
async fn a_chunk_of_nothing_is_no_sign_of_life() {
    let empty = slow(&[(50, WORD), (50, ""), (50, ""), (50, WORD)]);
    assert_eq!(run(empty).await, (Outcome::Truncated, Some(Close::TimedOut), Some(Deadline::Silence), 50 + 60));
}
