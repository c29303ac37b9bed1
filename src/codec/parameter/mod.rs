//! Parameters of MAIL and RCPT (RFC 5321 §4.1.2, and the RFC of each): a file
//! for the values of each family, with its getters and builders.

mod deliver_by;
mod dsn;
mod future_release;
mod historic;
mod identity;
mod priority;
mod rrvs;
mod size;
mod tracking;

use alloc::borrow::Cow;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::leaf;
use super::path::{Cursor, Fault};
use super::syntax::Syntax;
use crate::types::class::{self, KEYWORD, VALUE};
use crate::types::{
    MailParameters, Parameter, ParameterKind, ParameterKinds, Parameters, RcptParameters, Verb,
};

pub(super) use future_release::interval;
pub(super) use historic::is_solicitation;

/// `*( SP esmtp-param )` up to the end of the line, each name once.
pub(super) fn parameters<'a>(
    cursor: &mut Cursor<'a>,
    verb: Verb,
    syntax: &Syntax,
) -> Result<Parameters<'a>, Fault> {
    if cursor.is_at_end() {
        return Ok(Parameters::default());
    }
    let start = cursor.at() + 1;
    let mut seen = ParameterKinds::default();
    let mut count = 0;
    let mut has_extra_blanks = false;
    while !cursor.is_at_end() {
        let behind_last = cursor.at();
        if !cursor.eat(b' ') {
            return Err((Part::Argument, behind_last));
        }
        if syntax.extra_blanks {
            let first = cursor.at();
            cursor.skip_blanks();
            has_extra_blanks |= cursor.at() > first;
        }
        count += 1;
        if count > syntax.max_parameters {
            return Err((Part::TooManyParameters, cursor.at()));
        }
        let at = cursor.at();
        let is_new = match parameter(cursor, verb)? {
            Found::Known(kind) => seen.insert(kind),
            Found::Other(name) => {
                let before = cursor.text(start..behind_last);
                !Parameters::from_checked(Cow::Borrowed(before)).contains(name)
            }
        };
        if !is_new {
            return Err((Part::DuplicateParameter, at));
        }
    }
    if do_conflict(seen) {
        return Err((Part::ConflictingParameters, start));
    }
    let text = cursor.text_since(start);
    Ok(if has_extra_blanks {
        Parameters::with_single_blanks(text)
    } else {
        Parameters::from_checked(Cow::Borrowed(text))
    })
}

/// Whether one of them rules out or calls for another.
fn do_conflict(seen: ParameterKinds) -> bool {
    // RFC 4865 §4.2, item 9.
    let holds_twice =
        seen.contains(ParameterKind::HoldFor) && seen.contains(ParameterKind::HoldUntil);
    // RFC 3885 §3.2.
    let tracks_nothing = seen.contains(ParameterKind::Mtrk) && !seen.contains(ParameterKind::Envid);
    holds_twice || tracks_nothing
}

/// The parameter that was read.
enum Found<'a> {
    Known(ParameterKind),
    /// One that `verb` is not known to have, by its name.
    Other(&'a str),
}

/// `esmtp-param = esmtp-keyword ["=" esmtp-value]`
fn parameter<'a>(cursor: &mut Cursor<'a>, verb: Verb) -> Result<Found<'a>, Fault> {
    let start = cursor.at();
    let rest = cursor.rest();
    let length = class::span(rest, KEYWORD);
    if length == 0 || rest.first() == Some(&b'-') {
        return Err((Part::ParameterName, start));
    }
    let kind = ParameterKind::at(verb.parameters_of(), rest, length);
    cursor.skip(length);
    let at_value = cursor.at() + 1;
    let value = if cursor.eat(b'=') {
        let value = cursor.take(leaf::run(VALUE));
        if value.is_some() && kind == Some(ParameterKind::Mtrk) {
            tracking::take_padding(cursor);
        }
        if value.is_none() {
            return Err((Part::ParameterValue, at_value));
        }
        Some(cursor.text_since(at_value))
    } else {
        None
    };
    if !cursor.is_at_end() && cursor.rest().first() != Some(&b' ') {
        let part = match value {
            Some(_) => Part::ParameterValue,
            None => Part::ParameterName,
        };
        return Err((part, cursor.at()));
    }
    match kind {
        None => Ok(Found::Other(cursor.text(start..start + length))),
        Some(kind) if is_valid(kind, value) => Ok(Found::Known(kind)),
        Some(_) => Err((Part::ParameterValue, at_value.min(cursor.at()))),
    }
}

/// Whether a parameter has a value of its form.
fn is_valid(kind: ParameterKind, value: Option<&str>) -> bool {
    let Some(value) = value else {
        return matches!(
            kind,
            // RFC 6531 §3.4, RFC 8689 §2, RFC 4141 §4.2 and §5.2: no value.
            ParameterKind::SmtpUtf8
                | ParameterKind::RequireTls
                | ParameterKind::ConPerm
                | ParameterKind::ConNeg
        );
    };
    let octets = value.as_bytes();
    match kind {
        ParameterKind::Size => size::is_size(octets),
        ParameterKind::Body => size::body(value).is_some(),
        ParameterKind::Ret => dsn::ret(octets).is_some(),
        ParameterKind::Envid => dsn::is_envelope_id(octets),
        ParameterKind::Notify => dsn::notify(octets).is_some(),
        ParameterKind::Orcpt => dsn::original_recipient(value).is_some(),
        ParameterKind::Auth => identity::is_identity(octets),
        ParameterKind::Submitter => identity::is_mailbox(octets),
        ParameterKind::By => deliver_by::whole(octets).is_some(),
        ParameterKind::HoldFor => interval(octets).is_some(),
        ParameterKind::HoldUntil => future_release::date(octets).is_some(),
        ParameterKind::MtPriority => priority::priority(octets).is_some(),
        ParameterKind::Rrvs => rrvs::valid_since(octets).is_some(),
        ParameterKind::Mtrk => tracking::tracking(value).is_some(),
        ParameterKind::Solicit => is_solicitation(octets),
        ParameterKind::TransId => historic::is_transaction_id(octets),
        _ => false,
    }
}

/// What the builders of MAIL's and of RCPT's parameters have in common.
macro_rules! builders {
    ($($name:ident $verb:ident)*) => {$(
        impl $name<'_> {
            /// With a parameter of any kind; one of the same name gives way.
            ///
            /// # Errors
            ///
            /// The crate knows the parameter, and the value is not of its form;
            /// or the parameter does not go with those that are there.
            pub fn with(self, parameter: &Parameter<'_>) -> Result<$name<'static>, AddressError> {
                if let Some(kind) = parameter.kind(Verb::$verb) {
                    if !is_valid(kind, parameter.value()) {
                        let offset = parameter.name().len() + 1;
                        return Err(AddressError::new(Part::ParameterValue, offset));
                    }
                }
                self.setting(parameter.as_str()).checked()
            }

            /// Without the parameter of that name.
            ///
            /// # Errors
            ///
            /// Another parameter needs it: MTRK needs ENVID (RFC 3885 §3.2).
            pub fn without(self, name: &str) -> Result<$name<'static>, AddressError> {
                let mut parameters = self.0.into_owned();
                parameters.remove(name);
                $name(parameters).checked()
            }

            /// With a parameter in its wire form.
            fn setting(self, parameter: &str) -> $name<'static> {
                let mut parameters = self.0.into_owned();
                parameters.set(parameter);
                $name(parameters)
            }
        }

        impl $name<'static> {
            /// These, unless they do not go together.
            fn checked(self) -> Result<Self, AddressError> {
                let mut seen = ParameterKinds::default();
                for kind in self.iter().filter_map(|parameter| parameter.kind(Verb::$verb)) {
                    seen.insert(kind);
                }
                match do_conflict(seen) {
                    true => Err(AddressError::new(Part::ConflictingParameters, 0)),
                    false => Ok(self),
                }
            }
        }

        impl<'a> TryFrom<&'a str> for $name<'a> {
            type Error = AddressError;

            /// Takes parameters with one space between them, under
            /// [`Syntax::STRICT`].
            fn try_from(text: &'a str) -> Result<Self, AddressError> {
                if text.is_empty() {
                    return Ok(Self::default());
                }
                let mut cursor = Cursor::new(text, 0);
                let mut seen = ParameterKinds::default();
                loop {
                    let at = cursor.at();
                    let is_new = match parameter(&mut cursor, Verb::$verb)? {
                        Found::Known(kind) => seen.insert(kind),
                        Found::Other(name) => {
                            let before = Cow::Borrowed(cursor.text(0..at));
                            !Parameters::from_checked(before).contains(name)
                        }
                    };
                    if !is_new {
                        return Err(AddressError::new(Part::DuplicateParameter, at));
                    }
                    if !cursor.eat(b' ') {
                        break;
                    }
                }
                match do_conflict(seen) {
                    true => Err(AddressError::new(Part::ConflictingParameters, 0)),
                    false => Ok(Self(Parameters::from_checked(Cow::Borrowed(text)))),
                }
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

builders! {
    MailParameters Mail
    RcptParameters Rcpt
}

impl<'a> TryFrom<&'a str> for Parameter<'a> {
    type Error = AddressError;

    /// Takes `NAME` or `NAME=value`.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        let mut cursor = Cursor::new(text, 0);
        let name = text.find('=').unwrap_or(text.len());
        // MTRK is the one whose value may hold what others' may not.
        let verb = match ParameterKind::of(Verb::Mail, text.get(..name).unwrap_or(text)) {
            Some(ParameterKind::Mtrk) => Verb::Mail,
            _ => Verb::Unknown,
        };
        parameter(&mut cursor, verb)?;
        if !cursor.is_at_end() {
            return Err(AddressError::new(Part::ParameterValue, cursor.at()));
        }
        let name = u16::try_from(name).map_err(|_| AddressError::new(Part::ParameterName, 0))?;
        Ok(Self::from_checked(Cow::Borrowed(text), name))
    }
}

impl FromStr for Parameter<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Parameter::try_from(text).map(Parameter::into_owned)
    }
}

/// The error of a text that is no value of a parameter.
const fn bad_value() -> AddressError {
    AddressError::new(Part::ParameterValue, 0)
}

/// `FromStr` for the values of parameters that borrow nothing.
macro_rules! value_from_str {
    ($type:ident, $parse:expr) => {
        impl core::str::FromStr for crate::types::$type {
            type Err = crate::codec::AddressError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let parse: fn(&[u8]) -> Option<Self> = $parse;
                parse(text.as_bytes()).ok_or(super::bad_value())
            }
        }
    };
}

use value_from_str;
