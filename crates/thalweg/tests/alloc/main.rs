//! Nothing is allocated for a delta once a stream is warm. Counted, not timed.
//!
//! A test binary of its own: it replaces the allocator by one that counts, a thread at a time, so that the harness's
//! other threads do not disturb.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt::Write as _;
use std::alloc::System;

use thalweg::{Close, Dialect, Event, Normalizer, Protocol, dialects, log, registry};

mod wires;

use wires::{CHAT, STREAMS, Stream, Wire, applying};

struct Counting;

thread_local! {
    /// Calls of the allocator that gave this thread memory. Const and without a destructor: reading it allocates
    /// nothing.
    static GIVEN: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // At the end of a thread its locals are gone; nothing is counted there.
    let _ = GIVEN.try_with(|given| given.set(given.get() + 1));
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; every call goes to the system's unchanged")]
// SAFETY: each method passes its arguments on to `System`, which upholds the contract; counting touches no memory of
// the caller and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is the one of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // What gives memory back asks for none.
        if size > layout.size() {
            count();
        }
        // SAFETY: `at` came from `System`, because every method here gets its memory there.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `run` asks for memory.
fn allocations<T>(run: impl FnOnce() -> T) -> (u64, T) {
    let before = GIVEN.get();
    let result = run();
    (GIVEN.get() - before, result)
}

/// Feeds and drains; gives the number of deltas.
fn drive(normalizer: &mut Normalizer, bytes: &[u8], chunk_bytes: usize) -> usize {
    let mut deltas = 0;
    for chunk in bytes.chunks(chunk_bytes) {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            deltas += usize::from(is_delta(&event));
        }
    }
    deltas
}

const fn is_delta(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::TextDelta { .. }
            | Event::ReasoningDelta { .. }
            | Event::RefusalDelta { .. }
            | Event::ToolCallDelta { .. }
    )
}

/// A normalizer that has seen the first sixteen deltas, in chunks as large as those that follow.
fn warm(stream: &Stream, chunk_bytes: usize) -> Normalizer {
    warm_as(&dialects::OPENAI_CHAT, CHAT, stream, chunk_bytes)
}

fn warm_as(dialect: &Dialect, wire: Wire, stream: &Stream, chunk_bytes: usize) -> Normalizer {
    warm_up(Normalizer::new(dialect), wire, stream, chunk_bytes)
}

fn warm_up(mut normalizer: Normalizer, wire: Wire, stream: &Stream, chunk_bytes: usize) -> Normalizer {
    // Padded to three of the largest chunks: the buffer has then been as full as it will be.
    let mut deltas = drive(&mut normalizer, &stream.frames(wire, 0..COLD, 3 * CHUNKS[0] / COLD), chunk_bytes);
    // Such frames are too long to be remembered, and what they took is given back after a while.
    deltas += drive(&mut normalizer, &stream.frames(wire, COLD..WARM, 8), chunk_bytes);
    assert!(deltas >= WARM - 1, "{}: {deltas} deltas", stream.name);
    normalizer
}

#[test]
fn a_delta_allocates_nothing() {
    for stream in STREAMS {
        for chunk_bytes in CHUNKS {
            let mut normalizer = warm(stream, chunk_bytes);
            let bytes = stream.frames(CHAT, WARM..WARM + DELTAS, 8);
            let (given, deltas) = allocations(|| drive(&mut normalizer, &bytes, chunk_bytes));
            assert!(deltas >= DELTAS, "{}: {deltas} deltas", stream.name);
            assert_eq!(given, 0, "{} in chunks of {chunk_bytes}: allocations for {deltas} deltas", stream.name);
        }
    }
}

/// What is counted is what servers send: a frame that is dropped allocates nothing either.
#[test]
fn the_streams_of_every_dialect_are_in_order() {
    for dialect in registry::ALL {
        for (wire, stream) in applying(dialect) {
            let mut normalizer = Normalizer::new(dialect);
            let deltas = if repeats(dialect, stream) { 1 } else { WARM };
            normalizer.feed(&stream.frames(wire, 0..deltas, 8));
            while let Some(event) = normalizer.poll() {
                let is_wrong = matches!(event, Event::Anomaly { .. } | Event::Error { .. } | Event::Unknown { .. });
                assert!(!is_wrong, "{}, {:?}, {}: {event:?}", dialect.name, wire.form, stream.name);
            }
        }
    }
}

/// Whether fragments repeat all before them, which those of this stream do not: only input has fragments of one size then.
fn repeats(dialect: &Dialect, stream: &Stream) -> bool {
    dialect.oddities.is_cumulative && stream.name != "input"
}

#[test]
fn a_delta_allocates_nothing_in_any_dialect() {
    let mut said = String::new();
    for dialect in registry::ALL {
        for (wire, stream) in applying(dialect) {
            if repeats(dialect, stream) {
                continue;
            }
            let bytes = stream.frames(wire, WARM..WARM + DELTAS, 8);
            // Read or told from an earlier one.
            for memo in [false, true] {
                let mut normalizer = warm_up(Normalizer::new(dialect).with_memo(memo), wire, stream, CHUNKS[1]);
                let (given, deltas) = allocations(|| drive(&mut normalizer, &bytes, CHUNKS[1]));
                if given == 0 && deltas >= DELTAS {
                    continue;
                }
                let (dialect, form, stream) = (&dialect.name, wire.form, stream.name);
                let _ = writeln!(said, "{dialect}, {form:?}, {stream}: {given} allocations for {deltas} deltas");
            }
        }
    }
    assert!(said.is_empty(), "{said}");
}

#[test]
fn a_frame_with_its_events_allocates_nothing() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[1]);
        let bytes = stream.frames(CHAT, WARM..WARM + DELTAS, 8);
        let (given, deltas) = allocations(|| {
            let mut deltas = 0;
            for chunk in bytes.chunks(CHUNKS[1]) {
                normalizer.feed(chunk);
                while let Some(frame) = normalizer.poll_frame() {
                    deltas += frame.events().filter(is_delta).count();
                }
            }
            deltas
        });
        assert!(deltas >= DELTAS, "{}: {deltas} deltas", stream.name);
        assert_eq!(given, 0, "{}: allocations for {deltas} deltas", stream.name);
    }
}

#[test]
fn comments_and_pings_allocate_nothing() {
    let mut normalizer = warm(&STREAMS[0], CHUNKS[1]);
    let bytes = ": ping\r\n\r\nevent: ping\nid: 7\ndata:\n\n\n".repeat(DELTAS);
    let (given, _) = allocations(|| drive(&mut normalizer, bytes.as_bytes(), CHUNKS[1]));
    assert_eq!(given, 0);
}

/// A stream costs a few allocations to begin, whatever it carries.
#[test]
fn a_stream_begins_with_few_allocations() {
    for stream in STREAMS {
        let bytes = stream.frames(CHAT, 0..WARM, 8);
        for chunk_bytes in CHUNKS {
            let (given, _) = allocations(|| {
                let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
                drive(&mut normalizer, &bytes, chunk_bytes);
                normalizer
            });
            eprintln!("{} in chunks of {chunk_bytes}: {given} allocations for {WARM} deltas", stream.name);
            assert!(given <= BEGIN_MOST, "{} in chunks of {chunk_bytes}: {given}", stream.name);
        }
    }
}

/// Nor does any dialect need more, up to its first delta.
#[test]
fn a_stream_begins_with_few_allocations_in_any_dialect() {
    for dialect in registry::ALL {
        for (wire, stream) in applying(dialect) {
            let bytes = stream.frames(wire, 0..1, 8);
            for chunk_bytes in CHUNKS {
                let (given, (deltas, _normalizer)) = allocations(|| {
                    let mut normalizer = Normalizer::new(dialect);
                    (drive(&mut normalizer, &bytes, chunk_bytes), normalizer)
                });
                let what = format!("{}, {:?}, {} in chunks of {chunk_bytes}", dialect.name, wire.form, stream.name);
                assert!(deltas > 0, "{what}: no delta");
                assert!(given <= BEGIN_MOST, "{what}: {given}");
            }
        }
    }
}

/// The end costs what the blocks' ends and the verdict cost, not what was said before.
#[test]
fn a_stream_ends_with_few_allocations() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[0]);
        let end = b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let (given, _) = allocations(|| {
            drive(&mut normalizer, end, CHUNKS[0]);
            normalizer.finish(Close::Clean);
            while normalizer.poll().is_some() {}
        });
        assert!(given <= END_MOST, "{}: {given}", stream.name);
    }
}

#[test]
fn an_owned_delta_is_one_allocation() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[0]);
        normalizer.feed(&stream.frames(CHAT, WARM..WARM + 20, 8));
        let mut deltas = 0;
        while let Some(event) = normalizer.poll() {
            let (given, owned) = allocations(|| event.to_owned());
            assert!(given <= 1, "{}: {given} allocations for {owned:?}", stream.name);
            deltas += usize::from(is_delta(&event));
        }
        assert!(deltas >= 20, "{}: {deltas} deltas", stream.name);
    }
}

/// A binary log costs nothing but the buffer that it is given out in.
#[test]
fn a_written_event_allocates_nothing() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let mut events = Vec::new();
    for stream in STREAMS {
        normalizer.feed(&stream.frames(CHAT, 0..WARM, 300));
        while let Some(event) = normalizer.poll() {
            events.push(event.to_owned());
        }
    }
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        events.push(event.to_owned());
    }
    let mut writer = log::binary::Writer::new(&log::Header::new(None, Protocol::OpenaiChat));
    // Twice what follows: the buffer has then been as full as it will be.
    events.iter().chain(&events).for_each(|event| writer.write(&event.as_lent()));
    writer.clear();
    let (given, ()) = allocations(|| events.iter().for_each(|event| writer.write(&event.as_lent())));
    assert!(events.len() > 3 * WARM && !writer.as_bytes().is_empty());
    assert_eq!(given, 0, "allocations for {} events", events.len());
}

/// The counter itself: if it saw nothing, every test here would pass.
#[test]
fn the_counter_counts() {
    let (given, text) = allocations(|| String::from("a"));
    assert_eq!((given, text.as_str()), (1, "a"));
    let (given, _) = allocations(|| {
        let mut bytes = vec![0_u8; 16];
        bytes.reserve_exact(1000);
        bytes
    });
    assert_eq!(given, 2);
    assert_eq!(allocations(|| 1 + 1).0, 0);
}

/// So many deltas fill the buffers, and so many have been seen when it is warm.
const COLD: usize = 16;
const WARM: usize = 320;
const DELTAS: usize = 1000;
/// A read of a fast connection, a packet, and the smallest there is. The largest comes first.
const CHUNKS: [usize; 3] = [16 << 10, 1460, 1];
const BEGIN_MOST: u64 = 48;
const END_MOST: u64 = 16;
