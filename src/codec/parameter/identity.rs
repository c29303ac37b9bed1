//! AUTH (RFC 4954 §5) and SUBMITTER (RFC 4405 §4): a mailbox in xtext.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;

use super::bad_value;
use crate::codec::error::AddressError;
use crate::codec::path::is_long_mailbox;
use crate::codec::xtext::{self, DECODED_LIMIT};
use crate::types::{MailParameters, Mailbox, ParameterKind, SubmitterIdentity};

/// xtext of a mailbox, or of `<>`
pub(super) fn is_identity(value: &[u8]) -> bool {
    value == b"<>"
        || decoded(value, |text| text == "<>" || is_long_mailbox(text)).unwrap_or_default()
}

/// xtext of a mailbox
pub(super) fn is_mailbox(value: &[u8]) -> bool {
    decoded(value, is_long_mailbox).unwrap_or_default()
}

/// What `look` says of what xtext stands for.
fn decoded<T>(value: &[u8], look: impl FnOnce(&str) -> T) -> Option<T> {
    let mut room = [0; DECODED_LIMIT];
    xtext::decode_text(value, &mut room).map(look)
}

/// The mailbox that a checked value stands for.
fn mailbox(value: &str) -> Option<Mailbox<'_>> {
    match xtext::text(value) {
        Cow::Borrowed(text) => Mailbox::long(text),
        Cow::Owned(text) => Mailbox::long(&text).map(Mailbox::into_owned),
    }
}

impl MailParameters<'_> {
    /// AUTH: who submitted the message (RFC 4954 §5).
    #[must_use]
    pub fn auth(&self) -> Option<SubmitterIdentity<'_>> {
        let value = self.0.value(ParameterKind::Auth.as_str())?;
        mailbox(value).map_or(Some(SubmitterIdentity::Unknown), |mailbox| {
            Some(SubmitterIdentity::Mailbox(mailbox))
        })
    }

    /// With AUTH: who submitted the message (RFC 4954 §5).
    ///
    /// # Errors
    ///
    /// Encoded, the mailbox exceeds the 494 octets that RFC 4954 §3 makes room for.
    pub fn with_auth(
        self,
        identity: &SubmitterIdentity<'_>,
    ) -> Result<MailParameters<'static>, AddressError> {
        let encoded = match identity {
            SubmitterIdentity::Unknown => "<>".to_string(),
            SubmitterIdentity::Mailbox(mailbox) => xtext::encode(mailbox.as_str().as_bytes()),
        };
        self.fitting(ParameterKind::Auth, &encoded)
    }

    /// SUBMITTER: who is responsible for the message (RFC 4405, historic).
    #[must_use]
    pub fn submitter(&self) -> Option<Mailbox<'_>> {
        mailbox(self.0.value(ParameterKind::Submitter.as_str())?)
    }

    /// With SUBMITTER: who is responsible for the message (RFC 4405, historic).
    ///
    /// # Errors
    ///
    /// Encoded, the mailbox exceeds 253 octets.
    pub fn with_submitter(
        self,
        mailbox: &Mailbox<'_>,
    ) -> Result<MailParameters<'static>, AddressError> {
        let encoded = xtext::encode(mailbox.as_str().as_bytes());
        self.fitting(ParameterKind::Submitter, &encoded)
    }

    /// With a parameter, if it is no longer than what it adds to the line.
    fn fitting(
        self,
        kind: ParameterKind,
        value: &str,
    ) -> Result<MailParameters<'static>, AddressError> {
        let parameter = format!("{kind}={value}");
        if parameter.len() < kind.line_addition() {
            Ok(self.setting(&parameter))
        } else {
            Err(bad_value())
        }
    }
}
