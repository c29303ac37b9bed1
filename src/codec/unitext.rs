//! unitext: addresses in UTF-8, as ORCPT carries them (RFC 6533 §3).
//!
//! ```
//! use ehlo::codec::unitext;
//! assert_eq!(unitext::encode("josé+x@a.example"), r"jos\x{E9}\x{2B}x@a.example");
//! assert_eq!(unitext::decode(r"jos\x{E9}\x{2B}x@a.example").as_deref(), Some("josé+x@a.example"));
//! ```

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::Write;

use crate::types::class::{self, QUCHAR};

/// Encodes as `utf-8-addr-xtext`, in ASCII: for a server that does not offer
/// SMTPUTF8, and good for every other.
#[must_use]
pub fn encode(text: &str) -> String {
    encode_if(text, |character| {
        !character.is_ascii() || must_encode(character)
    })
}

/// Encodes as `utf-8-addr-unitext`: only what cannot stand for itself, for a
/// server that offers SMTPUTF8.
#[must_use]
pub fn encode_utf8(text: &str) -> String {
    encode_if(text, must_encode)
}

/// Whether an ASCII character has no place in an `esmtp-value` or begins an
/// escape.
fn must_encode(character: char) -> bool {
    u8::try_from(character).is_ok_and(|octet| octet.is_ascii() && !class::is(octet, QUCHAR))
}

fn encode_if(text: &str, is_encoded: impl Fn(char) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        if is_encoded(character) {
            // A String takes what is written to it.
            let _ = write!(encoded, "\\x{{{:02X}}}", u32::from(character));
        } else {
            encoded.push(character);
        }
    }
    encoded
}

/// Decodes; `None` for what is neither form. Borrows where nothing is encoded.
#[must_use]
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if class::all(text.as_bytes(), QUCHAR) {
        return Some(Cow::Borrowed(text));
    }
    let decoded: Option<String> = characters(text).collect();
    decoded.map(Cow::Owned)
}

/// The characters that unitext stands for; `None` where it is not unitext.
fn characters(text: &str) -> impl Iterator<Item = Option<char>> + '_ {
    let mut rest = text;
    core::iter::from_fn(move || {
        let character = rest.chars().next()?;
        if let Some(escape) = rest.strip_prefix("\\x{") {
            let (digits, behind) = escape.split_once('}').unwrap_or_default();
            rest = behind;
            return Some(hex_point(digits));
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        Some((!must_encode(character)).then_some(character))
    })
}

/// Whether it is unitext without control characters.
pub(super) fn is_text(text: &str) -> bool {
    characters(text)
        .all(|character| character.is_some_and(|character| !character.is_ascii_control()))
}

/// `HEXPOINT`: what must be encoded in ASCII, and what is not ASCII; two to six
/// digits, no leading zero beyond two.
fn hex_point(digits: &str) -> Option<char> {
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_shortest = digits.len() == 2 || !digits.starts_with('0');
    if !is_hex || !is_shortest || !(2..=6).contains(&digits.len()) {
        return None;
    }
    let code = u32::from_str_radix(digits, 16).ok()?;
    // No surrogates, nothing beyond U+10FFFF.
    let character = char::from_u32(code)?;
    (!character.is_ascii() || must_encode(character)).then_some(character)
}
