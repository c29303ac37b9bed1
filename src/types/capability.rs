//! What a server offers: the lines of an EHLO reply (RFC 5321 §4.1.1.1).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::reply::Reply;

/// One offer: a keyword and its parameters.
///
/// Keywords compare without regard to ASCII case, parameters exactly.
#[derive(Clone)]
pub struct Capability<'a> {
    text: Cow<'a, str>,
    /// Octets of the keyword; a separator follows if there are parameters.
    keyword: u16,
}

impl<'a> Capability<'a> {
    /// Splits a line at the first separator: a blank, or the `=` of old
    /// servers (`AUTH=LOGIN`).
    pub(crate) fn from_text(text: Cow<'a, str>) -> Self {
        let keyword = text.find([' ', '\t', '=']).unwrap_or(text.len());
        let keyword = u16::try_from(keyword).unwrap_or(u16::MAX);
        Self { text, keyword }
    }

    /// The keyword as written.
    #[must_use]
    pub fn keyword(&self) -> &str {
        self.text
            .get(..usize::from(self.keyword))
            .unwrap_or_default()
    }

    /// The parameters, split at blanks.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.text
            .get(usize::from(self.keyword) + 1..)
            .unwrap_or_default()
            .split([' ', '\t'])
            .filter(|parameter| !parameter.is_empty())
    }

    /// The offer as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Capability<'static> {
        Capability {
            text: Cow::Owned(self.text.into_owned()),
            keyword: self.keyword,
        }
    }
}

impl PartialEq for Capability<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.keyword().eq_ignore_ascii_case(other.keyword())
            && self.parameters().eq(other.parameters())
    }
}

impl Eq for Capability<'_> {}

impl fmt::Display for Capability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Capability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

macro_rules! extensions {
    ($($(#[$doc:meta])* $name:ident $keyword:literal)*) => {
        /// An extension that this crate knows by its EHLO keyword.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Extension {
            $($(#[$doc])* $name,)*
        }

        impl Extension {
            const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The EHLO keyword.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }
        }
    };
}

extensions! {
    /// `PIPELINING`: commands may be sent in groups (RFC 2920).
    Pipelining "PIPELINING"
    /// `SIZE`: the size of a message is declared and limited (RFC 1870).
    Size "SIZE"
    /// `8BITMIME`: lines may be 8-bit (RFC 6152).
    EightBitMime "8BITMIME"
    /// `SMTPUTF8`: addresses and header may be UTF-8 (RFC 6531).
    SmtpUtf8 "SMTPUTF8"
    /// `ENHANCEDSTATUSCODES`: replies carry enhanced codes (RFC 2034).
    EnhancedStatusCodes "ENHANCEDSTATUSCODES"
    /// `VRFY`: mailboxes can be verified (RFC 5321 §3.5.2).
    Vrfy "VRFY"
    /// `EXPN`: lists can be expanded (RFC 5321 §3.5.2).
    Expn "EXPN"
    /// `HELP`: HELP is answered (RFC 5321 §4.1.1.8).
    Help "HELP"
}

/// A set of extensions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extensions(u32);

impl Extensions {
    pub(crate) const fn insert(&mut self, extension: Extension) {
        self.0 |= 1 << extension as u32;
    }

    pub(crate) const fn contains(self, extension: Extension) -> bool {
        self.0 & 1 << extension as u32 != 0
    }
}

/// What a server offers: the reply to EHLO or LHLO.
///
/// A view of that reply: every keyword is kept, known or not, in order. A line
/// that makes no sense spoils nothing but itself.
///
/// ```
/// use ehlo::types::{Capabilities, Extension, Reply};
/// let reply = Reply::parse(b"250-mx.example.com\r\n250-SIZE 1000\r\n250-X-OWN a b\r\n250 8bitmime\r\n")?;
/// let capabilities = Capabilities::from(reply);
/// assert_eq!(capabilities.greeting(), "mx.example.com");
/// assert!(capabilities.offers(Extension::EightBitMime));
/// assert_eq!(capabilities.size_limit(), Some(1000));
/// assert_eq!(capabilities.get("x-own").unwrap().parameters().last(), Some("b"));
/// # Ok::<(), ehlo::codec::ReplyError>(())
/// ```
#[derive(Clone)]
pub struct Capabilities<'a> {
    reply: Reply<'a>,
    offered: Extensions,
}

impl<'a> From<Reply<'a>> for Capabilities<'a> {
    fn from(reply: Reply<'a>) -> Self {
        let mut offered = Extensions::default();
        for line in reply.lines().skip(1) {
            let keyword = line
                .split(|octet| matches!(octet, b' ' | b'\t' | b'='))
                .next()
                .unwrap_or_default();
            Extension::ALL
                .iter()
                .filter(|known| keyword.eq_ignore_ascii_case(known.keyword().as_bytes()))
                .for_each(|known| offered.insert(*known));
        }
        Self { reply, offered }
    }
}

impl Capabilities<'_> {
    /// What the server says of itself: the first line, usually its name and a greeting.
    #[must_use]
    pub fn greeting(&self) -> Cow<'_, str> {
        self.reply
            .lines()
            .next()
            .map(String::from_utf8_lossy)
            .unwrap_or_default()
    }

    /// Whether `extension` is offered.
    #[must_use]
    pub const fn offers(&self, extension: Extension) -> bool {
        self.offered.contains(extension)
    }

    /// Every offer, known or not, in the order of the lines.
    pub fn iter(&self) -> impl Iterator<Item = Capability<'_>> {
        self.reply
            .lines()
            .skip(1)
            .map(String::from_utf8_lossy)
            .map(Capability::from_text)
            .filter(|capability| !capability.keyword().is_empty())
    }

    /// The first offer with that keyword, in any ASCII case.
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<Capability<'_>> {
        self.iter()
            .find(|capability| capability.keyword().eq_ignore_ascii_case(keyword))
    }

    /// The largest message the server takes, in octets (RFC 1870 §4); `None`
    /// if it names no limit, or none that can be read.
    #[must_use]
    pub fn size_limit(&self) -> Option<u64> {
        let limit = self.get("SIZE")?.parameters().next()?.parse().ok()?;
        (limit > 0).then_some(limit)
    }

    /// The reply that this is a view of.
    #[must_use]
    pub const fn reply(&self) -> &Reply<'_> {
        &self.reply
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Capabilities<'static> {
        Capabilities {
            reply: self.reply.into_owned(),
            offered: self.offered,
        }
    }
}

/// Equal when they greet alike and make the same offers in the same order.
impl PartialEq for Capabilities<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.greeting() == other.greeting() && self.iter().eq(other.iter())
    }
}

impl Eq for Capabilities<'_> {}

impl fmt::Debug for Capabilities<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
