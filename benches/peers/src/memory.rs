//! What a stream keeps that waits for more bytes.

use thalweg::{Fold as _, Normalizer, Response};
use thalweg_bench::streams::{KINDS, Stream};

use crate::alloc;

/// A line of the result.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Row {
    protocol: &'static str,
    input: &'static str,
    /// Of one normalizer, itself included.
    normalizer_bytes: i64,
    /// Of the response beside it, which is the answer so far.
    response_bytes: i64,
    /// Of many normalizers together.
    parked_mib: f64,
}

/// Parks a stream of each kind, and then many.
pub(crate) fn run() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in KINDS {
        let stream = (kind.make)(2 * DELTAS, 1);
        let part = &stream.bytes[..middle_of_frame(&stream)];
        // Once for what the program keeps by itself.
        drop(park(&stream, part));
        let before = alloc::live_bytes();
        let (normalizer, response) = park(&stream, part);
        let both = alloc::live_bytes() - before;
        drop(response);
        let alone = alloc::live_bytes() - before;
        drop(normalizer);

        let mut parked = Vec::with_capacity(PARKED);
        let before = alloc::live_bytes();
        for _ in 0..PARKED {
            parked.push(park(&stream, part).0);
        }
        let many = alloc::live_bytes() - before + size(size_of::<Normalizer>() * PARKED);
        drop(parked);
        rows.push(Row {
            protocol: kind.protocol,
            input: kind.name,
            normalizer_bytes: alone + size(size_of::<Normalizer>()),
            response_bytes: both - alone,
            parked_mib: many as f64 / f64::from(1 << 20),
        });
    }
    rows
}

#[expect(clippy::print_stdout, reason = "a program that prints a table")]
pub(crate) fn print(rows: &[Row]) {
    println!("parked in mid-frame after {DELTAS} deltas, chunks of {CHUNK_BYTES} bytes\n");
    println!("{:<28} {:>16} {:>14} {:>16}", "", "normalizer, B", "response, B", "10,000, MiB");
    for row in rows {
        let name = format!("{} {}", row.protocol, row.input);
        println!("{name:<28} {:>16} {:>14} {:>16.1}", row.normalizer_bytes, row.response_bytes, row.parked_mib);
    }
}

/// A normalizer that has read that part, and what came out of it.
fn park(stream: &Stream, part: &[u8]) -> (Normalizer, Response) {
    let mut normalizer = Normalizer::new(stream.dialect);
    let mut response = Response::default();
    for chunk in part.chunks(CHUNK_BYTES) {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            response.apply(&event);
        }
    }
    (normalizer, response)
}

/// The middle of the frame behind the deltas: streams have some frames before their first one.
fn middle_of_frame(stream: &Stream) -> usize {
    let blank = if stream.bytes.windows(4).any(|bytes| bytes == b"\r\n\r\n") { &b"\r\n\r\n"[..] } else { b"\n\n" };
    let mut ends = stream.bytes.windows(blank.len()).enumerate().filter(|(_, bytes)| *bytes == blank).map(|(at, _)| at);
    let start = ends.nth(DELTAS).expect("the stream is twice as long");
    let end = ends.next().expect("the stream is twice as long");
    usize::midpoint(start, end)
}

/// A size never exceeds `isize::MAX`.
const fn size(bytes: usize) -> i64 {
    bytes as i64
}

const DELTAS: usize = 100;
const PARKED: usize = 10_000;
const CHUNK_BYTES: usize = 1460;
