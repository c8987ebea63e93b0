use hyper::Request;
use thalweg::Recording;

use super::*;
use crate::replay::Wire;

fn library(names: &[&str]) -> Library {
    let mut library = Library::default();
    for name in names {
        library.insert(*name, Wire::Sse, &Recording::new());
    }
    library
}

fn parts(uri: &str, header: Option<(&str, &str)>) -> Parts {
    let mut request = Request::builder().uri(uri);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(()).expect("the test's request is one").into_parts().0
}

/// The name that is found, or the first words of the message.
fn found(library: &Library, parts: &Parts) -> Result<String, String> {
    let at = recording(library, parts).map_err(|error| error.to_string())?;
    library.names().nth(at).map(str::to_owned).ok_or_else(|| "a place that does not exist".to_owned())
}

#[test]
fn a_path_begins_with_a_name() {
    let library = library(&["one/text", "one/tool", "two/text"]);
    let check = |uri: &str, expected: &str| assert_eq!(found(&library, &parts(uri, None)).as_deref(), Ok(expected));
    check("/one/text/v1/chat/completions", "one/text");
    check("/one/text", "one/text");
    check("/two/text/v1?key=secret", "two/text");
    check("/tool/v1/messages", "one/tool");
    check("//one/%74ext//v1", "one/text");
    let error = |uri: &str| found(&library, &parts(uri, None)).expect_err("no recording is meant");
    assert_eq!(error("/text/v1"), "several recordings are named text:\n  one/text\n  two/text\n");
    for uri in ["/", "/v1/chat", "/one", "/ext/v1"] {
        let error = error(uri);
        assert!(error.starts_with("the path begins with no recording's name"), "{uri}: {error}");
        assert!(error.ends_with("  one/text\n  one/tool\n  two/text\n"), "{uri}: {error}");
    }
}

#[test]
fn a_header_or_a_parameter_names_it_too() {
    let library = library(&["one/text", "one/tool", "two/text"]);
    let named = |uri, name| found(&library, &parts(uri, Some((CASE, name))));
    assert_eq!(named("/one/text/v1", "two/text").as_deref(), Ok("two/text"), "the header is more precise");
    assert_eq!(named("/v1", "tool").as_deref(), Ok("one/tool"));
    assert!(named("/one/text", "three").is_err_and(|error| error.starts_with("no recording is named three; there")));
    let asked = found(&library, &parts("/v1?a=b&x-thalweg-case=one%2Ftool", None));
    assert_eq!(asked.as_deref(), Ok("one/tool"));
}

#[test]
fn one_recording_needs_no_name() {
    let library = library(&["text"]);
    for uri in ["/", "/v1/chat/completions", "/text/v1"] {
        assert_eq!(found(&library, &parts(uri, None)).as_deref(), Ok("text"));
    }
    assert!(found(&library, &parts("/", Some((CASE, "other")))).is_err(), "a wrong name is not ignored");
}

#[test]
fn faults_come_from_headers_and_parameters() {
    let asked = |parts: &Parts| {
        faults(parts).map(|faults| faults.iter().map(Fault::to_string).collect::<Vec<_>>()).map_err(|error| error.fault)
    };
    assert_eq!(asked(&parts("/", None)), Ok(vec![]));
    let both = parts("/?x-thalweg-fault=hang+chunk%3A2", Some((FAULT, "cut:1; drop*2")));
    assert_eq!(asked(&both), Ok(["cut:1", "drop*2", "hang", "chunk:2"].map(str::to_owned).into()));
    assert_eq!(asked(&parts("/", Some((FAULT, "cut:1 explode")))), Err("explode".to_owned()));
}

#[test]
fn of_many_recordings_the_nearest_are_listed() {
    let names: Vec<_> = (0..50).flat_map(|n| [format!("one/case-{n}"), format!("two-{n}/text")]).collect();
    let library = library(&names.iter().map(|name| &**name).collect::<Vec<_>>());
    let error = |uri: &str, named| found(&library, &parts(uri, named)).expect_err("no recording is meant");
    let listed = error("/", Some((CASE, "One/caes-17")));
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines[..2], ["no recording is named One/caes-17; of 100 the nearest are:", "  one/case-17"]);
    assert_eq!(lines.len(), 21, "{listed}");
    let listed = error("/two-7/txet/v1/chat/completions", None);
    assert!(listed.contains("; of 100 the nearest are:\n  two-7/text\n"), "{listed}");
    let listed = error("/text/v1", None);
    assert!(
        listed.starts_with("several recordings are named text: 50, of which the first are\n  two-0/text\n"),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 21, "{listed}");
}
