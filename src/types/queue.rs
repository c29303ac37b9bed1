//! What ETRN and ATRN ask for (RFC 1985, RFC 2645), and what BURL points at.

use alloc::borrow::Cow;
use core::fmt;

use super::host::Domain;
use super::text::text_type;
use crate::Secret;

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
    /// `URLAUTH` is (RFC 4467 §3), or hold a password: `Debug` leaves that out,
    /// `Display` does not.
    AbsoluteUri without Debug
}

impl AbsoluteUri<'_> {
    /// As much as anybody may see: what is before a secret, if it has one.
    pub(crate) fn shown(&self) -> (&str, Option<&'static str>) {
        let secret = [password(&self.0), token(&self.0)]
            .into_iter()
            .flatten()
            .min();
        match secret.and_then(|at| self.0.get(..at)) {
            Some(shown) => (shown, Some(Secret::REDACTED)),
            None => (&self.0, None),
        }
    }
}

/// Where a password begins (RFC 3986 §3.2.1).
fn password(uri: &str) -> Option<usize> {
    let authority = uri.find("//")? + 2;
    let rest = uri.get(authority..)?;
    let rest = rest.split(['/', '?', '#']).next()?;
    let (user, _) = rest.rsplit_once('@')?;
    Some(authority + user.find(':')? + 1)
}

/// Where what a `URLAUTH` gives access with begins (RFC 4467 §3).
fn token(uri: &str) -> Option<usize> {
    const NAME: &[u8] = b";urlauth=";
    let mut windows = uri.as_bytes().windows(NAME.len());
    let at = windows.position(|octets| octets.eq_ignore_ascii_case(NAME))?;
    Some(at + NAME.len())
}

impl fmt::Debug for AbsoluteUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, secret) = self.shown();
        fmt::Debug::fmt(shown, f)?;
        f.write_str(secret.unwrap_or_default())
    }
}
