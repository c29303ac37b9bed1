//! Hosts: domain names and address literals (RFC 5321 §4.1.2, §4.1.3).

use alloc::borrow::Cow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A domain name (RFC 5321 §4.1.2 `Domain`), at most 255 octets when built.
///
/// Labels of ASCII letters, digits and inner hyphens, or, under SMTPUTF8, of
/// UTF-8 characters (RFC 6531 §3.3). Kept as written; compared without regard
/// to ASCII case (RFC 5321 §2.4). No trailing dot, no underscore.
#[derive(Clone)]
pub struct Domain<'a>(pub(crate) Cow<'a, str>);

impl Domain<'_> {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Domain<'static> {
        Domain(Cow::Owned(self.0.into_owned()))
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|octet| octet.to_ascii_lowercase())
    }
}

impl PartialEq for Domain<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Domain<'_> {}

impl PartialOrd for Domain<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Domain<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for Domain<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|octet| state.write_u8(octet));
        state.write_u8(0xff);
    }
}

impl AsRef<str> for Domain<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A general address literal: `tag:content` (RFC 5321 §4.1.3), without brackets.
///
/// For address families that may be standardised one day; the tag is compared
/// without regard to ASCII case, the content exactly.
#[derive(Clone)]
pub struct GeneralLiteral<'a> {
    text: Cow<'a, str>,
    /// Octets of the tag; the colon follows.
    tag: u16,
}

impl<'a> GeneralLiteral<'a> {
    /// The caller has checked the grammar; `tag` is where the colon is.
    pub(crate) const fn from_checked(text: Cow<'a, str>, tag: u16) -> Self {
        Self { text, tag }
    }

    /// What stands before the colon: the `Standardized-tag`.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.text.get(..usize::from(self.tag)).unwrap_or_default()
    }

    /// What stands behind the colon.
    #[must_use]
    pub fn content(&self) -> &str {
        self.text
            .get(usize::from(self.tag) + 1..)
            .unwrap_or_default()
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> GeneralLiteral<'static> {
        GeneralLiteral {
            text: Cow::Owned(self.text.into_owned()),
            tag: self.tag,
        }
    }

    fn key(&self) -> (Domain<'_>, &str) {
        (Domain(Cow::Borrowed(self.tag())), self.content())
    }
}

impl PartialEq for GeneralLiteral<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for GeneralLiteral<'_> {}

impl PartialOrd for GeneralLiteral<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GeneralLiteral<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for GeneralLiteral<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for GeneralLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for GeneralLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A host: a domain name or an address literal.
///
/// `Display` gives the wire form, literals in their brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host<'a> {
    /// `example.com`
    Domain(Domain<'a>),
    /// `[192.0.2.1]`
    Ipv4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`
    Ipv6(Ipv6Addr),
    /// `[tag:content]`
    General(GeneralLiteral<'a>),
}

impl Host<'_> {
    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Host<'static> {
        match self {
            Self::Domain(domain) => Host::Domain(domain.into_owned()),
            Self::Ipv4(address) => Host::Ipv4(address),
            Self::Ipv6(address) => Host::Ipv6(address),
            Self::General(literal) => Host::General(literal.into_owned()),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => domain.fmt(f),
            Self::Ipv4(address) => write!(f, "[{address}]"),
            Self::Ipv6(address) => write!(f, "[IPv6:{address}]"),
            Self::General(literal) => write!(f, "[{literal}]"),
        }
    }
}

impl From<Ipv4Addr> for Host<'_> {
    fn from(address: Ipv4Addr) -> Self {
        Self::Ipv4(address)
    }
}

impl From<Ipv6Addr> for Host<'_> {
    fn from(address: Ipv6Addr) -> Self {
        Self::Ipv6(address)
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(address),
            IpAddr::V6(address) => Self::Ipv6(address),
        }
    }
}

impl<'a> From<Domain<'a>> for Host<'a> {
    fn from(domain: Domain<'a>) -> Self {
        Self::Domain(domain)
    }
}

/// Which alternative of [`Host`] a checked text is. Kept beside the text, so
/// that an address is one allocation however often its host is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HostKind {
    Domain,
    Ipv4,
    Ipv6,
    General,
}

impl HostKind {
    /// Views a text that the grammar found to be of this kind.
    pub(crate) fn view(self, text: &str) -> Host<'_> {
        let literal = || {
            text.strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .unwrap_or_default()
        };
        match self {
            Self::Domain => Host::Domain(Domain(Cow::Borrowed(text))),
            Self::Ipv4 => Host::Ipv4(ipv4(literal())),
            Self::Ipv6 => Host::Ipv6(ipv6(literal())),
            Self::General => {
                let literal = literal();
                let tag = literal.find(':').unwrap_or(0);
                let tag = u16::try_from(tag).unwrap_or(u16::MAX);
                Host::General(GeneralLiteral::from_checked(Cow::Borrowed(literal), tag))
            }
        }
    }
}

/// The address of a checked `IPv4-address-literal`. Not `core`'s parser: an
/// `Snum` may have leading zeros.
fn ipv4(literal: &str) -> Ipv4Addr {
    let mut octets = [0; 4];
    for (octet, digits) in octets.iter_mut().zip(literal.split('.')) {
        *octet = digits.parse().unwrap_or(0);
    }
    Ipv4Addr::from(octets)
}

/// The address of a checked `IPv6-address-literal`, behind its tag.
fn ipv6(literal: &str) -> Ipv6Addr {
    literal
        .get("IPv6:".len()..)
        .and_then(|address| address.parse().ok())
        .unwrap_or(Ipv6Addr::UNSPECIFIED)
}
