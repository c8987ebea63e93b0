//! Token counts as a wire repeats them.

use crate::event::Count;
use crate::json::{self, Error, Reader};

/// One token count of a wire, as often as it is sent. The last value stands; null, absent and what is no count replace
/// nothing, and neither does 0 a positive count: vendors send zeros while they have not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally(Option<u64>);

impl Tally {
    /// Reads the next value of `json`.
    pub fn read(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        let raw = json.skip()?;
        self.take(json::count(raw.of(json.source())));
        Ok(())
    }

    /// Takes a value over.
    pub fn take(&mut self, value: Option<u64>) {
        let value = value.filter(|value| *value > 0 || self.0.is_none_or(|known| known == 0));
        self.0 = value.or(self.0);
    }

    /// The count, where there is one.
    #[must_use]
    pub const fn get(self) -> Option<u64> {
        self.0
    }

    /// The same as events have it.
    #[must_use]
    pub fn count(self) -> Option<Count> {
        self.0.map(Count::from)
    }
}
