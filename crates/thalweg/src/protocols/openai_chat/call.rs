//! Tool calls of a chunk: `tool_calls`, the legacy `function_call`, and custom tools.

use super::wire::{Owner, Parts, Rules};
use crate::emitter::{CallFragment, Fragment, Key};
use crate::event::InputForm;
use crate::json::{self, Error, Kind, Raw, Reader, Text};

/// A fragment of a call, as ranges of its frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    key: Option<Key>,
    /// The same as it stands in the frame, where it is a number.
    number: Option<Raw>,
    id: Option<Text>,
    name: Option<Text>,
    input: Input,
    /// The provider's seal: in the first of the places where proxies put it.
    signature: Option<Text>,
    is_custom: bool,
}

/// A call's input is a string; some servers send the object itself.
#[derive(Clone, Copy, Debug, Default)]
enum Input {
    #[default]
    Absent,
    Text(Text),
    Value(Raw),
}

/// Reads `tool_calls`. One call that is not in a list is read as a list of one.
pub(super) fn read_calls(json: &mut Reader<'_>, parts: &mut Parts, rules: Rules<'_>) -> Result<bool, Error> {
    match json.peek()? {
        Kind::Array => {
            json.array()?;
            let mut is_odd = false;
            while json.element()? {
                // One more than is allowed: the chunk is over its limit, and that is seen when it is said.
                if json.peek()? == Kind::Object && parts.calls.len() <= rules.limits.blocks as usize {
                    read_call(json, parts, rules)?;
                } else {
                    is_odd |= json.peek()? != Kind::Null;
                    json.skip()?;
                }
            }
            Ok(is_odd)
        }
        Kind::Object => read_call(json, parts, rules).map(|()| true),
        kind => {
            json.skip()?;
            Ok(kind != Kind::Null)
        }
    }
}

/// Reads the legacy `function_call`: an object, or null.
pub(super) fn read_function_call(json: &mut Reader<'_>, parts: &mut Parts) -> Result<(), Error> {
    if json.peek()? != Kind::Object {
        json.skip()?;
        return Ok(());
    }
    let mut call = Call::default();
    read_function(json, &mut call)?;
    parts.calls.push(call);
    Ok(())
}

fn read_call(json: &mut Reader<'_>, parts: &mut Parts, rules: Rules<'_>) -> Result<(), Error> {
    let data = json.source();
    let mut call = Call::default();
    let owner = Owner::Call(parts.calls.len());
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(data, &mut [0; 32]) {
            "index" => {
                call.number = match json.peek()? {
                    Kind::Number => Some(json.clone().number()?),
                    _ => None,
                };
                call.key = read_key(json)?;
            }
            "id" => call.id = json.maybe_string()?.or(call.id),
            "type" => drop(json.skip()?),
            "function" => read_function(json, &mut call)?,
            "custom" => {
                call.is_custom = json.peek()? == Kind::Object;
                read_function(json, &mut call)?;
            }
            name => {
                if matches!(name, "provider_specific_fields" | "extra_content") {
                    call.signature = read_signature(&mut json.clone())?.or(call.signature);
                }
                let raw = json.skip()?;
                parts.extra(owner, key, raw, rules);
            }
        }
    }
    call.id = call.id.filter(|id| !(rules.oddities.has_null_ids && id.is(data, "null")));
    parts.calls.push(call);
    Ok(())
}

/// `function`, `custom` or `function_call`: a name and an input.
fn read_function(json: &mut Reader<'_>, call: &mut Call) -> Result<(), Error> {
    if json.peek()? != Kind::Object {
        json.skip()?;
        return Ok(());
    }
    let data = json.source();
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(data, &mut [0; 32]) {
            // Older llama.cpp puts the call's id here.
            "id" => call.id = call.id.or(json.maybe_string()?),
            "name" => call.name = json.maybe_string()?,
            "arguments" | "input" => call.input = read_input(json)?,
            // The call's own comes first.
            "provider_specific_fields" => call.signature = call.signature.or(read_signature(json)?),
            _ => drop(json.skip()?),
        }
    }
    Ok(())
}

fn read_input(json: &mut Reader<'_>) -> Result<Input, Error> {
    Ok(match json.peek()? {
        Kind::String => Input::Text(json.string()?),
        Kind::Null => {
            json.null()?;
            Input::Absent
        }
        _ => Input::Value(json.skip()?),
    })
}

/// Reads what a proxy adds to a call, for Gemini's thought signature: `{thought_signature}`, or the same inside
/// `google`.
fn read_signature(json: &mut Reader<'_>) -> Result<Option<Text>, Error> {
    let mut found = None;
    if json.peek()? != Kind::Object {
        json.skip()?;
        return Ok(found);
    }
    let data = json.source();
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(data, &mut [0; 32]) {
            "thought_signature" => found = json.maybe_string()?.or(found),
            "google" if json.peek()? == Kind::Object => {
                json.object()?;
                while let Some(key) = json.key()? {
                    match key.name(data, &mut [0; 32]) {
                        "thought_signature" => found = json.maybe_string()?.or(found),
                        _ => drop(json.skip()?),
                    }
                }
            }
            _ => drop(json.skip()?),
        }
    }
    Ok(found)
}

/// An index should be a small number; any value tells calls apart.
pub(super) fn read_key(json: &mut Reader<'_>) -> Result<Option<Key>, Error> {
    let key = |text: &str| json::integer(text).map_or_else(|| Key::odd(text), Key::index);
    Ok(match json.peek()? {
        Kind::String => {
            let text = json.string()?;
            (!text.is_empty()).then(|| match text.name(json.source(), &mut [0; 32]) {
                "" => Key::odd(text.raw(json.source())),
                name => key(name),
            })
        }
        _ => json.present()?.map(|raw| key(raw.of(json.source()))),
    })
}

/// A fragment of an input and nothing else, which may come again with another fragment.
pub(super) struct Repeatable {
    pub(super) key: Option<Key>,
    pub(super) number: Option<Raw>,
    pub(super) form: InputForm,
    pub(super) input: Text,
}

impl Call {
    /// Itself, where it is a fragment of an input and nothing else.
    pub(super) fn repeatable(&self) -> Option<Repeatable> {
        let has_more = [self.id, self.name, self.signature].iter().flatten().any(|text| !text.is_empty());
        match self.input {
            Input::Text(input) if !has_more && !input.is_empty() => {
                Some(Repeatable { key: self.key, number: self.number, form: self.form(), input })
            }
            _ => None,
        }
    }

    const fn form(&self) -> InputForm {
        if self.is_custom { InputForm::Text } else { InputForm::Json }
    }

    /// What the emitter takes, as it stands in the frame `data`.
    pub(super) fn fragment<'a>(&self, data: &'a str, is_name_open: bool) -> CallFragment<'a> {
        let text = |text: Option<Text>| text.map(|text| Fragment::json(data, text));
        CallFragment {
            key: self.key,
            id: text(self.id),
            name: text(self.name),
            input: match self.input {
                Input::Absent => None,
                Input::Text(text) => Some(Fragment::json(data, text)),
                Input::Value(raw) => Some(raw.of(data).into()),
            },
            signature: text(self.signature),
            form: self.form(),
            is_name_open,
        }
    }
}
