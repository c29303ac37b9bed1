use bytes::BytesMut;
use ehlo::codec::{LineError, LineFramer};

use super::cuts::{SIZES, reads};

type Framed = Vec<Result<Vec<u8>, LineError>>;

/// Octets as lines, under several limits: however they are cut, what
/// RFC 5321 §2.3.8 says, read aloud.
pub fn line(octets: &[u8]) {
    for limit in [None, Some(0), Some(1), Some(2), Some(8), Some(30)] {
        let expected = reference(octets, limit);
        for size in SIZES {
            let lines = frame(octets, limit, size);
            assert_eq!(lines, expected, "limit {limit:?}, in reads of {size}");
        }
    }
}

fn reference(octets: &[u8], limit: Option<usize>) -> Framed {
    let pieces = octets.split_inclusive(|&octet| octet == b'\n');
    let whole = pieces.filter(|piece| piece.ends_with(b"\n"));
    whole
        .map(|piece| match piece.strip_suffix(b"\r\n") {
            None => Err(LineError::BareLineFeed),
            Some(_) if limit.is_some_and(|limit| piece.len() > limit) => Err(LineError::TooLong),
            Some(line) => Ok(line.to_vec()),
        })
        .collect()
}

fn frame(octets: &[u8], limit: Option<usize>, size: usize) -> Framed {
    let mut framer = LineFramer::new(limit);
    let mut input = BytesMut::new();
    let mut lines = Vec::new();
    for read in reads(octets, &[size]) {
        input.extend_from_slice(read);
        while let Some(next) = framer.next(&mut input) {
            lines.push(next.map(|line| line.to_vec()));
        }
        assert!(limit.is_none_or(|limit| input.len() <= limit));
    }
    lines
}
