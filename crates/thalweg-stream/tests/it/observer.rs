//! Who looks at a response sees it as it was decoded, when it came.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use futures::executor::block_on;
use futures::{FutureExt, Stream, StreamExt, stream};
use thalweg::fold::Timing;
use thalweg::policy::{DeadlineRules, Deadlines, PreambleRules};
use thalweg::{Event, EventOf, OwnedEvent, dialects};
use thalweg_corpus::{Chunking, load_all};
use thalweg_stream::{Edit, EventStream, Hooks, Observer, Opening, Until, blocking, events, frames};
use tokio::time::{Instant, sleep};

use crate::bodies::{DONE, STOP, Script, Step, WORD, chunks};
use crate::deadlines::Tokio;

/// Keeps what it sees.
#[derive(Default)]
struct Log {
    chunks: Vec<u8>,
    events: Vec<OwnedEvent>,
    times: Vec<Option<u64>>,
}

impl Observer for Log {
    fn chunk(&mut self, chunk: &[u8], _: Option<u64>) {
        self.chunks.extend_from_slice(chunk);
    }

    fn event(&mut self, event: &Event<'_>, at_us: Option<u64>) {
        self.events.push(event.to_owned());
        self.times.push(at_us);
    }
}

/// Removes what it can.
fn remove_all() -> Hooks {
    Hooks::new().with("remove all", |edit: &mut Edit<'_>| {
        edit.remove();
        Ok(())
    })
}

#[test]
fn an_observer_sees_every_event_as_it_was_decoded_whatever_stands_behind_it() {
    for case in load_all() {
        let chunking = Chunking::Random(7);
        let plain = case.setup().with_close(thalweg::Close::Clean).events(&case.body, &chunking);
        let chunks: Vec<_> = chunking.split(&case.body).map(|chunk| Ok::<_, ()>(chunk.to_vec())).collect();
        let events = EventStream::new(stream::iter(chunks), case.setup().normalizer()).with_until(Until::Closed);
        let mut events = events.with_observer(Log::default()).with_merged_deltas(64).with_hooks(remove_all());
        block_on(events.opening(PreambleRules::default()));
        while block_on(events.next()).is_some() {}
        assert!(events.observer().events == plain, "{case}");
        let mut reader = blocking::EventReader::new(&case.body[..], case.setup().normalizer())
            .with_until(Until::Closed)
            .with_observer(Log::default())
            .with_hooks(remove_all());
        reader.opening(PreambleRules::default());
        while reader.next().is_some() {}
        assert!(reader.observer().events == plain, "{case}: read");
        assert!(case.body.starts_with(&events.observer().chunks) && case.body.starts_with(&reader.observer().chunks));
        assert!(reader.observer().times.iter().all(Option::is_none), "there is no timer");
    }
}

#[test]
fn hooks_see_nothing_of_what_is_held_before_it_is_given_out() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let hooks = Hooks::new().with("count", move |_: &mut Edit<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let mut events = events(chunks(&[WORD, STOP, DONE]), &dialects::OPENAI_CHAT);
    assert_eq!(block_on(events.opening(PreambleRules::default())), Opening::Content);
    // A gateway chooses its hooks when it knows that it goes on with this attempt.
    let mut events = events.with_hooks(hooks);
    assert_eq!(seen.load(Ordering::Relaxed), 0);
    let given = block_on(events.by_ref().count());
    assert_eq!(seen.load(Ordering::Relaxed), given);
}

#[test]
fn what_was_held_is_merged_with_what_comes_in_the_same_chunk() {
    let body = stream::iter([Ok::<_, ()>(WORD.repeat(3)), Ok([STOP, DONE].concat())]);
    let mut events = events(body, &dialects::OPENAI_CHAT).with_merged_deltas(1024);
    assert_eq!(block_on(events.opening(PreambleRules::default())), Opening::Content);
    let given: Vec<_> = block_on(events.by_ref().collect());
    let texts = given.iter().filter_map(|event| match event {
        EventOf::TextDelta { text, .. } => Some(&**text),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["word word word "]);
}

/// Chunks that come a second after one another, and then nothing.
fn slow(chunks: &'static [&'static str]) -> impl Stream<Item = Result<&'static str, ()>> {
    let chunks = stream::iter(chunks).then(|chunk| async move {
        sleep(Duration::from_secs(1)).await;
        Ok(*chunk)
    });
    chunks.chain(stream::pending())
}

#[tokio::test(start_paused = true)]
async fn times_are_those_of_the_chunks_however_slow_the_reader_is() {
    let timer = Tokio(Instant::now());
    let mut rules = DeadlineRules::default();
    rules.drain = Some(Duration::from_secs(10));
    let events = events(Box::pin(slow(&[": ping\n\n", WORD, WORD, STOP])), &dialects::OPENAI_CHAT)
        .with_deadlines(Deadlines::new(rules, 0), timer)
        .with_observer((Timing::since(0), Log::default()));
    let mut events = Box::pin(events);
    let mut ended = None;
    while let Some(event) = events.next().await {
        if let OwnedEvent::End { .. } = event {
            ended = Some(());
        } else if let OwnedEvent::TextDelta { .. } = event {
            sleep(Duration::from_millis(300)).await;
        }
    }
    assert!(ended.is_some());
    let (timing, log) = events.observer();
    let second = 1_000_000;
    assert_eq!((timing.first_byte_us, timing.first_token_us()), (Some(second), Some(2 * second)));
    // The body's next second begins when it is asked again.
    assert_eq!(timing.text.last_us, Some(3 * second + 300_000));
    assert_eq!(timing.end_us, Some(4 * second + 600_000 + 10 * second), "that of the deadline");
    assert!(log.times.iter().all(Option::is_some));
}

#[tokio::test(start_paused = true)]
async fn who_reads_to_the_end_of_the_body_waits_a_while_for_it() {
    let began = Instant::now();
    let run = async |chunks: &'static [&'static str]| {
        let frames = frames(Box::pin(slow(chunks)), &dialects::OPENAI_CHAT);
        let mut frames = frames.with_deadlines(Deadlines::new(DeadlineRules::default(), 0), Tokio(began));
        frames.by_ref().map(|frame| frame.bytes.len()).collect::<Vec<_>>().await.iter().sum::<usize>()
    };
    // A second behind the end mark there is something, and it is passed on.
    assert_eq!(run(&[STOP, DONE, ": bye\n\n"]).await, STOP.len() + DONE.len() + ": bye\n\n".len());
    let seconds = began.elapsed().as_secs();
    assert!((3..=5).contains(&seconds), "{seconds}");
}

#[test]
fn a_reader_holds_back_as_a_stream_does() {
    const ERROR: &str = "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\",\"code\":503}}\n\n";
    let body = [ERROR, DONE].concat();
    let mut events = blocking::events(body.as_bytes(), &dialects::OPENAI_CHAT);
    assert!(matches!(events.opening(PreambleRules::default()), Opening::Failed(EventOf::Error { .. })));
    events.pull();
    let given: Vec<_> = events.by_ref().collect();
    assert!(matches!(given[..], [EventOf::Start { .. }, EventOf::Error { .. }, .., EventOf::End { .. }]), "{given:?}");
    assert_eq!(events.opening(PreambleRules::default()), Opening::Content, "it is too late");
    // The same of a stream, whose body does not end.
    let body = Script::new([Step::Chunk(ERROR), Step::Never]);
    let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    let opening = events.opening(PreambleRules::default()).now_or_never();
    assert!(matches!(opening, Some(Opening::Failed(EventOf::Error { .. }))));
}

#[test]
fn the_end_of_a_reader_has_the_time_at_which_it_ended() {
    // Every look at the clock is a second later.
    let seconds = core::sync::atomic::AtomicU64::new(0);
    let now_us = move || 1_000_000 * seconds.fetch_add(1, Ordering::Relaxed);
    let body = [WORD, STOP].concat();
    let mut reader = blocking::events(body.as_bytes(), &dialects::OPENAI_CHAT)
        .with_deadlines(Deadlines::new(DeadlineRules::default(), 0), now_us)
        .with_observer(Timing::since(0));
    while reader.next().is_some() {}
    let timing = reader.observer();
    assert!(timing.end_us > timing.text.last_us, "{timing:?}");
}
