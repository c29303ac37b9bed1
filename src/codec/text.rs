//! What a reply says: texts, checked and cut into lines (RFC 5321 §4.2, RFC 2034).

use alloc::borrow::Cow;

use bytes::BufMut;
use memchr::memchr;
use thiserror::Error;

use super::line::CRLF;
use crate::types::class::{self, GRAPHIC};
use crate::types::{EnhancedCode, ReplyCode, ReplyText};

/// Octets of a reply line as we write it, CRLF included (RFC 5321 §4.5.3.1.5).
pub(crate) const LINE_LIMIT: usize = 512;

/// A reply cannot be built of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidReply {
    /// The text holds a control character other than a tab and line ends.
    #[error("a control character at octet {offset} of the text")]
    ControlCharacter {
        /// The octet of the text, from 0.
        offset: usize,
    },
    /// The class of the enhanced code is not that of the reply code, or the
    /// reply code is a 3yz, which has none (RFC 2034 §4).
    #[error("the enhanced code is not of the reply code's class")]
    EnhancedClass,
    /// The reply code is none that may be said here: a refusal with a 2yz, say.
    #[error("a reply code that may not be said here")]
    WrongCode,
}

impl ReplyText {
    /// A text for a reply: lines separated by LF or CR LF.
    ///
    /// # Errors
    ///
    /// It holds a control character other than a tab and line ends.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidReply> {
        let text = text.into();
        check_text(&text)?;
        Ok(Self(text))
    }
}

impl TryFrom<&'static str> for ReplyText {
    type Error = InvalidReply;

    fn try_from(text: &'static str) -> Result<Self, InvalidReply> {
        Self::new(text)
    }
}

/// Printable characters, tabs, and line ends.
pub(super) fn check_text(text: &str) -> Result<(), InvalidReply> {
    let mut octets = text.bytes().enumerate().peekable();
    while let Some((offset, octet)) = octets.next() {
        let is_allowed = match octet {
            b'\t' | b'\n' => true,
            b'\r' => octets.peek().is_some_and(|&(_, next)| next == b'\n'),
            _ => class::is(octet, GRAPHIC),
        };
        if !is_allowed {
            return Err(InvalidReply::ControlCharacter { offset });
        }
    }
    Ok(())
}

/// Writes a reply of checked text, cut into lines that fit.
pub(crate) fn encode(
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    text: &str,
    out: &mut impl BufMut,
) {
    let mut head = Head::new(code, enhanced);
    let room = LINE_LIMIT - head.length - CRLF.len();
    let mut rest = text;
    loop {
        let (line, behind) = cut_line(rest, room);
        out.put_slice(head.octets(behind.is_none()));
        out.put_slice(line.as_bytes());
        out.put_slice(CRLF);
        match behind {
            Some(behind) => rest = behind,
            None => break,
        }
    }
}

/// The first line of `text`, at most `room` octets of it, and what is behind.
/// A line that is too long is cut at its last blank, or else where it must be.
fn cut_line(text: &str, room: usize) -> (&str, Option<&str>) {
    let found = memchr(b'\n', text.as_bytes()).and_then(|at| text.split_at_checked(at));
    let (line, behind) = match found {
        Some((line, rest)) => (line.strip_suffix('\r').unwrap_or(line), rest.get(1..)),
        None => (text, None),
    };
    if line.len() <= room {
        return (line, behind);
    }
    let mut end = room;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let (fits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    match fits.rsplit_once(' ') {
        Some((fits, _)) if !fits.is_empty() => (fits, text.get(fits.len() + 1..)),
        _ => (fits, Some(rest)),
    }
}

/// What each line of a reply begins with: `250-2.1.0 `, or `250-` alone.
struct Head {
    octets: [u8; 14],
    length: usize,
}

impl Head {
    fn new(code: ReplyCode, enhanced: Option<EnhancedCode>) -> Self {
        let mut head = Self {
            octets: [0; 14],
            length: 0,
        };
        for octet in code.digits() {
            head.put(octet);
        }
        head.put(b' ');
        if let Some(enhanced) = enhanced {
            head.put_number(u16::from(enhanced.class()));
            head.put(b'.');
            head.put_number(enhanced.subject());
            head.put(b'.');
            head.put_number(enhanced.detail());
            head.put(b' ');
        }
        head
    }

    /// A number of up to three digits.
    fn put_number(&mut self, number: u16) {
        if number >= 100 {
            self.put_digit(number / 100);
        }
        if number >= 10 {
            self.put_digit(number / 10);
        }
        self.put_digit(number);
    }

    /// The last digit of a number.
    fn put_digit(&mut self, number: u16) {
        self.put(b'0' + (number % 10) as u8);
    }

    fn put(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    /// As it stands on the last line, or on another one.
    fn octets(&mut self, is_last: bool) -> &[u8] {
        let [_, _, _, separator, ..] = &mut self.octets;
        *separator = if is_last { b' ' } else { b'-' };
        self.octets.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Reply;
    use alloc::string::String;

    #[test]
    fn long_lines_are_cut_at_blanks_and_nothing_is_lost() {
        let text = "word ".repeat(300);
        let unbroken = "x".repeat(1200);
        let wide = "\u{20ac}".repeat(400);
        for text in [text.trim_end(), &unbroken, &wide, "", "a\r\nb\n\nc"] {
            let reply = Reply::new(ReplyCode::OK, Some(EnhancedCode::OK), text).unwrap();
            for line in reply.as_bytes().split_inclusive(|&octet| octet == b'\n') {
                assert!(line.len() <= LINE_LIMIT);
                assert!(line.starts_with(b"250") && line.ends_with(b"\r\n"));
            }
            let without_blanks = |text: &str| -> String { text.split_whitespace().collect() };
            assert_eq!(without_blanks(&reply.text()), without_blanks(text));
            assert_eq!(Reply::parse(reply.as_bytes()), Ok(reply.clone()));
        }
    }
}
