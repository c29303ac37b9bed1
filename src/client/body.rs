//! The message on its way out.

use bytes::Bytes;

use super::Client;
use super::chunk::Chunker;
use super::error::WriteError;
use crate::codec::{BareLineEndAt, DotEncoder, LineEnds};
use crate::types::BodyType;

/// Whether a message is sent in chunks, with BDAT (RFC 3030).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunking {
    /// Never; a binary message cannot be sent.
    Never,
    /// Only a binary message.
    #[default]
    IfNeeded,
    /// Wherever the server offers it.
    IfOffered,
}

/// What is known of a message before it is sent.
///
/// ```
/// use ehlo::client::BodyOptions;
/// use ehlo::types::BodyType;
/// let options = BodyOptions::new().with_size(5120).with_type(BodyType::EightBitMime);
/// assert_eq!(options.size, Some(5120));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyOptions {
    /// Its size in octets, line ends counted as CR LF, dots not yet stuffed
    /// (RFC 1870 §3). Declared to a server that offers SIZE. Default unknown.
    pub size: Option<u64>,
    /// What its octets are. Default 7BIT. For 8BITMIME, the server must offer
    /// it (or SMTPUTF8, which includes it), for BINARYMIME that and CHUNKING.
    pub body_type: BodyType,
    /// Whether its header is UTF-8: needs SMTPUTF8 (RFC 6531), as any address
    /// of the envelope that is not ASCII does. Default false.
    pub utf8: bool,
    /// What to do about a CR or LF that is not part of CR LF, unless the
    /// message is BINARYMIME. Default: refuse it.
    pub line_ends: LineEnds,
    /// Whether it is sent in chunks. Default only if it is BINARYMIME.
    pub chunking: Chunking,
}

impl BodyOptions {
    /// A message of unknown size, 7BIT, with proper line ends.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With [`size`](Self::size).
    #[must_use]
    pub const fn with_size(mut self, octets: u64) -> Self {
        self.size = Some(octets);
        self
    }

    /// With [`body_type`](Self::body_type).
    #[must_use]
    pub const fn with_type(mut self, body_type: BodyType) -> Self {
        self.body_type = body_type;
        self
    }

    /// With [`utf8`](Self::utf8).
    #[must_use]
    pub const fn with_utf8(mut self) -> Self {
        self.utf8 = true;
        self
    }

    /// With [`line_ends`](Self::line_ends).
    #[must_use]
    pub const fn with_line_ends(mut self, line_ends: LineEnds) -> Self {
        self.line_ends = line_ends;
        self
    }

    /// With [`chunking`](Self::chunking).
    #[must_use]
    pub const fn with_chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }
}

/// What makes octets of a message into octets of the wire.
#[derive(Debug)]
pub(super) enum Encoder {
    Dots(DotEncoder),
    Chunks(Chunker),
}

/// The message that the server waits for, from
/// [`Client::body`](super::Client::body).
///
/// What is written goes to the output in slices of what was given: with DATA,
/// dots stuffed (RFC 5321 §4.5.2); with BDAT, in chunks (RFC 3030 §2). To leave
/// a message unfinished there is only one honest way, to
/// [abort](super::Client::abort) the session.
#[derive(Debug)]
pub struct Body<'a> {
    client: &'a mut Client,
}

impl<'a> Body<'a> {
    /// `None` if no message is wanted, or it has been given to its end.
    pub(super) fn new(client: &'a mut Client) -> Option<Self> {
        let giving = client.state.giving()?;
        let is_ended = matches!(&giving.encoder, Encoder::Chunks(chunks) if chunks.is_ended());
        (!is_ended).then_some(Self { client })
    }

    /// Whether a write would be [blocked](WriteError::Blocked): the output is
    /// to be written to the transport first, or a server that does not offer
    /// PIPELINING has not answered the last chunk.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        let giving = self.client.state.giving.as_ref();
        let is_held = giving.is_some_and(|giving| match &giving.encoder {
            Encoder::Dots(_) => false,
            Encoder::Chunks(chunks) => chunks.is_full(self.client.chunk_size()),
        });
        is_held || self.client.output.is_full(self.client.config.limits.output)
    }

    /// Another way with line ends than the one that was asked for, for a
    /// message that has not begun: for a DATA of one's own, which begins with
    /// [`LineEnds::Strict`]. False if it is too late, or the message is binary.
    pub fn set_line_ends(&mut self, line_ends: LineEnds) -> bool {
        match self.client.state.giving() {
            Some(giving) if !giving.has_begun => {
                let Encoder::Dots(encoder) = &mut giving.encoder else {
                    return false;
                };
                *encoder = DotEncoder::new(line_ends);
                true
            }
            _ => false,
        }
    }

    /// Takes the next octets of the message. Chunks may be cut anywhere; one
    /// that is taken is taken whole, so the output is bounded by its limit and
    /// a chunk.
    ///
    /// # Errors
    ///
    /// The output is full, or there is a bare CR or LF. Nothing was taken, the
    /// chunk comes back, and the message may go on.
    pub fn write(&mut self, chunk: Bytes) -> Result<(), WriteError> {
        if self.is_blocked() {
            return Err(WriteError::Blocked(chunk));
        }
        let Client { state, output, .. } = &mut *self.client;
        let Some(giving) = state.giving() else {
            return Ok(()); // There is one as long as there is a `Body`.
        };
        let taken = match &mut giving.encoder {
            Encoder::Dots(dots) => dots.encode(&chunk, &mut |slice| output.push(slice)),
            Encoder::Chunks(chunks) => chunks.write(&chunk),
        };
        if let Err(at) = taken {
            return Err(WriteError::BareLineEnd { at, chunk });
        }
        giving.has_begun = true;
        self.client.say_chunks();
        Ok(())
    }

    /// Ends the message: with DATA, a line end unless it ended with one, and
    /// the dot; with BDAT, the last chunk.
    ///
    /// # Errors
    ///
    /// It ended with a CR, and bare ones are refused. Nothing was written, and
    /// the message may go on: [`Client::body`](super::Client::body) is still there.
    pub fn finish(self) -> Result<(), BareLineEndAt> {
        let Client { state, output, .. } = &mut *self.client;
        let Some(giving) = state.giving() else {
            return Ok(());
        };
        match &mut giving.encoder {
            Encoder::Dots(dots) => {
                dots.finish(&mut |slice| output.push(slice))?;
                state.on_dot(output.written());
            }
            Encoder::Chunks(chunks) => {
                chunks.finish()?;
                self.client.say_chunks();
            }
        }
        Ok(())
    }
}
