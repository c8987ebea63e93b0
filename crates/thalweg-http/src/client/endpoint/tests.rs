use serde_json::json;

use super::*;
use crate::client::prepare::Request;

fn prepared(endpoint: &Endpoint, streams: bool) -> Prepared {
    prepared_for("us.some/model:0", endpoint, streams)
}

fn prepared_for(model: &str, endpoint: &Endpoint, streams: bool) -> Prepared {
    let body = json!({"model": model, "max_tokens": 5});
    let request = Request { streams, ..Request::new(body) };
    request.prepare(endpoint.profile()).expect("the request is one that goes anywhere")
}

#[test]
fn paths_go_behind_bases_with_and_without_a_version() {
    let check = |dialect: &str, base: &str, streams: bool, expected: &str| {
        let endpoint = Endpoint::of(dialect, base).expect("the base is one");
        assert_eq!(endpoint.url(&prepared(&endpoint, streams)).as_str(), expected);
    };
    check("openai-chat", "https://h", true, "https://h/v1/chat/completions");
    check("openai-chat", "https://h/v1", false, "https://h/v1/chat/completions");
    check("openai-chat", "https://h/v1/", true, "https://h/v1/chat/completions");
    check("groq", "https://h/openai", true, "https://h/openai/v1/chat/completions");
    check("gemini-openai", "https://h/v1beta/openai", true, "https://h/v1beta/openai/chat/completions");
    check("perplexity", "https://h", true, "https://h/chat/completions");
    check(
        "azure",
        "https://h/openai/v1?api-version=preview",
        true,
        "https://h/openai/v1/chat/completions?api-version=preview",
    );
    check("openai-responses", "https://h", true, "https://h/v1/responses");
    check("chatgpt", "https://h/backend-api/codex", true, "https://h/backend-api/codex/responses");
    check("anthropic-messages", "https://h", true, "https://h/v1/messages");
    check("gemini", "https://h", true, "https://h/v1beta/models/us.some%2Fmodel%3A0:streamGenerateContent?alt=sse");
    check(
        "gemini",
        "https://h?x=1",
        true,
        "https://h/v1beta/models/us.some%2Fmodel%3A0:streamGenerateContent?x=1&alt=sse",
    );
    check("gemini", "https://h", false, "https://h/v1beta/models/us.some%2Fmodel%3A0:generateContent");
    check("bedrock-converse", "https://h", true, "https://h/model/us.some%2Fmodel%3A0/converse-stream");
    check("bedrock-converse", "https://h", false, "https://h/model/us.some%2Fmodel%3A0/converse");
    check("bedrock-nova", "https://h", true, "https://h/model/us.some%2Fmodel%3A0/invoke-with-response-stream");
    check("ollama", "http://h:11434", true, "http://h:11434/api/chat");
    check("cohere", "https://h", true, "https://h/v2/chat");
    check("mistral", "https://h", true, "https://h/v1/chat/completions");
}

#[test]
fn a_model_is_one_part_of_a_path() {
    let check = |model: &str, expected: &str| {
        let endpoint = Endpoint::of("bedrock-converse", "https://h").expect("the base is one");
        let url = endpoint.url(&prepared_for(model, &endpoint, true));
        assert_eq!(url.path(), format!("/model/{expected}/converse-stream"));
    };
    check("aZ09-_.~", "aZ09-_.~");
    check("a b+c", "a%20b%2Bc");
    check("ebbe-flut-ü", "ebbe-flut-%C3%BC");
    check("../a%2Fb?c#d", "..%2Fa%252Fb%3Fc%23d");
}

#[test]
fn a_user_and_a_password_are_sent_as_they_are_meant() {
    let check = |userinfo: &str, expected: &str| {
        let endpoint = Endpoint::of("openai-chat", &format!("https://{userinfo}@h")).expect("the base is one");
        let headers = endpoint.headers(&prepared(&endpoint, true)).expect("the headers are some");
        let expected = format!("Basic {}", BASE64_STANDARD.encode(expected));
        assert_eq!(headers[AUTHORIZATION], *expected, "{userinfo}");
    };
    check("me", "me:");
    check(":pw", ":pw");
    check("m%65:p%2f%3A%c3%BC", "me:p/:ü");
    check("me:ü", "me:ü");
    // What is no byte stands for itself.
    check("me:%", "me:%");
    check("me:%4", "me:%4");
    check("me:%zz%+4", "me:%zz%+4");
    check("me:%ff", "me:\u{fffd}");
}

#[test]
fn keys_go_where_the_profile_says_and_tokens_are_bearers_only() {
    let check = |dialect: &str, secret: &str, is_token: bool, name: &str, value: &str| {
        let endpoint = Endpoint::of(dialect, "https://h").expect("the base is one");
        let secret = Secret::new(secret);
        let endpoint = if is_token { endpoint.with_token(secret) } else { endpoint.with_key(secret) };
        let headers = endpoint.headers(&prepared(&endpoint, true)).expect("the headers are some");
        let found: Vec<_> = headers
            .iter()
            .filter(|(_, value)| value.is_sensitive())
            .map(|(n, v)| (n.as_str(), v.to_str().ok()))
            .collect();
        assert_eq!(found, [(name, Some(value))], "{dialect}");
    };
    check("openai-chat", "sk-1", false, "authorization", "Bearer sk-1");
    check("azure", "az-1", false, "api-key", "az-1");
    check("anthropic-messages", "sk-ant-api-1", false, "x-api-key", "sk-ant-api-1");
    check("anthropic-messages", "sk-ant-oat-1", false, "authorization", "Bearer sk-ant-oat-1");
    check("anthropic-messages", "token-1", true, "authorization", "Bearer token-1");
    check("gemini", "g-1", false, "x-goog-api-key", "g-1");
}

#[test]
fn a_token_beside_keys_is_the_only_one_sent() {
    let endpoint = Endpoint::of("anthropic-messages", "https://me:pw@h")
        .and_then(|endpoint| endpoint.with_header("x-api-key", "stray-key"))
        .expect("the base is one")
        .with_key(Secret::new("sk-ant-api-1"))
        .with_token(Secret::new("token-1"));
    let headers = endpoint.headers(&prepared(&endpoint, true)).expect("the headers are some");
    assert_eq!(headers.get("x-api-key"), None);
    assert_eq!(headers.get_all(AUTHORIZATION).iter().collect::<Vec<_>>(), ["Bearer token-1"]);
}

#[test]
fn another_key_takes_the_place_of_one_that_is_a_token() {
    let endpoint = Endpoint::of("anthropic-messages", "https://h").expect("the base is one");
    let endpoint = endpoint.with_key(Secret::new("sk-ant-oat-house")).with_key(Secret::new("sk-ant-api-tenant"));
    let headers = endpoint.headers(&prepared(&endpoint, true)).expect("the headers are some");
    assert_eq!(
        (headers.get(AUTHORIZATION), &headers["x-api-key"]),
        (None, &"sk-ant-api-tenant".parse().expect("it is"))
    );
}

#[test]
fn a_key_in_the_query_and_a_user_in_the_base_are_sent_and_not_shown() {
    let mut profile = Profile::of("gemini").expect("it is one of ours");
    profile.auth = AuthStyle::Query("key".into());
    let endpoint = Endpoint::new(profile, "https://me:p%40ss@h/?token=tok-1").expect("the base is one");
    let endpoint = endpoint.with_key(Secret::new("g-key"));
    let request = prepared(&endpoint, false);
    assert!(endpoint.url(&request).as_str().ends_with("generateContent?token=tok-1&key=g-key"));
    let headers = endpoint.headers(&request).expect("the headers are some");
    assert_eq!(headers[AUTHORIZATION], "Basic bWU6cEBzcw==");
    let shown = format!("{endpoint:?} {}", endpoint.base());
    for secret in ["g-key", "tok-1", "p%40ss", "p@ss", "bWU6"] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!endpoint.redactor().text(secret).contains(secret) || secret.len() < 5, "{secret}");
    }
}

#[test]
fn what_is_no_base_is_said_without_it() {
    let check = |base: &str, expected: EndpointError| {
        assert_eq!(Endpoint::of("openai-chat", base).err(), Some(expected), "{base}");
    };
    check("api.openai.com", EndpointError::Base);
    check("ftp://h", EndpointError::Base);
    check("https://sk secret@", EndpointError::Base);
    assert_eq!(Endpoint::of("carrier-pigeon", "https://h").err(), Some(EndpointError::Dialect));
}

#[test]
fn what_frames_a_request_is_not_the_callers_to_say() {
    let endpoint = || Endpoint::of("openai-chat", "https://x").expect("it is a base");
    for name in ["Content-Length", "transfer-encoding"] {
        assert_eq!(endpoint().with_header(name, "5").err(), Some(EndpointError::Header), "{name}");
    }
}
