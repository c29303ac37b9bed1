//! Replies to octets and back (RFC 5321 §4.2, RFC 2034).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use bytes::{Buf, BufMut, BytesMut};
use thiserror::Error;

use super::line::CRLF;
use super::swar::first_below;
use super::text::{InvalidReply, check_text, encode};
use crate::types::{EnhancedCode, Reply, ReplyCode};

/// Octets are not a reply. A client that reads this is out of step with its
/// server, and cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A line does not begin with three digits and a separator.
    #[error("a line without a reply code")]
    NoCode,
    /// The code is not 200 to 599.
    #[error("a reply code out of range")]
    CodeOutOfRange,
    /// The lines of one reply carry different codes.
    #[error("lines with different reply codes")]
    CodesDiffer,
    /// A line feed without a carriage return before it.
    #[error("a bare line feed")]
    BareLineFeed,
    /// A NUL, or a carriage return without a line feed behind it.
    #[error("a NUL or a bare carriage return")]
    ForbiddenOctet,
    /// A line is longer than [`ReplyLimits::line`].
    #[error("a reply line is too long")]
    LineTooLong,
    /// There are more lines than [`ReplyLimits::lines`].
    #[error("too many reply lines")]
    TooManyLines,
    /// The reply is longer than [`ReplyLimits::octets`].
    #[error("the reply is too long")]
    TooLong,
    /// The octets end before the reply does, or go on behind it.
    #[error("not exactly one reply")]
    NotOne,
}

/// How much a server may say in one reply; `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLimits {
    /// Octets of a line, CRLF included. Default 4096.
    pub line: Option<usize>,
    /// Lines of a reply. Default 1000.
    pub lines: Option<usize>,
    /// Octets of a reply. Default 65536.
    pub octets: Option<usize>,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            line: Some(4096),
            lines: Some(1000),
            octets: Some(65536),
        }
    }
}

/// Cuts input into replies.
///
/// Remembers how far it looked, so that no octet is looked at twice; what has
/// not become a reply stays in the caller's buffer, within the limits.
///
/// ```
/// use bytes::BytesMut;
/// use ehlo::codec::{ReplyLimits, ReplyParser};
/// let mut parser = ReplyParser::new(ReplyLimits::default());
/// let mut input = BytesMut::from("250-mx.example.com\r\n250 SI");
/// assert_eq!(parser.next(&mut input), None);
/// input.extend_from_slice(b"ZE\r\n");
/// let reply = parser.next(&mut input).unwrap()?;
/// assert_eq!(reply.lines().last(), Some(&b"SIZE"[..]));
/// # Ok::<(), ehlo::codec::ReplyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReplyParser {
    // The limits, the greatest number for none.
    max_line: usize,
    max_lines: usize,
    max_octets: usize,
    takes_bare_lf: bool,
    /// Octets of the whole lines at the front of the input.
    framed: usize,
    /// Octets at the front of the input known to hold no line end behind those.
    searched: usize,
    lines: usize,
    code: Option<ReplyCode>,
    /// The code and the hyphen of the lines before.
    prefix: [u8; 4],
}

/// A limit as a number to compare with.
const fn or_greatest(limit: Option<usize>) -> usize {
    match limit {
        Some(limit) => limit,
        None => usize::MAX,
    }
}

impl ReplyParser {
    /// A parser of replies within those limits.
    #[must_use]
    pub const fn new(limits: ReplyLimits) -> Self {
        Self {
            max_line: or_greatest(limits.line),
            max_lines: or_greatest(limits.lines),
            max_octets: or_greatest(limits.octets),
            takes_bare_lf: false,
            framed: 0,
            searched: 0,
            lines: 0,
            code: None,
            prefix: *b"   -",
        }
    }

    /// The same, for a server that ends lines with LF alone. Never use it once
    /// STARTTLS has been sent, nor with a server whose replies could carry
    /// somebody else's text: what ends a line is then for that text to say.
    /// Replies come out with CR LF all the same.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use ehlo::codec::{ReplyLimits, ReplyParser};
    /// let mut parser = ReplyParser::new(ReplyLimits::default()).taking_bare_lf();
    /// let mut input = BytesMut::from("250-old.example\n250 HELP\n");
    /// let reply = parser.next(&mut input).unwrap()?;
    /// assert_eq!(reply.as_bytes(), b"250-old.example\r\n250 HELP\r\n");
    /// # Ok::<(), ehlo::codec::ReplyError>(())
    /// ```
    #[must_use]
    pub const fn taking_bare_lf(self) -> Self {
        Self {
            takes_bare_lf: true,
            ..self
        }
    }

    /// Whether, from here on, lines that end with LF alone are taken: see
    /// [`taking_bare_lf`](Self::taking_bare_lf).
    pub const fn set_bare_lf(&mut self, is_taken: bool) {
        self.takes_bare_lf = is_taken;
    }

    /// Other limits, from here on: a 334 may be longer than other replies
    /// (RFC 4954 §4).
    pub const fn set_limits(&mut self, limits: ReplyLimits) {
        self.max_line = or_greatest(limits.line);
        self.max_lines = or_greatest(limits.lines);
        self.max_octets = or_greatest(limits.octets);
    }

    /// Forgets the reply it was in.
    fn reset(&mut self) {
        self.framed = 0;
        self.searched = 0;
        self.lines = 0;
        self.code = None;
    }

    /// Takes the next reply from the front of `input`. `None`: more input is
    /// needed.
    ///
    /// # Errors
    ///
    /// See [`ReplyError`]. There is no way to go on after one: where the next
    /// reply begins is not known.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<Reply<'static>, ReplyError>> {
        match self.frame(input) {
            Ok(None) => None,
            Ok(Some((code, length))) => {
                self.reset();
                let length = length.min(input.len());
                let octets = input.get(..length).unwrap_or_default();
                let wire = if self.takes_bare_lf {
                    with_crlf(octets)
                } else {
                    octets.to_vec()
                };
                input.advance(length);
                Some(Ok(from_wire(code, Cow::Owned(wire))))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Finds the end of the reply: its code and its octets. One search looks
    /// for line ends and for what no line may hold.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a reply that is there whole needs neither limits nor memory; measured"
    )]
    fn frame(&mut self, input: &[u8]) -> Result<Option<(ReplyCode, usize)>, ReplyError> {
        loop {
            let from = self.searched.max(self.framed);
            let Some(found) = line_end(input.get(from..).unwrap_or_default()) else {
                return self.wait(input.len(), input.len());
            };
            let at = from + found;
            let end = match (input.get(at), input.get(at + 1)) {
                (Some(b'\r'), Some(b'\n')) => at + 2,
                // The next octet says what it is.
                (Some(b'\r'), None) => return self.wait(at, input.len()),
                (Some(b'\n'), _) if self.takes_bare_lf => at + 1,
                (octet, _) => {
                    self.check_lengths(at + 1)?;
                    return Err(match octet {
                        Some(b'\n') => ReplyError::BareLineFeed,
                        _ => ReplyError::ForbiddenOctet,
                    });
                }
            };
            self.check_lengths(end)?;
            let line = input.get(self.framed..at).unwrap_or_default();
            self.framed = end;
            self.lines += 1;
            if self.code.is_some() && line.first_chunk() == Some(&self.prefix) {
                continue;
            }
            let (code, is_last) = parse_line(line)?;
            if self.code.is_some_and(|first| first != code) {
                return Err(ReplyError::CodesDiffer);
            }
            self.code = Some(code);
            if is_last {
                return Ok(Some((code, end)));
            }
            self.prefix = *line.first_chunk().unwrap_or(&self.prefix);
            self.skip_alike(input);
        }
    }

    /// Steps over lines that begin as the one before, as most do that are not the
    /// last one, as long as there is nothing to say about them.
    fn skip_alike(&mut self, input: &[u8]) {
        let mut rest = input.get(self.framed..).unwrap_or_default();
        let mut room = self.max_lines.saturating_sub(self.lines);
        let least_left = input.len().saturating_sub(self.max_octets);
        while room > 0 && rest.first_chunk() == Some(&self.prefix) {
            let Some(at) = first_below::<0x0e>(rest) else {
                break;
            };
            let Some([b'\r', b'\n', behind @ ..]) = rest.get(at..) else {
                break;
            };
            if at + CRLF.len() > self.max_line || behind.len() < least_left {
                break;
            }
            rest = behind;
            room -= 1;
            self.lines += 1;
        }
        self.framed = input.len() - rest.len();
    }

    /// More input is needed; nothing before `searched` needs another look.
    #[cold]
    fn wait(
        &mut self,
        searched: usize,
        length: usize,
    ) -> Result<Option<(ReplyCode, usize)>, ReplyError> {
        self.searched = searched;
        self.check_lengths(length)?;
        Ok(None)
    }

    /// Checks the limits for a line that reaches up to `end` at least. Where it
    /// exceeds several, the first counts: that does not depend on how far the
    /// input has come.
    #[inline]
    fn check_lengths(&self, end: usize) -> Result<(), ReplyError> {
        let line = self.framed.saturating_add(self.max_line);
        let lines = match self.lines < self.max_lines {
            true => usize::MAX,
            false => self.framed,
        };
        let first = line.min(lines).min(self.max_octets);
        if end <= first {
            Ok(())
        } else if first == lines {
            Err(ReplyError::TooManyLines)
        } else if first == line {
            Err(ReplyError::LineTooLong)
        } else {
            Err(ReplyError::TooLong)
        }
    }
}

/// The first CR, LF or NUL: lines are short, so [`first_below`] finds it first.
#[inline]
fn line_end(octets: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + first_below::<0x0e>(octets.get(from..)?)?;
        if matches!(octets.get(at), Some(b'\r' | b'\n' | 0)) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Lines that each end with CR LF, of lines that may end with LF.
#[cold]
fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(octets.len());
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let end = line.strip_suffix(CRLF).or(line.strip_suffix(b"\n"));
        wire.extend_from_slice(end.unwrap_or(line));
        wire.extend_from_slice(CRLF);
    }
    wire
}

/// Reads a line without its line end: its code, and whether it is the last one.
#[inline]
fn parse_line(line: &[u8]) -> Result<(ReplyCode, bool), ReplyError> {
    let (digits, rest) = line.split_first_chunk::<3>().ok_or(ReplyError::NoCode)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(ReplyError::NoCode);
    }
    let number = digits
        .iter()
        .fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
    let code = ReplyCode::new(number).ok_or(ReplyError::CodeOutOfRange)?;
    match rest.first() {
        // RFC 5321 §4.2: a client takes a code alone.
        None | Some(b' ') => Ok((code, true)),
        Some(b'-') => Ok((code, false)),
        Some(_) => Err(ReplyError::NoCode),
    }
}

/// The reply that those octets, which have been checked, are.
fn from_wire(code: ReplyCode, wire: Cow<'_, [u8]>) -> Reply<'_> {
    let enhanced = wire
        .get(4..)
        .and_then(EnhancedCode::parse_prefix)
        .map(|(enhanced, _)| enhanced)
        // RFC 2034 §4: a class that contradicts the code is no enhanced code.
        .filter(|enhanced| enhanced.agrees_with(code));
    Reply::from_checked(code, enhanced, wire)
}

impl<'a> Reply<'a> {
    /// Reads exactly one reply, line ends included. Borrows, allocates nothing.
    ///
    /// # Errors
    ///
    /// See [`ReplyError`]. There are no limits but the length of `octets`.
    pub fn parse(octets: &'a [u8]) -> Result<Self, ReplyError> {
        let mut parser = ReplyParser::new(ReplyLimits {
            line: None,
            lines: None,
            octets: None,
        });
        match parser.frame(octets)? {
            Some((code, length)) if length == octets.len() => {
                Ok(from_wire(code, Cow::Borrowed(octets)))
            }
            _ => Err(ReplyError::NotOne),
        }
    }

    /// Writes every line with its CRLF.
    ///
    /// `out` must have room: as `BufMut` has it, a full fixed buffer panics.
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self.as_bytes());
    }
}

impl Reply<'static> {
    /// Builds a reply. Each line of `text` becomes a line of the reply; one
    /// that would exceed 512 octets becomes several (RFC 5321 §4.5.3.1.5). The
    /// enhanced code stands on each (RFC 2034 §4).
    ///
    /// # Errors
    ///
    /// `text` holds a control character other than a tab and line ends, or the
    /// class of `enhanced` is not that of `code`.
    pub fn new(
        code: ReplyCode,
        enhanced: Option<EnhancedCode>,
        text: &str,
    ) -> Result<Self, InvalidReply> {
        if enhanced.is_some_and(|enhanced| !enhanced.agrees_with(code)) {
            return Err(InvalidReply::EnhancedClass);
        }
        check_text(text)?;
        let mut wire = Vec::new();
        encode(code, enhanced, text, &mut wire);
        // A text may itself begin with an enhanced code: what was built is what
        // a peer will read.
        Ok(from_wire(code, Cow::Owned(wire)))
    }
}
