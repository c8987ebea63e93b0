use std::borrow::Cow;

use super::codec::Tag;
use super::{IdKind, Ids, json};

/// What mapping a request back gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Back<'b> {
    /// The body for the provider.
    pub body: Cow<'b, str>,
    /// The routes that its ids name, each once, the one that binds most first; at most 16.
    pub routes: Vec<IdRoute>,
}

/// A route that an id named.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdRoute {
    /// The caller's label.
    pub route: String,
    /// What named it: of several ids the one that binds most.
    pub kind: IdKind,
}

impl Back<'_> {
    /// The route that the request must go to; none: any will do. Where ids name several, those of the others mean
    /// nothing there: see [`routes`](Self::routes).
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.routes.first().map(|route| route.route.as_str())
    }
}

pub(super) fn back<'b>(ids: &Ids<impl Tag>, body: &'b str) -> Back<'b> {
    let mut routes: Vec<IdRoute> = Vec::new();
    let edited = json::edit(body, None, json::REQUEST, &mut |kind, mapped| {
        let (route, id) = ids.open(mapped)?;
        if let Some(known) = routes.iter_mut().find(|known| known.route == route) {
            known.kind = known.kind.min(kind);
        } else if routes.len() < ROUTES_MAX {
            routes.push(IdRoute { route, kind });
        }
        Some(id)
    });
    match edited {
        Some(edited) => {
            // Stable: of equals the first stays first.
            routes.sort_by_key(|route| route.kind);
            Back { body: edited.into(), routes }
        }
        // Not JSON after all: what was found in its beginning means nothing.
        None => Back { body: body.into(), routes: Vec::new() },
    }
}

/// How many routes of a request are kept.
const ROUTES_MAX: usize = 16;
