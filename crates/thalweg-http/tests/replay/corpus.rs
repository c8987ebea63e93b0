//! The whole corpus: each case comes out of the server as it is in its files.

use std::collections::BTreeSet;

use thalweg::Close;
use thalweg_corpus::Case;
use thalweg_http::replay::{Library, Wire};

use crate::client::{Arrived, ask, read, soon, start};

#[tokio::test]
async fn every_case_is_served_byte_for_byte_and_ends_as_it_did() {
    let library = Library::load(thalweg_corpus::root()).expect("the corpus is there");
    let cases = thalweg_corpus::load_all();
    assert_eq!(library.names().len(), cases.len());
    let server = start(library, "").await;
    for case in &cases {
        let path = format!("/{}/{}/v1/chat/completions", case.dialect, case.name);
        let response = soon(ask(&server, &path, "")).await.unwrap_or_else(|error| panic!("{case}: {error}"));
        let ending = case.body_name.rsplit('.').next().unwrap_or_default();
        let media = Wire::from_extension(ending).map(Wire::content_type);
        assert_eq!(response.headers().get("content-type").and_then(|media| media.to_str().ok()), media, "{case}");
        assert_eq!(response.headers()["x-thalweg-case"], case.to_string());
        let arrived = match case.close {
            Close::TimedOut => soon(read_len(response, case.body.len())).await,
            _ => soon(read(response)).await,
        };
        assert!(arrived.bytes() == case.body, "{case}: other bytes arrived");
        assert_eq!(arrived.is_whole, case.close == Close::Clean, "{case}: {}", case.close);
        check_borders(case, &arrived);
    }
    let counts = soon(server.wait_for(|counts| counts.ended == cases.len() as u64)).await;
    let silent = cases.iter().filter(|case| case.close == Close::TimedOut).count() as u64;
    assert_eq!((counts.requests, counts.abandoned), (cases.len() as u64, silent), "the client left no other");
}

/// A chunk never has bytes of two recorded ones.
fn check_borders(case: &Case, arrived: &Arrived) {
    let Some(recording) = &case.recording else { return };
    let ends = |chunks: &mut dyn Iterator<Item = usize>| {
        chunks
            .scan(0, |end, len| {
                *end += len;
                Some(*end)
            })
            .collect::<BTreeSet<_>>()
    };
    let recorded = ends(&mut recording.chunks().map(|chunk| chunk.bytes.len()));
    let found = ends(&mut arrived.chunks.iter().map(Vec::len));
    // A document that is sent whole has no chunks of HTTP.
    if recorded.len() > 1 {
        assert!(found.is_superset(&recorded), "{case}: {recorded:?} became {found:?}");
    }
}

/// Reads so many bytes of an answer that does not end.
async fn read_len(mut response: reqwest::Response, len: usize) -> Arrived {
    let mut arrived = Arrived { status: response.status().as_u16(), ..Arrived::default() };
    while arrived.chunks.iter().map(Vec::len).sum::<usize>() < len {
        let chunk = response.chunk().await.expect("the connection stays open").expect("the answer does not end");
        arrived.chunks.push(chunk.to_vec());
    }
    arrived
}
