//! What a server offers.

use alloc::format;
use alloc::vec::Vec;

use ::arbitrary::{Result, Unstructured};

use super::arbitrary;
use super::text::{Alphabet, one_of, parse, rarely, up_to, valid};
use crate::types::{Attribute, Capabilities, Capability, Extension, Limits, Mechanism};

const PRINTABLE: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

arbitrary! {
    Extension: |source| one_of(source, Extension::ALL);
    Limits: |source| {
        let mut limits = Limits::new();
        let number = source.int_in_range(1..=999_999)?;
        for _ in 0..up_to(source, 3)? {
            let with = match up_to(source, 2)? {
                0 => limits.with_mails(number),
                1 => limits.with_recipients(number),
                _ => limits.with_recipient_domains(number),
            };
            limits = valid(with.ok_or(()))?;
        }
        Ok(limits)
    };
    Capability<'_>: capability;
    Capabilities<'_>: |source| {
        let greeting = Alphabet::wide(b" .-").word(source, 40)?;
        let mut offers: Vec<Capability<'_>> = Vec::new();
        for _ in 0..up_to(source, 8)? {
            offers.push(source.arbitrary()?);
        }
        valid(Capabilities::new(&greeting, offers))
    };
}

fn capability<'a>(source: &mut Unstructured<'_>) -> Result<Capability<'a>> {
    let offer = match up_to(source, 12)? {
        0 => Ok(Capability::from(source.arbitrary::<Extension>()?)),
        1 => Ok(Capability::size(source.arbitrary()?)),
        2 => {
            let mechanisms: [Mechanism; 3] = source.arbitrary()?;
            Capability::auth(mechanisms)
        }
        3 => Capability::deliver_by(Some(source.int_in_range(0..=999_999_999)?)),
        4 => {
            let seconds = source.int_in_range(1..=999_999_999)?;
            Capability::future_release(seconds, source.arbitrary()?)
        }
        5 => Capability::mt_priority(one_of(source, &["MIXER", "a.B_c-9"])?),
        6 => Capability::no_soliciting("net.example:ADV,x"),
        7 => Capability::limits(source.arbitrary()?),
        8 => Capability::burl(["imap", "imap://mail.example"]),
        9 => Capability::xclient(source.arbitrary::<[Attribute; 3]>()?),
        10 => Capability::xforward(source.arbitrary::<[Attribute; 3]>()?),
        _ => return unknown(source),
    };
    // There may be no limit, no attribute of that command, or no such date.
    offer.or_else(|_| Ok(Capability::from(Extension::Pipelining)))
}

/// A keyword that most likely nobody knows, and parameters.
fn unknown<'a>(source: &mut Unstructured<'_>) -> Result<Capability<'a>> {
    let mut text = Alphabet::LETTERS.word(source, 12)?;
    if rarely(source, 3)? {
        text.push_str("-x");
    }
    for _ in 0..up_to(source, 3)? {
        let parameter = Alphabet::ascii(PRINTABLE).word(source, 100)?;
        text = format!("{text} {parameter}");
    }
    parse(text)
}
