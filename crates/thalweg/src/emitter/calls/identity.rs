//! Which call a fragment belongs to: rules 1, 2, 3 and 5.

use super::{Calls, Key};
use crate::event::{Action, AnomalyKind};

/// A fragment after decoding, borrowed from the arena.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) slot: usize,
    pub(super) key: Option<Key>,
    pub(super) id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) input: &'a str,
}

/// Where a fragment goes.
pub(super) enum Target {
    New(Option<AnomalyKind>),
    Known(usize, Option<(AnomalyKind, Action)>),
}

impl Calls {
    /// Rules 1, 2, 3 and 5.
    pub(super) fn target(&self, said: Said<'_>) -> Target {
        let Some(scope) = self.scopes.get(said.slot) else { return Target::New(None) };
        if let Some(&call) = said.id.and_then(|id| scope.by_id.get(id)) {
            let elsewhere = said.key.is_some() && self.table[call].key.is_some() && said.key != self.table[call].key;
            return if elsewhere && said.name.is_some() && !said.input.is_empty() {
                Target::New(Some(AnomalyKind::IdDuplicate))
            } else {
                Target::Known(call, None)
            };
        }
        match said.key {
            Some(key) => match scope.by_key.get(&key) {
                Some(&call) => self.at_known_key(call, said),
                // The wire begins to number a call that had no number.
                None => match scope.last.filter(|&call| self.table[call].key.is_none()) {
                    Some(call) if said.id.is_none() && said.name.is_none() => Target::Known(call, None),
                    _ => Target::New(None),
                },
            },
            None => scope.last.map_or(Target::New(None), |call| self.without_key(call, said)),
        }
    }

    /// A known index, and no known id.
    fn at_known_key(&self, call: usize, said: Said<'_>) -> Target {
        let known = &self.table[call];
        let is_other_name = said.name.is_some_and(|name| known.name.as_deref().is_some_and(|known| known != name));
        // A name again with a new value, or an id with another name.
        let again = known.is_complete()
            && said.name.is_some()
            && known.name.is_some()
            && (begins_value(said.input) || (said.id.is_some() && is_other_name));
        match (said.id, &known.id) {
            (Some(_), Some(_)) if said.name.is_some() || known.is_complete() => {
                Target::New(Some(AnomalyKind::IndexReused))
            }
            (Some(_), Some(_)) => Target::Known(call, Some((AnomalyKind::IdChanged, Action::Dropped))),
            _ if again => Target::New(Some(AnomalyKind::IndexReused)),
            _ => Target::Known(call, None),
        }
    }

    /// No index, and no known id.
    fn without_key(&self, last: usize, said: Said<'_>) -> Target {
        let known = &self.table[last];
        let open = known.is_begun() && !known.is_complete();
        match (said.id, said.name) {
            (None, None) => Target::Known(last, None),
            (None, Some(name)) if open && known.name.as_deref() == Some(name) => Target::Known(last, None),
            (Some(_), None) if known.id.is_none() => Target::Known(last, None),
            (Some(_), None) if open => Target::Known(last, Some((AnomalyKind::IdChanged, Action::Dropped))),
            _ => Target::New(None),
        }
    }
}

/// Whether a fragment looks like the beginning of a whole input, not like its middle.
fn begins_value(input: &str) -> bool {
    input.trim_start().starts_with(['{', '['])
}
