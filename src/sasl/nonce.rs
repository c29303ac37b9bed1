//! Nonces: what makes an exchange unlike every other.

use alloc::format;
use alloc::string::String;

use base64ct::{Base64, Encoding};

use super::{CredentialsError, check};

/// Text that no other exchange has: this crate draws no randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Of random octets.
    #[must_use]
    pub fn from_random(octets: [u8; 18]) -> Self {
        Self(Base64::encode_string(&octets))
    }

    /// A text, as RFC 5802 §5.1 has it: printable US-ASCII without a comma.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn new(text: impl Into<String>) -> Result<Self, CredentialsError> {
        let text = text.into();
        check(text.as_bytes(), |octet| {
            octet.is_ascii_graphic() && octet != b','
        })?;
        Ok(Self(text))
    }

    /// Another one, for another try.
    pub(super) fn numbered(&self, number: usize) -> Self {
        Self(format!("{}{number}", self.0))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
