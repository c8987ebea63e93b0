use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use fastrand::Rng;

/// How bytes are cut into chunks. Written and parsed as `whole`, `bytes:N`, `random:SEED` or `at:N,N,...`.
///
/// ```
/// use thalweg_corpus::Chunking;
///
/// let chunking: Chunking = "bytes:2".parse()?;
/// assert_eq!(chunking.split(b"abcde").collect::<Vec<_>>(), [&b"ab"[..], b"cd", b"e"]);
/// # Ok::<(), thalweg_corpus::ParseChunkingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunking {
    /// One chunk, even if there is nothing in it.
    Whole,
    /// Chunks of this many bytes, the last one perhaps shorter. 0 counts as 1.
    Bytes(usize),
    /// Chunks of all sizes, empty ones and runs of single bytes among them, the same for the same seed.
    Random(u64),
    /// Cut at these offsets. Equal ones give empty chunks; what is beyond the end is the end.
    At(Vec<usize>),
}

impl Chunking {
    /// The chunks of `bytes`. Concatenated they are `bytes`.
    #[must_use]
    pub fn split<'b>(&self, bytes: &'b [u8]) -> Chunks<'b> {
        let cutter = match self {
            Self::Whole => Cutter::At(vec![bytes.len()]),
            Self::Bytes(n) => Cutter::Bytes((*n).max(1)),
            Self::Random(seed) => Cutter::Random { rng: Rng::with_seed(*seed), begun: false, singles: 0 },
            Self::At(cuts) => {
                let mut cuts: Vec<_> = cuts.iter().map(|cut| (*cut).min(bytes.len())).collect();
                cuts.push(bytes.len());
                cuts.sort_unstable_by(|a, b| b.cmp(a));
                Cutter::At(cuts)
            }
        };
        Chunks { bytes, at: 0, cutter }
    }
}

impl fmt::Display for Chunking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Bytes(n) => write!(f, "bytes:{n}"),
            Self::Random(seed) => write!(f, "random:{seed}"),
            Self::At(cuts) => {
                let cuts: Vec<_> = cuts.iter().map(ToString::to_string).collect();
                write!(f, "at:{}", cuts.join(","))
            }
        }
    }
}

impl FromStr for Chunking {
    type Err = ParseChunkingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseChunkingError { text: text.into() };
        let parsed = match text.split_once(':') {
            None if text == "whole" => Some(Self::Whole),
            Some(("bytes", n)) => n.parse().ok().filter(|n| *n > 0).map(Self::Bytes),
            Some(("random", seed)) => seed.parse().ok().map(Self::Random),
            Some(("at", cuts)) => cuts.split(',').map(str::parse).collect::<Result<_, _>>().ok().map(Self::At),
            _ => None,
        };
        parsed.ok_or_else(error)
    }
}

/// The text names no chunking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseChunkingError {
    text: String,
}

impl fmt::Display for ParseChunkingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of whole, bytes:N, random:SEED, at:N,N,...", self.text)
    }
}

impl core::error::Error for ParseChunkingError {}

/// The chunks of some bytes, in order. Made by [`Chunking::split`].
#[derive(Clone, Debug)]
pub struct Chunks<'b> {
    bytes: &'b [u8],
    at: usize,
    cutter: Cutter,
}

#[derive(Clone, Debug)]
enum Cutter {
    Bytes(usize),
    Random {
        rng: Rng,
        begun: bool,
        /// Chunks of one byte that are still to come in this run.
        singles: u8,
    },
    /// The offsets where chunks end, the next one last.
    At(Vec<usize>),
}

impl<'b> Iterator for Chunks<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let left = self.bytes.len() - self.at;
        let len = match &mut self.cutter {
            Cutter::At(ends) => ends.pop()? - self.at,
            Cutter::Bytes(_) if left == 0 => return None,
            Cutter::Bytes(n) => (*n).min(left),
            Cutter::Random { rng, begun, singles } => {
                let first = !core::mem::replace(begun, true);
                if left == 0 && !first {
                    return None;
                }
                if first {
                    // However short the bytes are: one empty chunk, then single bytes.
                    *singles = 2;
                }
                if first { 0 } else { random_len(rng, singles).min(left) }
            }
        };
        let chunk = &self.bytes[self.at..self.at + len];
        self.at += len;
        Some(chunk)
    }
}

/// The length of the next random chunk: nothing, one of a run of single bytes, or any size up to a few KiB.
fn random_len(rng: &mut Rng, singles: &mut u8) -> usize {
    if *singles > 0 {
        *singles -= 1;
        return 1;
    }
    match rng.u8(0..8) {
        0 => 0,
        1 => {
            *singles = rng.u8(0..12);
            1
        }
        // Small sizes and large ones alike.
        _ => {
            let most = 1 << rng.u32(1..13);
            rng.usize(1..=most)
        }
    }
}

/// At which offsets a law cuts its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cuts {
    /// All of them up to 8 KiB; beyond that those in the first and last 4 KiB and 200 random ones.
    Thorough,
    /// A few, the same for the same seed.
    Few(u64),
}

impl Cuts {
    /// The offsets for bytes of a length, rising. 0 and the length are cuts as well.
    #[must_use]
    pub fn positions(self, len: usize) -> Vec<usize> {
        let random = |count: usize, seed: u64, range: Range<usize>| {
            let mut rng = Rng::with_seed(seed);
            let mut cuts: Vec<_> = (0..count).map(|_| rng.usize(range.clone())).collect();
            cuts.sort_unstable();
            cuts.dedup();
            cuts
        };
        match self {
            Self::Thorough if len <= 2 * EDGE_BYTES => (0..=len).collect(),
            Self::Thorough => {
                let (head, tail) = (EDGE_BYTES, len - EDGE_BYTES);
                let middle = random(RANDOM_CUTS, len as u64, head..tail);
                (0..head).chain(middle).chain(tail..=len).collect()
            }
            Self::Few(seed) => random(FEW_CUTS, seed, 0..len + 1),
        }
    }
}

const EDGE_BYTES: usize = 4 << 10;
const RANDOM_CUTS: usize = 200;
const FEW_CUTS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_concatenate_to_the_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        let chunkings = ["whole", "bytes:1", "bytes:7", "random:1", "random:2", "at:3,3,9,70000"];
        for chunking in chunkings.map(|text| text.parse::<Chunking>().expect("it is well formed")) {
            for len in [0, 1, 2, 3, 8, 20_000] {
                let chunks: Vec<_> = chunking.split(&bytes[..len]).collect();
                assert_eq!(chunks.concat(), bytes[..len], "{chunking} of {len}");
            }
        }
    }

    #[test]
    fn random_chunks_are_empty_single_and_large() {
        for seed in 0..50 {
            let chunks: Vec<_> = Chunking::Random(seed).split(&[0; 100_000]).map(<[u8]>::len).collect();
            assert!(chunks.contains(&0) && chunks.windows(2).any(|pair| pair == [1, 1]));
            assert!(chunks.iter().any(|len| *len > 1000));
        }
    }

    #[test]
    fn text_and_chunking_are_the_same() {
        for text in ["whole", "bytes:4096", "random:7", "at:1,2"] {
            assert_eq!(text.parse::<Chunking>().map(|chunking| chunking.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "bytes", "bytes:0", "bytes:x", "random:-1", "halves"] {
            assert!(text.parse::<Chunking>().is_err(), "{text}");
        }
    }

    #[test]
    fn thorough_cuts_are_all_or_edges_and_some() {
        assert_eq!(Cuts::Thorough.positions(3), [0, 1, 2, 3]);
        let cuts = Cuts::Thorough.positions(1 << 20);
        assert!(cuts.is_sorted() && cuts.len() > 8192 && cuts.len() <= 8193 + RANDOM_CUTS);
    }
}
