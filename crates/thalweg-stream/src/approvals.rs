use core::fmt;

use thalweg::{BlockId, BlockKind, Event, Id, Part};

use crate::hooks::{Edit, Hook, HookError};

/// Tells which calls somebody must allow, as soon as their names are known.
///
/// What needs approval is the caller's to say, by the tool's name. Of the calls that the client runs these are
/// announced; and whatever the provider itself asks for ([`BlockKind::Approval`]). Calls that the provider runs are not:
/// nobody here can stop them.
///
/// An announcement is made beside the event, not as one: events are what the provider said. Use
/// [`see`](Self::see) where events are taken, or [`hook`](Self::hook) where hooks are.
///
/// ```
/// use thalweg::dialects;
/// use thalweg_stream::{Approvals, Asker};
///
/// # futures::executor::block_on(async {
/// let body = futures::stream::iter([Ok::<_, std::io::Error>(
///     r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"delete_file"#
///         .to_owned()
///         + "\",\"arguments\":\"\"}}]}}]}\n\n",
/// )]);
/// let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
/// let mut approvals = Approvals::new(|name: &str| name.starts_with("delete_"));
/// let mut asked = Vec::new();
/// while let Some(event) = events.next_event().await {
///     // Before any of its input has come: the user can be asked while the model still writes.
///     if let Some(call) = approvals.see(&event) {
///         assert!(call.is_needed && call.asker == Asker::Caller);
///         asked.push(call.name.to_owned());
///     }
/// }
/// assert_eq!(asked, ["delete_file"]);
/// # });
/// ```
pub struct Approvals<N> {
    needs: N,
    /// The calls so far, of which names may yet change: by block, and so in rising order.
    calls: Vec<Call>,
}

/// A call that somebody must allow before it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Announcement<'e> {
    /// The block of the call, or of the request. It is the call's identity: ids may be missing, and come later.
    pub block: BlockId,
    /// The choice it belongs to.
    pub choice: u32,
    /// The id to answer it under, where it is known by now.
    pub id: Option<&'e str>,
    /// The tool.
    pub name: &'e str,
    /// Who wants it to be allowed.
    pub asker: Asker,
    /// Whether it must be allowed. False takes an announcement back: the name came in pieces, the first of which named
    /// a tool that needs approval, and the whole of which names one that does not.
    pub is_needed: bool,
}

/// Who wants a call to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asker {
    /// The caller: what it gave to [`Approvals::new`] said so. The call is the client's to run, or not.
    Caller,
    /// The provider: it waits for the answer, and runs the call itself.
    Provider,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    block: BlockId,
    choice: u32,
    is_announced: bool,
}

impl<N: FnMut(&str) -> bool> Approvals<N> {
    /// `needs` says whether a tool of this name needs approval.
    #[must_use]
    pub const fn new(needs: N) -> Self {
        Self { needs, calls: Vec::new() }
    }

    /// Takes the next event of a response; the call that is announced with it.
    pub fn see<'e>(&mut self, event: &Event<'e>) -> Option<Announcement<'e>> {
        match *event {
            Event::BlockStart { block, choice, kind: BlockKind::ToolCall { id, name, .. }, .. } => {
                let is_needed = (self.needs)(name);
                self.calls.push(Call { block, choice, is_announced: is_needed });
                let id = wire(id);
                is_needed.then_some(Announcement { block, choice, id, name, asker: Asker::Caller, is_needed })
            }
            Event::BlockStart { block, choice, kind: BlockKind::Approval { id, name, .. }, .. } => {
                let id = wire(id);
                Some(Announcement { block, choice, id, name, asker: Asker::Provider, is_needed: true })
            }
            Event::BlockData { block, part: Part::Name(name), .. } => {
                let at = self.calls.binary_search_by_key(&block.index(), |call| call.block.index()).ok()?;
                let is_needed = (self.needs)(name);
                let call = &mut self.calls[at];
                let was_announced = core::mem::replace(&mut call.is_announced, is_needed);
                let choice = call.choice;
                (was_announced != is_needed).then_some(Announcement {
                    block,
                    choice,
                    id: None,
                    name,
                    asker: Asker::Caller,
                    is_needed,
                })
            }
            _ => None,
        }
    }

    /// A hook that calls `announce` with each announcement, before the event goes out; it changes nothing. As the
    /// first one it sees names as the provider wrote them.
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use thalweg_stream::{Announcement, Approvals, Hooks};
    ///
    /// let (announce, announced) = mpsc::channel();
    /// let approvals = Approvals::new(|name: &str| name == "pay");
    /// let hooks = Hooks::new().with(
    ///     "approvals",
    ///     approvals.hook(move |call: &Announcement<'_>| drop(announce.send((call.block, call.name.to_owned())))),
    /// );
    /// ```
    pub fn hook<A: FnMut(&Announcement<'_>)>(self, announce: A) -> ApprovalHook<N, A> {
        ApprovalHook { approvals: self, announce }
    }
}

impl<N> fmt::Debug for Approvals<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").field("calls", &self.calls).finish_non_exhaustive()
    }
}

/// Announces calls that somebody must allow: see [`Approvals::hook`].
pub struct ApprovalHook<N, A> {
    approvals: Approvals<N>,
    announce: A,
}

impl<N: FnMut(&str) -> bool, A: FnMut(&Announcement<'_>)> Hook for ApprovalHook<N, A> {
    fn event(&mut self, edit: &mut Edit<'_>) -> Result<(), HookError> {
        if let Some(announcement) = self.approvals.see(&edit.event()) {
            (self.announce)(&announcement);
        }
        Ok(())
    }
}

impl<N, A> fmt::Debug for ApprovalHook<N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApprovalHook").field(&self.approvals).finish()
    }
}

const fn wire(id: Id<&str>) -> Option<&str> {
    match id {
        Id::Wire(id) => Some(id),
        Id::Minted(_) => None,
    }
}
