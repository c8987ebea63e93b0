//! The ladder: each step does what the one before does, and more.
//!
//! A step takes a stream and the size of the chunks to feed it in. What it sees goes to a visitor, so that the same
//! code can be measured (the visitor counts) and checked (the visitor collects).

use thalweg::framing::{Framer, Framing, Payload};
use thalweg::{Close, Event, Fold, Normalizer, Response};

use crate::streams::Stream;

/// Counts line ends chunk by chunk: no reader of lines can be faster.
#[must_use]
pub fn memchr(stream: &Stream, chunk_bytes: usize) -> usize {
    stream.bytes.chunks(chunk_bytes).map(|chunk| memchr::memchr_iter(b'\n', chunk).count()).sum()
}

/// Cuts a stream into frames and visits the data of each.
///
/// The framer looks at the bytes where they are: nothing is copied, as if the transport had them all in one buffer.
pub fn framing(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(&[u8])) {
    let bytes = stream.bytes.as_slice();
    let mut framer = Framer::new(Framing::Sse);
    let (mut head, mut end) = (0, 0);
    loop {
        let is_last = end == bytes.len();
        let pending = &bytes[head..end];
        let cut = if is_last { framer.finish(pending) } else { framer.next(pending) };
        match cut {
            Some(cut) => {
                match cut.payload {
                    Payload::Data(range) => visit(&pending[range]),
                    Payload::Joined => visit(framer.joined()),
                    _ => {}
                }
                head += cut.len;
            }
            None if is_last => return,
            None => end = end.saturating_add(chunk_bytes).min(bytes.len()),
        }
    }
}

/// Decodes a stream to lent events and visits each.
pub fn events(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(&Event<'_>)) {
    let mut normalizer = Normalizer::new(stream.dialect);
    for chunk in stream.bytes.chunks(chunk_bytes) {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            visit(&event);
        }
    }
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        visit(&event);
    }
}

/// Decodes a stream to lent events and visits every fragment of content with the number of its block.
pub fn decode(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    events(stream, chunk_bytes, |event| visit_fragment(event, &mut visit));
}

/// As [`decode`], with events that own their text.
pub fn decode_owned(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    events(stream, chunk_bytes, |event| {
        // Nobody may see that the copy is dropped at once.
        let owned = core::hint::black_box(event.to_owned());
        visit_fragment(&owned.as_lent(), &mut visit);
    });
}

/// Decodes a stream and folds it into a response.
#[must_use]
pub fn fold(stream: &Stream, chunk_bytes: usize) -> Response {
    let mut response = Response::default();
    events(stream, chunk_bytes, |event| response.apply(event));
    response
}

/// Visits the content of a response, block by block.
pub fn visit_response(response: &Response, mut visit: impl FnMut(usize, &str)) {
    for block in response.choices.iter().flat_map(|choice| &choice.blocks) {
        visit(block.id.index(), &block.text);
    }
}

fn visit_fragment(event: &Event<'_>, visit: &mut impl FnMut(usize, &str)) {
    match *event {
        Event::TextDelta { block, text, .. }
        | Event::ReasoningDelta { block, text, .. }
        | Event::RefusalDelta { block, text, .. }
        | Event::ToolCallDelta { block, input: text, .. } => visit(block.index(), text),
        _ => {}
    }
}

/// Collects what a step visits: the content of each block.
///
/// ```
/// let stream = thalweg_bench::streams::chat::text(20, 1);
/// let mut seen = Vec::new();
/// thalweg_bench::steps::decode(&stream, 16, |block, text| {
///     thalweg_bench::steps::collect(&mut seen, block, text);
/// });
/// assert_eq!(seen, stream.visible);
/// ```
pub fn collect(blocks: &mut Vec<String>, block: usize, text: &str) {
    if blocks.len() <= block {
        blocks.resize(block + 1, String::new());
    }
    blocks[block].push_str(text);
}

#[cfg(test)]
mod tests;
