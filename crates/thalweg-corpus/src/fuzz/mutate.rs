use fastrand::Rng;

use crate::{load_all, wire};

/// Makes hostile bytes of the corpus' bodies: cut, spliced, with frames doubled, left out and swapped, bits flipped,
/// and texts inserted that decoders look for. The same seed makes the same bytes.
#[derive(Clone, Debug)]
pub struct Mutator {
    rng: Rng,
    bodies: Vec<Vec<u8>>,
}

impl Mutator {
    /// A mutator of the whole corpus' bodies.
    ///
    /// # Panics
    /// When the corpus cannot be loaded.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let bodies = load_all().into_iter().map(|case| case.body).filter(|body| body.len() <= BODY_BYTES_MAX);
        Self::of(bodies.collect(), seed)
    }

    /// A mutator of these bodies.
    #[must_use]
    pub fn of(bodies: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), bodies }
    }

    /// The next bytes for [`any_bytes`](super::any_bytes): three that choose how, then a stream.
    pub fn stream(&mut self) -> Vec<u8> {
        let mut body = self.pick();
        for _ in 0..self.rng.usize(1..8) {
            body = self.mutate(body);
        }
        body.truncate(BODY_BYTES_MAX);
        let how = [self.rng.u8(..), self.rng.u8(..), self.rng.u8(..)];
        [&how[..], &body].concat()
    }

    /// The next bytes for [`json`](super::json): the data of a frame, mutated.
    pub fn json(&mut self) -> Vec<u8> {
        let body = self.pick();
        let lines = wire::lines(&body);
        let line = self.rng.choice(&lines).map_or(&b"{}"[..], |line| line.text);
        let mut json = line.strip_prefix(b"data: ").unwrap_or(line).to_vec();
        for _ in 0..self.rng.usize(0..4) {
            json = self.mutate_bytes(json);
        }
        json
    }

    fn pick(&mut self) -> Vec<u8> {
        self.rng.choice(&self.bodies).cloned().unwrap_or_default()
    }

    fn mutate(&mut self, body: Vec<u8>) -> Vec<u8> {
        match self.rng.u8(0..8) {
            0 => {
                // The beginning of one stream, the end of another.
                let other = self.pick();
                let (cut, join) = (self.rng.usize(..=body.len()), self.rng.usize(..=other.len()));
                [&body[..cut], &other[join..]].concat()
            }
            1..4 => self.mutate_frames(&body),
            _ => self.mutate_bytes(body),
        }
    }

    /// Doubles, leaves out, swaps or borrows whole frames.
    fn mutate_frames(&mut self, body: &[u8]) -> Vec<u8> {
        let mut frames = blocks(body);
        if frames.is_empty() {
            return body.into();
        }
        let (a, b) = (self.rng.usize(..frames.len()), self.rng.usize(..frames.len()));
        match self.rng.u8(0..4) {
            0 => frames.insert(b, frames[a].clone()),
            1 => drop(frames.remove(a)),
            2 => frames.swap(a, b),
            _ => {
                let other = blocks(&self.pick());
                if let Some(frame) = self.rng.choice(&other) {
                    frames.insert(b, frame.clone());
                }
            }
        }
        frames.concat()
    }

    fn mutate_bytes(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        let at = self.rng.usize(..=body.len());
        let to = (at + self.rng.usize(..40)).min(body.len());
        match self.rng.u8(0..6) {
            0 if at < body.len() => body[at] ^= 1 << self.rng.u8(..8),
            1 if at < body.len() => body[at] = self.rng.u8(..),
            2 => body.truncate(at),
            3 => drop(body.drain(at..to)),
            4 => {
                let copy = body[at..to].to_vec();
                let copies = self.rng.usize(1..4);
                body.splice(at..at, copy.repeat(copies));
            }
            _ if self.rng.bool() => self.insert_field(&mut body, at),
            _ => {
                let token = TOKENS[self.rng.usize(..TOKENS.len())];
                // In place of what it is as long as, or between.
                let end = if self.rng.bool() { (at + token.len()).min(body.len()) } else { at };
                body.splice(at..end, token.iter().copied());
            }
        }
        body
    }

    /// Puts a field first or last into the object that begins or ends next: the frame stays JSON, and of two fields
    /// of one name sometimes the new one stands.
    fn insert_field(&mut self, body: &mut Vec<u8>, at: usize) {
        let field = FIELDS[self.rng.usize(..FIELDS.len())];
        let brace = if self.rng.bool() { b'{' } else { b'}' };
        let Some(offset) = body[at..].iter().position(|byte| *byte == brace) else { return };
        if brace == b'{' {
            let place = at + offset + 1;
            body.splice(place..place, field.iter().copied());
        } else {
            let place = at + offset;
            let field = field.strip_suffix(b",").unwrap_or(field);
            body.splice(place..place, [b","].into_iter().flatten().chain(field).copied());
        }
    }
}

/// The body up to and with each blank line.
fn blocks(body: &[u8]) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    for line in wire::lines(body) {
        if line.is_blank() {
            blocks.push(body[start..line.end()].to_vec());
            start = line.end();
        }
    }
    if start < body.len() {
        blocks.push(body[start..].to_vec());
    }
    blocks
}

/// Inputs are decoded dozens of times each.
const BODY_BYTES_MAX: usize = 16 << 10;

/// Fields that decoders read, in usual and unusual forms.
const FIELDS: &[&[u8]] = &[
    b"\"index\":0,",
    b"\"index\":-1,",
    b"\"index\":18446744073709551616,",
    b"\"index\":\"0\",",
    b"\"id\":\"call_a1\",",
    b"\"name\":\"get_tide\",",
    b"\"arguments\":{\"a\":1},",
    b"\"arguments\":\"{}\",",
    b"\"content\":\"x\",",
    b"\"reasoning\":\"x\",",
    b"\"refusal\":\"x\",",
    b"\"finish_reason\":\"stop\",",
    b"\"finish_reason\":\"tool_calls\",",
    b"\"error\":{\"message\":\"no\"},",
    b"\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3},",
    b"\"choices\":[{\"index\":1,\"delta\":{\"content\":\"y\"}}],",
    b"\"message\":{\"content\":\"z\"},",
    b"\"logprobs\":{\"content\":[1]},",
    b"\"audio\":{\"id\":\"a\",\"data\":\"AAAA\"},",
    b"\"annotations\":[{\"type\":\"url_citation\"}],",
    b"\"arguments\":\"\\ude00x\\ud83d\",",
    b"\"name\":\"\xe2\x82\xac\",",
    b"\"function_call\":{},",
    b"\"tool_calls\":[],",
    b"\"reasoning_content\":\"\\u0078\",",
    b"\"content\":\"\\ude00\",",
    b"\"finish_reason\":\"st\\u006fp\",",
    b"\"tool_calls\":[{\"index\":0,\"function\":{}},{\"id\":\"i\",\"function\":{}}],",
    b"\"index\":0.5,",
    b"\"delta\":{},",
];

/// What scanners and readers look for, and what breaks them.
const TOKENS: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\r\r\n",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\xff",
    b"\xe2\x82",
    b"\x1f\x8b",
    b"data:",
    b"data: ",
    b"data: [DONE]\n\n",
    b"data: {}\n\n",
    b"data: null\n\n",
    b"event: ping\n\n",
    b"id: 7\n",
    b"retry: 99999999999999999999\n",
    b": comment\n\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud83d",
    b"\\ude00",
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}}]}\n\n",
    b"<html>",
    b"1e999",
    b"-0",
];
