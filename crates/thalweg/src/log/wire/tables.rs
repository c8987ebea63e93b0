//! The tables of the binary form: which tag a variant has, and in which order its fields stand.
//!
//! What is here never changes. A variant that is new gets a tag that was never used. A field that is new stands behind
//! the others and is an `Option`. Nothing is taken away. All patterns are without `..`: a variant or field that has no
//! place here does not compile.

use alloc::vec::Vec;

use super::{Bad, Input, Wire, put_field, put_group, put_number};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, Close, Count, ErrorKind, Event, Evidence, Host, Id, InputForm,
    InputState, LimitKind, MetaField, Origin, Outcome, Part, Place, Protocol, Reason, ReasoningForm, Resume, Retry,
    Scope, Usage, UsageOrigin, Wide,
};

/// A group: the variant's tag, its fields.
macro_rules! variants {
    ($($type:ty { $($tag:literal $variant:ident $({ $($field:ident),* })? $(($item:ident))?;)* })*) => { $(
        impl<'a> Wire<'a> for $type {
            fn put(&self, out: &mut Vec<u8>) -> bool {
                put_group(out, |out| match self {
                    $(Self::$variant $({ $($field),* })? $(($item))? => {
                        put_number($tag, out);
                        let end = out.len();
                        $($(let end = put_field($field, end, out);)*)?
                        $(let end = put_field($item, end, out);)?
                        out.truncate(end);
                    })*
                });
                true
            }

            fn take(input: &mut Input<'a>) -> Result<Self, Bad> {
                let mut group = Input(input.prefixed()?);
                match group.number()? {
                    $($tag => {
                        $($(let $field = Wire::take(&mut group)?;)*)?
                        $(let $item = Wire::take(&mut group)?;)?
                        Ok(Self::$variant $({ $($field),* })? $(($item))?)
                    })*
                    _ => Err(Bad::Newer),
                }
            }
        }

        #[cfg(test)]
        impl<'a> super::Tagged<'a> for $type {
            const TAGS: &'static [u64] = &[$($tag),*];
        }
    )* };
}

variants! {
    // The group of an event is its record.
    Event<'a> {
        1 Start { protocol };
        2 Meta { field, value };
        3 BlockStart { block, choice, place, kind };
        4 TextDelta { block, text };
        5 ReasoningDelta { block, text };
        6 RefusalDelta { block, text };
        7 ToolCallDelta { block, input };
        8 BlockData { block, part };
        9 Restated { block, value };
        10 BlockEnd { block, how, input };
        11 Usage { counts, origin };
        12 Finish { choice, reason, raw, detail };
        13 Error { kind, retry, fatal, status, code, message, origin, raw };
        14 Anomaly { kind, action, block };
        15 Extra { scope, name, json };
        16 Unknown { wire_type, json };
        17 Heartbeat;
        18 End { outcome, evidence, resume };
    }
    BlockKind<&'a str> {
        1 Text;
        2 Refusal;
        3 Reasoning { form };
        4 ToolCall { id, name, form };
        5 HostedCall { id, name, form, host, server };
        6 Approval { id, name, server };
        7 ToolResult { call, call_id, is_error };
        8 Image;
        9 Audio;
        10 File;
        11 Source;
        12 Other { wire_type };
    }
    Part<&'a str> {
        1 Signature(text);
        2 Encrypted(text);
        3 Format(text);
        4 Status(text);
        5 CallId(text);
        6 Name(text);
        7 Preview { index, base64 };
        8 Base64(text);
        9 Transcript(text);
        10 Citation(json);
        11 Logprobs(json);
        12 Json(json);
        13 Progress(json);
    }
    Id<&'a str> {
        1 Wire(id);
        2 Minted(number);
    }
    InputState {
        1 Valid;
        2 Empty;
        3 NotObject;
        4 Invalid { at };
        5 Cut;
        6 Concatenated;
    }
    Retry {
        1 Unknown;
        2 No;
        3 Yes;
        4 After { ms };
    }
    Scope {
        1 Response;
        2 Choice(choice);
        3 Block(block);
    }
}

/// A group: the fields.
macro_rules! structs {
    ($($type:ty { $($field:ident),* })*) => { $(
        impl<'a> Wire<'a> for $type {
            fn put(&self, out: &mut Vec<u8>) -> bool {
                let Self { $($field),* } = self;
                put_group(out, |out| {
                    let end = out.len();
                    $(let end = put_field($field, end, out);)*
                    out.truncate(end);
                });
                true
            }

            fn take(input: &mut Input<'a>) -> Result<Self, Bad> {
                let mut group = Input(input.prefixed()?);
                $(let $field = Wire::take(&mut group)?;)*
                Ok(Self { $($field),* })
            }
        }
    )* };
}

structs! {
    Place<&'a str> { item, part, id }
    Usage { input, output, total, cache_read, cache_write, reasoning, input_audio, output_audio }
    Evidence { frames, terminal, sentinel, choices, finished, close, limit }
    Resume<&'a str> { response_id, after }
}

/// A text: the value's stable name.
macro_rules! words {
    ($($type:ident),*) => { $(
        impl Wire<'_> for $type {
            fn put(&self, out: &mut Vec<u8>) -> bool {
                self.as_str().put(out)
            }

            fn take(input: &mut Input<'_>) -> Result<Self, Bad> {
                let name = <&str>::take(input)?;
                Self::ALL.iter().copied().find(|value| value.as_str() == name).ok_or(Bad::Newer)
            }
        }
    )* };
}

words! {
    Action, AnomalyKind, BlockClose, Close, ErrorKind, Host, InputForm, LimitKind, MetaField, Origin, Outcome,
    Protocol, Reason, ReasoningForm, UsageOrigin
}

/// A number that is narrower than 64 bits, or wrapped.
macro_rules! numbers {
    ($($type:ident as $raw:ident),*) => { $(
        impl Wire<'_> for $type {
            fn put(&self, out: &mut Vec<u8>) -> bool {
                u64::from($raw::from(*self)).put(out)
            }

            fn take(input: &mut Input<'_>) -> Result<Self, Bad> {
                $raw::try_from(input.number()?).map(Self::from).map_err(|_| Bad::Damaged)
            }
        }
    )* };
}

numbers! { u16 as u16, u32 as u32, BlockId as u32, Wide as u32, Count as u64 }
