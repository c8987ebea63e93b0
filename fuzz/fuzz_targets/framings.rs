//! Frames do not depend on chunks, and are all of the input. The body is `thalweg_corpus::fuzz::framings`, so that tests
//! run it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_corpus::fuzz::framings(data));
