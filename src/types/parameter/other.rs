//! MT-PRIORITY, RRVS, AUTH, MTRK.

use alloc::borrow::Cow;
use core::fmt;

use crate::types::date::DateTime;
use crate::types::mailbox::Mailbox;

/// The value of MT-PRIORITY, -9 to 9; more is more urgent (RFC 6710 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i8);

impl Priority {
    /// That priority; `None` outside -9 to 9.
    #[must_use]
    pub const fn new(priority: i8) -> Option<Self> {
        match priority {
            -9..=9 => Some(Self(priority)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i8 {
        self.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What becomes of a message with RRVS where the next server does not know
/// RRVS (RFC 7293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoSupportAction {
    /// `R`: it is refused. What is meant when nothing is said.
    #[default]
    Reject,
    /// `C`: it goes on.
    Continue,
}

/// The value of RRVS: since when the recipient has owned the mailbox, as far as
/// the sender knows (RFC 7293 §3.1).
///
/// ```
/// use ehlo::types::{NoSupportAction, ValidSince};
/// let since: ValidSince = "2014-04-03T23:01:00Z;c".parse()?;
/// assert_eq!(since.no_support(), NoSupportAction::Continue);
/// assert_eq!(since.to_string(), "2014-04-03T23:01:00Z;C");
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValidSince {
    date: DateTime,
    no_support: NoSupportAction,
}

impl ValidSince {
    /// That date, and what becomes of the message where RRVS is not known.
    #[must_use]
    pub const fn new(date: DateTime, no_support: NoSupportAction) -> Self {
        Self { date, no_support }
    }

    /// Since when the mailbox must not have changed hands.
    #[must_use]
    pub const fn date(self) -> DateTime {
        self.date
    }

    /// What becomes of the message where RRVS is not known.
    #[must_use]
    pub const fn no_support(self) -> NoSupportAction {
        self.no_support
    }
}

/// The wire form.
impl fmt::Display for ValidSince {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.no_support {
            NoSupportAction::Reject => "",
            NoSupportAction::Continue => ";C",
        };
        write!(f, "{}{action}", self.date)
    }
}

/// The value of AUTH: who submitted the message (RFC 4954 §5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmitterIdentity<'a> {
    /// `<>`: nobody that is known, or nobody that is trusted.
    Unknown,
    /// Whoever that mailbox belongs to.
    Mailbox(Mailbox<'a>),
}

impl SubmitterIdentity<'_> {
    /// A copy that borrows nothing: at most one allocation.
    #[must_use]
    pub fn into_owned(self) -> SubmitterIdentity<'static> {
        match self {
            Self::Unknown => SubmitterIdentity::Unknown,
            Self::Mailbox(mailbox) => SubmitterIdentity::Mailbox(mailbox.into_owned()),
        }
    }
}

impl<'a> From<Mailbox<'a>> for SubmitterIdentity<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

/// What the value of AUTH decodes to: the mailbox, or `<>`.
impl fmt::Display for SubmitterIdentity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("<>"),
            Self::Mailbox(mailbox) => mailbox.fmt(f),
        }
    }
}

/// The value of MTRK: how the message may be tracked (RFC 3885 §3.1).
///
/// `Display` gives the wire form, which is the original spelling.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MessageTracking<'a> {
    /// `certifier [":" timeout]`
    pub(crate) text: Cow<'a, str>,
    /// Octets of the certifier.
    pub(crate) certifier: u16,
}

impl MessageTracking<'_> {
    /// The SHA-1 of the secret that allows to track the message, in base64,
    /// padded or not.
    #[must_use]
    pub fn certifier(&self) -> &str {
        self.text
            .get(..usize::from(self.certifier))
            .unwrap_or_default()
    }

    /// For how many seconds servers are asked to keep what they know; `None`:
    /// they choose.
    #[must_use]
    pub fn timeout(&self) -> Option<u32> {
        self.text
            .get(usize::from(self.certifier) + 1..)?
            .parse()
            .ok()
    }

    /// The value as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> MessageTracking<'static> {
        MessageTracking {
            text: Cow::Owned(self.text.into_owned()),
            certifier: self.certifier,
        }
    }
}

impl fmt::Display for MessageTracking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for MessageTracking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
