//! xtext: any octets as printable ASCII without `+`, `=` and blanks (RFC 3461 §4).
//!
//! The parameters that carry it (ENVID, ORCPT, AUTH, SUBMITTER) and the
//! attributes of XCLIENT and XFORWARD are decoded by their own types; this is
//! for parameters that this crate does not know.
//!
//! ```
//! use ehlo::codec::xtext;
//! assert_eq!(xtext::encode(b"a+b=c d"), "a+2Bb+3Dc+20d");
//! assert_eq!(xtext::decode("a+2Bb+3Dc+20d").as_deref(), Some(&b"a+b=c d"[..]));
//! assert_eq!(xtext::decode("a+2b"), None);
//! ```

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::types::class::{self, XCHAR};

/// Octets that a decoded value may have at most where it is looked at without
/// an allocation; more than any limit that RFC gives.
pub(super) const DECODED_LIMIT: usize = 512;

/// Encodes; only what cannot stand for itself.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        if class::is(octet, XCHAR) {
            text.push(char::from(octet));
        } else {
            text.push('+');
            text.push(hex_digit(octet >> 4));
            text.push(hex_digit(octet & 15));
        }
    }
    text
}

/// Decodes; `None` for what is not xtext. Borrows where nothing is encoded.
///
/// What comes out may be any octets, control characters among them.
#[must_use]
pub fn decode(text: &str) -> Option<Cow<'_, [u8]>> {
    if class::all(text.as_bytes(), XCHAR) {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let octets: Option<Vec<u8>> = octets(text.as_bytes()).collect();
    octets.map(Cow::Owned)
}

/// The octets that xtext stands for; `None` where it is not xtext.
fn octets(text: &[u8]) -> impl Iterator<Item = Option<u8>> + '_ {
    let mut rest = text.iter();
    core::iter::from_fn(move || {
        let &octet = rest.next()?;
        if class::is(octet, XCHAR) {
            return Some(Some(octet));
        }
        // hexchar = "+" and two upper-case hexadecimal digits
        let digits = [rest.next(), rest.next()];
        Some(match (octet, digits) {
            (b'+', [Some(&high), Some(&low)]) => from_hex(high).zip(from_hex(low)).map(join),
            _ => None,
        })
    })
}

/// Decodes text into `room`: no control characters, and UTF-8.
pub(super) fn decode_text<'r>(text: &[u8], room: &'r mut [u8]) -> Option<&'r str> {
    let mut length = 0;
    for octet in octets(text) {
        let octet = octet?;
        if octet < b' ' || octet == 0x7f {
            return None;
        }
        *room.get_mut(length)? = octet;
        length += 1;
    }
    core::str::from_utf8(room.get(..length)?).ok()
}

/// Whether it is xtext of at most [`DECODED_LIMIT`] octets of UTF-8 without
/// control characters.
pub(super) fn is_text(text: &[u8]) -> bool {
    if class::all(text, XCHAR) {
        text.len() <= DECODED_LIMIT
    } else {
        decode_text(text, &mut [0; DECODED_LIMIT]).is_some()
    }
}

/// What checked xtext says. Borrows where nothing is encoded.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    match decode(text) {
        Some(Cow::Owned(octets)) => Cow::Owned(String::from_utf8(octets).unwrap_or_default()),
        _ => Cow::Borrowed(text),
    }
}

/// A character's code, in upper-case hexadecimal.
fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16)
        .unwrap_or('0')
        .to_ascii_uppercase()
}

const fn from_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const fn join((high, low): (u8, u8)) -> u8 {
    high << 4 | low
}
