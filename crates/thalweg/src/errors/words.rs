//! Codes, types and status words, as providers write them.

use super::classify::Class;
use crate::event::{ErrorKind, Retry};

/// What a word means, if it is known. Case, underscores, what AWS writes before `#` and behind `:` do not count:
/// `rate_limit_error` and `RateLimitError` are one word, and so are `throttlingException` and
/// `com.amazonaws#ThrottlingException:http://…`.
pub(super) fn find(word: &str) -> Option<Class> {
    let word = word.rsplit_once('#').map_or(word, |(_, name)| name);
    let word = word.split_once(':').map_or(word, |(name, _)| name);
    let letters = |word: &'_ str| {
        let bytes = word.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' '));
        bytes.map(|byte| byte.to_ascii_lowercase()).collect::<Short>()
    };
    let own = letters(word);
    (own.len > 0).then(|| ROWS.iter().find(|row| row.0.iter().any(|known| letters(known) == own)))?.map(|row| row.1)
}

/// What a word that is not known is most likely to mean, by a piece of it.
pub(super) fn guess(word: &str) -> Option<Class> {
    let piece = |row: &&(&str, Class)| super::texts::has(word, row.0);
    PIECES.iter().find(piece).map(|row| row.1)
}

/// What MiniMax's numbers mean.
pub(super) fn of_minimax(number: &str) -> Option<Class> {
    Some(match number {
        "1001" => TIMEOUT,
        "1002" => RATE,
        "1004" | "2049" => AUTH,
        "1008" => QUOTA,
        "1013" | "1033" => SERVER,
        "1026" | "1027" => POLICY,
        "2013" => REQUEST,
        _ => return None,
    })
}

/// The letters of a word. No known one is longer than this; what is longer is cut and equals none.
#[derive(PartialEq, Eq)]
struct Short {
    bytes: [u8; 48],
    len: usize,
}

impl FromIterator<u8> for Short {
    fn from_iter<I: IntoIterator<Item = u8>>(letters: I) -> Self {
        let mut short = Self { bytes: [0; 48], len: 0 };
        for letter in letters {
            if let Some(byte) = short.bytes.get_mut(short.len) {
                *byte = letter;
            }
            short.len += 1;
        }
        short
    }
}

pub(super) const OVERLOADED: Class = (ErrorKind::Overloaded, Retry::Yes);
pub(super) const RATE: Class = (ErrorKind::RateLimit, Retry::Yes);
pub(super) const SERVER: Class = (ErrorKind::Server, Retry::Yes);
pub(super) const TIMEOUT: Class = (ErrorKind::Timeout, Retry::Yes);
pub(super) const QUOTA: Class = (ErrorKind::Quota, Retry::No);
pub(super) const AUTH: Class = (ErrorKind::Auth, Retry::No);
pub(super) const PERMISSION: Class = (ErrorKind::Permission, Retry::No);
pub(super) const NOT_FOUND: Class = (ErrorKind::NotFound, Retry::No);
pub(super) const REQUEST: Class = (ErrorKind::InvalidRequest, Retry::No);
pub(super) const CONTEXT: Class = (ErrorKind::ContextWindow, Retry::No);
pub(super) const POLICY: Class = (ErrorKind::ContentPolicy, Retry::No);
pub(super) const CANCELLED: Class = (ErrorKind::Cancelled, Retry::No);
pub(super) const OUTPUT: Class = (ErrorKind::InvalidOutput, Retry::Yes);
/// Another connection, another try.
const AGAIN: Class = (ErrorKind::Other, Retry::Yes);
/// The status, where there is one, says what it is.
const OPEN: Class = (ErrorKind::Other, Retry::Unknown);

const ROWS: &[(&[&str], Class)] = &[
    (&["context_length_exceeded", "exceed_context_size_error", "model_max_prompt_tokens_exceeded"], CONTEXT),
    (&["content_filter", "content_policy_violation", "image_content_policy_violation"], POLICY),
    (&["bio_policy", "cyber_policy", "misalignment_policy_violation", "ResponsibleAIPolicyViolation"], POLICY),
    (&["insufficient_quota", "credit_balance_exhausted", "billing_error", "billing_hard_limit_reached"], QUOTA),
    (&["billing_not_active", "BILLING_DISABLED", "usage_limit_reached", "QUOTA_EXHAUSTED", "quota_exceeded"], QUOTA),
    (&["enforced_spend_limit_reached", "contract_spend_limit_reached", "spend_limit_reached"], QUOTA),
    (&["insufficient_balance", "insufficient_credits", "ServiceQuotaExceededException"], QUOTA),
    (&["rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error", "ramp_limit_exceeded"], RATE),
    (&["RESOURCE_EXHAUSTED", "throttling_exception", "throttling_error", "throttled_exception", "throttling"], RATE),
    (&["model_not_ready_exception", "too_many_requests", "too_many_requests_exception", "rate_limited"], RATE),
    (&["REQUEST_LIMIT_EXCEEDED"], RATE),
    (&["overloaded_error", "overloaded", "server_is_overloaded", "engine_overloaded_error", "slow_down"], OVERLOADED),
    (&["UNAVAILABLE", "service_unavailable", "service_unavailable_error", "service_unavailable_exception"], OVERLOADED),
    (&["insufficient_system_resource", "compaction_unavailable", "MODEL_CAPACITY_EXHAUSTED"], OVERLOADED),
    (&["The service is currently unavailable"], OVERLOADED),
    (&["invalid_api_key", "authentication_error", "authorized_error", "UNAUTHENTICATED", "unauthorized"], AUTH),
    (&["API_KEY_INVALID", "ACCESS_TOKEN_EXPIRED", "expired_token_exception", "unrecognized_client_exception"], AUTH),
    (&["permission_error", "permission_denied", "permission_denied_error", "access_denied_exception"], PERMISSION),
    (
        &["SERVICE_DISABLED", "CONSUMER_SUSPENDED", "API_KEY_SERVICE_BLOCKED", "forbidden", "usage_not_included"],
        PERMISSION,
    ),
    (&["model_not_found", "not_found_error", "NOT_FOUND", "resource_not_found_exception"], NOT_FOUND),
    (&["previous_response_not_found", "deployment_not_found"], NOT_FOUND),
    (&["invalid_request_error", "bad_request_error", "bad_request", "invalid_request", "invalid_value"], REQUEST),
    (&["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "validation_exception", "validation"], REQUEST),
    (&["validation_error", "Client specified an invalid argument", "invalid_prompt", "request_too_large"], REQUEST),
    (
        &["string_above_max_length", "unprocessable_entity_error", "data_residency_mismatch", "empty_image_file"],
        REQUEST,
    ),
    (
        &["invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_url", "image_too_large"],
        REQUEST,
    ),
    (&["image_too_small", "image_parse_error", "invalid_image_mode", "image_file_too_large"], REQUEST),
    (&["unsupported_image_media_type", "failed_to_download_image", "image_file_not_found"], REQUEST),
    (&["timeout_error", "timeout", "DEADLINE_EXCEEDED", "model_timeout_exception", "vector_store_timeout"], TIMEOUT),
    (&["CANCELLED"], CANCELLED),
    (&["tool_use_failed", "INVALID_TOOL_GENERATION"], OUTPUT),
    (&["server_error", "internal_server_error", "internal_error", "INTERNAL", "api_error"], SERVER),
    (&["internal_server_exception", "internal_failure", "model_stream_error_exception"], SERVER),
    (&["api_connection_error", "UNKNOWN", "DATA_LOSS"], SERVER),
    (&["websocket_connection_limit_reached", "conflict_error", "ABORTED"], AGAIN),
    (&["model_error_exception", "unknown_error"], OPEN),
];

const PIECES: &[(&str, Class)] = &[
    ("insufficient_quota", QUOTA),
    ("billing", QUOTA),
    ("rate_limit", RATE),
    ("throttl", RATE),
    ("context_length", CONTEXT),
    ("overload", OVERLOADED),
    ("timeout", TIMEOUT),
    ("authentication", AUTH),
    ("permission", PERMISSION),
    ("not_found", NOT_FOUND),
    ("content_policy", POLICY),
    ("invalid", REQUEST),
    ("bad_request", REQUEST),
    ("validation", REQUEST),
    ("server_error", SERVER),
    ("internal", SERVER),
];
