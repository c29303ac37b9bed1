//! Ways to cut octets into reads.

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
        let behind = match self {
            Self::Whole => Vec::new(),
            Self::Octets => (1..octets.len()).collect(),
            Self::At(at) => vec![at.saturating_sub(sent).min(octets.len())],
        };
        let (mut reads, mut start) = (Vec::new(), 0);
        for end in behind.into_iter().chain([octets.len()]) {
            if end > start {
                reads.push(octets[start..end].to_vec());
                start = end;
            }
        }
        reads
    }
}
