//! AUTH: mechanism names, and messages in base64 (RFC 4954 §4, §8).

use base64ct::{Base64, Encoding};
use bytes::BufMut;
use core::str::FromStr;

use super::error::{AddressError, CommandError, Part};
use super::leaf;
use super::line::CRLF;
use super::path::{Cursor, Fault};
use crate::secret::Secret;
use crate::types::class::{self, BASE64, MECHANISM};
use crate::types::{Mechanism, SaslLine, SaslMessage, Verb};

/// `sasl-mech [SP initial-response]`
pub(super) fn auth<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<(Mechanism, Option<SaslMessage<'a>>), Fault> {
    cursor.skip_blanks();
    let start = cursor.at();
    if cursor.is_at_end() {
        return Err((Part::Argument, start));
    }
    let name = cursor.take(leaf::run(MECHANISM)).unwrap_or_default();
    let mechanism = Mechanism::from_checked(name).ok_or((Part::Mechanism, start))?;
    if cursor.is_at_end() {
        return Ok((mechanism, None));
    }
    if !cursor.eat(b' ') {
        return Err((Part::Mechanism, cursor.at()));
    }
    cursor.skip_blanks();
    let initial_response = match cursor.remainder() {
        // RFC 4954 §4: present, but with no data.
        "=" => SaslMessage::borrowed(""),
        text => message(text).map_err(|at| (Part::Base64, cursor.at() + at))?,
    };
    Ok((mechanism, Some(initial_response)))
}

/// Base64 as RFC 4954 §8 has it, with the padding, bits that encode nothing
/// zero (RFC 4648 §3.5), nothing else allowed; or the octet that is wrong.
fn message(text: &str) -> Result<SaslMessage<'_>, usize> {
    let octets = text.as_bytes();
    let digits = class::span(octets, BASE64);
    let padding = octets.get(digits..).unwrap_or_default();
    let is_padded = match digits % 4 {
        0 => padding.is_empty(),
        2 => padding == b"==" && has_spare_bits_clear(octets, digits, b"AQgw"),
        3 => padding == b"=" && has_spare_bits_clear(octets, digits, b"AEIMQUYcgkosw048"),
        _ => false,
    };
    if is_padded {
        Ok(SaslMessage::borrowed(text))
    } else {
        Err(digits)
    }
}

/// Whether the last of `digits` is one of those that `allowed` lists.
fn has_spare_bits_clear(octets: &[u8], digits: usize, allowed: &[u8]) -> bool {
    let last = digits.checked_sub(1).and_then(|last| octets.get(last));
    last.is_some_and(|last| allowed.contains(last))
}

impl SaslMessage<'_> {
    /// What the mechanism says.
    #[must_use]
    pub fn decode(&self) -> Secret {
        // Checked when it was made.
        Base64::decode_vec(self.expose_base64())
            .map(Secret::from)
            .unwrap_or_default()
    }

    /// That, in base64.
    #[must_use]
    pub fn encode(octets: &[u8]) -> SaslMessage<'static> {
        SaslMessage::owned(Secret::from(Base64::encode_string(octets)))
    }
}

impl<'a> TryFrom<&'a str> for SaslMessage<'a> {
    type Error = AddressError;

    /// Takes base64, padded; or nothing at all. (Not the lone `=` of AUTH.)
    fn try_from(base64: &'a str) -> Result<Self, AddressError> {
        message(base64).map_err(|at| AddressError::new(Part::Base64, at))
    }
}

impl<'a> SaslLine<'a> {
    /// Reads a line of an AUTH exchange, given without its CRLF. Borrows from
    /// it, allocates nothing.
    ///
    /// # Errors
    ///
    /// It is neither base64 nor `*`.
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let error = |offset| CommandError::new(Verb::Auth, Part::Base64, offset);
        let text = core::str::from_utf8(line).map_err(|invalid| error(invalid.valid_up_to()))?;
        // RFC 5321 §4.1.1: white space before the CRLF is to be tolerated.
        match text.trim_end_matches([' ', '\t']) {
            "*" => Ok(Self::Cancel),
            base64 => message(base64).map(Self::Response).map_err(error),
        }
    }

    /// Writes the line with its CRLF.
    ///
    /// `out` must have room: as `BufMut` has it, a full fixed buffer panics.
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self.text().as_bytes());
        out.put_slice(CRLF);
    }

    /// Octets of the line as written, CRLF included.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.text().len() + CRLF.len()
    }

    fn text(&self) -> &str {
        match self {
            Self::Response(message) => message.expose_base64(),
            Self::Cancel => "*",
        }
    }
}

impl FromStr for Mechanism {
    type Err = AddressError;

    /// Takes 1 to 20 letters, in any case, digits, hyphens and underscores.
    fn from_str(name: &str) -> Result<Self, AddressError> {
        let valid = class::span(name.as_bytes(), MECHANISM);
        let error = AddressError::new(Part::Mechanism, valid);
        if valid == name.len() {
            Self::from_checked(name.as_bytes()).ok_or(error)
        } else {
            Err(error)
        }
    }
}
