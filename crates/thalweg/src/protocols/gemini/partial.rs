//! The arguments of a call, put together from pieces that each say where they belong.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::path::{Path, Step};

/// A piece of arguments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// The inside of a JSON string, or the next piece of one.
    Text { escaped: &'a str, will_continue: bool },
    /// Any other value, verbatim.
    Scalar(&'a str),
}

/// How a piece fits what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Fits,
    /// More of a string that had ended.
    GoesOn,
    /// Something else is at its place, or its place is beyond the end of an array: left out.
    Contradicts,
    /// Its path cannot be read: left out.
    Unreadable,
}

#[derive(Debug)]
enum Node {
    /// Names and values in the order in which they came.
    Object(Vec<(Box<str>, usize)>),
    Array(Vec<usize>),
    Text {
        escaped: String,
        will_continue: bool,
    },
    Scalar(Box<str>),
}

/// The tree of what has come. Its nodes refer to each other by number; the first one is the root, an object.
#[derive(Debug, Default)]
pub(super) struct Partial {
    nodes: Vec<Node>,
    /// The members of objects, by object and name.
    members: BTreeMap<(usize, Box<str>), usize>,
    /// The path and the node of the last string: its pieces come in a row.
    last: Option<(String, usize)>,
    size: u64,
}

/// What a node costs beside its text.
const NODE_BYTES: u64 = 256;

impl Partial {
    /// Bytes in use, as a bound: what a limit is compared with.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn retained(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    pub(super) const fn is_blank(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether the string that came last was to go on.
    pub(super) fn is_in_text(&self) -> bool {
        let last = self.last.as_ref().and_then(|(_, node)| self.nodes.get(*node));
        matches!(last, Some(Node::Text { will_continue: true, .. }))
    }

    /// Puts a piece where its path says. At most `depth` steps are taken.
    pub(super) fn take(&mut self, path: &str, piece: Piece<'_>, depth: u16) -> Taken {
        if let (Some((last, node)), Piece::Text { escaped, will_continue }) = (&self.last, piece)
            && last == path
        {
            return self.append(*node, escaped, will_continue);
        }
        let mut steps = Vec::new();
        let mut rest = Path::new(path);
        while !rest.is_over() {
            match rest.step() {
                Some(step) if steps.len() < usize::from(depth) => steps.push(step),
                _ => return Taken::Unreadable,
            }
        }
        let Some(Step::Name(_)) = steps.first() else { return Taken::Unreadable };
        self.put(path, steps, piece)
    }

    fn put(&mut self, path: &str, steps: Vec<Step>, piece: Piece<'_>) -> Taken {
        let mut at = if self.nodes.is_empty() { self.add(Node::Object(Vec::new())) } else { 0 };
        let mut steps = steps.into_iter().peekable();
        while let Some(step) = steps.next() {
            at = match self.child(at, &step) {
                Err(Missing::Impossible) => return Taken::Contradicts,
                Ok(child) => child,
                Err(Missing::Free) => {
                    let node = match (steps.peek(), piece) {
                        (Some(Step::Name(_)), _) => Node::Object(Vec::new()),
                        (Some(Step::Index(0)), _) => Node::Array(Vec::new()),
                        // Nothing is at a place beyond the beginning of an array that is not there.
                        (Some(Step::Index(_)), _) => return Taken::Contradicts,
                        (None, Piece::Scalar(value)) => {
                            self.size = self.size.saturating_add(value.len() as u64);
                            Node::Scalar(value.into())
                        }
                        (None, Piece::Text { .. }) => Node::Text { escaped: String::new(), will_continue: true },
                    };
                    let is_scalar = matches!(node, Node::Scalar(_));
                    let child = self.add(node);
                    self.attach(at, step, child);
                    if is_scalar {
                        return Taken::Fits;
                    }
                    child
                }
            };
        }
        match piece {
            Piece::Text { escaped, will_continue } => {
                let taken = self.append(at, escaped, will_continue);
                if taken != Taken::Contradicts {
                    self.size = self.size.saturating_add(path.len() as u64);
                    self.last = Some((path.into(), at));
                }
                taken
            }
            Piece::Scalar(value) => match &self.nodes[at] {
                Node::Scalar(known) if **known == *value => Taken::Fits,
                _ => Taken::Contradicts,
            },
        }
    }

    fn add(&mut self, node: Node) -> usize {
        self.size = self.size.saturating_add(NODE_BYTES);
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn child(&self, at: usize, step: &Step) -> Result<usize, Missing> {
        match (&self.nodes[at], step) {
            (Node::Object(_), Step::Name(name)) => {
                // A map is asked with the key that it has.
                self.members.get(&(at, Box::from(name.as_str()))).copied().ok_or(Missing::Free)
            }
            (Node::Array(list), Step::Index(index)) => match list.get(*index) {
                Some(child) => Ok(*child),
                None if *index == list.len() => Err(Missing::Free),
                None => Err(Missing::Impossible),
            },
            _ => Err(Missing::Impossible),
        }
    }

    fn attach(&mut self, at: usize, step: Step, child: usize) {
        match (&mut self.nodes[at], step) {
            (Node::Object(list), Step::Name(name)) => {
                let name = name.into_boxed_str();
                self.size = self.size.saturating_add(2 * name.len() as u64);
                list.push((name.clone(), child));
                self.members.insert((at, name), child);
            }
            (Node::Array(list), _) => list.push(child),
            // `child` has found that it can be attached.
            _ => {}
        }
    }

    fn append(&mut self, at: usize, piece: &str, goes_on: bool) -> Taken {
        let Some(Node::Text { escaped, will_continue }) = self.nodes.get_mut(at) else { return Taken::Contradicts };
        let taken = if *will_continue || piece.is_empty() { Taken::Fits } else { Taken::GoesOn };
        self.size = self.size.saturating_add(piece.len() as u64);
        escaped.push_str(piece);
        *will_continue = goes_on;
        taken
    }

    /// The arguments as JSON; nothing where nothing came.
    pub(super) fn whole(&self) -> String {
        self.write(true)
    }

    /// The same without its end: what came last is not known to be whole.
    pub(super) fn cut(&self) -> String {
        self.write(false)
    }

    fn write(&self, is_whole: bool) -> String {
        let mut json = String::new();
        if !self.is_blank() {
            self.write_node(0, is_whole, &mut json);
        }
        json
    }

    /// Paths have at most as many steps as a frame may nest, so this calls itself no deeper.
    fn write_node(&self, at: usize, is_whole: bool, json: &mut String) {
        match &self.nodes[at] {
            Node::Object(list) => {
                json.push('{');
                for (nth, (name, child)) in list.iter().enumerate() {
                    json.push_str(if nth == 0 { "" } else { "," });
                    write_string(name, json);
                    json.push(':');
                    self.write_node(*child, is_whole || nth + 1 < list.len(), json);
                }
                if is_whole {
                    json.push('}');
                }
            }
            Node::Array(list) => {
                json.push('[');
                for (nth, child) in list.iter().enumerate() {
                    json.push_str(if nth == 0 { "" } else { "," });
                    self.write_node(*child, is_whole || nth + 1 < list.len(), json);
                }
                if is_whole {
                    json.push(']');
                }
            }
            Node::Text { escaped, .. } => {
                json.push('"');
                json.push_str(escaped);
                if is_whole {
                    json.push('"');
                }
            }
            Node::Scalar(value) => json.push_str(value),
        }
    }
}

/// Why nothing is at a place.
enum Missing {
    /// Nothing has come for it.
    Free,
    /// Nothing can be there.
    Impossible,
}

fn write_string(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            // Writing to a string cannot fail.
            c if c < ' ' => drop(write!(json, "\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
}
