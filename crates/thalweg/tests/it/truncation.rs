//! A rich answer of each protocol, cut at every byte: what came is there, and nothing that was cut passes for whole.

use std::collections::{BTreeSet, HashSet};

use thalweg::fold::Block;
use thalweg::{BlockClose, BlockId, Close, Event, Fold, InputState, Normalizer, Outcome, Response, registry};

/// A whole answer as its frames: reasoning, text with something that belongs to it, a call.
struct Wire {
    dialect: &'static str,
    frames: Vec<String>,
    /// The frame that says how the answer ended, which is enough where the bytes end cleanly.
    told: usize,
    /// The frame that ends the response, however the bytes end.
    over: usize,
    /// Its calls come in pieces. Else each is whole in its frame, and no cut shows a part of one.
    has_pieces: bool,
}

/// What a cut answer gave.
struct Seen {
    response: Response,
    /// Blocks that the wire itself ended.
    ended: BTreeSet<BlockId>,
    finishes: usize,
}

/// How often calls were found in which state: what a table without cut calls shows is nothing.
#[derive(Default)]
struct Calls {
    empty: usize,
    cut: usize,
    open_and_whole: usize,
}

/// Add a protocol here.
fn wires() -> Vec<Wire> {
    vec![chat(), responses(), ollama(), cohere(), cohere_v1(), mistral(), mistral_conversations()]
}

#[test]
fn the_verdict_is_truncated_until_the_answer_says_that_it_is_over() {
    for wire in wires() {
        let whole = wire.whole();
        for close in [Close::Clean, Close::Broken, Close::TimedOut] {
            let evident = wire.evident_from(close);
            for cut in 0..=whole.len() {
                let seen = wire.decode(&whole[..cut], close);
                let at = wire.at(cut);
                if cut >= evident {
                    assert_eq!(seen.response.outcome, Some(Outcome::Complete), "{close} {at}");
                    assert_eq!(seen.finishes, 1, "{close} {at}");
                } else if cut > 0 {
                    assert_eq!(seen.response.outcome, Some(Outcome::Truncated), "{close} {at}");
                    assert!(seen.response.errors.is_empty(), "{close} {at}: {:?}", seen.response.errors);
                }
                if cut < wire.evident_from(Close::Clean) {
                    assert_eq!(seen.finishes, 0, "no reason is made up: {close} {at}");
                }
            }
        }
    }
}

#[test]
fn what_came_is_the_beginning_of_the_whole() {
    for wire in wires() {
        let bytes = wire.whole();
        let whole = wire.decode(&bytes, Close::Clean).response;
        let kinds: HashSet<_> = blocks(&whole).iter().map(|block| core::mem::discriminant(&block.kind)).collect();
        assert!(kinds.len() >= 3, "{}: reasoning, text and a call are in it", wire.dialect);
        for cut in 1..bytes.len() {
            let seen = wire.decode(&bytes[..cut], Close::Broken);
            let (given, at) = (blocks(&seen.response), wire.at(cut));
            assert!(given.len() <= blocks(&whole).len(), "{at}");
            for (block, whole) in given.iter().zip(blocks(&whole)) {
                assert_eq!((&block.kind, block.id), (&whole.kind, whole.id), "{at}");
                assert!(whole.text.starts_with(&block.text), "{at}: {:?} begins no {:?}", block.text, whole.text);
                assert!(whole.parts.starts_with(&block.parts), "{at}: {:?}", block.parts);
                if seen.ended.contains(&block.id) {
                    assert_eq!((&block.text, block.end), (&whole.text, whole.end), "{at}: it had ended");
                }
            }
        }
    }
}

#[test]
fn a_call_that_was_cut_is_never_whole() {
    for wire in wires() {
        let bytes = wire.whole();
        let whole = wire.decode(&bytes, Close::Clean).response;
        let mut found = Calls::default();
        for cut in 1..wire.evident_from(Close::Clean) {
            for close in [Close::Clean, Close::Broken] {
                found.check(&wire.decode(&bytes[..cut], close), &whole, &wire.at(cut));
            }
        }
        let counts = [found.empty, found.cut, found.open_and_whole];
        assert!(counts.iter().all(|count| (*count > 0) == wire.has_pieces), "{}: {counts:?}", wire.dialect);
    }
}

impl Calls {
    fn check(&mut self, seen: &Seen, whole: &Response, at: &str) {
        for (block, whole) in blocks(&seen.response).iter().zip(blocks(whole)) {
            if block.name().is_none() {
                continue;
            }
            let end = block.end.expect("every block ends");
            if seen.ended.contains(&block.id) {
                let told = (end.how, end.input, &block.text);
                assert_eq!(told, (BlockClose::Complete, Some(InputState::Valid), &whole.text), "{at}");
                continue;
            }
            assert_eq!(end.how, BlockClose::Truncated, "{at}");
            match end.input {
                Some(InputState::Empty) => {
                    assert_eq!(block.text, "", "{at}");
                    self.empty += 1;
                }
                Some(InputState::Cut) => {
                    assert_ne!(block.text, whole.text, "{at}");
                    self.cut += 1;
                }
                Some(InputState::Valid) => {
                    assert_eq!(block.text, whole.text, "{at}: nothing but all of it is an object");
                    self.open_and_whole += 1;
                }
                other => panic!("{at}: {other:?}"),
            }
            let call = seen.response.last_call().expect("it is over");
            assert_eq!(call.is_whole(), end.input == Some(InputState::Valid), "{at}");
        }
    }
}

fn blocks(response: &Response) -> Vec<&Block> {
    response.choices.iter().flat_map(|choice| &choice.blocks).collect()
}

impl Wire {
    fn whole(&self) -> Vec<u8> {
        self.frames.concat().into_bytes()
    }

    /// From which cut on the verdict is no longer that the answer was cut.
    fn evident_from(&self, close: Close) -> usize {
        let frame = if close == Close::Clean { self.told } else { self.over };
        let end: usize = self.frames[..frame].iter().map(String::len).sum();
        // A last frame needs no line ends behind its data.
        end + self.frames[frame].trim_end().len()
    }

    /// What stands where a cut is.
    fn at(&self, cut: usize) -> String {
        let mut start = 0;
        for (n, frame) in self.frames.iter().enumerate() {
            if cut < start + frame.len() {
                return format!("{}: cut {} bytes into frame {n}, {frame}", self.dialect, cut - start);
            }
            start += frame.len();
        }
        format!("{}: not cut", self.dialect)
    }

    fn decode(&self, bytes: &[u8], close: Close) -> Seen {
        let dialect = registry::find(self.dialect).expect("the registry has it");
        let mut normalizer = Normalizer::new(dialect);
        let mut seen = Seen { response: Response::default(), ended: BTreeSet::new(), finishes: 0 };
        normalizer.feed(bytes);
        while let Some(event) = normalizer.poll() {
            if let Event::BlockEnd { block, .. } = event {
                seen.ended.insert(block);
            }
            seen.take(&event);
        }
        normalizer.finish(close);
        while let Some(event) = normalizer.poll() {
            // The last frame may lack its line ends: its end of a block is the wire's too.
            if let Event::BlockEnd { block, how: BlockClose::Complete | BlockClose::Implied, .. } = event {
                seen.ended.insert(block);
            }
            seen.take(&event);
        }
        seen
    }
}

impl Seen {
    fn take(&mut self, event: &Event<'_>) {
        self.finishes += usize::from(matches!(event, Event::Finish { .. }));
        self.response.apply(event);
    }
}

fn chat() -> Wire {
    let frame = |choice: &str| {
        format!("data: {{\"id\":\"chatcmpl-w1\",\"model\":\"example-1\",\"choices\":[{{\"index\":0,{choice}}}]}}\n\n")
    };
    let delta = |fields: &str| frame(&format!("\"delta\":{{{fields}}},\"finish_reason\":null"));
    let call = |fields: &str| delta(&format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let frames = vec![
        delta(r#""role":"assistant","content":"""#),
        delta(r#""reasoning":"Find ""#),
        delta(r#""reasoning":"the port""#),
        delta(r#""content":"I ask ""#),
        delta(r#""content":"the harbour.""#),
        call(r#""id":"call_a1","type":"function","function":{"name":"get_tide","arguments":""}"#),
        call(r#""function":{"arguments":"{\"port\":"}"#),
        call(r#""function":{"arguments":"\"Brest 🌊\"}"}"#),
        frame(r#""delta":{},"finish_reason":"tool_calls""#),
        "data: [DONE]\n\n".into(),
    ];
    Wire { dialect: "openai-chat", told: frames.len() - 2, over: frames.len() - 1, frames, has_pieces: true }
}

fn responses() -> Wire {
    let mut frames = Vec::new();
    let mut frame = |kind: &str, fields: &str| {
        let n = frames.len();
        frames.push(format!(
            "event: response.{kind}\ndata: {{\"type\":\"response.{kind}\",\"sequence_number\":{n},{fields}}}\n\n"
        ));
    };
    let response = |status: &str, output: &str| {
        format!(r#""response":{{"id":"resp_w1","object":"response","status":"{status}","output":[{output}]}}"#)
    };
    let reasoning =
        r#"{"id":"rs_w1","type":"reasoning","summary":[{"type":"summary_text","text":"**Find the port**"}]}"#;
    let cited = r#"{"type":"url_citation","start_index":0,"end_index":5,"title":"T","url":"https://example.com/t"}"#;
    let part = format!(r#"{{"type":"output_text","text":"I ask the harbour.","annotations":[{cited}]}}"#);
    let message = format!(r#"{{"id":"msg_w1","type":"message","status":"completed","content":[{part}]}}"#);
    let call = |status: &str, arguments: &str| {
        format!(
            r#"{{"id":"fc_w1","type":"function_call","status":"{status}","call_id":"call_a1","name":"get_tide","arguments":"{arguments}"}}"#
        )
    };
    let arguments = r#"{\"port\":\"Brest 🌊\"}"#;
    let (summary, text) = (
        r#""item_id":"rs_w1","output_index":0,"summary_index":0"#,
        r#""item_id":"msg_w1","output_index":1,"content_index":0"#,
    );
    let input = r#""item_id":"fc_w1","output_index":2"#;

    frame("created", &response("in_progress", ""));
    frame("in_progress", &response("in_progress", ""));
    frame("output_item.added", r#""output_index":0,"item":{"id":"rs_w1","type":"reasoning","summary":[]}"#);
    frame("reasoning_summary_part.added", &format!(r#"{summary},"part":{{"type":"summary_text","text":""}}"#));
    frame("reasoning_summary_text.delta", &format!(r#"{summary},"delta":"**Find ""#));
    frame("reasoning_summary_text.delta", &format!(r#"{summary},"delta":"the port**""#));
    frame("reasoning_summary_text.done", &format!(r#"{summary},"text":"**Find the port**""#));
    let whole = r#""part":{"type":"summary_text","text":"**Find the port**"}"#;
    frame("reasoning_summary_part.done", &format!("{summary},{whole}"));
    frame("output_item.done", &format!(r#""output_index":0,"item":{reasoning}"#));
    frame("output_item.added", r#""output_index":1,"item":{"id":"msg_w1","type":"message","content":[]}"#);
    frame("content_part.added", &format!(r#"{text},"part":{{"type":"output_text","text":"","annotations":[]}}"#));
    frame("output_text.delta", &format!(r#"{text},"delta":"I ask ""#));
    frame("output_text.delta", &format!(r#"{text},"delta":"the harbour.""#));
    frame("output_text.annotation.added", &format!(r#"{text},"annotation_index":0,"annotation":{cited}"#));
    frame("output_text.done", &format!(r#"{text},"text":"I ask the harbour.""#));
    frame("content_part.done", &format!(r#"{text},"part":{part}"#));
    frame("output_item.done", &format!(r#""output_index":1,"item":{message}"#));
    frame("output_item.added", &format!(r#""output_index":2,"item":{}"#, call("in_progress", "")));
    frame("function_call_arguments.delta", &format!(r#"{input},"delta":"{{\"port\":""#));
    frame("function_call_arguments.delta", &format!(r#"{input},"delta":"\"Brest 🌊\"}}""#));
    frame("function_call_arguments.done", &format!(r#"{input},"arguments":"{arguments}""#));
    frame("output_item.done", &format!(r#""output_index":2,"item":{}"#, call("completed", arguments)));
    let output = [reasoning, &message, &call("completed", arguments)].join(",");
    frame("completed", &response("completed", &output));
    let over = frames.len() - 1;
    Wire { dialect: "openai-responses", frames, told: over, over, has_pieces: true }
}

fn ollama() -> Wire {
    let object = |fields: &str| {
        format!(
            "{{\"model\":\"example-1\",\"created_at\":\"2026-10-01T10:00:00Z\",\"message\":{{\"role\":\"assistant\",{fields}}}\n"
        )
    };
    let part = |fields: &str| object(&format!("{fields}}},\"done\":false"));
    let frames = vec![
        part(r#""content":"","thinking":"Find ""#),
        part(r#""content":"","thinking":"the port""#),
        part(r#""content":"I ask ""#),
        part(r#""content":"the harbour.""#),
        part(
            r#""content":"","tool_calls":[{"id":"call_a1","function":{"index":0,"name":"get_tide","arguments":{"port":"Brest 🌊"}}}]"#,
        ),
        object(r#""content":""},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":9"#),
    ];
    let over = frames.len() - 1;
    Wire { dialect: "ollama", frames, told: over, over, has_pieces: false }
}

fn cohere() -> Wire {
    let event = |kind: &str, fields: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{fields}}}\n\n");
    let content = |kind: &str, fields: &str| {
        event(kind, &format!(r#""index":0,"delta":{{"message":{{"content":{{{fields}}}}}}}"#))
    };
    let call = |kind: &str, fields: &str| {
        event(kind, &format!(r#""index":0,"delta":{{"message":{{"tool_calls":{{{fields}}}}}}}"#))
    };
    let plan = |text: &str| event("tool-plan-delta", &format!(r#""delta":{{"message":{{"tool_plan":"{text}"}}}}"#));
    let cited =
        r#"{"start":2,"end":5,"text":"ask","sources":[{"type":"document","id":"doc:0"}],"type":"TEXT_CONTENT"}"#;
    let frames = vec![
        event("message-start", r#""id":"c-w1","delta":{"message":{"role":"assistant","content":[]}}"#),
        plan("Find "),
        plan("the port"),
        content("content-start", r#""type":"text","text":"""#),
        content("content-delta", r#""text":"I ask ""#),
        event("citation-start", &format!(r#""index":0,"delta":{{"message":{{"citations":{cited}}}}}"#)),
        event("citation-end", r#""index":0"#),
        content("content-delta", r#""text":"the harbour.""#),
        event("content-end", r#""index":0"#),
        call("tool-call-start", r#""id":"call_a1","type":"function","function":{"name":"get_tide","arguments":""}"#),
        call("tool-call-delta", r#""function":{"arguments":"{\"port\":"}"#),
        call("tool-call-delta", r#""function":{"arguments":"\"Brest 🌊\"}"}"#),
        event("tool-call-end", r#""index":0"#),
        event("message-end", r#""delta":{"finish_reason":"TOOL_CALL","usage":{"tokens":{"input_tokens":26}}}"#),
        "data: [DONE]\n\n".into(),
    ];
    let over = frames.len() - 2;
    Wire { dialect: "cohere", frames, told: over, over, has_pieces: true }
}

fn cohere_v1() -> Wire {
    let event = |kind: &str, fields: &str| format!("{{\"is_finished\":false,\"event_type\":\"{kind}\",{fields}}}\n");
    let call = |fields: &str| event("tool-calls-chunk", &format!("\"tool_call_delta\":{{{fields}}}"));
    let whole = r#"[{"name":"get_tide","parameters":{"port":"Brest 🌊"}}]"#;
    let frames = vec![
        event("stream-start", r#""generation_id":"g-w1""#),
        event("text-generation", r#""text":"I ask ""#),
        event("text-generation", r#""text":"the harbour.""#),
        event("citation-generation", r#""citations":[{"start":2,"end":5,"text":"ask","document_ids":["doc_0"]}]"#),
        call(r#""text":"Find ""#),
        call(r#""text":"the port""#),
        call(r#""index":0,"name":"get_tide""#),
        call(r#""index":0,"parameters":"{\"port\":""#),
        call(r#""index":0,"parameters":"\"Brest 🌊\"}""#),
        event("tool-calls-generation", &format!("\"tool_calls\":{whole}")),
        "{\"is_finished\":true,\"event_type\":\"stream-end\",\"finish_reason\":\"COMPLETE\"}\n".into(),
    ];
    let over = frames.len() - 1;
    Wire { dialect: "cohere-v1", frames, told: over, over, has_pieces: true }
}

fn mistral() -> Wire {
    let frame = |choice: &str| {
        format!(
            "data: {{\"id\":\"w1\",\"model\":\"example-1\",\"choices\":[{{\"index\":0,{choice}}}],\"p\":\"abc\"}}\n\n"
        )
    };
    let delta = |fields: &str| frame(&format!("\"delta\":{{{fields}}},\"finish_reason\":null"));
    let thinking = |text: &str| {
        delta(&format!(r#""content":[{{"type":"thinking","thinking":[{{"type":"text","text":"{text}"}}]}}]"#))
    };
    let call = |fields: &str| delta(&format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let frames = vec![
        delta(r#""role":"assistant","content":"""#),
        thinking("Find "),
        thinking("the port"),
        delta(r#""content":"I ask ""#),
        delta(r#""content":[{"type":"reference","reference_ids":[0]}]"#),
        delta(r#""content":[{"type":"text","text":"the harbour."}]"#),
        call(r#""id":"gT1dEbRe5","function":{"name":"get_tide","arguments":""}"#),
        call(r#""id":"null","function":{"name":"","arguments":"{\"port\":"}"#),
        call(r#""id":"null","function":{"name":"","arguments":"\"Brest 🌊\"}"}"#),
        frame(r#""delta":{"content":""},"finish_reason":"tool_calls""#),
        "data: [DONE]\n\n".into(),
    ];
    Wire { dialect: "mistral", told: frames.len() - 2, over: frames.len() - 1, frames, has_pieces: true }
}

fn mistral_conversations() -> Wire {
    let event = |kind: &str, fields: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{fields}}}\n\n");
    let output = |content: &str| {
        event(
            "message.output.delta",
            &format!(r#""id":"msg_w1","output_index":0,"content_index":0,"content":{content}"#),
        )
    };
    let thinking =
        |text: &str| output(&format!(r#"{{"type":"thinking","thinking":[{{"type":"text","text":"{text}"}}]}}"#));
    let text = |text: &str| {
        event(
            "message.output.delta",
            &format!(r#""id":"msg_w1","output_index":0,"content_index":1,"content":"{text}""#),
        )
    };
    let call = |arguments: &str| {
        event(
            "function.call.delta",
            &format!(
                r#""id":"fc_w1","output_index":1,"name":"get_tide","tool_call_id":"gT1dEbRe5","arguments":"{arguments}""#
            ),
        )
    };
    let frames = vec![
        event("conversation.response.started", r#""conversation_id":"conv_w1""#),
        thinking("Find "),
        thinking("the port"),
        text("I ask "),
        text("the harbour."),
        call(""),
        call(r#"{\"port\":"#),
        call(r#"\"Brest 🌊\"}"#),
        event("conversation.response.done", r#""usage":{"prompt_tokens":20,"completion_tokens":6,"total_tokens":26}"#),
    ];
    let over = frames.len() - 1;
    Wire { dialect: "mistral-conversations", frames, told: over, over, has_pieces: true }
}
