//! What the messages have in common (RFC 5802 §5, §7).

use base64ct::{Base64, Encoding};

use crate::Secret;

/// `name=value`, as the next of the attributes.
pub(super) fn attribute<'a>(
    attributes: &mut impl Iterator<Item = &'a str>,
    name: &str,
) -> Option<&'a str> {
    attributes.next()?.strip_prefix(name)?.strip_prefix('=')
}

/// The value of an attribute in base64.
pub(super) fn decode(base64: &str) -> Option<Secret> {
    Base64::decode_vec(base64).ok().map(Secret::from)
}

/// RFC 5802 §7 posit-number.
pub(super) fn positive(digits: &str) -> Option<u32> {
    let is_number = digits.bytes().all(|octet| octet.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_number)
}
