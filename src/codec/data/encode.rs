//! Sending: from the message to the octets behind DATA or in BDAT chunks.

use bytes::Bytes;

use super::scan::{Bare, BareOrLeadingDot, LeadingDot, Pair, Scan};
use super::{BareLineEndAt, LineEnds};

/// Makes a message into the octets to send behind DATA (RFC 5321 §4.5.2).
///
/// A dot is put before each dot at the start of a line: at the very first octet
/// (leaving that out is CVE-2021-38189) and behind every CR LF, however the
/// message was cut into chunks. A CR or LF that is not part of CR LF never comes
/// out, see [`LineEnds`]. So CR LF followed by the octets that come out holds
/// CR LF `.` CR LF exactly once, at its end.
///
/// No octet of a chunk is copied: what comes out are slices of it, and constants
/// between them. The two dots of a stuffed line are the last octet of one slice
/// and the first of the next, where both are the same octet of the chunk.
///
/// ```
/// # use bytes::Bytes;
/// # use ehlo::codec::{DotEncoder, LineEnds};
/// # fn main() -> Result<(), ehlo::codec::BareLineEndAt> {
/// let mut wire = Vec::new();
/// let mut sink = |slice: Bytes| wire.extend_from_slice(&slice);
/// let mut encoder = DotEncoder::new(LineEnds::Strict);
/// encoder.encode(&Bytes::from_static(b"one\r\n.two\r"), &mut sink)?;
/// encoder.encode(&Bytes::from_static(b"\n.\r\nthree"), &mut sink)?;
/// encoder.finish(&mut sink)?;
/// assert_eq!(wire, b"one\r\n..two\r\n..\r\nthree\r\n.\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DotEncoder {
    line_ends: LineEnds,
    last: Last,
}

/// The line ends of [`DotEncoder`] without its dots: for BDAT chunks, which are
/// counted and need no transparency (RFC 3030 §2).
///
/// Not for a message sent with BODY=BINARYMIME, where a lone CR or LF is right.
/// The slices that come out of one call are the chunk whose size BDAT names; it
/// can be one octet shorter than what went in, as a CR in the last place waits
/// for what follows, or longer with [`LineEnds::Normalize`].
///
/// ```
/// # use bytes::Bytes;
/// # use ehlo::codec::{LineEncoder, LineEnds};
/// # fn main() -> Result<(), ehlo::codec::BareLineEndAt> {
/// let mut wire = Vec::new();
/// let mut sink = |slice: Bytes| wire.extend_from_slice(&slice);
/// let mut encoder = LineEncoder::new(LineEnds::Normalize);
/// encoder.encode(&Bytes::from_static(b"one\n.two\r"), &mut sink)?;
/// encoder.finish(&mut sink)?;
/// assert_eq!(wire, b"one\r\n.two\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LineEncoder {
    line_ends: LineEnds,
    last: Last,
}

const _: () = assert!(size_of::<DotEncoder>() <= 8 && size_of::<LineEncoder>() <= 8);

/// How the octets so far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// With a line end, or there are none.
    LineEnd,
    /// Inside a line.
    Text,
    /// With a CR, which is held back until it is known whether an LF follows.
    HeldCr,
}

impl DotEncoder {
    /// An encoder at the start of a message.
    #[must_use]
    pub const fn new(line_ends: LineEnds) -> Self {
        Self {
            line_ends,
            last: Last::LineEnd,
        }
    }

    /// Encodes the next octets of the message and hands them to `sink` in order,
    /// in slices that are never empty.
    ///
    /// An empty chunk does nothing. Does not panic, unless `sink` does.
    ///
    /// # Errors
    ///
    /// With [`LineEnds::Strict`], the first bare CR or LF. Nothing was handed to
    /// `sink` then and the encoder is as before the call.
    pub fn encode(
        &mut self,
        chunk: &Bytes,
        sink: &mut impl FnMut(Bytes),
    ) -> Result<(), BareLineEndAt> {
        self.last = match self.line_ends {
            LineEnds::Strict => {
                let quiet = self.last.check::<BareOrLeadingDot>(chunk)?;
                self.last.slice::<LeadingDot>(true, chunk, quiet, sink)
            }
            LineEnds::Normalize => self.last.slice::<BareOrLeadingDot>(true, chunk, 0, sink),
        };
        Ok(())
    }

    /// Ends the message: CR LF unless it ended with that or is empty, then the
    /// dot and CR LF. The next octets are those of a new message.
    ///
    /// # Errors
    ///
    /// With [`LineEnds::Strict`], the message ended with a CR. Nothing was
    /// handed to `sink` then and the encoder is as before the call.
    pub fn finish(&mut self, sink: &mut impl FnMut(Bytes)) -> Result<(), BareLineEndAt> {
        let end: &[u8] = match (self.last, self.line_ends) {
            (Last::HeldCr, LineEnds::Strict) => return Err(BareLineEndAt::BEFORE),
            (Last::HeldCr, LineEnds::Normalize) | (Last::Text, _) => b"\r\n.\r\n",
            (Last::LineEnd, _) => b".\r\n",
        };
        sink(Bytes::from_static(end));
        self.last = Last::LineEnd;
        Ok(())
    }
}

impl LineEncoder {
    /// An encoder at the start of a message.
    #[must_use]
    pub const fn new(line_ends: LineEnds) -> Self {
        Self {
            line_ends,
            last: Last::LineEnd,
        }
    }

    /// Encodes the next octets of the message and hands them to `sink` in order,
    /// in slices that are never empty.
    ///
    /// An empty chunk does nothing. Does not panic, unless `sink` does.
    ///
    /// # Errors
    ///
    /// With [`LineEnds::Strict`], the first bare CR or LF. Nothing was handed to
    /// `sink` then and the encoder is as before the call.
    pub fn encode(
        &mut self,
        chunk: &Bytes,
        sink: &mut impl FnMut(Bytes),
    ) -> Result<(), BareLineEndAt> {
        let quiet = match self.line_ends {
            LineEnds::Strict => self.last.check::<Bare>(chunk)?,
            LineEnds::Normalize => 0,
        };
        self.last = self.last.slice::<Bare>(false, chunk, quiet, sink);
        Ok(())
    }

    /// Ends the message, whose last line need not have a line end. What is
    /// handed to `sink` (CR LF for a CR held back, or nothing) belongs to the
    /// last chunk. The next octets are those of a new message.
    ///
    /// # Errors
    ///
    /// With [`LineEnds::Strict`], the message ended with a CR. Nothing was
    /// handed to `sink` then and the encoder is as before the call.
    pub fn finish(&mut self, sink: &mut impl FnMut(Bytes)) -> Result<(), BareLineEndAt> {
        if self.last == Last::HeldCr {
            match self.line_ends {
                LineEnds::Strict => return Err(BareLineEndAt::BEFORE),
                LineEnds::Normalize => sink(Bytes::from_static(b"\r\n")),
            }
        }
        self.last = Last::LineEnd;
        Ok(())
    }
}

impl Last {
    /// Whether all CR and LF of `chunk`, and one held back, belong together. If
    /// so, says up to where there is no pair of kind `P`, which includes [`Bare`].
    fn check<P: Pair>(self, chunk: &[u8]) -> Result<usize, BareLineEndAt> {
        if let Some(bare) = BareLineEndAt::at_border(self == Self::HeldCr, chunk) {
            return Err(bare);
        }
        // Nearly all text ends here, after one pass.
        let Some(hit) = Scan::default().next::<P>(chunk) else {
            return Ok(chunk.len());
        };
        BareLineEndAt::inside(chunk, hit).map_or(Ok(hit), Err)
    }

    /// Cuts `chunk` wherever an octet is to be put in, which `P` finds; before
    /// `quiet` there is no such place but the first octet. A bare CR or LF
    /// becomes CR LF; there are none if the chunk was checked.
    fn slice<P: Pair>(
        self,
        stuff: bool,
        chunk: &Bytes,
        quiet: usize,
        sink: &mut impl FnMut(Bytes),
    ) -> Self {
        let octets: &[u8] = chunk;
        let (Some(&first), Some(&last)) = (octets.first(), octets.last()) else {
            return self;
        };
        for constant in self.before(first, stuff) {
            if !constant.is_empty() {
                sink(Bytes::from_static(constant));
            }
        }
        let mut start = 0; // of the octets not handed out yet
        let mut scan = Scan::starting_at(quiet);
        while let Some(hit) = scan.next::<P>(octets) {
            let next = hit + 1;
            match octets.get(hit..) {
                // The dot ends this slice and begins the next.
                Some([b'\n', b'.', ..]) => sink(chunk.slice(start..=next)),
                Some([b'\r', b'.', ..]) if stuff => {
                    sink(chunk.slice(start..next));
                    sink(Bytes::from_static(b"\n."));
                }
                Some([b'\r', ..]) => {
                    sink(chunk.slice(start..next));
                    sink(Bytes::from_static(b"\n"));
                }
                _ => {
                    sink(chunk.slice(start..next));
                    sink(Bytes::from_static(b"\r"));
                }
            }
            start = next;
        }
        let end = octets.len() - usize::from(last == b'\r');
        if start < end {
            sink(chunk.slice(start..end));
        }
        match last {
            b'\r' => Self::HeldCr,
            b'\n' => Self::LineEnd,
            _ => Self::Text,
        }
    }

    /// What is to be put before a chunk that begins with `first`.
    fn before(self, first: u8, stuff: bool) -> [&'static [u8]; 2] {
        let line_end: &[u8] = match (self, first) {
            (Self::HeldCr, b'\n') => b"\r",
            (Self::HeldCr, _) => b"\r\n",
            (_, b'\n') => b"\r",
            _ => b"",
        };
        let dot: &[u8] = if stuff && first == b'.' && self != Self::Text {
            b"."
        } else {
            b""
        };
        [line_end, dot]
    }
}
