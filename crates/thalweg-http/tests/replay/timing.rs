//! Nothing comes before its time. How much later it comes is the machine's business.

use core::time::Duration;
use std::time::Instant;

use thalweg::{Close, Recording};
use thalweg_http::replay::{Fault, Library, Replay, Speed, Wire};

use crate::client::ask;

const TIMES_MS: [u64; 4] = [20, 60, 61, 160];

/// When each chunk and the end arrived after the request was sent.
async fn arrivals(speed: Speed, fault: &str) -> Vec<Duration> {
    let mut recording = Recording::new();
    for at_ms in TIMES_MS {
        recording.push(at_ms * 1000, b": x\n\n");
    }
    recording.finish(Some(200_000), Close::Clean);
    let replay = Replay::new(Library::of("slow", Wire::Sse, &recording)).with_speed(speed);
    let faults = Fault::parse_list(fault).expect("they are faults");
    let replay = faults.into_iter().fold(replay, Replay::with_fault);
    let server = replay.bind("127.0.0.1:0").await.expect("a free port is there");
    let begun = Instant::now();
    let mut response = ask(&server, "/", "").await.expect("there is an answer");
    let mut arrivals = Vec::new();
    while response.chunk().await.expect("the answer is whole").is_some() {
        arrivals.push(begun.elapsed());
    }
    arrivals.push(begun.elapsed());
    arrivals
}

#[track_caller]
fn check(arrivals: &[Duration], earliest_ms: [u64; 5]) {
    let earliest = earliest_ms.map(Duration::from_millis);
    assert_eq!(arrivals.len(), earliest.len(), "{arrivals:?}");
    for (arrived, earliest) in arrivals.iter().zip(earliest) {
        assert!(*arrived >= earliest, "{arrived:?} is before {earliest:?}: {arrivals:?}");
    }
}

#[tokio::test]
async fn nothing_arrives_before_it_did_when_recorded() {
    check(&arrivals(Speed::default(), "").await, [20, 60, 61, 160, 200]);
}

#[tokio::test]
async fn at_another_speed_all_times_change_alike() {
    check(&arrivals(Speed::Times(2.0), "").await, [10, 30, 30, 80, 100]);
    check(&arrivals(Speed::Times(0.5), "").await, [40, 120, 122, 320, 400]);
    check(&arrivals(Speed::Max, "").await, [0; 5]);
}

#[tokio::test]
async fn what_follows_a_pause_is_later_by_it() {
    check(&arrivals(Speed::default(), "stall:100@5").await, [20, 160, 161, 260, 300]);
    check(&arrivals(Speed::Max, "stall:100@5").await, [0, 100, 100, 100, 100]);
    check(&arrivals(Speed::default(), "wait:50").await, [70, 110, 111, 210, 250]);
}
