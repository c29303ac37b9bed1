//! Texts of which the values are made.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::str::FromStr;

use ::arbitrary::{Error, Result, Unstructured};

/// ASCII letters and digits, of which most texts are.
const PLAIN: &[u8] = b"abcxyzABCXYZ0189";

/// Characters beyond ASCII: of two, three and four octets, at the ends of each
/// range, one that combines, one that turns the text round, and a control.
const WIDE: &[char] = &[
    '\u{e9}',
    '\u{df}',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{7528}',
    '\u{301}',
    '\u{202e}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{10ffff}',
];

/// One of `choices`.
pub(super) fn one_of<T: Copy>(source: &mut Unstructured<'_>, choices: &[T]) -> Result<T> {
    source.choose(choices).copied()
}

/// A number from 0 to `most`.
pub(super) fn up_to(source: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    source.int_in_range(0..=most)
}

/// Once in so many times.
pub(super) fn rarely(source: &mut Unstructured<'_>, times: u8) -> Result<bool> {
    // The last, so that a source that has run dry says no.
    Ok(source.int_in_range(1..=times)? == times)
}

/// What a text may hold besides letters and digits.
#[derive(Clone, Copy)]
pub(super) struct Alphabet {
    pub(super) special: &'static [u8],
    pub(super) wide: bool,
}

impl Alphabet {
    /// Letters and digits.
    pub(super) const LETTERS: Self = Self::ascii(b"");

    /// Letters, digits, and those.
    pub(super) const fn ascii(special: &'static [u8]) -> Self {
        Self {
            special,
            wide: false,
        }
    }

    /// The same, and characters beyond ASCII.
    pub(super) const fn wide(special: &'static [u8]) -> Self {
        Self {
            special,
            wide: true,
        }
    }

    pub(super) fn character(self, source: &mut Unstructured<'_>) -> Result<char> {
        if self.wide && rarely(source, 6)? {
            return one_of(source, WIDE);
        }
        let choices = match rarely(source, 3)? {
            true if !self.special.is_empty() => self.special,
            _ => PLAIN,
        };
        one_of(source, choices).map(char::from)
    }

    /// A text of 1 to `most` octets; mostly a few.
    pub(super) fn word(self, source: &mut Unstructured<'_>, most: usize) -> Result<String> {
        let octets = length(source, most)?;
        let mut text = String::new();
        loop {
            let character = self.character(source)?;
            if text.len() + character.len_utf8() > most {
                // Only if `most` is less than four octets.
                if text.is_empty() {
                    text.push('a');
                }
                return Ok(text);
            }
            text.push(character);
            if text.len() >= octets {
                return Ok(text);
            }
        }
    }
}

/// 1 to `most`: mostly a few, now and then as many as there may be.
fn length(source: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    match rarely(source, 24)? {
        true => source.int_in_range(most - most / 8..=most),
        false => source.int_in_range(1..=most.min(8)),
    }
}

/// Octets of any kind, a few dozen at most.
pub(super) fn octets(source: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = up_to(source, 48)?;
    let mut octets = Vec::with_capacity(length);
    for _ in 0..length {
        octets.push(source.arbitrary()?);
    }
    Ok(octets)
}

/// The value that a text is.
pub(super) fn parse<T: FromStr>(text: impl Display) -> Result<T> {
    valid(alloc::format!("{text}").parse())
}

/// What a constructor made. That it refuses means that this module is wrong
/// about what is valid; the fuzzer then tries another input.
pub(super) fn valid<T, E>(made: core::result::Result<T, E>) -> Result<T> {
    made.map_err(|_| Error::IncorrectFormat)
}
