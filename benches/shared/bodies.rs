//! Messages as they come over the wire. For `benches/data.rs`, `benches/session.rs` and the peers.

#![allow(dead_code)] // nobody uses all of it

/// The shapes of a body, by name.
pub(crate) const SHAPES: [&str; 4] = ["base64", "prose", "short lines", "dotted"];

/// A body of about so many octets: lines with their CR LF, dots stuffed, the
/// last dot not there yet.
pub(crate) fn wire(shape: &str, octets: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut number = 0;
    while wire.len() < octets {
        wire.extend_from_slice(&line(shape, number));
        wire.extend_from_slice(b"\r\n");
        number += 1;
    }
    wire
}

/// The same before dots were stuffed.
pub(crate) fn message(shape: &str, octets: usize) -> Vec<u8> {
    let wire = wire(shape, octets);
    let lines = wire.split_inclusive(|octet| *octet == b'\n');
    lines
        .flat_map(|line| line.strip_prefix(b".").unwrap_or(line))
        .copied()
        .collect()
}

/// What a client sends in one go each, for a message: the envelope, and the
/// body with its last dot.
pub(crate) fn transaction(recipients: usize, octets: usize) -> [Vec<u8>; 2] {
    let mut envelope = b"MAIL FROM:<alice@client.example>\r\n".to_vec();
    for number in 0..recipients {
        envelope.extend_from_slice(format!("RCPT TO:<bob{number:03}@mx.example>\r\n").as_bytes());
    }
    envelope.extend_from_slice(b"DATA\r\n");
    let mut body = wire("prose", octets);
    body.extend_from_slice(b".\r\n");
    [envelope, body]
}

fn line(shape: &str, number: usize) -> Vec<u8> {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const PROSE: [&str; 7] = [
        "It is a truth universally acknowledged, that a single man in",
        "possession of a good fortune, must be in want of a wife.",
        "",
        "However little known the feelings or views of such a man may be on his",
        "first entering a neighbourhood, this truth is so well fixed in the minds",
        "of the surrounding families, that he is considered as the rightful",
        "property of some one or other of their daughters.",
    ];
    let text = PROSE[number % PROSE.len()];
    match shape {
        "base64" => BASE64
            .iter()
            .cycle()
            .skip(number * 13 % 64)
            .take(76)
            .copied()
            .collect(),
        "prose" => text.into(),
        "short lines" => format!("line {:05}", number % 100_000).into(),
        _ if number % 2 == 1 => format!("..{text}").into(),
        _ => text.into(),
    }
}
