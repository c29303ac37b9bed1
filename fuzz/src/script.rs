//! Scripts: what a session target is given.
//!
//! ```text
//! lmtp early=flag cuts=5,1 answers=yn4
//! LHLO client.example
//! ~MAIL FROM:<a@b.example>
//! ```
//!
//! The first line, which ends with LF, is words: settings, each with a value or
//! without. What is not known is nothing. The rest is what the peer sends, to
//! the octet, in flights: at each `~` it waits for all there is to hear.

/// A script, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    words: &'a [u8],
    traffic: &'a [u8],
}

impl<'a> Script<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        let end = octets.iter().position(|&octet| octet == b'\n');
        let (words, rest) = octets.split_at(end.unwrap_or(octets.len()));
        Self {
            words,
            traffic: rest.get(1..).unwrap_or_default(),
        }
    }

    /// What the peer sends.
    pub(crate) fn flights(self) -> impl Iterator<Item = &'a [u8]> {
        self.traffic.split(|&octet| octet == b'~')
    }

    pub(crate) fn octets(self) -> usize {
        self.traffic.len()
    }

    /// Whether that word stands there, without a value.
    pub(crate) fn has(self, name: &str) -> bool {
        self.value(name).is_some_and(<[u8]>::is_empty)
    }

    /// The value of that word.
    pub(crate) fn value(self, name: &str) -> Option<&'a [u8]> {
        self.words.split(|&octet| octet == b' ').find_map(|word| {
            let value = word.strip_prefix(name.as_bytes())?;
            match value {
                [b'=', value @ ..] => Some(value),
                [] => Some(value),
                _ => None,
            }
        })
    }

    /// The value of that word as a number of at most so many.
    pub(crate) fn number(self, name: &str, most: usize) -> Option<usize> {
        number(self.value(name)?).map(|number| number.min(most))
    }

    /// The sizes of the reads in which flights arrive, after `cuts=`; at least one.
    pub(crate) fn cuts(self) -> Vec<usize> {
        let sizes = self.value("cuts").unwrap_or_default();
        let sizes = sizes.split(|&octet| octet == b',');
        sizes.map(|size| number(size).unwrap_or(0)).collect()
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}
