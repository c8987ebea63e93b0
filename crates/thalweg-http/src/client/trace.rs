//! Spans in the words of OpenTelemetry's conventions for generative AI.
//!
//! <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>. One span a call, over all its attempts; what the
//! answer says is recorded when it comes. No content of prompts or answers, no header and no URL but the server's address.

use thalweg::{Event, MetaField, Outcome, Timing};
use tracing::{Span, field};

use super::endpoint::Endpoint;
use super::prepare::Prepared;
use super::profile::Kind;

/// The span of a call, told once what happened.
#[derive(Debug)]
pub(crate) struct Trace {
    span: Span,
    is_over: bool,
    /// No other attempt takes the place of this one any more.
    stands: bool,
    /// What went wrong in an attempt that another one may yet take the place of: nothing of the call then.
    error: Option<&'static str>,
}

impl Trace {
    /// The span of a call that is about to be sent.
    pub(crate) fn span(endpoint: &Endpoint, request: &Prepared) -> Span {
        let base = endpoint.base_url();
        let operation = match endpoint.profile().api.kind {
            Kind::Contents => "generate_content",
            _ => "chat",
        };
        tracing::info_span!(
            "gen_ai.call",
            otel.name = format!("{operation} {}", request.model),
            otel.kind = "client",
            otel.status_code = field::Empty,
            gen_ai.operation.name = operation,
            gen_ai.provider.name = provider(&endpoint.dialect().name),
            gen_ai.request.model = &*request.model,
            gen_ai.request.stream = request.streams,
            gen_ai.response.id = field::Empty,
            gen_ai.response.model = field::Empty,
            gen_ai.response.finish_reasons = field::Empty,
            gen_ai.usage.input_tokens = field::Empty,
            gen_ai.usage.output_tokens = field::Empty,
            gen_ai.usage.cache_read.input_tokens = field::Empty,
            server.address = base.host_str().unwrap_or_default(),
            server.port = base.port_or_known_default().unwrap_or_default(),
            http.response.status_code = field::Empty,
            http.request.resend_count = field::Empty,
            error.r#type = field::Empty,
            thalweg.outcome = field::Empty,
            thalweg.time_to_first_token_ms = field::Empty,
            thalweg.latency_ms = field::Empty,
        )
    }

    pub(crate) const fn of(span: Span) -> Self {
        Self { span, is_over: false, stands: false, error: None }
    }

    /// A response's head came.
    pub(crate) fn head(&self, status: u16, attempt: u16) {
        self.span.record("http.response.status_code", status);
        self.span.record("http.request.resend_count", attempt.saturating_sub(1));
    }

    /// An event of the answer. Deltas, which are nearly all there are, cost nothing here.
    pub(crate) fn event(&mut self, event: &Event<'_>, timing: &Timing) {
        match event {
            Event::Meta { field: MetaField::Id, value, .. } => {
                self.span.record("gen_ai.response.id", value);
            }
            Event::Meta { field: MetaField::Model, value, .. } => {
                self.span.record("gen_ai.response.model", value);
            }
            Event::Finish { reason, .. } => {
                self.span.record("gen_ai.response.finish_reasons", reason.as_str());
            }
            Event::Usage { counts, .. } => {
                let record = |name, count: Option<thalweg::Count>| {
                    if let Some(count) = count {
                        self.span.record(name, u64::from(count));
                    }
                };
                record("gen_ai.usage.input_tokens", counts.input);
                record("gen_ai.usage.output_tokens", counts.output);
                record("gen_ai.usage.cache_read.input_tokens", counts.cache_read);
            }
            Event::Error { kind, fatal: true, .. } => self.went_wrong(kind.as_str()),
            Event::End { outcome, .. } => self.end(*outcome, timing),
            _ => {}
        }
    }

    /// Another attempt takes this one's place.
    pub(crate) const fn is_replaced(&mut self) {
        self.is_over = true;
        self.error = None;
    }

    /// None does any more: the answer is given out.
    pub(crate) fn stands(&mut self) {
        self.stands = true;
        self.say_error();
    }

    /// The attempt has no answer: the call goes on.
    pub(crate) fn forget(mut self) {
        self.is_over = true;
    }

    fn went_wrong(&mut self, word: &'static str) {
        self.error = Some(word);
        if self.stands {
            self.say_error();
        }
    }

    fn say_error(&mut self) {
        if let Some(word) = self.error.take() {
            self.failed(word);
        }
    }

    /// What went wrong.
    fn failed(&self, word: &str) {
        self.span.record("error.type", word);
        self.span.record("otel.status_code", "ERROR");
    }

    /// A call without an answer is over.
    pub(crate) fn failed_after(mut self, word: &str, latency_us: u64) {
        self.is_over = true;
        self.failed(word);
        self.span.record("thalweg.latency_ms", latency_us / 1000);
        let _in_span = self.span.enter();
        tracing::warn!(error.r#type = word, "gen_ai call failed");
    }

    fn end(&mut self, outcome: Outcome, timing: &Timing) {
        self.is_over = true;
        self.span.record("thalweg.outcome", outcome.as_str());
        if let Some(first_us) = timing.first_token_us() {
            self.span.record("thalweg.time_to_first_token_ms", first_us / 1000);
        }
        if let Some(end_us) = timing.end_us {
            self.span.record("thalweg.latency_ms", end_us / 1000);
        }
        if matches!(outcome, Outcome::Truncated | Outcome::Limit) {
            self.went_wrong(outcome.as_str());
        }
        let _in_span = self.span.enter();
        tracing::debug!(thalweg.outcome = outcome.as_str(), "gen_ai answer is over");
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.say_error();
        // The reader has gone, in the middle of the answer.
        if !self.is_over {
            self.span.record("thalweg.outcome", Outcome::Cancelled.as_str());
        }
    }
}

/// The name that the conventions have for who speaks a dialect; where they have none, the dialect's.
fn provider(dialect: &str) -> &str {
    PROVIDERS.iter().find(|(dialects, _)| dialects.contains(&dialect)).map_or(dialect, |(_, name)| name)
}

const PROVIDERS: &[(&[&str], &str)] = &[
    (&["openai-chat", "openai-responses", "chatgpt"], "openai"),
    (&["azure"], "azure.ai.openai"),
    (&["anthropic-messages"], "anthropic"),
    (&["gemini", "gemini-openai", "gemini-interactions"], "gcp.gemini"),
    (&["vertex"], "gcp.vertex_ai"),
    (
        &[
            "bedrock-converse",
            "bedrock-anthropic",
            "bedrock-chat",
            "bedrock-nova",
            "bedrock-llama",
            "bedrock-mistral",
            "bedrock-titan",
            "bedrock-completion",
        ],
        "aws.bedrock",
    ),
    (&["mistral", "mistral-conversations"], "mistral_ai"),
    (&["cohere", "cohere-v1"], "cohere"),
    (&["watsonx"], "ibm.watsonx.ai"),
    (&["xai"], "x_ai"),
];
