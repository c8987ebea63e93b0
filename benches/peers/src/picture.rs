//! A record as a chart: what a frame costs, by protocol and step, on a logarithmic scale.

use std::fmt::Write as _;
use std::fs;

use crate::ladder::Row;
use crate::record::{self, Record};
use crate::steps::STEPS;

/// Draws `benches/record/FROM` as `FILE`.
pub(crate) fn write(file: &str, from: &str) -> Result<(), String> {
    let path = record::folder().join(from);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let record: Record = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let svg = draw(&record)?;
    let path = record::folder().join(file);
    fs::write(&path, svg).map_err(|error| format!("{}: {error}", path.display()))
}

fn draw(record: &Record) -> Result<String, String> {
    let rows: Vec<_> = record.ladder.iter().filter(|row| row.input == INPUT && row.chunking == CHUNKING).collect();
    let mut protocols: Vec<_> = rows.iter().map(|row| row.protocol.as_str()).collect();
    protocols.dedup();
    if protocols.is_empty() {
        return Err(format!("the record has no {INPUT} in chunks of {CHUNKING} bytes"));
    }
    let most = rows.iter().map(|row| row.ns_per_frame).fold(0.0, f64::max);
    let scale = Scale { decades: most.log10().ceil().max(1.0) };
    let (mut body, mut y) = (String::new(), TOP);
    for protocol in protocols {
        let _infallible = writeln!(body, r#"<text class="title" x="{MARGIN}" y="{}">{protocol}</text>"#, y + 12.0);
        y += 22.0;
        // In the order of the ladder, whatever the record's order is.
        for step in STEPS {
            let Some(row) = rows.iter().find(|row| row.protocol == protocol && row.step == step.name) else { continue };
            bar(&mut body, row, y, &scale);
            y += LINE;
        }
        y += 12.0;
    }
    let grid = grid(&scale, y);
    let (height, head) = (y + 46.0, &record.head);
    let commit = head.commit.get(..12).unwrap_or(&head.commit);
    let foot = [
        format!("One {INPUT} response, chunks of {CHUNKING} bytes, thread CPU time, nanoseconds a frame, logarithmic."),
        format!("{}; {}; commit {commit}", head.processor, head.compiler),
    ];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">\n<title>Nanoseconds a frame by step</title>\n{STYLE}\n{grid}{body}"
    );
    for (line, text) in foot.iter().enumerate() {
        let y = y + 18.0 + 16.0 * line as f64;
        let _infallible = writeln!(svg, r#"<text class="small" x="{MARGIN}" y="{y}">{}</text>"#, escaped(text));
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn bar(body: &mut String, row: &Row, y: f64, scale: &Scale) {
    let class = if OURS.contains(&row.step.as_str()) { "ours" } else { "peer" };
    let (width, middle) = (scale.width(row.ns_per_frame), y + 11.0);
    let _infallible = writeln!(
        body,
        concat!(
            r#"<text class="name" x="{name}" y="{middle}">{step}</text>"#,
            r#"<rect class="{class}" x="{left}" y="{y}" width="{width:.1}" height="13" rx="2"/>"#,
            r#"<text class="value" x="{value:.1}" y="{middle}">{ns}</text>"#
        ),
        name = LEFT - 8.0,
        middle = middle,
        step = row.step,
        class = class,
        left = LEFT,
        y = y,
        width = width,
        value = LEFT + width + 5.0,
        ns = shown(row.ns_per_frame)
    );
}

/// A line at every power of ten.
fn grid(scale: &Scale, bottom: f64) -> String {
    let mut grid = String::new();
    let mut ns = 1.0;
    while scale.width(ns) <= RIGHT - LEFT {
        let x = LEFT + scale.width(ns);
        let _infallible = writeln!(
            grid,
            r#"<line class="grid" x1="{x:.1}" y1="{}" x2="{x:.1}" y2="{bottom}"/><text class="axis" x="{x:.1}" y="16">{}</text>"#,
            TOP - 4.0,
            shown(ns)
        );
        ns *= 10.0;
    }
    grid
}

/// Nanoseconds from 1 on to the next power of ten.
struct Scale {
    decades: f64,
}

impl Scale {
    fn width(&self, ns: f64) -> f64 {
        ns.max(1.0).log10() / self.decades * (RIGHT - LEFT)
    }
}

fn shown(ns: f64) -> String {
    if ns < 9.95 && ns.fract() != 0.0 { format!("{ns:.1}") } else { format!("{ns:.0}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const INPUT: &str = "text";
const CHUNKING: &str = "16384";
const OURS: [&str; 5] = ["memchr", "framing", "decode", "decode_owned", "fold"];

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 12.0;
const LEFT: f64 = 140.0;
const RIGHT: f64 = 690.0;
const TOP: f64 = 28.0;
const LINE: f64 = 18.0;

/// No background: what is behind shows, and all colours can be read on white and on black. Not by what the reader's
/// system prefers, because the page around the picture may be otherwise.
const STYLE: &str = "<style>
text { font: 12px system-ui, sans-serif; fill: #6e7781 }
.title { font-weight: 600 }
.name { text-anchor: end }
.value, .axis, .small { font-size: 11px }
.axis { text-anchor: middle }
.grid { stroke: #8c959f; stroke-opacity: 0.35 }
.ours { fill: #2f81f7 }
.peer { fill: #bf8700 }
</style>";
