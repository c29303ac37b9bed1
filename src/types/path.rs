//! Paths: what stands in the brackets of MAIL and RCPT (RFC 5321 §4.1.2).

use core::fmt;

use super::mailbox::{LocalPart, Mailbox};

/// Where a message comes from and where reports about it go: the argument of
/// MAIL (RFC 5321 §4.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReversePath<'a> {
    /// `<>`: a report, to which no report is sent (RFC 5321 §4.5.5).
    Null,
    /// `<user@example.com>`
    Mailbox(Mailbox<'a>),
    /// `<user>`: no RFC allows it; it exists only under
    /// [`Syntax::local_paths`](crate::codec::Syntax::local_paths).
    Local(LocalPart<'a>),
}

impl ReversePath<'_> {
    /// The same, borrowed: for a command that is written and dropped.
    #[must_use]
    pub fn as_borrowed(&self) -> ReversePath<'_> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Mailbox(mailbox) => ReversePath::Mailbox(mailbox.as_borrowed()),
            Self::Local(local) => ReversePath::Local(local.as_borrowed()),
        }
    }

    /// The mailbox, unless this is the null path or has no domain.
    #[must_use]
    pub const fn mailbox(&self) -> Option<&Mailbox<'_>> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox),
            Self::Null | Self::Local(_) => None,
        }
    }

    /// The path without its brackets: empty for `<>`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Mailbox(mailbox) => mailbox.as_str(),
            Self::Local(local) => local.as_str(),
        }
    }

    /// Whether it is plain ASCII; if not, it needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
    }

    /// A copy that borrows nothing: at most one allocation.
    #[must_use]
    pub fn into_owned(self) -> ReversePath<'static> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Mailbox(mailbox) => ReversePath::Mailbox(mailbox.into_owned()),
            Self::Local(local) => ReversePath::Local(local.into_owned()),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ReversePath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

/// The wire form, brackets included.
impl fmt::Display for ReversePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.as_str())
    }
}

/// Whom a message is for: the argument of RCPT (RFC 5321 §4.1.1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ForwardPath<'a> {
    /// `<Postmaster>`, in any case, without a domain: whoever runs this server
    /// (RFC 5321 §4.5.1).
    Postmaster,
    /// `<user@example.com>`
    Mailbox(Mailbox<'a>),
    /// `<user>`: no RFC allows it; it exists only under
    /// [`Syntax::local_paths`](crate::codec::Syntax::local_paths).
    Local(LocalPart<'a>),
}

impl ForwardPath<'_> {
    /// The same, borrowed: for a command that is written and dropped.
    #[must_use]
    pub fn as_borrowed(&self) -> ForwardPath<'_> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Mailbox(mailbox) => ForwardPath::Mailbox(mailbox.as_borrowed()),
            Self::Local(local) => ForwardPath::Local(local.as_borrowed()),
        }
    }

    /// The mailbox, unless there is no domain.
    #[must_use]
    pub const fn mailbox(&self) -> Option<&Mailbox<'_>> {
        match self {
            Self::Mailbox(mailbox) => Some(mailbox),
            Self::Postmaster | Self::Local(_) => None,
        }
    }

    /// The path without its brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Postmaster => "Postmaster",
            Self::Mailbox(mailbox) => mailbox.as_str(),
            Self::Local(local) => local.as_str(),
        }
    }

    /// Whether it is plain ASCII; if not, it needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
    }

    /// A copy that borrows nothing: at most one allocation.
    #[must_use]
    pub fn into_owned(self) -> ForwardPath<'static> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Mailbox(mailbox) => ForwardPath::Mailbox(mailbox.into_owned()),
            Self::Local(local) => ForwardPath::Local(local.into_owned()),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ForwardPath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

/// The wire form, brackets included.
impl fmt::Display for ForwardPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.as_str())
    }
}
