//! BODY (RFC 6152, RFC 3030).

use core::fmt;

/// The value of BODY: what the octets of a message are (RFC 6152, RFC 3030).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: lines of ASCII. What a message is when nothing is said.
    #[default]
    SevenBit,
    /// `8BITMIME`: lines of any octets (RFC 6152).
    EightBitMime,
    /// `BINARYMIME`: any octets, sent with BDAT only (RFC 3030).
    BinaryMime,
}

impl BodyType {
    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        }
    }
}

impl fmt::Display for BodyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
