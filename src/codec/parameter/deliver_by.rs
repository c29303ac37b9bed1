//! BY (RFC 2852 §4).

use alloc::format;

use nom::Parser;
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map_opt, opt, value};

use super::value_from_str;
use crate::codec::leaf::{Fail, Parsed, number};
use crate::types::{ByMode, DeliverBy, MailParameters, ParameterKind};

/// The whole of `text` as a `by-value`.
pub(super) fn whole(text: &[u8]) -> Option<DeliverBy> {
    let (_, by) = all_consuming(by_value).parse(text).ok()?;
    Some(by)
}

/// `by-value = by-time ";" by-mode [by-trace]`
fn by_value(input: &[u8]) -> Parsed<'_, DeliverBy> {
    // by-time = ["-" / "+"] 1*9digit
    let sign = opt(value(-1, char('-')).or(value(1, char('+'))));
    let digits = map_opt(number(9), |digits| i32::try_from(digits).ok());
    let mode = value(ByMode::Notify, one_of("Nn")).or(value(ByMode::Return, one_of("Rr")));
    let trace = opt(one_of("Tt"));
    map_opt(
        (sign, digits, char::<_, Fail>(';'), mode, trace),
        |(sign, seconds, _, mode, trace)| {
            DeliverBy::new(sign.unwrap_or(1) * seconds, mode)
                .map(|by| by.with_trace(trace.is_some()))
        },
    )
    .parse(input)
}

value_from_str!(DeliverBy, whole);

impl MailParameters<'_> {
    /// BY: when the message is to be delivered, and what becomes of it
    /// otherwise (RFC 2852).
    #[must_use]
    pub fn deliver_by(&self) -> Option<DeliverBy> {
        whole(self.0.value(ParameterKind::By.as_str())?.as_bytes())
    }

    /// With BY: when the message is to be delivered, and what becomes of it
    /// otherwise (RFC 2852).
    #[must_use]
    pub fn with_deliver_by(self, by: DeliverBy) -> MailParameters<'static> {
        self.setting(&format!("BY={by}"))
    }
}
