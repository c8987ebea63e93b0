//! The laws must be able to fail: each is shown something that breaks it.

use core::num::NonZeroUsize;

use thalweg::{BlockId, Close, Dialect, Event, Normalizer, OwnedEvent, Protocol, Unfold, dialects};

use super::*;
use crate::{Chunking, load_all, wire};

const BODY: &[u8] =
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n\
                      data: [DONE]\n\n";

/// A dialect whose decoder breaks the laws.
mod faulty {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use thalweg::dialect::{Decode, Frame};
    use thalweg::emitter::{Channel, Emitter};
    use thalweg::{Dialect, Protocol, dialects};

    /// Says each frame's length, and a word more when the bytes end.
    struct Decoder {
        seen: usize,
    }

    impl Decode for Decoder {
        fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
            self.seen += frame.data.len();
            out.append(0, Channel::Text, self.seen.to_string().as_str().into());
        }

        fn retained(&self) -> usize {
            1 << 30
        }
    }

    /// Gives the text of frames that are numbered.
    struct Numbered {
        repeats: bool,
        forgets: bool,
        seen: usize,
    }

    impl Decode for Numbered {
        fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
            let Ok(json) = serde_json::from_str::<serde_json::Value>(frame.data) else { return };
            let number = json["sequence_number"].as_u64();
            if number.is_none_or(|number| out.sequence(number)) || self.repeats {
                self.seen += 1;
                let text = format!("{} {}. ", self.seen, json["text"]);
                out.append(0, Channel::Text, text.as_str().into());
            }
        }

        fn reconnect(&mut self) {
            if self.forgets {
                self.seen = 0;
            }
        }
    }

    pub(super) fn numbered() -> Dialect {
        let mut dialect = dialects::OPENAI_CHAT.clone();
        dialect.protocol = Protocol::OpenaiResponses;
        dialect.decoder = |_| Box::new(Numbered { repeats: false, forgets: false, seen: 0 });
        dialect
    }

    pub(super) fn repeating() -> Dialect {
        let mut dialect = numbered();
        dialect.decoder = |_| Box::new(Numbered { repeats: true, forgets: false, seen: 0 });
        dialect
    }

    pub(super) fn forgetful() -> Dialect {
        let mut dialect = numbered();
        dialect.decoder = |_| Box::new(Numbered { repeats: false, forgets: true, seen: 0 });
        dialect
    }

    /// Says how many decoders there were before it.
    struct Fickle(usize);

    impl Decode for Fickle {
        fn frame(&mut self, _: Frame<'_>, out: &mut Emitter) {
            out.append(0, Channel::Text, self.0.to_string().as_str().into());
        }
    }

    pub(super) fn fickle() -> Dialect {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let mut dialect = dialects::OPENAI_CHAT.clone();
        dialect.decoder = |_| Box::new(Fickle(MADE.fetch_add(1, Ordering::Relaxed)));
        dialect
    }

    pub(super) fn dialect() -> Dialect {
        let mut dialect = dialects::OPENAI_CHAT.clone();
        dialect.decoder = |_| Box::new(Decoder { seen: 0 });
        dialect
    }
}

fn events() -> Vec<OwnedEvent> {
    Setup::from(&dialects::OPENAI_CHAT).events(BODY, &Chunking::Whole)
}

fn grammar_of(events: &[OwnedEvent]) -> Result<(), Violation> {
    let mut grammar = Grammar::default();
    events.iter().try_for_each(|event| grammar.see(&event.as_lent()))?;
    grammar.is_over()
}

#[test]
fn a_good_stream_keeps_all_laws() {
    assert_eq!(check_all(&dialects::OPENAI_CHAT, BODY, Cuts::Thorough), Ok(()));
    assert_eq!(check_conservation(&dialects::OPENAI_CHAT, BODY), Ok(Coverage::Checked));
    assert_eq!(check_cut_short(&dialects::OPENAI_CHAT, BODY, 20, 0), Ok(0));
    let two = [&b"data: {\"choices\":[{\"delta\":{\"content\":\"Oh. \"}}]}\n\n"[..], BODY].concat();
    assert_eq!(check_cut_short(&dialects::OPENAI_CHAT, &two, 20, 0), Ok(1));
}

#[test]
fn each_event_left_out_doubled_or_swapped_breaks_the_grammar() {
    let events = events();
    assert_eq!(grammar_of(&events), Ok(()));
    // What may be missing or come again: deltas, and the finish may be missing.
    let is_needed = |event: &OwnedEvent| !matches!(event, OwnedEvent::TextDelta { .. });
    for n in (0..events.len()).filter(|n| is_needed(&events[*n])) {
        let mut fewer = events.clone();
        fewer.remove(n);
        assert!(grammar_of(&fewer).is_err(), "without event {n}");
        let mut more = events.clone();
        more.insert(n, events[n].clone());
        assert!(grammar_of(&more).is_err(), "with event {n} twice");
    }
    for n in 1..events.len() {
        let mut swapped = events.clone();
        swapped.swap(n - 1, n);
        assert!(grammar_of(&swapped).is_err(), "events {} and {n} swapped", n - 1);
    }
}

#[test]
fn a_delta_must_fit_its_block() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Hm\"}}]}\n\n");
    normalizer.finish(Close::Clean);
    let mut reasoning = Vec::new();
    while let Some(event) = normalizer.poll() {
        reasoning.push(event.to_owned());
    }
    let text = events().into_iter().find(|event| matches!(event, OwnedEvent::TextDelta { .. })).expect("it has text");
    let at =
        reasoning.iter().position(|event| matches!(event, OwnedEvent::ReasoningDelta { .. })).expect("it has some");
    assert_eq!(grammar_of(&reasoning), Ok(()));
    reasoning[at] = text;
    assert!(grammar_of(&reasoning).is_err_and(|violation| violation.message.contains("Reasoning")));
    let _: BlockId = match reasoning[at].as_lent() {
        Event::TextDelta { block, .. } => block,
        other => panic!("{other:?}"),
    };
}

#[test]
fn a_faulty_decoder_is_found() {
    let faulty = faulty::dialect();
    assert!(check_bounds(&faulty, BODY).is_err());
    assert!(check_conservation(&faulty, BODY).is_err());
    assert!(check_neutrality(&faulty, BODY, 0).is_err());
    assert!(check_replay(&faulty::fickle(), BODY, 0).is_err());
    let short =
        [&b"data: {\"choices\":[{\"delta\":{\"content\":\"Oh\"}}],\"usage\":{\"total_tokens\":1}}\n\n"[..], BODY];
    assert!(check_usage(&faulty, &short.concat()).is_err());
}

#[test]
fn a_connection_that_is_not_continued_is_found() {
    let frame = |n: usize| format!("data: {{\"sequence_number\":{n},\"text\":\"w{n}\"}}\r\n\r\n");
    let numbered = (0..12).map(frame).collect::<String>();
    let check = |dialect: &Dialect, body: &str| check_reconnect(dialect, body.as_bytes(), Cuts::Thorough);
    assert_eq!(check(&faulty::numbered(), &numbered), Ok(()));
    assert!(check(&faulty::repeating(), &numbered).is_err(), "what comes again is said again");
    assert!(check(&faulty::forgetful(), &numbered).is_err(), "the decoder begins anew");
    // Nothing of these may be repeated: numbers that do not rise, that are doubtful, or that are not there.
    for body in [
        numbered.replace("number\":1,", "number\":0,"),
        numbered.replace("number\":0", "number\":0,\"sequence_number\":0"),
        numbered.replace("sequence", "other"),
    ] {
        assert_eq!(check(&faulty::repeating(), &body), Ok(()), "{body}");
    }
    // The broken-off frame is not read: every cut of it is tried.
    for seed in 0..200 {
        assert_eq!(check_reconnect(&faulty::numbered(), numbered.as_bytes(), Cuts::Few(seed)), Ok(()), "seed {seed}");
    }
}

#[test]
fn each_event_left_out_of_an_unfolded_response_is_found() {
    let mut tried = 0;
    for case in load_all() {
        let response = case.setup().response(&case.body);
        let events: Vec<_> = Unfold::new(&response).with_whole_deltas().events().collect();
        assert_eq!(unfold::is_unfolded(&response, &events, NonZeroUsize::MAX), Ok(()), "{case}");
        for n in 0..events.len().min(100) {
            let fewer = [&events[..n], &events[n + 1..]].concat();
            assert!(unfold::is_unfolded(&response, &fewer, NonZeroUsize::MAX).is_err(), "{case} without event {n}");
            tried += 1;
        }
    }
    assert!(tried > 1000, "{tried} events");
}

#[test]
fn deltas_of_another_size_are_found() {
    let response = Setup::from(&dialects::OPENAI_CHAT)
        .response(b"data: {\"choices\":[{\"delta\":{\"content\":\"Ahoy there\"}}]}\n\n");
    let sizes = [1, 2, 3, 4, 5, 9, 10].map(|chars| NonZeroUsize::new(chars).expect("it is not 0"));
    for given in sizes {
        let events: Vec<_> = Unfold::new(&response).with_delta_chars(given).events().collect();
        for asked in sizes {
            assert_eq!(unfold::is_unfolded(&response, &events, asked).is_ok(), given == asked, "{given} for {asked}");
        }
    }
}

#[test]
fn interleaved_calls_are_the_same_calls() {
    let frame = |call: usize, function: &str| {
        let start = format!("{{\"index\":{call},\"function\":{function}}}");
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{start}]}}}}]}}\n\n").into_bytes()
    };
    let call = |n: usize| {
        let pieces = ["{\\\"a\\\"", ":", "1}"].map(|piece| frame(n, &format!("{{\"arguments\":\"{piece}\"}}")));
        [vec![frame(n, &format!("{{\"name\":\"tool{n}\",\"arguments\":\"\"}}"))], pieces.to_vec()].concat()
    };
    let strands = Strands { calls: (0..4).map(call).collect(), after: BODY.into(), ..Strands::default() };
    assert_eq!(check_isolation(&dialects::OPENAI_CHAT, &strands, 50, 0), Ok(()));
    // Two calls that share a key are no two calls.
    let shared = Strands { calls: vec![call(0), call(0)], ..strands };
    assert!(check_isolation(&dialects::OPENAI_CHAT, &shared, 50, 0).is_err());
}

/// What a person states about a stream of the corpus is what an independent reader makes of it.
#[test]
fn the_readers_read_what_a_person_reads() {
    for protocol in [Protocol::OpenaiResponses, Protocol::AnthropicMessages] {
        let cases = load_all().into_iter().filter(|case| case.dialect == protocol.as_str());
        let (mut read, mut skipped, mut differing) = (0, Vec::new(), Vec::new());
        for case in cases.filter(|case| wire::is_sse(&case.body)) {
            let spoken = match spoken::read(protocol, &case.body) {
                Ok(spoken) => spoken,
                Err(reason) => {
                    skipped.push(format!("{}: {reason}", case.name));
                    continue;
                }
            };
            read += 1;
            let (stated, none) = (case.expect.choices.first(), String::new());
            let all = |kind: &spoken::Kind| {
                let blocks = spoken.iter().filter(|block| block.kind == *kind);
                blocks.map(|block| block.text.as_str()).collect::<String>()
            };
            differing.extend(differs(&case.name, all(&spoken::Kind::Text), stated.map_or(&none, |it| &it.text)));
            differing.extend(differs(
                &case.name,
                all(&spoken::Kind::Reasoning),
                stated.map_or(&none, |it| &it.reasoning),
            ));
            differing.extend(differs(&case.name, all(&spoken::Kind::Refusal), stated.map_or(&none, |it| &it.refusal)));
            let calls = spoken.iter().filter_map(|block| match &block.kind {
                spoken::Kind::Call { name, .. } => Some((name.as_str(), block.text.as_str())),
                _ => None,
            });
            let mut calls: Vec<_> = calls.collect();
            let stated = stated.into_iter().flat_map(|choice| &choice.calls);
            let mut stated: Vec<_> = stated.map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
            calls.sort_unstable();
            stated.sort_unstable();
            differing.extend(differs(&case.name, calls, &stated));
        }
        assert!(differing.is_empty(), "{protocol}: {differing:#?}");
        assert!(read > 2 * skipped.len(), "{protocol}: {read} read, but not {skipped:#?}");
    }
}

fn differs<T: PartialEq + core::fmt::Debug>(name: &str, read: T, stated: &T) -> Option<String> {
    (read != *stated).then(|| format!("{name}: read {read:?}, stated {stated:?}"))
}
