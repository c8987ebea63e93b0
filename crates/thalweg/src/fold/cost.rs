//! What a response cost, from its token counts and prices that the caller knows. Whole numbers throughout: no cost is
//! rounded before the caller asks for it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::fmt;

use super::{Fold, Response, Tokens};
use crate::event::{Count, Event, MetaField, UsageOrigin};

/// Prices of one model, each in millionths of a currency unit per million tokens: 0.15 dollars a million is 150,000.
/// Start from [`Prices::new`] and set what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Prices {
    /// Input that no other price is for.
    pub input: u64,
    /// Output that no other price is for.
    pub output: u64,
    /// Input read from a cache; none: as other input.
    #[cfg_attr(feature = "serde", serde(default))]
    pub cache_read: Option<u64>,
    /// Input written to a cache; none: as other input.
    #[cfg_attr(feature = "serde", serde(default))]
    pub cache_write: Option<u64>,
    /// Reasoning; none: as other output.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reasoning: Option<u64>,
    /// Sound in the input; none: as other input.
    #[cfg_attr(feature = "serde", serde(default))]
    pub input_audio: Option<u64>,
    /// Sound in the output; none: as other output.
    #[cfg_attr(feature = "serde", serde(default))]
    pub output_audio: Option<u64>,
}

impl Prices {
    /// One price for all input and one for all output.
    #[must_use]
    pub const fn new(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_write: None,
            reasoning: None,
            input_audio: None,
            output_audio: None,
        }
    }

    /// What tokens cost at these prices.
    ///
    /// Input tokens that were read from a cache, written to one, or are sound are taken out of the input, reasoning and
    /// sound out of the output, and each is counted at its own price. (No wire says how much of the sound was cached:
    /// it is taken for uncached.)
    #[must_use]
    pub fn cost(&self, tokens: Tokens) -> Cost {
        let Tokens { counts, origin } = tokens;
        let rest = |whole: Option<Count>, parts: &[Option<Count>]| {
            let whole = whole?.get();
            let parts = parts.iter().flatten().fold(0, |sum: u64, part| sum.saturating_add(part.get()));
            Some((whole.saturating_sub(parts), parts > whole))
        };
        let input = rest(counts.input, &[counts.cache_read, counts.cache_write, counts.input_audio]);
        let output = rest(counts.output, &[counts.reasoning, counts.output_audio]);
        let at =
            |price: Option<u64>, other, count: Option<Count>| Some(Amount::of(count?.get(), price.unwrap_or(other)));
        Cost {
            input: input.map(|(rest, _)| Amount::of(rest, self.input)),
            output: output.map(|(rest, _)| Amount::of(rest, self.output)),
            cache_read: at(self.cache_read, self.input, counts.cache_read),
            cache_write: at(self.cache_write, self.input, counts.cache_write),
            reasoning: at(self.reasoning, self.output, counts.reasoning),
            input_audio: at(self.input_audio, self.input, counts.input_audio),
            output_audio: at(self.output_audio, self.output, counts.output_audio),
            origin,
            is_inconsistent: [input, output].iter().flatten().any(|(_, exceeds)| *exceeds),
        }
    }
}

/// Prices by model id, matched exactly. Lookups of any other kind (a prefix, an alias) are closures: see
/// [`Response::cost`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PriceTable(BTreeMap<Box<str>, Prices>);

impl PriceTable {
    /// Sets the prices of a model, and gives back those it had.
    pub fn insert(&mut self, model: &str, prices: Prices) -> Option<Prices> {
        self.0.insert(model.into(), prices)
    }

    /// The prices of a model.
    #[must_use]
    pub fn prices(&self, model: &str) -> Option<Prices> {
        self.0.get(model).copied()
    }
}

impl<S: Into<Box<str>>> FromIterator<(S, Prices)> for PriceTable {
    fn from_iter<I: IntoIterator<Item = (S, Prices)>>(prices: I) -> Self {
        Self(prices.into_iter().map(|(model, prices)| (model.into(), prices)).collect())
    }
}

/// What a response cost, by kind of token. A part whose tokens nobody counted is none, which is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cost {
    /// Input without what is listed apart.
    pub input: Option<Amount>,
    /// Output without what is listed apart.
    pub output: Option<Amount>,
    /// Input read from a cache.
    pub cache_read: Option<Amount>,
    /// Input written to a cache.
    pub cache_write: Option<Amount>,
    /// Reasoning.
    pub reasoning: Option<Amount>,
    /// Sound in the input.
    pub input_audio: Option<Amount>,
    /// Sound in the output.
    pub output_audio: Option<Amount>,
    /// Who counted the tokens: anything but [`UsageOrigin::Provider`] may differ from the bill.
    pub origin: UsageOrigin,
    /// The parts of the input or of the output were more than the whole: the rest was taken for zero, and the counts
    /// contradict themselves.
    pub is_inconsistent: bool,
}

impl Cost {
    /// The sum of all parts; none where all input or all output was not counted, because the sum would be too low.
    #[must_use]
    pub fn total(&self) -> Option<Amount> {
        self.input.and(self.output).map(|_| self.known())
    }

    /// The sum of the parts that are known: a lower bound.
    #[must_use]
    pub fn known(&self) -> Amount {
        let parts = [
            self.input,
            self.output,
            self.cache_read,
            self.cache_write,
            self.reasoning,
            self.input_audio,
            self.output_audio,
        ];
        parts.into_iter().flatten().fold(Amount::default(), Amount::plus)
    }
}

/// An exact amount of money: a whole number of 10^-12 units of the currency that the prices are in. Sums saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Amount(u128);

impl Amount {
    /// An amount of a number of 10^-12 units.
    #[must_use]
    pub const fn from_picos(picos: u128) -> Self {
        Self(picos)
    }

    /// The sum of two amounts.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In 10^-12 units, exact.
    #[must_use]
    pub const fn picos(self) -> u128 {
        self.0
    }

    /// In millionths of a unit, rounded to the nearest, halves up. Round sums, not what is summed.
    #[must_use]
    pub const fn micros(self) -> u128 {
        let half_up = self.0 % PICOS_PER_MICRO >= PICOS_PER_MICRO / 2;
        self.0 / PICOS_PER_MICRO + half_up as u128
    }

    /// Tokens times millionths per million of them is millionths of millionths.
    const fn of(tokens: u64, price: u64) -> Self {
        Self(tokens as u128 * price as u128)
    }
}

impl fmt::Display for Amount {
    /// In units, exact: `0.00345`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, picos) = (self.0 / PICOS_PER_UNIT, self.0 % PICOS_PER_UNIT);
        let digits = alloc::format!("{units}.{picos:012}");
        f.pad_integral(true, "", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

const PICOS_PER_MICRO: u128 = 1_000_000;
const PICOS_PER_UNIT: u128 = 1_000_000_000_000;

/// Why a response has no cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unpriced {
    /// Nobody counted its tokens.
    NoUsage,
    /// It does not say which model answered.
    NoModel,
    /// There are no prices for its model.
    #[non_exhaustive]
    NoPrices {
        /// The model that answered.
        model: Box<str>,
    },
}

impl fmt::Display for Unpriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUsage => f.write_str("nobody counted the tokens"),
            Self::NoModel => f.write_str("the response names no model"),
            Self::NoPrices { model } => write!(f, "no prices for {model:?}"),
        }
    }
}

impl core::error::Error for Unpriced {}

fn price(
    model: Option<&str>,
    tokens: Option<Tokens>,
    lookup: impl FnOnce(&str) -> Option<Prices>,
) -> Result<Cost, Unpriced> {
    let tokens = tokens.ok_or(Unpriced::NoUsage)?;
    let model = model.ok_or(Unpriced::NoModel)?;
    let prices = lookup(model).ok_or_else(|| Unpriced::NoPrices { model: model.into() })?;
    Ok(prices.cost(tokens))
}

impl Response {
    /// What it cost, at the prices that `lookup` has for the model that answered. Ask after the end; before, it is what
    /// the last counts amount to. [`Priced`] does the same without keeping the response.
    ///
    /// # Errors
    ///
    /// Where tokens, model or prices are not known. For a model that the response does not name, use
    /// [`Prices::cost`].
    ///
    /// ```
    /// use thalweg::fold::{PriceTable, Prices};
    /// use thalweg::{Close, Fold, Normalizer, Response, dialects};
    ///
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    /// normalizer.feed(br#"data: {"model":"small-2","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}
    ///
    /// data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":600}}}
    ///
    /// data: [DONE]
    ///
    /// "#);
    /// normalizer.finish(Close::Clean);
    /// let mut response = Response::default();
    /// while let Some(event) = normalizer.poll() {
    ///     response.apply(&event);
    /// }
    /// let mut small = Prices::new(150_000, 600_000); // 0.15 and 0.60 dollars a million tokens
    /// small.cache_read = Some(75_000);
    /// let table = PriceTable::from_iter([("small-2", small)]);
    /// let cost = response.cost(|model| table.prices(model))?;
    /// // 400 tokens at 0.15, 600 at 0.075, 20 at 0.60 dollars a million
    /// assert_eq!(cost.total().expect("all is counted").to_string(), "0.000117");
    /// # Ok::<(), thalweg::fold::Unpriced>(())
    /// ```
    pub fn cost(&self, lookup: impl FnOnce(&str) -> Option<Prices>) -> Result<Cost, Unpriced> {
        price(self.model.as_deref(), self.usage, lookup)
    }
}

/// A fold that keeps of a stream what its cost depends on, and nothing else: the last model and the last counts.
///
/// ```
/// use thalweg::fold::{Priced, Prices};
/// use thalweg::{Close, Fold, Normalizer, dialects};
///
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.feed(br#"data: {"model":"small-2-eu","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}
///
/// "#);
/// normalizer.finish(Close::Clean);
/// let mut priced = Priced::default();
/// while let Some(event) = normalizer.poll() {
///     priced.apply(&event);
/// }
/// // A lookup of one's own: every variant of a model at one price.
/// let cost = priced.cost(|model| model.starts_with("small-2").then(|| Prices::new(150_000, 600_000)))?;
/// assert_eq!(cost.known().picos(), 2_700_000);
/// # Ok::<(), thalweg::fold::Unpriced>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Priced {
    /// The model that answered.
    pub model: Option<Box<str>>,
    /// The last token counts, and who counted.
    pub usage: Option<Tokens>,
}

impl Priced {
    /// As [`Response::cost`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn cost(&self, lookup: impl FnOnce(&str) -> Option<Prices>) -> Result<Cost, Unpriced> {
        price(self.model.as_deref(), self.usage, lookup)
    }
}

impl Fold for Priced {
    fn apply(&mut self, event: &Event<'_>) {
        match *event {
            Event::Meta { field: MetaField::Model, value } => self.model = Some(value.into()),
            Event::Usage { counts, origin } => self.usage = Some(Tokens { counts, origin }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
