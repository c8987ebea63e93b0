use alloc::string::ToString;

use super::*;
use crate::event::Usage;

const PRICES: Prices = Prices {
    input: 100,
    output: 1_000,
    cache_read: Some(10),
    cache_write: Some(125),
    reasoning: Some(2_000),
    input_audio: Some(400),
    output_audio: Some(4_000),
};

fn tokens(counts: Usage) -> Tokens {
    Tokens { counts, origin: UsageOrigin::Provider }
}

fn some(count: u64) -> Option<Count> {
    Some(Count::from(count))
}

fn picos(amount: Option<Amount>) -> Option<u128> {
    amount.map(Amount::picos)
}

#[test]
fn each_token_is_counted_once_at_its_own_price() {
    let counts = Usage {
        input: some(1_000),
        output: some(100),
        total: some(9_999),
        cache_read: some(600),
        cache_write: some(50),
        reasoning: some(70),
        input_audio: some(20),
        output_audio: some(10),
    };
    let cost = PRICES.cost(tokens(counts));
    let parts = [
        (cost.input, 330 * 100),
        (cost.cache_read, 600 * 10),
        (cost.cache_write, 50 * 125),
        (cost.input_audio, 20 * 400),
        (cost.output, 20 * 1_000),
        (cost.reasoning, 70 * 2_000),
        (cost.output_audio, 10 * 4_000),
    ];
    for (n, (part, expected)) in parts.iter().enumerate() {
        assert_eq!(picos(*part), Some(*expected), "part {n}");
    }
    assert_eq!(picos(cost.total()), Some(parts.iter().map(|(_, expected)| expected).sum()));
    assert_eq!((cost.origin, cost.is_inconsistent), (UsageOrigin::Provider, false));
}

#[test]
fn without_a_price_of_their_own_parts_cost_what_the_whole_costs() {
    let counts = Usage {
        input: some(100),
        output: some(10),
        cache_read: some(60),
        cache_write: some(20),
        reasoning: some(7),
        input_audio: some(5),
        output_audio: some(1),
        ..Usage::default()
    };
    let cost = Prices::new(3, 5).cost(tokens(counts));
    assert_eq!(picos(cost.total()), Some(100 * 3 + 10 * 5));
}

#[test]
fn what_nobody_counted_is_none() {
    let cost = PRICES.cost(tokens(Usage { input: some(10), cache_read: some(4), ..Usage::default() }));
    assert_eq!((picos(cost.input), picos(cost.cache_read)), (Some(600), Some(40)));
    assert_eq!((cost.output, cost.cache_write, cost.reasoning), (None, None, None));
    assert_eq!((cost.total(), cost.known().picos()), (None, 640));
}

#[test]
fn parts_beyond_the_whole_are_flagged() {
    let check = |counts| {
        let cost = PRICES.cost(tokens(counts));
        assert!(cost.is_inconsistent, "{counts:?}");
        cost
    };
    let cost = check(Usage { input: some(10), output: some(0), cache_read: some(11), ..Usage::default() });
    assert_eq!((picos(cost.input), picos(cost.total())), (Some(0), Some(110)));
    check(Usage { output: some(1), reasoning: some(2), ..Usage::default() });
    let most = some(u64::MAX);
    check(Usage { input: most, cache_read: most, cache_write: most, input_audio: most, ..Usage::default() });
}

#[test]
fn the_largest_counts_at_the_largest_prices_do_not_overflow() {
    let most = some(u64::MAX);
    let counts = Usage { input: most, output: most, ..Usage::default() };
    let cost = Prices::new(u64::MAX, u64::MAX).cost(tokens(counts));
    assert_eq!(picos(cost.total()), Some(u128::MAX));
    assert!(!cost.is_inconsistent);
}

#[test]
fn amounts_are_printed_exactly_and_rounded_half_up() {
    let check = |picos, printed: &str, micros| {
        let amount = Amount::from_picos(picos);
        assert_eq!((amount.to_string().as_str(), amount.micros()), (printed, micros));
    };
    check(0, "0", 0);
    check(1, "0.000000000001", 0);
    check(499_999, "0.000000499999", 0);
    check(500_000, "0.0000005", 1);
    check(1_499_999, "0.000001499999", 1);
    check(10_000_000_000_000, "10", 10_000_000);
    check(1_230_000_000_000, "1.23", 1_230_000);
    assert_eq!(alloc::format!("{:>6}", Amount::from_picos(1_500_000_000_000)), "   1.5");
    let (small, large) = (Amount::from_picos(5), Amount::from_picos(u128::MAX));
    assert_eq!(small.plus(large), large);
}

#[test]
fn what_is_missing_is_named() {
    let usage = Some(tokens(Usage { input: some(1), output: some(1), ..Usage::default() }));
    let table = PriceTable::from_iter([("m", Prices::new(1, 2))]);
    let cost = |model: Option<&str>, usage| {
        let priced = Priced { model: model.map(Box::from), usage };
        priced.cost(|model| table.prices(model)).map(|cost| picos(cost.total()))
    };
    assert_eq!(cost(Some("m"), usage), Ok(Some(3)));
    assert_eq!(cost(Some("m-mini"), usage), Err(Unpriced::NoPrices { model: "m-mini".into() }));
    assert_eq!(cost(None, usage), Err(Unpriced::NoModel));
    assert_eq!(cost(Some("m"), None), Err(Unpriced::NoUsage));
}

#[test]
fn the_last_model_and_the_last_counts_stand() {
    let mut folds = (Priced::default(), Response::default());
    let usage = |input, origin| Event::Usage { counts: Usage { input: some(input), ..Usage::default() }, origin };
    for event in [
        Event::Meta { field: MetaField::Model, value: "alias" },
        usage(9, UsageOrigin::Provider),
        Event::Meta { field: MetaField::Model, value: "m" },
        Event::Meta { field: MetaField::Id, value: "r" },
        usage(5, UsageOrigin::Estimated),
    ] {
        folds.apply(&event);
    }
    let lookup = |model: &str| (model == "m").then(|| Prices::new(2, 0));
    let cost = folds.0.cost(lookup).expect("all is known");
    assert_eq!((cost.known().picos(), cost.total(), cost.origin), (10, None, UsageOrigin::Estimated));
    assert_eq!(folds.1.cost(lookup), Ok(cost));
}
