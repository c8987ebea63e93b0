//! Text of a stream, made harmless to the terminal it is shown on.
//!
//! Whoever writes a stream must not be able to move the cursor, recolour the screen, retitle the window, answer for
//! the user or turn the reading direction. Control characters (C0, DEL, C1), the characters that steer bidirectional
//! text and the two line separators are shown as escapes (`\u{1b}`, `\t`). A backslash of the text stays as it is:
//! what is shown is for reading, and JSON stays JSON.

use core::fmt::{self, Display, Formatter, Write};

/// A text that must stay on its line: line breaks are escaped too.
pub(crate) struct Line<'a>(pub(crate) &'a str);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            if is_harmful(char) {
                write!(f, "{}", char.escape_default())?;
            } else {
                f.write_char(char)?;
            }
        }
        Ok(())
    }
}

/// The lines of a text, each to be shown through [`Line`].
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split('\n').map(Line)
}

fn is_harmful(char: char) -> bool {
    let steers =
        matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || steers || matches!(char, '\u{2028}' | '\u{2029}')
}
