//! OpenAI Responses. One struct for all events: an enum that is told apart by a field would be buffered by serde.

use std::borrow::Cow;
use std::hint::black_box;

use serde::Deserialize;

use super::{Text, parse};

pub(super) fn frame(data: &[u8], visit: &mut impl FnMut(usize, &str)) {
    let event: Event<'_> = parse(data);
    black_box((event.sequence_number, &event.item_id, event.content_index, &event.item, &event.response));
    if matches!(&*event.kind, "response.output_text.delta" | "response.function_call_arguments.delta")
        && let Some(delta) = &event.delta
    {
        visit(event.output_index, &delta.0);
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    sequence_number: u64,
    #[serde(borrow, default)]
    item_id: Option<Text<'a>>,
    #[serde(default)]
    output_index: usize,
    #[serde(default)]
    content_index: usize,
    #[serde(borrow, default)]
    delta: Option<Text<'a>>,
    #[serde(borrow, default)]
    item: Option<Item<'a>>,
    #[serde(borrow, default)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Item<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    call_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Response<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    created_at: u64,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
}
