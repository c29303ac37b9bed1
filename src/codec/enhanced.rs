//! Enhanced status codes, read (RFC 3463 §2, RFC 2034 §4).

use core::str::FromStr;

use super::text::InvalidReply;
use crate::types::EnhancedCode;

impl EnhancedCode {
    /// Reads `class "." subject "." detail` (RFC 3463 §2) and the blank behind
    /// it, at the front of a reply's text; the line may end behind it.
    pub(crate) fn parse_prefix(text: &[u8]) -> Option<(Self, &[u8])> {
        let (class, rest) = number(text)?;
        let (subject, rest) = number(rest.strip_prefix(b".")?)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let rest = match rest.split_first() {
            None | Some((b'\r', _)) => rest,
            Some((b' ' | b'\t', rest)) => rest,
            Some(_) => return None,
        };
        let class = u8::try_from(class).ok()?;
        Some((Self::new(class, subject, detail)?, rest))
    }
}

impl FromStr for EnhancedCode {
    type Err = InvalidReply;

    /// Takes `class "." subject "." detail` (RFC 3463 §2).
    fn from_str(text: &str) -> Result<Self, InvalidReply> {
        match Self::parse_prefix(text.as_bytes()) {
            Some((code, [])) if !text.ends_with([' ', '\t']) => Ok(code),
            _ => Err(InvalidReply::EnhancedClass),
        }
    }
}

/// `1*3DIGIT`
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let mut value = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        value = value * 10 + u16::from(digit - b'0');
        rest = behind;
        if text.len() - rest.len() > 3 {
            return None;
        }
    }
    (rest.len() < text.len()).then_some((value, rest))
}
