//! RET, NOTIFY, ORCPT (RFC 3461).

use alloc::borrow::Cow;
use core::fmt;
use core::ops::BitOr;

/// The value of RET: what a report of failure returns (RFC 3461 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ret {
    /// `FULL`: the whole message.
    Full,
    /// `HDRS`: its header.
    Headers,
}

impl Ret {
    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of NOTIFY: what the sender wants to be told (RFC 3461 §4.1).
///
/// ```
/// use ehlo::types::Notify;
/// assert_eq!((Notify::SUCCESS | Notify::FAILURE).to_string(), "SUCCESS,FAILURE");
/// assert_eq!("never".parse(), Ok(Notify::NEVER));
/// assert!("NEVER,DELAY".parse::<Notify>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notify(u8);

impl Notify {
    /// `NEVER`: nothing at all.
    pub const NEVER: Self = Self(0);
    /// `SUCCESS`: that the message was delivered.
    pub const SUCCESS: Self = Self(1);
    /// `FAILURE`: that it cannot be delivered.
    pub const FAILURE: Self = Self(2);
    /// `DELAY`: that it takes unusually long.
    pub const DELAY: Self = Self(4);

    const NAMES: [(Self, &'static str); 3] = [
        (Self::SUCCESS, "SUCCESS"),
        (Self::FAILURE, "FAILURE"),
        (Self::DELAY, "DELAY"),
    ];

    /// The element of a list that has that name, in any ASCII case.
    pub(crate) fn from_element(name: &[u8]) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()))
            .map(|(notify, _)| *notify)
    }

    /// Whether the sender wants to be told nothing at all.
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == Self::NEVER.0
    }

    /// Whether the sender wants to be told of success.
    #[must_use]
    pub const fn on_success(self) -> bool {
        self.0 & Self::SUCCESS.0 != 0
    }

    /// Whether the sender wants to be told of failure.
    #[must_use]
    pub const fn on_failure(self) -> bool {
        self.0 & Self::FAILURE.0 != 0
    }

    /// Whether the sender wants to be told of delay.
    #[must_use]
    pub const fn on_delay(self) -> bool {
        self.0 & Self::DELAY.0 != 0
    }
}

/// Both. (`NEVER` adds nothing.)
impl BitOr for Notify {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The wire form.
impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str("NEVER");
        }
        let mut separator = "";
        for (notify, name) in Self::NAMES {
            if self.0 & notify.0 != 0 {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The value of ORCPT: the address that the sender gave, before any relay or
/// alias changed it (RFC 3461 §4.2, RFC 6533 §3).
///
/// `Display` gives the wire form, which is the original spelling.
///
/// ```
/// use ehlo::types::OriginalRecipient;
/// let original: OriginalRecipient = "rfc822;Bob+2Bx@example.org".parse()?;
/// assert_eq!(original.address_type(), "rfc822");
/// assert_eq!(original.address(), "Bob+x@example.org");
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone)]
pub struct OriginalRecipient<'a> {
    /// `addr-type ";" encoded-address`
    pub(crate) text: Cow<'a, str>,
    /// Octets of the type; the semicolon follows.
    pub(crate) kind: u16,
}

impl OriginalRecipient<'_> {
    /// The type of the address: `rfc822`, `utf-8`, `x400` …
    #[must_use]
    pub fn address_type(&self) -> &str {
        self.text.get(..usize::from(self.kind)).unwrap_or_default()
    }

    /// The address as encoded.
    #[must_use]
    pub fn encoded_address(&self) -> &str {
        self.text
            .get(usize::from(self.kind) + 1..)
            .unwrap_or_default()
    }

    /// The value as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> OriginalRecipient<'static> {
        OriginalRecipient {
            text: Cow::Owned(self.text.into_owned()),
            kind: self.kind,
        }
    }
}

/// Equal when the types are, in any ASCII case, and the encoded addresses are.
impl PartialEq for OriginalRecipient<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.address_type()
            .eq_ignore_ascii_case(other.address_type())
            && self.encoded_address() == other.encoded_address()
    }
}

impl Eq for OriginalRecipient<'_> {}

impl fmt::Display for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
