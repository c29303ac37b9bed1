//! RET, ENVID, NOTIFY, ORCPT (RFC 3461 §4, RFC 6533 §3).

use alloc::borrow::Cow;
use alloc::format;
use core::str::FromStr;

use super::{bad_value, value_from_str};
use crate::codec::error::AddressError;
use crate::codec::{unitext, xtext};
use crate::types::class::{self, ATEXT};
use crate::types::{
    MailParameters, Mailbox, Notify, OriginalRecipient, ParameterKind, RcptParameters, Ret,
};

/// Octets of an ENVID at most (RFC 3461 §4.4, §5.4).
const ENVID_LIMIT: usize = 100;
/// Octets of an ORCPT at most (RFC 3461 §4.2, §5.4).
const ORCPT_LIMIT: usize = 500;

/// `FULL` or `HDRS`, in any case (RFC 3461 §4.3)
pub(super) fn ret(value: &[u8]) -> Option<Ret> {
    [Ret::Full, Ret::Headers]
        .into_iter()
        .find(|ret| value.eq_ignore_ascii_case(ret.as_str().as_bytes()))
}

/// `notify-esmtp-value = "NEVER" / 1#notify-list-element` (RFC 3461 §4.1)
pub(super) fn notify(value: &[u8]) -> Option<Notify> {
    if value.eq_ignore_ascii_case(b"NEVER") {
        return Some(Notify::NEVER);
    }
    value
        .split(|&octet| octet == b',')
        .try_fold(Notify::NEVER, |notify, element| {
            Some(notify | Notify::from_element(element)?)
        })
}

/// xtext of printable ASCII (RFC 3461 §4.4)
pub(super) fn is_envelope_id(value: &[u8]) -> bool {
    let mut room = [0; ENVID_LIMIT];
    value.len() <= ENVID_LIMIT && xtext::decode_text(value, &mut room).is_some_and(str::is_ascii)
}

/// `original-recipient-address = addr-type ";" xtext` (RFC 3461 §4.2), or
/// `utf-8-type-addr = "utf-8;" utf-8-enc-addr` (RFC 6533 §3). Xtext of UTF-8
/// octets, which RFC 3461 does not foresee, is what Postfix sends: it is taken.
pub(super) fn original_recipient(value: &str) -> Option<OriginalRecipient<'_>> {
    let (kind, address) = value.split_once(';')?;
    // addr-type = atom
    let is_atom = kind.is_ascii() && class::all(kind.as_bytes(), ATEXT);
    let is_address = if is_utf8(kind) {
        unitext::is_text(address)
    } else {
        xtext::is_text(address.as_bytes())
    };
    let is_good = is_atom
        && is_address
        && !kind.is_empty()
        && !address.is_empty()
        && value.len() <= ORCPT_LIMIT;
    let kind = u16::try_from(kind.len()).ok()?;
    is_good.then_some(OriginalRecipient {
        text: Cow::Borrowed(value),
        kind,
    })
}

/// Whether that address type is the one of RFC 6533.
fn is_utf8(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("utf-8")
}

value_from_str!(Ret, ret);
value_from_str!(Notify, notify);

impl<'a> TryFrom<&'a str> for OriginalRecipient<'a> {
    type Error = AddressError;

    /// Takes the wire form, type and encoded address.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        // A "=" is in no esmtp-value, but could be in an atom.
        original_recipient(text)
            .filter(|_| !text.contains('='))
            .ok_or(bad_value())
    }
}

impl FromStr for OriginalRecipient<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        OriginalRecipient::try_from(text).map(OriginalRecipient::into_owned)
    }
}

impl OriginalRecipient<'_> {
    /// That address, encoded in ASCII: as unitext if the type is `utf-8`, as
    /// xtext otherwise. The type must be one that is registered; `rfc822` is
    /// that of mail.
    ///
    /// # Errors
    ///
    /// The type is not an atom, the address is empty or holds a control
    /// character, or together they exceed 500 octets.
    pub fn new(
        address_type: &str,
        address: &str,
    ) -> Result<OriginalRecipient<'static>, AddressError> {
        let encoded = if is_utf8(address_type) {
            unitext::encode(address)
        } else {
            xtext::encode(address.as_bytes())
        };
        format!("{address_type};{encoded}").parse()
    }

    /// A mailbox: of type `rfc822`, or `utf-8` if it is not ASCII, then encoded
    /// in ASCII, which any server with DSN can take.
    ///
    /// # Errors
    ///
    /// The result exceeds 500 octets.
    pub fn of_mailbox(mailbox: &Mailbox<'_>) -> Result<OriginalRecipient<'static>, AddressError> {
        let kind = if mailbox.is_ascii() {
            "rfc822"
        } else {
            "utf-8"
        };
        Self::new(kind, mailbox.as_str())
    }

    /// A mailbox of type `utf-8`, in UTF-8: only for a server that offers
    /// SMTPUTF8 (RFC 6533 §3).
    ///
    /// # Errors
    ///
    /// The result exceeds 500 octets.
    pub fn of_mailbox_utf8(
        mailbox: &Mailbox<'_>,
    ) -> Result<OriginalRecipient<'static>, AddressError> {
        format!("utf-8;{}", unitext::encode_utf8(mailbox.as_str())).parse()
    }

    /// The address, decoded. It need not be of the form that its type promises
    /// (RFC 3461 §4.2).
    #[must_use]
    pub fn address(&self) -> Cow<'_, str> {
        let encoded = self.encoded_address();
        if is_utf8(self.address_type()) {
            unitext::decode(encoded).unwrap_or(Cow::Borrowed(encoded))
        } else {
            xtext::text(encoded)
        }
    }
}

impl MailParameters<'_> {
    /// RET: what a report of failure returns (RFC 3461 §4.3).
    #[must_use]
    pub fn ret(&self) -> Option<Ret> {
        ret(self.0.value(ParameterKind::Ret.as_str())?.as_bytes())
    }

    /// With RET: what a report of failure returns (RFC 3461 §4.3).
    #[must_use]
    pub fn with_ret(self, ret: Ret) -> MailParameters<'static> {
        self.setting(&format!("RET={ret}"))
    }

    /// ENVID: what the sender calls the transaction in reports, decoded
    /// (RFC 3461 §4.4).
    #[must_use]
    pub fn envid(&self) -> Option<Cow<'_, str>> {
        self.0.value(ParameterKind::Envid.as_str()).map(xtext::text)
    }

    /// With ENVID: what the sender calls the transaction in reports; not
    /// encoded yet (RFC 3461 §4.4).
    ///
    /// # Errors
    ///
    /// It is empty, not printable ASCII, or longer than 100 octets once encoded.
    pub fn with_envid(self, id: &str) -> Result<MailParameters<'static>, AddressError> {
        let encoded = xtext::encode(id.as_bytes());
        if is_envelope_id(encoded.as_bytes()) && !id.is_empty() {
            Ok(self.setting(&format!("ENVID={encoded}")))
        } else {
            Err(bad_value())
        }
    }
}

impl RcptParameters<'_> {
    /// NOTIFY: what the sender wants to be told (RFC 3461 §4.1).
    #[must_use]
    pub fn notify(&self) -> Option<Notify> {
        notify(self.0.value(ParameterKind::Notify.as_str())?.as_bytes())
    }

    /// With NOTIFY: what the sender wants to be told (RFC 3461 §4.1).
    #[must_use]
    pub fn with_notify(self, notify: Notify) -> RcptParameters<'static> {
        self.setting(&format!("NOTIFY={notify}"))
    }

    /// ORCPT: the address that the sender gave (RFC 3461 §4.2).
    #[must_use]
    pub fn original_recipient(&self) -> Option<OriginalRecipient<'_>> {
        original_recipient(self.0.value(ParameterKind::Orcpt.as_str())?)
    }

    /// With ORCPT: the address that the sender gave (RFC 3461 §4.2).
    #[must_use]
    pub fn with_original_recipient(
        self,
        original: &OriginalRecipient<'_>,
    ) -> RcptParameters<'static> {
        self.setting(&format!("ORCPT={original}"))
    }
}
