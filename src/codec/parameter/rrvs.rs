//! RRVS (RFC 7293 §3.1).

use alloc::format;

use super::value_from_str;
use crate::codec::date::{self, Fractions};
use crate::types::{NoSupportAction, ParameterKind, RcptParameters, ValidSince};

/// `date-time [ ";" ( "C" / "R" ) ]`
pub(super) fn valid_since(value: &[u8]) -> Option<ValidSince> {
    let (date, action) = match value {
        [date @ .., b';', b'C' | b'c'] => (date, NoSupportAction::Continue),
        [date @ .., b';', b'R' | b'r'] => (date, NoSupportAction::Reject),
        date => (date, NoSupportAction::default()),
    };
    let date = date::whole(date, Fractions::Refused)?;
    Some(ValidSince::new(date, action))
}

value_from_str!(ValidSince, valid_since);

impl RcptParameters<'_> {
    /// RRVS: since when the recipient must have owned the mailbox (RFC 7293).
    #[must_use]
    pub fn valid_since(&self) -> Option<ValidSince> {
        valid_since(self.0.value(ParameterKind::Rrvs.as_str())?.as_bytes())
    }

    /// With RRVS: since when the recipient must have owned the mailbox (RFC 7293).
    #[must_use]
    pub fn with_valid_since(self, since: ValidSince) -> RcptParameters<'static> {
        self.setting(&format!("RRVS={since}"))
    }
}
