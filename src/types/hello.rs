//! The name a client gives itself (RFC 5321 §4.1.1.1).

use alloc::borrow::Cow;
use core::fmt;

use super::host::{Domain, Host, HostKind};

/// The argument of EHLO, HELO and LHLO: who the client says it is.
///
/// A domain name or an address literal. Under
/// [`Syntax::odd_hello_names`](crate::codec::Syntax::odd_hello_names) it may be
/// any word, and then [`host`](Self::host) is `None`. Compared octet by octet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HelloName<'a> {
    text: Cow<'a, str>,
    kind: Option<HostKind>,
}

impl<'a> HelloName<'a> {
    /// The caller has checked the grammar.
    pub(crate) const fn from_checked(text: Cow<'a, str>, kind: Option<HostKind>) -> Self {
        Self { text, kind }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as a host, if it is one.
    #[must_use]
    pub fn host(&self) -> Option<Host<'_>> {
        self.kind.map(|kind| kind.view(&self.text))
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> HelloName<'static> {
        HelloName {
            text: Cow::Owned(self.text.into_owned()),
            kind: self.kind,
        }
    }
}

impl<'a> From<Domain<'a>> for HelloName<'a> {
    fn from(domain: Domain<'a>) -> Self {
        Self::from_checked(domain.0, Some(HostKind::Domain))
    }
}

impl fmt::Display for HelloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for HelloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
