//! A message on its way into BDAT chunks (RFC 3030 §2).

use bytes::Bytes;

use super::output::Output;
use crate::codec::{BareLineEndAt, LineEncoder, LineEnds};

/// Holds back octets until there are enough for a chunk, or no more.
#[derive(Debug)]
pub(super) struct Chunker {
    /// None for a binary message, whose octets are no lines.
    lines: Option<LineEncoder>,
    pending: Output,
    is_ended: bool,
}

impl Chunker {
    /// For a message whose lines are to end like that; `None`: it is binary.
    pub(super) fn new(line_ends: Option<LineEnds>) -> Self {
        Self {
            lines: line_ends.map(LineEncoder::new),
            pending: Output::default(),
            is_ended: false,
        }
    }

    /// Takes more of the message.
    pub(super) fn write(&mut self, chunk: &Bytes) -> Result<(), BareLineEndAt> {
        if let Some(lines) = &mut self.lines {
            return lines.encode(chunk, &mut |slice| self.pending.push(slice));
        }
        self.pending.push(chunk.clone());
        Ok(())
    }

    /// Ends the message.
    pub(super) fn finish(&mut self) -> Result<(), BareLineEndAt> {
        if let Some(lines) = &mut self.lines {
            lines.finish(&mut |slice| self.pending.push(slice))?;
        }
        self.is_ended = true;
        Ok(())
    }

    pub(super) const fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Whether there is a chunk to be said before more is taken.
    pub(super) fn is_full(&self, chunk_size: usize) -> bool {
        self.pending.len() > chunk_size
    }

    /// How many octets the next chunk has, if there is one to be said, and
    /// whether it is the last. A chunk that might be the last one is not said
    /// before that is known: so none is empty but that of an empty message.
    pub(super) fn next(&self, chunk_size: usize) -> Option<(usize, bool)> {
        if self.is_full(chunk_size) {
            Some((chunk_size, false))
        } else {
            self.is_ended.then_some((self.pending.len(), true))
        }
    }

    /// Says the octets of a chunk.
    pub(super) fn move_to(&mut self, octets: usize, output: &mut Output) {
        self.pending.move_front(octets, output);
    }
}
