//! An allocator that counts, a thread at a time: the server of [`crate::loopback`] does not disturb.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, and how often it was asked for memory.
pub(crate) struct Counting;

thread_local! {
    /// Const and without a destructor: reading them allocates nothing, and no locked instruction an allocation makes
    /// the peers look slower than they are.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// Allocations and reallocations of this thread.
pub(crate) fn count() -> u64 {
    COUNT.get()
}

/// Bytes that this thread has allocated and not given back.
pub(crate) fn live_bytes() -> i64 {
    LIVE.get()
}

fn note(is_new: bool, bytes: i64) {
    // At the end of a thread its locals are gone; nothing is counted there.
    let _ = COUNT.try_with(|count| count.set(count.get() + u64::from(is_new)));
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes));
}

/// A layout never exceeds `isize::MAX`.
const fn signed(bytes: usize) -> i64 {
    bytes as i64
}

#[expect(unsafe_code, reason = "the trait is unsafe; every call goes to the system's allocator as it came")]
// SAFETY: every method passes its arguments on to `System` unchanged and returns what it gives.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(true, signed(layout.size()));
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(true, signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(true, signed(new_size) - signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, new_size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(false, -signed(layout.size()));
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}
