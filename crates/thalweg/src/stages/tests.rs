use alloc::string::String;
use alloc::vec::Vec;

use super::Stages;
use crate::dialect::{Oddities, Tags};
use crate::emitter::{Channel, Emitter};
use crate::event::{AnomalyKind, Event, ReasoningForm};
use crate::limits::Limits;

/// What the fragments of one choice's text become: `(reasoning)text`, a pair of brackets a block.
fn split(oddities: &Oddities, fragments: &[&str]) -> String {
    let mut said = String::new();
    let mut kind = ' ';
    let (mut stages, mut out) = (Stages::new(oddities), Emitter::new(Limits::default()));
    for fragment in fragments {
        stages.append(oddities, 0, Channel::Text, (*fragment).into(), &mut out);
    }
    stages.flush_all(&mut out);
    for event in (0..out.len()).filter_map(|n| out.get(n)) {
        let (new, text) = match event {
            Event::ReasoningDelta { text, .. } => ('r', text),
            Event::TextDelta { text, .. } => ('t', text),
            _ => continue,
        };
        if new != kind {
            said.push_str(if new == 'r' { "[r:" } else { "[t:" });
            kind = new;
        }
        said.push_str(text);
    }
    said
}

fn tags() -> Oddities {
    let mut oddities = Oddities::none();
    oddities.reasoning_tags =
        alloc::vec![Tags::new("<think>", "</think>"), Tags::new("<thought>", "</thought>")].into();
    oddities
}

#[test]
fn tags_are_found_however_they_are_cut() {
    let text = "\n<think>a < b </thin</think>\n\nans<think>wer</think>";
    let expected = "[r:\na < b </thin[t:\n\nans<think>wer</think>";
    let bytes: Vec<&str> = text.split("").collect();
    assert_eq!(split(&tags(), &bytes), expected);
    for at in 0..=text.len() {
        assert_eq!(split(&tags(), &[&text[..at], &text[at..]]), expected, "cut at {at}");
    }
}

#[test]
fn a_tag_stands_at_the_beginning_or_behind_reasoning() {
    assert_eq!(split(&tags(), &["<think>a</think> <thought>b</thought>c"]), "[r:a b[t:c");
    assert_eq!(split(&tags(), &["x <think>a</think>"]), "[t:x <think>a</think>");
    assert_eq!(split(&tags(), &["<thin", "g>"]), "[t:<thing>");
    assert_eq!(split(&tags(), &["<thi"]), "[t:<thi");
    assert_eq!(split(&tags(), &["<think>never closed</thi"]), "[r:never closed</thi");
}

#[test]
fn an_answer_may_begin_in_reasoning() {
    let mut oddities = tags();
    oddities.begins_in_reasoning = true;
    assert_eq!(split(&oddities, &["a</th", "ink>b"]), "[r:a[t:b");
}

#[test]
fn only_what_may_be_a_tag_is_held_back() {
    let (mut stages, mut out) = (Stages::new(&tags()), Emitter::new(Limits::default()));
    for (fragment, events) in [("<", 0), ("think>a <", 2), (" b", 3), ("</", 3), ("think>", 4), ("c", 6)] {
        stages.append(&tags(), 0, Channel::Text, fragment.into(), &mut out);
        assert_eq!(out.len(), events, "after {fragment:?}");
    }
}

#[test]
fn cumulative_fragments_give_what_is_new() {
    let mut oddities = Oddities::none();
    oddities.is_cumulative = true;
    assert_eq!(split(&oddities, &["The", "The é", "The é", "The é end"]), "[t:The é end");
    let (mut stages, mut out) = (Stages::new(&oddities), Emitter::new(Limits::default()));
    let reasoning = Channel::Reasoning(ReasoningForm::Full);
    for (channel, text) in [(reasoning, "ab"), (Channel::Text, "ab"), (reasoning, "abc"), (Channel::Text, "xy")] {
        stages.append(&oddities, 0, channel, text.into(), &mut out);
    }
    let events: Vec<_> = (0..out.len()).filter_map(|n| out.get(n)).collect();
    let texts: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::TextDelta { text, .. } | Event::ReasoningDelta { text, .. } => Some(*text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["ab", "ab", "c", "xy"]);
    let restated = |event: &Event<'_>| matches!(event, Event::Anomaly { kind: AnomalyKind::RestatementDiffers, .. });
    assert_eq!(events.iter().filter(|event| restated(event)).count(), 1, "a text that does not go on is noted");
}
