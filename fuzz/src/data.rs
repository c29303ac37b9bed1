use bytes::Bytes;
use ehlo::codec::{
    BareLineEnd, BareLineEndAt, BareLineEnds, DotEncoder, LineEncoder, LineEndCheck, LineEnds,
    Place,
};

use super::cuts::{SIZES, reads};
use super::decoded::{Outcome, decoded};

/// Octets as what follows DATA, as the chunks of BDAT, and as a message to be
/// sent: however they are cut, what RFC 5321 §4.5.2 says, read aloud.
pub fn data(octets: &[u8]) {
    for policy in [BareLineEnds::Reject, BareLineEnds::Keep] {
        let expected = reference(octets, policy);
        for size in SIZES {
            let outcome = decoded(policy, reads(octets, &[size]));
            assert_eq!(outcome, expected, "{policy:?}, in reads of {size}");
        }
    }
    let bare = first_bare(octets);
    for size in SIZES {
        assert_eq!(check(octets, size), bare, "in reads of {size}");
        sent(octets, LineEnds::Strict, size, bare);
        sent(octets, LineEnds::Normalize, size, None);
    }
}

/// Octet by octet. Where the stream stops before the meaning of an octet is
/// certain, that octet is rest.
fn reference(stream: &[u8], policy: BareLineEnds) -> Outcome {
    let mut outcome = Outcome::default();
    let mut before: &[u8] = b"\r\n"; // of the DATA command
    let mut at = 0;
    loop {
        let from = &stream[at..];
        let at_line_start = before.ends_with(b"\r\n");
        match from {
            [] | b"\r" => break,
            b"." | b".\r" if at_line_start => break,
            [b'.', b'\r', b'\n', ..] if at_line_start => {
                outcome.ended = true;
                at += 3;
                break;
            }
            [b'.', ..] if at_line_start => {}
            [octet, behind @ ..] => {
                let bare = match octet {
                    b'\r' if !behind.starts_with(b"\n") => Some(BareLineEnd::Cr),
                    b'\n' if !before.ends_with(b"\r") => Some(BareLineEnd::Lf),
                    _ => None,
                };
                if policy == BareLineEnds::Reject && outcome.bare.is_none() {
                    outcome.bare = bare.map(|kind| (kind, outcome.message.len()));
                }
                outcome.message.push(*octet);
            }
        }
        at += 1;
        before = &stream[..at];
    }
    outcome.rest = stream[at..].to_vec();
    outcome
}

/// Where the first bare line end is; a CR in the last place is one.
fn first_bare(octets: &[u8]) -> Option<(BareLineEnd, usize)> {
    octets.iter().enumerate().find_map(|(at, octet)| {
        let kind = match octet {
            b'\r' if octets.get(at + 1) != Some(&b'\n') => BareLineEnd::Cr,
            b'\n' if at == 0 || octets[at - 1] != b'\r' => BareLineEnd::Lf,
            _ => return None,
        };
        Some((kind, at))
    })
}

/// Where that is, if `place` is told of octets behind `before` others.
fn position(found: BareLineEndAt, before: usize) -> (BareLineEnd, usize) {
    match found.place {
        Place::Offset(offset) => (found.kind, before + offset),
        Place::Before => (found.kind, before - 1),
    }
}

fn check(octets: &[u8], size: usize) -> Option<(BareLineEnd, usize)> {
    let mut check = LineEndCheck::new();
    let mut before = 0;
    for read in reads(octets, &[size]) {
        if let Err(found) = check.check(read) {
            return Some(position(found, before));
        }
        before += read.len();
    }
    check.finish().err().map(|found| position(found, before))
}

/// Sends the message with and without dots; `bare` is what strictness refuses.
fn sent(message: &[u8], line_ends: LineEnds, size: usize, bare: Option<(BareLineEnd, usize)>) {
    let chunks: Vec<Bytes> = reads(message, &[size])
        .map(Bytes::copy_from_slice)
        .collect();
    let mut encoder = DotEncoder::new(line_ends);
    let dotted = collect(&chunks, |chunk, wire| {
        let mut sink = |slice: Bytes| wire.push(slice);
        match chunk {
            Some(chunk) => encoder.encode(chunk, &mut sink),
            None => encoder.finish(&mut sink),
        }
    });
    let mut encoder = LineEncoder::new(line_ends);
    let plain = collect(&chunks, |chunk, wire| {
        let mut sink = |slice: Bytes| wire.push(slice);
        match chunk {
            Some(chunk) => encoder.encode(chunk, &mut sink),
            None => encoder.finish(&mut sink),
        }
    });
    let (dotted, plain) = match (dotted, plain) {
        (Ok(dotted), Ok(plain)) => (dotted, plain),
        (dotted, plain) => {
            assert_eq!((dotted.err(), plain.err()), (bare, bare));
            return;
        }
    };
    assert_eq!(bare, None);
    assert_eq!(first_bare(&plain), None);
    if line_ends == LineEnds::Strict {
        assert_eq!(plain, message);
    }
    let is_whole = plain.is_empty() || plain.ends_with(b"\r\n");
    let expected = [&plain[..], if is_whole { b"" } else { b"\r\n" }].concat();
    let received = decoded(BareLineEnds::Reject, [&dotted[..]]);
    assert!(received.ended && received.rest.is_empty() && received.bare.is_none());
    assert_eq!(received.message, expected);
}

/// What comes out of an encoder; or the first bare line end, by its place in
/// the message.
fn collect(
    chunks: &[Bytes],
    mut encode: impl FnMut(Option<&Bytes>, &mut Vec<Bytes>) -> Result<(), BareLineEndAt>,
) -> Result<Vec<u8>, (BareLineEnd, usize)> {
    let mut wire = Vec::new();
    let mut before = 0;
    for chunk in chunks.iter().map(Some).chain([None]) {
        encode(chunk, &mut wire).map_err(|found| position(found, before))?;
        before += chunk.map_or(0, Bytes::len);
    }
    assert!(wire.iter().all(|slice| !slice.is_empty()));
    Ok(wire.concat())
}
