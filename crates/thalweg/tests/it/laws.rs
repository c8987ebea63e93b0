//! The laws, on every case of the corpus and on every stream of the folder that `THALWEG_STREAMS` names.

use std::fs;
use std::path::{Path, PathBuf};

use thalweg::{Outcome, Protocol, dialects, registry};
use thalweg_corpus::laws::{self, Coverage, Strands};
use thalweg_corpus::{Cuts, Setup, Violation, generate, load_all, small_limits};

/// A stream and how to decode it.
struct Stream {
    name: String,
    setup: Setup<'static>,
    bytes: Vec<u8>,
}

fn corpus() -> Vec<Stream> {
    let stream = |case: thalweg_corpus::Case| Stream { name: case.to_string(), setup: case.setup(), bytes: case.body };
    load_all().into_iter().map(stream).collect()
}

/// Bodies in the folder `THALWEG_STREAMS`, by the endings that cases have. Where the folder is named like a dialect, that is theirs; else it is
/// detected.
fn extra() -> Vec<Stream> {
    let Some(dir) = std::env::var_os("THALWEG_STREAMS").map(PathBuf::from) else {
        eprintln!("THALWEG_STREAMS is not set: no other streams than the corpus");
        return Vec::new();
    };
    let dialect = dir.file_name().and_then(|name| registry::find(name.to_str()?));
    let setup = dialect.map_or_else(Setup::detect, Setup::from);
    let mut paths: Vec<_> = fs::read_dir(&dir)
        .expect("THALWEG_STREAMS is a folder")
        .map(|entry| entry.expect("it is readable").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| ENDINGS.iter().any(|ending| extension == *ending)));
    paths.sort();
    let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    paths.iter().map(|path| Stream { name: path.display().to_string(), setup, bytes: read(path) }).collect()
}

/// What bodies of streams are called in the corpus.
const ENDINGS: [&str; 3] = ["sse", "ndjson", "eventstream"];

fn all() -> Vec<Stream> {
    [corpus(), extra()].into_iter().flatten().collect()
}

/// Checks every stream and reports all that fail.
fn check(streams: &[Stream], mut law: impl FnMut(&Stream) -> Result<(), Violation>) {
    let found: Vec<_> = streams.iter().filter_map(|stream| Some((&stream.name, law(stream).err()?))).collect();
    let lines: Vec<_> = found.iter().map(|(name, violation)| format!("{name}: {violation}")).collect();
    assert!(lines.is_empty(), "{} of {} streams:\n{}", lines.len(), streams.len(), lines.join("\n"));
}

/// The setups under which laws about the sequence must hold: as it is, with limits that are reached, detected.
fn setups(stream: &Stream) -> [Setup<'static>; 3] {
    let setup = stream.setup;
    [setup, setup.with_limits(small_limits()).with_heartbeats(true), Setup::detect().with_close(setup.close)]
}

#[test]
fn chunking() {
    check(&all(), |stream| {
        let [known, small, detected] = setups(stream);
        laws::check_chunking(known, &stream.bytes, Cuts::Thorough)?;
        laws::check_chunking(small, &stream.bytes, Cuts::Few(1)).map_err(|it| it.during("small limits"))?;
        laws::check_chunking(detected, &stream.bytes, Cuts::Few(2)).map_err(|it| it.during("detected"))
    });
}

#[test]
fn totality() {
    check(&all(), |stream| setups(stream).iter().try_for_each(|setup| laws::check_totality(*setup, &stream.bytes)));
}

#[test]
fn grammar() {
    check(&all(), |stream| setups(stream).iter().try_for_each(|setup| laws::check_grammar(*setup, &stream.bytes)));
}

#[test]
fn frames() {
    check(&all(), |stream| setups(stream).iter().try_for_each(|setup| laws::check_frames(*setup, &stream.bytes)));
}

#[test]
fn bounds() {
    check(&all(), |stream| setups(stream).iter().try_for_each(|setup| laws::check_bounds(*setup, &stream.bytes)));
}

/// A long stream in one chunk, and streams that make every table grow.
#[test]
fn bounds_of_hostile_streams() {
    let frames = |frame: &dyn Fn(usize) -> String| (0..20_000).map(frame).collect::<String>();
    let delta =
        |delta: String, n: usize| format!("data: {{\"choices\":[{{\"index\":{n},\"delta\":{{{delta}}}}}]}}\n\n");
    let call = |call: String| delta(format!("\"tool_calls\":[{{{call}}}]"), 0);
    let streams = [
        ("text", frames(&|_| delta("\"content\":\"word \"".into(), 0))),
        ("choices", frames(&|n| delta("\"content\":\"a\"".into(), n))),
        ("calls", frames(&|n| call(format!("\"index\":{n},\"id\":\"c{n}\",\"function\":{{\"name\":\"f\"}}")))),
        ("nameless", frames(&|n| call(format!("\"index\":{n},\"function\":{{\"arguments\":\"{{}}\"}}")))),
        ("held", frames(&|_| call("\"index\":0,\"function\":{\"arguments\":\"[1,\"}".into()))),
        ("input", frames(&|_| call("\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"[1,\"}".into()))),
        ("models", frames(&|n| format!("data: {{\"choices\":[],\"model\":\"m{n}\"}}\n\n"))),
        ("alternating", frames(&|n| delta(format!("\"{}\":\"a\"", ["content", "reasoning"][n % 2]), 0))),
        ("one line", format!("data: {}", "x".repeat(1 << 20))),
        ("lines", "data: x\n".repeat(100_000)),
        ("comments", ": x\n\n".repeat(100_000)),
        ("array", format!("[{}", "{},".repeat(300_000))),
        ("html", format!("<html>{}", " ".repeat(1 << 20))),
    ];
    let stream = |(name, text): (&str, String)| {
        // It ends inside a frame.
        let bytes = (text + "data: {\"choi").into_bytes();
        Stream { name: name.into(), setup: (&dialects::OPENAI_CHAT).into(), bytes }
    };
    check(&streams.map(stream), |stream| {
        let [known, small, detected] = setups(stream);
        for setup in [known, small, detected] {
            laws::check_bounds(setup, &stream.bytes)?;
            laws::check_totality(setup, &stream.bytes)?;
            laws::check_grammar(setup, &stream.bytes)?;
        }
        laws::check_chunking(small, &stream.bytes, Cuts::Few(3))
    });
}

#[test]
fn prefix() {
    check(&all(), |stream| {
        let [known, small, detected] = setups(stream);
        laws::check_prefix(known, &stream.bytes, Cuts::Thorough)?;
        laws::check_prefix(small, &stream.bytes, Cuts::Few(1)).map_err(|it| it.during("small limits"))?;
        laws::check_prefix(detected, &stream.bytes, Cuts::Few(2)).map_err(|it| it.during("detected"))
    });
}

#[test]
fn a_complete_stream_cut_short_is_truncated() {
    let mut complete = all();
    complete.retain(|stream| stream.setup.response(&stream.bytes).outcome == Some(Outcome::Complete));
    let mut tried = 0;
    check(&complete, |stream| {
        tried += laws::check_cut_short(stream.setup, &stream.bytes, 20, 4)?;
        Ok(())
    });
    assert!(tried > complete.len(), "{tried} cuts of {} streams", complete.len());
}

#[test]
fn conservation() {
    let streams = all();
    let mut skipped = Vec::new();
    check(&streams, |stream| {
        if let Coverage::Skipped(reason) = laws::check_conservation(stream.setup, &stream.bytes)? {
            skipped.push(format!("{}: {reason}", stream.name));
        }
        Ok(())
    });
    let list = skipped.join("\n");
    assert!(3 * skipped.len() < streams.len(), "{} of {} skipped:\n{list}", skipped.len(), streams.len());
}

#[test]
fn isolation() {
    let frame = |call: usize, function: &str| {
        let call = format!("{{\"index\":{call},\"function\":{{{function}}}}}");
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n").into_bytes()
    };
    let call = |n: usize| {
        let start = frame(n, &format!("\"name\":\"tool{n}\",\"arguments\":\"\""));
        // The halves of a surrogate pair in two fragments, and one more fragment than the call before.
        let pieces = ["{\\\"a", "\\\": \\\"\\ud83d", "\\ude00", "\\\"}"].into_iter().map(String::from);
        let pieces = pieces.chain((0..n).map(|_| " ".into()));
        [start].into_iter().chain(pieces.map(|piece| frame(n, &format!("\"arguments\":\"{piece}\"")))).collect()
    };
    let after =
        b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    for count in [1, 2, 5, 12] {
        let strands = Strands { calls: (0..count).map(call).collect(), after: after.into(), ..Strands::default() };
        laws::check_isolation(&dialects::OPENAI_CHAT, &strands, 100, 9)
            .unwrap_or_else(|violation| panic!("{violation}"));
    }
}

#[test]
fn neutrality() {
    check(&all(), |stream| (0..8).try_for_each(|seed| laws::check_neutrality(stream.setup, &stream.bytes, 2 * seed)));
}

#[test]
fn replay() {
    check(&all(), |stream| {
        (0..).zip(setups(stream)).try_for_each(|(n, setup)| laws::check_replay(setup, &stream.bytes, n))
    });
}

#[test]
fn unfold() {
    check(&all(), |stream| {
        (0..).zip(setups(stream)).try_for_each(|(n, setup)| laws::check_unfold(setup, &stream.bytes, n))
    });
}

#[test]
fn memo() {
    let mut repeats = 0;
    check(&all(), |stream| {
        for (setup, n) in setups(stream).into_iter().zip(0..) {
            for seed in 0..8 {
                repeats += laws::check_memo(setup, &stream.bytes, 8 * n + seed)?;
            }
        }
        Ok(())
    });
    assert!(repeats > 10_000, "{repeats} frames were told from earlier ones");
}

#[test]
fn reconnect() {
    check(&all(), |stream| {
        let [known, small, detected] = setups(stream);
        laws::check_reconnect(known, &stream.bytes, Cuts::Thorough)?;
        laws::check_reconnect(small, &stream.bytes, Cuts::Few(1)).map_err(|it| it.during("small limits"))?;
        laws::check_reconnect(detected, &stream.bytes, Cuts::Few(2)).map_err(|it| it.during("detected"))
    });
}

#[test]
fn usage() {
    check(&all(), |stream| laws::check_usage(stream.setup, &stream.bytes));
}

/// How generated streams are decoded by default is tested with the generator.
#[test]
fn generated_streams_with_small_limits_and_detected() {
    let generated = |protocol, seed| {
        let generated = generate::generate(protocol, seed);
        let setup = Setup::from(generated.dialect).with_close(generated.close);
        Stream { name: format!("{protocol} seed {seed}"), setup, bytes: generated.bytes }
    };
    let seeds = |protocol: &Protocol| (0..100).map(|seed| generated(*protocol, seed)).collect::<Vec<_>>();
    let streams: Vec<_> = generate::PROTOCOLS.iter().flat_map(seeds).collect();
    check(&streams, |stream| {
        let [_, small, detected] = setups(stream);
        laws::check_all(small, &stream.bytes, Cuts::Few(1)).map_err(|it| it.during("small limits"))?;
        laws::check_all(detected, &stream.bytes, Cuts::Few(2)).map_err(|it| it.during("detected"))
    });
}

/// What the fuzz targets run, on bytes that no server would send.
#[test]
fn any_bytes() {
    let runs = thalweg_corpus::fuzz::counted(10_000, 7).unwrap_or_else(|finding| panic!("{finding}"));
    assert!(runs.jsons > runs.streams);
}
