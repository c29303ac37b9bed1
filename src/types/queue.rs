//! What ETRN and ATRN ask for (RFC 1985, RFC 2645), and what BURL points at.

use alloc::borrow::Cow;
use core::fmt;

use super::host::Domain;
use super::text::text_type;

text_type! {
    /// The name of a queue, in the form its server gives it (RFC 1985 §5.3):
    /// printable characters, no blank.
    QueueName
}

/// Whose mail ETRN wants sent (RFC 1985 §5, §5.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EtrnTarget<'a> {
    /// `node.example`: that node's.
    Node(Domain<'a>),
    /// `@node.example`: that node's, and that of every node below it.
    Subdomains(Domain<'a>),
    /// `#name`: what is in that queue.
    Queue(QueueName<'a>),
}

impl EtrnTarget<'_> {
    /// The option character, if there is one, and the name.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Node(domain) => ("", domain.as_str()),
            Self::Subdomains(domain) => ("@", domain.as_str()),
            Self::Queue(name) => ("#", name.as_str()),
        }
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> EtrnTarget<'static> {
        match self {
            Self::Node(domain) => EtrnTarget::Node(domain.into_owned()),
            Self::Subdomains(domain) => EtrnTarget::Subdomains(domain.into_owned()),
            Self::Queue(name) => EtrnTarget::Queue(name.into_owned()),
        }
    }
}

/// The wire form.
impl fmt::Display for EtrnTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (option, name) = self.parts();
        write!(f, "{option}{name}")
    }
}

text_type! {
    /// The domains of ATRN (RFC 2645 §5.2.1), a comma between them; at least
    /// one, each with at least one dot.
    DomainList
}

impl DomainList<'_> {
    /// Each domain, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = Domain<'_>> {
        self.0.split(',').map(|name| Domain(Cow::Borrowed(name)))
    }
}

text_type! {
    /// An absolute URI (RFC 3986 §4.3): where BURL has the message fetched from
    /// (RFC 4468 §3). It may itself be a credential, as an IMAP URL with a
    /// `urlauth` is: take care where it is logged.
    AbsoluteUri
}
