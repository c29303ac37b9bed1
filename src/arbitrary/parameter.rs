//! Parameters of MAIL and RCPT, and their values.

use alloc::format;
use alloc::string::String;

use ::arbitrary::{Result, Unstructured};

use super::arbitrary;
use super::text::{Alphabet, one_of, parse, rarely, up_to, valid};
use crate::types::{
    BodyType, ByMode, DateTime, DeliverBy, MailParameters, Mailbox, MessageTracking,
    NoSupportAction, Notify, OriginalRecipient, Parameter, ParameterKind, Priority, RcptParameters,
    Ret, SubmitterIdentity, ValidSince,
};

const VALUE: &[u8] = b"!\"#$%&'()*+,-./:;<>?@[\\]^_`{|}~";
const TEXT: &[u8] = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const WORD: &[u8] = b".-_:";

arbitrary! {
    BodyType: |source| one_of(
        source,
        &[BodyType::SevenBit, BodyType::EightBitMime, BodyType::BinaryMime],
    );
    ByMode: |source| one_of(source, &[ByMode::Notify, ByMode::Return]);
    DeliverBy: |source| {
        let mode = source.arbitrary()?;
        let least = if mode == ByMode::Return { 1 } else { -999_999_999 };
        let seconds = source.int_in_range(least..=999_999_999)?;
        let by = valid(DeliverBy::new(seconds, mode).ok_or(()))?;
        Ok(by.with_trace(source.arbitrary()?))
    };
    Ret: |source| one_of(source, &[Ret::Full, Ret::Headers]);
    Notify: |source| {
        let mut notify = Notify::NEVER;
        for when in [Notify::SUCCESS, Notify::FAILURE, Notify::DELAY] {
            if source.arbitrary()? {
                notify = notify | when;
            }
        }
        Ok(notify)
    };
    OriginalRecipient<'_>: original_recipient;
    ParameterKind: |source| one_of(source, ParameterKind::ALL);
    Priority: |source| valid(Priority::new(source.int_in_range(-9..=9)?).ok_or(()));
    NoSupportAction: |source| one_of(
        source,
        &[NoSupportAction::Reject, NoSupportAction::Continue],
    );
    ValidSince: |source| Ok(ValidSince::new(source.arbitrary()?, source.arbitrary()?));
    SubmitterIdentity<'_>: |source| Ok(match rarely(source, 3)? {
        true => SubmitterIdentity::Unknown,
        false => SubmitterIdentity::Mailbox(source.arbitrary()?),
    });
    MessageTracking<'_>: |source| {
        let sha1: [u8; 20] = source.arbitrary()?;
        let timeout = match source.arbitrary()? {
            true => Some(source.int_in_range(0..=999_999_999)?),
            false => None,
        };
        valid(MessageTracking::new(&sha1, timeout))
    };
    DateTime: date_time;
    Parameter<'_>: |source| match rarely(source, 3)? {
        // One of those that a command would carry.
        true => {
            let parameters: MailParameters<'_> = source.arbitrary()?;
            let first = parameters.iter().next().map(Parameter::into_owned);
            first.map_or_else(|| parse("SMTPUTF8"), Ok)
        }
        false => parse(unknown(source)?),
    };
    MailParameters<'_>: |source| {
        let mut parameters = MailParameters::new();
        for _ in 0..up_to(source, 6)? {
            let before = parameters.clone();
            // What is too long or does not go with the others is left out.
            parameters = with_mail_parameter(source, parameters)?.unwrap_or(before);
        }
        Ok(parameters)
    };
    RcptParameters<'_>: |source| {
        let mut parameters = RcptParameters::new();
        for _ in 0..up_to(source, 4)? {
            let before = parameters.clone();
            parameters = with_rcpt_parameter(source, parameters)?.unwrap_or(before);
        }
        Ok(parameters)
    };
}

fn with_mail_parameter<'a>(
    source: &mut Unstructured<'_>,
    old: MailParameters<'a>,
) -> Result<Option<MailParameters<'a>>> {
    Ok(match up_to(source, 18)? {
        0 => Some(old.with_size(source.arbitrary()?)),
        1 => Some(old.with_body(source.arbitrary()?)),
        2 => Some(old.with_smtputf8()),
        3 => Some(old.with_ret(source.arbitrary()?)),
        4 => old.with_envid(&envelope_id(source)?).ok(),
        5 => old.with_auth(&source.arbitrary()?).ok(),
        6 => Some(old.with_deliver_by(source.arbitrary()?)),
        7 => old
            .with_hold_for(source.int_in_range(1..=999_999_999)?)
            .ok(),
        8 => old.with_hold_until(source.arbitrary()?).ok(),
        9 => Some(old.with_priority(source.arbitrary()?)),
        10 => Some(old.with_require_tls()),
        11 => old.with_solicit(&solicitation(source)?).ok(),
        12 => old
            .with_envid(&envelope_id(source)?)
            .and_then(|old| old.with_tracking(&MessageTracking::new(&[7; 20], None)?))
            .ok(),
        13 => old.with_tracking(&source.arbitrary()?).ok(),
        14 => old.with_submitter(&source.arbitrary()?).ok(),
        15 => Some(old.with_conperm()),
        16 => old.with_transaction_id("<a.1@b.example>").ok(),
        17 => {
            let spelt = one_of(
                source,
                &["size=007", "Body=8bitMIME", "by=+5;rt", "ret=full"],
            )?;
            old.with(&parse(spelt)?).ok()
        }
        _ => old.with(&parse(unknown(source)?)?).ok(),
    })
}

fn with_rcpt_parameter<'a>(
    source: &mut Unstructured<'_>,
    old: RcptParameters<'a>,
) -> Result<Option<RcptParameters<'a>>> {
    Ok(match up_to(source, 5)? {
        0 => Some(old.with_notify(source.arbitrary()?)),
        1 => Some(old.with_original_recipient(&source.arbitrary()?)),
        2 => Some(old.with_valid_since(source.arbitrary()?)),
        3 => Some(old.with_conneg()),
        4 => {
            let spelt = one_of(
                source,
                &["notify=Delay,delay", "ORCPT=UTF-8;a\\x{E9}", "Size=1"],
            )?;
            old.with(&parse(spelt)?).ok()
        }
        _ => old.with(&parse(unknown(source)?)?).ok(),
    })
}

/// A parameter that most likely nobody knows, with a value or without.
fn unknown(source: &mut Unstructured<'_>) -> Result<String> {
    let mut text = Alphabet::LETTERS.word(source, 10)?;
    if rarely(source, 3)? {
        text.push_str("-x");
    }
    if source.arbitrary()? {
        text.push('=');
        text.push_str(&Alphabet::wide(VALUE).word(source, 100)?);
    }
    Ok(text)
}

fn envelope_id(source: &mut Unstructured<'_>) -> Result<String> {
    Alphabet::ascii(TEXT).word(source, 100)
}

fn solicitation(source: &mut Unstructured<'_>) -> Result<String> {
    let word = Alphabet::ascii(WORD);
    let first = word.word(source, 40)?;
    let second = word.word(source, 40)?;
    Ok(format!("net.example:{first},x{second}"))
}

fn original_recipient<'a>(source: &mut Unstructured<'_>) -> Result<OriginalRecipient<'a>> {
    let mailbox: Mailbox<'_> = source.arbitrary()?;
    let original = match up_to(source, 3)? {
        0 => OriginalRecipient::of_mailbox(&mailbox),
        1 => OriginalRecipient::of_mailbox_utf8(&mailbox),
        2 => OriginalRecipient::new("utf-8", &Alphabet::wide(TEXT).word(source, 40)?),
        _ => OriginalRecipient::new("X400", &Alphabet::wide(TEXT).word(source, 100)?),
    };
    // Encoded, a mailbox may be too long.
    valid(original.or_else(|_| OriginalRecipient::new("rfc822", "a@b.example")))
}

fn date_time(source: &mut Unstructured<'_>) -> Result<DateTime> {
    let date = DateTime::new(
        source.int_in_range(0..=9999)?,
        source.int_in_range(1..=12)?,
        source.int_in_range(1..=31)?,
        source.int_in_range(0..=23)?,
        source.int_in_range(0..=59)?,
        source.int_in_range(0..=60)?,
    );
    // There may be no such day, or no such second.
    let seconds = i64::from(source.arbitrary::<i32>()?);
    let date = valid(date.or_else(|| DateTime::from_unix(seconds)).ok_or(()))?;
    let offset = match rarely(source, 3)? {
        true => source.int_in_range(-1439..=1439)?,
        false => 0,
    };
    valid(date.at_offset(offset).ok_or(()))
}
