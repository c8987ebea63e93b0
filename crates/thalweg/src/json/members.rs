//! Named members of an object, found in one pass: for frames that are rare and wide.

use super::{Error, Kind, Raw, Reader};

/// The values of the members of the object `json` that have these names, verbatim. None for a member that is missing or
/// `null`, and for an empty name; the last of several with one name. Where `json` is no object, all are none.
///
/// Reads the whole object, however much of it is asked for. Gives the error of [`Reader::skip`] where `json` is not one
/// valid value.
///
/// ```
/// use thalweg::json::members;
///
/// let json = r#"{"type":"message","id":null,"role":"assistant"}"#;
/// let [role, id] = members(json, ["role", "id"], 16)?;
/// assert_eq!(role.map(|role| role.of(json)), Some("\"assistant\""));
/// assert!(id.is_none());
/// # Ok::<(), thalweg::json::Error>(())
/// ```
pub fn members<const N: usize>(json: &str, names: [&str; N], depth_max: u16) -> Result<[Option<Raw>; N], Error> {
    Ok(members_of(&mut Reader::new(json, depth_max), &names)?.1)
}

/// The next value, verbatim, and the members of it that [`members`] would find.
pub(crate) fn members_of<const N: usize>(
    reader: &mut Reader<'_>,
    names: &[&str; N],
) -> Result<(Raw, [Option<Raw>; N]), Error> {
    let mut found = [None; N];
    reader.peek()?;
    let start = reader.position();
    fields(reader, |name, reader| {
        let nth = names.iter().position(|wanted| *wanted == name && !name.is_empty());
        let value = reader.present()?;
        if let Some(found) = nth.and_then(|nth| found.get_mut(nth)) {
            *found = value;
        }
        Ok(())
    })?;
    Ok((reader.raw_from(start), found))
}

/// Calls `say` with each element of the array `json`, verbatim, in order, and with its number. Where `json` is no array,
/// never.
///
/// Gives the error of [`Reader::skip`] where `json` is not valid up to the element at hand, and what `say` gives.
pub fn elements(json: &str, depth_max: u16, mut say: impl FnMut(u64, &str) -> Result<(), Error>) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth_max);
    if reader.peek()? != Kind::Array {
        return Ok(());
    }
    reader.array()?;
    let mut number = 0;
    while reader.element()? {
        say(number, reader.skip()?.of(json))?;
        number += 1;
    }
    Ok(())
}

/// The members of the next value, where it is an object: `field` reads or skips each one's value. Any other is skipped.
#[inline]
pub(crate) fn fields<'a>(
    json: &mut Reader<'a>,
    mut field: impl FnMut(&str, &mut Reader<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    if json.peek()? != Kind::Object {
        return skip(json);
    }
    let source = json.source();
    json.object()?;
    while let Some(key) = json.key()? {
        field(key.name(source, &mut [0; 32]), json)?;
    }
    Ok(())
}

/// Reads past a value.
pub(crate) fn skip(json: &mut Reader<'_>) -> Result<(), Error> {
    json.skip().map(|_| ())
}
