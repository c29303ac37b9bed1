//! What the server has to say: octets for the caller to write.

use alloc::vec::Vec;

use bytes::Buf;

use crate::codec::text::encode;
use crate::types::{EnhancedCode, ReplyCode};

/// Octets to write to the peer: a [`Buf`], empty when there is nothing to say.
///
/// Bounded by [`Limits::output`](super::Limits::output) and one reply more (in
/// LMTP, the replies to one message more), taken octets included twice. It works on after the session has ended, so that the last reply gets out.
///
/// A reply is staged when it is known, and shown when it is due: what is due
/// may yet be another one, when the peer turns out to have talked too soon.
#[derive(Debug, Default)]
pub struct Output {
    octets: Vec<u8>,
    /// Octets that have been taken.
    taken: usize,
    /// Octets that may be taken; staged ones are behind.
    shown: usize,
    /// Capacity, in octets, that is kept when everything has been taken.
    keep: usize,
}

impl Output {
    /// Adds a reply behind what is staged already.
    pub(super) fn stage(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>, text: &str) {
        self.drop_taken();
        // For nearly all replies enough, so that writing them in parts does not
        // allocate for each.
        self.octets.reserve(text.len() + text.len() / 4 + 32);
        encode(code, enhanced, text, &mut self.octets);
    }

    /// Drops what has been taken when that is the larger part: a peer that
    /// never takes everything must not make it pile up.
    fn drop_taken(&mut self) {
        if self.taken > self.octets.len() / 2 {
            self.octets.drain(..self.taken);
            self.shown -= self.taken;
            self.taken = 0;
        }
    }

    /// Shows what is staged.
    pub(super) fn show(&mut self) {
        self.shown = self.octets.len();
    }

    /// Adds a 334, which alone may be longer than 512 octets (RFC 4954 §4).
    pub(super) fn stage_challenge(&mut self, base64: &str) {
        self.drop_taken();
        for part in ["334 ", base64, "\r\n"] {
            self.octets.extend_from_slice(part.as_bytes());
        }
    }

    /// Stages what is staged so many times in all; perhaps not at all.
    pub(super) fn repeat(&mut self, times: usize) {
        if times == 0 {
            self.unstage();
        }
        let staged = self.shown..self.octets.len();
        for _ in 1..times {
            self.octets.extend_from_within(staged.clone());
        }
    }

    /// Takes back what is staged.
    pub(super) fn unstage(&mut self) {
        self.octets.truncate(self.shown);
    }

    /// Drops everything: the peer does not take it.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keeps a small buffer from now on, for the replies of transactions, so
    /// that they need no allocation each. Until then an idle session has none.
    pub(super) fn keep_capacity(&mut self) {
        self.keep = 512;
    }

    /// Gives back what is not needed while there is nothing to say.
    fn settle(&mut self) {
        if self.taken < self.octets.len() {
            return;
        }
        self.taken = 0;
        self.shown = 0;
        self.octets.clear();
        if self.octets.capacity() > self.keep {
            self.octets = Vec::new();
        }
    }
}

impl Buf for Output {
    fn remaining(&self) -> usize {
        self.shown - self.taken
    }

    fn chunk(&self) -> &[u8] {
        self.octets.get(self.taken..self.shown).unwrap_or_default()
    }

    /// Marks octets as written; more than there are is the same as all.
    fn advance(&mut self, octets: usize) {
        self.taken += octets.min(self.remaining());
        self.settle();
    }
}
