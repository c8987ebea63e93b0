//! Nothing is allocated for a delta on its way out once a stream is warm, merged or seen by hooks that leave it as it is.
//! Counted, not timed.
//!
//! A test binary of its own: it replaces the allocator by one that counts, a thread at a time.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use thalweg::policy::{DeadlineRules, Deadlines};
use thalweg::{Event, dialects};
use thalweg_stream::blocking::{EventReader, events};
use thalweg_stream::{Approvals, Edit, HookError, Hooks, Ids};

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

const WORD: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";

/// How often memory is asked for between the 500th and the last delta of a stream, and how much text they had.
fn warm(setup: impl FnOnce(EventReader<&[u8]>) -> EventReader<&[u8]>) -> (u64, usize) {
    let body = WORD.repeat(20_000);
    let mut reader = setup(events(body.as_bytes(), &dialects::OPENAI_CHAT));
    let mut take = |deltas: usize| {
        let (mut taken, mut bytes) = (0, 0);
        while taken < deltas {
            let Some(event) = reader.next_event() else { break };
            if let Event::TextDelta { text, .. } = event {
                taken += 1;
                bytes += text.len();
            }
            assert!(!matches!(event, Event::End { .. }), "the stream is long enough");
        }
        bytes
    };
    take(500);
    allocations(|| take(1000))
}

/// A look at every event.
fn look(edit: &mut Edit<'_>) -> Result<(), HookError> {
    let _ = edit.event();
    Ok(())
}

fn hooks() -> Hooks {
    let approvals = Approvals::new(|name: &str| name == "pay").hook(|_: &_| {});
    Hooks::new().with("look", look).with("approvals", approvals).with("ids", Ids::default().hook("east"))
}

#[test]
fn nothing_is_allocated_on_the_way_out() {
    let deadlines = Deadlines::new(DeadlineRules::default(), 0);
    assert_eq!(warm(|reader| reader), (0, 5000));
    assert_eq!(warm(|reader| reader.with_hooks(hooks())), (0, 5000));
    assert_eq!(warm(|reader| reader.with_deadlines(deadlines, || 0)), (0, 5000));
}

#[test]
fn nothing_is_allocated_for_a_merged_delta() {
    let check = |hooks: Hooks| {
        let (count, bytes) = warm(|reader| reader.with_hooks(hooks).with_merged_deltas(20));
        // Four words a delta, but for those at the end of what was read at once.
        assert!(count == 0 && bytes > 19_000, "{count} allocations, {bytes} bytes");
    };
    check(Hooks::new());
    check(hooks());
}

#[test]
fn what_is_counted_is_seen() {
    let (count, _) = warm(|reader| {
        reader.with_hooks(Hooks::new().with("change", |edit: &mut Edit<'_>| {
            edit.set_text("other");
            Ok(())
        }))
    });
    assert!(count >= 1000, "a changed text is a copy: {count}");
}
