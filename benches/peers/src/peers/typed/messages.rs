//! Anthropic Messages.

use std::borrow::Cow;
use std::hint::black_box;

use serde::Deserialize;

use super::{Text, parse};

pub(super) fn frame(data: &[u8], visit: &mut impl FnMut(usize, &str)) {
    let event: Event<'_> = parse(data);
    black_box((&event.kind, &event.message, &event.content_block, &event.usage));
    if let Some(delta) = &event.delta {
        black_box((&delta.kind, &delta.signature, &delta.stop_reason));
        for text in [&delta.text, &delta.thinking, &delta.partial_json].into_iter().flatten() {
            visit(event.index, &text.0);
        }
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    index: usize,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a>>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Message<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Usage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    cache_read_input_tokens: u64,
    output_tokens: u64,
}
