//! The attributes of XCLIENT and XFORWARD (Postfix, `XCLIENT_README`,
//! `XFORWARD_README`).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::leaf;
use super::path::{Cursor, Fault};
use super::xtext;
use crate::types::class::VALUE;
use crate::types::{Attribute, AttributeValue, Parameters, XclientAttributes, XforwardAttributes};

/// Octets of a decoded value at most, as in Postfix.
const VALUE_LIMIT: usize = 255;

const UNAVAILABLE: &str = "[UNAVAILABLE]";
const TEMPORARILY_UNAVAILABLE: &str = "[TEMPUNAVAIL]";

/// `name "=" xtext *( SP name "=" xtext )`, each name once.
fn attributes<'a>(cursor: &mut Cursor<'a>, known: &[Attribute]) -> Result<Parameters<'a>, Fault> {
    let start = cursor.at();
    let mut seen = 0_u32;
    loop {
        let at = cursor.at();
        let name = cursor.take(leaf::keyword);
        let name = name.map_or("", |_| cursor.text_since(at));
        let attribute = Attribute::find(known, name).ok_or((Part::ParameterName, at))?;
        if !cursor.eat(b'=') {
            return Err((Part::ParameterValue, cursor.at()));
        }
        let at_value = cursor.at();
        let value = cursor.take(leaf::run(VALUE)).unwrap_or_default();
        if !is_valid(attribute, value) {
            return Err((Part::ParameterValue, at_value));
        }
        if seen & 1 << attribute as u32 != 0 {
            return Err((Part::DuplicateParameter, at));
        }
        seen |= 1 << attribute as u32;
        if cursor.is_at_end() {
            let text = cursor.text_since(start);
            return Ok(Parameters::from_checked(Cow::Borrowed(text)));
        }
        if !cursor.eat(b' ') {
            return Err((Part::ParameterValue, cursor.at()));
        }
    }
}

/// Whether an attribute may have that value, given as xtext.
fn is_valid(attribute: Attribute, value: &[u8]) -> bool {
    let mut room = [0; VALUE_LIMIT];
    let Some(text) = xtext::decode_text(value, &mut room) else {
        return false;
    };
    if is_unavailable(text) || text.eq_ignore_ascii_case(TEMPORARILY_UNAVAILABLE) {
        return true;
    }
    match attribute {
        Attribute::Addr | Attribute::DestAddr => address(text).is_some(),
        Attribute::Port | Attribute::DestPort => text.parse::<u16>().is_ok(),
        Attribute::Proto => is_one_of(text, ["SMTP", "ESMTP"]),
        Attribute::Source => is_one_of(text, ["LOCAL", "REMOTE"]),
        Attribute::Name | Attribute::Helo | Attribute::Login | Attribute::Ident => !text.is_empty(),
    }
}

fn is_unavailable(text: &str) -> bool {
    text.eq_ignore_ascii_case(UNAVAILABLE)
}

fn is_one_of(text: &str, words: [&str; 2]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// An IPv4 address, or an IPv6 address behind `IPV6:`.
fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked("IPV6:".len()) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPV6:") => {
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        _ => text.parse().ok().map(IpAddr::V4),
    }
}

/// An attribute in its wire form.
fn spell(attribute: Attribute, value: &AttributeValue<'_>) -> String {
    match value {
        AttributeValue::Unavailable => format!("{attribute}={UNAVAILABLE}"),
        AttributeValue::TemporarilyUnavailable => {
            format!("{attribute}={TEMPORARILY_UNAVAILABLE}")
        }
        AttributeValue::Text(text) => {
            format!("{attribute}={}", xtext::encode(text.as_bytes()))
        }
    }
}

/// What an attribute says, from its checked xtext.
fn value(text: &str) -> AttributeValue<'_> {
    let text = xtext::text(text);
    if is_unavailable(&text) {
        AttributeValue::Unavailable
    } else if text.eq_ignore_ascii_case(TEMPORARILY_UNAVAILABLE) {
        AttributeValue::TemporarilyUnavailable
    } else {
        AttributeValue::Text(text)
    }
}

macro_rules! attributes {
    ($($name:ident)*) => {$(
        impl<'a> $name<'a> {
            /// The rest of the line.
            pub(super) fn parse(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
                cursor.skip_blanks();
                attributes(cursor, Self::KNOWN).map(Self)
            }
        }

        impl $name<'_> {
            /// One attribute; [`with`](Self::with) adds more.
            ///
            /// # Errors
            ///
            /// The command does not have the attribute, the value is not of its
            /// form, is empty, holds a control character or is longer than 255
            /// octets; or it is text that would be read as "unavailable".
            pub fn new(
                attribute: Attribute,
                value: &AttributeValue<'_>,
            ) -> Result<$name<'static>, AddressError> {
                if let AttributeValue::Text(text) = value {
                    if text.starts_with('[') {
                        return Err(AddressError::new(Part::ParameterValue, 0));
                    }
                }
                spell(attribute, value).parse()
            }

            /// With another attribute; the same one gives way.
            ///
            /// # Errors
            ///
            /// As for [`new`](Self::new).
            pub fn with(
                self,
                attribute: Attribute,
                value: &AttributeValue<'_>,
            ) -> Result<$name<'static>, AddressError> {
                let added = Self::new(attribute, value)?;
                let mut attributes = self.0.into_owned();
                attributes.set(added.as_str());
                Ok($name(attributes))
            }

            /// What is said of that attribute, decoded.
            #[must_use]
            pub fn get(&self, attribute: Attribute) -> Option<AttributeValue<'_>> {
                self.0.value(attribute.as_str()).map(value)
            }

            /// ADDR: the client's IP address, if one is said.
            #[must_use]
            pub fn address(&self) -> Option<IpAddr> {
                self.text(Attribute::Addr).and_then(|text| address(&text))
            }

            /// PORT: the client's TCP port, if one is said.
            #[must_use]
            pub fn port(&self) -> Option<u16> {
                self.text(Attribute::Port)?.parse().ok()
            }

            fn text(&self, attribute: Attribute) -> Option<Cow<'_, str>> {
                match self.get(attribute)? {
                    AttributeValue::Text(text) => Some(text),
                    _ => None,
                }
            }
        }

        impl<'a> TryFrom<&'a str> for $name<'a> {
            type Error = AddressError;

            /// Takes the rest of the line, behind the verb and its space.
            fn try_from(text: &'a str) -> Result<Self, AddressError> {
                let mut cursor = Cursor::new(text);
                attributes(&mut cursor, Self::KNOWN)
                    .map(Self)
                    .map_err(AddressError::from)
            }
        }

        impl FromStr for $name<'static> {
            type Err = AddressError;

            fn from_str(text: &str) -> Result<Self, AddressError> {
                $name::try_from(text).map($name::into_owned)
            }
        }
    )*};
}

attributes! {
    XclientAttributes
    XforwardAttributes
}
