//! Where a piece of arguments belongs: the paths of RFC 9535 that name one place.

use alloc::string::String;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

/// The steps of a path: `$.a.b[0]['c d']`. Gives none where it is no such path.
#[derive(Clone, Debug)]
pub(super) struct Path<'a> {
    rest: &'a str,
}

impl<'a> Path<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { rest: path.strip_prefix('$').unwrap_or(path) }
    }

    /// Whether all steps were taken.
    pub(super) const fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next step, if there is one that can be read.
    pub(super) fn step(&mut self) -> Option<Step> {
        let mut chars = self.rest.chars();
        match chars.next()? {
            '[' => match chars.clone().next()? {
                quote @ ('\'' | '"') => {
                    chars.next();
                    let name = quoted(&mut chars, quote)?;
                    self.rest = chars.as_str().strip_prefix(']')?;
                    Some(Step::Name(name))
                }
                _ => {
                    let (digits, rest) = chars.as_str().split_once(']')?;
                    self.rest = rest;
                    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                    Some(Step::Index(is_number.then(|| digits.parse().ok()).flatten()?))
                }
            },
            '.' => self.name(chars.as_str()),
            // Without the mark of the root.
            _ => self.name(self.rest),
        }
    }

    fn name(&mut self, from: &'a str) -> Option<Step> {
        let end = from.find(['.', '[']).unwrap_or(from.len());
        let (name, rest) = from.split_at(end);
        if name.is_empty() || name == "*" {
            return None;
        }
        self.rest = rest;
        Some(Step::Name(name.into()))
    }
}

/// A name up to its closing quote.
fn quoted(chars: &mut core::str::Chars<'_>, quote: char) -> Option<String> {
    let mut name = String::new();
    loop {
        match chars.next()? {
            '\\' => name.push(escape(chars)?),
            c if c == quote => return Some(name),
            c => name.push(c),
        }
    }
}

fn escape(chars: &mut core::str::Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let high = unit(chars)?;
            if !(0xd800..0xdc00).contains(&high) {
                return char::from_u32(high);
            }
            let low = chars.as_str().strip_prefix("\\u").map(str::chars).and_then(|mut rest| {
                let low = unit(&mut rest)?;
                *chars = rest;
                Some(low)
            })?;
            let pair = [high, low].map(|unit| u16::try_from(unit).unwrap_or_default());
            char::decode_utf16(pair).next()?.ok()?
        }
        c @ ('\'' | '"' | '\\' | '/') => c,
        _ => return None,
    })
}

fn unit(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit * 16 + chars.next()?.to_digit(16)?))
}
