//! Hooks: what looks at the events of a response in order, and may change, drop or add to them. The order of events is
//! not theirs to change: whatever a hook does, what goes out is a well-formed sequence.

mod edit;
mod shape;

pub use edit::Edit;

use core::fmt;
use std::borrow::Cow;
use std::collections::VecDeque;

use thalweg::{Event, Evidence, Outcome, OwnedEvent};

pub(crate) use shape::{Family, delta};

/// Why a hook failed.
pub type HookError = Box<dyn core::error::Error + Send + Sync>;

/// Looks at every event of a response, and may change it.
///
/// A closure that takes an [`Edit`] is a hook too.
pub trait Hook {
    /// Takes the next event, as the hooks before this one left it. To do nothing leaves it unchanged.
    ///
    /// # Errors
    /// When the hook failed. What it did to this event is undone, the hooks behind it do not see this event, and it goes
    /// out as it was; the next event goes to every hook again. [`Hooks::failures`] keeps the error.
    fn event(&mut self, edit: &mut Edit<'_>) -> Result<(), HookError>;

    /// The response is over. Called once, when [`Event::End`] has passed all hooks; never where the stream was dropped
    /// before.
    ///
    /// # Errors
    /// When the hook failed. The other hooks are called nevertheless, and the events are not touched.
    fn ended(&mut self, ended: &Ended) -> Result<(), HookError> {
        let _ = ended;
        Ok(())
    }
}

impl<F: FnMut(&mut Edit<'_>) -> Result<(), HookError>> Hook for F {
    fn event(&mut self, edit: &mut Edit<'_>) -> Result<(), HookError> {
        self(edit)
    }
}

/// How a response ended, for [`Hook::ended`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The verdict.
    pub outcome: Outcome,
    /// What it rests on.
    pub evidence: Evidence,
    /// How often a hook failed.
    pub failures: u64,
}

/// What failed, where.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The hook's name.
    pub hook: Cow<'static, str>,
    /// The number of the event, from 0, as the events went in; that of the last one for [`Hook::ended`].
    pub event: u64,
    /// What the hook said, or that it did what must not be done.
    pub error: HookError,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hook {} failed at event {}: {}", self.hook, self.event, self.error)
    }
}

/// The hooks of one response, in order.
///
/// Give them to [`EventStream::with_hooks`](crate::EventStream::with_hooks) or to
/// [`EventReader::with_hooks`](crate::blocking::EventReader::with_hooks), or show them events that came in another way
/// with [`apply`](Self::apply).
///
/// Hooks run once over a stream: they are moved into it, each has a name, and a name that is there already is not added
/// again, so that two layers of a program which both bring the same hook do not run it twice. Behind the end they are
/// spent, and events pass them untouched.
///
/// ```
/// use thalweg::{Event, dialects};
/// use thalweg_stream::{Edit, HookError, Hooks};
///
/// let shout = |edit: &mut Edit<'_>| -> Result<(), HookError> {
///     if let Event::TextDelta { text, .. } = edit.event() {
///         let loud = text.to_uppercase();
///         edit.set_text(&loud);
///     }
///     Ok(())
/// };
///
/// # futures::executor::block_on(async {
/// let body = futures::stream::iter([Ok::<_, std::io::Error>(
///     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n",
/// )]);
/// let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT).with_hooks(Hooks::new().with("shout", shout));
/// let (response, _) = thalweg_stream::collect_response(events).await;
/// assert_eq!(response.choices[0].text(), "HELLO");
/// # });
/// ```
#[must_use = "hooks do nothing before a stream has them"]
pub struct Hooks {
    hooks: Vec<Named>,
    log: Log,
    /// Of every block, what its deltas are. At most [`BLOCKS_MAX`].
    families: Vec<Family>,
    is_over: bool,
}

impl Hooks {
    /// No hooks yet.
    pub const fn new() -> Self {
        Self { hooks: Vec::new(), log: Log::new(), families: Vec::new(), is_over: false }
    }

    /// Adds a hook behind those that are there. Does nothing where one of this name is there, or [`HOOKS_MAX`] are.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, hook: impl Hook + Send + 'static) -> Self {
        self.add(Named { name: name.into(), hook: Box::new(hook) });
        self
    }

    /// Adds others behind these, less those whose names are there.
    pub fn and(mut self, others: Self) -> Self {
        others.hooks.into_iter().for_each(|hook| self.add(hook));
        self
    }

    /// Takes an event and gives what becomes of it: as a rule one event, none where a hook dropped it, several where
    /// one added to it.
    ///
    /// For events that no transport brings: of a log, of a recording, of a whole answer that is unfolded.
    ///
    /// ```
    /// use thalweg::{Event, Fold, Response, Unfold};
    /// use thalweg_stream::{Edit, Hooks};
    ///
    /// # let stored = Response::default();
    /// let mut hooks = Hooks::new().with("no reasoning", |edit: &mut Edit<'_>| {
    ///     if let Event::ReasoningDelta { .. } = edit.event() {
    ///         edit.remove();
    ///     }
    ///     Ok(())
    /// });
    /// let mut response = Response::default();
    /// for event in Unfold::new(&stored).events() {
    ///     hooks.apply(&event, |event| response.apply(event));
    /// }
    /// assert_eq!(hooks.failures().len(), 0);
    /// ```
    pub fn apply(&mut self, event: &Event<'_>, mut give: impl FnMut(&Event<'_>)) {
        let mut given = VecDeque::new();
        match self.run(event, &mut given) {
            Ran::Same => give(event),
            Ran::Given => given.iter().for_each(|event| give(&event.as_lent())),
        }
    }

    /// Whether a hook of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.hooks.iter().any(|hook| hook.name == name)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// The first [`FAILURES_KEPT`] failures, in order.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.log.kept
    }

    /// How often hooks failed, also where the failure was not kept.
    #[must_use]
    pub fn failure_count(&self) -> u64 {
        self.log.count
    }

    fn add(&mut self, hook: Named) {
        if self.hooks.len() < HOOKS_MAX && !self.has(&hook.name) {
            self.hooks.push(hook);
        }
    }

    /// Shows an event to the hooks. Where they leave it as it is, the caller, who has it, gives it out; all else goes
    /// to the end of `out`.
    pub(crate) fn run(&mut self, event: &Event<'_>, out: &mut VecDeque<OwnedEvent>) -> Ran {
        if self.is_over || self.hooks.is_empty() {
            return Ran::Same;
        }
        let family = self.family(event);
        let ran = pass(&mut self.hooks, &mut self.log, family, *event, out);
        if let Event::End { outcome, evidence, .. } = *event {
            self.is_over = true;
            let ended = Ended { outcome, evidence, failures: self.log.count };
            for Named { name, hook } in &mut self.hooks {
                if let Err(error) = hook.ended(&ended) {
                    self.log.keep(name.clone(), error);
                }
            }
        }
        self.log.events += 1;
        ran
    }

    /// What the deltas of the event's block are, where more of them may come ahead of the event.
    fn family(&mut self, event: &Event<'_>) -> Family {
        match *event {
            Event::BlockStart { block, ref kind, .. } => {
                // Blocks are dense; hooks that came late did not see the first ones.
                if (self.families.len()..BLOCKS_MAX).contains(&block.index()) {
                    self.families.resize(block.index(), Family::None);
                    self.families.push(Family::of(kind));
                }
                Family::None
            }
            Event::BlockEnd { block, .. } => self.families.get(block.index()).copied().unwrap_or(Family::None),
            _ => Family::of_delta(event),
        }
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.hooks.iter().map(|hook| &hook.name).collect();
        f.debug_struct("Hooks").field("names", &names).field("failures", &self.log.count).finish_non_exhaustive()
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It stands, and nothing else is to be given out.
    Same,
    /// What is to be given out, which may be nothing, is in the queue.
    Given,
}

struct Named {
    name: Cow<'static, str>,
    hook: Box<dyn Hook + Send>,
}

struct Log {
    kept: Vec<Failure>,
    count: u64,
    /// Events that were taken.
    events: u64,
}

impl Log {
    const fn new() -> Self {
        Self { kept: Vec::new(), count: 0, events: 0 }
    }

    fn keep(&mut self, hook: Cow<'static, str>, error: HookError) {
        self.count += 1;
        if self.kept.len() < FAILURES_KEPT {
            self.kept.push(Failure { hook, event: self.events, error });
        }
    }
}

/// Shows an event to hooks one after the other. Recurses once a hook, of which there are at most [`HOOKS_MAX`].
fn pass(hooks: &mut [Named], log: &mut Log, family: Family, event: Event<'_>, out: &mut VecDeque<OwnedEvent>) -> Ran {
    let Some((Named { name, hook }, behind)) = hooks.split_first_mut() else { return Ran::Same };
    let mut edit = Edit::new(event, family);
    let done = hook.event(&mut edit).and_then(|()| edit.into_done());
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            log.keep(name.clone(), error);
            return Ran::Same;
        }
    };
    if done.is_nothing() {
        return pass(behind, log, family, event, out);
    }
    for added in done.added {
        if pass(behind, log, family, added.as_lent(), out) == Ran::Same {
            out.push_back(added);
        }
    }
    if !done.is_removed {
        let event = done.changed.unwrap_or_else(|| event.to_owned());
        if pass(behind, log, family, event.as_lent(), out) == Ran::Same {
            out.push_back(event);
        }
    }
    Ran::Given
}

/// The most hooks that one response may have.
pub const HOOKS_MAX: usize = 64;

/// Of blocks behind these nothing is known: more of them can only be added at their deltas. A normalizer gives fewer.
const BLOCKS_MAX: usize = 1 << 16;

/// How many failures are kept with their errors. The others are counted.
pub const FAILURES_KEPT: usize = 32;
