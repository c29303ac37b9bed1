//! Replies.

use alloc::string::String;
use alloc::vec::Vec;

use ::arbitrary::{Result, Unstructured};

use super::arbitrary;
use super::text::{Alphabet, one_of, rarely, up_to, valid};
use crate::types::{Category, EnhancedCode, Reply, ReplyCode, ReplyText, Severity};

const TEXT: &[u8] = b" \t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

arbitrary! {
    Severity: |source| one_of(
        source,
        &[
            Severity::PositiveCompletion,
            Severity::PositiveIntermediate,
            Severity::TransientNegative,
            Severity::PermanentNegative,
        ],
    );
    Category: |source| one_of(
        source,
        &[
            Category::Syntax,
            Category::Information,
            Category::Connection,
            Category::MailSystem,
            Category::Unspecified,
        ],
    );
    ReplyCode: |source| match rarely(source, 3)? {
        true => valid(ReplyCode::new(source.int_in_range(200..=599)?).ok_or(())),
        false => one_of(
            source,
            &[
                ReplyCode::OK,
                ReplyCode::START_MAIL_INPUT,
                ReplyCode::SERVICE_NOT_AVAILABLE,
                ReplyCode::MAILBOX_UNAVAILABLE,
            ],
        ),
    };
    EnhancedCode: |source| {
        let class = one_of(source, &[2, 4, 5])?;
        enhanced(source, class)
    };
    ReplyText: |source| valid(ReplyText::new(text(source)?));
    Reply<'_>: |source| match rarely(source, 3)? {
        true => received(source),
        false => built(source),
    };
}

fn enhanced(source: &mut Unstructured<'_>, class: u8) -> Result<EnhancedCode> {
    let most = one_of(source, &[7, 30, 999])?;
    let subject = source.int_in_range(0..=most)?;
    let detail = source.int_in_range(0..=most)?;
    valid(EnhancedCode::new(class, subject, detail).ok_or(()))
}

/// Lines, also empty ones, and one that does not fit on a line of the reply.
fn text(source: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for number in 0..=up_to(source, 3)? {
        if number > 0 {
            text.push_str(one_of(source, &["\n", "\r\n"])?);
        }
        if !rarely(source, 6)? {
            text.push_str(&Alphabet::wide(TEXT).word(source, 700)?);
        }
    }
    Ok(text)
}

fn built<'a>(source: &mut Unstructured<'_>) -> Result<Reply<'a>> {
    let code: ReplyCode = source.arbitrary()?;
    let class = code.severity() as u8;
    let enhanced = match class != 3 && source.arbitrary()? {
        true => Some(enhanced(source, class)?),
        false => None,
    };
    valid(Reply::new(code, enhanced, &text(source)?))
}

/// As other servers write them: a code alone, octets that are not UTF-8,
/// control characters, an enhanced code on some of the lines.
fn received<'a>(source: &mut Unstructured<'_>) -> Result<Reply<'a>> {
    let code = alloc::format!("{}", source.arbitrary::<ReplyCode>()?);
    let more = up_to(source, 3)?;
    let mut wire = Vec::new();
    for left in (0..=more).rev() {
        wire.extend_from_slice(code.as_bytes());
        if left > 0 || !rarely(source, 4)? {
            wire.push(if left > 0 { b'-' } else { b' ' });
            let start = one_of(source, &["", "2.1.0 ", "5.7.1\t", "4.2", " "])?;
            wire.extend_from_slice(start.as_bytes());
            for _ in 0..up_to(source, 8)? {
                let octet = source.arbitrary()?;
                wire.push(if matches!(octet, 0 | b'\r' | b'\n') {
                    0x80
                } else {
                    octet
                });
            }
        }
        wire.extend_from_slice(b"\r\n");
    }
    valid(Reply::parse(&wire).map(Reply::into_owned))
}
