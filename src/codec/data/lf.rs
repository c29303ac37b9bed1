//! Messages whose lines end with LF alone, for LF sessions.

use bytes::{Buf, BytesMut};
use memchr::{memchr, memmem};

use super::{BareLineEnd, Decoded};

/// What [`DotDecoder`](super::DotDecoder) is, where LF alone ends a line: LF
/// `.` LF ends the message, a dot at the start of a line is removed, a CR is an
/// error. Told of once; the decoder goes on behind it to the true end.
#[derive(Clone, Debug)]
pub(crate) struct LfDecoder {
    at_line_start: bool,
    tolerant: bool,
}

impl LfDecoder {
    pub(crate) const fn new() -> Self {
        Self {
            at_line_start: true,
            tolerant: false,
        }
    }

    /// Takes what can be decoded from the front of `input`.
    pub(crate) fn next(&mut self, input: &mut BytesMut) -> Option<Result<Decoded, BareLineEnd>> {
        if self.at_line_start && input.first() == Some(&b'.') {
            match input.get(1)? {
                b'\n' => {
                    input.advance(b".\n".len());
                    *self = Self::new();
                    return Some(Ok(Decoded::End));
                }
                _ => input.advance(1),
            }
            self.at_line_start = false;
        }
        self.piece(input)
    }

    /// Up to the next dot at the start of a line, or the next CR.
    fn piece(&mut self, input: &mut BytesMut) -> Option<Result<Decoded, BareLineEnd>> {
        let dot = memmem::find(input, b"\n.").map_or(input.len(), |at| at + 1);
        let before_dot = input.get(..dot).unwrap_or_default();
        let cr = memchr(b'\r', before_dot).filter(|_| !self.tolerant);
        let length = cr.unwrap_or(dot);
        if length == 0 {
            cr?;
            self.tolerant = true;
            return Some(Err(BareLineEnd::Cr));
        }
        let piece = input.split_to(length).freeze();
        self.at_line_start = piece.last() == Some(&b'\n');
        Some(Ok(Decoded::Piece(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The octets, whether there was a CR, and what is left behind the end.
    fn decode(text: &[u8], step: usize) -> (Vec<u8>, bool, Option<Vec<u8>>) {
        let mut decoder = LfDecoder::new();
        let (mut input, mut octets, mut had_cr) = (BytesMut::new(), Vec::new(), false);
        let mut reads = text.chunks(step);
        loop {
            match decoder.next(&mut input) {
                Some(Ok(Decoded::Piece(piece))) => octets.extend_from_slice(&piece),
                Some(Ok(Decoded::End)) => {
                    let rest = reads.fold(input.to_vec(), |rest, read| [&rest, read].concat());
                    return (octets, had_cr, Some(rest));
                }
                Some(Err(_)) => {
                    assert!(!had_cr, "told once");
                    had_cr = true;
                }
                None => match reads.next() {
                    Some(read) => input.extend_from_slice(read),
                    None => return (octets, had_cr, None),
                },
            }
        }
    }

    #[test]
    fn lf_dot_lf_ends_and_nothing_else_does() {
        type Case = (&'static [u8], &'static [u8], bool, Option<&'static [u8]>);
        let cases: [Case; 8] = [
            (b".\nQUIT\n", b"", false, Some(b"QUIT\n")),
            (b"a\n.\nb", b"a\n", false, Some(b"b")),
            (b"..\n...\n.x\n.\n", b".\n..\nx\n", false, Some(b"")),
            (b"a.\n.\n", b"a.\n", false, Some(b"")),
            (b"a\n.", b"a\n", false, None),
            (b"a\r\n.\r\n.\n", b"a\r\n\r\n", true, Some(b"")),
            (b"\n.\r\n.\n", b"\n\r\n", true, Some(b"")),
            (b"a\nb", b"a\nb", false, None),
        ];
        for (text, octets, had_cr, rest) in cases {
            for step in 1..=text.len() {
                let expected = (octets.to_vec(), had_cr, rest.map(<[u8]>::to_vec));
                assert_eq!(decode(text, step), expected, "{text:?} by {step}");
            }
        }
    }
}
