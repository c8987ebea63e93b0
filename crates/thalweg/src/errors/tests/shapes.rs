//! Where the fields of an error are.

use super::*;
use crate::dialect::Frame;

#[test]
fn openai() {
    check(&[
        // OpenAI: nested, flat, with a null code, with the fields of the WebSocket envelope.
        (
            r#"{"error":{"message":"m","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
            RateLimit,
            Yes,
            None,
            Some("rate_limit_exceeded"),
        ),
        (
            r#"{"type":"error","sequence_number":2,"error":{"type":"server_error","code":"server_error","message":"m","param":null}}"#,
            Server,
            Yes,
            None,
            Some("server_error"),
        ),
        (
            r#"{"type":"error","code":"server_error","message":"m","param":null}"#,
            Server,
            Yes,
            None,
            Some("server_error"),
        ),
        (r#"{"type":"error","code":null,"message":"m","param":null}"#, Other, Unknown, None, None),
        (
            r#"{"message":"m","type":"invalid_request_error","code":null}"#,
            InvalidRequest,
            No,
            None,
            Some("invalid_request_error"),
        ),
        (
            r#"{"type":"error","status":429,"error":{"type":"rate_limit_error","message":"m","headers":{"Retry-After":"2"}}}"#,
            RateLimit,
            after(2000),
            Some(429),
            Some("rate_limit_error"),
        ),
    ]);
}

#[test]
fn anthropic() {
    check(&[
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            Overloaded,
            Yes,
            None,
            Some("overloaded_error"),
        ),
        (
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
            Quota,
            No,
            None,
            Some("enforced_spend_limit_reached"),
        ),
        (
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"ramp_limit_exceeded"}}}"#,
            RateLimit,
            Yes,
            None,
            Some("ramp_limit_exceeded"),
        ),
        (
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":null}}"#,
            RateLimit,
            Yes,
            None,
            Some("rate_limit_error"),
        ),
    ]);
}

#[test]
fn local_servers() {
    check(&[
        (
            r#"{"code":503,"message":"Loading model","type":"unavailable_error"}"#,
            Overloaded,
            Yes,
            Some(503),
            Some("unavailable_error"),
        ),
        (
            r#"{"object":"error","message":"m","type":"NotFoundError","param":null,"code":404}"#,
            NotFound,
            No,
            Some(404),
            Some("NotFoundError"),
        ),
    ]);
}

#[test]
fn google() {
    check(&[
        // Google, alone and in a list.
        (
            r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#,
            InvalidRequest,
            No,
            Some(400),
            Some("INVALID_ARGUMENT"),
        ),
        (
            r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#,
            Overloaded,
            Yes,
            Some(503),
            Some("UNAVAILABLE"),
        ),
        (
            r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"@type":"a/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
            Auth,
            No,
            Some(400),
            Some("INVALID_ARGUMENT"),
        ),
    ]);
}

#[test]
fn ollama_cohere_mistral_fastapi_xai() {
    check(&[
        (r#"{"error":"model 'example' not found"}"#, NotFound, No, None, None),
        (r#"{"id":"e1","message":"too many tokens: 9000"}"#, ContextWindow, No, None, None),
        (
            r#"{"object":"error","message":"m","type":"invalid_request_error","param":null,"code":null}"#,
            InvalidRequest,
            No,
            None,
            Some("invalid_request_error"),
        ),
        (
            r#"{"object":"error","message":{"detail":[{"loc":["body"],"msg":"Field required","type":"missing"}]},"type":"invalid_request_error"}"#,
            InvalidRequest,
            No,
            None,
            Some("invalid_request_error"),
        ),
        (r#"{"detail":"Method Not Allowed"}"#, Other, Unknown, None, None),
        (
            r#"{"detail":[{"loc":["body","model"],"msg":"Field required","type":"missing"}]}"#,
            InvalidRequest,
            No,
            None,
            Some("missing"),
        ),
        (
            r#"{"code":"Client specified an invalid argument","error":"m"}"#,
            InvalidRequest,
            No,
            None,
            Some("Client specified an invalid argument"),
        ),
    ]);
}

#[test]
fn azure_and_openrouter() {
    check(&[
        // Azure.
        (
            r#"{"error":{"message":"m","type":null,"code":"400","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}"#,
            ContentPolicy,
            No,
            Some(400),
            Some("400"),
        ),
        // OpenRouter.
        (
            r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"Example","raw":"{\"error\":{\"code\":\"context_length_exceeded\"}}"}}}"#,
            ContextWindow,
            No,
            Some(502),
            Some("502"),
        ),
        (
            r#"{"error":{"code":429,"message":"Provider returned error","metadata":{"headers":{"retry-after-ms":"1500.2"},"raw":"busy"}}}"#,
            RateLimit,
            after(1501),
            Some(429),
            Some("429"),
        ),
        (
            r#"{"error":{"code":403,"message":"m","metadata":{"reasons":["violence"],"flagged_input":"f","provider_name":"Example"}}}"#,
            ContentPolicy,
            No,
            Some(403),
            Some("403"),
        ),
    ]);
}

#[test]
fn cloudflare_minimax_groq() {
    check(&[
        // Cloudflare: its own errors, and those of its API.
        (
            r#"{"type":"https://example.com/520","title":"Error 520","status":520,"detail":"m","cloudflare_error":true,"retryable":true,"retry_after":60}"#,
            Server,
            after(60_000),
            Some(520),
            None,
        ),
        (
            r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}"#,
            Auth,
            No,
            None,
            Some("10000"),
        ),
        // MiniMax.
        (r#"{"base_resp":{"status_code":1002,"status_msg":"m"}}"#, RateLimit, Yes, None, Some("1002")),
        (r#"{"status_code":1008,"status_msg":"m"}"#, Quota, No, None, Some("1008")),
        // Groq.
        (
            r#"{"error":{"type":"invalid_request_error","code":"tool_use_failed","failed_generation":"f","status_code":400}}"#,
            InvalidOutput,
            Yes,
            Some(400),
            Some("tool_use_failed"),
        ),
    ]);
}

#[test]
fn no_words_for_it() {
    check(&[
        (r#""m""#, Other, Unknown, None, None),
        ("7", Other, Unknown, None, None),
        ("{}", Other, Unknown, None, None),
        ("[]", Other, Unknown, None, None),
        (r#"{"error":{}}"#, Other, Unknown, None, None),
    ]);
}

#[test]
fn bedrock_names_its_exceptions_beside_the_json() {
    let rows: &[(&str, &str, ErrorKind, Retry, Option<u16>)] = &[
        (
            "throttlingException",
            r#"{"message":"Too many tokens, please wait before trying again."}"#,
            RateLimit,
            Yes,
            None,
        ),
        ("ThrottlingException:http://internal.example/", r#"{"Message":"m"}"#, RateLimit, Yes, None),
        ("internalServerException", r#"{"message":"m"}"#, Server, Yes, None),
        ("serviceUnavailableException", r#"{"message":"m"}"#, Overloaded, Yes, None),
        ("modelTimeoutException", r#"{"message":"m"}"#, Timeout, Yes, None),
        ("modelNotReadyException", r#"{"message":"m"}"#, RateLimit, Yes, None),
        (
            "modelStreamErrorException",
            r#"{"message":"m","originalStatusCode":500,"originalMessage":"o"}"#,
            Server,
            Yes,
            Some(500),
        ),
        ("modelStreamErrorException", r#"{"message":"m","originalStatusCode":429}"#, RateLimit, Yes, Some(429)),
        ("modelErrorException", r#"{"message":"m","originalStatusCode":400}"#, InvalidRequest, No, Some(400)),
        ("modelErrorException", r#"{"message":"m"}"#, Other, Unknown, None),
        ("validationException", r#"{"message":"m"}"#, InvalidRequest, No, None),
        ("validationException", r#"{"message":"Input is too long for requested model."}"#, ContextWindow, No, None),
        ("AccessDeniedException", r#"{"message":"m"}"#, Permission, No, None),
        ("ResourceNotFoundException", r#"{"message":"m"}"#, NotFound, No, None),
        ("ServiceQuotaExceededException", r#"{"message":"m"}"#, Quota, No, None),
        ("ExpiredTokenException", r#"{"message":"m"}"#, Auth, No, None),
    ];
    for (name, json, kind, retry, status) in rows {
        check_hinted(Hint::Name(name), (json, *kind, *retry, *status, Some(name)));
    }
    // The JSON's own word goes before.
    let own = r#"{"__type":"com.amazon.example#ThrottlingException","message":"m"}"#;
    let name = Some("com.amazon.example#ThrottlingException");
    check_hinted(Hint::Name("validationException"), (own, RateLimit, Yes, None, name));
}

#[test]
fn what_says_nothing_is_what_the_protocol_makes_of_it() {
    let hint = Hint::Otherwise(Server, Yes);
    check_hinted(hint, (r#"{"error":"llama runner process has terminated"}"#, Server, Yes, None, None));
    check_hinted(hint, (r#"{"error":"model \"example\" not found, try pulling it first"}"#, NotFound, No, None, None));
    let long = r#"{"error":"the input length exceeds the context length"}"#;
    check_hinted(hint, (long, ContextWindow, No, None, None));
}

#[test]
fn messages() {
    for (json, message) in [
        (r#"{"error":{"message":"inner"},"message":"outer"}"#, "inner"),
        (r#"{"error":"Bad Request","message":"said"}"#, "said"),
        (r#"{"error":"said"}"#, "said"),
        (r#"{"title":"T","detail":"said"}"#, "said"),
        (r#"{"title":"said"}"#, "said"),
        (r#"{"message":{"detail":"said"}}"#, "said"),
        (r#"{"errors":[{"message":"said"}]}"#, "said"),
        (r#"{"detail":[{"msg":"said"}]}"#, "said"),
        (r#"{"error":{"error":{"message":"said"}}}"#, "said"),
        (r#"{"error":{"message":null}}"#, r#"{"error":{"message":null}}"#),
        (r#"{"message":"\ud83d"}"#, "\u{fffd}"),
        ("[[[[[[[[1]]]]]]]]", "[[[[[[[[1]]]]]]]]"),
    ] {
        let out = reported(json, Hint::None);
        let told = (0..out.len()).find_map(|n| match out.get(n) {
            Some(Event::Error { message, .. }) => Some(String::from(message)),
            _ => None,
        });
        assert_eq!(told.as_deref(), Some(message), "{json}");
    }
}

#[test]
fn frames_that_are_errors() {
    let named = |event, data| looks_like_error(Frame { event: Some(event), ..Frame::new(data) });
    for data in [
        r#"{"detail":"m"}"#,
        r#"{"message":"m","code":500}"#,
        r#"{"message":"m","code":"500"}"#,
        r#"{"message":"m","type":"overloaded_error"}"#,
        r#"{"message":"m","type":"some_error"}"#,
        r#"{"cloudflare_error":true}"#,
    ] {
        assert!(looks_like_error(Frame::new(data)) && named("message", data), "{data}");
        assert!(!named("ping", data), "{data}");
    }
    for data in ["{}", r#"{"message":"m"}"#, r#"{"message":"m","code":200}"#, r#"{"detail":1}"#, r#"{"type":"tide"}"#] {
        assert!(!looks_like_error(Frame::new(data)), "{data}");
        assert!(named("error", data), "{data}");
    }
    assert!(is_nothing(r#"{"message":"","code":null,"details":[]}"#) && !is_nothing(r#"{"code":1}"#));
    assert!(are_words("Internal Server Error") && !are_words("{\"a b\"") && !are_words("tent\":\"a b\"}"));
}
