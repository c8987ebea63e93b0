use alloc::vec::Vec;

use super::*;
use crate::dialect::Oddities;
use Decision::{Again, Stop};

/// Half of all `u32`.
const HALF: u32 = 1 << 31;

fn status(status: u16) -> Failure {
    Failure::of_response(status, Advice::default(), b"", &Oddities::none())
}

fn asking(code: u16, delay: Duration) -> Failure {
    status(code).with_advice(Advice { delay: Some(delay), ..Advice::default() })
}

fn should_retry(code: u16, should_retry: bool) -> Failure {
    status(code).with_advice(Advice { should_retry: Some(should_retry), ..Advice::default() })
}

/// The delays until it stops, and why it stops.
fn until_stop(mut decide: impl FnMut() -> Decision) -> (Vec<Duration>, Why, bool) {
    let mut delays = Vec::new();
    loop {
        match decide() {
            Again { delay } => delays.push(delay),
            Stop { why, recoverable } => return (delays, why, recoverable),
        }
        assert!(delays.len() < 100, "it ends");
    }
}

#[track_caller]
fn check(rules: &RetryRules, failure: &Failure, expected: Decision) {
    assert_eq!(Retry::new(rules.clone()).failed(failure, 0), expected, "{failure:?}");
}

const DOUBLED: [u64; 10] = [2, 4, 8, 16, 32, 64, 120, 120, 120, 120];

#[test]
fn rate_limits_ten_times() {
    let mut retry = Retry::new(RetryRules::default());
    let (delays, why, recoverable) = until_stop(|| retry.failed(&status(429), u32::MAX));
    assert_eq!(delays, DOUBLED.map(secs), "from 2 s on, doubled, no jitter");
    assert_eq!((why, recoverable), (Why::Spent, false), "an exhausted rate limit");
    assert_eq!(retry.retries(), 10);
}

#[test]
fn what_passes_like_rate_limits() {
    let timeout = Failure::of_no_response(NoResponse::Timeout);
    let connection = Failure::of_no_response(NoResponse::Connection);
    let failures = [500, 502, 503, 504, 529, 408, 409, 520].map(status);
    for failure in failures.iter().chain(&[timeout, connection, Failure::of_text("os error 104: network")]) {
        let mut retry = Retry::new(RetryRules::default());
        let (delays, why, recoverable) = until_stop(|| retry.failed(failure, 0));
        assert_eq!(delays, DOUBLED.map(secs), "{failure:?}");
        assert_eq!((why, recoverable), (Why::Spent, true), "{failure:?}");
    }
}

#[test]
fn what_does_not_pass() {
    let rules = RetryRules::default();
    for code in [400, 401, 402, 403, 404, 413, 422, 498, 499] {
        check(&rules, &status(code), Stop { why: Why::Permanent, recoverable: false });
    }
    for kind in [ErrorKind::Auth, ErrorKind::ContextWindow, ErrorKind::Quota, ErrorKind::Cancelled] {
        check(&rules, &Failure::new(kind, No), Stop { why: Why::Permanent, recoverable: false });
    }
    let unknown = Failure::new(ErrorKind::Other, Unknown);
    check(&rules, &unknown, Stop { why: Why::Unknown, recoverable: false });
    let rules = RetryRules { retries_unknown: true, ..rules };
    check(&rules, &unknown, Again { delay: secs(2) });
}

/// Arguments that are no JSON are the model's doing, not the stream's.
#[test]
fn malformed_output_is_no_failure_of_the_stream() {
    let failure = Failure::new(ErrorKind::InvalidOutput, Yes);
    check(&RetryRules::default(), &failure, Stop { why: Why::InvalidOutput, recoverable: true });
}

#[test]
fn statuses_that_are_tried_once() {
    for code in [421, 425] {
        let mut retry = Retry::new(RetryRules::default());
        let (delays, why, recoverable) = until_stop(|| retry.failed(&status(code), 0));
        assert_eq!((delays.as_slice(), why, recoverable), (&[secs(2)][..], Why::Spent, true), "{code}");
    }
}

#[test]
fn delays_that_a_server_asks_for() {
    let rules = RetryRules::default();
    let too_long = |asked, recoverable| Stop { why: Why::TooLong { asked }, recoverable };
    for code in [429, 503] {
        check(&rules, &asking(code, millis(1500)), Again { delay: millis(1500) });
        check(&rules, &asking(code, Duration::ZERO), Again { delay: Duration::ZERO });
        check(&rules, &asking(code, secs(120)), Again { delay: secs(120) });
        check(&rules, &asking(code, millis(120_001)), too_long(millis(120_001), code != 429));
        check(&rules, &asking(code, Duration::MAX), too_long(Duration::MAX, code != 429));
    }
    check(&rules, &asking(400, secs(1)), Stop { why: Why::Permanent, recoverable: false });
    let wait = RetryRules { too_long: TooLong::WaitTheCap, ..rules.clone() };
    check(&wait, &asking(429, secs(600)), Again { delay: secs(120) });
    check(&wait, &asking(429, Duration::MAX), Again { delay: secs(120) });
    let short = RetryRules { delay_max: secs(1), ..rules.clone() };
    check(&short, &status(429), Again { delay: secs(1) });
    let deaf = RetryRules { obeys_headers: false, ..rules };
    check(&deaf, &asking(429, secs(600)), Again { delay: secs(2) });
}

/// A delay in a body counts where no header names one.
#[test]
fn delays_in_bodies_and_events() {
    let rules = RetryRules::default();
    let asked = Failure::new(ErrorKind::RateLimit, event::Retry::after_ms(34_074));
    check(&rules, &asked, Again { delay: millis(34_074) });
    check(&rules, &asked.with_advice(Advice { delay: Some(secs(5)), ..Advice::default() }), Again { delay: secs(5) });
    let too_long = Failure::new(ErrorKind::RateLimit, event::Retry::after_ms(360_000));
    check(&rules, &too_long, Stop { why: Why::TooLong { asked: secs(360) }, recoverable: false });
    check(&RetryRules { obeys_bodies: false, ..rules }, &asked, Again { delay: secs(2) });
}

#[test]
fn a_delay_of_nothing_may_be_none() {
    let rules = RetryRules { obeys_zero: false, obeys_reset: true, ..RetryRules::default() };
    check(&rules, &asking(429, Duration::ZERO), Again { delay: secs(2) });
    let mut advice = Advice { delay: Some(Duration::ZERO), reset: Some(secs(9)), ..Advice::default() };
    check(&rules, &status(429).with_advice(advice), Again { delay: secs(9) });
    advice.delay = Some(secs(3));
    check(&rules, &status(429).with_advice(advice), Again { delay: secs(3) });
    let default = RetryRules::default();
    let reset = Advice { reset: Some(secs(9)), ..Advice::default() };
    check(&default, &status(429).with_advice(reset), Again { delay: secs(2) });
}

#[test]
fn what_the_server_says_of_trying_again() {
    let rules = RetryRules::default();
    check(&rules, &should_retry(500, false), Stop { why: Why::ServerSaysNo, recoverable: false });
    check(&rules, &should_retry(429, false), Stop { why: Why::ServerSaysNo, recoverable: false });
    check(&rules, &should_retry(400, true), Again { delay: secs(2) });
    let quota = Failure { kind: ErrorKind::Quota, ..should_retry(429, true) };
    check(&rules, &quota, Stop { why: Why::Permanent, recoverable: false });
    let deaf = RetryRules { obeys_should_retry: false, ..rules };
    check(&deaf, &should_retry(500, false), Again { delay: secs(2) });
    check(&deaf, &should_retry(400, true), Stop { why: Why::Permanent, recoverable: false });
}

#[test]
fn nothing_is_tried_again_once_content_was_given() {
    let given = || {
        let mut retry = Retry::new(RetryRules::default());
        retry.content_was_given();
        retry
    };
    let stop = Stop { why: Why::ContentGiven, recoverable: true };
    assert_eq!(given().failed(&status(500), 0), stop);
    assert_eq!(given().failed(&status(429), 0), stop);
    assert_eq!(given().failed(&asking(429, secs(600)), 0), stop);
    assert_eq!(given().failed(&should_retry(400, true), 0), stop);
    assert_eq!(given().stream_was_empty(Empty::Silent, 0), stop);
    assert_eq!(given().failed(&status(401), 0), Stop { why: Why::Permanent, recoverable: false });
    assert_eq!(given().retries(), 0);
}

#[test]
fn empty_streams_three_times() {
    let mut retry = Retry::new(RetryRules::default());
    let (delays, why, recoverable) = until_stop(|| retry.stream_was_empty(Empty::Silent, u32::MAX));
    assert_eq!((delays.as_slice(), why, recoverable), (&[secs(1); 3][..], Why::Spent, true));
    let mut retry = Retry::new(RetryRules::default());
    assert_eq!(retry.stream_was_empty(Empty::RanOut, 0), Stop { why: Why::RanOut, recoverable: false });
}

#[test]
fn empty_answers_ten_times() {
    let mut retry = Retry::new(RetryRules::default());
    let (delays, why, recoverable) = until_stop(|| retry.answer_was_empty(Empty::Silent, false, 0));
    assert_eq!((delays.as_slice(), why, recoverable), (&DOUBLED.map(secs)[..], Why::Spent, true));
    let mut retry = Retry::new(RetryRules::default());
    let ends = Stop { why: Why::EndsWithAssistant, recoverable: false };
    assert_eq!(retry.answer_was_empty(Empty::Silent, true, 0), ends);
    let ran_out = Stop { why: Why::RanOut, recoverable: false };
    assert_eq!(retry.answer_was_empty(Empty::RanOut, false, 0), ran_out);
}

#[test]
fn each_kind_has_its_own_count_and_all_have_one() {
    let mut retry = Retry::new(RetryRules::default());
    let mut delays = Vec::new();
    for _ in 0..3 {
        delays.push(retry.failed(&status(429), 0));
        delays.push(retry.failed(&status(500), 0));
        delays.push(retry.stream_was_empty(Empty::Silent, 0));
    }
    let expected = [2, 2, 1, 4, 4, 1, 8, 8, 1].map(|seconds| Again { delay: secs(seconds) });
    assert_eq!(delays, expected);
    assert_eq!(retry.stream_was_empty(Empty::Silent, 0), Stop { why: Why::Spent, recoverable: true });
    let (rest, why, _) = until_stop(|| retry.failed(&status(429), 0));
    assert_eq!((rest.len(), why), (7, Why::Spent));
    let (rest, why, recoverable) = until_stop(|| retry.failed(&status(500), 0));
    assert_eq!((rest.len(), why, recoverable), (4, Why::AllSpent, true), "10 + 7 + 3");
    assert_eq!(retry.retries(), 20);
    let mut few = Retry::new(RetryRules { retries_max: 2, ..RetryRules::default() });
    let (rest, why, recoverable) = until_stop(|| few.failed(&status(429), 0));
    assert_eq!((rest.len(), why, recoverable), (2, Why::AllSpent, false));
    check(&RetryRules::never(), &status(500), Stop { why: Why::AllSpent, recoverable: true });
}

#[test]
fn jitter() {
    let plain = Schedule::doubling(5, secs(1), secs(8));
    let delay = |jitter, retries, roll| plain.with_jitter(jitter).delay(retries, roll);
    assert_eq!(delay(Jitter::None, 2, u32::MAX), secs(4));
    assert_eq!(delay(Jitter::Less(25), 2, 0), secs(4));
    assert_eq!(delay(Jitter::Less(25), 2, HALF), millis(3500));
    let least = delay(Jitter::Less(25), 2, u32::MAX);
    assert!(least >= secs(3) && least < millis(3001), "{least:?}");
    assert_eq!(delay(Jitter::More(secs(1)), 2, 0), secs(4));
    assert_eq!(delay(Jitter::More(secs(1)), 2, HALF), millis(4500));
    assert!(delay(Jitter::Less(255), 2, u32::MAX) < millis(1), "never below nothing");
    assert_eq!(plain.delay(u16::MAX, 0), secs(8), "no overflow");
    assert_eq!(Schedule::fixed(1, Duration::MAX).with_jitter(Jitter::More(Duration::MAX)).delay(9, 9), Duration::MAX);
    // What a server asks for has none.
    let mut rules = RetryRules::default();
    rules.rate_limit.jitter = Jitter::More(secs(50));
    assert_eq!(Retry::new(rules.clone()).failed(&asking(429, secs(5)), HALF), Again { delay: secs(5) });
    assert_eq!(Retry::new(rules.clone()).failed(&status(429), HALF), Again { delay: secs(27) });
    rules.rate_limit.jitter = Jitter::More(secs(5000));
    assert_eq!(Retry::new(rules).failed(&status(429), HALF), Again { delay: secs(120) }, "the cap holds");
}

/// Section 1: how the vendors' own clients decide, said in rules.
mod clients {
    use super::*;

    fn all(rules: &mut RetryRules, schedule: Schedule) {
        rules.retries_max = schedule.retries_max;
        (rules.rate_limit, rules.transient) = (schedule, schedule);
        rules.empty_stream.retries_max = 0;
        rules.empty_answer.retries_max = 0;
        rules.obeys_zero = false;
        rules.obeys_bodies = false;
        rules.grows_together = true;
        rules.once = (&[][..]).into();
    }

    fn openai() -> RetryRules {
        let mut rules = RetryRules::default();
        all(&mut rules, Schedule::doubling(2, millis(500), secs(8)).with_jitter(Jitter::Less(25)));
        rules.statuses = Some((&[(408, 409), (429, 429), (500, u16::MAX)][..]).into());
        rules
    }

    #[track_caller]
    fn check_statuses(rules: &RetryRules, again: &[u16]) {
        for code in 400..=599 {
            let decision = Retry::new(rules.clone()).failed(&status(code), 0);
            assert_eq!(matches!(decision, Again { .. }), again.contains(&code), "{code}: {decision:?}");
        }
    }

    #[test]
    fn of_openai() {
        let again: Vec<u16> = [408, 409, 429].into_iter().chain(500..=599).collect();
        check_statuses(&openai(), &again);
        let quota = Failure { kind: ErrorKind::Quota, retry: No, ..status(429) };
        check(&openai(), &quota, Again { delay: millis(500) });
        check(&openai(), &asking(429, secs(120)), Again { delay: secs(120) });
        check(&openai(), &asking(429, secs(121)), Stop { why: Why::TooLong { asked: secs(121) }, recoverable: false });
        check(&openai(), &asking(429, Duration::ZERO), Again { delay: millis(500) });
        check(&openai(), &should_retry(400, true), Again { delay: millis(500) });
        check(&openai(), &should_retry(500, false), Stop { why: Why::ServerSaysNo, recoverable: false });
        let both = Advice { should_retry: Some(true), delay: Some(secs(121)), ..Advice::default() };
        let stop = Stop { why: Why::TooLong { asked: secs(121) }, recoverable: true };
        check(&openai(), &status(500).with_advice(both), stop);
        let mut retry = Retry::new(openai());
        assert_eq!(retry.failed(&status(429), 0), Again { delay: millis(500) });
        assert_eq!(retry.failed(&Failure::of_no_response(NoResponse::Connection), HALF), Again { delay: millis(875) });
        assert!(matches!(retry.failed(&status(500), 0), Stop { why: Why::AllSpent, .. }));
    }

    #[test]
    fn of_anthropic() {
        let mut rules = openai();
        rules.too_long = TooLong::WaitTheCap;
        rules.delay_max = secs(4_294_967);
        check(&rules, &asking(429, secs(3600)), Again { delay: secs(3600) });
        check(&rules, &asking(429, Duration::MAX), Again { delay: secs(4_294_967) });
        check(&rules, &status(429), Again { delay: millis(500) });
    }

    #[test]
    fn of_gemini() {
        let mut rules = RetryRules::default();
        all(&mut rules, Schedule::doubling(4, secs(1), secs(60)).with_jitter(Jitter::More(secs(1))));
        rules.statuses = Some((&[(408, 408), (429, 429), (500, 500), (502, 504)][..]).into());
        (rules.obeys_headers, rules.obeys_should_retry) = (false, false);
        check_statuses(&rules, &[408, 429, 500, 502, 503, 504]);
        check(&rules, &asking(429, secs(600)), Again { delay: secs(1) });
        let mut retry = Retry::new(rules);
        let (delays, ..) = until_stop(|| retry.failed(&status(503), HALF));
        assert_eq!(delays, [1500, 2500, 4500, 8500].map(millis));
    }

    #[test]
    fn of_cohere_and_mistral() {
        let mut cohere = openai();
        cohere.obeys_reset = true;
        cohere.transient = Schedule::doubling(2, secs(1), secs(60));
        let reset = Advice { reset: Some(secs(7)), ..Advice::default() };
        check(&cohere, &status(503).with_advice(reset), Again { delay: secs(7) });
        check(&cohere, &status(503), Again { delay: secs(1) });
        let mut mistral = openai();
        mistral.statuses = Some((&[(429, 429), (500, 500), (502, 504)][..]).into());
        check_statuses(&mistral, &[429, 500, 502, 503, 504]);
    }

    /// By codes as well as by statuses, which is what the reader of errors does anyway.
    #[test]
    fn of_aws() {
        let throttled = br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
        let failure = Failure::of_response(400, Advice::default(), throttled, &Oddities::none());
        check(&RetryRules::default(), &failure, Again { delay: secs(2) });
    }
}
