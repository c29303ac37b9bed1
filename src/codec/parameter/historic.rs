//! SOLICIT (RFC 3865), CONPERM and CONNEG (RFC 4141), TRANSID (RFC 1845): in
//! use by few if any. Their values are checked, and read as they stand.

use alloc::format;

use super::bad_value;
use crate::codec::error::AddressError;
use crate::types::class::{self, TRANSID};
use crate::types::{MailParameters, ParameterKind, RcptParameters};

/// Octets of `Solicitation-keywords` at most (RFC 3865 §2.2).
const SOLICIT_LIMIT: usize = 1000;
/// Octets of a `transid-value` at most, brackets included (RFC 1845 §2).
const TRANSID_LIMIT: usize = 80;

/// `Solicitation-keywords = word 0*("," word)`, `word = ALPHA 0*(wordchar)`
/// (RFC 3865 §2.2)
pub(in crate::codec) fn is_solicitation(value: &[u8]) -> bool {
    let is_wordchar =
        |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_' | b':');
    value.len() <= SOLICIT_LIMIT
        && value.split(|&octet| octet == b',').all(|word| {
            word.first().is_some_and(u8::is_ascii_alphabetic) && word.iter().all(is_wordchar)
        })
}

/// `transid-value ::= "<" transid-local "@" transid-domain ">"`, both
/// `transid-atom *("." transid-atom)` (RFC 1845 §2)
pub(super) fn is_transaction_id(value: &[u8]) -> bool {
    let is_token = |token: &[u8]| {
        token
            .split(|&octet| octet == b'.')
            .all(|atom| !atom.is_empty() && class::all(atom, TRANSID))
    };
    let content = value
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"));
    // An atom holds no "@".
    let is_id = content.is_some_and(|content| {
        let mut tokens = content.split(|&octet| octet == b'@');
        tokens.clone().count() == 2 && tokens.all(is_token)
    });
    is_id && value.len() <= TRANSID_LIMIT
}

impl MailParameters<'_> {
    /// SOLICIT: what kind of advertisement the message is, keywords with a
    /// comma between them (RFC 3865).
    #[must_use]
    pub fn solicit(&self) -> Option<&str> {
        self.0.value(ParameterKind::Solicit.as_str())
    }

    /// With SOLICIT: what kind of advertisement the message is, keywords with a
    /// comma between them (RFC 3865).
    ///
    /// # Errors
    ///
    /// They are not of that form, or more than 1000 octets.
    pub fn with_solicit(self, keywords: &str) -> Result<MailParameters<'static>, AddressError> {
        if is_solicitation(keywords.as_bytes()) {
            Ok(self.setting(&format!("SOLICIT={keywords}")))
        } else {
            Err(bad_value())
        }
    }

    /// CONPERM: the content may be converted (RFC 4141 §4).
    #[must_use]
    pub fn conperm(&self) -> bool {
        self.0.contains(ParameterKind::ConPerm.as_str())
    }

    /// With CONPERM: the content may be converted (RFC 4141 §4).
    #[must_use]
    pub fn with_conperm(self) -> MailParameters<'static> {
        self.setting(ParameterKind::ConPerm.as_str())
    }

    /// TRANSID: what the client calls the transaction, brackets included
    /// (RFC 1845).
    #[must_use]
    pub fn transaction_id(&self) -> Option<&str> {
        self.0.value(ParameterKind::TransId.as_str())
    }

    /// With TRANSID: what the client calls the transaction, `<local@domain>`
    /// (RFC 1845).
    ///
    /// # Errors
    ///
    /// It is not of that form, or more than 80 octets.
    pub fn with_transaction_id(self, id: &str) -> Result<MailParameters<'static>, AddressError> {
        if is_transaction_id(id.as_bytes()) {
            Ok(self.setting(&format!("TRANSID={id}")))
        } else {
            Err(bad_value())
        }
    }
}

impl RcptParameters<'_> {
    /// CONNEG: the client asks what the recipient can take (RFC 4141 §5).
    #[must_use]
    pub fn conneg(&self) -> bool {
        self.0.contains(ParameterKind::ConNeg.as_str())
    }

    /// With CONNEG: the client asks what the recipient can take (RFC 4141 §5).
    #[must_use]
    pub fn with_conneg(self) -> RcptParameters<'static> {
        self.setting(ParameterKind::ConNeg.as_str())
    }
}
