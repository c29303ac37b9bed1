//! Addresses, names, and what is made of them.

use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};

use ::arbitrary::{Result, Unstructured};

use super::arbitrary;
use super::text::{Alphabet, one_of, parse, rarely, up_to, valid};
use crate::types::{
    AbsoluteUri, Domain, DomainList, Envelope, EtrnTarget, ForwardPath, GeneralLiteral, HelloName,
    Host, LocalPart, Mailbox, QueueName, Recipient, ReversePath,
};

const ATEXT: &[u8] = b"!#$%&'*+-/=?^_`{|}~";
const QTEXT: &[u8] = b" @<>()[],;:.!#$%&'*+-/=?^_`{|}~";
const PRINTABLE: &[u8] = b" \"\\@<>.a0";
const DCONTENT: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@^_`{|}~";
const URI: &[u8] = b":/?[]@!$&'()*+,;=-._~";
const GRAPHIC: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

arbitrary! {
    LocalPart<'_>: |source| match rarely(source, 4)? {
        true => parse(quoted_string(source)?),
        false => parse(dot_string(source)?),
    };
    Domain<'_>: |source| parse(domain(source, true)?);
    GeneralLiteral<'_>: general_literal;
    Host<'_>: host;
    HelloName<'_>: |source| Ok(match rarely(source, 3)? {
        true => HelloName::from(source.arbitrary::<Host<'_>>()?),
        false => HelloName::from(source.arbitrary::<Domain<'_>>()?),
    });
    Mailbox<'_>: mailbox;
    ReversePath<'_>: |source| Ok(match rarely(source, 4)? {
        true => ReversePath::Null,
        false => ReversePath::Mailbox(routed(source)?),
    });
    ForwardPath<'_>: |source| Ok(match rarely(source, 8)? {
        true => ForwardPath::Postmaster,
        false => ForwardPath::Mailbox(source.arbitrary()?),
    });
    Recipient: |source| Ok(Recipient {
        forward_path: source.arbitrary()?,
        parameters: source.arbitrary()?,
    });
    Envelope: envelope;
    DomainList<'_>: domain_list;
    QueueName<'_>: |source| parse(Alphabet::wide(GRAPHIC).word(source, 64)?);
    EtrnTarget<'_>: |source| Ok(match up_to(source, 2)? {
        0 => EtrnTarget::Node(parse(domain(source, false)?)?),
        1 => EtrnTarget::Subdomains(parse(domain(source, false)?)?),
        _ => EtrnTarget::Queue(source.arbitrary()?),
    });
    AbsoluteUri<'_>: |source| {
        let scheme = one_of(source, &["imap", "x-a+b.c", "I"])?;
        let rest = Alphabet::ascii(URI).word(source, 200)?;
        let escape = if rarely(source, 4)? { "%2f%AB" } else { "" };
        parse(format!("{scheme}:{rest}{escape}"))
    };
}

fn dot_string(source: &mut Unstructured<'_>) -> Result<String> {
    let atext = Alphabet::wide(ATEXT);
    let mut text = atext.word(source, 64)?;
    while rarely(source, 4)? {
        let atom = atext.word(source, 16)?;
        if text.len() + 1 + atom.len() > 64 {
            break;
        }
        text.push('.');
        text.push_str(&atom);
    }
    Ok(text)
}

fn quoted_string(source: &mut Unstructured<'_>) -> Result<String> {
    let qtext = Alphabet::wide(QTEXT);
    let mut text = String::from('"');
    let pieces = up_to(source, 5)?;
    for _ in 0..pieces {
        if rarely(source, 4)? {
            text.push('\\');
            text.push(char::from(one_of(source, PRINTABLE)?));
        } else {
            text.push_str(&qtext.word(source, 12)?);
        }
    }
    text.push('"');
    Ok(text)
}

/// Labels with dots between them, 255 octets at most.
fn domain(source: &mut Unstructured<'_>, wide: bool) -> Result<String> {
    let mut text = label(source, wide)?;
    while !rarely(source, 3)? && text.len() < 255 - 64 {
        text.push('.');
        text.push_str(&label(source, wide)?);
        if source.is_empty() {
            break;
        }
    }
    Ok(text)
}

fn label(source: &mut Unstructured<'_>, wide: bool) -> Result<String> {
    let alphabet = Alphabet {
        wide,
        ..Alphabet::LETTERS
    };
    let mut text = alphabet.word(source, 40)?;
    if rarely(source, 4)? {
        text.push_str(one_of(source, &["-", "--"])?);
        text.push_str(&alphabet.word(source, 16)?);
    }
    Ok(text)
}

fn general_literal<'a>(source: &mut Unstructured<'_>) -> Result<GeneralLiteral<'a>> {
    let tag = one_of(source, &["x", "X-New", "3-a", "IPv4"])?;
    let content = Alphabet::ascii(DCONTENT).word(source, 200)?;
    valid(GeneralLiteral::new(tag, &content))
}

fn host<'a>(source: &mut Unstructured<'_>) -> Result<Host<'a>> {
    // A domain comes first, as what there is when the source has run dry.
    Ok(match up_to(source, 11)? {
        0..=6 => Host::Domain(source.arbitrary()?),
        7 => Host::Ipv4(Ipv4Addr::from(source.arbitrary::<u32>()?)),
        8 => Host::Ipv6(Ipv6Addr::from(source.arbitrary::<u128>()?)),
        9 => Host::Ipv6(source.arbitrary::<Ipv4Addr>()?.to_ipv6_mapped()),
        10 => parse(one_of(source, &["[192.000.002.001]", "[ipv6:1::]"])?)?,
        _ => Host::General(source.arbitrary()?),
    })
}

fn mailbox<'a>(source: &mut Unstructured<'_>) -> Result<Mailbox<'a>> {
    let local: LocalPart<'_> = source.arbitrary()?;
    let host = source.arbitrary()?;
    // Both within their limits may be more than a path may have.
    let mailbox = Mailbox::new(&local, &host);
    valid(mailbox.or_else(|_| Mailbox::new(&local, &Host::Ipv4(Ipv4Addr::LOCALHOST))))
}

/// A mailbox, now and then behind a source route.
fn routed<'a>(source: &mut Unstructured<'_>) -> Result<Mailbox<'a>> {
    let mailbox: Mailbox<'_> = source.arbitrary()?;
    if rarely(source, 8)? {
        let path = format!("<@{},@b.example:{mailbox}>", label(source, true)?);
        if let Ok(ReversePath::Mailbox(routed)) = path.parse() {
            return Ok(routed);
        }
    }
    Ok(mailbox)
}

fn envelope(source: &mut Unstructured<'_>) -> Result<Envelope> {
    let mut envelope = Envelope::new(source.arbitrary::<ReversePath<'_>>()?);
    envelope.parameters = source.arbitrary()?;
    for _ in 0..up_to(source, 4)? {
        envelope.recipients.push(source.arbitrary()?);
    }
    Ok(envelope)
}

fn domain_list<'a>(source: &mut Unstructured<'_>) -> Result<DomainList<'a>> {
    let mut domains = alloc::vec::Vec::new();
    for _ in 0..=up_to(source, 3)? {
        let text = format!("{}.{}", label(source, false)?, label(source, false)?);
        domains.push(parse::<Domain<'_>>(text)?);
    }
    valid(DomainList::new(domains))
}
