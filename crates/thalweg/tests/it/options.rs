//! What a caller can ask for beyond the default: fields without a place in the model, and estimated usage.

use thalweg::{CharactersPerToken, Close, Detail, Event, Fold, Normalizer, Response, Scope, UsageOrigin, dialects};
use thalweg_corpus::load_all;

const BODY: &str = concat!(
    r#"data: {"id":"a","provider":"Acme","obfuscation":"xx","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"stop_reason":null}]}"#,
    "\n\n",
    r#"data: {"id":"a","provider":"Acme","obfuscation":"y","choices":[{"index":0,"delta":{"role":"assistant","content":"lo"},"stop_reason":"STOP","finish_reason":"stop"}]}"#,
    "\n\n",
    r#"data: {"id":"a","provider":"Other","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.5}}"#,
    "\n\ndata: [DONE]\n\n",
);

fn extras(detail: Detail) -> Vec<(Scope, String, String)> {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_detail(detail);
    normalizer.feed(BODY.as_bytes());
    normalizer.finish(Close::Clean);
    let mut extras = Vec::new();
    while let Some(event) = normalizer.poll() {
        if let Event::Extra { scope, name, json, .. } = event {
            extras.push((scope, name.to_owned(), json.to_owned()));
        }
    }
    extras
}

#[test]
fn fields_without_a_place_come_when_they_change_and_where_they_are_wanted() {
    assert_eq!(extras(Detail::Normal), []);
    let expected = [
        (Scope::Response, "provider", "\"Acme\""),
        (Scope::Choice(0), "role", "\"assistant\""),
        (Scope::Choice(0), "stop_reason", "null"),
        (Scope::Choice(0), "stop_reason", "\"STOP\""),
        (Scope::Response, "provider", "\"Other\""),
        (Scope::Response, "usage", r#"{"prompt_tokens":1,"completion_tokens":2,"cost":0.5}"#),
    ];
    let expected: Vec<_> = expected.map(|(scope, name, json)| (scope, name.to_owned(), json.to_owned())).into();
    assert_eq!(extras(Detail::Full), expected);
}

#[test]
fn what_messages_have_beyond_the_model_is_an_extra_wherever_it_stands() {
    let body = concat!(
        r#"data: {"type":"message_start","message":{"id":"a"}}"#,
        "\n\n",
        r#"data: {"type":"content_block_start","index":0,"at_start":1,"content_block":{"type":"text","text":"","id":"b"}}"#,
        "\n\n",
        r#"data: {"type":"content_block_delta","index":0,"at_delta":2,"delta":{"type":"text_delta","text":"x","citation":3}}"#,
        "\n\n",
        r#"data: {"type":"content_block_stop","index":0,"at_stop":4}"#,
        "\n\n",
        r#"data: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":"y"}}"#,
        "\n\n",
    );
    let mut normalizer = Normalizer::new(&dialects::ANTHROPIC_MESSAGES).with_detail(Detail::Full);
    normalizer.feed(body.as_bytes());
    normalizer.finish(Close::Clean);
    let mut extras = Vec::new();
    while let Some(event) = normalizer.poll() {
        if let Event::Extra { scope, name, json, .. } = event {
            extras.push((matches!(scope, Scope::Block(_)), name.to_owned(), json.to_owned()));
        }
    }
    let expected = [
        (true, "id", "\"b\""),
        (true, "at_start", "1"),
        (true, "citation", "3"),
        (true, "at_delta", "2"),
        (true, "at_stop", "4"),
        (false, "stop_sequence", "\"y\""),
    ];
    assert_eq!(extras, expected.map(|(is_block, name, json)| (is_block, name.to_owned(), json.to_owned())));
}

fn usage(body: &[u8], input: Option<u64>) -> (Response, Vec<UsageOrigin>) {
    let counter = Box::new(CharactersPerToken::default());
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_usage_estimate(counter, input);
    let (mut response, mut origins) = (Response::default(), Vec::new());
    for chunk in body.chunks(7) {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            response.apply(&event);
            if let Event::Usage { origin, .. } = event {
                origins.push(origin);
            }
        }
    }
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
        if let Event::Usage { origin, .. } = event {
            origins.push(origin);
        }
    }
    (response, origins)
}

/// Each case that gave something out: the provider's counts stay, and where there are none there is one estimate, of
/// everything that was given out.
#[test]
fn usage_is_estimated_where_the_provider_sent_none() {
    let (mut sent, mut estimated) = (0, 0);
    for case in load_all().into_iter().filter(|case| case.dialect == "openai-chat") {
        let (response, origins) = usage(&case.body, Some(9));
        let choices = || response.choices.iter().flat_map(|choice| &choice.blocks);
        let counted = |block: &&thalweg::fold::Block| {
            use thalweg::BlockKind as K;
            matches!(block.kind, K::Text | K::Refusal | K::Reasoning { .. } | K::ToolCall { .. } | K::HostedCall { .. })
        };
        let characters: usize = choices().filter(counted).map(|block| block.text.chars().count()).sum();
        let last = response.usage.map(|usage| usage.origin);
        if last == Some(UsageOrigin::Estimated) {
            estimated += 1;
            assert_eq!(origins, [UsageOrigin::Estimated], "{}", case.name);
            let counts = response.usage.expect("it was matched").counts;
            assert_eq!(counts.input.map(u64::from), Some(9), "{}", case.name);
            assert_eq!(counts.output.map(u64::from), Some(characters.div_ceil(4) as u64), "{}", case.name);
        } else if last.is_some() {
            sent += 1;
            assert!(!origins.contains(&UsageOrigin::Estimated), "{}", case.name);
        } else {
            assert_eq!(choices().count(), 0, "{} gave something out", case.name);
        }
    }
    assert!(sent > 10 && estimated > 10, "{sent} {estimated}");
}
