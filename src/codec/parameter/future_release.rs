//! HOLDFOR, HOLDUNTIL (RFC 4865 §3).

use alloc::format;

use super::bad_value;
use crate::codec::date::{self, Fractions};
use crate::codec::error::AddressError;
use crate::codec::leaf;
use crate::types::{DateTime, MailParameters, ParameterKind};

/// `future-release-integer = %x31-39 *8DIGIT`, in seconds
pub(in crate::codec) fn interval(value: &[u8]) -> Option<u32> {
    match value.first() {
        Some(b'1'..=b'9') => leaf::whole_number(value, 9),
        _ => None,
    }
}

/// A `date-time` of RFC 3339 in UTC
pub(super) fn date(value: &[u8]) -> Option<DateTime> {
    date::whole(value, Fractions::Allowed).filter(|date| date.offset_minutes() == 0)
}

impl MailParameters<'_> {
    /// HOLDFOR: for how many seconds the message is to be held back (RFC 4865).
    #[must_use]
    pub fn hold_for(&self) -> Option<u32> {
        interval(self.0.value(ParameterKind::HoldFor.as_str())?.as_bytes())
    }

    /// With HOLDFOR: for how many seconds the message is to be held back
    /// (RFC 4865). Takes the place of HOLDUNTIL.
    ///
    /// # Errors
    ///
    /// `seconds` is 0 or more than 999,999,999.
    pub fn with_hold_for(self, seconds: u32) -> Result<MailParameters<'static>, AddressError> {
        if !matches!(seconds, 1..=999_999_999) {
            return Err(bad_value());
        }
        self.without(ParameterKind::HoldUntil.as_str())
            .map(|other| other.setting(&format!("HOLDFOR={seconds}")))
    }

    /// HOLDUNTIL: until when the message is to be held back (RFC 4865).
    #[must_use]
    pub fn hold_until(&self) -> Option<DateTime> {
        date(self.0.value(ParameterKind::HoldUntil.as_str())?.as_bytes())
    }

    /// With HOLDUNTIL: until when the message is to be held back (RFC 4865).
    /// Takes the place of HOLDFOR.
    ///
    /// # Errors
    ///
    /// In UTC the year would be outside 0 to 9999.
    pub fn with_hold_until(self, date: DateTime) -> Result<MailParameters<'static>, AddressError> {
        let date = date.to_utc().ok_or(bad_value())?;
        self.without(ParameterKind::HoldFor.as_str())
            .map(|other| other.setting(&format!("HOLDUNTIL={date}")))
    }
}
