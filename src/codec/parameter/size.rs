//! SIZE, BODY, SMTPUTF8, REQUIRETLS: what the message is and what it needs.

use alloc::format;

use super::value_from_str;
use crate::types::class::{self, DIGIT};
use crate::types::{BodyType, MailParameters, ParameterKind};

/// `size-value ::= 1*20DIGIT` (RFC 1870 §5)
pub(super) fn is_size(value: &[u8]) -> bool {
    matches!(value.len(), 1..=20) && class::all(value, DIGIT)
}

/// `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`, in any case (RFC 6152
/// §3, RFC 3030 §3)
pub(super) fn body(value: &str) -> Option<BodyType> {
    [
        BodyType::EightBitMime,
        BodyType::SevenBit,
        BodyType::BinaryMime,
    ]
    .into_iter()
    .find(|body| value.eq_ignore_ascii_case(body.as_str()))
}

value_from_str!(BodyType, |value| body(core::str::from_utf8(value).ok()?));

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
        self.0.value(ParameterKind::Body.as_str()).and_then(body)
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
