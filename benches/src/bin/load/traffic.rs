//! What is served and asked for: the same in every process.

use core::time::Duration;

use serde_json::{Value, json};
use thalweg::Response;
use thalweg_bench::streams::{KINDS, Stream};

/// How much is sent, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many streams are open at once.
    pub(crate) streams: usize,
    /// Frames a second in a stream; none where the server sends as fast as it can.
    pub(crate) pace: Option<u32>,
}

impl Load {
    /// From the arguments of a process.
    pub(crate) fn parse(streams: &str, pace: &str) -> Result<Self, String> {
        let streams = streams.parse().ok().filter(|&streams| streams > 0).ok_or("a number of streams is at least 1")?;
        let pace = match pace {
            "none" => None,
            pace => Some(pace.parse().ok().filter(|&pace| pace > 0).ok_or("a pace is none or frames a second")?),
        };
        Ok(Self { streams, pace })
    }

    pub(crate) fn pace_word(self) -> String {
        self.pace.map_or_else(|| "none".to_owned(), |pace| pace.to_string())
    }
}

/// Every tenth consumer pauses after each event. Its server does not wait for it: it sends as fast as it can.
pub(crate) const fn is_slow(stream: usize) -> bool {
    stream % SLOW_EACH == SLOW_EACH - 1
}

/// Which of the bodies a stream has. Both slow and fast ones have all of them.
pub(crate) const fn body_of(stream: usize) -> usize {
    (stream + stream / SLOW_EACH) % BODIES
}

/// The bodies: every shape of stream, from several seeds.
pub(crate) fn bodies() -> Vec<Stream> {
    (0..BODIES).map(|body| (KINDS[body % KINDS.len()].make)(DELTAS, (body / KINDS.len()) as u64 + 1)).collect()
}

/// Where a stream is had: behind it comes whatever path a provider has.
pub(crate) fn path(stream: usize) -> String {
    format!("{}/{}", if is_slow(stream) { SLOW } else { FAST }, body_of(stream))
}

/// A body, and whether its consumer is slow, from a path.
pub(crate) fn asked(path: &str) -> Option<(usize, bool)> {
    let mut parts = path.trim_start_matches('/').split('/');
    let is_slow = match parts.next()? {
        SLOW => true,
        FAST => false,
        _ => return None,
    };
    Some((parts.next()?.parse().ok().filter(|&body: &usize| body < BODIES)?, is_slow))
}

/// A request in the form of a protocol.
pub(crate) fn request(protocol: &str) -> Value {
    let asks = "What did the river carry today?";
    let messages = json!([{"role": "user", "content": asks}]);
    match protocol {
        "anthropic-messages" => json!({"model": "m", "max_tokens": 4096, "messages": messages}),
        "openai-responses" => json!({"model": "m", "input": asks}),
        "gemini" => json!({"contents": [{"role": "user", "parts": [{"text": asks}]}]}),
        _ => json!({"model": "m", "messages": messages}),
    }
}

/// Whether a response is exactly what the stream says, and nothing about it is strange.
pub(crate) fn check(response: &Response, stream: &Stream) -> Result<(), String> {
    let [choice] = &response.choices[..] else { return Err(format!("{} choices", response.choices.len())) };
    let is_right = response.outcome == Some(thalweg::Outcome::Complete)
        && response.anomalies.is_empty()
        && response.errors.is_empty()
        && choice.blocks.iter().map(|block| block.text.as_str()).eq(stream.visible.iter().map(String::as_str));
    if is_right { Ok(()) } else { Err(format!("{} {}: the fold is not right", stream.protocol(), stream.name)) }
}

/// Deltas of a body: all streams last as long.
const DELTAS: usize = 200;

/// How long a slow consumer pauses after an event: it reads fewer than 50 a second.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

const SLOW_EACH: usize = 10;
const BODIES: usize = 40;
const SLOW: &str = "slow";
const FAST: &str = "fast";
