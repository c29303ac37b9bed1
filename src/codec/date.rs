//! Dates (RFC 3339 §5.6).

use core::str::FromStr;

use nom::Parser;
use nom::bytes::complete::take;
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map_opt, opt, value};
use nom::sequence::{preceded, separated_pair};

use super::error::{AddressError, Part};
use super::leaf::{Fail, Parsed, run};
use crate::types::DateTime;
use crate::types::class::DIGIT;

/// Whether a date may have fractions of a second. They are read over: no
/// parameter needs them, and RRVS forbids them (RFC 7293 §3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fractions {
    Allowed,
    Refused,
}

/// The whole of `text` as a `date-time`.
pub(super) fn whole(text: &[u8], fractions: Fractions) -> Option<DateTime> {
    let (_, date) = all_consuming(|input| date_time(input, fractions))
        .parse(text)
        .ok()?;
    Some(date)
}

/// `date-time = full-date "T" full-time`, in either case (RFC 3339 §5.6).
fn date_time(input: &[u8], fractions: Fractions) -> Parsed<'_, DateTime> {
    let (input, (year, _, month, _, day)) =
        (number(4), char('-'), small, char('-'), small).parse(input)?;
    let (input, _) = one_of("Tt").parse(input)?;
    let (input, (hour, _, minute, _, second)) =
        (small, char(':'), small, char(':'), small).parse(input)?;
    let (input, _) = match fractions {
        // time-secfrac = "." 1*DIGIT
        Fractions::Allowed => opt(preceded(char('.'), run(DIGIT))).parse(input)?,
        Fractions::Refused => (input, None),
    };
    let (input, offset) = offset(input)?;
    DateTime::new(year, month, day, hour, minute, second)
        .and_then(|date| date.at_offset(offset))
        .map(|date| (input, date))
        .ok_or(nom::Err::Error(Fail))
}

/// `time-offset = "Z" / ("+" / "-") time-hour ":" time-minute`, in minutes.
fn offset(input: &[u8]) -> Parsed<'_, i16> {
    let sign = value(1, char('+')).or(value(-1, char('-')));
    let amount = map_opt(separated_pair(small, char(':'), small), |(hour, minute)| {
        (hour <= 23 && minute <= 59).then(|| i16::from(hour) * 60 + i16::from(minute))
    });
    value(0, one_of("Zz"))
        .or((sign, amount).map(|(sign, amount): (i16, i16)| sign * amount))
        .parse(input)
}

/// A number of exactly two digits.
fn small(input: &[u8]) -> Parsed<'_, u8> {
    map_opt(number(2), |number| u8::try_from(number).ok()).parse(input)
}

/// A number of exactly that many digits.
fn number<'a>(digits: usize) -> impl Parser<&'a [u8], Output = u16, Error = Fail> {
    map_opt(take(digits), |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
            Some(number * 10 + digit)
        })
    })
}

impl FromStr for DateTime {
    type Err = AddressError;

    /// Takes a `date-time` (RFC 3339 §5.6); fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        whole(text.as_bytes(), Fractions::Allowed).ok_or(AddressError::new(Part::ParameterValue, 0))
    }
}
