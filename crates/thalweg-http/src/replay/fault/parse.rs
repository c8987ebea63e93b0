//! A fault from its text: `name[:value][@N][,key=value]...[*K]`.

use core::fmt;
use core::num::{NonZeroU64, NonZeroUsize};
use core::str::FromStr;
use core::time::Duration;

use hyper::header::HeaderValue;

use super::{FAULTS, Fault, FaultKind, GARBAGE_MAX, RetryAfter, STALL_MAX, StatusFault};

/// A text that is no fault. Its message says why, and where there is no such fault it lists those there are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultError {
    /// The text, its beginning where it is long.
    pub fault: String,
    /// What is wrong with it.
    pub reason: FaultReason,
}

/// Why a text is no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultReason {
    /// No fault has this name.
    Name,
    /// The part between `:` and what follows is missing, too much, or no number.
    Value,
    /// It is a number that the fault does not take.
    #[non_exhaustive]
    Range {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The offset behind `@` is no number, or the fault takes none.
    Offset,
    /// The fault has no such option, or its value is nothing that can be sent.
    Option,
    /// What is behind `*` is no number above zero.
    Requests,
    /// Two options contradict each other.
    Twice,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.fault.escape_debug(), self.reason)?;
        let name = name(&self.fault);
        if let Some((form, _)) = FAULTS.iter().find(|(form, _)| self::name(form) == name) {
            return write!(f, "; it is written {form}");
        }
        f.write_str("; there are:")?;
        FAULTS.iter().try_for_each(|(form, what)| write!(f, "\n  {form}\n      {what}"))
    }
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "no fault has this name",
            Self::Value => "the value is missing, too much, or no number",
            Self::Range { min, max } => return write!(f, "the value must be from {min} to {max}"),
            Self::Offset => "it takes no offset, or this is no number",
            Self::Option => "it has no such option, or not with this value",
            Self::Requests => "the number of requests must be above zero",
            Self::Twice => "one option says something else than another",
        })
    }
}

impl core::error::Error for FaultError {}

/// Reads a fault.
pub(super) fn fault(text: &str) -> Result<Fault, FaultError> {
    let error = |reason| FaultError { fault: text.chars().take(SHOWN_CHARS).collect(), reason };
    let (rest, requests) = match text.rsplit_once('*') {
        None => (text, None),
        Some((rest, count)) => {
            let count = count.parse::<NonZeroU64>().map_err(|_| error(FaultReason::Requests))?;
            (rest, Some(count))
        }
    };
    let kind = Parts::split(rest).and_then(Parts::kind).map_err(error)?;
    Ok(Fault { kind, requests })
}

/// The name that a fault or its form begins with.
fn name(text: &str) -> &str {
    text.split([':', '@', ',', '*', '[']).next().unwrap_or(text)
}

struct Parts<'t> {
    name: &'t str,
    value: Option<&'t str>,
    at: Option<u64>,
    options: Vec<(&'t str, Option<&'t str>)>,
}

impl<'t> Parts<'t> {
    fn split(text: &'t str) -> Result<Self, FaultReason> {
        let mut fields = text.split(',');
        let head = fields.next().unwrap_or_default();
        let (head, at) = match head.split_once('@') {
            None => (head, None),
            Some((head, at)) => (head, Some(number(at).ok_or(FaultReason::Offset)?)),
        };
        let (name, value) = head.split_once(':').map_or((head, None), |(name, value)| (name, Some(value)));
        let options = fields.map(|field| match field.split_once('=') {
            None => (field, None),
            Some((key, value)) => (key, Some(value)),
        });
        Ok(Self { name, value, at, options: options.collect() })
    }

    fn kind(mut self) -> Result<FaultKind, FaultReason> {
        let kind = match self.name {
            "cut" => FaultKind::Cut { at: self.value(0, u64::MAX)? },
            "wait" => FaultKind::Wait { pause: self.pause()? },
            "drop" => FaultKind::Drop,
            "reset" => FaultKind::Reset { at: self.at.take() },
            "stall" => FaultKind::Stall { pause: self.pause()?, at: self.at.take().unwrap_or(0) },
            "hang" => FaultKind::Hang,
            "garbage" => self.garbage()?,
            "heartbeats" => FaultKind::Heartbeats { count: self.value(0, u64::MAX)?, at: self.at.take().unwrap_or(0) },
            "line" => FaultKind::Line { bytes: self.value(0, u64::MAX)?, at: self.at.take().unwrap_or(0) },
            "chunk" => FaultKind::Chunk { bytes: self.value(NonZeroUsize::MIN, NonZeroUsize::MAX)? },
            "gzip" => FaultKind::Gzip { is_cut: false, at: None },
            "gzip-cut" => FaultKind::Gzip { is_cut: true, at: self.at.take() },
            "status" => FaultKind::Status(self.status()?),
            _ => return Err(FaultReason::Name),
        };
        self.is_used_up().map(|()| kind)
    }

    fn pause(&mut self) -> Result<Duration, FaultReason> {
        let most = u64::try_from(STALL_MAX.as_millis()).unwrap_or(u64::MAX);
        self.value(0, most).map(Duration::from_millis)
    }

    fn garbage(&mut self) -> Result<FaultKind, FaultReason> {
        let bytes = if self.value.is_some() { self.value(1, GARBAGE_MAX)? } else { GARBAGE_BYTES };
        let mut seed = 0;
        for (key, value) in self.options.drain(..) {
            let value = value.filter(|_| key == "seed").and_then(number);
            seed = value.ok_or(FaultReason::Option)?;
        }
        Ok(FaultKind::Garbage { bytes, seed, at: self.at.take() })
    }

    fn status(&mut self) -> Result<StatusFault, FaultReason> {
        let code = self.value(200, 599)?;
        let mut status = StatusFault { code, retry_after: None, should_retry: None, keeps_body: false };
        for (key, value) in self.options.drain(..) {
            let header = value.and_then(|value| HeaderValue::from_str(value).ok()).ok_or(FaultReason::Option);
            let is_new = match key {
                "retry-after" => status.retry_after.replace(RetryAfter::Text(header?)).is_none(),
                "retry-after-ms" => status.retry_after.replace(RetryAfter::Millis(header?)).is_none(),
                "retry-after-date" => {
                    let seconds = value.and_then(|value| value.parse().ok()).ok_or(FaultReason::Option)?;
                    status.retry_after.replace(RetryAfter::Date(seconds)).is_none()
                }
                "should-retry" => status.should_retry.replace(header?).is_none(),
                "body" if value.is_none() => !core::mem::replace(&mut status.keeps_body, true),
                _ => return Err(FaultReason::Option),
            };
            if !is_new {
                return Err(FaultReason::Twice);
            }
        }
        Ok(status)
    }

    /// Takes the value, which must be there and in a range.
    fn value<T: Bound>(&mut self, min: T, max: T) -> Result<T, FaultReason> {
        let text = self.value.take().filter(|text| is_number(text)).ok_or(FaultReason::Value)?;
        let value = text.parse().ok().filter(|value| (min..=max).contains(value));
        value.ok_or_else(|| FaultReason::Range { min: min.wide(), max: max.wide() })
    }

    /// Nothing is left that the fault has no place for.
    fn is_used_up(&self) -> Result<(), FaultReason> {
        match (self.value, self.at, self.options.is_empty()) {
            (Some(_), _, _) => Err(FaultReason::Value),
            (_, Some(_), _) => Err(FaultReason::Offset),
            (_, _, false) => Err(FaultReason::Option),
            _ => Ok(()),
        }
    }
}

/// A number that a fault takes.
trait Bound: Copy + PartialOrd + FromStr {
    /// As it is told.
    fn wide(self) -> u64;
}

impl Bound for u16 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Bound for u64 {
    fn wide(self) -> u64 {
        self
    }
}

impl Bound for usize {
    fn wide(self) -> u64 {
        self as u64
    }
}

impl Bound for NonZeroUsize {
    fn wide(self) -> u64 {
        self.get() as u64
    }
}

/// A number in digits alone: no sign.
fn number<T: FromStr>(text: &str) -> Option<T> {
    is_number(text).then(|| text.parse().ok()).flatten()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many bytes of garbage come where nothing is said.
const GARBAGE_BYTES: usize = 64;

/// So much of a wrong text is shown.
const SHOWN_CHARS: usize = 80;
