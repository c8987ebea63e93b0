//! Generated and damaged texts.

use super::*;

fn space(rng: &mut Rng, out: &mut String) {
    if rng.u8(..6) == 0 {
        out.push(*rng.choice(&[' ', '\n', '\t', '\r']).unwrap());
    }
}

fn generate_string(rng: &mut Rng, out: &mut String) {
    out.push('"');
    for _ in 0..rng.usize(..12) {
        match rng.u8(..16) {
            0 => out.push_str(rng.choice(&[r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t"]).unwrap()),
            1 => out.push_str(&format!("\\u{:04x}", rng.u16(..0xd800))),
            2 => out.push_str(&format!("\\u{:04X}\\u{:04x}", rng.u16(0xd800..0xdc00), rng.u16(0xdc00..0xe000))),
            3 if rng.u8(..4) == 0 => out.push_str(&format!("\\u{:04x}", rng.u16(0xd800..0xe000))),
            4 => out.push(rng.char(' '..)),
            _ => out.push(rng.alphanumeric()),
        }
    }
    // Generated content may hold what must be escaped; the texts damaged in this way are wanted as
    // well.
    out.push('"');
}

fn generate(rng: &mut Rng, depth: u8, out: &mut String) {
    space(rng, out);
    match rng.u8(..if depth == 0 { 6 } else { 10 }) {
        0 => out.push_str("null"),
        1 => out.push_str(if rng.bool() { "true" } else { "false" }),
        2 => out.push_str(&format!("{}", rng.i64(..) >> rng.u32(..64))),
        3 => out.push_str(&format!("{}.{:02}e{}", rng.i8(..), rng.u8(..), rng.i8(..))),
        4 | 5 => generate_string(rng, out),
        6 | 7 => {
            out.push('[');
            for index in 0..rng.u8(..4) {
                if index > 0 {
                    out.push(',');
                }
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push(']');
        }
        _ => {
            out.push('{');
            for index in 0..rng.u8(..4) {
                if index > 0 {
                    out.push(',');
                }
                space(rng, out);
                generate_string(rng, out);
                space(rng, out);
                out.push(':');
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push('}');
        }
    }
    space(rng, out);
}

/// Damages a text in one place, keeping it UTF-8.
fn damage(rng: &mut Rng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = rng.usize(..=chars.len());
    match rng.u8(..6) {
        0 => chars.truncate(at),
        1 if at < chars.len() => _ = chars.remove(at),
        2 if at < chars.len() => chars[at] = token(rng),
        3 => chars.insert(at, token(rng)),
        4 => {
            let from = rng.usize(..=at);
            let copy = chars[from..at].to_vec();
            chars.splice(at..at, copy);
        }
        _ => {
            let from = rng.usize(..=at);
            chars.drain(from..at);
        }
    }
    chars.into_iter().collect()
}

fn token(rng: &mut Rng) -> char {
    let tokens: Vec<char> = "{}[],:\"\\-+.eE0123456789truefalsn \n\u{1}\u{7f}u/x\u{e9}".chars().collect();
    *rng.choice(&tokens).unwrap()
}

#[test]
fn readers_agree_on_generated_and_damaged_texts() {
    let mut rng = Rng::with_seed(8259);
    let (mut accepted, mut refused) = (0, 0);
    let mut count = |result: Result<(), Error>| match result {
        Ok(()) => accepted += 1,
        Err(_) => refused += 1,
    };
    for _ in 0..8_000 {
        let mut json = String::new();
        generate(&mut rng, 4, &mut json);
        count(check(&json));
        for _ in 0..4 {
            json = damage(&mut rng, &json);
            count(check(&json));
        }
        // Two texts in a row, and pieces of any length.
        let mut twice = json;
        generate(&mut rng, 1, &mut twice);
        count(check(&twice));
        let (mut rest, mut validator) = (twice.as_bytes(), Validator::new());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rng.usize(1..=rest.len()));
            validator.feed(piece);
            rest = after;
        }
        assert_eq!(answers(&validator), validate([twice.as_bytes()]));
    }
    assert!(accepted > 10_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn readers_agree_on_texts_of_random_tokens() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..40_000 {
        let json: String = (0..rng.usize(..10)).map(|_| token(&mut rng)).collect();
        let _ = check(&json);
        let _ = check(&format!("\"{json}\""));
        let _ = check(&format!("[{json}]"));
    }
}
