//! What AUTH carries: mechanism names and messages in base64 (RFC 4954, RFC 4422).

use alloc::borrow::ToOwned;
use core::fmt;

use crate::secret::{Secret, eq_constant_time};

/// The longest name of a mechanism, in octets (RFC 4422 §3.1).
const NAME_LIMIT: usize = 20;

/// The name of a SASL mechanism (RFC 4422 §3.1): 1 to 20 upper-case letters,
/// digits, hyphens and underscores.
///
/// AUTH takes the name in any case (RFC 4954 §8); it is kept in upper case.
///
/// ```
/// use ehlo::types::Mechanism;
/// assert_eq!("scram-sha-256".parse(), Ok(Mechanism::SCRAM_SHA_256));
/// assert!("SCRAM SHA".parse::<Mechanism>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mechanism {
    /// The name, then zeros.
    octets: [u8; NAME_LIMIT],
    length: u8,
}

impl Mechanism {
    /// The caller has checked the grammar, but for the case and the length.
    #[allow(clippy::cast_possible_truncation)] // at most 20
    pub(crate) const fn from_checked(name: &[u8]) -> Option<Self> {
        if name.is_empty() || name.len() > NAME_LIMIT {
            return None;
        }
        let mut octets = [0; NAME_LIMIT];
        let mut room: &mut [u8] = &mut octets;
        let mut rest = name;
        while let ([octet, behind @ ..], [place, more @ ..]) = (rest, room) {
            *place = octet.to_ascii_uppercase();
            rest = behind;
            room = more;
        }
        Some(Self {
            octets,
            length: name.len() as u8,
        })
    }

    /// A name of this crate's own.
    const fn known(name: &str) -> Self {
        match Self::from_checked(name.as_bytes()) {
            Some(mechanism) => mechanism,
            None => Self {
                octets: [0; NAME_LIMIT],
                length: 0,
            },
        }
    }

    /// The name in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let name = self.octets.get(..usize::from(self.length));
        name.and_then(|name| core::str::from_utf8(name).ok())
            .unwrap_or_default()
    }
}

macro_rules! mechanisms {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// Mechanisms in use.
        impl Mechanism {
            $($(#[$doc])* pub const $name: Self = Self::known($text);)*
        }
    };
}

mechanisms! {
    /// `ANONYMOUS` (RFC 4505).
    ANONYMOUS "ANONYMOUS"
    /// `CRAM-MD5` (RFC 2195).
    CRAM_MD5 "CRAM-MD5"
    /// `DIGEST-MD5` (RFC 2831, historic by RFC 6331).
    DIGEST_MD5 "DIGEST-MD5"
    /// `EXTERNAL` (RFC 4422 appendix A).
    EXTERNAL "EXTERNAL"
    /// `GSSAPI` (RFC 4752).
    GSSAPI "GSSAPI"
    /// `LOGIN`, which no RFC defines.
    LOGIN "LOGIN"
    /// `NTLM`, which no RFC defines.
    NTLM "NTLM"
    /// `OAUTHBEARER` (RFC 7628).
    OAUTHBEARER "OAUTHBEARER"
    /// `PLAIN` (RFC 4616).
    PLAIN "PLAIN"
    /// `SCRAM-SHA-1` (RFC 5802).
    SCRAM_SHA_1 "SCRAM-SHA-1"
    /// `SCRAM-SHA-1-PLUS` (RFC 5802).
    SCRAM_SHA_1_PLUS "SCRAM-SHA-1-PLUS"
    /// `SCRAM-SHA-256` (RFC 7677).
    SCRAM_SHA_256 "SCRAM-SHA-256"
    /// `SCRAM-SHA-256-PLUS` (RFC 7677).
    SCRAM_SHA_256_PLUS "SCRAM-SHA-256-PLUS"
    /// `XOAUTH2`, which no RFC defines.
    XOAUTH2 "XOAUTH2"
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a mechanism says, in base64: the initial response of AUTH, a challenge
/// or a response (RFC 4954 §4). May be empty.
///
/// Borrowed from the line it was parsed from, or in an allocation of its own
/// that is wiped when it is dropped. Never shown by `Debug` or `Display`;
/// compared in constant time.
///
/// ```
/// use ehlo::types::SaslMessage;
/// let message = SaslMessage::encode(b"\0user\0password");
/// assert_eq!(message.expose_base64(), "AHVzZXIAcGFzc3dvcmQ=");
/// assert_eq!(message.decode().expose(), b"\0user\0password");
/// assert_eq!(format!("{message} {message:?}"), "[secret] [secret]");
/// ```
#[derive(Clone)]
pub struct SaslMessage<'a>(Base64<'a>);

#[derive(Clone)]
enum Base64<'a> {
    Borrowed(&'a str),
    Owned(Secret),
}

impl<'a> SaslMessage<'a> {
    /// The caller has checked the grammar.
    pub(crate) const fn borrowed(base64: &'a str) -> Self {
        Self(Base64::Borrowed(base64))
    }

    /// The base64, without the `=` that stands for an empty initial response.
    #[must_use]
    pub fn expose_base64(&self) -> &str {
        match &self.0 {
            Base64::Borrowed(text) => text,
            Base64::Owned(secret) => secret.expose_str().unwrap_or_default(),
        }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose_base64().is_empty()
    }

    /// A copy that borrows nothing, and is wiped when it is dropped: one allocation.
    #[must_use]
    pub fn into_owned(self) -> SaslMessage<'static> {
        match self.0 {
            Base64::Borrowed(text) => SaslMessage::owned(Secret::from(text.to_owned())),
            Base64::Owned(secret) => SaslMessage::owned(secret),
        }
    }
}

impl SaslMessage<'static> {
    /// The caller has checked the grammar.
    pub(crate) const fn owned(base64: Secret) -> Self {
        Self(Base64::Owned(base64))
    }
}

impl PartialEq for SaslMessage<'_> {
    fn eq(&self, other: &Self) -> bool {
        let [left, right] = [self, other].map(|message| message.expose_base64().as_bytes());
        eq_constant_time(left, right)
    }
}

impl Eq for SaslMessage<'_> {}

impl fmt::Display for SaslMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Secret::REDACTED)
    }
}

impl fmt::Debug for SaslMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Secret::REDACTED)
    }
}

/// A line that a client sends inside an AUTH exchange (RFC 4954 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaslLine<'a> {
    /// The client's response; an empty line if it says nothing.
    Response(SaslMessage<'a>),
    /// `*`: the client gives up.
    Cancel,
}

impl SaslLine<'_> {
    /// A copy that borrows nothing: at most one allocation.
    #[must_use]
    pub fn into_owned(self) -> SaslLine<'static> {
        match self {
            Self::Response(message) => SaslLine::Response(message.into_owned()),
            Self::Cancel => SaslLine::Cancel,
        }
    }
}
