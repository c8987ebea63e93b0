//! Streams made from what they mean, in every way in which servers write them: the folded response is the intended
//! one, and the laws hold. `THALWEG_SEEDS` raises the number of streams.

use std::collections::BTreeMap;

use thalweg::Protocol;
use thalweg_corpus::generate::{self, Generated, Perturbation};
use thalweg_corpus::{Cuts, Setup, Violation, laws};

/// How many streams of a protocol are made.
fn seeds(protocol: Protocol) -> u64 {
    let asked = std::env::var("THALWEG_SEEDS").ok().and_then(|text| text.parse().ok());
    let all = asked.unwrap_or(SEEDS).max(SEEDS);
    if matches!(protocol, Protocol::OpenaiChat | Protocol::Mistral) { all / 2 } else { all / 4 }
}

/// Checks the streams of many seeds, and shows the first that fails, made as small as it goes.
fn check(protocol: Protocol, mut law: impl FnMut(&Generated) -> Result<(), Violation>) {
    for seed in 0..seeds(protocol) {
        let generated = generate::generate(protocol, seed);
        if law(&generated).is_ok() {
            continue;
        }
        let Some((generated, violation)) = generate::smallest(protocol, seed, &mut law) else { continue };
        let names: Vec<_> = generated.perturbations.iter().map(|perturbation| perturbation.name()).collect();
        let body = String::from_utf8_lossy(&generated.bytes);
        panic!("{protocol}: {violation}\nperturbations: {}\n{body:.8000}", names.join(" "));
    }
}

fn is_intended(protocol: Protocol) {
    let mut hits = BTreeMap::new();
    let mut bytes = 0;
    check(protocol, |generated| {
        bytes += generated.bytes.len();
        for perturbation in &generated.perturbations {
            *hits.entry(*perturbation).or_insert(0) += 1;
        }
        generate::check_intention(generated)
    });
    let count = |perturbation: Perturbation| hits.get(&perturbation).copied().unwrap_or(0);
    let all: Vec<_> = Perturbation::of(protocol).collect();
    let rows: Vec<_> = all.iter().map(|it| format!("{:24} {}", it.name(), count(*it))).collect();
    eprintln!("{protocol}: {} streams, {bytes} bytes\n{}", seeds(protocol), rows.join("\n"));
    let rare: Vec<_> = all.iter().filter(|it| count(**it) < HITS_LEAST).map(|it| it.name()).collect();
    assert!(rare.is_empty(), "perturbations with fewer than {HITS_LEAST} hits: {rare:?}");
}

fn keeps_the_laws(protocol: Protocol) {
    check(protocol, |generated| {
        let setup = Setup::from(generated.dialect).with_close(generated.close);
        let cuts = Cuts::Few(generated.seed);
        laws::check_grammar(setup, &generated.bytes)?;
        laws::check_frames(setup, &generated.bytes)?;
        laws::check_chunking(setup, &generated.bytes, cuts)?;
        laws::check_prefix(setup, &generated.bytes, cuts)?;
        laws::check_replay(setup, &generated.bytes, generated.seed)?;
        laws::check_unfold(setup, &generated.bytes, generated.seed)?;
        laws::check_totality(setup, &generated.bytes)?;
        laws::check_bounds(setup, &generated.bytes)?;
        laws::check_memo(setup, &generated.bytes, generated.seed)?;
        laws::check_conservation(setup, &generated.bytes)?;
        laws::check_usage(setup, &generated.bytes)?;
        laws::check_reconnect(setup, &generated.bytes, cuts)?;
        // The law adds fields to objects anywhere: where an input is the object itself, that changes the input.
        if !generated.has(Perturbation::InputAsValue) {
            laws::check_neutrality(setup, &generated.bytes, generated.seed)?;
        }
        Ok(())
    });
}

#[test]
fn the_chat_response_is_the_intended_one() {
    is_intended(Protocol::OpenaiChat);
}

#[test]
fn the_laws_hold_for_chat() {
    keeps_the_laws(Protocol::OpenaiChat);
}

#[test]
fn the_response_of_responses_is_the_intended_one() {
    is_intended(Protocol::OpenaiResponses);
}

#[test]
fn the_laws_hold_for_responses() {
    keeps_the_laws(Protocol::OpenaiResponses);
}

#[test]
fn the_response_of_messages_is_the_intended_one() {
    is_intended(Protocol::AnthropicMessages);
}

#[test]
fn the_laws_hold_for_messages() {
    keeps_the_laws(Protocol::AnthropicMessages);
}

#[test]
fn the_response_of_gemini_is_the_intended_one() {
    is_intended(Protocol::Gemini);
}

#[test]
fn the_laws_hold_for_gemini() {
    keeps_the_laws(Protocol::Gemini);
}

#[test]
fn the_response_of_bedrock_is_the_intended_one() {
    is_intended(Protocol::BedrockConverse);
}

#[test]
fn the_laws_hold_for_bedrock() {
    keeps_the_laws(Protocol::BedrockConverse);
}

#[test]
fn the_response_of_ollama_is_the_intended_one() {
    is_intended(Protocol::Ollama);
}

#[test]
fn the_laws_hold_for_ollama() {
    keeps_the_laws(Protocol::Ollama);
}

#[test]
fn the_response_of_cohere_is_the_intended_one() {
    is_intended(Protocol::Cohere);
}

#[test]
fn the_laws_hold_for_cohere() {
    keeps_the_laws(Protocol::Cohere);
}

#[test]
fn the_response_of_mistral_is_the_intended_one() {
    is_intended(Protocol::Mistral);
}

#[test]
fn the_laws_hold_for_mistral() {
    keeps_the_laws(Protocol::Mistral);
}

#[test]
fn interleaved_calls_are_the_calls_in_turn() {
    for seed in 0..SEEDS / 4 {
        generate::check_isolation(seed).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

/// A generator that gave the same stream for every seed, or another one each time, would test nothing.
#[test]
fn a_seed_is_a_stream() {
    for &protocol in generate::PROTOCOLS {
        let bodies: Vec<_> = (0..100).map(|seed| generate::generate(protocol, seed).bytes).collect();
        let again: Vec<_> = (0..100).map(|seed| generate::generate(protocol, seed).bytes).collect();
        assert_eq!(bodies, again);
        let mut distinct = bodies;
        distinct.sort_unstable();
        distinct.dedup();
        // Without an id of the response, those that are cut behind their start are alike.
        assert!(distinct.len() >= 95, "{protocol}: {}", distinct.len());
    }
}

/// The check must see each thing it compares.
#[test]
fn the_check_sees_what_is_changed() {
    let changes: [Change; 8] = [
        ("id", |it| it.intention.id = Some("x".into())),
        ("model", |it| it.intention.model = Some("x".into())),
        ("usage", |it| it.intention.usage.as_mut().expect("the caller looked").prompt += 1),
        ("finish", |it| it.intention.choices[0].finish.push('x')),
        ("choices", |it| it.intention.choices[0].index += 1),
        ("leaves", |it| it.intention.choices[0].leaves.push(generate::Leaf::Text("x".into()))),
        ("outcome", |it| it.bytes.truncate(it.bytes.len() / 2)),
        ("anomalies", |it| it.perturbations.push(Perturbation::InputAgain)),
    ];
    let is_plain = |it: &Generated| {
        it.intention.usage.is_some()
            && !it.has(Perturbation::CutShort)
            && generate::check_intention(it).is_ok()
            && it.perturbations.iter().all(|p| p.sign().is_none())
    };
    for &protocol in generate::PROTOCOLS {
        let all = (0..200).map(|seed| generate::generate(protocol, seed));
        let sound: Vec<_> = all.filter(is_plain).take(20).collect();
        assert_eq!(sound.len(), 20, "{protocol}: too few plain streams");
        for (what, change) in changes {
            for generated in &sound {
                let mut changed = generated.clone();
                change(&mut changed);
                assert!(generate::check_intention(&changed).is_err(), "{protocol}: {what} of seed {}", generated.seed);
            }
        }
    }
}

/// What to change of a stream, and how.
type Change = (&'static str, fn(&mut Generated));

/// Enough for every perturbation to meet every other that it may meet.
const SEEDS: u64 = 10_000;
const HITS_LEAST: usize = 50;
