use super::*;
use crate::dialect::{Oddities, StatusMeaning};
use crate::errors::tests::STATUSES;
use ErrorKind::{
    Auth, Cancelled, ContentPolicy, ContextWindow, InvalidOutput, InvalidRequest, NotFound, Other, Overloaded,
    Permission, Quota, RateLimit, Server, Timeout,
};
use event::Retry;

const fn after(ms: u32) -> Retry {
    Retry::after_ms(ms)
}

fn of(status: u16, body: &str, oddities: &Oddities) -> (ErrorKind, Retry) {
    let failure = Failure::of_response(status, Advice::default(), body.as_bytes(), oddities);
    assert_eq!(failure.status, Some(status));
    (failure.kind, failure.retry)
}

#[track_caller]
fn check(rows: &[(u16, &str, ErrorKind, Retry)]) {
    for (status, body, kind, retry) in rows {
        assert_eq!(of(*status, body, &Oddities::none()), (*kind, *retry), "{status} {body}");
    }
}

#[test]
fn a_status_alone() {
    for &(status, kind, retry) in STATUSES.iter().chain(&[(302, Other, Unknown)]) {
        for body in ["", "<html><title>invalid key: rate limit</title></html>", "{}", "null", "{\"error\":", "words"] {
            assert_eq!(of(status, body, &Oddities::none()), (kind, retry), "{status} {body}");
        }
    }
}

#[test]
fn words_that_say_more_than_the_status() {
    check(&[
        // AWS's throttling may come with 400.
        (400, r#"{"__type":"com.amazonaws#ThrottlingException","message":"Rate exceeded"}"#, RateLimit, Yes),
        (400, r#"{"__type":"ServiceQuotaExceededException","message":"Too many models"}"#, Quota, No),
        (400, r#"{"__type":"ValidationException","message":"The field is wrong"}"#, InvalidRequest, No),
        (400, r#"{"__type":"ConflictException","message":"It is in use"}"#, InvalidRequest, No),
        (403, r#"{"__type":"AccessDeniedException","message":"No"}"#, Permission, No),
        (408, r#"{"message":"The model took too long"}"#, Timeout, Yes),
        (429, r#"{"__type":"ModelNotReadyException","message":"Not yet"}"#, RateLimit, Yes),
        (400, r#"{"error":{"type":"billing_error","message":"Not now"}}"#, Quota, No),
        (409, r#"{"error":{"type":"conflict_error","message":"Not now"}}"#, Other, Yes),
        (413, r#"{"error":{"type":"request_too_large","message":"Too large"}}"#, InvalidRequest, No),
        (529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, Overloaded, Yes),
        (503, r#"{"error":{"code":"slow_down","type":"rate_limit_error","message":"Slow down"}}"#, Overloaded, Yes),
        (401, r#"{"error":{"status":"UNAUTHENTICATED","message":"Who?"}}"#, Auth, No),
        (400, r#"{"error":{"code":"content_filter","message":"The prompt was filtered"}}"#, ContentPolicy, No),
        (403, r#"{"error":{"message":"No","metadata":{"flagged_input":"some"}}}"#, ContentPolicy, No),
        (400, r#"{"error":{"code":"tool_use_failed","message":"It called wrongly"}}"#, InvalidOutput, Yes),
    ]);
}

/// A word that only says whose fault it is does not change what the status says, and neither does a text that reads like
/// a reason to try again.
#[test]
fn the_status_decides() {
    check(&[
        (500, r#"{"error":{"type":"invalid_request_error","message":"Something went wrong"}}"#, Server, Yes),
        (500, r#"{"error":{"message":"invalid key: not found"}}"#, Server, Yes),
        (502, "upstream: 404 not found", Server, Yes),
        (400, r#"{"error":{"type":"api_error","message":"rate limit, overloaded, timeout"}}"#, InvalidRequest, No),
        (400, "network timeout: try again in 5s", InvalidRequest, No),
        (404, r#"{"error":{"type":"server_error","message":"overloaded"}}"#, NotFound, No),
        (409, r#"{"error":{"type":"invalid_request_error","message":"Locked"}}"#, Other, Yes),
    ]);
}

/// Section 5: what of 429 is worth trying again.
#[test]
fn too_many_requests() {
    check(&[
        (
            429,
            r#"{"error":{"code":"rate_limit_exceeded","type":"tokens","message":"Try again in 20s"}}"#,
            RateLimit,
            after(20_000),
        ),
        (429, r#"{"error":{"code":"slow_down","type":"rate_limit_error","message":"Slow down"}}"#, Overloaded, Yes),
        (429, r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"-"}}"#, Quota, No),
        (429, r#"{"error":{"code":"credit_balance_exhausted","type":"insufficient_quota","message":"-"}}"#, Quota, No),
        (429, r#"{"error":{"code":null,"type":"insufficient_quota","message":"-"}}"#, Quota, No),
        (429, r#"{"error":{"code":"rate_limit_exceeded","type":"insufficient_quota","message":"-"}}"#, RateLimit, Yes),
        (429, r#"{"error":{"code":"monthly_billing_cap","message":"-"}}"#, Quota, No),
        (429, r#"{"error":{"message":"You exceeded your current quota, please look"}}"#, Quota, No),
        (
            429,
            r#"{"error":{"code":"rate_limit_exceeded","message":"Request too large for the model: tokens per min"}}"#,
            RateLimit,
            No,
        ),
        (429, r#"{"type":"error","error":{"type":"rate_limit_error","message":"-"}}"#, RateLimit, Yes),
        (
            429,
            r#"{"error":{"type":"rate_limit_error","message":"-","details":{"error_code":"ramp_limit_exceeded"}}}"#,
            RateLimit,
            Yes,
        ),
        (
            429,
            r#"{"error":{"type":"rate_limit_error","message":"-","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
            Quota,
            No,
        ),
        (
            429,
            r#"{"error":{"type":"rate_limit_error","message":"-","details":{"error_code":"contract_spend_limit_reached"}}}"#,
            Quota,
            No,
        ),
        (
            429,
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"check your plan and billing","details":[{"@type":"x.RetryInfo","retryDelay":"34.07s"}]}}"#,
            RateLimit,
            after(34_070),
        ),
        (
            429,
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"check your plan and billing"}}"#,
            Quota,
            No,
        ),
        (
            429,
            r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"-","details":[{"@type":"x.QuotaFailure","violations":[{"quotaId":"RequestsPerDay-Free"}]}]}}]"#,
            Quota,
            No,
        ),
        (
            429,
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"-","details":[{"@type":"x.QuotaFailure","violations":[{"quotaId":"RequestsPerMinute-Free"}]}]}}"#,
            RateLimit,
            Yes,
        ),
        (429, "event: error\ndata: {\"error\":{\"code\":\"insufficient_quota\"}}\n\n", Quota, No),
        (429, "Too many requests. Please retry after 2 seconds", RateLimit, after(2000)),
    ]);
}

#[test]
fn the_input_is_too_long() {
    check(&[
        (400, r#"{"error":{"code":"context_length_exceeded","message":"-"}}"#, ContextWindow, No),
        (
            400,
            r#"{"error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
            ContextWindow,
            No,
        ),
        (413, r#"{"error":{"message":"Please reduce the length of the messages"}}"#, ContextWindow, No),
        (500, r#"{"error":{"message":"The maximum context length is 8 tokens"}}"#, ContextWindow, No),
        (400, r#"{"error":{"code":"string_above_max_length","message":"string too long"}}"#, InvalidRequest, No),
    ]);
}

/// Bedrock's 424 is about another status, which the body has.
#[test]
fn a_status_of_another_status() {
    check(&[
        (424, r#"{"message":"It failed","originalStatusCode":429}"#, RateLimit, Yes),
        (424, r#"{"message":"It failed","originalStatusCode":400}"#, InvalidRequest, No),
        (424, r#"{"__type":"ModelErrorException","message":"It failed","originalStatusCode":500}"#, Server, Yes),
        (424, r#"{"__type":"ModelStreamErrorException","message":"It failed"}"#, Server, Yes),
    ]);
}

/// What a vendor means by a status is data: nothing here knows a vendor.
#[test]
fn statuses_with_a_meaning_of_their_own() {
    const TWO: &[StatusMeaning] =
        &[StatusMeaning::with_delay(402, RateLimit, Yes), StatusMeaning::new(498, Overloaded, Yes)];
    let oddities = Oddities::none().with_statuses(TWO);
    let body = r#"{"error":{"message":"insufficient credit for requests under way"}}"#;
    assert_eq!(of(402, body, &oddities), (Quota, No), "no delay is named");
    let advice = Advice { delay: Some(secs(3)), ..Advice::default() };
    let in_flight = Failure::of_response(402, advice, body.as_bytes(), &oddities);
    assert_eq!((in_flight.kind, in_flight.retry), (RateLimit, Yes));
    let elsewhere = Failure::of_response(402, advice, body.as_bytes(), &Oddities::none());
    assert_eq!((elsewhere.kind, elsewhere.retry), (Quota, No));
    assert_eq!(of(498, "", &oddities), (Overloaded, Yes));
    assert_eq!(of(498, r#"{"message":"invalid api token"}"#, &Oddities::none()), (Auth, No));
    assert_eq!(of(498, r#"{"message":"out of capacity"}"#, &Oddities::none()), (Overloaded, Yes));
}

#[cfg(all(feature = "openai-chat", feature = "cohere"))]
#[test]
fn dialects_with_such_statuses() {
    use crate::dialects::{COHERE, GROQ, OPENROUTER};

    let delay = Advice { delay: Some(secs(3)), ..Advice::default() };
    let kind = |status, advice, oddities| Failure::of_response(status, advice, b"", oddities).kind;
    assert_eq!(kind(402, delay, &OPENROUTER.oddities), RateLimit);
    assert_eq!(kind(402, Advice::default(), &OPENROUTER.oddities), Quota);
    assert_eq!(kind(498, Advice::default(), &GROQ.oddities), Overloaded);
    assert_eq!(kind(498, Advice::default(), &COHERE.oddities), Auth);
}

#[test]
fn a_name_in_a_header() {
    let advice = |name| Advice::of_headers([("X-Amzn-ErrorType", name)], Duration::ZERO);
    let of = |name, body: &str| {
        let failure = Failure::of_response(400, advice(name), body.as_bytes(), &Oddities::none());
        (failure.kind, failure.retry)
    };
    assert_eq!(of("ThrottlingException:http://internal.amazon.com/", r#"{"message":"Slow"}"#), (RateLimit, Yes));
    assert_eq!(of("ValidationException", r#"{"message":"Wrong"}"#), (InvalidRequest, No));
    assert_eq!(
        of("ValidationException", r#"{"message":"Input is too long for requested model"}"#),
        (ContextWindow, No)
    );
    assert_eq!(of("NeverHeardOf", ""), (InvalidRequest, No));
}

#[test]
fn a_body_is_looked_at_up_to_a_limit() {
    let mut body = alloc::vec![b' '; 64 * 1024];
    body.extend_from_slice(br#"{"error":{"code":"insufficient_quota"}}"#);
    let failure = Failure::of_response(429, Advice::default(), &body, &Oddities::none());
    assert_eq!((failure.kind, failure.retry), (RateLimit, Yes));
    let broken = Failure::of_response(500, Advice::default(), b"\xff\xfe{\"", &Oddities::none());
    assert_eq!(broken.kind, Server);
}

/// Words where there is nothing else: what does not pass outweighs what does.
#[test]
fn words_alone() {
    for (text, retry) in [
        ("network error", Yes),
        ("The request timed out", Yes),
        ("context deadline exceeded", Yes),
        ("the server is overloaded", Yes),
        ("rate limit reached", Yes),
        ("Connection reset by peer (os error 104)", Yes),
        ("broken pipe", Yes),
        ("502 Bad Gateway", Yes),
        ("rate limited: try again in 3s", after(3000)),
        ("network timeout: invalid key", No),
        ("timeout while the authorization was checked", No),
        ("auth service: connection refused", No),
        ("overloaded: the context is too long", No),
        ("connection error: token limit", No),
        ("404 not found: network unreachable", No),
        ("temporarily unavailable: wrong key", No),
        ("try again in 3s with a valid API key", No),
        ("the monkey typed", Unknown),
        ("", Unknown),
    ] {
        assert_eq!(Failure::of_text(text).retry, retry, "{text}");
    }
}

#[test]
fn no_response() {
    let of = |why| {
        let failure = Failure::of_no_response(why);
        (failure.kind, failure.retry, failure.status)
    };
    assert_eq!(of(NoResponse::Connection), (Other, Yes, None));
    assert_eq!(of(NoResponse::Timeout), (Timeout, Yes, None));
}

/// Section 6: an error in mid-stream has no status that means anything; its event says what it is.
#[cfg(feature = "openai-chat")]
#[test]
fn errors_in_a_stream() {
    use crate::event::Close;
    use crate::fold::Fold;
    use crate::normalizer::Normalizer;

    for (words, kind, retry) in [
        ("overloaded_error server_is_overloaded UNAVAILABLE serviceUnavailableException slow_down", Overloaded, Yes),
        ("insufficient_system_resource compaction_unavailable", Overloaded, Yes),
        ("rate_limit_error rate_limit_exceeded RESOURCE_EXHAUSTED throttlingException", RateLimit, Yes),
        ("modelNotReadyException", RateLimit, Yes),
        ("api_error server_error INTERNAL internalServerException modelStreamErrorException", Server, Yes),
        ("timeout_error DEADLINE_EXCEEDED modelTimeoutException vector_store_timeout", Timeout, Yes),
        ("invalid_request_error INVALID_ARGUMENT FAILED_PRECONDITION validationException", InvalidRequest, No),
        ("invalid_prompt invalid_image image_too_large", InvalidRequest, No),
        ("authentication_error invalid_api_key UNAUTHENTICATED", Auth, No),
        ("permission_error PERMISSION_DENIED accessDeniedException", Permission, No),
        ("not_found_error model_not_found NOT_FOUND resourceNotFoundException", NotFound, No),
        ("previous_response_not_found", NotFound, No),
        ("billing_error insufficient_quota credit_balance_exhausted", Quota, No),
        ("content_filter content_policy_violation bio_policy misalignment_policy_violation", ContentPolicy, No),
        ("image_content_policy_violation", ContentPolicy, No),
        ("websocket_connection_limit_reached", Other, Yes),
        ("CANCELLED", Cancelled, No),
    ] {
        for word in words.split(' ') {
            let mut normalizer = Normalizer::new(&crate::dialects::OPENAI_CHAT);
            normalizer
                .feed(alloc::format!("data: {{\"error\":{{\"code\":\"{word}\",\"message\":\"-\"}}}}\n\n").as_bytes());
            normalizer.finish(Close::Clean);
            let mut attempt = Attempt::default();
            while let Some(event) = normalizer.poll() {
                attempt.apply(&event);
            }
            assert_eq!(attempt.ending(), Ending::Failed(Failure::new(kind, retry)), "{word}");
        }
    }
}
