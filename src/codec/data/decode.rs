//! Receiving: from the octets behind DATA to the message.

use bytes::{Buf, Bytes, BytesMut};

use super::scan::{BareOrLeadingDot, LeadingDot, Pair, Scan};
use super::{BareLineEnd, BareLineEnds};

/// What [`DotDecoder::next`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// The next octets of the message; at least one. A slice of the input
    /// buffer, which it keeps alive.
    Piece(Bytes),
    /// The message is complete.
    End,
}

/// Takes the message out of the octets that follow DATA (RFC 5321 §4.5.2).
///
/// The end is exactly CR LF `.` CR LF, where the CR LF of the DATA command
/// counts as the first: a message whose first line is a single dot is empty.
/// The CR LF before the dot belongs to the message. No other mixture of CR, LF
/// and dots ends it, whatever the [`BareLineEnds`] (CVE-2023-51764 and its kin).
///
/// Octets are taken from the front of the input as soon as their meaning is
/// certain. What is not certain stays there until more is known, at most two
/// octets: a CR in the last place, or at the start of a line `.` or `.` CR. So
/// the sequence of octets handed out, and the place of an error in it, do not
/// depend on how the input was cut, and the cost is linear however small the
/// cuts are.
///
/// ```
/// # use bytes::{Bytes, BytesMut};
/// # use ehlo::codec::{BareLineEnds, Decoded, DotDecoder};
/// let mut decoder = DotDecoder::new(BareLineEnds::Reject);
/// let mut input = BytesMut::from("Subject: hi\r\n\r\n..\r\n.\r\nQUIT\r\n");
/// let message = Bytes::from("Subject: hi\r\n\r\n.\r\n");
/// assert_eq!(decoder.next(&mut input), Some(Ok(Decoded::Piece(message))));
/// assert_eq!(decoder.next(&mut input), Some(Ok(Decoded::End)));
/// assert_eq!(input, "QUIT\r\n");
/// ```
#[derive(Debug, Clone)]
pub struct DotDecoder {
    policy: BareLineEnds,
    /// What holds for the rest of this message; `policy` until an error.
    current: BareLineEnds,
    /// Everything up to now ended with CR LF, and no dot was taken behind it.
    at_line_start: bool,
}

const _: () = assert!(size_of::<DotDecoder>() <= 8);

/// Where the decoding of a buffer stopped.
struct Stretch {
    /// Octets of the message, now at the front of the buffer.
    decoded: usize,
    /// Octets those were made from.
    consumed: usize,
    /// These ended with CR LF.
    ends_line: bool,
}

impl DotDecoder {
    /// A decoder that stands behind the CR LF of the DATA command.
    #[must_use]
    pub const fn new(bare: BareLineEnds) -> Self {
        Self {
            policy: bare,
            current: bare,
            at_line_start: true,
        }
    }

    /// Takes what is certain from the front of `input`.
    ///
    /// `None` means that more input is needed; up to two octets may be left in
    /// `input` then. One [`Decoded::Piece`] holds all that can be told of the
    /// octets present; dots are taken out within the buffer, nothing is
    /// allocated but what [`BytesMut::split_to`] needs. After [`Decoded::End`]
    /// `input` begins with the octet behind the last CR LF, and the decoder is
    /// as new.
    ///
    /// Each call costs at most time linear in what it takes (and a constant).
    /// Does not panic.
    ///
    /// # Errors
    ///
    /// With [`BareLineEnds::Reject`], the first bare CR or LF of a message. The
    /// pieces up to then are exactly the octets before it. The offending octet
    /// is still in `input`, and further calls go on to the true end of the
    /// message as with [`BareLineEnds::Keep`]: the end must be found before the
    /// message can be refused, for an octet of it read as a command is what a
    /// smuggler wants.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<Decoded, BareLineEnd>> {
        if self.at_line_start && input.first() == Some(&b'.') {
            match input.get(1..) {
                None | Some([] | [b'\r']) => return None,
                Some([b'\r', b'\n', ..]) => {
                    input.advance(3);
                    *self = Self::new(self.policy);
                    return Some(Ok(Decoded::End));
                }
                Some(_) => {
                    input.advance(1);
                    self.at_line_start = false;
                }
            }
        }
        let stretch = match self.current {
            BareLineEnds::Keep => unstuff::<LeadingDot>(input),
            BareLineEnds::Reject => match bare_at_front(input) {
                Some(kind) => {
                    self.tolerate();
                    return Some(Err(kind));
                }
                None => unstuff::<BareOrLeadingDot>(input),
            },
        };
        if stretch.decoded == 0 {
            return None;
        }
        self.at_line_start = stretch.ends_line;
        let piece = input.split_to(stretch.decoded).freeze();
        input.advance(stretch.consumed - stretch.decoded);
        Some(Ok(Decoded::Piece(piece)))
    }

    /// Treats the rest of this message as with [`BareLineEnds::Keep`], as after
    /// an error: for a message already refused for another reason, whose rest is
    /// only swallowed. The policy holds again from the next message on.
    pub const fn tolerate(&mut self) {
        self.current = BareLineEnds::Keep;
    }
}

/// The kind of bare line end the buffer begins with, if it does.
///
/// A CR is never taken without the octet behind it, so an LF in the first place
/// follows no CR.
fn bare_at_front(buffer: &[u8]) -> Option<BareLineEnd> {
    match buffer {
        [b'\n', ..] => Some(BareLineEnd::Lf),
        [b'\r', next, ..] if *next != b'\n' => Some(BareLineEnd::Cr),
        _ => None,
    }
}

/// Decodes up to what is not certain, the end of the message or, if `P` finds
/// it, a bare line end. The first octet must not be a dot at a line start.
fn unstuff<P: Pair>(buffer: &mut [u8]) -> Stretch {
    let mut scan = Scan::default();
    let mut decoded = 0;
    let mut start = 0; // of the octets that were not moved yet
    let end = loop {
        let Some(hit) = scan.next::<P>(buffer) else {
            break buffer.len() - usize::from(buffer.last() == Some(&b'\r'));
        };
        match buffer.get(hit..) {
            Some([b'\n', b'.', rest @ ..]) => {
                if !ends_line(buffer, hit + 1) {
                    continue;
                }
                if matches!(rest, [] | [b'\r'] | [b'\r', b'\n', ..]) {
                    break hit + 1;
                }
                decoded = move_down(buffer, start, hit + 1, decoded);
                start = hit + 2;
            }
            Some([b'\r', ..]) => break hit,
            _ => break hit + 1,
        }
    };
    // Read before the move: behind a dot that was taken no line begins.
    let ends_line = ends_line(buffer, end);
    Stretch {
        decoded: move_down(buffer, start, end, decoded),
        consumed: end,
        ends_line,
    }
}

/// Whether the octets before `end` are CR LF.
fn ends_line(buffer: &[u8], end: usize) -> bool {
    buffer
        .get(..end)
        .is_some_and(|octets| octets.ends_with(b"\r\n"))
}

/// Moves `start..end` to `to`, which is not behind `start`, and says where the
/// moved octets end.
fn move_down(buffer: &mut [u8], start: usize, end: usize, to: usize) -> usize {
    if to != start {
        buffer.copy_within(start..end, to);
    }
    to + (end - start)
}
