//! What AWS says around any model's frames: exceptions as messages of their own, errors as bodies.

use alloc::boxed::Box;
use core::fmt;

use super::{Causes, Hint, is_nothing};
use crate::dialect::{Decode, Frame};
use crate::emitter::Emitter;
use crate::json::{Kind, Reader};

/// A decoder whose frames come from AWS: reports what is AWS's own error, and passes everything else on.
///
/// The framing says which messages are exceptions, and their names. An error before the stream is a JSON body with a
/// message and little else; its name is in a header of the response, which the core never sees.
pub(crate) struct Exceptions {
    decoder: Box<dyn Decode + Send>,
    causes: Causes,
}

impl Exceptions {
    pub(crate) fn around(decoder: Box<dyn Decode + Send>) -> Box<dyn Decode + Send> {
        Box::new(Self { decoder, causes: Causes::default() })
    }

    /// Whether a frame is a whole body that is an error of AWS's: a message, perhaps its type, and nothing of an answer.
    pub(crate) fn is_body(frame: &Frame<'_>) -> bool {
        frame.is_body && is_error(frame.data).unwrap_or(false)
    }

    fn report(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let hint = frame.event.map_or(Hint::None, Hint::Name);
        let json = &mut Reader::new(data, depth);
        let is_json = json.skip().and_then(|_| json.end()).is_ok();
        if is_json && !is_nothing(data) {
            self.causes.report(data, hint, out);
        } else {
            // Messages of the type `error` have plain text, or nothing but a code.
            let text = Some(data).filter(|data| !is_json && !data.is_empty()).or(frame.event);
            self.causes.report_text(text.unwrap_or_default(), hint, out);
        }
    }
}

impl Decode for Exceptions {
    #[inline]
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        if frame.is_exception || Self::is_body(&frame) {
            self.report(frame, out);
        } else {
            self.decoder.frame(frame, out);
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

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exceptions").field("causes", &self.causes).finish_non_exhaustive()
    }
}

fn is_error(data: &str) -> Result<bool, crate::json::Error> {
    let json = &mut Reader::new(data, u16::MAX);
    let mut is_said = false;
    json.object()?;
    while let Some(key) = json.key()? {
        let is_text = json.peek()? == Kind::String;
        match key.name(data, &mut [0; 32]) {
            "message" | "Message" | "__type" if is_text => is_said = true,
            "message" | "Message" | "__type" => {}
            "originalStatusCode" | "originalMessage" | "resourceName" | "requestId" | "RequestId" => {}
            _ => return Ok(false),
        }
        json.skip()?;
    }
    json.end()?;
    Ok(is_said)
}
