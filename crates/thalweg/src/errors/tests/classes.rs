//! What errors are, by their codes, words, numbers and texts.

use alloc::format;

use super::*;
use crate::errors::texts::has;

#[test]
fn statuses() {
    for (status, kind, retry) in STATUSES {
        let kind_of = |json: &str| match reported(json, Hint::None).get(0) {
            Some(Event::Error { kind, retry, status, .. }) => (kind, retry, status),
            other => panic!("{json} gave {other:?}"),
        };
        for json in [
            format!(r#"{{"error":{{"code":{status},"message":"m"}}}}"#),
            format!(r#"{{"error":{{"code":"{status}","message":"m"}}}}"#),
            format!(r#"{{"message":"m","status_code":{status}}}"#),
            format!(r#"{{"type":"error","error":{{"message":"m","http_code":"{status}"}}}}"#),
        ] {
            assert_eq!(kind_of(&json), (*kind, *retry, Some(*status)), "{json}");
        }
    }
    check(&[
        (r#"{"code":498,"message":"Flex tier is at capacity"}"#, Overloaded, Yes, Some(498), Some("498")),
        // A word that says little gives way to a status that says more, and to no other.
        (r#"{"error":{"type":"api_error","code":429,"message":"m"}}"#, RateLimit, Yes, Some(429), Some("api_error")),
        (r#"{"error":{"type":"server_error","code":400,"message":"m"}}"#, Server, Yes, Some(400), Some("server_error")),
        (
            r#"{"error":{"type":"overloaded_error","code":500,"message":"m"}}"#,
            Overloaded,
            Yes,
            Some(500),
            Some("overloaded_error"),
        ),
        // Numbers that are no status.
        (r#"{"error":{"code":200,"message":"m"}}"#, Other, Unknown, None, Some("200")),
        (r#"{"error":{"code":1e400,"message":"m"}}"#, Other, Unknown, None, Some("1e400")),
        (r#"{"error":{"code":-1,"message":"m"}}"#, Other, Unknown, None, Some("-1")),
        (r#"{"status":200,"error":{"message":"m"}}"#, Other, Unknown, None, None),
    ]);
}

#[test]
fn every_word_of_the_reference() {
    let rows: &[(&[&str], ErrorKind, Retry)] = &[
        (&["overloaded_error", "server_is_overloaded", "UNAVAILABLE", "slow_down"], Overloaded, Yes),
        (&["serviceUnavailableException", "insufficient_system_resource", "compaction_unavailable"], Overloaded, Yes),
        (&["rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "RateLimitError"], RateLimit, Yes),
        (&["api_error", "server_error", "INTERNAL", "InternalServerError"], Server, Yes),
        (&["timeout_error", "DEADLINE_EXCEEDED", "vector_store_timeout", "upstream_timeout"], Timeout, Yes),
        (&["invalid_request_error", "FAILED_PRECONDITION", "invalid_prompt", "image_too_large"], InvalidRequest, No),
        (&["authentication_error", "invalid_api_key", "UNAUTHENTICATED"], Auth, No),
        (&["permission_error", "PERMISSION_DENIED"], Permission, No),
        (&["not_found_error", "model_not_found", "NOT_FOUND", "previous_response_not_found"], NotFound, No),
        (&["billing_error", "insufficient_quota", "credit_balance_exhausted"], Quota, No),
        (&["content_filter", "bio_policy", "misalignment_policy_violation"], ContentPolicy, No),
        (&["context_length_exceeded", "exceed_context_size_error"], ContextWindow, No),
        (&["websocket_connection_limit_reached"], Other, Yes),
        (&["CANCELLED"], Cancelled, No),
        // Unknown ones, by a piece.
        (&["org_rate_limit_hit"], RateLimit, Yes),
        (&["key_authentication_missing"], Auth, No),
        (&["some_invalid_thing"], InvalidRequest, No),
        (&["strange"], Other, Unknown),
    ];
    for (words, kind, retry) in rows {
        for word in *words {
            for field in ["code", "type", "status"] {
                let json = format!(r#"{{"error":{{"{field}":"{word}","message":"m"}}}}"#);
                let out = reported(&json, Hint::None);
                let Some(Event::Error { kind: k, retry: r, code, .. }) = out.get(0) else { panic!("{json}") };
                assert_eq!((k, r, code), (*kind, *retry, Some(*word)), "{json}");
            }
        }
    }
    // The code goes before the type, and a code that is not known leaves it to the type.
    check(&[
        (
            r#"{"type":"insufficient_quota","code":"rate_limit_exceeded","message":"m"}"#,
            RateLimit,
            Yes,
            None,
            Some("rate_limit_exceeded"),
        ),
        (
            r#"{"type":"insufficient_quota","code":"monthly_pool_empty","message":"m"}"#,
            Quota,
            No,
            None,
            Some("monthly_pool_empty"),
        ),
        (r#"{"code":"r\u0061te_limit_exceeded","message":"m"}"#, RateLimit, Yes, None, Some("rate_limit_exceeded")),
    ]);
}

#[test]
fn rate_limits_and_quotas() {
    const GOOGLE: Option<&str> = Some("RESOURCE_EXHAUSTED");
    const LIMIT: Option<&str> = Some("rate_limit_exceeded");
    check(&[
        (
            r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"m"}}"#,
            Quota,
            No,
            None,
            Some("insufficient_quota"),
        ),
        (
            r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details."}}"#,
            Quota,
            No,
            Some(429),
            Some("429"),
        ),
        (
            r#"{"error":{"code":"rate_limit_exceeded","message":"Request too large for m on tokens per min (TPM): Limit 6000, Requested 7000. Try again in 1s"}}"#,
            RateLimit,
            No,
            None,
            LIMIT,
        ),
        (
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Check your plan and billing.","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}]}}"#,
            RateLimit,
            after(34_070),
            Some(429),
            GOOGLE,
        ),
        (
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#,
            Quota,
            No,
            Some(429),
            GOOGLE,
        ),
        (
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Check your plan and billing."}}"#,
            Quota,
            No,
            Some(429),
            GOOGLE,
        ),
    ]);
}

#[test]
fn limits_inside_errors_that_say_nothing_of_them() {
    check(&[
        (
            r#"{"type":"error","error":{"type":"api_error","message":"Streaming error: 404: Rate limit exceeded"}}"#,
            RateLimit,
            Yes,
            None,
            Some("api_error"),
        ),
        (
            r#"{"type":"error","error":{"type":"api_error","message":"The upstream broke."}}"#,
            Server,
            Yes,
            None,
            Some("api_error"),
        ),
        (
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low."}}"#,
            Quota,
            No,
            None,
            Some("invalid_request_error"),
        ),
        (r#"{"error":{"code":500,"message":"The engine is overloaded"}}"#, Overloaded, Yes, Some(500), Some("500")),
        // A key goes before a rate limit in the same text.
        (
            r#"{"error":{"type":"authentication_error","message":"rate limit"}}"#,
            Auth,
            No,
            None,
            Some("authentication_error"),
        ),
    ]);
}

#[test]
fn inputs_longer_than_the_context() {
    for message in [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "Your input exceeds the context window of this model.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "Input is too long for requested model.",
        "too many total text bytes",
        "`inputs` tokens + `max_new_tokens` must be <= 4096",
        "'max_tokens' or 'max_completion_tokens' is too large: 9000",
        "Please reduce the length of the messages or completion.",
        "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        "Current length is 9000 while limit is 8192",
        "Input too long: 9000 input tokens, limit is 8192",
        "the request exceeds the available context size. try increasing it",
        "The number of tokens to keep is greater than the context length",
        "exceeded model token limit: 8192",
        "context window exceeds limit",
        "PROMPT IS TOO LONG",
    ] {
        for json in [
            format!(r#"{{"error":{{"type":"invalid_request_error","message":"{message}"}}}}"#),
            format!(r#"{{"error":{{"code":400,"message":"{message}"}}}}"#),
            format!(r#"{{"message":"{message}"}}"#),
        ] {
            let out = reported(&json, Hint::None);
            assert!(matches!(out.get(0), Some(Event::Error { kind: ContextWindow, retry: No, .. })), "{json}");
        }
    }
    check(&[
        (
            r#"{"error":{"type":"invalid_request_error","code":"string_above_max_length","message":"Invalid 'user': string too long. Expected maximum context length 64."}}"#,
            InvalidRequest,
            No,
            None,
            Some("string_above_max_length"),
        ),
        (r#"{"error":{"code":429,"message":"Too many tokens per minute"}}"#, RateLimit, Yes, Some(429), Some("429")),
        (
            r#"{"error":{"code":500,"message":"rate limit: too many tokens per minute"}}"#,
            RateLimit,
            Yes,
            Some(500),
            Some("500"),
        ),
        (
            r#"{"error":{"code":400,"message":"maximum prompt length is many"}}"#,
            InvalidRequest,
            No,
            Some(400),
            Some("400"),
        ),
    ]);
}

#[test]
fn calls_that_the_model_botched() {
    check(&[
        (
            // What it quotes says nothing of the error.
            r#"{"error":"error parsing tool call: raw='{\"q\":\"rate limit, prompt is too long' err=unexpected end of JSON input"}"#,
            InvalidOutput,
            Yes,
            None,
            None,
        ),
        (
            r#"{"error":"your request resulted in an invalid tool generation","error_type":"INVALID_TOOL_GENERATION"}"#,
            InvalidOutput,
            Yes,
            None,
            Some("INVALID_TOOL_GENERATION"),
        ),
    ]);
}

#[test]
fn keys_by_other_names() {
    check(&[(r#"{"id":"r1","message":"invalid api token"}"#, Auth, No, None, None)]);
}

#[test]
fn patterns() {
    for (text, pattern) in [
        ("abc", "b"),
        ("aBc", "AbC"),
        ("is 12 of", "is # of"),
        ("x 1 is 12.", "is #."),
        ("a - c - b", "a*b"),
        ("ab", "a*b"),
        ("", ""),
        ("täglich 3", "ch #"),
    ] {
        assert!(has(text, pattern), "{pattern} in {text}");
    }
    for (text, pattern) in
        [("abc", "d"), ("is of", "is # of"), ("is x of", "is #"), ("b a", "a*b"), ("", "a"), ("", "#")]
    {
        assert!(!has(text, pattern), "{pattern} in {text}");
    }
    let far = format!("{}needle", "x".repeat(5000));
    assert!(!has(&far, "needle"), "texts are looked through up to a limit");
    assert!(!has(&"ä".repeat(4097), "#"), "wherever it cuts");
}
