//! Rows as a table for people, and as ratios.

#![expect(clippy::print_stdout, reason = "a program that prints tables")]

use crate::ladder::Row;
use crate::steps::STEPS;

pub(crate) fn print(rows: &[Row], notes: &[String]) {
    println!(
        "{:<36} {:>7}  {:<15} {:>11} {:>9} {:>13} {:>7}",
        "input", "chunk", "step", "ns/frame", "MB/s", "allocs/frame", "spread"
    );
    for row in rows {
        let note = if row.is_shortened { format!("  ({} frames)", row.frames) } else { String::new() };
        println!(
            "{:<36} {:>7}  {:<15} {:>11.1} {:>9.0} {:>13.3} {:>6.0}%{note}",
            format!("{} {}", row.protocol, row.input),
            row.chunking,
            row.step,
            row.ns_per_frame,
            row.mb_per_s,
            row.allocs_per_frame,
            row.spread * 100.0
        );
    }
    if rows.iter().any(|row| row.is_shortened) {
        println!(
            "\nWhere frames are given, the step is too slow for the whole input and got a shorter one of its kind."
        );
    }
    println!("\ngenai: without what receiving the same bytes from the loopback costs its HTTP client.");
    for note in notes {
        println!("{note}.");
    }
    print_ratios(rows);
}

/// How many times as long as `decode` each step takes.
fn print_ratios(rows: &[Row]) {
    let steps: Vec<_> =
        STEPS.iter().map(|step| step.name).filter(|&step| step != "memchr" && step != "decode").collect();
    print!("\n{:<36} {:>7} ", "times decode", "chunk");
    for step in &steps {
        print!(" {step:>15}");
    }
    println!();
    for decode in rows.iter().filter(|row| row.step == "decode") {
        print!("{:<36} {:>7} ", format!("{} {}", decode.protocol, decode.input), decode.chunking);
        for &step in &steps {
            match ratio(rows, decode, step) {
                Some(ratio) => print!(" {ratio:>15.2}"),
                None => print!(" {:>15}", "-"),
            }
        }
        println!();
    }
}

fn ratio(rows: &[Row], decode: &Row, step: &str) -> Option<f64> {
    let case = |row: &Row| (row.protocol.clone(), row.input.clone(), row.chunking.clone());
    let same = rows.iter().find(|row| row.step == step && case(row) == case(decode))?;
    Some(same.ns_per_frame / decode.ns_per_frame)
}
