//! EHLO replies: what a server offers, read and built (RFC 5321 §4.1.1.1, and
//! the RFC of each extension).

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use core::str::FromStr;

use memchr::memchr;

use super::date::{self, Fractions};
use super::error::{AddressError, Part};
use super::leaf;
use super::parameter::{interval, is_solicitation};
use super::swar::first_below;
use super::text::{InvalidReply, LINE_LIMIT};
use crate::types::class::{self, KEYWORD, TEXT};
use crate::types::{
    Attribute, Capabilities, Capability, DateTime, Extension, Extensions, Limits, Mechanism, Reply,
    ReplyCode,
};

/// What follows a keyword: a blank, or the `=` of old servers (`AUTH=LOGIN`).
const fn is_separator(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'=')
}

/// The extension that a line of the reply offers, if this crate knows it, and
/// what stands behind its keyword.
#[inline]
fn offer(line: &[u8]) -> Option<(Extension, &[u8])> {
    let keyword = class::span(line, KEYWORD);
    if !line.get(keyword).is_none_or(|&octet| is_separator(octet)) {
        return None;
    }
    let extension = Extension::at(line, keyword)?;
    Some((extension, line.get(keyword + 1..).unwrap_or_default()))
}

impl<'a> From<Reply<'a>> for Capabilities<'a> {
    fn from(reply: Reply<'a>) -> Self {
        let offered = if reply.enhanced().is_none() {
            offered(reply.as_bytes()).unwrap_or_default()
        } else {
            // No server should say one here; those that do mean nothing by it.
            let offers = reply.lines().skip(1).filter_map(offer);
            offers.map(|(extension, _)| extension).collect()
        };
        Self::from_checked(reply, offered)
    }
}

/// The extensions that the lines of a reply offer, behind the first one. What
/// [`Capabilities::iter`] does, for the one question that every session asks:
/// where a line ends is looked for only if its keyword does not end it.
fn offered(wire: &[u8]) -> Option<Extensions> {
    let mut offered = Extensions::default();
    let mut rest = behind_line(wire)?;
    while !rest.is_empty() {
        // A code and its separator; a code alone has none.
        let line = rest.get("250-".len()..)?;
        let word = first_below::<0x21>(line)?;
        let behind = line.get(word..)?;
        let whole = match behind {
            [b' ' | b'\t' | b'\r', ..] => Extension::at(line, word),
            _ => None,
        };
        if let Some(extension) = whole.or_else(|| with_equals_sign(line, word)) {
            offered.insert(extension);
        }
        rest = match behind {
            [b'\r', b'\n', behind @ ..] => behind,
            _ => behind_line(behind)?,
        };
    }
    Some(offered)
}

/// What stands behind the next line end.
fn behind_line(octets: &[u8]) -> Option<&[u8]> {
    octets.get(memchr(b'\n', octets)? + 1..)
}

/// The extension before the first `=`, as in `AUTH=LOGIN`.
#[cold]
fn with_equals_sign(line: &[u8], word: usize) -> Option<Extension> {
    let keyword = line.get(..word)?.iter().position(|&octet| octet == b'=')?;
    Extension::at(line, keyword)
}

/// Typed views. A parameter that makes no sense is as good as absent; it spoils
/// nothing else.
impl Capabilities<'_> {
    /// The parameters of an extension, of each line that offers it, as written;
    /// those that are not UTF-8 left out.
    pub fn parameters(&self, extension: Extension) -> impl Iterator<Item = &str> {
        let lines = self.offers(extension).then(|| self.reply().lines().skip(1));
        let keyword = extension.keyword().as_bytes();
        lines
            .into_iter()
            .flatten()
            .filter_map(move |line| {
                let (found, behind) = line.split_at_checked(keyword.len())?;
                let (separator, parameters) = behind.split_first()?;
                let is_it = is_separator(*separator) && found.eq_ignore_ascii_case(keyword);
                is_it.then_some(parameters)
            })
            .flat_map(|parameters| parameters.split(|&octet| matches!(octet, b' ' | b'\t')))
            .filter_map(|parameter| core::str::from_utf8(parameter).ok())
            .filter(|parameter| !parameter.is_empty())
    }

    /// The largest message the server takes, in octets (RFC 1870 §4); `None`
    /// if it names no limit, or none that can be read.
    #[must_use]
    pub fn size_limit(&self) -> Option<u64> {
        let digits = self.parameters(Extension::Size).next()?;
        let limit = if class::all(digits.as_bytes(), class::DIGIT) {
            digits.parse().ok()?
        } else {
            0
        };
        (limit > 0).then_some(limit)
    }

    /// The mechanisms of AUTH, of all the lines that name some (`AUTH=` of old
    /// servers among them), each once (RFC 4954 §3). Remembers them: the one
    /// view that allocates.
    pub fn mechanisms(&self) -> impl Iterator<Item = Mechanism> {
        // A hostile reply may name thousands: none is compared with all others.
        let mut seen = BTreeSet::new();
        self.named_mechanisms()
            .filter(move |mechanism| seen.insert(*mechanism))
    }

    /// The mechanisms of AUTH, as often as they are named.
    fn named_mechanisms(&self) -> impl Iterator<Item = Mechanism> {
        self.parameters(Extension::Auth)
            .filter_map(|name| name.parse().ok())
    }

    /// Whether that mechanism is offered.
    #[must_use]
    pub fn offers_mechanism(&self, mechanism: Mechanism) -> bool {
        self.named_mechanisms().any(|offered| offered == mechanism)
    }

    /// The least number of seconds that BY may give in mode `R` (RFC 2852 §2);
    /// `None` if the server does not say.
    #[must_use]
    pub fn deliver_by_minimum(&self) -> Option<u32> {
        let options = self.parameters(Extension::DeliverBy).next()?;
        leaf::whole_number(options.split(',').next()?.as_bytes(), 9)
    }

    /// For how many seconds, and until when, the server holds messages back at
    /// most (RFC 4865 §3).
    #[must_use]
    pub fn future_release(&self) -> Option<(u32, DateTime)> {
        let mut parameters = self.parameters(Extension::FutureRelease);
        let seconds = interval(parameters.next()?.as_bytes())?;
        let date = date::whole(parameters.next()?.as_bytes(), Fractions::Allowed)?;
        Some((seconds, date))
    }

    /// The policy by which the server assigns priorities (RFC 6710 §3); `None`
    /// if it does not say.
    #[must_use]
    pub fn priority_profile(&self) -> Option<&str> {
        self.parameters(Extension::MtPriority)
            .next()
            .filter(|name| is_profile(name))
    }

    /// The kinds of advertisement that are not wanted (RFC 3865 §2.2).
    pub fn no_soliciting(&self) -> impl Iterator<Item = &str> {
        self.parameters(Extension::NoSoliciting)
            .filter(|keywords| is_solicitation(keywords.as_bytes()))
            .flat_map(|keywords| keywords.split(','))
    }

    /// What a session may contain at most (RFC 9422). Limits that are not
    /// known or make no sense are left out.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::new();
        for limit in self.parameters(Extension::Limits) {
            limits = with_limit(limits, limit).unwrap_or(limits);
        }
        limits
    }

    /// The attributes that XCLIENT takes.
    pub fn xclient_attributes(&self) -> impl Iterator<Item = Attribute> {
        self.parameters(Extension::Xclient)
            .filter_map(|name| Attribute::find(Attribute::XCLIENT, name))
    }

    /// The attributes that XFORWARD takes.
    pub fn xforward_attributes(&self) -> impl Iterator<Item = Attribute> {
        self.parameters(Extension::Xforward)
            .filter_map(|name| Attribute::find(Attribute::XFORWARD, name))
    }
}

/// `name "=" value`, added to other limits; `None` for what is not known.
fn with_limit(limits: Limits, limit: &str) -> Option<Limits> {
    let (name, value) = limit.split_once('=')?;
    let value = leaf::whole_number(value.as_bytes(), 6)?;
    if name.eq_ignore_ascii_case("MAILMAX") {
        limits.with_mails(value)
    } else if name.eq_ignore_ascii_case("RCPTMAX") {
        limits.with_recipients(value)
    } else if name.eq_ignore_ascii_case("RCPTDOMAINMAX") {
        limits.with_recipient_domains(value)
    } else {
        None
    }
}

/// `priority-profile = 1*20(ALPHA / DIGIT / "-" / "_" / ".")` (RFC 6710 §7)
fn is_profile(name: &str) -> bool {
    let is_allowed =
        |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    matches!(name.len(), 1..=20) && name.bytes().all(is_allowed)
}

impl Capabilities<'static> {
    /// The reply that offers `offers`, greeting with `greeting`: the server's
    /// name and, if it likes, some words.
    ///
    /// # Errors
    ///
    /// `greeting` holds a control character or a line end.
    pub fn new<'a>(
        greeting: &str,
        offers: impl IntoIterator<Item = Capability<'a>>,
    ) -> Result<Self, InvalidReply> {
        if let Some(offset) = greeting.find(['\r', '\n']) {
            return Err(InvalidReply::ControlCharacter { offset });
        }
        let mut text = String::from(greeting);
        for offer in offers {
            text.push('\n');
            text.push_str(offer.as_str());
        }
        Ok(Self::from(Reply::new(ReplyCode::OK, None, &text)?))
    }
}

impl From<Extension> for Capability<'static> {
    /// The offer of an extension, without parameters.
    fn from(extension: Extension) -> Self {
        Self::from_keyword(extension.keyword())
    }
}

impl Capability<'static> {
    /// `SIZE`, with the largest message the server takes, in octets; `None`:
    /// there is no fixed limit (RFC 1870 §4).
    #[must_use]
    pub fn size(limit: Option<u64>) -> Self {
        match limit {
            Some(octets) => Self::from_text(Cow::Owned(format!("SIZE {octets}"))),
            None => Self::from(Extension::Size),
        }
    }

    /// `AUTH`, with the mechanisms (RFC 4954 §3).
    ///
    /// # Errors
    ///
    /// There is none, or more than fit on a line of the reply.
    pub fn auth(mechanisms: impl IntoIterator<Item = Mechanism>) -> Result<Self, AddressError> {
        Self::listing(Extension::Auth, mechanisms)
    }

    /// `DELIVERBY`, with the least number of seconds in mode `R`, if the server
    /// says (RFC 2852 §2).
    ///
    /// # Errors
    ///
    /// `minimum` is more than 999,999,999.
    pub fn deliver_by(minimum: Option<u32>) -> Result<Self, AddressError> {
        match minimum {
            None => Ok(Self::from(Extension::DeliverBy)),
            Some(seconds @ ..=999_999_999) => Self::listing(Extension::DeliverBy, [seconds]),
            Some(_) => Err(bad_parameter()),
        }
    }

    /// `FUTURERELEASE`: for how many seconds, and until when, the server holds
    /// messages back at most (RFC 4865 §3).
    ///
    /// # Errors
    ///
    /// `seconds` is 0 or more than 999,999,999, or in UTC the year would be
    /// outside 0 to 9999.
    pub fn future_release(seconds: u32, date: DateTime) -> Result<Self, AddressError> {
        let date = date.to_utc().ok_or(bad_parameter())?;
        match seconds {
            1..=999_999_999 => Self::listing(
                Extension::FutureRelease,
                [seconds.to_string(), date.to_string()],
            ),
            _ => Err(bad_parameter()),
        }
    }

    /// `MT-PRIORITY`, with the policy by which the server assigns priorities
    /// (RFC 6710 §3). Without one, use [`Extension::MtPriority`].
    ///
    /// # Errors
    ///
    /// `profile` is not 1 to 20 letters, digits, hyphens, underscores and dots.
    pub fn mt_priority(profile: &str) -> Result<Self, AddressError> {
        if is_profile(profile) {
            Self::listing(Extension::MtPriority, [profile])
        } else {
            Err(bad_parameter())
        }
    }

    /// `NO-SOLICITING`, with the kinds of advertisement that are not wanted, a
    /// comma between them (RFC 3865 §2.2).
    ///
    /// # Errors
    ///
    /// The keywords are not of their form, or too long for a line of the reply.
    pub fn no_soliciting(keywords: &str) -> Result<Self, AddressError> {
        if is_solicitation(keywords.as_bytes()) {
            Self::listing(Extension::NoSoliciting, [keywords])
        } else {
            Err(bad_parameter())
        }
    }

    /// `LIMITS` (RFC 9422).
    ///
    /// # Errors
    ///
    /// There are none.
    pub fn limits(limits: Limits) -> Result<Self, AddressError> {
        let named = [
            ("MAILMAX", limits.mails()),
            ("RCPTMAX", limits.recipients()),
            ("RCPTDOMAINMAX", limits.recipient_domains()),
        ];
        let given = named
            .iter()
            .filter_map(|(name, limit)| limit.map(|limit| format!("{name}={limit}")));
        Self::listing(Extension::Limits, given)
    }

    /// `BURL`, with what it fetches: `imap`, `imap://host` (RFC 4468 §3.3).
    /// Without, use [`Extension::Burl`].
    ///
    /// # Errors
    ///
    /// There is none, or one is of another form.
    pub fn burl<'a>(sources: impl IntoIterator<Item = &'a str>) -> Result<Self, AddressError> {
        let offer = Self::listing(Extension::Burl, sources)?;
        // burl-param = "imap" / ("imap://" authority)
        let is_source = |source: &str| {
            let authority = source.strip_prefix("imap://");
            source.eq_ignore_ascii_case("imap")
                || authority.is_some_and(|host| !host.is_empty() && !host.contains('/'))
        };
        let are_sources = offer.parameters().all(is_source);
        if are_sources {
            Ok(offer)
        } else {
            Err(bad_parameter())
        }
    }

    /// `XCLIENT`, with the attributes that it takes; others are left out.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn xclient(attributes: impl IntoIterator<Item = Attribute>) -> Result<Self, AddressError> {
        let known = attributes
            .into_iter()
            .filter(|attribute| Attribute::XCLIENT.contains(attribute));
        Self::listing(Extension::Xclient, known)
    }

    /// `XFORWARD`, with the attributes that it takes; others are left out.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn xforward(attributes: impl IntoIterator<Item = Attribute>) -> Result<Self, AddressError> {
        let known = attributes
            .into_iter()
            .filter(|attribute| Attribute::XFORWARD.contains(attribute));
        Self::listing(Extension::Xforward, known)
    }

    /// A keyword and its parameters; at least one.
    fn listing(
        extension: Extension,
        parameters: impl IntoIterator<Item = impl ToString>,
    ) -> Result<Self, AddressError> {
        let mut text = String::from(extension.keyword());
        for parameter in parameters {
            text.push(' ');
            text.push_str(&parameter.to_string());
        }
        if text.len() > extension.keyword().len() {
            text.parse()
        } else {
            Err(bad_parameter())
        }
    }
}

/// The error of an offer whose parameter is wrong or missing.
const fn bad_parameter() -> AddressError {
    AddressError::new(Part::ParameterValue, 0)
}

impl<'a> TryFrom<&'a str> for Capability<'a> {
    type Error = AddressError;

    /// Takes `ehlo-line = ehlo-keyword *( SP ehlo-param )` (RFC 5321
    /// §4.1.1.1), short enough for one line of the reply.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        let error = |part, offset| Err(AddressError::new(part, offset));
        let keyword = class::span(text.as_bytes(), KEYWORD);
        let rest = text.get(keyword..).unwrap_or_default();
        if keyword == 0 || text.starts_with('-') || !(rest.is_empty() || rest.starts_with(' ')) {
            return error(Part::ParameterName, keyword);
        }
        // ehlo-param = 1*(%d33-126)
        let is_printable = |octet: &u8| octet.is_ascii() && class::is(*octet, TEXT);
        let printable = rest.bytes().take_while(is_printable).count();
        let is_spaced = rest.split(' ').skip(1).all(|word| !word.is_empty());
        if printable < rest.len() || !is_spaced {
            return error(Part::ParameterValue, keyword + printable);
        }
        if text.len() > LINE_LIMIT - "250 \r\n".len() {
            return error(Part::ParameterValue, LINE_LIMIT);
        }
        Ok(Self::from_text(Cow::Borrowed(text)))
    }
}

impl FromStr for Capability<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Capability::try_from(text).map(Capability::into_owned)
    }
}
