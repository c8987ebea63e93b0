//! OpenAI Chat Completions.

use std::borrow::Cow;
use std::hint::black_box;

use serde::Deserialize;
use smallvec::SmallVec;

use super::{Text, parse};

/// Text that comes behind reasoning is another block.
#[derive(Default)]
pub(crate) struct Reader {
    has_reasoning: bool,
}

impl Reader {
    pub(super) fn frame(&mut self, data: &[u8], visit: &mut impl FnMut(usize, &str)) {
        if data == b"[DONE]" {
            return;
        }
        let chunk: Chunk<'_> = parse(data);
        black_box((&chunk.id, chunk.created, &chunk.model, &chunk.system_fingerprint, &chunk.usage));
        for choice in &chunk.choices {
            black_box((choice.index, &choice.finish_reason));
            if let Some(text) = &choice.delta.reasoning_content {
                self.has_reasoning = true;
                visit(0, &text.0);
            }
            if let Some(text) = &choice.delta.content {
                visit(usize::from(self.has_reasoning && !text.0.is_empty()), &text.0);
            }
            for call in choice.delta.tool_calls.iter().flatten() {
                black_box((&call.id, call.function.as_ref().and_then(|function| function.name.as_ref())));
                if let Some(input) = call.function.as_ref().and_then(|function| function.arguments.as_ref()) {
                    visit(call.index, &input.0);
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    created: u64,
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow, default)]
    system_fingerprint: Option<Text<'a>>,
    #[serde(borrow)]
    choices: SmallVec<[Choice<'a>; 1]>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: u32,
    #[serde(borrow)]
    delta: Delta<'a>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<SmallVec<[Call<'a>; 1]>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    index: usize,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    arguments: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}
