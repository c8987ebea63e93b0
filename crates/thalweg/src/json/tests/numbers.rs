//! Whole numbers in any notation.

use super::*;

#[test]
fn whole_numbers_are_read_exactly_in_any_notation() {
    let huge = format!("1{}e-{}", "0".repeat(400), 400);
    let tiny = format!("0.{}12e{}", "0".repeat(400), 402);
    let cases: &[(&str, Option<u64>, Option<i64>)] = &[
        ("0", Some(0), Some(0)),
        ("-0", Some(0), Some(0)),
        ("-0.0e9", Some(0), Some(0)),
        ("12", Some(12), Some(12)),
        ("12.0", Some(12), Some(12)),
        ("1.2e1", Some(12), Some(12)),
        ("120e-1", Some(12), Some(12)),
        ("0.12E+2", Some(12), Some(12)),
        ("-12.00", None, Some(-12)),
        ("100.5", None, None),
        ("1.25e1", None, None),
        ("1e-1", None, None),
        ("9007199254740993", Some(9_007_199_254_740_993), Some(9_007_199_254_740_993)),
        ("9223372036854775807", Some(i64::MAX as u64), Some(i64::MAX)),
        ("9223372036854775808", Some(1 << 63), None),
        ("-9223372036854775808", None, Some(i64::MIN)),
        ("-9223372036854775809", None, None),
        ("18446744073709551615", Some(u64::MAX), None),
        ("18446744073709551615.000", Some(u64::MAX), None),
        ("1.8446744073709551615e19", Some(u64::MAX), None),
        ("18446744073709551616", None, None),
        ("1e19", Some(10_000_000_000_000_000_000), None),
        ("1e20", None, None),
        ("1e999999999999999999999", None, None),
        ("1e-99999999999999999999", None, None),
        ("0e999999999999999999999", Some(0), Some(0)),
        ("0e-99999999999999999999", Some(0), Some(0)),
        (&huge, Some(1), Some(1)),
        (&tiny, Some(12), Some(12)),
    ];
    for &(raw, as_count, as_integer) in cases {
        assert_eq!((count(raw), integer(raw)), (as_count, as_integer), "{raw}");
    }
    for raw in
        ["", "-", " 1", "1 ", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_0", "\"1\"", "null", "NaN", "\u{661}"]
    {
        assert_eq!((count(raw), integer(raw)), (None, None), "{raw}");
    }
}

#[test]
fn whole_numbers_survive_shifting_the_point() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..20_000 {
        let value = rng.u64(..) >> rng.u32(..64);
        let digits = format!("{}{value}", "0".repeat(rng.usize(..25)));
        let point = rng.usize(..=digits.len());
        let zeros = "0".repeat(rng.usize(..4));
        let units = digits[..point].trim_start_matches('0');
        let units = if units.is_empty() { "0" } else { units };
        let raw = format!("{units}.{}0{zeros}e{}", &digits[point..], digits.len() - point);
        assert_eq!(count(&raw), Some(value), "{raw}");
        assert_eq!(integer(&format!("-{raw}")), 0_i64.checked_sub_unsigned(value), "{raw}");
    }
}
