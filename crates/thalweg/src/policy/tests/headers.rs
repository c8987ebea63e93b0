use super::*;

/// Sun, 06 Nov 1994 08:49:37 GMT.
const THEN: u64 = 784_111_777;

#[track_caller]
fn check(headers: &[(&str, &str)], delay: Option<Duration>) {
    let advice = Advice::of_headers(headers.iter().copied(), secs(THEN - 60));
    assert_eq!(advice.delay, delay, "{headers:?}");
}

#[test]
fn delays_in_their_three_forms() {
    for (name, value, delay) in [
        ("retry-after-ms", "1500", Some(millis(1500))),
        ("Retry-After-Ms", " 250.5 ", Some(Duration::from_micros(250_500))),
        ("retry-after", "3", Some(secs(3))),
        ("RETRY-AFTER", "0.25", Some(millis(250))),
        ("retry-after", "+2", Some(secs(2))),
        ("retry-after", "1e1", Some(secs(10))),
        ("retry-after", ".5", Some(millis(500))),
        ("retry-after", "0", Some(Duration::ZERO)),
        ("retry-after", "600", Some(secs(600))),
        ("retry-after", "1e999", Some(Duration::MAX)),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Some(secs(60))),
        ("retry-after", "Sunday, 06-Nov-94 08:49:37 GMT", Some(secs(60))),
        ("retry-after", "Sun Nov  6 08:49:37 1994", Some(secs(60))),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 UTC", Some(secs(60))),
        ("retry-after", "Sat, 05 Nov 1994 08:49:37 GMT", Some(Duration::ZERO)),
    ] {
        check(&[(name, value)], delay);
    }
}

#[test]
fn what_is_no_delay() {
    for value in [
        "",
        "soon",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "-1",
        "-0",
        "-1e999",
        "1_000",
        "0x10",
        "1,5",
        "--1",
        "1e",
        "e",
        ".",
        "3 s",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 29 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun",
        "Sun,",
        "Sun Nov 6",
        "Mon, 01 Jan 1900 00:00:00 GMT",
    ] {
        check(&[("retry-after-ms", value)], None);
        check(&[("retry-after", value)], None);
    }
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        check(&[("retry-after-ms", date)], None);
    }
    check(&[], None);
}

#[test]
fn what_cannot_be_read_falls_through() {
    for malformed in ["soon", "NaN", "inf", "-5"] {
        check(&[("retry-after", "2"), ("retry-after-ms", malformed)], Some(secs(2)));
        check(&[("retry-after-ms", malformed), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(secs(60)));
        check(&[("retry-after-ms", malformed), ("retry-after", malformed)], None);
        check(&[("retry-after", malformed), ("retry-after", "7")], Some(secs(7)));
    }
    check(&[("retry-after", "2"), ("retry-after-ms", "1500")], Some(millis(1500)));
}

#[test]
fn years_of_two_digits() {
    let at = |text, year: u64| date::http(text, (year - 1970) * 31_556_952 + 10);
    // In 2026 a year of 76 is 2076, one of 77 is 1977.
    assert_eq!(at("Monday, 01-Jan-76 00:00:00 GMT", 2026), Some(3_345_062_400));
    assert_eq!(at("Monday, 01-Jan-77 00:00:00 GMT", 2026), Some(220_924_800));
    assert_eq!(at("Monday, 01-Jan-27 00:00:00 GMT", 2026), Some(1_798_761_600));
}

#[test]
fn days_of_the_calendar() {
    for (text, at) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
        ("Thu, 31 Dec 2026 23:59:60 GMT", 1_798_761_600),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ] {
        assert_eq!(date::http(text, 0), Some(at), "{text}");
    }
    for (text, at) in [
        ("1994-11-06T08:49:37Z", Some(THEN)),
        ("1994-11-06T08:49:37.123456789Z", Some(THEN)),
        ("1994-11-06t10:49:37+02:00", Some(THEN)),
        ("1994-11-06 03:19:37.5-05:30", Some(THEN)),
        ("1994-11-06T08:49:37", None),
        ("1994-11-06", None),
        ("1994-13-06T08:49:37Z", None),
        ("94-11-06T08:49:37Z", None),
        ("1994-11-06T08:49:37.xZ", None),
        ("1994-11-06T08:49:37+2", None),
    ] {
        assert_eq!(date::rfc3339(text), at, "{text}");
    }
}

#[test]
fn whether_to_try_again() {
    for (value, should_retry) in
        [("true", Some(true)), ("false", Some(false)), ("True", None), ("1", None), ("", None), ("no", None)]
    {
        let advice = Advice::of_headers([("X-Should-Retry", value)], Duration::ZERO);
        assert_eq!(advice.should_retry, should_retry, "{value}");
    }
    let advice = Advice::of_headers([("x-ratelimit-reset", "784111777")], secs(THEN - 9));
    assert_eq!((advice.reset, advice.delay), (Some(secs(9)), None));
}

fn limits(headers: &[(&str, &str)]) -> RateLimits {
    RateLimits::of_headers(headers.iter().copied(), secs(THEN - 30))
}

#[test]
fn limits_of_openai_and_most_others() {
    let all = limits(&[
        ("X-RateLimit-Limit-Requests", "60"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-reset-tokens", "6m0s"),
        ("x-ratelimit-remaining-tokens_usage_based", "1"),
        ("x-request-id", "req_1"),
    ]);
    let limit = |limit, remaining, reset| RateLimit { limit, remaining, reset };
    assert_eq!(all.requests, limit(Some(60), Some(59), Some(secs(1))));
    assert_eq!(all.tokens, limit(Some(150_000), Some(149_984), Some(secs(360))));
    assert_eq!((all.input_tokens, all.output_tokens), Default::default());
    let variants = limits(&[
        ("x-ratelimit-remaining-tokens-minute", "7"),
        ("x-ratelimit-remaining-requests-day", "8"),
        ("x-ratelimit-limit", "9"),
        ("x-ratelimit-limit-images", "1"),
        ("x-ratelimit-unheard-of", "1"),
        ("x-ratelimit-remaining-requests", "many"),
    ]);
    assert_eq!((variants.tokens.remaining, variants.requests.remaining), (Some(7), Some(8)));
    assert_eq!(variants.requests.limit, Some(9));
}

#[test]
fn limits_of_anthropic() {
    let all = limits(&[
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-tokens-remaining", "40"),
        ("anthropic-ratelimit-input-tokens-remaining", "30"),
        ("Anthropic-RateLimit-Output-Tokens-Reset", "1994-11-06T08:49:37Z"),
        ("anthropic-ratelimit-unified-reset", "784111777"),
    ]);
    assert_eq!((all.requests.limit, all.tokens.remaining), (Some(50), Some(40)));
    assert_eq!((all.input_tokens.remaining, all.output_tokens.reset), (Some(30), Some(secs(30))));
    assert_eq!(all.requests.reset, None, "another family");
}

#[test]
fn resets_in_every_format() {
    for (value, reset) in [
        ("12ms", Some(millis(12))),
        ("7.66s", Some(millis(7660))),
        ("1h2m3s", Some(secs(3723))),
        ("0s", Some(Duration::ZERO)),
        ("33.5", Some(millis(33_500))),
        ("784111777", Some(secs(784_111_777))),
        ("1784111777", Some(secs(1_000_000_030))),
        ("1784111777000", Some(secs(1_000_000_030))),
        ("1994-11-06T08:49:37Z", Some(secs(30))),
        ("1994-11-05T08:49:37Z", Some(Duration::ZERO)),
        ("soon", None),
        ("-1", None),
    ] {
        assert_eq!(limits(&[("x-ratelimit-reset-tokens", value)]).tokens.reset, reset, "{value}");
    }
}
