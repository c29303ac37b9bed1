//! Parameters of MAIL and RCPT (RFC 5321 §4.1.2, and the RFC of each).

use alloc::borrow::Cow;
use alloc::format;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::leaf;
use super::path::{Cursor, Fault};
use super::syntax::Syntax;
use crate::types::class::{self, DIGIT, VALUE};
use crate::types::{BodyType, MailParameters, Parameter, Parameters, RcptParameters, Verb};

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
    let mut count = 0;
    while !cursor.is_at_end() {
        let behind_last = cursor.at();
        if !cursor.eat(b' ') {
            return Err((Part::Argument, behind_last));
        }
        count += 1;
        if count > syntax.max_parameters {
            return Err((Part::TooManyParameters, cursor.at()));
        }
        let at = cursor.at();
        let name = parameter(cursor, verb)?;
        let before = Parameters::from_checked(Cow::Borrowed(cursor.text(start..behind_last)));
        if before.get(name).is_some() {
            return Err((Part::DuplicateParameter, at));
        }
    }
    Ok(Parameters::from_checked(Cow::Borrowed(
        cursor.text_since(start),
    )))
}

/// `esmtp-param = esmtp-keyword ["=" esmtp-value]`; gives the name.
fn parameter<'a>(cursor: &mut Cursor<'a>, verb: Verb) -> Result<&'a str, Fault> {
    let start = cursor.at();
    if cursor.take(leaf::keyword).is_none() {
        return Err((Part::ParameterName, start));
    }
    let name = cursor.text_since(start);
    let at_value = cursor.at() + 1;
    let value = if cursor.eat(b'=') {
        if cursor.take(leaf::run(VALUE)).is_none() {
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
    if !is_valid(verb, name, value) {
        return Err((Part::ParameterValue, at_value.min(cursor.at())));
    }
    Ok(name)
}

/// Whether a parameter that this crate knows has a value of its form; of one
/// that it does not know, any value is.
fn is_valid(verb: Verb, name: &str, value: Option<&str>) -> bool {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if verb != Verb::Mail {
        return true;
    }
    if is("SIZE") {
        // RFC 1870 §5: size-value ::= 1*20DIGIT
        value.is_some_and(|value| value.len() <= 20 && class::all(value.as_bytes(), DIGIT))
    } else if is("BODY") {
        value.and_then(BodyType::from_value).is_some()
    } else if is("SMTPUTF8") {
        value.is_none()
    } else {
        true
    }
}

impl MailParameters<'_> {
    /// With SIZE: the size of the message in octets, line ends as CR LF
    /// (RFC 1870).
    #[must_use]
    pub fn with_size(self, octets: u64) -> MailParameters<'static> {
        self.setting(&format!("SIZE={octets}"))
    }

    /// With BODY: what the octets of the message are (RFC 6152, RFC 3030).
    #[must_use]
    pub fn with_body(self, body: BodyType) -> MailParameters<'static> {
        self.setting(&format!("BODY={body}"))
    }

    /// With SMTPUTF8: addresses and header may be UTF-8 (RFC 6531).
    #[must_use]
    pub fn with_smtputf8(self) -> MailParameters<'static> {
        self.setting("SMTPUTF8")
    }

    /// With a parameter of any kind; one of the same name gives way.
    ///
    /// # Errors
    ///
    /// The crate knows the parameter, and the value is not of its form.
    pub fn with(self, parameter: &Parameter<'_>) -> Result<MailParameters<'static>, AddressError> {
        if is_valid(Verb::Mail, parameter.name(), parameter.value()) {
            Ok(self.setting(parameter.as_str()))
        } else {
            Err(AddressError {
                part: Part::ParameterValue,
                offset: parameter.name().len() + 1,
            })
        }
    }

    fn setting(self, parameter: &str) -> MailParameters<'static> {
        let mut parameters = self.0.into_owned();
        parameters.set(parameter);
        MailParameters(parameters)
    }
}

impl RcptParameters<'_> {
    /// With a parameter; one of the same name gives way.
    #[must_use]
    pub fn with(self, parameter: &Parameter<'_>) -> RcptParameters<'static> {
        let mut parameters = self.0.into_owned();
        parameters.set(parameter.as_str());
        RcptParameters(parameters)
    }
}

impl<'a> TryFrom<&'a str> for Parameter<'a> {
    type Error = AddressError;

    /// Takes `NAME` or `NAME=value`.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        let mut cursor = Cursor::new(text, 0);
        let fail = |(part, offset)| AddressError { part, offset };
        let name = parameter(&mut cursor, Verb::Unknown).map_err(fail)?;
        if !cursor.is_at_end() {
            return Err(fail((Part::ParameterValue, cursor.at())));
        }
        let name = u16::try_from(name.len()).map_err(|_| fail((Part::ParameterName, 0)))?;
        Ok(Self::from_checked(Cow::Borrowed(text), name))
    }
}

impl FromStr for Parameter<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Parameter::try_from(text).map(Parameter::into_owned)
    }
}
