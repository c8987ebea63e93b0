//! Any bytes keep every law. The body is `thalweg_corpus::fuzz::any_bytes`, so that tests run it too.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_corpus::fuzz::any_bytes(data));
