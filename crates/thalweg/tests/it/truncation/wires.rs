//! One rich answer of each protocol.

use thalweg_corpus::eventstream::Message;

use super::{Pieces, Wire};

/// Add a protocol here.
pub(super) fn wires() -> Vec<Wire> {
    vec![
        chat(),
        responses(),
        bedrock(),
        ollama(),
        cohere(),
        cohere_v1(),
        mistral(),
        mistral_conversations(),
        interactions(),
        gemini(),
        gemini_array(),
        vertex(),
    ]
}

fn bytes(frames: Vec<String>) -> Vec<Vec<u8>> {
    frames.into_iter().map(String::into_bytes).collect()
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
    let over = frames.len() - 1;
    Wire { dialect: "openai-chat", frames: bytes(frames), told: over - 1, over: Some(over), pieces: Pieces::OfText }
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
    Wire { dialect: "openai-responses", frames: bytes(frames), told: over, over: Some(over), pieces: Pieces::OfText }
}

/// The counts behind the reason end nothing: neither they nor it show that all bytes are there.
fn bedrock() -> Wire {
    let event = |name: &str, fields: &str| Message::event(name, &format!("{{{fields}}}")).encode();
    let block = |name: &str, index: u32, fields: &str| {
        let place = format!("\"contentBlockIndex\":{index}");
        event(name, &if fields.is_empty() { place } else { format!("{place},{fields}") })
    };
    let delta = |index, fields: &str| block("contentBlockDelta", index, &format!("\"delta\":{{{fields}}}"));
    let stop = |index| block("contentBlockStop", index, "");
    let cited = r#"{"title":"T","sourceContent":[{"text":"ask"}],"location":{"web":{"url":"https://example.com/t"}}}"#;
    let frames = vec![
        event("messageStart", r#""role":"assistant""#),
        delta(0, r#""reasoningContent":{"text":"Find "}"#),
        delta(0, r#""reasoningContent":{"text":"the port"}"#),
        delta(0, r#""reasoningContent":{"signature":"c2lnbmVk"}"#),
        stop(0),
        delta(1, r#""text":"I ask ""#),
        delta(1, &format!("\"citation\":{cited}")),
        delta(1, r#""text":"the harbour.""#),
        stop(1),
        block("contentBlockStart", 2, r#""start":{"toolUse":{"toolUseId":"tooluse_w1","name":"get_tide"}}"#),
        delta(2, r#""toolUse":{"input":"{\"port\":"}"#),
        delta(2, r#""toolUse":{"input":"\"Brest 🌊\"}"}"#),
        stop(2),
        event("messageStop", r#""stopReason":"tool_use""#),
        event("metadata", r#""usage":{"inputTokens":26,"outputTokens":9,"totalTokens":35}"#),
    ];
    let told = frames.len() - 2;
    Wire { dialect: "bedrock-converse", frames, told, over: None, pieces: Pieces::OfText }
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
    Wire { dialect: "ollama", frames: bytes(frames), told: over, over: Some(over), pieces: Pieces::None }
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
    Wire { dialect: "cohere", frames: bytes(frames), told: over, over: Some(over), pieces: Pieces::OfText }
}

fn interactions() -> Wire {
    let event = |name: &str, fields: &str| format!("event: {name}\ndata: {{{fields},\"event_type\":\"{name}\"}}\n\n");
    let start = |index: usize, step: &str| event("step.start", &format!(r#""index":{index},"step":{{{step}}}"#));
    let delta = |index: usize, delta: &str| event("step.delta", &format!(r#""index":{index},"delta":{{{delta}}}"#));
    let stop = |index: usize| event("step.stop", &format!(r#""index":{index}"#));
    let summary = |text: &str| format!(r#""content":{{"text":"{text}","type":"text"}},"type":"thought_summary""#);
    let cited =
        r#""annotations":[{"type":"url_citation","url":"https://tides.example/"}],"type":"text_annotation_delta""#;
    let frames = vec![
        event("interaction.created", r#""interaction":{"id":"v1_w1","status":"in_progress","model":"gemini-example"}"#),
        start(0, r#""type":"thought""#),
        delta(0, &summary("Find ")),
        delta(0, &summary("the port")),
        delta(0, r#""signature":"c2lnbg==","type":"thought_signature""#),
        stop(0),
        start(1, r#""type":"model_output""#),
        delta(1, r#""text":"I ask ","type":"text""#),
        delta(1, cited),
        delta(1, r#""text":"the harbour.","type":"text""#),
        stop(1),
        start(2, r#""id":"call_a1","type":"function_call","name":"get_tide","arguments":{}"#),
        delta(2, r#""arguments":"{\"port\":","type":"arguments_delta""#),
        delta(2, r#""arguments":"\"Brest 🌊\"}","type":"arguments_delta""#),
        stop(2),
        event("interaction.completed", r#""interaction":{"id":"v1_w1","status":"requires_action"}"#),
        "event: done\ndata: [DONE]\n\n".into(),
    ];
    let over = frames.len() - 2;
    Wire { dialect: "gemini-interactions", frames: bytes(frames), told: over, over: Some(over), pieces: Pieces::OfText }
}

/// The frames of a whole answer whose calls are `calls`.
fn gemini_frames(calls: &[&str]) -> Vec<String> {
    let frame = |part: &str, fields: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{{part}}}],"role":"model"}}{fields},"index":0}}],"modelVersion":"example-1","responseId":"r-w1"}}"#
        )
    };
    let spoken = [
        r#""text":"Find ","thought":true"#,
        r#""text":"the port","thought":true"#,
        r#""text":"I ask ""#,
        r#""text":"the harbour.","thoughtSignature":"c2VhbA==""#,
    ];
    let parts = spoken.iter().chain(calls).map(|part| frame(part, ""));
    parts.chain([frame(r#""text":"""#, r#","finishReason":"STOP""#)]).collect()
}

const GEMINI_CALL: &str = r#""functionCall":{"name":"get_tide","args":{"port":"Brest 🌊"},"id":"fc_a1"}"#;

/// Nothing but the end of the bytes ends it.
fn gemini() -> Wire {
    let frames = gemini_frames(&[GEMINI_CALL]).iter().map(|frame| format!("data: {frame}\r\n\r\n")).collect::<Vec<_>>();
    Wire { dialect: "gemini", told: frames.len() - 1, over: None, frames: bytes(frames), pieces: Pieces::None }
}

fn gemini_array() -> Wire {
    let mut frames = gemini_frames(&[GEMINI_CALL]);
    for (n, frame) in frames.iter_mut().enumerate() {
        frame.insert_str(0, if n == 0 { "[" } else { ",\r\n" });
    }
    frames.push("\r\n]\r\n".into());
    Wire {
        dialect: "gemini",
        told: frames.len() - 2,
        over: Some(frames.len() - 1),
        frames: bytes(frames),
        pieces: Pieces::None,
    }
}

fn vertex() -> Wire {
    let calls = [
        r#""functionCall":{"name":"get_tide","id":"fc_a1","willContinue":true}"#,
        r#""functionCall":{"partialArgs":[{"jsonPath":"$.port","stringValue":"Bre","willContinue":true}],"willContinue":true}"#,
        r#""functionCall":{"partialArgs":[{"jsonPath":"$.port","stringValue":"st 🌊"}],"willContinue":true}"#,
        r#""functionCall":{"partialArgs":[{"jsonPath":"$.days[0]","numberValue":2}],"willContinue":true}"#,
        r#""functionCall":{}"#,
    ];
    let frames = gemini_frames(&calls).iter().map(|frame| format!("data: {frame}\n\n")).collect::<Vec<_>>();
    Wire { dialect: "vertex", told: frames.len() - 1, over: None, frames: bytes(frames), pieces: Pieces::OfValues }
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
    Wire { dialect: "cohere-v1", frames: bytes(frames), told: over, over: Some(over), pieces: Pieces::OfText }
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
    Wire {
        dialect: "mistral",
        told: frames.len() - 2,
        over: Some(frames.len() - 1),
        frames: bytes(frames),
        pieces: Pieces::OfText,
    }
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
    Wire {
        dialect: "mistral-conversations",
        frames: bytes(frames),
        told: over,
        over: Some(over),
        pieces: Pieces::OfText,
    }
}
