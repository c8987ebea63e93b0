use super::*;

#[track_caller]
fn check(text: &str, kind: FaultKind) {
    assert_eq!(text.parse(), Ok(Fault::from(kind)), "{text}");
}

#[test]
fn each_form_is_read() {
    check("cut:7", FaultKind::Cut { at: 7 });
    check("wait:20", FaultKind::Wait { pause: Duration::from_millis(20) });
    check("drop", FaultKind::Drop);
    check("reset", FaultKind::Reset { at: None });
    check("reset@3", FaultKind::Reset { at: Some(3) });
    check("stall:250", FaultKind::Stall { pause: Duration::from_millis(250), at: 0 });
    check("stall:250@9", FaultKind::Stall { pause: Duration::from_millis(250), at: 9 });
    check("hang", FaultKind::Hang);
    check("garbage", FaultKind::Garbage { bytes: 64, seed: 0, at: None });
    check("garbage:9@4,seed=3", FaultKind::Garbage { bytes: 9, seed: 3, at: Some(4) });
    check("heartbeats:5", FaultKind::Heartbeats { count: 5, at: 0 });
    check("line:1000000@2", FaultKind::Line { bytes: 1_000_000, at: 2 });
    check("chunk:1", FaultKind::Chunk { bytes: NonZeroUsize::MIN });
    check("gzip", FaultKind::Gzip { is_cut: false, at: None });
    check("gzip-cut@8", FaultKind::Gzip { is_cut: true, at: Some(8) });
    let plain = StatusFault { code: 503, retry_after: None, should_retry: None, keeps_body: false };
    check("status:503", FaultKind::Status(plain.clone()));
    let retry_after = Some(RetryAfter::Text(HeaderValue::from_static("NaN")));
    check("status:503,retry-after=NaN", FaultKind::Status(StatusFault { retry_after, ..plain.clone() }));
    let retry_after = Some(RetryAfter::Date(2));
    let should_retry = Some(HeaderValue::from_static("false"));
    check(
        "status:503,body,retry-after-date=2,should-retry=false",
        FaultKind::Status(StatusFault { retry_after, should_retry, keeps_body: true, ..plain }),
    );
}

#[test]
fn a_fault_is_written_as_it_is_read() {
    for text in [
        "cut:7*2",
        "wait:20",
        "drop",
        "reset",
        "reset@0",
        "stall:250@9",
        "hang*1",
        "garbage:9@4,seed=3",
        "heartbeats:5",
        "line:10@2",
        "chunk:3",
        "gzip",
        "gzip-cut@8",
        "status:429,retry-after=2,should-retry=true,body*3",
        "status:429,retry-after-ms=1500",
        "status:429,retry-after-date=2",
    ] {
        let fault: Fault = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(fault.to_string(), text);
    }
    let list = Fault::parse_list(" cut:1;hang  drop*2").map(|list| list.iter().map(Fault::to_string).collect());
    assert_eq!(list, Ok(vec!["cut:1".to_owned(), "hang".to_owned(), "drop*2".to_owned()]));
}

#[test]
fn what_is_no_fault_says_why() {
    let check = |text: &str, reason: FaultReason| {
        assert_eq!(text.parse::<Fault>().map_err(|error| error.reason), Err(reason), "{text}");
    };
    check("", FaultReason::Name);
    check("explode", FaultReason::Name);
    check("cut", FaultReason::Value);
    check("cut:-1", FaultReason::Value);
    check("cut:+1", FaultReason::Value);
    check("cut:99999999999999999999", FaultReason::Range { min: 0, max: u64::MAX });
    check("cut:1@2", FaultReason::Offset);
    check("cut:1,x=2", FaultReason::Option);
    check("cut:1*0", FaultReason::Requests);
    check("cut:1*many", FaultReason::Requests);
    check("drop:1", FaultReason::Value);
    check("reset@x", FaultReason::Offset);
    check("chunk:0", FaultReason::Range { min: 1, max: usize::MAX as u64 });
    check("cut:", FaultReason::Value);
    check("stall:86400001", FaultReason::Range { min: 0, max: 86_400_000 });
    check("garbage:0", FaultReason::Range { min: 1, max: 1 << 20 });
    check("garbage:1048577", FaultReason::Range { min: 1, max: 1 << 20 });
    check("garbage,seed=x", FaultReason::Option);
    check("status:199", FaultReason::Range { min: 200, max: 599 });
    check("status:600", FaultReason::Range { min: 200, max: 599 });
    check("status:429,retry-after=2,retry-after-ms=2", FaultReason::Twice);
    check("status:429,retry-after", FaultReason::Option);
    check("status:429,retry-after=\u{1}", FaultReason::Option);
}

#[test]
fn a_wrong_text_names_the_form_or_all_of_them() {
    let message = |text: &str| text.parse::<Fault>().expect_err("it is none").to_string();
    assert_eq!(
        message("stall:soon"),
        "`stall:soon`: the value is missing, too much, or no number; it is written stall:MS[@N]"
    );
    let unknown = message("explode");
    for (form, what) in FAULTS {
        assert!(unknown.contains(form) && unknown.contains(what), "{form} is not in: {unknown}");
    }
}
