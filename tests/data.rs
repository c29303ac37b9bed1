//! Message data against references written octet by octet: every end-of-data
//! variant that was ever smuggled, every cut, random mixtures, the borders of
//! the blocks the search works in.

use bytes::{Bytes, BytesMut};
use ehlo::codec::{
    BareLineEnd, BareLineEndAt, BareLineEnds, Decoded, DotDecoder, DotEncoder, LineEncoder,
    LineEndCheck, LineEnds, Place,
};
use proptest::prelude::*;

use decoded::{Outcome, decoded};

#[path = "../fuzz/src/decoded.rs"]
mod decoded;

/// A bare line end and the octets of the message before it.
type Bare = Option<(BareLineEnd, usize)>;

/// RFC 5321 §4.5.2, read aloud. Where the stream stops before the meaning of an
/// octet is certain, that octet is rest.
fn reference(policy: BareLineEnds, stream: &[u8]) -> Outcome {
    let data = [b"DATA\r\n", stream].concat();
    let mut message = Vec::new();
    let mut bare = None;
    let mut ended = false;
    let mut at = b"DATA\r\n".len();
    while at < data.len() {
        let (before, from) = data.split_at(at);
        if before.ends_with(b"\r\n") {
            if from.starts_with(b".\r\n") {
                ended = true;
                at += 3;
                break;
            }
            if from == b"." || from == b".\r" {
                break;
            }
            if from[0] == b'.' {
                at += 1;
                continue;
            }
        }
        if from == b"\r" {
            break;
        }
        let found = match from[0] {
            b'\r' if from[1] != b'\n' => Some(BareLineEnd::Cr),
            b'\n' if !before.ends_with(b"\r") => Some(BareLineEnd::Lf),
            _ => None,
        };
        if policy == BareLineEnds::Reject {
            bare = bare.or(found.map(|kind| (kind, message.len())));
        }
        message.push(from[0]);
        at += 1;
    }
    Outcome {
        message,
        bare,
        ended,
        rest: data[at..].to_vec(),
    }
}

/// The stream whole, octet by octet and cut at every place.
fn every_way(policy: BareLineEnds, stream: &[u8]) -> Outcome {
    let whole = decoded(policy, [stream]);
    assert_eq!(whole, decoded(policy, stream.chunks(1)), "octet by octet");
    for at in 0..=stream.len() {
        let (one, two) = stream.split_at(at);
        assert_eq!(whole, decoded(policy, [one, two]), "cut at {at}");
    }
    whole
}

const POLICIES: [BareLineEnds; 2] = [BareLineEnds::Reject, BareLineEnds::Keep];
const CR: BareLineEnd = BareLineEnd::Cr;
const LF: BareLineEnd = BareLineEnd::Lf;

#[test]
fn only_crlf_dot_crlf_ends_the_message() {
    // Between `a` and `b CRLF . CRLF QUIT`: the message, the first bare line
    // end and what stands before it.
    let goes_on: &[(&str, &str, Bare)] = &[
        ("\n.\n", "a\n.\nb\r\n", Some((LF, 1))),
        ("\n.\r", "a\n.\rb\r\n", Some((LF, 1))),
        ("\r.\n", "a\r.\nb\r\n", Some((CR, 1))),
        ("\r.\r", "a\r.\rb\r\n", Some((CR, 1))),
        ("\n.\r\n", "a\n.\r\nb\r\n", Some((LF, 1))),
        ("\r.\r\n", "a\r.\r\nb\r\n", Some((CR, 1))),
        ("\r\n.\n", "a\r\n\nb\r\n", Some((LF, 3))),
        ("\r\n.\r", "a\r\n\rb\r\n", Some((CR, 3))),
        ("\r\n.\r\r\n", "a\r\n\r\r\nb\r\n", Some((CR, 3))),
        ("\r\n\0.\r\n", "a\r\n\0.\r\nb\r\n", None),
        ("\r\n.\0\r\n", "a\r\n\0\r\nb\r\n", None),
        ("\r\n..\r\n", "a\r\n.\r\nb\r\n", None),
        ("\r\n.x\r\n", "a\r\nx\r\nb\r\n", None),
        ("\r\n.\r.\r\n", "a\r\n\r.\r\nb\r\n", Some((CR, 3))),
        ("\r\n.\n.\r\n", "a\r\n\n.\r\nb\r\n", Some((LF, 3))),
        ("\r\n\n.\r\n", "a\r\n\n.\r\nb\r\n", Some((LF, 3))),
        ("\r\n\r.\r\n", "a\r\n\r.\r\nb\r\n", Some((CR, 3))),
        ("\r\r.\r\n", "a\r\r.\r\nb\r\n", Some((CR, 1))),
        ("\n\r.\r\n", "a\n\r.\r\nb\r\n", Some((LF, 1))),
        ("\r\n .\r\n", "a\r\n .\r\nb\r\n", None),
        ("\r\n. \r\n", "a\r\n \r\nb\r\n", None),
    ];
    for (sequence, message, bare) in goes_on {
        let stream = format!("a{sequence}b\r\n.\r\nQUIT\r\n");
        expect(&stream, message, *bare, "QUIT\r\n");
    }
    let ends: &[(&str, &str, Bare)] = &[
        ("\r\n.\r\n", "a\r\n", None),
        ("\r\r\n.\r\n", "a\r\r\n", Some((CR, 1))),
        ("\n\r\n.\r\n", "a\n\r\n", Some((LF, 1))),
        ("\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", Some((CR, 3))),
    ];
    for (sequence, message, bare) in ends {
        let stream = format!("a{sequence}b\r\n.\r\nQUIT\r\n");
        expect(&stream, message, *bare, "b\r\n.\r\nQUIT\r\n");
    }
}

#[test]
fn the_first_line_counts_as_a_line() {
    // Directly behind DATA CRLF.
    let table: &[(&str, &str, Bare, &str)] = &[
        (".\r\nQUIT\r\n", "", None, "QUIT\r\n"),
        (".\r\n.\r\n", "", None, ".\r\n"),
        ("..\r\n.\r\n", ".\r\n", None, ""),
        (".\n.\r\n.\r\n", "\n.\r\n", Some((LF, 0)), ""),
        (".\r.\r\n.\r\n", "\r.\r\n", Some((CR, 0)), ""),
        (".\r\r\n.\r\n", "\r\r\n", Some((CR, 0)), ""),
        ("\n.\r\n.\r\n", "\n.\r\n", Some((LF, 0)), ""),
        ("\r.\r\n.\r\n", "\r.\r\n", Some((CR, 0)), ""),
        ("\0.\r\n.\r\n", "\0.\r\n", None, ""),
        ("\r\n.\r\n", "\r\n", None, ""),
    ];
    for (stream, message, bare, rest) in table {
        expect(stream, message, *bare, rest);
    }
}

fn expect(stream: &str, message: &str, bare: Bare, rest: &str) {
    for policy in POLICIES {
        let expected = Outcome {
            message: message.into(),
            bare: bare.filter(|_| policy == BareLineEnds::Reject),
            ended: true,
            rest: rest.into(),
        };
        let stream = stream.as_bytes();
        let shown = stream.escape_ascii();
        assert_eq!(reference(policy, stream), expected, "reference: {shown}");
        assert_eq!(every_way(policy, stream), expected, "{policy:?}: {shown}");
    }
}

#[test]
fn a_decoder_is_as_new_after_the_end() {
    let mut decoder = DotDecoder::new(BareLineEnds::Reject);
    let mut input = BytesMut::from("a\nb\r\n.\r\n\n\r\n.\r\n");
    let mut seen = Vec::new();
    while let Some(next) = decoder.next(&mut input) {
        seen.push(next);
    }
    let piece = |text: &'static str| Ok(Decoded::Piece(Bytes::from(text)));
    let expected = [
        piece("a"),
        Err(LF),
        piece("\nb\r\n"),
        Ok(Decoded::End),
        Err(LF),
        piece("\n\r\n"),
        Ok(Decoded::End),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn tolerate_lasts_for_one_message() {
    let mut decoder = DotDecoder::new(BareLineEnds::Reject);
    decoder.tolerate();
    let mut input = BytesMut::from("\n\r\n.\r\n\n");
    let piece = Decoded::Piece(Bytes::from("\n\r\n"));
    assert_eq!(decoder.next(&mut input), Some(Ok(piece)));
    assert_eq!(decoder.next(&mut input), Some(Ok(Decoded::End)));
    assert_eq!(decoder.next(&mut input), Some(Err(LF)));
}

#[test]
fn a_buffer_is_one_piece() {
    let mut input = BytesMut::new();
    for _ in 0..500 {
        input.extend_from_slice(b"..dotted\r\nplain\r\n");
    }
    let start = input.as_ptr();
    let mut decoder = DotDecoder::new(BareLineEnds::Reject);
    let Some(Ok(Decoded::Piece(piece))) = decoder.next(&mut input) else {
        panic!("no piece");
    };
    assert_eq!(piece, b".dotted\r\nplain\r\n".repeat(500)[..]);
    // The dot before the first line is skipped, nothing was copied elsewhere.
    assert_eq!(piece.as_ptr(), start.wrapping_add(1));
    assert!(input.is_empty());
}

/// A message as it must come out, without the end, or its first bare line end.
fn canonical(policy: LineEnds, message: &[u8]) -> Result<Vec<u8>, (BareLineEnd, usize)> {
    let mut out = Vec::new();
    let mut before = 0;
    for (at, &octet) in message.iter().enumerate() {
        let bare = match octet {
            b'\r' if message.get(at + 1) != Some(&b'\n') => Some(BareLineEnd::Cr),
            b'\n' if before != b'\r' => Some(BareLineEnd::Lf),
            _ => None,
        };
        match (bare, policy) {
            (None, _) => out.push(octet),
            (Some(_), LineEnds::Normalize) => out.extend_from_slice(b"\r\n"),
            (Some(kind), LineEnds::Strict) => return Err((kind, at)),
        }
        before = octet;
    }
    Ok(out)
}

/// The canonical message as it must be sent.
fn stuffed(canonical: &[u8]) -> Vec<u8> {
    let mut out = b"\r\n".to_vec();
    for &octet in canonical {
        if octet == b'.' && out.ends_with(b"\r\n") {
            out.push(b'.');
        }
        out.push(octet);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out.split_off(2)
}

/// Where in the whole message, of which `seen` octets came in earlier calls.
fn in_message(error: BareLineEndAt, seen: usize) -> (BareLineEnd, usize) {
    match error.place {
        Place::Offset(offset) => (error.kind, seen + offset),
        Place::Before => (error.kind, seen - 1),
    }
}

/// Runs one of the two encoders, which have no trait in common.
macro_rules! encoded {
    ($encoder:expr, $parts:expr) => {{
        let mut encoder = $encoder;
        let mut wire = Vec::new();
        let mut seen = 0;
        let mut error = None;
        for part in $parts {
            let (state, length) = (format!("{encoder:?}"), wire.len());
            let chunk = Bytes::copy_from_slice(part);
            let mut sink = |slice: Bytes| {
                assert!(!slice.is_empty());
                wire.extend_from_slice(&slice);
            };
            if let Err(bare) = encoder.encode(&chunk, &mut sink) {
                assert_eq!((state, length), (format!("{encoder:?}"), wire.len()));
                error = Some(in_message(bare, seen));
                break;
            }
            seen += chunk.len();
        }
        if error.is_none() {
            let (state, length) = (format!("{encoder:?}"), wire.len());
            if let Err(bare) = encoder.finish(&mut |slice: Bytes| wire.extend_from_slice(&slice)) {
                assert_eq!((state, length), (format!("{encoder:?}"), wire.len()));
                error = Some(in_message(bare, seen));
            }
        }
        error.map_or(Ok(wire), Err)
    }};
}

fn check_encoders(message: &[u8], parts: &[&[u8]]) {
    for policy in [LineEnds::Strict, LineEnds::Normalize] {
        let canonical = canonical(policy, message);
        let lines = encoded!(LineEncoder::new(policy), parts);
        assert_eq!(lines, canonical, "lines, {policy:?}");
        let wire = encoded!(DotEncoder::new(policy), parts);
        let expected = canonical.as_deref().map(stuffed).map_err(|bare| *bare);
        assert_eq!(wire, expected, "dots, {policy:?}");

        let (Ok(mut canonical), Ok(wire)) = (canonical, wire) else {
            continue;
        };
        let on_wire = [b"\r\n", &wire[..]].concat();
        let ends = on_wire.windows(5).filter(|five| five == b"\r\n.\r\n");
        assert_eq!(ends.count(), 1);
        assert!(on_wire.ends_with(b"\r\n.\r\n"));
        if !canonical.is_empty() && !canonical.ends_with(b"\r\n") {
            canonical.extend_from_slice(b"\r\n");
        }
        let back = decoded(BareLineEnds::Reject, [&wire[..]]);
        let expected = Outcome {
            message: canonical,
            bare: None,
            ended: true,
            rest: Vec::new(),
        };
        assert_eq!(back, expected);
    }
}

/// The check of BDAT text sees what the strict encoder sees.
fn check_check(message: &[u8], parts: &[&[u8]]) {
    let mut check = LineEndCheck::new();
    let mut seen = 0;
    let mut found = None;
    for part in parts {
        if let Err(bare) = check.check(part) {
            found = found.or(Some(in_message(bare, seen)));
        }
        seen += part.len();
    }
    if let Err(bare) = check.finish() {
        found = found.or(Some(in_message(bare, seen)));
    }
    assert_eq!(found, canonical(LineEnds::Strict, message).err());
}

fn check_decoder(stream: &[u8], parts: &[&[u8]]) {
    for policy in POLICIES {
        let found = decoded(policy, parts.iter().copied());
        assert_eq!(found, reference(policy, stream), "{policy:?}");
    }
}

#[test]
fn every_short_message_in_every_cut() {
    // All words of up to seven letters; whole, octet by octet, in two parts.
    let alphabet = b"\r\n.a";
    for length in 0..=7 {
        for number in 0..4_usize.pow(length) {
            let word: Vec<u8> = (0..length)
                .map(|place| alphabet[number / 4_usize.pow(place) % 4])
                .collect();
            check_decoder(&word, &[&word[..]]);
            check_decoder(&word, &octets(&word));
            check_encoders(&word, &[&word[..]]);
            check_encoders(&word, &octets(&word));
            check_check(&word, &octets(&word));
            for at in 0..=word.len() {
                let (one, two) = word.split_at(at);
                check_decoder(&word, &[one, two]);
                if length <= 5 {
                    check_encoders(&word, &[one, b"", two]);
                }
            }
        }
    }
}

#[test]
fn every_place_in_a_long_text() {
    let needles: [&[u8]; 9] = [
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n.",
        b"\r\n.\r",
        b"\r\n.\n",
        b"\r\n.\r\n",
        b"\n.\r\n",
        b"\r\r\n.\r\n",
    ];
    for length in [63, 64, 65, 66, 130, 257, 258, 330, 600] {
        for needle in needles {
            for at in 0..=length {
                let mut text = vec![b'a'; length];
                text.splice(at..at, needle.iter().copied());
                check_decoder(&text, &[&text[..]]);
                check_encoders(&text, &[&text[..]]);
                check_check(&text, &[&text[..]]);
            }
        }
    }
}

/// Text of the octets that matter, with stretches long enough to be skipped in
/// blocks.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop::sample::select(b"\r\n.\0a".to_vec());
    let part = prop_oneof![
        6 => octet.prop_map(|octet| vec![octet]),
        4 => Just(b"\r\n".to_vec()),
        3 => Just(b"\r\n.".to_vec()),
        1 => Just(b"\r\n.\r\n".to_vec()),
        2 => (1..80_usize).prop_map(|length| vec![b'x'; length]),
        1 => (80..700_usize).prop_map(|length| vec![b'.'; length]),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// Text whose line ends are all right, so that `Strict` gets far.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(String::new()),
        Just(".".to_owned()),
        "[.]{0,2}[a.]{0,100}",
        "[.]?[a]{200,400}",
    ];
    let ended = prop::collection::vec(line, 0..30);
    (ended, "[.a]{0,3}").prop_map(|(lines, last)| {
        let lines: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
        (lines + &last).into_bytes()
    })
}

fn octets(text: &[u8]) -> Vec<&[u8]> {
    text.chunks(1).collect()
}

/// `text` cut at these places, some of which may be the same.
fn cut<'a>(text: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = at.iter().map(|at| at.index(text.len() + 1)).collect();
    at.extend([0, text.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn decoder_is_the_reference(text in prop_oneof![text(), lines()], cuts in cuts()) {
        check_decoder(&text, &cut(&text, &cuts));
        check_decoder(&text, &octets(&text));
    }

    #[test]
    fn encoders_are_the_reference(text in prop_oneof![text(), lines()], cuts in cuts()) {
        check_encoders(&text, &cut(&text, &cuts));
        check_encoders(&text, &octets(&text));
        check_check(&text, &cut(&text, &cuts));
    }
}
