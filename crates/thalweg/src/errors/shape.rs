//! An error object of any shape into its fields.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Hint, delay};
use crate::emitter::Fragment;
use crate::json::{self, Error, Kind, Reader, Text};

/// A word of the wire, decoded.
pub(super) type Word<'a> = Cow<'a, str>;

/// What an error says, in whatever shape. Nothing in it is checked against anything.
#[derive(Default)]
pub(super) struct Shape<'a> {
    pub(super) message: Option<Fragment<'a>>,
    /// The JSON of the error itself, without what is around it.
    pub(super) value: Option<&'a str>,
    /// `code`, where it is a text.
    pub(super) code: Option<Word<'a>>,
    /// `code`, where it is a number, or a number that is no HTTP status in a place for one.
    pub(super) number: Option<&'a str>,
    pub(super) kind: Option<Word<'a>>,
    /// The status as a word.
    pub(super) word: Option<Word<'a>>,
    pub(super) status: Option<u16>,
    /// A code in `details`, more specific than `code` and meant to be read by programs.
    pub(super) detail: Option<Word<'a>>,
    /// A reason that an inner error or Google's `ErrorInfo` names.
    pub(super) reason: Option<Word<'a>>,
    /// What an upstream said, as a router passes it on: a JSON value.
    pub(super) upstream: Option<&'a str>,
    /// The quota's identifier says that it is one for a day.
    pub(super) is_daily: bool,
    /// A moderation stopped the request.
    pub(super) is_flagged: bool,
    /// It is MiniMax's verdict: its numbers have their own meaning.
    pub(super) is_verdict: bool,
    /// The delay that its fields name, in milliseconds.
    pub(super) delay: Option<u32>,
}

/// How deep an error is looked for inside what is around it.
const DEPTH: u8 = 4;

impl<'a> Shape<'a> {
    /// Of valid JSON; what cannot be read is absent.
    pub(super) fn of(json: &'a str) -> Self {
        // What is validated was held to its limit of depth.
        read(json, DEPTH).unwrap_or_default()
    }

    /// What the provider calls the error: the most specific of its words. A code that is the status once more says
    /// less than a word.
    pub(super) fn name<'b>(&'b self, hint: Hint<'b>) -> Option<&'b str> {
        let hinted = match hint {
            Hint::Name(name) => Some(name),
            _ => None,
        };
        let is_word = |code: &&str| status_of(code).is_none();
        let (detail, code) = (self.detail.as_deref(), self.code.as_deref());
        let word = detail.or_else(|| code.filter(is_word)).or(self.word.as_deref()).or(self.kind.as_deref());
        word.or(hinted).or(code).or(self.number)
    }

    /// The code that stands for one cause: types and numbers stand for many.
    pub(super) fn own_code(&self) -> &str {
        let code = self.detail.as_deref().or(self.code.as_deref()).unwrap_or_default();
        if json::count(code).is_some() { "" } else { code }
    }

    /// The HTTP status: in a field for it, or in `code`, as a number or as digits.
    pub(super) fn http_status(&self) -> Option<u16> {
        self.status.or_else(|| status_of(self.code.as_deref().or(self.number)?))
    }

    /// These fields, and where they are absent those of what is around them.
    fn or(self, outer: Self) -> Self {
        Self {
            message: self.message.or(outer.message),
            value: self.value.or(outer.value),
            code: self.code.or(outer.code),
            number: self.number.or(outer.number),
            kind: self.kind.or(outer.kind),
            word: self.word.or(outer.word),
            status: self.status.or(outer.status),
            detail: self.detail.or(outer.detail),
            reason: self.reason.or(outer.reason),
            upstream: self.upstream.or(outer.upstream),
            is_daily: self.is_daily | outer.is_daily,
            is_flagged: self.is_flagged | outer.is_flagged,
            is_verdict: self.is_verdict | outer.is_verdict,
            delay: self.delay.or(outer.delay),
        }
    }
}

fn read(json: &str, depth: u8) -> Result<Shape<'_>, Error> {
    let reader = &mut Reader::new(json, u16::MAX);
    let value = (!super::is_nothing(json)).then_some(json);
    match reader.peek()? {
        Kind::Object if depth > 0 => {
            read_object(reader, depth).map(|shape| shape.or(Shape { value, ..Shape::default() }))
        }
        // A list around one error.
        Kind::Array if depth > 0 => {
            reader.array()?;
            if reader.element()? && reader.peek()? == Kind::Object {
                return read(reader.skip()?.of(json), depth - 1);
            }
            Ok(Shape { value, ..Shape::default() })
        }
        Kind::String => {
            let message = fragment(json, reader.maybe_string()?);
            Ok(Shape { message, value, ..Shape::default() })
        }
        _ => Ok(Shape { value, ..Shape::default() }),
    }
}

fn read_object<'a>(json: &mut Reader<'a>, depth: u8) -> Result<Shape<'a>, Error> {
    let source = json.source();
    let (mut own, mut inner) = (Shape::default(), None);
    // What stands for the message where there is none.
    let (mut said, mut title) = (None, None);
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(source, &mut [0; 32]) {
            "error" | "base_resp" if json.peek()? != Kind::String => {
                inner = Some(read(json.skip()?.of(source), depth - 1)?);
            }
            "error" | "errors" => said = Some(read(json.skip()?.of(source), depth - 1)?),
            "detail" => {
                let raw = json.skip()?.of(source);
                // FastAPI gives lists for requests that are not valid, and for nothing else.
                own.reason = raw.starts_with('[').then_some(Cow::Borrowed("validation_error")).or(own.reason);
                said = Some(read(raw, depth - 1)?);
            }
            "message" | "Message" | "status_msg" | "msg" => {
                own.is_verdict |= key.is(source, "status_msg");
                let raw = json.skip()?.of(source);
                match raw.as_bytes().first() {
                    Some(b'"') => own.message = fragment_of(raw).or(own.message),
                    Some(b'{' | b'[') => said = Some(read(raw, depth - 1)?),
                    _ => {}
                }
            }
            "title" => title = fragment(source, json.maybe_string()?),
            "type" | "error_type" | "__type" => {
                own.kind = maybe_word(json)?.filter(is_kind).or(own.kind);
            }
            "code" | "error_code" => match json.peek()? {
                Kind::Number => own.number = Some(json.number()?.of(source)),
                _ => own.code = maybe_word(json)?.or(own.code),
            },
            "status" | "status_code" | "statusCode" | "http_code" | "originalStatusCode" => {
                let is_own = key.is(source, "status_code");
                read_status(json.skip()?.of(source), is_own, &mut own);
            }
            "details" => read_details(json.skip()?.of(source), &mut own)?,
            "innererror" => own.reason = text_member(json.skip()?.of(source), "code"),
            "originalMessage" => own.upstream = Some(json.skip()?.of(source)),
            "metadata" => read_metadata(json.skip()?.of(source), &mut own)?,
            "headers" => own.delay = delay::in_headers(json.skip()?.of(source)).or(own.delay),
            "retry_after" => own.delay = own.delay.or(delay::in_seconds(json.skip()?.of(source).trim_matches('"'))),
            _ => drop(json.skip()?),
        }
    }
    let whole = match inner {
        Some(inner) => inner.or(own),
        None => own,
    };
    let whole = whole.or(Shape { value: None, ..said.unwrap_or_default() });
    Ok(Shape { message: whole.message.or(title), ..whole })
}

/// A number, digits, or Google's word for it. MiniMax has a code there.
fn read_status<'a>(raw: &'a str, is_code: bool, shape: &mut Shape<'a>) {
    let number = raw.trim_matches('"');
    match json::count(number) {
        Some(count) => match http_status(count) {
            Some(status) => shape.status = Some(status),
            None if is_code && count > 0 => shape.number = shape.number.or(Some(number)),
            None => {}
        },
        None if raw.starts_with('"') => {
            let word =
                fragment_of(raw).map(decoded).filter(|word| !matches!(&**word, "error" | "failed" | "incomplete"));
            shape.word = word.or_else(|| shape.word.take());
        }
        None => {}
    }
}

/// Google's list, or Anthropic's object.
fn read_details<'a>(details: &'a str, shape: &mut Shape<'a>) -> Result<(), Error> {
    let json = &mut Reader::new(details, u16::MAX);
    match json.peek()? {
        Kind::Object => shape.detail = text_member(details, "error_code"),
        Kind::Array => {
            json.array()?;
            while json.element()? {
                let detail = json.skip()?.of(details);
                let wait = text_member(detail, "retryDelay").and_then(|wait| delay::go_style(&wait));
                shape.delay = wait.or(shape.delay);
                shape.reason = text_member(detail, "reason").or_else(|| shape.reason.take());
                // Quotas are named like `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
                shape.is_daily |= detail.contains("QuotaFailure") && detail.contains("PerDay");
            }
        }
        _ => {}
    }
    Ok(())
}

/// A router's: what the provider behind it said, or why a moderation stopped the request.
fn read_metadata<'a>(metadata: &'a str, shape: &mut Shape<'a>) -> Result<(), Error> {
    let json = &mut Reader::new(metadata, u16::MAX);
    if json.peek()? != Kind::Object {
        return Ok(());
    }
    json.object()?;
    while let Some(key) = json.key()? {
        let value = json.skip()?.of(metadata);
        match key.name(metadata, &mut [0; 32]) {
            "raw" => shape.upstream = Some(value),
            "flagged_input" => shape.is_flagged = true,
            "headers" => shape.delay = delay::in_headers(value).or(shape.delay),
            _ => {}
        }
    }
    Ok(())
}

/// A member of an object, if it is a text.
fn text_member<'a>(json: &'a str, name: &str) -> Option<Word<'a>> {
    super::member(json, name).and_then(fragment_of).map(decoded)
}

fn maybe_word<'a>(json: &mut Reader<'a>) -> Result<Option<Word<'a>>, Error> {
    let source = json.source();
    Ok(fragment(source, json.maybe_string()?).map(decoded))
}

fn fragment_of(raw: &str) -> Option<Fragment<'_>> {
    fragment(raw, Reader::new(raw, 1).maybe_string().ok()?)
}

fn fragment(json: &str, text: Option<Text>) -> Option<Fragment<'_>> {
    text.filter(|text| !text.is_empty()).map(|text| Fragment::json(json, text))
}

pub(super) fn decoded(fragment: Fragment<'_>) -> Word<'_> {
    fragment.plain().map_or_else(
        || {
            let mut decoded = String::new();
            fragment.decode(&mut decoded);
            Cow::Owned(decoded)
        },
        Cow::Borrowed,
    )
}

/// Cloudflare's `type` is an address, and an envelope's is `error`.
fn is_kind(kind: &Word<'_>) -> bool {
    kind != "error" && !kind.contains("://")
}

fn status_of(code: &str) -> Option<u16> {
    json::count(code).and_then(http_status)
}

fn http_status(n: u64) -> Option<u16> {
    u16::try_from(n).ok().filter(|status| (400..600).contains(status))
}
