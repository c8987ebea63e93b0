//! Calls whose fragments may be interleaved at will.

use fastrand::Rng;

use crate::generate::strings;
use crate::laws::Strands;

/// Calls that are told apart by their indexes alone, or by their ids alone, and their inputs.
pub(crate) fn strands(seed: u64) -> (Strands, Vec<String>) {
    let mut rng = Rng::with_seed(seed);
    let by_index = rng.bool();
    let mut strands = Strands::default();
    let mut inputs = Vec::new();
    for n in 0..rng.usize(2..=6) {
        let arguments = format!("{{\"call\":{n},\"text\":{}}}", serde_json::json!(strings::text(&mut rng)));
        let index = format!("\"index\":{}", n * 7);
        let key = if by_index { index } else { format!("\"index\":0,\"id\":\"call_{n}\"") };
        let mut frames = vec![frame(&key, &format!("\"name\":\"f{}\",\"arguments\":\"\"", n % 2))];
        let chars: Vec<char> = arguments.chars().collect();
        for piece in chars.chunks(rng.usize(1..=20)) {
            let piece = serde_json::json!(piece.iter().collect::<String>());
            frames.push(frame(&key, &format!("\"arguments\":{piece}")));
        }
        strands.calls.push(frames);
        inputs.push(arguments);
    }
    strands.after = b"data: {\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n".into();
    (strands, inputs)
}

fn frame(key: &str, function: &str) -> Vec<u8> {
    let call = format!("{{{key},\"function\":{{{function}}}}}");
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n").into_bytes()
}
