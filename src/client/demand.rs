//! What a transaction demands of the server, checked before anything is sent.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::Write;

use super::body::BodyOptions;
use super::error::Undeliverable;
use crate::types::{
    BodyType, Capabilities, Command, Envelope, Extension, MailParameters, Parameters,
};

/// The parameters of MAIL for this message: SIZE, BODY and SMTPUTF8 as needed
/// and offered, and the others of the envelope.
pub(super) fn mail_parameters(
    envelope: &Envelope,
    options: &BodyOptions,
    offered: &Capabilities<'_>,
) -> Result<MailParameters<'static>, Undeliverable> {
    let given = &envelope.parameters;
    let body = options
        .body_type
        .max(given.body().unwrap_or(BodyType::SevenBit));
    let utf8 = options.utf8 || given.smtputf8() || !is_ascii(envelope);
    let size = options.size.or(given.size());

    if body > BodyType::EightBitMime {
        return Err(Undeliverable::Binary);
    }
    if utf8 && !offered.offers(Extension::SmtpUtf8) {
        return Err(Undeliverable::NotOffered(Extension::SmtpUtf8));
    }
    let eight_bit = body == BodyType::EightBitMime;
    // RFC 6531 §3.1: who offers SMTPUTF8 must offer 8BITMIME; some forget.
    let eight_bit_offered =
        offered.offers(Extension::EightBitMime) || offered.offers(Extension::SmtpUtf8);
    if eight_bit && !eight_bit_offered {
        return Err(Undeliverable::NotOffered(Extension::EightBitMime));
    }
    let size = size.filter(|_| offered.offers(Extension::Size));
    if let (Some(size), Some(limit)) = (size, offered.size_limit()) {
        if size > limit {
            return Err(Undeliverable::TooLarge { limit });
        }
    }

    let mut text = String::new();
    if let Some(size) = size {
        // Writing to a String cannot fail.
        let _ = write!(text, "SIZE={size}");
    }
    if eight_bit {
        add(&mut text, "BODY=8BITMIME");
    }
    if utf8 {
        add(&mut text, "SMTPUTF8");
    }
    for parameter in given.iter() {
        let is = |name: &str| parameter.name().eq_ignore_ascii_case(name);
        if !(is("SIZE") || is("BODY") || is("SMTPUTF8")) {
            add(&mut text, parameter.as_str());
        }
    }
    Ok(MailParameters(Parameters::from_checked(Cow::Owned(text))))
}

fn add(text: &mut String, parameter: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(parameter);
}

/// Whether neither paths nor parameters need SMTPUTF8.
fn is_ascii(envelope: &Envelope) -> bool {
    let mut recipients = envelope.recipients.iter();
    envelope.is_ascii()
        && envelope.parameters.as_str().is_ascii()
        && recipients.all(|recipient| recipient.parameters.as_str().is_ascii())
}

/// Whether each line of the transaction may be sent.
pub(super) fn check_lines(
    envelope: &Envelope,
    parameters: &MailParameters<'_>,
) -> Result<(), Undeliverable> {
    let mail = Command::Mail {
        reverse_path: envelope.reverse_path.as_borrowed(),
        parameters: parameters.as_borrowed(),
    };
    if !mail.fits_line() {
        return Err(Undeliverable::MailTooLong);
    }
    let too_long = envelope.recipients.iter().position(|recipient| {
        let rcpt = Command::Rcpt {
            forward_path: recipient.forward_path.as_borrowed(),
            parameters: recipient.parameters.as_borrowed(),
        };
        !rcpt.fits_line()
    });
    too_long.map_or(Ok(()), |recipient| {
        Err(Undeliverable::RcptTooLong { recipient })
    })
}
