//! A rich answer of each protocol, cut at every byte: what came is there, and nothing that was cut passes for whole.

use std::collections::{BTreeSet, HashSet};

use thalweg::fold::Block;
use thalweg::{BlockClose, BlockId, Close, Event, Fold, InputState, Normalizer, Outcome, Response, registry};

mod wires;

use wires::wires;

/// A whole answer as its frames: reasoning, text with something that belongs to it, a call.
struct Wire {
    dialect: &'static str,
    frames: Vec<Vec<u8>>,
    /// The frame that says how the answer ended, which is enough where the bytes end cleanly.
    told: usize,
    /// The frame that ends the response, however the bytes end; none where only a clean end does.
    over: Option<usize>,
    pieces: Pieces,
}

/// How calls come.
enum Pieces {
    /// Each is whole in its frame, and no cut shows a part of one.
    None,
    /// In pieces of JSON: all of it may be there before something says so.
    OfText,
    /// In values with their places: the JSON that they make has no end before something says so.
    OfValues,
}

/// What a cut answer gave.
struct Seen {
    response: Response,
    /// Blocks that the wire itself ended.
    ended: BTreeSet<BlockId>,
    finishes: usize,
}

/// How often calls were found in which state: what a table without cut calls shows is nothing.
#[derive(Default)]
struct Calls {
    empty: usize,
    cut: usize,
    open_and_whole: usize,
}

#[test]
fn the_verdict_is_truncated_until_the_answer_says_that_it_is_over() {
    for wire in wires() {
        let whole = wire.whole();
        for close in [Close::Clean, Close::Broken, Close::TimedOut] {
            let evident = wire.evident_from(close);
            for cut in 0..=whole.len() {
                let seen = wire.decode(&whole[..cut], close);
                let at = wire.at(cut);
                if cut >= evident {
                    assert_eq!(seen.response.outcome, Some(Outcome::Complete), "{close} {at}");
                    assert_eq!(seen.finishes, 1, "{close} {at}");
                } else if cut > 0 {
                    assert_eq!(seen.response.outcome, Some(Outcome::Truncated), "{close} {at}");
                    assert!(seen.response.errors.is_empty(), "{close} {at}: {:?}", seen.response.errors);
                }
                if cut < wire.evident_from(Close::Clean) {
                    assert_eq!(seen.finishes, 0, "no reason is made up: {close} {at}");
                }
            }
        }
    }
}

#[test]
fn what_came_is_the_beginning_of_the_whole() {
    for wire in wires() {
        let bytes = wire.whole();
        let whole = wire.decode(&bytes, Close::Clean).response;
        let kinds: HashSet<_> = blocks(&whole).iter().map(|block| core::mem::discriminant(&block.kind)).collect();
        assert!(kinds.len() >= 3, "{}: reasoning, text and a call are in it", wire.dialect);
        for cut in 1..bytes.len() {
            let seen = wire.decode(&bytes[..cut], Close::Broken);
            let (given, at) = (blocks(&seen.response), wire.at(cut));
            assert!(given.len() <= blocks(&whole).len(), "{at}");
            for (block, whole) in given.iter().zip(blocks(&whole)) {
                assert_eq!((&block.kind, block.id), (&whole.kind, whole.id), "{at}");
                assert!(whole.text.starts_with(&block.text), "{at}: {:?} begins no {:?}", block.text, whole.text);
                assert!(whole.parts.starts_with(&block.parts), "{at}: {:?}", block.parts);
                if seen.ended.contains(&block.id) {
                    assert_eq!((&block.text, block.end), (&whole.text, whole.end), "{at}: it had ended");
                }
            }
        }
    }
}

#[test]
fn a_call_that_was_cut_is_never_whole() {
    for wire in wires() {
        let bytes = wire.whole();
        let whole = wire.decode(&bytes, Close::Clean).response;
        let mut found = Calls::default();
        for cut in 1..wire.evident_from(Close::Clean) {
            for close in [Close::Clean, Close::Broken] {
                found.check(&wire.decode(&bytes[..cut], close), &whole, &wire.at(cut));
            }
        }
        let counts = [found.empty, found.cut, found.open_and_whole];
        let expected = match wire.pieces {
            Pieces::None => [false, false, false],
            Pieces::OfText => [true, true, true],
            Pieces::OfValues => [true, true, false],
        };
        assert_eq!(counts.map(|count| count > 0), expected, "{}: {counts:?}", wire.dialect);
    }
}

impl Calls {
    fn check(&mut self, seen: &Seen, whole: &Response, at: &str) {
        for (block, whole) in blocks(&seen.response).iter().zip(blocks(whole)) {
            if block.name().is_none() {
                continue;
            }
            let end = block.end.expect("every block ends");
            if seen.ended.contains(&block.id) {
                let told = (end.how, end.input, &block.text);
                assert_eq!(told, (BlockClose::Complete, Some(InputState::Valid), &whole.text), "{at}");
                continue;
            }
            assert_eq!(end.how, BlockClose::Truncated, "{at}");
            match end.input {
                Some(InputState::Empty) => {
                    assert_eq!(block.text, "", "{at}");
                    self.empty += 1;
                }
                Some(InputState::Cut) => {
                    assert_ne!(block.text, whole.text, "{at}");
                    self.cut += 1;
                }
                Some(InputState::Valid) => {
                    assert_eq!(block.text, whole.text, "{at}: nothing but all of it is an object");
                    self.open_and_whole += 1;
                }
                other => panic!("{at}: {other:?}"),
            }
            let call = seen.response.last_call().expect("it is over");
            assert_eq!(call.is_whole(), end.input == Some(InputState::Valid), "{at}");
        }
    }
}

fn blocks(response: &Response) -> Vec<&Block> {
    response.choices.iter().flat_map(|choice| &choice.blocks).collect()
}

impl Wire {
    fn whole(&self) -> Vec<u8> {
        self.frames.concat()
    }

    /// From which cut on the verdict is no longer that the answer was cut.
    fn evident_from(&self, close: Close) -> usize {
        let frame = if close == Close::Clean { Some(self.told) } else { self.over };
        let Some(frame) = frame else { return usize::MAX };
        let end: usize = self.frames[..frame].iter().map(Vec::len).sum();
        // A last frame of text needs no line ends behind its data.
        let frame = &self.frames[frame];
        end + str::from_utf8(frame).map_or(frame.len(), |text| text.trim_end().len())
    }

    /// What stands where a cut is.
    fn at(&self, cut: usize) -> String {
        let mut start = 0;
        for (n, frame) in self.frames.iter().enumerate() {
            if cut < start + frame.len() {
                let frame = String::from_utf8_lossy(frame);
                return format!("{}: cut {} bytes into frame {n}, {frame}", self.dialect, cut - start);
            }
            start += frame.len();
        }
        format!("{}: not cut", self.dialect)
    }

    fn decode(&self, bytes: &[u8], close: Close) -> Seen {
        let dialect = registry::find(self.dialect).expect("the registry has it");
        let mut normalizer = Normalizer::new(dialect);
        let mut seen = Seen { response: Response::default(), ended: BTreeSet::new(), finishes: 0 };
        normalizer.feed(bytes);
        while let Some(event) = normalizer.poll() {
            if let Event::BlockEnd { block, .. } = event {
                seen.ended.insert(block);
            }
            seen.take(&event);
        }
        normalizer.finish(close);
        while let Some(event) = normalizer.poll() {
            // The last frame may lack its line ends: its end of a block is the wire's too.
            if let Event::BlockEnd { block, how: BlockClose::Complete | BlockClose::Implied, .. } = event {
                seen.ended.insert(block);
            }
            seen.take(&event);
        }
        seen
    }
}

impl Seen {
    fn take(&mut self, event: &Event<'_>) {
        self.finishes += usize::from(matches!(event, Event::Finish { .. }));
        self.response.apply(event);
    }
}
