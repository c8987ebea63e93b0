//! The JSON reader and the validator agree with each other and with `serde_json`. The body is
//! `thalweg_corpus::fuzz::json`, so that tests run it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_corpus::fuzz::json(data));
