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

/// What both paths do: they differ in one variant, and in what is written for it.
macro_rules! paths {
    ($($name:ident: $special:ident $text:literal;)*) => {$(
        impl $name<'_> {
            /// The same, borrowed: for a command that is written and dropped.
            #[must_use]
            pub fn as_borrowed(&self) -> $name<'_> {
                match self {
                    Self::$special => $name::$special,
                    Self::Mailbox(mailbox) => $name::Mailbox(mailbox.as_borrowed()),
                    Self::Local(local) => $name::Local(local.as_borrowed()),
                }
            }

            /// The mailbox, if the path names one: a local part and a domain.
            #[must_use]
            pub const fn mailbox(&self) -> Option<&Mailbox<'_>> {
                match self {
                    Self::Mailbox(mailbox) => Some(mailbox),
                    Self::$special | Self::Local(_) => None,
                }
            }

            /// The path without its brackets.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    Self::$special => $text,
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
            pub fn into_owned(self) -> $name<'static> {
                match self {
                    Self::$special => $name::$special,
                    Self::Mailbox(mailbox) => $name::Mailbox(mailbox.into_owned()),
                    Self::Local(local) => $name::Local(local.into_owned()),
                }
            }
        }

        impl<'a> From<Mailbox<'a>> for $name<'a> {
            fn from(mailbox: Mailbox<'a>) -> Self {
                Self::Mailbox(mailbox)
            }
        }

        /// The wire form, brackets included.
        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "<{}>", self.as_str())
            }
        }
    )*};
}

paths! {
    ReversePath: Null "";
    ForwardPath: Postmaster "Postmaster";
}
