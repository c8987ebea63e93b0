//! Numbers stored plus one, so that an absent one costs no space.

use core::num::{NonZeroU32, NonZeroU64};

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident($inner:ident, $raw:ident, $raw_name:literal);)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(from = $raw_name, into = $raw_name))]
        pub struct $name($inner);

        impl From<$raw> for $name {
            /// The largest value of the type is stored as the one below it.
            #[inline]
            fn from(n: $raw) -> Self {
                Self($inner::new(n.saturating_add(1)).unwrap_or($inner::MAX))
            }
        }

        impl From<$name> for $raw {
            #[inline]
            fn from(n: $name) -> Self {
                n.0.get() - 1
            }
        }

        impl $name {
            /// The number itself.
            #[inline]
            #[must_use]
            pub const fn get(self) -> $raw {
                self.0.get() - 1
            }
        }

        impl core::fmt::Debug for $name {
            /// The number itself, not how it is stored.
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.get()).finish()
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.get().fmt(f)
            }
        }
    )* }
}

number! {
    /// A block's number: dense, from 0, in order of appearance in its stream.
    BlockId(NonZeroU32, u32, "u32");
    /// A number of tokens. Absent is not zero.
    Count(NonZeroU64, u64, "u64");
    /// A coordinate of the wire (an index), saturating.
    Wide(NonZeroU32, u32, "u32");
}

impl BlockId {
    /// The number as an index, for tables that run beside the stream.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.get() as usize
    }
}
