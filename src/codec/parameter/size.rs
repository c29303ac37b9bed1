//! SIZE, BODY, SMTPUTF8, REQUIRETLS: what the message is and what it needs.

use alloc::format;

use super::value_from_str;
use crate::types::class::{self, DIGIT, VALUE};
use crate::types::word::{self, word};
use crate::types::{BodyType, MailParameters, ParameterKind};

/// `size-value ::= 1*20DIGIT` (RFC 1870 §5)
pub(super) fn is_size(value: &[u8]) -> bool {
    matches!(value.len(), 1..=20) && class::all(value, DIGIT)
}

/// `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`, in any case (RFC 6152
/// §3, RFC 3030 §3)
#[inline]
pub(super) fn body(value: &[u8]) -> Option<BodyType> {
    const SEVEN_BIT: u64 = word("7BIT".as_bytes());
    const EIGHT_BIT: u64 = word("8BITMIME".as_bytes());
    const BINARY: u64 = word("BINARYMIME".as_bytes());
    let body = match word::at(value, value.len()) {
        EIGHT_BIT => BodyType::EightBitMime,
        SEVEN_BIT => BodyType::SevenBit,
        BINARY => BodyType::BinaryMime,
        _ => return None,
    };
    let is_it = word::is(value, body.as_str()) && class::all(value, VALUE);
    is_it.then_some(body)
}

value_from_str!(BodyType, body);

impl MailParameters<'_> {
    /// SIZE: the size of the message in octets, as the client declares it
    /// (RFC 1870). A number beyond `u64` (it may have 20 digits) is `u64::MAX`.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let digits = self.0.value(ParameterKind::Size.as_str())?;
        Some(digits.parse().unwrap_or(u64::MAX))
    }

    /// With SIZE: the size of the message in octets, line ends as CR LF
    /// (RFC 1870).
    #[must_use]
    pub fn with_size(self, octets: u64) -> MailParameters<'static> {
        self.setting(&format!("SIZE={octets}"))
    }

    /// BODY: what the octets of the message are (RFC 6152, RFC 3030).
    #[must_use]
    pub fn body(&self) -> Option<BodyType> {
        body(self.0.value(ParameterKind::Body.as_str())?.as_bytes())
    }

    /// With BODY: what the octets of the message are (RFC 6152, RFC 3030).
    #[must_use]
    pub fn with_body(self, body: BodyType) -> MailParameters<'static> {
        self.setting(&format!("BODY={body}"))
    }

    /// SMTPUTF8: addresses and header may be UTF-8 (RFC 6531).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.0.contains(ParameterKind::SmtpUtf8.as_str())
    }

    /// With SMTPUTF8: addresses and header may be UTF-8 (RFC 6531).
    #[must_use]
    pub fn with_smtputf8(self) -> MailParameters<'static> {
        self.setting(ParameterKind::SmtpUtf8.as_str())
    }

    /// REQUIRETLS: the message must travel encrypted all the way (RFC 8689).
    #[must_use]
    pub fn require_tls(&self) -> bool {
        self.0.contains(ParameterKind::RequireTls.as_str())
    }

    /// With REQUIRETLS: the message must travel encrypted all the way (RFC 8689).
    #[must_use]
    pub fn with_require_tls(self) -> MailParameters<'static> {
        self.setting(ParameterKind::RequireTls.as_str())
    }
}
