//! What `InvokeModelWithResponseStream` adds to the frames of any model: `POST /model/{modelId}/invoke-with-response-stream`.
//!
//! Follows <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html>. The
//! framing takes each frame of the model's own format out of a message `chunk`, and that format's decoder reads it. What
//! is Bedrock's own is the same for all of them: exceptions, and token counts in the last frame.
//!
//! ```text
//! chunk{the model's frame}* ── chunk{the model's last frame, "amazon-bedrock-invocationMetrics"}
//! anywhere, and last: an exception
//! ```

use alloc::boxed::Box;
use core::fmt;

use crate::dialect::{Claim, Decode, Frame};
use crate::emitter::Emitter;
use crate::errors::Exceptions;
use crate::event::{Count, Scope, Usage, UsageOrigin};
use crate::json::{self, Error, members};

/// A decoder of a model's own frames, as they come from Bedrock.
pub(crate) fn around(decoder: Box<dyn Decode + Send>) -> Box<dyn Decode + Send> {
    Exceptions::around(Box::new(Invoked { decoder }))
}

/// What a model's format claims of a frame, if the frame comes from Bedrock.
#[allow(dead_code, reason = "not every format inside is compiled in; which are is a matter of features")]
pub(crate) fn claims_of(claims: fn(&Frame<'_>) -> Claim, frame: &Frame<'_>) -> Claim {
    if frame.event == Some(CHUNK) { claims(&native(*frame)) } else { Claim::No }
}

/// The name of messages that wrap a frame.
const CHUNK: &str = "chunk";
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// The frame as the model wrote it: the name is Bedrock's.
fn native(frame: Frame<'_>) -> Frame<'_> {
    Frame { event: frame.event.filter(|name| *name != CHUNK), ..frame }
}

/// Bedrock's counts stand where the model's own frames have none.
struct Invoked {
    decoder: Box<dyn Decode + Send>,
}

impl Decode for Invoked {
    #[inline]
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        self.decoder.frame(native(frame), out);
        if frame.data.contains(METRICS) {
            // What is no JSON has been said to be none.
            let _ = say_metrics(frame.data, out);
        }
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.decoder.finish(out);
    }

    fn reconnect(&mut self) {
        self.decoder.reconnect();
    }

    fn retained(&self) -> usize {
        self.decoder.retained()
    }
}

impl fmt::Debug for Invoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invoked").finish_non_exhaustive()
    }
}

fn say_metrics(data: &str, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let [metrics] = members(data, [METRICS], depth)?;
    let Some(metrics) = metrics.map(|metrics| metrics.of(data)) else { return Ok(()) };
    out.extra(Scope::Response, METRICS.into(), metrics);
    if out.has_usage() {
        return Ok(());
    }
    let names = ["inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"];
    let counts = members(metrics, names, depth)?.map(|count| json::count(count?.of(metrics)));
    if counts.iter().any(Option::is_some) {
        out.usage(canonical(counts), UsageOrigin::Provider);
    }
    Ok(())
}

/// The canonical counts: Bedrock's input leaves out what was cached.
fn canonical([input, output, cache_read, cache_write]: [Option<u64>; 4]) -> Usage {
    let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
    Usage {
        input: input.map(|input| input.saturating_add(cached)).map(Count::from),
        output: output.map(Count::from),
        cache_read: cache_read.map(Count::from),
        cache_write: cache_write.map(Count::from),
        ..Usage::default()
    }
}
