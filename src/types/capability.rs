//! What a server offers: the lines of an EHLO reply (RFC 5321 §4.1.1.1).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::class::{self, KEYWORD};
use super::reply::Reply;
use super::word::{self, word};

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

    /// One without parameters.
    pub(crate) fn from_keyword(keyword: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(keyword),
            keyword: u16::try_from(keyword.len()).unwrap_or(u16::MAX),
        }
    }

    /// The keyword as written.
    #[must_use]
    pub fn keyword(&self) -> &str {
        self.text
            .get(..usize::from(self.keyword))
            .unwrap_or_default()
    }

    /// The extension, if this crate knows it.
    #[must_use]
    pub fn extension(&self) -> Option<Extension> {
        Extension::from_keyword(self.keyword())
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

impl Hash for Capability<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let keyword = self.keyword().bytes();
        keyword.for_each(|octet| state.write_u8(octet.to_ascii_uppercase()));
        self.parameters()
            .for_each(|parameter| parameter.hash(state));
    }
}

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
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Extension {
            $($(#[$doc])* $name,)*
        }

        impl Extension {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The EHLO keyword.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            /// The one whose keyword has that [`word`].
            #[allow(non_upper_case_globals)]
            const fn from_word(found: u64) -> Option<Self> {
                $(const $name: u64 = word($keyword.as_bytes());)*
                match found {
                    $($name => Some(Self::$name),)*
                    _ => None,
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
    /// `BINARYMIME`: messages may be any octets; needs CHUNKING (RFC 3030 §3).
    BinaryMime "BINARYMIME"
    /// `CHUNKING`: messages may be sent in counted chunks, with BDAT (RFC 3030 §2).
    Chunking "CHUNKING"
    /// `SMTPUTF8`: addresses and header may be UTF-8; needs 8BITMIME (RFC 6531).
    SmtpUtf8 "SMTPUTF8"
    /// `ENHANCEDSTATUSCODES`: replies carry enhanced codes (RFC 2034).
    EnhancedStatusCodes "ENHANCEDSTATUSCODES"
    /// `STARTTLS`: the connection can be encrypted (RFC 3207).
    StartTls "STARTTLS"
    /// `AUTH`: the client can say who it is (RFC 4954).
    Auth "AUTH"
    /// `DSN`: reports can be asked for (RFC 3461).
    Dsn "DSN"
    /// `DELIVERBY`: a message can be given a deadline (RFC 2852).
    DeliverBy "DELIVERBY"
    /// `FUTURERELEASE`: a message can be held back (RFC 4865).
    FutureRelease "FUTURERELEASE"
    /// `MT-PRIORITY`: a message can be given a priority (RFC 6710).
    MtPriority "MT-PRIORITY"
    /// `REQUIRETLS`: TLS can be demanded for the whole way (RFC 8689).
    RequireTls "REQUIRETLS"
    /// `RRVS`: a mailbox that changed hands can be spared (RFC 7293).
    Rrvs "RRVS"
    /// `NO-SOLICITING`: some kinds of advertisement are not wanted (RFC 3865).
    NoSoliciting "NO-SOLICITING"
    /// `MTRK`: messages can be tracked; needs DSN (RFC 3885).
    Mtrk "MTRK"
    /// `SUBMITTER`: the responsible submitter is named (RFC 4405, historic).
    Submitter "SUBMITTER"
    /// `CONPERM`: content may be converted (RFC 4141 §4).
    ConPerm "CONPERM"
    /// `CONNEG`: what a recipient can take is told (RFC 4141 §5).
    ConNeg "CONNEG"
    /// `CHECKPOINT`: a broken transaction can be taken up again (RFC 1845, historic).
    Checkpoint "CHECKPOINT"
    /// `BURL`: messages are fetched from where they are; needs 8BITMIME (RFC 4468).
    Burl "BURL"
    /// `LIMITS`: what a session may contain at most (RFC 9422).
    Limits "LIMITS"
    /// `VRFY`: mailboxes can be verified (RFC 5321 §3.5.2).
    Vrfy "VRFY"
    /// `EXPN`: lists can be expanded (RFC 5321 §3.5.2).
    Expn "EXPN"
    /// `HELP`: HELP is answered (RFC 5321 §4.1.1.8).
    Help "HELP"
    /// `ETRN`: waiting mail can be called for (RFC 1985).
    Etrn "ETRN"
    /// `ATRN`: the connection can be turned round, once authenticated (RFC 2645).
    Atrn "ATRN"
    /// `TURN`: the connection can be turned round (RFC 821 §3.8).
    Turn "TURN"
    /// `SEND`: messages can be sent to a terminal (RFC 821 §3.4).
    Send "SEND"
    /// `SOML`: messages can be sent to a terminal or else to a mailbox (RFC 821 §3.4).
    Soml "SOML"
    /// `SAML`: messages can be sent to a terminal and to a mailbox (RFC 821 §3.4).
    Saml "SAML"
    /// `VERB`: the server can be made to talk more (RFC 1869 §4.4).
    Verb "VERB"
    /// `ONEX`: one message a session (RFC 1869 §4.4).
    Onex "ONEX"
    /// `XCLIENT`: the client can pass for another (Postfix).
    Xclient "XCLIENT"
    /// `XFORWARD`: the client can say whom it stands for (Postfix).
    Xforward "XFORWARD"
}

impl Extension {
    /// The extension with that keyword, in any ASCII case.
    #[must_use]
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        let is_keyword = class::all(keyword.as_bytes(), KEYWORD);
        Self::at(keyword.as_bytes(), keyword.len()).filter(|_| is_keyword)
    }

    /// The extension whose keyword the first `length` octets are; they are
    /// those of a keyword.
    #[inline]
    pub(crate) fn at(octets: &[u8], length: usize) -> Option<Self> {
        let extension = Self::from_word(word::at(octets, length))?;
        word::is(octets.get(..length)?, extension.keyword()).then_some(extension)
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

/// A set of extensions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extensions(u64);

impl Extensions {
    pub(crate) const fn insert(&mut self, extension: Extension) {
        self.0 |= 1 << extension as u64;
    }

    pub(crate) const fn contains(self, extension: Extension) -> bool {
        self.0 & 1 << extension as u64 != 0
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(extensions: I) -> Self {
        let mut set = Self::default();
        extensions
            .into_iter()
            .for_each(|extension| set.insert(extension));
        set
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

impl<'a> Capabilities<'a> {
    /// The caller has looked for the extensions.
    pub(crate) const fn from_checked(reply: Reply<'a>, offered: Extensions) -> Self {
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
