use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::tally::{EVENT_TYPES, TOKEN_KINDS};
use super::*;
use crate::event::{Action, AnomalyKind, Close, ErrorKind, Event, Outcome, UsageOrigin};
use crate::fold::Fold;
use crate::{Normalizer, dialects};

fn tally(body: &str) -> Tally {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    normalizer.feed(body.as_bytes());
    normalizer.finish(Close::Clean);
    let mut tally = Tally::default();
    while let Some(event) = normalizer.poll() {
        tally.apply(&event);
    }
    tally
}

fn complete() -> Tally {
    tally(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n\
         data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1}}\n\n\
         data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2}}\n\n\
         data: [DONE]\n\n",
    )
}

fn samples(metrics: &Metrics, name: &str) -> Vec<String> {
    let begin = format!("thalweg_{name}_total{{");
    metrics.to_string().lines().filter(|line| line.starts_with(&begin)).map(String::from).collect()
}

#[test]
fn the_last_counts_of_a_stream_are_added_once() {
    let mut metrics = Metrics::default();
    metrics.record("d", &complete());
    metrics.record("d", &complete());
    assert_eq!(samples(&metrics, "streams"), ["thalweg_streams_total{dialect=\"d\"} 2"]);
    let tokens = samples(&metrics, "tokens");
    assert_eq!(tokens[0], "thalweg_tokens_total{dialect=\"d\",kind=\"input\"} 20");
    assert_eq!(tokens[1], "thalweg_tokens_total{dialect=\"d\",kind=\"output\"} 4");
    assert_eq!(tokens.len(), TOKEN_KINDS.len());
    assert_eq!(samples(&metrics, "usage")[0], "thalweg_usage_total{dialect=\"d\",origin=\"provider\"} 2");
    assert_eq!(samples(&metrics, "outcomes")[0], "thalweg_outcomes_total{dialect=\"d\",outcome=\"complete\"} 2");
    assert!(samples(&metrics, "errors").is_empty(), "none was seen");
}

#[test]
fn estimates_are_counted_but_not_their_tokens() {
    let counts = crate::event::Usage { output: Some(5.into()), ..Default::default() };
    let mut tally = Tally::default();
    let end = complete_end();
    for event in [Event::Usage { counts, origin: UsageOrigin::Estimated }, end.as_lent(), end.as_lent()] {
        tally.apply(&event);
    }
    assert_eq!(tally.tokens, [0; TOKEN_KINDS.len()]);
    assert_eq!(tally.usages[UsageOrigin::Estimated as usize], 1, "an end without counts adds none");
}

fn complete_end() -> crate::OwnedEvent {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    normalizer.finish(Close::Cancelled);
    let mut last = None;
    while let Some(event) = normalizer.poll() {
        last = Some(event.to_owned());
    }
    last.expect("a stream has an end")
}

#[test]
fn errors_and_anomalies_are_counted_by_kind() {
    let bad = tally("data: {\"error\":{\"message\":\"slow down\",\"code\":429}}\n\ndata: {oops\n\ndata: {oops\n\n");
    assert_eq!((bad.errors(ErrorKind::RateLimit), bad.errors(ErrorKind::Server)), (1, 0));
    assert_eq!(bad.anomalies(AnomalyKind::InvalidJson), 2);
    assert_eq!((bad.outcomes(Outcome::Failed), bad.outcomes(Outcome::Complete)), (1, 0));
    let mut metrics = Metrics::default();
    metrics.record("d", &bad);
    let anomaly = "thalweg_anomalies_total{dialect=\"d\",kind=\"invalid_json\",action=\"dropped\"} 2";
    assert!(samples(&metrics, "anomalies").iter().any(|line| line == anomaly), "{metrics}");
    assert_eq!(samples(&metrics, "errors"), ["thalweg_errors_total{dialect=\"d\",kind=\"rate_limit\"} 1"]);
}

#[test]
fn merging_is_adding() {
    let of = |dialects: &[&str]| {
        let mut metrics = Metrics::default();
        dialects.iter().for_each(|dialect| metrics.record(dialect, &complete()));
        metrics
    };
    let (mut one, other, both) = (of(&["a"]), of(&["a", "b"]), of(&["a", "b", "a"]));
    one.merge(&other);
    assert_eq!(one, both);
    let names: Vec<_> = one.iter().map(|(dialect, tally)| (dialect, tally.streams())).collect();
    assert_eq!(names, [("a", 2), ("b", 1)]);
}

#[test]
fn an_abandoned_stream_is_counted_without_its_tokens() {
    let counts = crate::event::Usage { output: Some(5.into()), ..Default::default() };
    let mut tally = Tally::default();
    tally.apply(&Event::Start { protocol: crate::event::Protocol::OpenaiChat });
    tally.apply(&Event::Usage { counts, origin: UsageOrigin::Provider });
    let mut metrics = Metrics::default();
    metrics.record("d", &tally);
    let (_, counted) = metrics.iter().next().expect("it was recorded");
    assert_eq!((counted.streams(), counted.events()), (1, 2));
    assert_eq!((counted.tokens, counted.usages), ([0; TOKEN_KINDS.len()], [0; UsageOrigin::ALL.len()]));
    tally.apply(&Event::Start { protocol: crate::event::Protocol::OpenaiChat });
    tally.apply(&complete_end().as_lent());
    assert_eq!(tally.tokens, [0; TOKEN_KINDS.len()], "the next stream does not inherit them");
}

#[test]
fn counters_stop_at_their_most() {
    let mut tally = Tally::default();
    (tally.streams, tally.events) = (u64::MAX, [u64::MAX; EVENT_TYPES.len()]);
    let anomaly = Event::Anomaly { kind: AnomalyKind::InvalidJson, action: Action::Dropped, block: None };
    tally.anomalies.insert((AnomalyKind::InvalidJson, Action::Dropped), u64::MAX);
    tally.apply(&anomaly);
    tally.merge(&tally.clone());
    assert_eq!((tally.streams(), tally.events()), (u64::MAX, u64::MAX));
    assert_eq!(tally.anomalies(AnomalyKind::InvalidJson), u64::MAX);
}

#[test]
fn dialects_beyond_the_bounds_share_a_name() {
    let one = complete();
    let mut metrics = Metrics::default();
    metrics.record(&"x".repeat(Metrics::NAME_BYTES + 1), &one);
    for n in 0..Metrics::DIALECTS + 2 {
        metrics.record(&format!("d{n}"), &one);
    }
    metrics.record("d0", &one);
    assert_eq!(metrics.iter().count(), Metrics::DIALECTS + 1);
    let streams = |name| metrics.iter().find(|(dialect, _)| *dialect == name).map(|(_, tally)| tally.streams());
    assert_eq!((streams(Metrics::OVERFLOW), streams("d0")), (Some(3), Some(2)));
    let all: u64 = metrics.iter().map(|(_, tally)| tally.streams()).sum();
    assert_eq!(all, Metrics::DIALECTS as u64 + 4, "nothing is lost");
}

#[test]
fn labels_are_escaped() {
    let mut metrics = Metrics::default();
    metrics.record("a\\b\"c\nd", &complete());
    assert_eq!(samples(&metrics, "streams"), [r#"thalweg_streams_total{dialect="a\\b\"c\nd"} 1"#]);
}

#[test]
fn every_metric_has_its_two_lines_and_stands_together() {
    let mut metrics = Metrics::default();
    metrics.record("a", &complete());
    metrics.record("b", &tally("data: {\"error\":{\"message\":\"no\"}}\n\n"));
    let page = metrics.to_string();
    assert!(page.ends_with('\n'));
    let mut lines = page.lines().peekable();
    let mut names = Vec::new();
    while let Some(help) = lines.next() {
        let name = help.strip_prefix("# HELP ").and_then(|rest| rest.split(' ').next()).expect("a metric begins");
        assert!(name.starts_with("thalweg_") && name.ends_with("_total"), "{name}");
        assert_eq!(lines.next(), Some(&*format!("# TYPE {name} counter")));
        let begin = format!("{name}{{dialect=\"");
        let mut dialects = Vec::new();
        while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
            let (labels, count) = sample.rsplit_once("} ").expect("labels and a count");
            dialects.push(labels.strip_prefix(&begin).expect("of this metric").chars().next());
            assert!(count.parse::<u64>().is_ok(), "{sample}");
        }
        assert!(dialects.is_sorted(), "{name}");
        names.push(name);
    }
    let expected = ["streams", "events", "anomalies", "outcomes", "errors", "usage", "tokens"];
    assert_eq!(names, expected.map(|name| format!("thalweg_{name}_total")));
}

#[cfg(feature = "serde")]
#[test]
fn types_are_named_as_serialized() {
    use super::tally::event_type;
    let body = "data: {\"id\":\"r\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n\
                data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: {\"error\":\"x\"}\n\ndata: {oops\n\n: ping\n\n";
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_heartbeats(true);
    normalizer.feed(body.as_bytes());
    normalizer.finish(Close::Clean);
    let mut seen = [false; EVENT_TYPES.len()];
    while let Some(event) = normalizer.poll() {
        let json = serde_json::to_value(event).expect("events serialize");
        assert_eq!(json["type"], EVENT_TYPES[event_type(&event)]);
        seen[event_type(&event)] = true;
    }
    let count = seen.iter().filter(|seen| **seen).count();
    assert!(count >= 10, "only {count} types were tried");
}
