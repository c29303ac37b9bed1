//! Receiving a message behind DATA.
//!
//! Not here: io-smtp, lettre and mail-send are clients; smtp-codec has nothing
//! for the message.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use bytes::BytesMut;
use ehlo::codec::{BareLineEnds, Decoded, DotDecoder};
use smtp_proto::request::receiver::DataReceiver;

use crate::measure::{Group, Unit};
use crate::shared::bodies::{self, SHAPES};

/// It, what is decoded of it and the copies fit into the second-level cache.
const OCTETS: usize = 192 * 1024;

pub fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for shape in SHAPES {
        for read in [4, 16, 64] {
            groups.push(decode(shape, read));
        }
        groups.push(read_and_decode(shape, 16));
    }
    groups
}

fn message(shape: &str) -> &'static [u8] {
    let mut wire = bodies::wire(shape, OCTETS);
    wire.extend_from_slice(b".\r\n");
    wire.leak()
}

/// Pieces of at most so many octets that end with a line, so that none leaves
/// an octet over for the next.
fn pieces(wire: &'static [u8], read: usize) -> Vec<&'static [u8]> {
    let mut pieces = Vec::new();
    let mut rest = wire;
    while !rest.is_empty() {
        let most = &rest[..rest.len().min(read)];
        let end = most
            .iter()
            .rposition(|octet| *octet == b'\n')
            .expect("lines are short")
            + 1;
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces
}

/// The octets are in the buffers already.
fn decode(shape: &str, read: usize) -> Group {
    let wire = message(shape);
    let pieces: &'static [&[u8]] = pieces(wire, read * 1024).leak();
    let title = format!("data: {shape}, reads of {read} KiB");
    let mut group = Group::new(title, Unit::Octets(wire.len()));
    for (name, policy) in [
        ("ehlo, strict", BareLineEnds::Reject),
        ("ehlo, check off", BareLineEnds::Keep),
    ] {
        let prepare = || pieces.iter().map(|piece| buffer(piece)).collect();
        group.add_prepared(name, prepare, move |buffers: &mut Vec<BytesMut>| {
            let mut decoder = DotDecoder::new(policy);
            for buffer in buffers {
                while let Some(decoded) = decoder.next(buffer) {
                    black_box(&decoded);
                }
            }
        });
    }
    // For those who want the message in one piece, as smtp-proto gives it.
    let prepare = || pieces.iter().map(|piece| buffer(piece)).collect();
    let mut message = Vec::with_capacity(wire.len());
    group.add_prepared(
        "ehlo, strict, collected",
        prepare,
        move |buffers: &mut Vec<BytesMut>| {
            message.clear();
            let mut decoder = DotDecoder::new(BareLineEnds::Reject);
            for buffer in buffers {
                while let Some(Ok(Decoded::Piece(piece))) = decoder.next(buffer) {
                    message.extend_from_slice(&piece);
                }
            }
            black_box(&message);
        },
    );
    let mut message = Vec::with_capacity(wire.len());
    group.add_prepared(
        "smtp-proto",
        || (),
        move |()| {
            message.clear();
            let mut receiver = DataReceiver::new();
            for piece in pieces {
                black_box(receiver.ingest(&mut black_box(piece).iter(), &mut message));
            }
            black_box(&message);
        },
    );
    let mut message = vec![0; wire.len()];
    group.add_prepared(
        "memcpy",
        || (),
        move |()| {
            let mut at = 0;
            for piece in pieces {
                message[at..at + piece.len()].copy_from_slice(black_box(piece));
                at += piece.len();
            }
            black_box(&message);
        },
    );
    group
}

/// As it is after the first read from a connection: shared, so that handing
/// out a piece of it allocates nothing.
fn buffer(octets: &[u8]) -> BytesMut {
    let mut buffer = BytesMut::with_capacity(octets.len() + 64);
    buffer.extend_from_slice(octets);
    drop(buffer.split_off(octets.len()));
    buffer
}

/// Each gets its octets by a copy into its own buffer, as from a socket, cut
/// anywhere.
fn read_and_decode(shape: &str, read: usize) -> Group {
    let wire = message(shape);
    let size = read * 1024;
    let title = format!("data: {shape}, reads of {read} KiB, with the reading");
    let mut group = Group::new(title, Unit::Octets(wire.len()));
    for (name, policy) in [
        ("ehlo, strict", BareLineEnds::Reject),
        ("ehlo, check off", BareLineEnds::Keep),
    ] {
        let mut input = BytesMut::with_capacity(4 * size);
        group.add_prepared(
            name,
            || (),
            move |()| {
                let mut decoder = DotDecoder::new(policy);
                for octets in black_box(wire).chunks(size) {
                    input.reserve(octets.len());
                    input.extend_from_slice(octets);
                    while let Some(decoded) = decoder.next(&mut input) {
                        black_box(&decoded);
                    }
                }
            },
        );
    }
    let mut input = vec![0; size];
    let mut message = Vec::with_capacity(wire.len());
    group.add_prepared(
        "smtp-proto",
        || (),
        move |()| {
            message.clear();
            let mut receiver = DataReceiver::new();
            for octets in black_box(wire).chunks(size) {
                let input = &mut input[..octets.len()];
                input.copy_from_slice(octets);
                black_box(receiver.ingest(&mut black_box(&*input).iter(), &mut message));
            }
            black_box(&message);
        },
    );
    let mut input = vec![0; size + 8];
    group.add_prepared(
        "smtp-message",
        || (),
        move |()| {
            let mut decoder = smtp_message::DataUnescaper::new(true);
            let mut left_over = 0;
            for octets in black_box(wire).chunks(size) {
                let end = left_over + octets.len();
                input[left_over..end].copy_from_slice(octets);
                let found = decoder.unescape(&mut input[..end]);
                black_box(&input[..found.written]);
                input.copy_within(found.unhandled_idx..end, 0);
                left_over = end - found.unhandled_idx;
            }
        },
    );
    let mut input = Vec::with_capacity(wire.len());
    group.add_prepared(
        "mailrs (the whole message at once)",
        || (),
        move |()| {
            input.clear();
            for octets in black_box(wire).chunks(size) {
                input.extend_from_slice(octets);
            }
            black_box(mailrs_smtp_proto::unstuff_data(&input));
        },
    );
    let mut input = vec![0; size];
    group.add_prepared(
        "mailin (cuts at line ends)",
        mailin_session,
        move |session| {
            let mut rest = black_box(wire);
            while !rest.is_empty() {
                let most = &rest[..rest.len().min(size)];
                let end = memchr::memrchr(b'\n', most).expect("lines are short") + 1;
                let (octets, behind) = rest.split_at(end);
                rest = behind;
                let input = &mut input[..end];
                input.copy_from_slice(octets);
                let mut start = 0;
                for end in memchr::memchr_iter(b'\n', input) {
                    black_box(session.process(&input[start..=end]));
                    start = end + 1;
                }
            }
        },
    );
    let mut input = vec![0; size];
    group.add_prepared(
        "memcpy",
        || (),
        move |()| {
            for octets in black_box(wire).chunks(size) {
                input[..octets.len()].copy_from_slice(octets);
                black_box(&input);
            }
        },
    );
    group
}

pub struct Welcome;
impl mailin::Handler for Welcome {}

/// Ready for the message.
fn mailin_session() -> mailin::Session<Welcome> {
    let builder = mailin::SessionBuilder::new("mx.example");
    let mut session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), Welcome);
    for line in [
        &b"EHLO a\r\n"[..],
        b"MAIL FROM:<a@b>\r\n",
        b"RCPT TO:<a@b>\r\n",
        b"DATA\r\n",
    ] {
        session.process(line);
    }
    session
}
