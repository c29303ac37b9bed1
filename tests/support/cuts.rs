//! Ways to cut octets into reads.

use std::ops::Range;

/// How the octets of a peer arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// What the peer sends at once arrives at once.
    Whole,
    /// One octet at a time.
    Octets,
    /// In two parts: the session is cut behind that octet of all it sends.
    At(usize),
}

impl Cut {
    /// The reads in which `octets` arrive, of which `sent` came before them.
    pub fn reads(self, sent: usize, octets: &[u8]) -> Vec<Vec<u8>> {
        let ranges: Vec<Range<usize>> = match self {
            Self::Whole => vec![0..octets.len()],
            Self::Octets => (0..octets.len()).map(|at| at..at + 1).collect(),
            Self::At(at) => {
                let at = at.saturating_sub(sent).min(octets.len());
                vec![0..at, at..octets.len()]
            }
        };
        ranges
            .into_iter()
            .filter(|range| !range.is_empty())
            .map(|range| octets[range].to_vec())
            .collect()
    }
}
