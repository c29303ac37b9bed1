//! What the client has to say: octets for the caller to write.

use alloc::collections::VecDeque;
use core::fmt;

use bytes::{Buf, Bytes, BytesMut};
use zeroize::Zeroize;

use crate::types::Command;

/// Slices up to this many octets, such as lines that were dotted, are cheaper
/// copied than kept: each would be a write of its own where writes are not
/// vectored.
const COPIED: usize = 512;

/// Octets of an empty buffer that are kept for the next commands.
const KEPT: usize = 1024;

/// Octets to write to the peer: a [`Buf`], empty when there is nothing to say.
///
/// Commands are in small buffers of its own, a message is in slices of what
/// was given to [`Body::write`](super::Body::write), not copied (but for
/// those of a line or so). With feature `std`,
/// `chunks_vectored` gives many at once.
///
/// **Advance it as soon as octets are handed to the transport**, before the
/// next input is shown to the machine: the machine takes what is still in here
/// for unsaid, and a reply to a command or a message that was not said to its
/// end for a lie, which ends the session (attack rule A14).
///
/// After the session has ended it is empty, and works on.
#[derive(Default)]
pub struct Output {
    segments: VecDeque<Bytes>,
    /// What stands behind the segments.
    tail: BytesMut,
    /// Octets in all.
    remaining: usize,
    /// Octets ever taken.
    taken: u64,
    /// Whether the tail holds a secret, to be wiped when it is taken.
    is_secret: bool,
}

impl Output {
    /// Octets in all.
    pub(super) const fn len(&self) -> usize {
        self.remaining
    }

    /// Whether it has reached the limit. One that is empty is never full.
    pub(super) fn is_full(&self, limit: Option<usize>) -> bool {
        limit.is_some_and(|limit| self.remaining >= limit.max(1))
    }

    /// Lets `write` append a few octets, such as a command.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let before = self.tail.len();
        write(&mut self.tail);
        self.remaining += self.tail.len().saturating_sub(before);
    }

    /// The same for a few octets that are secret, of which there are `length`.
    /// They are wiped here when they are taken.
    pub(super) fn append_secret(&mut self, length: usize, write: impl FnOnce(&mut BytesMut)) {
        // Growing would leave a copy behind.
        self.tail.reserve(length);
        self.is_secret = true;
        self.append(write);
    }

    /// Appends a command.
    pub(super) fn command(&mut self, command: &Command<'_>) {
        self.append(|tail| command.write(tail));
    }

    /// Appends a slice without copying it, unless it is short.
    pub(super) fn push(&mut self, slice: Bytes) {
        if slice.len() <= COPIED {
            self.append(|tail| tail.extend_from_slice(&slice));
            return;
        }
        self.remaining += slice.len();
        if !self.tail.is_empty() {
            self.segments.push_back(self.tail.split().freeze());
        }
        self.segments.push_back(slice);
    }

    /// Moves so many octets, or all, to the end of another output.
    pub(super) fn move_front(&mut self, octets: usize, to: &mut Self) {
        let mut octets = octets.min(self.remaining);
        self.remaining -= octets;
        while let Some(segment) = self.segments.front_mut() {
            if octets < segment.len() {
                to.push(segment.split_to(octets));
                return;
            }
            octets -= segment.len();
            if let Some(segment) = self.segments.pop_front() {
                to.push(segment);
            }
        }
        let front = self.tail.split_to(octets.min(self.tail.len()));
        to.push(front.freeze());
        self.settle();
    }

    /// Drops what stands behind `end`, in octets ever written: it is not to be
    /// said any more.
    pub(super) fn truncate(&mut self, end: u64) {
        let excess = self.written().saturating_sub(end);
        let mut excess = usize::try_from(excess).unwrap_or(usize::MAX);
        excess = excess.min(self.remaining);
        self.remaining -= excess;
        let of_tail = excess.min(self.tail.len());
        self.tail.truncate(self.tail.len() - of_tail);
        excess -= of_tail;
        while let Some(segment) = self.segments.back_mut().filter(|_| excess > 0) {
            if excess < segment.len() {
                segment.truncate(segment.len() - excess);
                return;
            }
            excess -= segment.len();
            self.segments.pop_back();
        }
    }

    /// Drops everything: it must not be said any more.
    pub(super) fn clear(&mut self) {
        self.wipe(self.tail.len());
        self.segments = VecDeque::new();
        self.tail = BytesMut::new();
        self.remaining = 0;
    }

    /// Octets that the transport ever took.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Octets ever written, taken or not.
    pub(super) const fn written(&self) -> u64 {
        self.taken.saturating_add(self.remaining as u64)
    }

    /// Wipes the first octets of the tail if it holds a secret.
    fn wipe(&mut self, octets: usize) {
        if self.is_secret {
            let octets = octets.min(self.tail.len());
            if let Some(taken) = self.tail.get_mut(..octets) {
                taken.zeroize();
            }
        }
    }

    /// Gives back what is not needed while there is nothing to say.
    fn settle(&mut self) {
        if self.remaining > 0 {
            return;
        }
        self.is_secret = false;
        if self.tail.capacity() > KEPT {
            self.tail = BytesMut::new();
        }
        if self.segments.capacity() > KEPT / size_of::<Bytes>() {
            self.segments = VecDeque::new();
        }
    }
}

impl Buf for Output {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.segments.front().map_or(&self.tail, |segment| segment)
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let tail = Some(&*self.tail).filter(|tail| !tail.is_empty());
        let chunks = self.segments.iter().map(|segment| &**segment).chain(tail);
        let mut filled = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = std::io::IoSlice::new(chunk);
            filled += 1;
        }
        filled
    }

    /// Marks octets as written; more than there are is the same as all.
    fn advance(&mut self, octets: usize) {
        let mut octets = octets.min(self.remaining);
        self.remaining -= octets;
        self.taken = self.taken.saturating_add(octets as u64);
        while let Some(segment) = self.segments.front_mut() {
            if octets < segment.len() {
                segment.advance(octets);
                return;
            }
            octets -= segment.len();
            self.segments.pop_front();
        }
        let octets = octets.min(self.tail.len());
        self.wipe(octets);
        self.tail.advance(octets);
        self.settle();
    }
}

/// How much there is; a message is nobody's business.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Commands and slices in turns, some copied and some kept.
    fn filled() -> (Output, Vec<u8>) {
        let mut output = Output::default();
        let mut model = Vec::new();
        let mut octet = 0_u8;
        for length in [3, 700, 800, 5, 512, 513, 1, 900, 7, 2] {
            let octets: Vec<u8> = (0..length)
                .map(|_| {
                    octet = octet.wrapping_add(1);
                    octet
                })
                .collect();
            model.extend_from_slice(&octets);
            output.push(Bytes::from(octets));
        }
        (output, model)
    }

    fn rest(output: &mut Output) -> Vec<u8> {
        output.copy_to_bytes(output.remaining()).to_vec()
    }

    #[test]
    fn it_is_cut_anywhere() {
        let (_, model) = filled();
        for taken in [0, 1, 350, 703, 1502, 1508, 2500, model.len()] {
            for end in taken..=model.len() {
                let (mut output, _) = filled();
                output.advance(taken);
                output.truncate(end as u64);
                assert_eq!(output.written(), end as u64);
                assert_eq!(rest(&mut output), model[taken..end]);
                output.push(Bytes::from_static(b"more"));
                assert_eq!(rest(&mut output), b"more");
            }
        }
    }

    #[test]
    fn its_front_is_moved_anywhere() {
        let (_, model) = filled();
        for octets in 0..=model.len() {
            let (mut output, _) = filled();
            let mut to = Output::default();
            output.move_front(octets, &mut to);
            assert_eq!((to.len(), output.len()), (octets, model.len() - octets));
            output.push(Bytes::from_static(b"more"));
            assert_eq!(rest(&mut to), model[..octets]);
            assert_eq!(rest(&mut output), [&model[octets..], b"more"].concat());
        }
    }

    #[test]
    fn secrets_are_wiped_when_they_are_taken() {
        let mut output = Output::default();
        output.append_secret(6, |tail| tail.extend_from_slice(b"secret"));
        output.wipe(3);
        assert_eq!(output.chunk(), b"\0\0\0ret");
        output.advance(6);
        assert!(!output.is_secret);
        output.append(|tail| tail.extend_from_slice(b"NOOP"));
        output.wipe(4);
        assert_eq!(output.chunk(), b"NOOP");
    }
}
