//! ETRN, ATRN, and the URI of BURL (RFC 1985, RFC 2645, RFC 3986).

use alloc::borrow::Cow;
use alloc::string::String;
use core::str::FromStr;

use super::error::{AddressError, Part};
use super::leaf;
use super::path::{Cursor, DOMAIN_LIMIT, Fault, from_text};
use crate::types::class::{TEXT, URI};
use crate::types::{AbsoluteUri, Domain, DomainList, EtrnTarget, QueueName};

/// `[option-character] node-name` (RFC 1985 §5)
pub(super) fn etrn_target<'a>(cursor: &mut Cursor<'a>) -> Result<EtrnTarget<'a>, Fault> {
    if cursor.eat(b'#') {
        return queue_name(cursor).map(EtrnTarget::Queue);
    }
    let has_option = cursor.eat(b'@');
    let node = domain(cursor)?;
    Ok(if has_option {
        EtrnTarget::Subdomains(node)
    } else {
        EtrnTarget::Node(node)
    })
}

fn domain<'a>(cursor: &mut Cursor<'a>) -> Result<Domain<'a>, Fault> {
    let start = cursor.at();
    match cursor.take(leaf::domain) {
        // SMTPUTF8 does not extend to ETRN and ATRN.
        Some(name) if name.is_ascii() && name.len() <= DOMAIN_LIMIT => {
            Ok(Domain(Cow::Borrowed(cursor.text_since(start))))
        }
        _ => Err((Part::Argument, start)),
    }
}

/// Printable, no blank: all that RFC 1985 §5.3 leaves to be said.
pub(super) fn queue_name<'a>(cursor: &mut Cursor<'a>) -> Result<QueueName<'a>, Fault> {
    let start = cursor.at();
    match cursor.take(leaf::run(TEXT)) {
        Some(name) if !name.contains(&b' ') => {
            Ok(QueueName(Cow::Borrowed(cursor.text_since(start))))
        }
        _ => Err((Part::Argument, start)),
    }
}

/// `domain *("," domain)`, `domain = sub-domain 1*("." sub-domain)` (RFC 2645 §5.2.1)
pub(super) fn domain_list<'a>(cursor: &mut Cursor<'a>) -> Result<DomainList<'a>, Fault> {
    let start = cursor.at();
    loop {
        let at = cursor.at();
        if !domain(cursor)?.as_str().contains('.') {
            return Err((Part::Argument, at));
        }
        if !cursor.eat(b',') {
            return Ok(DomainList(Cow::Borrowed(cursor.text_since(start))));
        }
    }
}

/// `absolute-URI = scheme ":" hier-part [ "?" query ]` (RFC 3986 §4.3), by its
/// characters; what the scheme makes of them is for who fetches it.
pub(super) fn absolute_uri<'a>(cursor: &mut Cursor<'a>) -> Result<AbsoluteUri<'a>, Fault> {
    let start = cursor.at();
    let text = cursor.take(leaf::run(URI)).ok_or((Part::Argument, start))?;
    // scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    let is_scheme = |scheme: &[u8]| {
        scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme
                .iter()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
    };
    let colon = text.iter().position(|&octet| octet == b':');
    let scheme = colon.and_then(|colon| text.get(..colon));
    if !scheme.is_some_and(is_scheme) {
        return Err((Part::Argument, start));
    }
    // pct-encoded = "%" HEXDIG HEXDIG
    let mut pieces = text.split(|&octet| octet == b'%');
    let mut at = start + pieces.next().map_or(0, <[u8]>::len);
    for piece in pieces {
        let digits = piece.first_chunk::<2>();
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err((Part::Argument, at));
        }
        at += piece.len() + 1;
    }
    Ok(AbsoluteUri(Cow::Borrowed(cursor.text_since(start))))
}

from_text! {
    EtrnTarget Argument: etrn_target;
    QueueName Argument: queue_name;
    DomainList Argument: domain_list;
    AbsoluteUri Argument: absolute_uri;
}

impl DomainList<'_> {
    /// A list of those domains.
    ///
    /// # Errors
    ///
    /// There is none, or one has no dot (RFC 2645 §5.2.1) or is not ASCII.
    pub fn new<'a>(
        domains: impl IntoIterator<Item = Domain<'a>>,
    ) -> Result<DomainList<'static>, AddressError> {
        let mut list = String::new();
        for domain in domains {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(domain.as_str());
        }
        list.parse()
    }
}
