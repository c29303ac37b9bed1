//! Message data: dot transparency and line ends, both ways.
//!
//! RFC 5321 §4.5.2 ends a message with a line that is a single dot, and the
//! dispute over what ends a *line* is what SMTP smuggling lives on
//! (CVE-2023-51764, CVE-2023-51765, CVE-2023-51766, CVE-2021-38189). Here a line
//! ends with CR LF and with nothing else, whatever the policy for a lone CR or
//! LF; what can be chosen is only whether such an octet is refused, kept or, on
//! the way out, replaced.
//!
//! | | takes | gives |
//! |---|---|---|
//! | [`DotDecoder`] | the octets behind DATA | the message, unstuffed, up to its end |
//! | [`LineEndCheck`] | the octets of BDAT chunks | whether a CR or LF stands alone |
//! | [`DotEncoder`] | the message | the octets to send behind DATA |
//! | [`LineEncoder`] | the message | the same without dots, for BDAT |
//!
//! Neither direction copies the message into a buffer of its own: what goes in
//! as [`Bytes`](bytes::Bytes) or [`BytesMut`](bytes::BytesMut) comes out as
//! slices of it.

mod check;
mod decode;
mod encode;
mod lf;
mod scan;

pub use check::LineEndCheck;
pub use decode::{Decoded, DotDecoder};
pub use encode::{DotEncoder, LineEncoder};
pub(crate) use lf::LfDecoder;

use core::fmt;

use scan::{Bare, Scan};

/// What a receiver does about a CR or LF that is not part of CR LF.
///
/// Neither choice lets such an octet end a line or the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BareLineEnds {
    /// It is an error. RFC 5321 §2.3.8 forbids to send it, and the next hop may
    /// read it as a line end (CVE-2023-51764 and its kin).
    #[default]
    Reject,
    /// It is an octet like any other.
    Keep,
}

/// What a sender does about a CR or LF that is not part of CR LF.
///
/// Neither choice lets such an octet reach the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnds {
    /// It is an error.
    #[default]
    Strict,
    /// Each becomes CR LF: CR CR LF is two line ends, and so is LF CR.
    Normalize,
}

/// A CR or LF that is not part of CR LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BareLineEnd {
    /// A CR that no LF follows.
    #[error("CR without LF")]
    Cr,
    /// An LF that follows no CR.
    #[error("LF without CR")]
    Lf,
}

/// A [`BareLineEnd`] and where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind} {place}")]
pub struct BareLineEndAt {
    /// Which of the two.
    pub kind: BareLineEnd,
    /// Where it stands.
    pub place: Place,
}

/// Where a [`BareLineEnd`] stands, seen from the call that found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the octets of this call, this many octets behind the first.
    Offset(usize),
    /// It was the last octet of an earlier call, a CR, and only now is it known
    /// that no LF follows.
    Before,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(offset) => write!(f, "at offset {offset}"),
            Self::Before => f.write_str("at the end of the octets before"),
        }
    }
}

impl BareLineEndAt {
    /// The CR in the last place of an earlier call.
    const BEFORE: Self = Self {
        kind: BareLineEnd::Cr,
        place: Place::Before,
    };

    /// One that shows in the first of `octets`, where `after_cr` says that a CR
    /// came directly before.
    fn at_border(after_cr: bool, octets: &[u8]) -> Option<Self> {
        match (after_cr, octets.first()?) {
            (true, b'\n') => None,
            (true, _) => Some(Self::BEFORE),
            (false, b'\n') => Some(Self::lf(0)),
            (false, _) => None,
        }
    }

    /// The first one in `octets` from `start` on, where `start` itself is not an
    /// LF without CR. A CR in the last place is not judged.
    fn inside(octets: &[u8], start: usize) -> Option<Self> {
        let hit = Scan::starting_at(start).next::<Bare>(octets)?;
        Some(match octets.get(hit) {
            Some(b'\r') => Self {
                kind: BareLineEnd::Cr,
                place: Place::Offset(hit),
            },
            _ => Self::lf(hit + 1),
        })
    }

    const fn lf(offset: usize) -> Self {
        Self {
            kind: BareLineEnd::Lf,
            place: Place::Offset(offset),
        }
    }
}
