//! One row a shape: what a provider sends, and what it is.

mod classes;
mod shapes;

use alloc::string::String;
use alloc::vec::Vec;

use super::delay::{go_style, in_headers, in_seconds, in_text};
use super::*;
use crate::emitter::Emitter;
use crate::event::{Event, Origin};
use crate::limits::Limits;

type Row = (&'static str, ErrorKind, Retry, Option<u16>, Option<&'static str>);

use ErrorKind::{
    Auth, Cancelled, ContentPolicy, ContextWindow, InvalidOutput, InvalidRequest, NotFound, Other, Overloaded,
    Permission, Quota, RateLimit, Server, Timeout,
};
use Retry::{No, Unknown, Yes};

/// What a status says by itself, inside of a body or before one.
pub(crate) const STATUSES: &[(u16, ErrorKind, Retry)] = &[
    (400, InvalidRequest, No),
    (401, Auth, No),
    (402, Quota, No),
    (403, Permission, No),
    (404, NotFound, No),
    (408, Timeout, Yes),
    (409, Other, Yes),
    (413, InvalidRequest, No),
    (421, Other, Yes),
    (422, InvalidRequest, No),
    (424, Server, Yes),
    (425, Other, Yes),
    (429, RateLimit, Yes),
    (498, Auth, No),
    (499, Cancelled, No),
    (500, Server, Yes),
    (502, Server, Yes),
    (503, Overloaded, Yes),
    (504, Timeout, Yes),
    (520, Server, Yes),
    (521, Server, Yes),
    (522, Timeout, Yes),
    (523, Server, Yes),
    (524, Timeout, Yes),
    (529, Overloaded, Yes),
    (599, Server, Yes),
];

const fn after(ms: u32) -> Retry {
    Retry::after_ms(ms)
}

fn reported(json: &str, hint: Hint<'_>) -> Emitter {
    let mut out = Emitter::new(Limits::default());
    report(json, hint, &mut out);
    out
}

fn report(json: &str, hint: Hint<'_>, out: &mut Emitter) {
    Causes::default().report(json, hint, out);
}

#[track_caller]
fn check_hinted(hint: Hint<'_>, (json, kind, retry, status, code): Row) {
    let out = reported(json, hint);
    assert_eq!(out.len(), 1, "one event: {json}");
    let Some(Event::Error { kind: k, retry: r, status: s, code: c, fatal, origin, raw, .. }) = out.get(0) else {
        panic!("{json} gave {:?}", out.get(0));
    };
    assert_eq!((k, r, s, c), (kind, retry, status, code), "{json}");
    assert!(fatal && origin == Origin::Provider && out.has_failed(), "{json}");
    assert_eq!(raw, json.starts_with(['{', '[']).then_some(json), "verbatim");
}

#[track_caller]
fn check(rows: &[Row]) {
    rows.iter().for_each(|row| check_hinted(Hint::None, *row));
}

#[test]
fn delays() {
    for (text, ms) in [
        ("34s", Some(34_000)),
        ("34.074824224s", Some(34_075)),
        ("1h2m3.5s", Some(3_723_500)),
        ("500ms", Some(500)),
        ("0s", None),
        ("-3s", None),
        ("NaNs", None),
        ("infs", None),
        ("5", None),
        ("s", None),
        ("", None),
        ("1.2.3s", None),
        ("99999999999999999999s", None),
        ("18446744073709551615h", None),
        ("50d", None),
    ] {
        assert_eq!(go_style(text), ms, "{text}");
    }
    for (text, ms) in [
        ("Rate limited. Please try again in 6m0s. Visit", Some(360_000)),
        ("Please try again in 20s.", Some(20_000)),
        ("try again in 7.66s", Some(7660)),
        ("try again in 1 minute and 5.5 seconds.", Some(65_500)),
        ("Please retry in 1 h, 2 m 3 s, 5 left", Some(3_723_000)),
        ("try again in 20s and then", Some(20_000)),
        ("Please retry in 34.07s.", Some(34_070)),
        ("Try again in 5 seconds", Some(5000)),
        ("please try again in 2 minutes, please", Some(120_000)),
        ("try again in a moment", None),
        ("try again in -5s", None),
        ("try again later", None),
        ("try again in ", None),
        ("try again in ä", None),
    ] {
        assert_eq!(in_text(text), ms, "{text}");
    }
    for (number, ms) in [("2", Some(2000)), ("0.25", Some(250)), ("0", None), ("-1", None), ("1e999", None), ("", None)]
    {
        assert_eq!(in_seconds(number), ms, "{number}");
    }
    for (headers, ms) in [
        (r#"{"retry-after-ms":"120","retry-after":"1"}"#, Some(120)),
        (r#"{"Retry-After-Ms":"soon","RETRY-AFTER":7}"#, Some(7000)),
        (r#"{"retry-after":"Fri, 31 Dec 1999 23:59:59 GMT"}"#, None),
        (r#"{"x":1}"#, None),
        (r#""retry-after: 7""#, None),
    ] {
        assert_eq!(in_headers(headers), ms, "{headers}");
    }
    check(&[
        // A server that says when to come again says that it helps; one that says no means it.
        (r#"{"message":"Please try again in 20s"}"#, Other, after(20_000), None, None),
        (
            r#"{"error":{"code":"invalid_api_key","message":"Fix it and try again in 20s"}}"#,
            Auth,
            No,
            None,
            Some("invalid_api_key"),
        ),
    ]);
}

#[test]
fn words_alone() {
    for (words, kind, retry) in [
        ("Internal Server Error", Server, Yes),
        ("upstream connection error: invalid api key", Auth, No),
        ("rate limit reached, try again in 2s", RateLimit, after(2000)),
        ("network unreachable", Server, Yes),
        ("request timed out", Timeout, Yes),
        ("the tide is out", Other, Unknown),
    ] {
        let mut out = Emitter::new(Limits::default());
        report_words(words, &mut out);
        let expected = Event::Error {
            kind,
            retry,
            fatal: true,
            status: None,
            code: None,
            message: words,
            origin: Origin::Provider,
            raw: None,
        };
        assert_eq!((out.len(), out.get(0)), (1, Some(expected)));
    }
}

#[track_caller]
fn check_causes(errors: &[&str], expected: &[&str]) {
    let mut out = Emitter::new(Limits::default());
    let mut causes = Causes::default();
    errors.iter().for_each(|json| causes.report(json, Hint::None, &mut out));
    let told = |n| match out.get(n) {
        Some(Event::Error { message, .. }) => String::from(message),
        Some(Event::Anomaly { kind, .. }) => String::from(kind.as_str()),
        other => panic!("{other:?}"),
    };
    assert_eq!((0..out.len()).map(told).collect::<Vec<_>>(), expected);
}

#[test]
fn one_event_a_cause() {
    let nested = r#"{"type":"error","error":{"code":"server_error","message":"boom"}}"#;
    check_causes(
        &[nested, r#"{"code":"server_error","message":"The server had an error"}"#],
        &["boom", "restatement_differs"],
    );
    check_causes(&[nested, r#"{"code":null,"message":"bo\u006fm"}"#], &["boom"]);
    check_causes(&[nested, r#"{"code":"rate_limit_exceeded","message":"slow"}"#, nested], &["boom", "slow"]);
    // Types and statuses are the same for many causes.
    let typed = [r#"{"type":"server_error","message":"one"}"#, r#"{"type":"server_error","message":"two"}"#];
    check_causes(&typed, &["one", "two"]);
    check_causes(&[r#"{"code":500,"message":"one"}"#, r#"{"code":500,"message":"two"}"#], &["one", "two"]);
    check_causes(&[r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":2}"#], &[r#"{"a":1}"#, r#"{"a":2}"#]);
    check_causes(&["null", "false", "\"\""], &[]);
}
