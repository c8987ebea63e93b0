//! Text of made-up words, from a generator of one's own: a seed is a text, everywhere and always.

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small: the bias does not matter here.
    pub(super) const fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A fragment of text as models give it.
    pub(super) fn token(&mut self) -> &'static str {
        TOKENS[self.below(TOKENS.len())]
    }

    /// A number of them.
    pub(super) fn tokens(&mut self, count: usize) -> String {
        (0..count).map(|_| self.token()).collect()
    }

    /// Letters and digits, as in ids.
    pub(super) fn letters(&mut self, count: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A text as it stands inside of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            _ => json.push(letter),
        }
    }
    json
}

/// The alphabet, over and over.
pub(super) fn alphabet(count: usize) -> String {
    (b'a'..=b'z').cycle().take(count).map(char::from).collect()
}

/// Five bytes on average, a few with something to escape, a few that are not ASCII.
const TOKENS: &[&str] = &[
    " the",
    " orvel",
    " runs",
    " to",
    " a",
    " sil",
    ",",
    " and",
    " wenda",
    " findo",
    " ist",
    " lume",
    ".",
    " stovel",
    " curenta",
    " of",
    " dewp",
    " chanvel",
    " in",
    " flo",
    " bara",
    "ing",
    "ed",
    " whera",
    " undo",
    " it",
    "\n\n",
    " \"bek\"",
    " cafë",
    " slun",
    " betwinna",
    " wintel",
    " sprona",
    " tiv",
    " at",
    " nool",
    " is",
    " measolar",
];
