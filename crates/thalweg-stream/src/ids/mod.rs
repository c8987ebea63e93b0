//! Ids that find their way back: what a provider names in a response is given to clients with the route of the
//! deployment inside, and taken out of it when a client sends it back. Nothing is stored.

mod codec;
mod event;
mod json;
mod request;

pub use codec::{Checksum, Tag};
pub use event::IdHook;
pub use request::{Back, IdRoute};

use std::borrow::Cow;

/// What names a thing at the provider, and so binds a follow-up to where it is.
///
/// In order of how much they bind: a response lies at one deployment; encrypted content can be read in one account; a
/// call's id is a word that every deployment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// A response.
    Response,
    /// A conversation that the provider keeps.
    Conversation,
    /// A container that tools run in.
    Container,
    /// Content that only the provider can read.
    Encrypted,
    /// An item of a response.
    Item,
    /// A call, or a request for approval.
    Call,
}

/// Writes routes into ids and takes them out again.
///
/// A mapped id is `resp_tw1_` and base64url: the kind that the id began with, a mark, then a tag, the route and the
/// whole id. Mapped content is `tw1.`, base64url of tag and route, `.`, and the content as it was. Both are opaque to
/// clients. Whatever was not mapped here, or was changed since, is left as it is; an id that is mapped twice, by one
/// gateway behind another, is mapped back twice.
///
/// The route is a label that the caller chooses, and finds the deployment by. With [`Checksum`], the default, it tells
/// ids of ours from others, but anybody can make one up: check that the client may use the route, or give a [`Tag`]
/// with a secret key.
///
/// ```
/// use thalweg_stream::{IdKind, Ids};
///
/// let ids = Ids::default();
/// let given_out = ids.out(IdKind::Response, "azure-east-2", "resp_68af41");
/// assert!(given_out.starts_with("resp_tw1_"));
///
/// let body = format!(r#"{{"model":"gpt","previous_response_id":"{given_out}","input":"Go on"}}"#);
/// let back = ids.back(&body);
/// assert_eq!(back.body, r#"{"model":"gpt","previous_response_id":"resp_68af41","input":"Go on"}"#);
/// assert_eq!(back.route(), Some("azure-east-2"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ids<T = Checksum> {
    tag: T,
    kinds: Kinds,
}

impl<T: Tag> Ids<T> {
    /// Ids of all kinds, with a tag that says that they are ours.
    #[must_use]
    pub const fn new(tag: T) -> Self {
        Self { tag, kinds: Kinds::ALL }
    }

    /// Leaves ids of one kind as the provider gave them. (They are still mapped back where a client has old ones.)
    #[must_use]
    pub const fn without(mut self, kind: IdKind) -> Self {
        self.kinds = self.kinds.without(kind);
        self
    }

    /// An id, or encrypted content, as clients are to see it. Empty ids, and kinds that are left out, stay.
    #[must_use]
    pub fn out<'i>(&self, kind: IdKind, route: &str, id: &'i str) -> Cow<'i, str> {
        if id.is_empty() || !self.kinds.has(kind) {
            return id.into();
        }
        let mapped = match kind {
            IdKind::Encrypted => codec::seal(&self.tag, route, id),
            _ => codec::map(&self.tag, route, id),
        };
        mapped.into()
    }

    /// The route and the id, or content, that was mapped. None: it is none of ours.
    #[must_use]
    pub fn open(&self, mapped: &str) -> Option<(String, String)> {
        codec::open(&self.tag, mapped)
    }

    /// The hook that maps the ids in the events of a response from a route.
    ///
    /// It maps the id of the response, of its conversation and container, of items, calls and approvals, encrypted
    /// content, what a connection is resumed with, and in data that is JSON of the provider's (citations, results of
    /// hosted tools) the ids of containers and encrypted content. Give it to [`Hooks::with`](crate::Hooks::with) as the
    /// last one where hooks before it shall see the provider's own ids.
    #[must_use]
    pub fn hook(self, route: impl Into<String>) -> IdHook<T> {
        IdHook::new(self, route.into())
    }

    /// The JSON body of a request with the ids in it mapped back, and the routes that they name.
    ///
    /// Only strings of members that hold ids in one of the protocols are looked at, and of those only ones that are
    /// ours are touched; every other byte stays. What a model or a user wrote is not looked into: input of tools,
    /// schemas, metadata. A body that is not JSON comes back untouched.
    #[must_use]
    pub fn back<'b>(&self, body: &'b str) -> Back<'b> {
        request::back(self, body)
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self::new(Checksum)
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug)]
struct Kinds(u8);

impl Kinds {
    const ALL: Self = Self(u8::MAX);

    const fn has(self, kind: IdKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    const fn without(self, kind: IdKind) -> Self {
        Self(self.0 & !(1 << kind as u8))
    }
}
