//! The JSON form of a response: a contract that other tools rely on.
//!
//! One object a file, on one line, with `"v":1`. Most fields are always there, `null` where the stream
//! says nothing; those that are marked to be skipped stand only where there is something to say. Fields may be added
//! within a version, so readers ignore those they do not know; nothing is renamed, moved or taken away.
//!
//! What the provider wrote as JSON (citations, log probabilities, ...) is embedded as written, less its line breaks.

use serde::Serialize;
use serde_json::value::RawValue;
use thalweg::fold::{AnomalyCount, Block, Choice, Finish, ReportedError, Tokens};
use thalweg::{
    Action, AnomalyKind, BlockClose, BlockKind, Close, Count, ErrorKind, Evidence, Host, Id, LimitKind, Origin,
    Outcome, Part, Protocol, Reason, ReasoningForm, Resume, Retry, UsageOrigin,
};

use crate::fold::Folded;

/// The version of the form.
const VERSION: u32 = 1;

/// A whole response.
#[derive(Serialize)]
pub(crate) struct ResponseView<'a> {
    v: u32,
    file: &'a str,
    dialect: &'a str,
    protocol: Option<Protocol>,
    id: Option<&'a str>,
    model: Option<&'a str>,
    outcome: Option<Outcome>,
    evidence: Option<EvidenceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<ResumeView<'a>>,
    choices: Vec<ChoiceView<'a>>,
    usage: Option<UsageView>,
    errors: Vec<ErrorView<'a>>,
    anomalies: Vec<AnomalyView>,
}

#[derive(Serialize)]
struct EvidenceView {
    frames: u64,
    terminal: bool,
    sentinel: bool,
    choices: u32,
    finished: u32,
    close: Option<Close>,
    limit: Option<LimitKind>,
}

#[derive(Serialize)]
struct ResumeView<'a> {
    response_id: &'a str,
    after: u64,
}

#[derive(Serialize)]
struct ChoiceView<'a> {
    index: u32,
    finish: Option<FinishView<'a>>,
    blocks: Vec<BlockView<'a>>,
}

#[derive(Serialize)]
struct FinishView<'a> {
    reason: Reason,
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// A leaf of content: what it is, then how it ended, then what belongs to it.
#[derive(Serialize)]
struct BlockView<'a> {
    #[serde(flatten)]
    content: ContentView<'a>,
    /// Its number in the stream, which anomalies refer to.
    block: u32,
    end: Option<BlockClose>,
    #[serde(flatten)]
    parts: PartsView<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentView<'a> {
    Text {
        text: &'a str,
    },
    Reasoning {
        text: &'a str,
        form: ReasoningForm,
    },
    Refusal {
        text: &'a str,
    },
    ToolCall {
        #[serde(flatten)]
        id: IdView<'a>,
        name: &'a str,
        arguments: &'a str,
        arguments_state: Option<&'static str>,
        executor: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
    },
    Approval {
        #[serde(flatten)]
        id: IdView<'a>,
        name: &'a str,
        server: Option<&'a str>,
        text: &'a str,
    },
    ToolResult {
        call: Option<u32>,
        call_id: Option<&'a str>,
        is_error: bool,
        text: &'a str,
    },
    Image {
        base64_length: usize,
        base64: &'a str,
    },
    Audio {
        transcript: &'a str,
        base64_length: usize,
        base64: &'a str,
    },
    File {
        text: &'a str,
        base64_length: usize,
        base64: &'a str,
    },
    Source {
        text: &'a str,
    },
    Other {
        wire_type: &'a str,
        text: &'a str,
        base64_length: usize,
        base64: &'a str,
    },
}

/// `id` is what the wire gave; a number that we minted goes by another name, so that nobody sends it back.
#[derive(Serialize)]
struct IdView<'a> {
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minted_id: Option<u32>,
}

/// What belongs to a block and is not its text, where there is any.
#[derive(Default, Serialize)]
struct PartsView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    previews: Vec<PreviewView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    citations: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logprobs: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    json: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    progress: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
struct PreviewView<'a> {
    index: u32,
    base64_length: usize,
    base64: &'a str,
}

#[derive(Serialize)]
struct UsageView {
    input_tokens: Option<Count>,
    output_tokens: Option<Count>,
    total_tokens: Option<Count>,
    cache_read_tokens: Option<Count>,
    cache_write_tokens: Option<Count>,
    reasoning_tokens: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_audio_tokens: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_audio_tokens: Option<Count>,
    origin: UsageOrigin,
}

#[derive(Serialize)]
struct ErrorView<'a> {
    kind: ErrorKind,
    retry: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
    status: Option<u16>,
    code: Option<&'a str>,
    message: &'a str,
    fatal: bool,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct AnomalyView {
    id: AnomalyKind,
    action: Action,
    block: Option<u32>,
    count: u64,
}

impl<'a> ResponseView<'a> {
    /// The view of a response.
    pub(crate) fn of(folded: &'a Folded<'_>) -> Self {
        let response = &folded.response;
        Self {
            v: VERSION,
            file: folded.file,
            dialect: folded.dialect.as_deref().unwrap_or("auto"),
            protocol: response.protocol,
            id: response.id.as_deref(),
            model: response.model.as_deref(),
            outcome: response.outcome,
            evidence: response.evidence.as_ref().map(EvidenceView::of),
            resume: response.resume.as_ref().map(ResumeView::of),
            choices: response.choices.iter().map(ChoiceView::of).collect(),
            usage: response.usage.as_ref().map(UsageView::of),
            errors: response.errors.iter().map(ErrorView::of).collect(),
            anomalies: response.anomalies.iter().map(AnomalyView::of).collect(),
        }
    }
}

impl EvidenceView {
    fn of(evidence: &Evidence) -> Self {
        let &Evidence { frames, terminal, sentinel, choices, finished, close, limit, .. } = evidence;
        Self { frames, terminal, sentinel, choices, finished, close, limit }
    }
}

impl<'a> ResumeView<'a> {
    fn of(resume: &'a Resume<Box<str>>) -> Self {
        Self { response_id: &resume.response_id, after: resume.after }
    }
}

impl<'a> ChoiceView<'a> {
    fn of(choice: &'a Choice) -> Self {
        Self {
            index: choice.index,
            finish: choice.finish.as_ref().map(FinishView::of),
            blocks: choice.blocks.iter().map(BlockView::of).collect(),
        }
    }
}

impl<'a> FinishView<'a> {
    fn of(finish: &'a Finish) -> Self {
        Self { reason: finish.reason, raw: finish.raw.as_deref(), detail: finish.detail.as_deref() }
    }
}

impl<'a> BlockView<'a> {
    fn of(block: &'a Block) -> Self {
        Self {
            content: ContentView::of(block),
            block: block.id.get(),
            end: block.end.map(|end| end.how),
            parts: PartsView::of(block),
        }
    }
}

impl<'a> ContentView<'a> {
    fn of(block: &'a Block) -> Self {
        let (text, base64, base64_length) = (block.text.as_str(), block.base64.as_str(), block.base64.len());
        match &block.kind {
            BlockKind::Text => Self::Text { text },
            BlockKind::Refusal => Self::Refusal { text },
            BlockKind::Reasoning { form, .. } => Self::Reasoning { text, form: *form },
            BlockKind::ToolCall { id, name, .. } => Self::call(block, id, name, "client", None),
            BlockKind::HostedCall { id, name, host, server, .. } => {
                Self::call(block, id, name, executor(*host), server.as_deref())
            }
            BlockKind::Approval { id, name, server, .. } => {
                Self::Approval { id: IdView::of(id), name, server: server.as_deref(), text }
            }
            BlockKind::ToolResult { call, call_id, is_error, .. } => {
                let call = call.map(|block| block.get());
                Self::ToolResult { call, call_id: call_id.as_deref(), is_error: *is_error, text }
            }
            BlockKind::Image => Self::Image { base64_length, base64 },
            BlockKind::Audio => Self::Audio { transcript: &block.transcript, base64_length, base64 },
            BlockKind::File => Self::File { text, base64_length, base64 },
            BlockKind::Source => Self::Source { text },
            BlockKind::Other { wire_type, .. } => Self::Other { wire_type, text, base64_length, base64 },
            _ => Self::Other { wire_type: "", text, base64_length, base64 },
        }
    }

    fn call(
        block: &'a Block,
        id: &'a Id<Box<str>>,
        name: &'a str,
        executor: &'static str,
        server: Option<&'a str>,
    ) -> Self {
        let arguments_state = block.end.and_then(|end| end.input).map(|state| state.as_str());
        Self::ToolCall { id: IdView::of(id), name, arguments: &block.text, arguments_state, executor, server }
    }
}

/// Who runs a hosted call. A program of the model's runs at the provider, as far as a client is concerned.
pub(crate) fn executor(host: Host) -> &'static str {
    match host {
        Host::Mcp => "mcp",
        _ => "provider",
    }
}

impl<'a> IdView<'a> {
    fn of(id: &'a Id<Box<str>>) -> Self {
        match id {
            Id::Wire(id) => Self { id: Some(id), minted_id: None },
            Id::Minted(n) => Self { id: None, minted_id: Some(*n) },
        }
    }
}

impl<'a> PreviewView<'a> {
    fn of((&index, base64): (&u32, &'a impl AsRef<str>)) -> Self {
        let base64 = base64.as_ref();
        Self { index, base64_length: base64.len(), base64 }
    }
}

impl<'a> PartsView<'a> {
    fn of(block: &'a Block) -> Self {
        let mut view = Self {
            signature: block.signature.as_deref(),
            encrypted: block.encrypted.as_deref(),
            format: block.format.as_deref(),
            status: block.status.as_deref(),
            previews: block.previews.iter().map(PreviewView::of).collect(),
            ..Self::default()
        };
        for part in &block.parts {
            match part {
                Part::Citation(json) => view.citations.push(embedded(json)),
                Part::Logprobs(json) => view.logprobs.push(embedded(json)),
                Part::Json(json) => view.json.push(embedded(json)),
                Part::Progress(json) => view.progress.push(embedded(json)),
                // The other parts are fields of the block.
                _ => {}
            }
        }
        view
    }
}

/// JSON of the stream as part of ours. Raw line breaks can only stand between its tokens and would end our line.
fn embedded(json: &str) -> Box<RawValue> {
    let json = json.replace(['\n', '\r'], " ");
    RawValue::from_string(json.clone())
        .unwrap_or_else(|_| serde_json::value::to_raw_value(&json).expect("a string is always written as JSON"))
}

impl UsageView {
    fn of(tokens: &Tokens) -> Self {
        let counts = &tokens.counts;
        Self {
            input_tokens: counts.input,
            output_tokens: counts.output,
            total_tokens: counts.total,
            cache_read_tokens: counts.cache_read,
            cache_write_tokens: counts.cache_write,
            reasoning_tokens: counts.reasoning,
            input_audio_tokens: counts.input_audio,
            output_audio_tokens: counts.output_audio,
            origin: tokens.origin,
        }
    }
}

impl<'a> ErrorView<'a> {
    fn of(error: &'a ReportedError) -> Self {
        let (retry, retry_after_ms) = match error.retry {
            Retry::No => ("no", None),
            Retry::Yes => ("yes", None),
            Retry::After { ms, .. } => ("after", Some(ms)),
            _ => ("unknown", None),
        };
        Self {
            kind: error.kind,
            retry,
            retry_after_ms,
            status: error.status,
            code: error.code.as_deref(),
            message: &error.message,
            fatal: error.fatal,
            origin: error.origin,
            raw: error.raw.as_deref().map(embedded),
        }
    }
}

impl AnomalyView {
    fn of(anomaly: &AnomalyCount) -> Self {
        let block = anomaly.block.map(|block| block.get());
        Self { id: anomaly.kind, action: anomaly.action, block, count: anomaly.count }
    }
}
