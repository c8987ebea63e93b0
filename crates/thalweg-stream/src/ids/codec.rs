//! How a route is written into an id. What is read back is exactly what was written, or nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What marks an id as ours.
///
/// To keep clients from making ids up, give the first 16 bytes of a keyed hash:
///
/// ```
/// use thalweg_stream::{IdKind, Ids, Tag};
///
/// struct Keyed([u8; 32]);
///
/// impl Tag for Keyed {
///     fn tag(&self, message: &[u8]) -> [u8; 16] {
///         # fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
///         #     let mut hash = *key;
///         #     message.iter().enumerate().for_each(|(at, byte)| hash[at % 32] = hash[at % 32].wrapping_mul(31) ^ byte);
///         #     hash
///         # }
///         *hmac_sha256(&self.0, message).first_chunk().expect("32 bytes begin with 16")
///     }
/// }
///
/// let ids = Ids::new(Keyed([7; 32]));
/// let given_out = ids.out(IdKind::Call, "east", "call_1");
/// assert_eq!(ids.open(&given_out), Some(("east".into(), "call_1".into())));
/// assert_eq!(Ids::new(Keyed([8; 32])).open(&given_out), None);
/// ```
pub trait Tag {
    /// The tag of a message; the same for the same message, whenever it is asked.
    fn tag(&self, message: &[u8]) -> [u8; 16];
}

/// Tells ids of ours from others, and from ones that were damaged. It is no secret.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Checksum;

impl Tag for Checksum {
    fn tag(&self, message: &[u8]) -> [u8; 16] {
        // FNV-1a, 128 bits.
        let hash = message.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        hash.to_be_bytes()
    }
}

/// `resp_abc` becomes `resp_tw1_` and base64url of tag, route and the whole id.
pub(super) fn map(tag: &impl Tag, route: &str, id: &str) -> String {
    let body = body(route, id);
    let mut bytes = tag.tag(&message(ID, &body)).to_vec();
    bytes.extend(body);
    let mut mapped = String::from(head(id));
    mapped.push_str(ID_MARK);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut mapped);
    mapped
}

/// `abc` becomes `tw1.`, base64url of tag and route, `.abc`: content is long, and is not written anew.
pub(super) fn seal(tag: &impl Tag, route: &str, content: &str) -> String {
    let tag = tag.tag(&message(CONTENT, &body(route, content)));
    let mut sealed = String::from(CONTENT_MARK);
    URL_SAFE_NO_PAD.encode_string([&tag[..], route.as_bytes()].concat(), &mut sealed);
    sealed.push('.');
    sealed.push_str(content);
    sealed
}

/// Route and id, or content.
pub(super) fn open(tag: &impl Tag, mapped: &str) -> Option<(String, String)> {
    match mapped.strip_prefix(CONTENT_MARK) {
        Some(sealed) => open_content(tag, sealed),
        None => open_id(tag, mapped),
    }
}

fn open_id(tag: &impl Tag, mapped: &str) -> Option<(String, String)> {
    let (given_head, encoded) = mapped.split_at_checked(head(mapped).len())?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded.strip_prefix(ID_MARK)?).ok()?;
    let (given, body) = bytes.split_at_checked(TAG_BYTES)?;
    if !is_equal(given, &tag.tag(&message(ID, body))) {
        return None;
    }
    let (len, rest) = read_len(body)?;
    let (route, id) = rest.split_at_checked(len)?;
    let (route, id) = (core::str::from_utf8(route).ok()?, core::str::from_utf8(id).ok()?);
    (given_head == head(id)).then(|| (route.into(), id.into()))
}

fn open_content(tag: &impl Tag, sealed: &str) -> Option<(String, String)> {
    let (encoded, content) = sealed.split_once('.')?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let (given, route) = bytes.split_at_checked(TAG_BYTES)?;
    let route = core::str::from_utf8(route).ok()?;
    is_equal(given, &tag.tag(&message(CONTENT, &body(route, content)))).then(|| (route.into(), content.into()))
}

/// What an id says about its kind: `resp_`, `call_`, `toolu_`, or nothing. Clients look at it.
fn head(id: &str) -> &str {
    let end = id.bytes().take(HEAD_MOST).position(|byte| !byte.is_ascii_lowercase());
    match end {
        Some(end) if end > 0 && id.as_bytes()[end] == b'_' => &id[..=end],
        _ => "",
    }
}

/// The length of the route, the route, the id.
fn body(route: &str, id: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(route.len() + id.len() + 2);
    let mut len = route.len();
    while len >= 0x80 {
        body.push(len as u8 | 0x80);
        len >>= 7;
    }
    body.push(len as u8);
    body.extend(route.as_bytes());
    body.extend(id.as_bytes());
    body
}

fn read_len(body: &[u8]) -> Option<(usize, &[u8])> {
    let mut len = 0_usize;
    for (at, byte) in body.iter().enumerate().take(4) {
        len |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((len, &body[at + 1..]));
        }
    }
    None
}

/// What is tagged: an id never passes for content.
fn message(what: u8, body: &[u8]) -> Vec<u8> {
    [&[what], body].concat()
}

/// Takes the same time wherever two tags differ, so that a secret one cannot be found byte by byte.
fn is_equal(given: &[u8], tag: &[u8; TAG_BYTES]) -> bool {
    given.len() == tag.len() && given.iter().zip(tag).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

const ID_MARK: &str = "tw1_";
const CONTENT_MARK: &str = "tw1.";
const ID: u8 = 1;
const CONTENT: u8 = 2;
const TAG_BYTES: usize = 16;

/// The longest head, with its underscore.
const HEAD_MOST: usize = 12;

#[cfg(test)]
mod tests;
