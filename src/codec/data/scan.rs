//! The one search behind the data codecs: neighbouring octets of a kind.
//!
//! Everything that matters in a message body shows in two neighbours: a CR
//! without its LF, an LF without its CR, a dot that begins a line. So one pass
//! compares the text with itself moved by one octet, in blocks of a fixed size
//! that the compiler turns into vector code, and only a block that holds a hit
//! is looked at more closely.

#![allow(
    clippy::inline_always,
    reason = "inside the loops or not decides how well they are vectorised; measured, not guessed"
)]

/// Octets skipped or kept as one while nothing is found.
const STRIDE: usize = 256;

/// Octets whose hits fit the bits of a `u64`.
const BLOCK: usize = 64;

/// A kind of neighbours to search for.
///
/// Told as a number, without branches, or the search is not vectorised.
pub(super) trait Pair {
    /// 1 if `a`, directly followed by `b`, is of this kind, otherwise 0.
    fn hit(a: u8, b: u8) -> u8;
}

/// A CR that no LF follows, or an LF that follows no CR.
pub(super) struct Bare;

impl Pair for Bare {
    #[inline(always)]
    fn hit(a: u8, b: u8) -> u8 {
        u8::from(b == b'\n') ^ u8::from(a == b'\r')
    }
}

/// A dot behind an LF, whatever stands before the LF.
pub(super) struct LeadingDot;

impl Pair for LeadingDot {
    #[inline(always)]
    fn hit(a: u8, b: u8) -> u8 {
        u8::from(a == b'\n') & u8::from(b == b'.')
    }
}

/// [`Bare`] and [`LeadingDot`] in one pass.
pub(super) struct BareOrLeadingDot;

impl Pair for BareOrLeadingDot {
    #[inline(always)]
    fn hit(a: u8, b: u8) -> u8 {
        Bare::hit(a, b) | LeadingDot::hit(a, b)
    }
}

/// A search that goes on where it stopped.
///
/// It holds no borrow of the text, which is given anew to each call, so that a
/// caller may rewrite what lies before the last hit.
#[derive(Clone, Default)]
pub(super) struct Scan {
    /// Where the block of `hits` begins.
    block: usize,
    /// Hits in that block that were not handed out yet, lowest bit first.
    hits: u64,
    /// The first pair that no block has covered.
    next: usize,
    /// The end of a stride known to hold a hit.
    dense: usize,
}

impl Scan {
    /// A search from the pair at `position` on.
    pub(super) fn starting_at(position: usize) -> Self {
        Self {
            next: position,
            ..Self::default()
        }
    }

    /// The position of the next pair of kind `P`: that of its first octet.
    ///
    /// `text` must be of the same length in each call and unchanged from the
    /// last hit on.
    #[inline]
    pub(super) fn next<P: Pair>(&mut self, text: &[u8]) -> Option<usize> {
        if self.hits == 0 && !self.fill::<P>(text) {
            return None;
        }
        let hit = self.block + self.hits.trailing_zeros() as usize;
        self.hits &= self.hits - 1;
        Some(hit)
    }

    /// Goes on to the next block that holds a hit; `false` at the end.
    fn fill<P: Pair>(&mut self, text: &[u8]) -> bool {
        let mut next = self.next;
        loop {
            if next >= self.dense {
                while let Some((a, b)) = neighbours::<STRIDE>(text, next) {
                    if any::<P>(a, b) {
                        break;
                    }
                    next += STRIDE;
                }
                self.dense = next + STRIDE;
            }
            let Some((a, b)) = neighbours::<BLOCK>(text, next) else {
                self.next = next;
                return self.fill_rest::<P>(text);
            };
            self.hits = bits::<P>(a, b);
            if self.hits != 0 {
                self.block = next;
                self.next = next + BLOCK;
                self.dense = self.next + STRIDE;
                return true;
            }
            next += BLOCK;
        }
    }

    /// The rest, shorter than a block.
    fn fill_rest<P: Pair>(&mut self, text: &[u8]) -> bool {
        let pairs = text.len().saturating_sub(1);
        let rest = pairs.saturating_sub(self.next);
        if rest == 0 {
            return false;
        }
        // A block that ends with the text covers the rest again, and some pairs
        // twice: faster than octet by octet.
        let last = pairs.checked_sub(BLOCK);
        let last = last.and_then(|start| Some((start, neighbours::<BLOCK>(text, start)?)));
        if let Some((start, (a, b))) = last {
            let seen = BLOCK - rest;
            self.block = start;
            self.hits = bits::<P>(a, b) >> seen << seen;
        } else {
            let rest = text.get(self.next..).unwrap_or_default();
            self.block = self.next;
            for (i, (&a, &b)) in rest.iter().zip(rest.iter().skip(1)).enumerate() {
                self.hits |= u64::from(P::hit(a, b)) << i;
            }
        }
        self.next = pairs;
        self.hits != 0
    }
}

/// `N` octets from `start` on, and the `N` that follow each of them.
#[inline(always)]
fn neighbours<const N: usize>(text: &[u8], start: usize) -> Option<(&[u8; N], &[u8; N])> {
    let text = text.get(start..)?;
    let followers = text.get(1..)?.first_chunk()?;
    Some((text.first_chunk()?, followers))
}

/// Whether one of the pairs is of kind `P`.
#[inline(always)]
fn any<P: Pair>(a: &[u8; STRIDE], b: &[u8; STRIDE]) -> bool {
    let mut found = 0;
    for (&a, &b) in a.iter().zip(b) {
        found |= P::hit(a, b);
    }
    found != 0
}

/// One bit for each pair, set if it is of kind `P`.
#[inline(always)]
fn bits<P: Pair>(a: &[u8; BLOCK], b: &[u8; BLOCK]) -> u64 {
    let mut found = [0; BLOCK];
    for (found, (&a, &b)) in found.iter_mut().zip(a.iter().zip(b)) {
        *found = P::hit(a, b);
    }
    if found.iter().fold(0, |all, one| all | one) == 0 {
        return 0;
    }
    let mut words = [0; BLOCK / 8];
    for (word, eight) in words.iter_mut().zip(found.chunks_exact(8)) {
        *word = eight
            .first_chunk()
            .map_or(0, |&eight| u64::from_le_bytes(eight));
    }
    // Nearly always there is one hit. Bit i of octet j stands for word i.
    let mut stacked: u64 = 0;
    for (i, word) in words.iter().enumerate() {
        stacked |= word << i;
    }
    if stacked.is_power_of_two() {
        let hit = stacked.trailing_zeros();
        return 1 << (8 * (hit % 8) + hit / 8);
    }
    // Each factor bit moves one of eight 0/1 octets to its place in the highest
    // octet; no two of the 64 products meet, so nothing is carried.
    let mut bits = 0;
    for (i, word) in words.iter().enumerate() {
        bits |= (word.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}
