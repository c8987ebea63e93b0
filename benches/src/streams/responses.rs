//! OpenAI Responses, in OpenAI's own shape: numbered events, padded deltas, whole objects of 9 to 14 KB at both ends.

use core::fmt::Write as _;

use thalweg::dialects::OPENAI_RESPONSES;

use super::chat::input_piece;
use super::words::{Random, quoted};
use super::{Stream, Wire};

/// A text answer: about 308 bytes a frame, about 5 of them text; the whole text comes again in the last four frames.
#[must_use]
pub fn text(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut writer = Writer::new("text", &mut random);
    writer.begin();
    let id = format!("msg_{}", random.letters(48));
    let open = format!(r#"{{"id":"{id}","type":"message","status":"in_progress","content":[],"role":"assistant"}}"#);
    writer.event("output_item.added", &format!(r#""output_index":0,"item":{open}"#));
    let place = format!(r#""content_index":0,"item_id":"{id}","output_index":0"#);
    writer.event("content_part.added", &format!(r#"{place},"part":{}"#, part("")));
    let mut text = String::new();
    for _ in 0..deltas {
        let token = random.token();
        text.push_str(token);
        let padding = random.padding();
        writer.event(
            "output_text.delta",
            &format!(r#"{place},"delta":{},"logprobs":[],"obfuscation":"{padding}""#, quoted(token)),
        );
    }
    writer.event("output_text.done", &format!(r#"{place},"logprobs":[],"text":{}"#, quoted(&text)));
    writer.event("content_part.done", &format!(r#"{place},"part":{}"#, part(&text)));
    let (head, tail) = (r#""type":"message","status":"completed","content":["#, r#"],"role":"assistant"}"#);
    let item = format!(r#"{{"id":"{id}",{head}{}{tail}"#, part(&text));
    writer.event("output_item.done", &format!(r#""output_index":0,"item":{item}"#));
    writer.wire.say(0, &text);
    writer.end(&item)
}

/// Four tool calls, one after another as this API sends them: about 5 bytes of input a frame, each input whole again in
/// three frames.
#[must_use]
pub fn tools(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut writer = Writer::new("tools", &mut random);
    writer.begin();
    let mut items = Vec::new();
    for call in 0..CALLS {
        let pieces = deltas / CALLS + usize::from(call < deltas % CALLS);
        items.push(one_call(&mut writer, call, pieces, &mut random));
    }
    writer.end(&items.join(","))
}

/// A call's events; gives the whole item.
fn one_call(writer: &mut Writer, call: usize, pieces: usize, random: &mut Random) -> String {
    let (id, call_id) = (format!("fc_{}", random.letters(48)), format!("call_{}", random.letters(24)));
    let item = |status: &str, input: &str| {
        let input = quoted(input);
        format!(
            r#"{{"id":"{id}","type":"function_call","status":"{status}","arguments":{input},"call_id":"{call_id}","name":"write_file_{call}"}}"#
        )
    };
    writer.event("output_item.added", &format!(r#""output_index":{call},"item":{}"#, item("in_progress", "")));
    let place = format!(r#""item_id":"{id}","output_index":{call}"#);
    let mut input = String::new();
    for done in 0..pieces {
        let piece = input_piece(done, pieces - done - 1, random);
        input.push_str(&piece);
        let padding = random.padding();
        writer.event(
            "function_call_arguments.delta",
            &format!(r#"{place},"delta":{},"obfuscation":"{padding}""#, quoted(&piece)),
        );
    }
    writer.event("function_call_arguments.done", &format!(r#"{place},"arguments":{}"#, quoted(&input)));
    let whole = item("completed", &input);
    writer.event("output_item.done", &format!(r#""output_index":{call},"item":{whole}"#));
    writer.wire.say(call, &input);
    whole
}

/// A stream whose events are numbered.
struct Writer {
    wire: Wire,
    sequence: usize,
    /// What the object repeats of the request: instructions and tools.
    request: String,
    id: String,
}

impl Writer {
    fn new(name: &'static str, random: &mut Random) -> Self {
        let instructions = quoted(&random.tokens(INSTRUCTIONS_TOKENS));
        let mut tools = String::new();
        for tool in 0..CALLS {
            let comma = if tool == 0 { "" } else { "," };
            let description = quoted(&random.tokens(40));
            let parameters = concat!(
                r#"{"type":"object","properties":{"path":{"type":"string","description":"ist wenda"},"#,
                r#""text":{"type":"string"}},"required":["path","text"],"additionalProperties":false}"#
            );
            let _infallible = write!(
                tools,
                r#"{comma}{{"type":"function","description":{description},"name":"write_file_{tool}","parameters":{parameters},"strict":true}}"#
            );
        }
        let request = format!(r#""instructions":{instructions},"tools":[{tools}]"#);
        let id = format!("resp_{}", random.letters(48));
        Self { wire: Wire::new(name, &OPENAI_RESPONSES), sequence: 0, request, id }
    }

    fn begin(&mut self) {
        let response = self.response("in_progress", "", "null");
        self.event("created", &format!(r#""response":{response}"#));
        self.event("in_progress", &format!(r#""response":{response}"#));
    }

    fn event(&mut self, name: &str, fields: &str) {
        let name = format!("response.{name}");
        let sequence = self.sequence;
        self.wire.event(&name, &format!(r#"{{"type":"{name}",{fields},"sequence_number":{sequence}}}"#));
        self.sequence += 1;
    }

    fn end(mut self, output: &str) -> Stream {
        let response = self.response("completed", output, USAGE);
        self.event("completed", &format!(r#""response":{response}"#));
        self.wire.end()
    }

    fn response(&self, status: &str, output: &str, usage: &str) -> String {
        let Self { request, id, .. } = self;
        format!(
            concat!(
                r#"{{"id":"{id}","object":"response","created_at":1760000000,"status":"{status}","background":false,"#,
                r#""error":null,"incomplete_details":null,{request},"max_output_tokens":null,"max_tool_calls":null,"#,
                r#""model":"example-5-mini-2026-01-31","output":[{output}],"parallel_tool_calls":true,"#,
                r#""previous_response_id":null,"prompt_cache_key":null,"#,
                r#""reasoning":{{"effort":"medium","summary":null}},"safety_identifier":null,"#,
                r#""service_tier":"default","store":true,"temperature":1.0,"#,
                r#""text":{{"format":{{"type":"text"}},"verbosity":"medium"}},"tool_choice":"auto","#,
                r#""top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":{usage},"user":null,"metadata":{{}}}}"#
            ),
            id = id,
            status = status,
            request = request,
            output = output,
            usage = usage
        )
    }
}

impl Random {
    /// What hides how long a delta is.
    fn padding(&mut self) -> String {
        let count = 4 + self.below(13);
        self.letters(count)
    }
}

fn part(text: &str) -> String {
    format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":{}}}"#, quoted(text))
}

const CALLS: usize = 4;

/// Makes the object that comes three times 9 KB without its output.
const INSTRUCTIONS_TOKENS: usize = 1_380;

const USAGE: &str = concat!(
    r#"{"input_tokens":1051,"input_tokens_details":{"cached_tokens":1024},"output_tokens":800,"#,
    r#""output_tokens_details":{"reasoning_tokens":0},"total_tokens":1851}"#
);
