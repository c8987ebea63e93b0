use alloc::borrow::Cow;

use super::gemini::speak;
use crate::dialect::{Dialect, Oddities};
use crate::event::Reason;

/// Vertex AI's `streamGenerateContent`: `{region}-aiplatform.googleapis.com`,
/// <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>.
///
/// The protocol is the Gemini API's, with `createTime`, `trafficType` and arguments that are streamed. Its finish reasons
/// are another enum: the words are the same, the numbers that stand for them, where a server writes numbers, are not.
pub static VERTEX: Dialect = speak("vertex", Oddities::none().with_finish_reasons(NUMBERS));

/// `google.cloud.aiplatform.v1.Candidate.FinishReason`, where it differs.
const NUMBERS: &[(Cow<'static, str>, Reason)] = &[
    (Cow::Borrowed("9"), Reason::Error),          // MALFORMED_FUNCTION_CALL
    (Cow::Borrowed("10"), Reason::ContentFilter), // MODEL_ARMOR
    (Cow::Borrowed("12"), Reason::ContentFilter), // IMAGE_PROHIBITED_CONTENT
    (Cow::Borrowed("13"), Reason::ContentFilter), // IMAGE_RECITATION
    (Cow::Borrowed("15"), Reason::Error),         // UNEXPECTED_TOOL_CALL
];
