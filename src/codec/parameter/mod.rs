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
use alloc::string::String;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::path::{Cursor, Fault};
use super::syntax::Syntax;
use crate::types::class::{self, KEYWORD, VALUE};
use crate::types::{
    MailParameters, Parameter, ParameterKind, ParameterKinds, Parameters, RcptParameters, Verb,
};

pub(super) use future_release::interval;
pub(super) use historic::is_solicitation;

/// How many parameters of a value's own text are read back: more than a command
/// has by default. Names that the crate does not know are each compared with
/// all before it.
const READ_BACK: usize = 1024;

/// `*( SP esmtp-param )` up to the end of the line, each name once.
#[inline]
pub(super) fn parameters<'a>(
    cursor: &mut Cursor<'a>,
    verb: Verb,
    syntax: &Syntax,
) -> Result<Parameters<'a>, Fault> {
    if cursor.is_at_end() {
        return Ok(Parameters::default());
    }
    if !cursor.eat(b' ') {
        return Err((Part::Argument, cursor.at()));
    }
    let text = cursor.remainder();
    let list = if syntax.extra_blanks {
        Cow::Owned(single_blanks(text))
    } else {
        Cow::Borrowed(text)
    };
    match check(&list, verb.parameters_of(), syntax.max_parameters) {
        Ok(()) => Ok(Parameters::from_checked(list)),
        Err((part, offset)) => Err((part, cursor.at() + offset)),
    }
}

/// A blank and parameters with nothing wrong with them.
#[inline(never)]
pub(super) fn plain_parameters<'a>(
    verb: Verb,
    text: &'a str,
    syntax: &Syntax,
) -> Option<Parameters<'a>> {
    let text = text.strip_prefix(' ')?;
    check(text, verb, syntax.max_parameters).ok()?;
    Some(Parameters::from_checked(Cow::Borrowed(text)))
}

/// Parameters with one blank between them.
#[cold]
fn single_blanks(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for parameter in text.split([' ', '\t']).filter(|text| !text.is_empty()) {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(parameter);
    }
    tidy
}

/// `esmtp-param *( SP esmtp-param )`, each name once, all of them going
/// together; `verb` is MAIL or RCPT.
fn check(text: &str, verb: Verb, max_parameters: usize) -> Result<(), Fault> {
    let mut seen = ParameterKinds::default();
    let mut count = 0;
    let mut at = 0;
    loop {
        count += 1;
        if count > max_parameters {
            return Err((Part::TooManyParameters, at));
        }
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let (kind, length) = match parameter(rest, verb) {
            Ok(found) => found,
            Err((part, offset)) => return Err((part, at + offset)),
        };
        let is_new = match kind {
            Some(kind) => seen.insert(kind),
            None => is_first_of_its_name(text, at),
        };
        if !is_new {
            return Err((Part::DuplicateParameter, at));
        }
        match rest.get(length) {
            Some(_) => at += length + 1,
            None => break,
        }
    }
    if do_conflict(seen) {
        return Err((Part::ConflictingParameters, 0));
    }
    Ok(())
}

/// Whether the parameter at `at` has a name that none before it has.
#[cold]
fn is_first_of_its_name(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let name = text.get(at..).unwrap_or_default().split(['=', ' ']).next();
    !Parameters::from_checked(Cow::Borrowed(before)).contains(name.unwrap_or_default())
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

/// `esmtp-param = esmtp-keyword ["=" esmtp-value]`, up to a blank or the end:
/// which one of `verb` it is, if it is known, and its octets.
fn parameter(rest: &[u8], verb: Verb) -> Result<(Option<ParameterKind>, usize), Fault> {
    let name = class::span(rest, KEYWORD);
    // esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    if name == 0 || rest.first() == Some(&b'-') {
        return Err((Part::ParameterName, 0));
    }
    let kind = ParameterKind::at(verb, rest, name);
    let at_value = name + 1;
    let (value, end) = match rest.get(name) {
        None | Some(b' ') => (None, name),
        Some(b'=') => {
            let behind = rest.get(at_value..).unwrap_or_default();
            let mut length = class::span(behind, VALUE);
            if kind == Some(ParameterKind::Mtrk) {
                length = tracking::value_length(behind);
            }
            match behind.get(..length) {
                Some(value) if length > 0 => (Some(value), at_value + length),
                _ => return Err((Part::ParameterValue, at_value)),
            }
        }
        Some(_) => return Err((Part::ParameterName, name)),
    };
    if !matches!(rest.get(end), None | Some(b' ')) {
        return Err((Part::ParameterValue, end));
    }
    match kind {
        Some(kind) if !is_valid(kind, value) => Err((Part::ParameterValue, at_value.min(end))),
        kind => Ok((kind, end)),
    }
}

/// Whether a parameter has a value of its form.
fn is_valid(kind: ParameterKind, value: Option<&[u8]>) -> bool {
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
    match kind {
        ParameterKind::Size => size::is_size(value),
        ParameterKind::Body => size::body(value).is_some(),
        ParameterKind::Ret => dsn::ret(value).is_some(),
        ParameterKind::Envid => dsn::is_envelope_id(value),
        ParameterKind::Notify => dsn::notify(value).is_some(),
        ParameterKind::Orcpt => is_text(value, |text| dsn::original_recipient(text).is_some()),
        ParameterKind::Auth => identity::is_identity(value),
        ParameterKind::Submitter => identity::is_mailbox(value),
        ParameterKind::By => deliver_by::whole(value).is_some(),
        ParameterKind::HoldFor => interval(value).is_some(),
        ParameterKind::HoldUntil => future_release::date(value).is_some(),
        ParameterKind::MtPriority => priority::priority(value).is_some(),
        ParameterKind::Rrvs => rrvs::valid_since(value).is_some(),
        ParameterKind::Mtrk => is_text(value, |text| tracking::tracking(text).is_some()),
        ParameterKind::Solicit => is_solicitation(value),
        ParameterKind::TransId => historic::is_transaction_id(value),
        _ => false,
    }
}

/// Whether it is UTF-8, as all of a line is, and `check` is content with it.
fn is_text(value: &[u8], check: impl FnOnce(&str) -> bool) -> bool {
    core::str::from_utf8(value).is_ok_and(check)
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
                    if !is_valid(kind, parameter.value().map(str::as_bytes)) {
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
            /// [`Syntax::STRICT`] but for how many there may be: 1,024.
            fn try_from(text: &'a str) -> Result<Self, AddressError> {
                if text.is_empty() {
                    return Ok(Self::default());
                }
                check(text, Verb::$verb, READ_BACK)?;
                Ok(Self(Parameters::from_checked(Cow::Borrowed(text))))
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
        let name = text.find('=').unwrap_or(text.len());
        // Only MTRK of MAIL may have another "=" in its value, as padding.
        let verb = match text.matches('=').count() {
            0 | 1 => Verb::Unknown,
            _ => Verb::Mail,
        };
        let (_, end) = parameter(text.as_bytes(), verb)?;
        if end < text.len() {
            return Err(AddressError::new(Part::ParameterValue, end));
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
