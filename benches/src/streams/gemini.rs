//! Gemini `streamGenerateContent`, in Google's own shape: CRLF, JSON with blanks, counters of tokens in every frame.

use thalweg::dialects::GEMINI;

use super::words::{Random, quoted};
use super::{Stream, Wire};

/// A text answer: about 454 bytes a frame, about 110 of them text.
#[must_use]
pub fn text(deltas: usize, seed: u64) -> Stream {
    stream("text", deltas, 0, seed)
}

/// Thoughts in a third of the frames, then a text.
#[must_use]
pub fn thoughts(deltas: usize, seed: u64) -> Stream {
    stream("thoughts", deltas, deltas / 3, seed)
}

fn stream(name: &'static str, deltas: usize, thoughts: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new(name, &GEMINI);
    wire.line_end = "\r\n";
    let (mut candidate, mut thought) = (0, if thoughts == 0 { 97 } else { 0 });
    for delta in 0..=deltas {
        let is_thought = delta < thoughts;
        let is_last = delta == deltas;
        let tokens = if is_last { 2 } else { 16 + random.below(13) };
        let text = random.tokens(tokens);
        wire.say(usize::from(thoughts > 0 && !is_thought), &text);
        *(if is_thought { &mut thought } else { &mut candidate }) += tokens;
        let mark = if is_thought { r#","thought": true"# } else { "" };
        let part = format!(r#"{{"text": {}{mark}}}"#, quoted(&text));
        let finish = if is_last { r#""finishReason": "STOP","# } else { "" };
        let total = PROMPT + candidate + thought;
        let modality = format!(r#"[{{"modality": "TEXT","tokenCount": {PROMPT}}}]"#);
        // Counters that are still zero are left out.
        let candidates = if candidate > 0 { format!(r#""candidatesTokenCount": {candidate},"#) } else { String::new() };
        let usage = format!(
            r#"{{"promptTokenCount": {PROMPT},{candidates}"totalTokenCount": {total},"promptTokensDetails": {modality},"thoughtsTokenCount": {thought}}}"#
        );
        wire.frame(&format!(
            r#"{{"candidates": [{{"content": {{"parts": [{part}],"role": "model"}},{finish}"index": 0}}],"usageMetadata": {usage},{FACTS}}}"#
        ));
    }
    wire.end()
}

const PROMPT: usize = 1051;

const FACTS: &str = r#""modelVersion": "example-2.5-flash","responseId": "OrvelSilWenda0FindoLume""#;
