//! The leaves of the grammars: one loop over a class table each, in nom's shape.
//!
//! A leaf takes the longest prefix it can; what the prefix must be followed by
//! is for the rule above it to say. The error holds nothing, since the public
//! error is built once, by whoever knows which part was being read.

use core::net::Ipv6Addr;

use nom::branch::alt;
use nom::character::complete::char;
use nom::combinator::{consumed, map, map_opt, recognize, verify};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded};
use nom::{Err, IResult, Parser};

use crate::types::HostKind;
use crate::types::class::{self, ATEXT, DCONTENT, DIGIT, KEYWORD, LET_DIG, QTEXT};

/// It did not parse.
#[derive(Debug)]
pub(super) struct Fail;

impl ParseError<&[u8]> for Fail {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Self
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

pub(super) type Parsed<'a, T = &'a [u8]> = IResult<&'a [u8], T, Fail>;

/// Splits off the first `length` octets; none is a failure.
#[inline]
fn take(input: &[u8], length: usize) -> Parsed<'_> {
    match input.split_at_checked(length) {
        Some((taken, rest)) if length > 0 => Ok((rest, taken)),
        _ => Err(Err::Error(Fail)),
    }
}

/// One or more octets of `class`.
#[inline]
pub(super) fn run(class: class::Class) -> impl Fn(&[u8]) -> Parsed<'_> {
    move |input| take(input, class::span(input, class))
}

/// What stands behind `word`, which is given in upper case and may be in any.
#[inline]
pub(super) fn after<'a, const N: usize>(rest: &'a [u8], word: &[u8; N]) -> Option<&'a [u8]> {
    let (found, behind) = rest.split_first_chunk::<N>()?;
    // Octet by octet without a branch: what an octet may differ in is the bit
    // that tells the cases of a letter apart.
    let differing = found.iter().zip(word).fold(0, |differing, (found, word)| {
        let case = if word.is_ascii_alphabetic() { 0x20 } else { 0 };
        differing | ((found ^ word) & !case)
    });
    (differing == 0).then_some(behind)
}

/// `Domain = sub-domain *("." sub-domain)`,
/// `sub-domain = Let-dig [Ldh-str]` (RFC 5321 §4.1.2).
#[inline]
pub(super) fn domain(input: &[u8]) -> Parsed<'_> {
    take(input, domain_length(input))
}

/// The octets of the domain that `input` begins with; 0 if with none. A
/// function of its own, so that the loop has the registers to itself.
#[inline(never)]
pub(super) fn domain_length(input: &[u8]) -> usize {
    // Behind the last octet with which a domain could end.
    let mut end = 0;
    let mut at = 0;
    loop {
        match input.get(at) {
            Some(&octet) if class::is(octet, LET_DIG) => at += 1,
            _ => return end,
        }
        at = run_end(input, at, LET_DIG);
        end = at;
        match input.get(at) {
            Some(b'.') => at += 1,
            Some(b'-') => {
                while input.get(at) == Some(&b'-') {
                    at += 1;
                }
            }
            _ => return end,
        }
    }
}

/// Where the octets of `class` that begin at `at` end.
#[inline]
fn run_end(input: &[u8], at: usize, class: class::Class) -> usize {
    let mut at = at;
    while input.get(at).is_some_and(|&octet| class::is(octet, class)) {
        at += 1;
    }
    at
}

/// `Dot-string = Atom *("." Atom)` (RFC 5321 §4.1.2).
#[inline]
pub(super) fn dot_string(input: &[u8]) -> Parsed<'_> {
    take(input, dot_string_length(input))
}

/// The octets of the dot-string that `input` begins with; 0 if with none.
#[inline(never)]
pub(super) fn dot_string_length(input: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let atom = at;
        at = run_end(input, at, ATEXT);
        if at == atom {
            return at.saturating_sub(1);
        }
        if input.get(at) != Some(&b'.') {
            return at;
        }
        at += 1;
    }
}

/// The rest of a local part that has dots where no RFC allows them.
#[cold]
pub(super) fn loose_dots(input: &[u8]) -> Parsed<'_> {
    let in_local_part = |octet: &u8| class::is(*octet, ATEXT) || *octet == b'.';
    take(
        input,
        input
            .iter()
            .take_while(|octet| in_local_part(octet))
            .count(),
    )
}

/// `Quoted-string = DQUOTE *QcontentSMTP DQUOTE` (RFC 5321 §4.1.2).
#[cold]
pub(super) fn quoted_string(input: &[u8]) -> Parsed<'_> {
    let mut octets = input.iter().enumerate();
    if octets.next().is_none_or(|(_, &octet)| octet != b'"') {
        return Err(Err::Error(Fail));
    }
    while let Some((at, &octet)) = octets.next() {
        match octet {
            b'"' => return take(input, at + 1),
            // quoted-pairSMTP = %d92 %d32-126
            b'\\'
                if octets
                    .next()
                    .is_some_and(|(_, octet)| matches!(octet, 32..=126)) => {}
            _ if class::is(octet, QTEXT) => {}
            _ => break,
        }
    }
    Err(Err::Error(Fail))
}

/// `Local-part = Dot-string / Quoted-string` (RFC 5321 §4.1.2).
#[inline]
pub(super) fn local_part(input: &[u8]) -> Parsed<'_> {
    match input.first() {
        Some(b'"') => quoted_string(input),
        _ => dot_string(input),
    }
}

/// `Domain / address-literal`: the text, and what it is.
#[inline]
pub(super) fn host(input: &[u8]) -> Parsed<'_, (&[u8], HostKind)> {
    if input.first() == Some(&b'[') {
        return address_literal(input);
    }
    let (rest, text) = domain(input)?;
    Ok((rest, (text, HostKind::Domain)))
}

/// `address-literal` (RFC 5321 §4.1.3).
#[cold]
fn address_literal(input: &[u8]) -> Parsed<'_, (&[u8], HostKind)> {
    let literal = alt((
        map(ipv4_address, |_| HostKind::Ipv4),
        map(ipv6_address, |_| HostKind::Ipv6),
        map(general_address, |_| HostKind::General),
    ));
    consumed(delimited(char('['), literal, char(']'))).parse(input)
}

/// `IPv4-address-literal = Snum 3("." Snum)`, `Snum = 1*3DIGIT`, 0 to 255.
fn ipv4_address(input: &[u8]) -> Parsed<'_> {
    let mut at = 0;
    for number in 0..4 {
        if number > 0 {
            if input.get(at) != Some(&b'.') {
                return Err(Err::Error(Fail));
            }
            at += 1;
        }
        let first = at;
        let mut value = 0;
        while let Some(digit @ b'0'..=b'9') = input.get(at) {
            value = value * 10 + u32::from(digit - b'0');
            at += 1;
            if at - first > 3 {
                return Err(Err::Error(Fail));
            }
        }
        if at == first || value > 255 {
            return Err(Err::Error(Fail));
        }
    }
    take(input, at)
}

/// `IPv6-address-literal = "IPv6:" IPv6-addr`; the address by `core`'s parser,
/// which knows the forms of RFC 4291.
fn ipv6_address(input: &[u8]) -> Parsed<'_> {
    let is_address = |content: &[u8]| {
        content
            .split_at_checked(IPV6_TAG.len())
            .filter(|(tag, _)| tag.eq_ignore_ascii_case(IPV6_TAG))
            .and_then(|(_, address)| core::str::from_utf8(address).ok())
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
    };
    verify(run(DCONTENT), is_address).parse(input)
}

const IPV6_TAG: &[u8] = b"IPv6:";

/// `General-address-literal = Standardized-tag ":" 1*dcontent`. The tag of
/// IPv6 is taken: what is no IPv6 address is not a general one either.
pub(super) fn general_address(input: &[u8]) -> Parsed<'_> {
    let tag = verify(ldh_string, |tag: &[u8]| !tag.eq_ignore_ascii_case(b"IPv6"));
    recognize((tag, char(':'), run(DCONTENT))).parse(input)
}

/// `Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig`.
fn ldh_string(input: &[u8]) -> Parsed<'_> {
    verify(run(KEYWORD), |text: &[u8]| text.last() != Some(&b'-')).parse(input)
}

/// `A-d-l = At-domain *( "," At-domain )`, then its colon (RFC 5321 §4.1.2,
/// appendix C).
#[cold]
pub(super) fn source_route(input: &[u8]) -> Parsed<'_> {
    let at_domain = || preceded(char('@'), domain);
    let more = many0_count(preceded(char(','), at_domain()));
    recognize((pair(at_domain(), more), char(':'))).parse(input)
}

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")` (RFC 5321 §4.1.2).
pub(super) fn keyword(input: &[u8]) -> Parsed<'_> {
    verify(run(KEYWORD), |text: &[u8]| text.first() != Some(&b'-')).parse(input)
}

/// A number of at most so many digits, nine at most so that it cannot wrap.
pub(super) fn number<'a>(digits: usize) -> impl Parser<&'a [u8], Output = u32, Error = Fail> {
    map_opt(run(DIGIT), move |text: &[u8]| whole_number(text, digits))
}

/// The whole of `text` as a number of at most so many digits.
pub(super) fn whole_number(text: &[u8], digits: usize) -> Option<u32> {
    if text.is_empty() || text.len() > digits.min(9) {
        return None;
    }
    text.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many octets of `text` the leaf takes.
    fn taken<'a>(leaf: impl Fn(&'a [u8]) -> Parsed<'a>, text: &'a str) -> usize {
        leaf(text.as_bytes()).map_or(0, |(rest, _)| text.len() - rest.len())
    }

    #[test]
    fn leaves_take_the_longest_prefix() {
        assert_eq!(taken(domain, "a.example>"), 9);
        assert_eq!(taken(domain, "a--b.c"), 6);
        assert_eq!(taken(domain, "a-.b"), 1);
        assert_eq!(taken(domain, "a."), 1);
        assert_eq!(taken(domain, "a..b"), 1);
        assert_eq!(taken(domain, "-a"), 0);
        assert_eq!(taken(domain, ".a"), 0);
        assert_eq!(taken(dot_string, "a..b"), 1);
        assert_eq!(taken(dot_string, ".a"), 0);
        assert_eq!(taken(dot_string, "a.b@c"), 3);
        assert_eq!(taken(quoted_string, r#""a\" b"@"#), 7);
        assert_eq!(taken(quoted_string, r#""""#), 2);
        assert_eq!(taken(quoted_string, r#""a"#), 0);
        assert_eq!(taken(quoted_string, "\"a\t\""), 0);
        assert_eq!(taken(quoted_string, "\"\\\u{e9}\""), 0);
        assert_eq!(taken(source_route, "@a,@b:c"), 6);
        assert_eq!(taken(source_route, "@a,b:c"), 0);
    }

    #[test]
    fn literals_are_of_one_kind() {
        let kind = |text: &'static str| match host(text.as_bytes()) {
            Ok(([], (_, kind))) => Some(kind),
            _ => None,
        };
        assert_eq!(kind("[192.0.2.1]"), Some(HostKind::Ipv4));
        assert_eq!(kind("[192.000.002.001]"), Some(HostKind::Ipv4));
        assert_eq!(kind("[IPv6:2001:db8::1]"), Some(HostKind::Ipv6));
        assert_eq!(kind("[ipv6:::ffff:192.0.2.1]"), Some(HostKind::Ipv6));
        assert_eq!(kind("[x-new:~anything!]"), Some(HostKind::General));
        for bad in [
            "[192.0.2]",
            "[192.0.2.256]",
            "[192.0.2.1.1]",
            "[0192.0.2.1]",
            "[99999999999.0.2.1]",
            "[IPv6:]",
            "[IPv6:g::1]",
            "[IPv6:1:2:3]",
            "[IPv6:1::2::3]",
            "[x-:y]",
            "[x:]",
            "[x:a[b]",
            "[]",
            "[a]",
        ] {
            assert_eq!(kind(bad), None, "{bad}");
        }
    }
}
