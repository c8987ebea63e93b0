use core::fmt;

use thalweg::{Event, OwnedEvent};

use super::HookError;
use super::shape::{Family, is_empty_delta, is_removable, is_same_shape};

/// One event in the hands of a hook.
///
/// What can be done to it keeps the order of events as it is: values change, blocks do not. A change that would break
/// that order is refused, says so with `false`, and counts as a failure of the hook: nothing of what it did to this
/// event stands.
pub struct Edit<'a> {
    event: Event<'a>,
    family: Family,
    done: Done,
    refused: Option<Refused>,
}

impl<'a> Edit<'a> {
    pub(super) fn new(event: Event<'a>, family: Family) -> Self {
        Self { event, family, done: Done::default(), refused: None }
    }

    /// The event as it stands.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        self.done.changed.as_ref().map_or(self.event, OwnedEvent::as_lent)
    }

    /// Changes values of the event: texts, names, ids, counts, reasons, errors.
    ///
    /// What it is must stay: the kind of the event, its block and its choice, what kind of block starts and whether its
    /// input is JSON, whether an error is fatal, the verdict and its evidence. A delta that is left empty is removed.
    /// Where a call's input is changed, the state of the input in its `BlockEnd` is the hook's to keep true.
    ///
    /// ```
    /// use thalweg::{EventOf, OwnedEvent};
    /// use thalweg_stream::{Edit, Hooks};
    ///
    /// let hooks = Hooks::new().with("alias", |edit: &mut Edit<'_>| {
    ///     if let EventOf::Meta { field: thalweg::MetaField::Model, .. } = edit.event() {
    ///         edit.change(|event| {
    ///             if let OwnedEvent::Meta { value, .. } = event {
    ///                 *value = "our-model".into();
    ///             }
    ///         });
    ///     }
    ///     Ok(())
    /// });
    /// ```
    pub fn change(&mut self, change: impl FnOnce(&mut OwnedEvent)) -> bool {
        let mut event = self.event().to_owned();
        change(&mut event);
        if !is_same_shape(&self.event, &event.as_lent()) {
            return self.refuse("a change of what an event is");
        }
        if is_empty_delta(&event.as_lent()) {
            self.done.is_removed = true;
        } else {
            self.done.is_removed = false;
            self.done.changed = Some(event);
        }
        true
    }

    /// Sets the text of a delta or of a `Restated`. A delta without text is removed. Refused for other events.
    pub fn set_text(&mut self, text: &str) -> bool {
        if self.family == Family::None && !matches!(self.event, Event::Restated { .. })
            || matches!(self.event, Event::BlockEnd { .. })
        {
            return self.refuse("a text for an event that has none");
        }
        self.change(|event| match event {
            OwnedEvent::TextDelta { text: old, .. }
            | OwnedEvent::ReasoningDelta { text: old, .. }
            | OwnedEvent::RefusalDelta { text: old, .. }
            | OwnedEvent::ToolCallDelta { input: old, .. }
            | OwnedEvent::Restated { value: old, .. } => *old = text.into(),
            _ => {}
        })
    }

    /// Removes the event: hooks behind this one do not see it, and it does not go out. Refused for what the order of
    /// events rests on: `Start`, `BlockStart`, `BlockEnd`, `Finish`, a fatal `Error`, and `End`. Of a block that
    /// nobody shall see, remove the deltas and the data: what goes out is an empty one.
    pub fn remove(&mut self) -> bool {
        if !is_removable(&self.event) {
            return self.refuse("to remove an event that the order rests on");
        }
        self.done.is_removed = true;
        true
    }

    /// Gives more of the event's block ahead of the event: text that the hook held back, at the latest at the block's
    /// end. Allowed at the deltas and at the `BlockEnd` of a block of text, reasoning, refusal or a call's input; it is
    /// a delta of the same kind. Nothing where the text is empty.
    ///
    /// ```
    /// use thalweg::Event;
    /// use thalweg_stream::{Edit, Hooks};
    ///
    /// // Holds all text back until its block ends. (A block at a time: this one knows of one.)
    /// let mut held = String::new();
    /// let hooks = Hooks::new().with("hold", move |edit: &mut Edit<'_>| {
    ///     match edit.event() {
    ///         Event::TextDelta { text, .. } => {
    ///             held.push_str(text);
    ///             edit.remove();
    ///         }
    ///         Event::BlockEnd { .. } => {
    ///             edit.add_text(&held);
    ///             held.clear();
    ///         }
    ///         _ => {}
    ///     }
    ///     Ok(())
    /// });
    /// ```
    pub fn add_text(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        let (Event::TextDelta { block, .. }
        | Event::ReasoningDelta { block, .. }
        | Event::RefusalDelta { block, .. }
        | Event::ToolCallDelta { block, .. }
        | Event::BlockEnd { block, .. }) = self.event
        else {
            return self.refuse("a text at an event that is neither a delta nor the end of a block");
        };
        let Some(delta) = self.family.delta(block, text.into()) else {
            return self.refuse("a text for a block that has none");
        };
        self.done.added.push(delta);
        true
    }

    pub(super) fn into_done(self) -> Result<Done, HookError> {
        match self.refused {
            Some(refused) => Err(refused.into()),
            None => Ok(self.done),
        }
    }

    fn refuse(&mut self, what: &'static str) -> bool {
        self.refused.get_or_insert(Refused(what));
        false
    }
}

impl fmt::Debug for Edit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("event", &self.event()).finish_non_exhaustive()
    }
}

/// What a hook did.
#[derive(Default)]
pub(super) struct Done {
    /// Deltas ahead of the event.
    pub(super) added: Vec<OwnedEvent>,
    pub(super) changed: Option<OwnedEvent>,
    pub(super) is_removed: bool,
}

impl Done {
    pub(super) fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.changed.is_none() && !self.is_removed
    }
}

/// A hook asked for what would break the order of events.
#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl core::error::Error for Refused {}
