//! All of the output once more: which item each of its items means.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::decode::Decoder;
use super::items::{Items, Kind};
use super::response::identity;
use super::tools::each;
use crate::emitter::Emitter;
use crate::json::Error;

/// What an item of a snapshot means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The item of this number.
    Item(u64),
    /// One that another item of the snapshot means too: it was done under a number that several share.
    Said,
    New,
}

impl Decoder {
    /// All of the output once more. Of items that were done nothing is read: their own frames outrank it. It takes
    /// nothing away, and gives what never came.
    pub(super) fn say_snapshot(&mut self, output: Option<&str>, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let meanings = meanings(&self.items, output, out)?;
        let is_said = |meaning: &Meaning| match *meaning {
            Meaning::Said => true,
            Meaning::Item(number) => self.items.get(number).is_some_and(|item| item.is_done),
            Meaning::New => false,
        };
        // Most often there is nothing new in it.
        if meanings.len() <= out.limits().blocks as usize && meanings.iter().all(is_said) {
            return Ok(());
        }
        let mut meanings = meanings.into_iter();
        each(output, depth, |nth, json| {
            if out.is_over_limit() {
                return Ok(());
            }
            let (kind, _) = identity(json, depth)?;
            let number = match meanings.next().unwrap_or(Meaning::New) {
                Meaning::Said => return Ok(()),
                Meaning::Item(number) if self.items.get(number).is_some_and(|item| item.is_done) => return Ok(()),
                Meaning::Item(number) => Some(number),
                Meaning::New if self.items.is_free(nth) => self.items.begin(nth, kind, out),
                Meaning::New => self.items.begin_unnumbered(kind, out),
            };
            number.map_or(Ok(()), |number| self.say_item_done(number, json, out))
        })
    }
}

/// What the items of a snapshot mean, in order: the item of the same call id or id, which is no other's. Where ids say
/// nothing, those of one kind mean the items of that kind in order, or by their numbers where there are more of them
/// than items: some are new then. Beyond the limit of items nothing is looked up.
fn meanings(items: &Items, output: Option<&str>, out: &Emitter) -> Result<Vec<Meaning>, Error> {
    let (depth, most) = (out.limits().json_depth, out.limits().blocks as usize);
    let (mut meanings, mut taken) = (Vec::new(), BTreeSet::new());
    let mut unknown: BTreeMap<&str, (Kind, Vec<u64>)> = BTreeMap::new();
    each(output, depth, |nth, json| {
        if meanings.len() > most {
            return Ok(());
        }
        let (kind, ids) = identity(json, depth)?;
        let known = items.of_ids(kind, ids);
        meanings.push(match known.into_iter().flatten().find(|number| !taken.contains(number)) {
            Some(number) => {
                taken.insert(number);
                Meaning::Item(number)
            }
            None if known.into_iter().flatten().any(|number| items.get(number).is_some_and(|item| item.is_done)) => {
                Meaning::Said
            }
            None => {
                unknown.entry(kind.name()).or_insert_with(|| (kind, Vec::new())).1.push(nth);
                Meaning::New
            }
        });
        Ok(())
    })?;
    for (kind, mut nths) in unknown.into_values() {
        let mut free = items.of_kind(kind, &taken);
        if nths.len() > free.len() {
            nths.retain(|nth| {
                let is_there = free.remove(nth);
                if is_there {
                    set(&mut meanings, *nth, *nth);
                }
                !is_there
            });
        }
        for (nth, number) in nths.into_iter().zip(free) {
            set(&mut meanings, nth, number);
        }
    }
    Ok(meanings)
}

fn set(meanings: &mut [Meaning], nth: u64, number: u64) {
    if let Some(meaning) = usize::try_from(nth).ok().and_then(|nth| meanings.get_mut(nth)) {
        *meaning = Meaning::Item(number);
    }
}
