//! Streams made from what they mean, in every way in which servers write them: the folded response is the intended
//! one, and the laws hold. `THALWEG_SEEDS` raises the number of streams.

use std::collections::BTreeMap;

use thalweg_corpus::generate::{self, Generated, Perturbation};
use thalweg_corpus::{Cuts, Setup, Violation, laws};

fn seeds() -> u64 {
    let asked = std::env::var("THALWEG_SEEDS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(SEEDS).max(SEEDS)
}

/// Checks the streams of many seeds, and shows the first that fails, made as small as it goes.
fn check(seeds: impl Iterator<Item = u64>, mut law: impl FnMut(&Generated) -> Result<(), Violation>) {
    for seed in seeds {
        let generated = generate::generate(seed);
        if law(&generated).is_ok() {
            continue;
        }
        let Some((generated, violation)) = generate::smallest(seed, &mut law) else { continue };
        let names: Vec<_> = generated.perturbations.iter().map(|perturbation| perturbation.name()).collect();
        let body = String::from_utf8_lossy(&generated.bytes);
        panic!("{violation}\nperturbations: {}\n{body:.8000}", names.join(" "));
    }
}

#[test]
fn the_response_is_the_intended_one() {
    let mut hits = BTreeMap::new();
    let mut bytes = 0;
    check(0..seeds(), |generated| {
        bytes += generated.bytes.len();
        for perturbation in &generated.perturbations {
            *hits.entry(*perturbation).or_insert(0) += 1;
        }
        generate::check_intention(generated)
    });
    let count = |perturbation: &Perturbation| hits.get(perturbation).copied().unwrap_or(0);
    let rows: Vec<_> = Perturbation::ALL.iter().map(|it| format!("{:24} {}", it.name(), count(it))).collect();
    eprintln!("{} streams, {bytes} bytes\n{}", seeds(), rows.join("\n"));
    let rare: Vec<_> = Perturbation::ALL.iter().filter(|it| count(it) < HITS_LEAST).map(|it| it.name()).collect();
    assert!(rare.is_empty(), "perturbations with fewer than {HITS_LEAST} hits: {rare:?}");
}

#[test]
fn the_laws_hold() {
    check(0..seeds(), |generated| {
        let setup = Setup::from(generated.dialect).with_close(generated.close);
        let cuts = Cuts::Few(generated.seed);
        laws::check_grammar(setup, &generated.bytes)?;
        laws::check_frames(setup, &generated.bytes)?;
        laws::check_chunking(setup, &generated.bytes, cuts)?;
        laws::check_prefix(setup, &generated.bytes, cuts)?;
        laws::check_replay(setup, &generated.bytes, generated.seed)?;
        laws::check_totality(setup, &generated.bytes)?;
        laws::check_bounds(setup, &generated.bytes)?;
        laws::check_conservation(setup, &generated.bytes)?;
        laws::check_usage(setup, &generated.bytes)?;
        laws::check_reconnect(setup, &generated.bytes, cuts)?;
        // The law adds fields to objects anywhere: where an input is the object itself, that changes the input.
        if !generated.perturbations.contains(&Perturbation::InputAsValue) {
            laws::check_neutrality(setup, &generated.bytes, generated.seed)?;
        }
        Ok(())
    });
}

#[test]
fn interleaved_calls_are_the_calls_in_turn() {
    for seed in 0..seeds() / 4 {
        generate::check_isolation(seed).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

/// A generator that gave the same stream for every seed, or another one each time, would test nothing.
#[test]
fn a_seed_is_a_stream() {
    let bodies: Vec<_> = (0..100).map(|seed| generate::generate(seed).bytes).collect();
    let again: Vec<_> = (0..100).map(|seed| generate::generate(seed).bytes).collect();
    assert_eq!(bodies, again);
    let mut distinct = bodies;
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 100);
}

/// The check must see each thing it compares.
#[test]
fn the_check_sees_what_is_changed() {
    let changes: [Change; 8] = [
        ("id", |it| it.intention.id.push('x')),
        ("model", |it| it.intention.model.push('x')),
        ("usage", |it| it.intention.usage.as_mut().expect("the caller looked").prompt += 1),
        ("finish", |it| it.intention.choices[0].finish.push('x')),
        ("choices", |it| it.intention.choices[0].index += 1),
        ("leaves", |it| it.intention.choices[0].leaves.push(generate::Leaf::Text("x".into()))),
        ("outcome", |it| it.bytes.truncate(it.bytes.len() / 2)),
        ("anomalies", |it| it.perturbations.push(Perturbation::InputAgain)),
    ];
    let has_all = |it: &Generated| {
        it.intention.usage.is_some()
            && generate::check_intention(it).is_ok()
            && it.perturbations.iter().all(|p| p.sign().is_none())
    };
    let sound: Vec<_> = (0..200).map(generate::generate).filter(has_all).take(20).collect();
    assert_eq!(sound.len(), 20, "too few plain streams");
    for (what, change) in changes {
        for generated in &sound {
            let mut changed = generated.clone();
            change(&mut changed);
            assert!(generate::check_intention(&changed).is_err(), "{what} of seed {}", generated.seed);
        }
    }
}

/// What to change of a stream, and how.
type Change = (&'static str, fn(&mut Generated));

/// Enough for every perturbation to meet every other that it may meet.
const SEEDS: u64 = 10_000;
const HITS_LEAST: usize = 50;
