//! What the decoder makes of a message; `tests/data.rs` asks it, too.

use bytes::BytesMut;
use ehlo::codec::{BareLineEnd, BareLineEnds, Decoded, DotDecoder};

/// All there is to know of a stream behind DATA.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) message: Vec<u8>,
    /// The first bare line end, and the octets of the message before it.
    pub(crate) bare: Option<(BareLineEnd, usize)>,
    pub(crate) ended: bool,
    pub(crate) rest: Vec<u8>,
}

/// What the decoder makes of a stream that comes in these parts.
pub(crate) fn decoded<'a>(
    policy: BareLineEnds,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut decoder = DotDecoder::new(policy);
    let mut input = BytesMut::new();
    let mut outcome = Outcome::default();
    for part in parts {
        input.extend_from_slice(part);
        while !outcome.ended {
            match decoder.next(&mut input) {
                None => {
                    assert!(input.len() <= 2, "{input:?} held back");
                    break;
                }
                Some(Ok(Decoded::Piece(piece))) => {
                    assert!(!piece.is_empty());
                    outcome.message.extend_from_slice(&piece);
                }
                Some(Ok(Decoded::End)) => outcome.ended = true,
                Some(Err(kind)) => {
                    assert_eq!(outcome.bare, None, "told twice");
                    outcome.bare = Some((kind, outcome.message.len()));
                }
            }
        }
    }
    outcome.rest = input.to_vec();
    outcome
}
