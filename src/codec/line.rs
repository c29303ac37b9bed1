//! Lines: where a command ends, before anybody asks what it says.

use bytes::{Bytes, BytesMut};
use core::ops::Deref;
use memchr::memchr;
use thiserror::Error;

/// A line, without its CRLF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(Bytes);

impl Deref for Line {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// What came instead of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line was longer than the limit. It has been swallowed to its end.
    #[error("the line is too long")]
    TooLong,
    /// A line feed without a carriage return before it. What stood before it
    /// has been swallowed with it; it is no line end (RFC 5321 §2.3.8), and a
    /// server that went on would not know where the peer thinks it is.
    #[error("a bare line feed")]
    BareLineFeed,
}

/// Cuts input into lines that end with CR LF, and with nothing else
/// (RFC 5321 §2.3.8).
///
/// Remembers how far it looked, so that no octet is looked at twice however
/// the input trickles in, and holds no octets itself: what has not become a
/// line stays in the caller's buffer, at most `limit` octets of it. What comes
/// out does not depend on how the input was cut.
///
/// ```
/// use bytes::BytesMut;
/// use ehlo::codec::LineFramer;
/// let mut framer = LineFramer::new(Some(512));
/// let mut input = BytesMut::from("NOOP\r\nQU");
/// assert_eq!(&framer.next(&mut input).unwrap()?[..], b"NOOP");
/// assert_eq!(framer.next(&mut input), None);
/// input.extend_from_slice(b"IT\r\n");
/// assert_eq!(&framer.next(&mut input).unwrap()?[..], b"QUIT");
/// # Ok::<(), ehlo::codec::LineError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LineFramer {
    /// `usize::MAX`: none.
    limit: usize,
    ends: LineEnds,
    /// Octets at the front of the input known to hold no line feed.
    searched: usize,
    /// Set once the line has outgrown the limit: its octets are being dropped.
    swallowing: bool,
    /// Whether the last octet dropped was a CR.
    dropped_cr: bool,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// CR LF.
    CrLf,
    /// LF. A CR is part of the line.
    Lf,
    /// What ends the first line ends all others.
    AsTheFirst,
}

/// Where the next line is, in a buffer that still holds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// Octets of the line, and with its end.
    Line(usize, usize),
    /// Octets to drop, then an error.
    Error(usize, LineError),
    /// More input is needed; octets to drop meanwhile.
    More(usize),
}

impl LineFramer {
    /// Lines of up to `limit` octets, CR LF included; `None`: of any length.
    #[must_use]
    pub const fn new(limit: Option<usize>) -> Self {
        Self {
            limit: match limit {
                Some(limit) => limit,
                None => usize::MAX,
            },
            ends: LineEnds::CrLf,
            searched: 0,
            swallowing: false,
            dropped_cr: false,
        }
    }

    /// Takes the next line, or what came instead of one, from the front of
    /// `input`. `None`: more input is needed.
    ///
    /// Does not panic, whatever `input` is; to hand in another buffer than the
    /// last time makes nonsense of the lines, not of the program.
    ///
    /// # Errors
    ///
    /// See [`LineError`]. After `TooLong` the framer goes on behind the line.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<Line, LineError>> {
        match self.frame(input) {
            Framed::Line(length, whole) => {
                let line = input.split_to(length).freeze();
                drop_front(input, whole - length);
                Some(Ok(Line(line)))
            }
            Framed::Error(length, error) => {
                drop_front(input, length);
                Some(Err(error))
            }
            Framed::More(length) => {
                drop_front(input, length);
                None
            }
        }
    }

    /// The same, with lines that end otherwise.
    pub(crate) const fn ending_with(self, ends: LineEnds) -> Self {
        Self { ends, ..self }
    }

    /// With another limit from the next line on.
    pub(crate) const fn set_limit(&mut self, limit: Option<usize>) {
        self.limit = Self::new(limit).limit;
    }

    /// Whether LF alone ends lines.
    pub(crate) const fn is_lf(&self) -> bool {
        matches!(self.ends, LineEnds::Lf)
    }

    /// Whether the beginning of the line has been dropped already.
    pub(crate) const fn is_swallowing(&self) -> bool {
        self.swallowing
    }

    /// Finds the next line without taking it. Whatever comes back must be
    /// taken or dropped before the next call.
    pub(crate) fn frame(&mut self, input: &[u8]) -> Framed {
        // A shorter buffer is another one: nothing is known about it.
        let searched = if self.searched > input.len() {
            0
        } else {
            self.searched
        };
        let (_, fresh) = input.split_at(searched);
        let Some(found) = memchr(b'\n', fresh) else {
            return self.unfinished(input);
        };
        let end = searched + found;
        let after_cr = match end.checked_sub(1) {
            Some(before) => input.get(before) == Some(&b'\r'),
            None => self.dropped_cr,
        };
        let too_long = self.swallowing || end >= self.limit;
        self.begin_line();
        if self.ends == LineEnds::AsTheFirst {
            self.ends = if after_cr {
                LineEnds::CrLf
            } else {
                LineEnds::Lf
            };
        }
        match (self.ends, after_cr) {
            (LineEnds::CrLf, false) => Framed::Error(end + 1, LineError::BareLineFeed),
            _ if too_long => Framed::Error(end + 1, LineError::TooLong),
            (LineEnds::Lf, _) => Framed::Line(end, end + 1),
            _ => Framed::Line(end - 1, end + 1),
        }
    }

    /// No line feed yet: remembers how far it looked, and drops a line that
    /// has outgrown the limit instead of letting it pile up.
    fn unfinished(&mut self, input: &[u8]) -> Framed {
        self.searched = input.len();
        if !self.swallowing && input.len() < self.limit {
            return Framed::More(0);
        }
        self.swallowing = true;
        self.searched = 0;
        if let Some(&last) = input.last() {
            self.dropped_cr = last == b'\r';
        }
        Framed::More(input.len())
    }

    const fn begin_line(&mut self) {
        self.searched = 0;
        self.swallowing = false;
        self.dropped_cr = false;
    }
}

pub(crate) const CRLF: &[u8; 2] = b"\r\n";

/// Advances past `length` octets, or to the end.
pub(crate) fn drop_front(input: &mut BytesMut, length: usize) {
    bytes::Buf::advance(input, length.min(input.len()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn each_octet_is_looked_at_once() {
        let mut framer = LineFramer::new(Some(100));
        assert_eq!(framer.frame(b"NOOP"), Framed::More(0));
        assert_eq!(framer.searched, 4);
        assert_eq!(framer.frame(b"NOOP\r\n"), Framed::Line(4, 6));
        assert_eq!(framer.searched, 0);
    }

    #[test]
    fn a_limit_counts_the_line_end() {
        let outcome = |limit, text: &[u8], step| {
            let mut framer = LineFramer::new(Some(limit));
            let mut input = BytesMut::new();
            let mut lines = Vec::new();
            for piece in text.chunks(step) {
                input.extend_from_slice(piece);
                while let Some(line) = framer.next(&mut input) {
                    lines.push(line.map(|line| line.to_vec()));
                }
                assert!(input.len() < limit, "what piles up is below the limit");
            }
            lines
        };
        let text = b"123456\r\n1234567\r\n12345678901234567890\r\n1\r\n";
        let expected = vec![
            Ok(b"123456".to_vec()),
            Err(LineError::TooLong),
            Err(LineError::TooLong),
            Ok(b"1".to_vec()),
        ];
        for step in 1..text.len() {
            assert_eq!(outcome(8, text, step), expected, "cut into {step}");
        }
        let bare = b"1234567890123456\n1\r\n";
        for step in 1..bare.len() {
            let lines = outcome(8, bare, step);
            assert_eq!(lines, [Err(LineError::BareLineFeed), Ok(b"1".to_vec())]);
        }
    }
}
