//! The message on its way out.

use bytes::Bytes;

use super::error::WriteError;
use super::output::Output;
use super::state::State;
use crate::codec::{BareLineEndAt, LineEnds};
use crate::types::BodyType;

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
    /// it (or SMTPUTF8, which includes it).
    pub body_type: BodyType,
    /// Whether its header is UTF-8: needs SMTPUTF8 (RFC 6531), as any address
    /// of the envelope that is not ASCII does. Default false.
    pub utf8: bool,
    /// What to do about a CR or LF that is not part of CR LF. Default: refuse it.
    pub line_ends: LineEnds,
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
}

/// The message that the server waits for, from
/// [`Client::body`](super::Client::body).
///
/// What is written goes to the output as it is, dots stuffed (RFC 5321 §4.5.2),
/// in slices of the chunks. To leave a message unfinished there is only one
/// honest way, to [abort](super::Client::abort) the session.
#[derive(Debug)]
pub struct Body<'a> {
    state: &'a mut State,
    output: &'a mut Output,
    limit: Option<usize>,
}

impl<'a> Body<'a> {
    /// `None` if no message is wanted.
    pub(super) fn new(
        state: &'a mut State,
        output: &'a mut Output,
        limit: Option<usize>,
    ) -> Option<Self> {
        state.giving()?;
        Some(Self {
            state,
            output,
            limit,
        })
    }

    /// Whether a write would be [blocked](WriteError::Blocked): the output is
    /// to be written to the transport first.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.output.is_full(self.limit)
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
        let Some(giving) = self.state.giving() else {
            return Ok(()); // There is one as long as there is a `Body`.
        };
        giving
            .encoder
            .encode(&chunk, &mut |slice| self.output.push(slice))
            .map_err(|at| WriteError::BareLineEnd { at, chunk })
    }

    /// Ends the message: a line end unless it ended with one, and the dot.
    ///
    /// # Errors
    ///
    /// It ended with a CR, and bare ones are refused. Nothing was written, and
    /// the message may go on: [`Client::body`](super::Client::body) is still there.
    pub fn finish(self) -> Result<(), BareLineEndAt> {
        if let Some(giving) = self.state.giving() {
            giving
                .encoder
                .finish(&mut |slice| self.output.push(slice))?;
        }
        self.state.on_body_given();
        Ok(())
    }
}
