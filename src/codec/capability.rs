//! EHLO replies: what a server offers, built (RFC 5321 §4.1.1.1).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::reply::{InvalidReply, LINE_LIMIT};
use crate::types::class::{self, KEYWORD, TEXT};
use crate::types::{Capabilities, Capability, Extension, Reply, ReplyCode};

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
        Self::from_text(Cow::Borrowed(extension.keyword()))
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
}

impl<'a> TryFrom<&'a str> for Capability<'a> {
    type Error = AddressError;

    /// Takes `ehlo-line = ehlo-keyword *( SP ehlo-param )` (RFC 5321
    /// §4.1.1.1), short enough for one line of the reply.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        let error = |part, offset| Err(AddressError { part, offset });
        let keyword = class::span(text.as_bytes(), KEYWORD);
        let rest = text.get(keyword..).unwrap_or_default();
        if keyword == 0 || text.starts_with('-') || !(rest.is_empty() || rest.starts_with(' ')) {
            return error(Part::ParameterName, keyword);
        }
        let printable = class::span(rest.as_bytes(), TEXT);
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
