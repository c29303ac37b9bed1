//! MTRK (RFC 3885 §3.1).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::str::FromStr;

use base64ct::{Base64, Encoding};

use super::bad_value;
use crate::codec::error::AddressError;
use crate::codec::leaf;
use crate::types::class::{self, BASE64, VALUE};
use crate::types::{MailParameters, MessageTracking, ParameterKind};

/// The octets of a value that may hold what no other `esmtp-value` has: a `=`,
/// as padding.
pub(super) fn value_length(octets: &[u8]) -> usize {
    let is_in_value = |octet: &u8| class::is(*octet, VALUE) || *octet == b'=';
    octets.iter().take_while(|octet| is_in_value(octet)).count()
}

/// `mtrk-certifier [ ":" mtrk-timeout ]`, `mtrk-timeout = 1*9DIGIT`; the
/// certifier is base64, padded or not.
pub(super) fn tracking(value: &str) -> Option<MessageTracking<'_>> {
    let (certifier, timeout) = match value.split_once(':') {
        Some((certifier, timeout)) => (certifier, Some(timeout)),
        None => (value, None),
    };
    let digits = class::span(certifier.as_bytes(), BASE64);
    let padding = certifier.get(digits..)?;
    let is_base64 = digits > 0
        && match padding {
            "" => digits % 4 != 1,
            "=" | "==" => (digits + padding.len()) % 4 == 0,
            _ => false,
        };
    let is_timeout =
        timeout.is_none_or(|timeout| leaf::whole_number(timeout.as_bytes(), 9).is_some());
    let certifier = u16::try_from(certifier.len()).ok()?;
    (is_base64 && is_timeout).then_some(MessageTracking {
        text: Cow::Borrowed(value),
        certifier,
    })
}

impl MessageTracking<'_> {
    /// For that SHA-1, which servers keep for so many seconds; `None`: as long
    /// as they choose.
    ///
    /// # Errors
    ///
    /// The time is more than 999,999,999 seconds.
    pub fn new(
        sha1: &[u8; 20],
        timeout: Option<u32>,
    ) -> Result<MessageTracking<'static>, AddressError> {
        let timeout = timeout.map_or(String::new(), |timeout| format!(":{timeout}"));
        format!("{}{timeout}", Base64::encode_string(sha1)).parse()
    }
}

impl<'a> TryFrom<&'a str> for MessageTracking<'a> {
    type Error = AddressError;

    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        tracking(text).ok_or(bad_value())
    }
}

impl FromStr for MessageTracking<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        MessageTracking::try_from(text).map(MessageTracking::into_owned)
    }
}

impl MailParameters<'_> {
    /// MTRK: how the message may be tracked (RFC 3885).
    #[must_use]
    pub fn tracking(&self) -> Option<MessageTracking<'_>> {
        tracking(self.0.value(ParameterKind::Mtrk.as_str())?)
    }

    /// With MTRK: how the message may be tracked (RFC 3885).
    ///
    /// # Errors
    ///
    /// There is no ENVID yet, without which nothing can be tracked (RFC 3885 §3.2).
    pub fn with_tracking(
        self,
        tracking: &MessageTracking<'_>,
    ) -> Result<MailParameters<'static>, AddressError> {
        self.setting(&format!("MTRK={tracking}")).checked()
    }
}
