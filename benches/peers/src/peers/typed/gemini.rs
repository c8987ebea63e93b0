//! Gemini `streamGenerateContent`.

use std::borrow::Cow;
use std::hint::black_box;

use serde::Deserialize;
use smallvec::SmallVec;

use super::{Text, parse};

/// Text that comes behind thoughts is another block.
#[derive(Default)]
pub(crate) struct Reader {
    has_thoughts: bool,
}

impl Reader {
    pub(super) fn frame(&mut self, data: &[u8], visit: &mut impl FnMut(usize, &str)) {
        let chunk: Chunk<'_> = parse(data);
        black_box((&chunk.usage_metadata, &chunk.model_version, &chunk.response_id));
        for candidate in &chunk.candidates {
            black_box((candidate.index, &candidate.finish_reason));
            for part in candidate.content.iter().flat_map(|content| &content.parts) {
                self.has_thoughts |= part.thought;
                if let Some(text) = &part.text {
                    visit(usize::from(self.has_thoughts && !part.thought), &text.0);
                }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    candidates: SmallVec<[Candidate<'a>; 1]>,
    #[serde(default)]
    usage_metadata: Option<Usage>,
    #[serde(borrow)]
    model_version: Cow<'a, str>,
    #[serde(borrow)]
    response_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(default)]
    index: usize,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: SmallVec<[Part<'a>; 1]>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Usage {
    prompt_token_count: u64,
    #[serde(default)]
    candidates_token_count: u64,
    #[serde(default)]
    thoughts_token_count: u64,
    total_token_count: u64,
}
