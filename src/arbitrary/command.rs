//! Commands, and what only they carry.

use alloc::string::String;

use ::arbitrary::{Result, Unstructured};

use super::arbitrary;
use super::text::{Alphabet, octets, one_of, parse, rarely, up_to, valid};
use crate::types::{
    Argument, Attribute, AttributeValue, Command, Mechanism, SaslLine, SaslMessage, UnknownCommand,
    Verb, XclientAttributes, XforwardAttributes,
};

const TEXT: &[u8] = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const MECHANISM: &[u8] = b"-_";

arbitrary! {
    Verb: |source| match rarely(source, 20)? {
        true => Ok(Verb::Unknown),
        false => one_of(source, Verb::ALL),
    };
    Argument<'_>: |source| {
        let text = Alphabet::wide(TEXT).word(source, 200)?;
        let text = text.trim_matches(' ');
        parse(if text.is_empty() { "a b" } else { text })
    };
    UnknownCommand<'_>: unknown;
    Mechanism: |source| match rarely(source, 3)? {
        true => parse(Alphabet::ascii(MECHANISM).word(source, 20)?),
        false => one_of(
            source,
            &[Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::SCRAM_SHA_256_PLUS],
        ),
    };
    SaslMessage<'_>: |source| Ok(SaslMessage::encode(&octets(source)?));
    SaslLine<'_>: |source| Ok(match rarely(source, 8)? {
        true => SaslLine::Cancel,
        false => SaslLine::Response(source.arbitrary()?),
    });
    Attribute: |source| match source.arbitrary()? {
        true => one_of(source, Attribute::XCLIENT),
        false => one_of(source, Attribute::XFORWARD),
    };
    AttributeValue<'_>: |source| {
        let attribute = source.arbitrary()?;
        value(source, attribute)
    };
    XclientAttributes<'_>: |source| {
        let first = one_of(source, Attribute::XCLIENT)?;
        let mut attributes = valid(XclientAttributes::new(first, &value(source, first)?))?;
        for _ in 0..up_to(source, 4)? {
            let next = one_of(source, Attribute::XCLIENT)?;
            attributes = valid(attributes.with(next, &value(source, next)?))?;
        }
        Ok(attributes)
    };
    XforwardAttributes<'_>: |source| {
        let first = one_of(source, Attribute::XFORWARD)?;
        let mut attributes = valid(XforwardAttributes::new(first, &value(source, first)?))?;
        for _ in 0..up_to(source, 4)? {
            let next = one_of(source, Attribute::XFORWARD)?;
            attributes = valid(attributes.with(next, &value(source, next)?))?;
        }
        Ok(attributes)
    };
    Command<'_>: command;
}

fn unknown<'a>(source: &mut Unstructured<'_>) -> Result<UnknownCommand<'a>> {
    let mut line = Alphabet::ascii(b"-").word(source, 12)?;
    if source.arbitrary()? {
        line.push(' ');
        line.push_str(
            Alphabet::wide(TEXT)
                .word(source, 100)?
                .trim_end_matches(' '),
        );
    }
    // It may be a known one by chance, or end with a blank.
    match line.parse() {
        Ok(unknown) => Ok(unknown),
        Err(_) => parse("X-NOTHING at all"),
    }
}

/// A value of the form that `attribute` has.
fn value<'a>(source: &mut Unstructured<'_>, attribute: Attribute) -> Result<AttributeValue<'a>> {
    if rarely(source, 4)? {
        return one_of(source, &[false, true]).map(|for_now| match for_now {
            true => AttributeValue::TemporarilyUnavailable,
            false => AttributeValue::Unavailable,
        });
    }
    let text = match attribute {
        Attribute::Addr | Attribute::DestAddr => String::from(one_of(
            source,
            &["192.0.2.1", "IPV6:2001:db8::1", "ipv6:::"],
        )?),
        Attribute::Port | Attribute::DestPort => {
            alloc::format!("{}", source.arbitrary::<u16>()?)
        }
        Attribute::Proto => String::from(one_of(source, &["SMTP", "esmtp"])?),
        Attribute::Source => String::from(one_of(source, &["LOCAL", "Remote"])?),
        Attribute::Name | Attribute::Helo | Attribute::Login | Attribute::Ident => {
            let text = Alphabet::wide(TEXT).word(source, 100)?;
            // What begins with a bracket is no text.
            text.replace('[', "(")
        }
    };
    Ok(AttributeValue::Text(text.into()))
}

fn command<'a>(source: &mut Unstructured<'_>) -> Result<Command<'a>> {
    Ok(match source.arbitrary()? {
        Verb::Ehlo => Command::Ehlo(source.arbitrary()?),
        Verb::Helo => Command::Helo(source.arbitrary()?),
        Verb::Lhlo => Command::Lhlo(source.arbitrary()?),
        Verb::Mail => Command::Mail {
            reverse_path: source.arbitrary()?,
            parameters: source.arbitrary()?,
        },
        Verb::Rcpt => Command::Rcpt {
            forward_path: source.arbitrary()?,
            parameters: source.arbitrary()?,
        },
        Verb::Data => Command::Data,
        Verb::Bdat => Command::Bdat {
            size: source.arbitrary()?,
            last: source.arbitrary()?,
        },
        Verb::Burl => Command::Burl {
            uri: source.arbitrary()?,
            last: source.arbitrary()?,
        },
        Verb::Rset => Command::Rset,
        Verb::Vrfy => Command::Vrfy(source.arbitrary()?),
        Verb::Expn => Command::Expn(source.arbitrary()?),
        Verb::Help => Command::Help(source.arbitrary()?),
        Verb::Noop => Command::Noop(source.arbitrary()?),
        Verb::Quit => Command::Quit,
        Verb::StartTls => Command::StartTls,
        Verb::Auth => Command::Auth {
            mechanism: source.arbitrary()?,
            initial_response: source.arbitrary()?,
        },
        Verb::Etrn => Command::Etrn(source.arbitrary()?),
        Verb::Atrn => Command::Atrn(source.arbitrary()?),
        Verb::Turn => Command::Turn,
        Verb::Send => Command::Send {
            reverse_path: source.arbitrary()?,
            parameters: source.arbitrary()?,
        },
        Verb::Soml => Command::Soml {
            reverse_path: source.arbitrary()?,
            parameters: source.arbitrary()?,
        },
        Verb::Saml => Command::Saml {
            reverse_path: source.arbitrary()?,
            parameters: source.arbitrary()?,
        },
        Verb::Xclient => Command::Xclient(source.arbitrary()?),
        Verb::Xforward => Command::Xforward(source.arbitrary()?),
        Verb::Unknown => Command::Unknown(source.arbitrary()?),
    })
}
