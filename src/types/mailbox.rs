//! Mailboxes: a local part at a host (RFC 5321 §4.1.2).

use alloc::borrow::Cow;
use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::host::{Domain, Host, HostKind};

/// A local part (RFC 5321 §4.1.2 `Local-part`), quoted or not, kept as written.
///
/// Comparison looks at what is meant: `"joe"` and `joe` are equal, `Joe` and
/// `joe` are not (RFC 5321 §2.4, §4.1.2). At most 64 octets when built.
#[derive(Clone)]
pub struct LocalPart<'a>(pub(crate) Cow<'a, str>);

impl LocalPart<'_> {
    /// The same, borrowed: for a command that is written and dropped.
    #[must_use]
    pub fn as_borrowed(&self) -> LocalPart<'_> {
        LocalPart(Cow::Borrowed(&self.0))
    }

    /// The local part as written, with its quotes if it has any.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is written as a `Quoted-string`.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.0.starts_with('"')
    }

    /// What is meant: without the quotes and the backslashes.
    #[must_use]
    pub fn unquoted(&self) -> Cow<'_, str> {
        if self.is_quoted() {
            Cow::Owned(self.meaning().collect::<String>())
        } else {
            Cow::Borrowed(&self.0)
        }
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> LocalPart<'static> {
        LocalPart(Cow::Owned(self.0.into_owned()))
    }

    fn meaning(&self) -> impl Iterator<Item = char> {
        let content = self
            .0
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let quoted = content.is_some();
        let mut characters = content.unwrap_or(&self.0).chars();
        core::iter::from_fn(move || match characters.next()? {
            '\\' if quoted => characters.next(),
            character => Some(character),
        })
    }
}

impl PartialEq for LocalPart<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.meaning().eq(other.meaning())
    }
}

impl Eq for LocalPart<'_> {}

impl PartialOrd for LocalPart<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LocalPart<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.meaning().cmp(other.meaning())
    }
}

impl Hash for LocalPart<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().for_each(|character| character.hash(state));
        state.write_u8(0xff);
    }
}

impl AsRef<str> for LocalPart<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for LocalPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LocalPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A mailbox, `local-part@host` (RFC 5321 §4.1.2), in one piece of text.
///
/// Kept as written; compared by meaning: the host without regard to ASCII
/// case, the local part with, however it is quoted (RFC 5321 §2.4, §4.1.2). A
/// source route that came with it (RFC 5321 appendix C) can be looked at, but
/// is not part of its identity and is never written again.
///
/// `Display` gives the wire form without brackets.
///
/// ```
/// use ehlo::types::Mailbox;
/// let mailbox: Mailbox = "\"Joe\"@EXAMPLE.com".parse()?;
/// assert_eq!(mailbox, "Joe@example.com".parse()?);
/// assert_eq!(mailbox.local_part().as_str(), "\"Joe\"");
/// assert_eq!(mailbox.host().to_string(), "EXAMPLE.com");
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone)]
pub struct Mailbox<'a> {
    /// `[source-route ":"] local-part "@" host`
    text: Cow<'a, str>,
    layout: MailboxLayout,
}

/// Where the parts of a mailbox's text are. Two octets a position: no path is
/// longer than that, whatever the limits in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailboxLayout {
    /// Where the local part begins: behind the source route, if there is one.
    pub(crate) local: u16,
    /// Where the `@` before the host is.
    pub(crate) at: u16,
    pub(crate) host: HostKind,
}

impl<'a> Mailbox<'a> {
    /// The caller has checked the grammar.
    pub(crate) const fn from_checked(text: Cow<'a, str>, layout: MailboxLayout) -> Self {
        Self { text, layout }
    }

    /// The same, borrowed: for a command that is written and dropped.
    #[must_use]
    pub fn as_borrowed(&self) -> Mailbox<'_> {
        Mailbox {
            text: Cow::Borrowed(&self.text),
            layout: self.layout,
        }
    }

    /// The mailbox as written, without brackets and without a source route.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.part(usize::from(self.layout.local)..self.text.len())
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> LocalPart<'_> {
        let range = usize::from(self.layout.local)..usize::from(self.layout.at);
        LocalPart(Cow::Borrowed(self.part(range)))
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        let range = usize::from(self.layout.at) + 1..self.text.len();
        self.layout.host.view(self.part(range))
    }

    /// The hosts of the source route it came with, first hop first; usually none.
    pub fn source_route(&self) -> impl Iterator<Item = Domain<'_>> {
        let route = self.part(0..usize::from(self.layout.local).saturating_sub(1));
        route
            .split(',')
            .filter_map(|hop| hop.strip_prefix('@'))
            .map(|hop| Domain(Cow::Borrowed(hop)))
    }

    /// Whether it is plain ASCII; if not, it needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Mailbox<'static> {
        Mailbox {
            text: Cow::Owned(self.text.into_owned()),
            layout: self.layout,
        }
    }

    fn part(&self, range: core::ops::Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn key(&self) -> (Host<'_>, LocalPart<'_>) {
        (self.host(), self.local_part())
    }
}

impl PartialEq for Mailbox<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Mailbox<'_> {}

impl PartialOrd for Mailbox<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By host first, so that the mailboxes of a domain stand together.
impl Ord for Mailbox<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Mailbox<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
