use bytes::BytesMut;
use ehlo::codec::{ReplyError, ReplyLimits, ReplyParser};
use ehlo::types::Reply;

use super::cuts::{SIZES, reads};

/// What a server sends: the same replies and the same error however it is cut,
/// each within the limits, and safe to print.
pub fn reply(octets: &[u8]) {
    let mut tight = ReplyLimits::default();
    tight.line = Some(24);
    tight.lines = Some(3);
    tight.octets = Some(48);
    for limits in [ReplyLimits::default(), tight] {
        let whole = parse(octets, limits, SIZES[0]);
        for size in &SIZES[1..] {
            assert_eq!(parse(octets, limits, *size), whole, "in reads of {size}");
        }
    }
    if let Ok(reply) = Reply::parse(octets) {
        assert_eq!(reply.as_bytes(), octets);
        check(&reply);
    }
}

/// The replies, then the error or what was left.
fn parse(
    octets: &[u8],
    limits: ReplyLimits,
    size: usize,
) -> (Vec<Vec<u8>>, Result<Vec<u8>, ReplyError>) {
    let mut parser = ReplyParser::new(limits);
    let mut input = BytesMut::new();
    let mut replies = Vec::new();
    for read in reads(octets, &[size]) {
        input.extend_from_slice(read);
        while let Some(next) = parser.next(&mut input) {
            match next {
                Ok(reply) => {
                    check(&reply);
                    let length = reply.as_bytes().len();
                    assert!(limits.octets.is_none_or(|limit| length <= limit));
                    replies.push(reply.as_bytes().to_vec());
                }
                Err(error) => return (replies, Err(error)),
            }
        }
        // What piles up is bounded.
        assert!(limits.octets.is_none_or(|limit| input.len() <= limit));
    }
    (replies, Ok(input.to_vec()))
}

fn check(reply: &Reply<'_>) {
    assert_eq!(Reply::parse(reply.as_bytes()).as_ref(), Ok(reply));
    let mut written = Vec::new();
    reply.write(&mut written);
    assert_eq!(written, reply.as_bytes());
    let is_safe = |text: &str| !text.chars().any(char::is_control);
    assert!(reply.to_string().lines().all(is_safe));
    assert_eq!(reply.to_string().lines().count(), reply.lines().count());
    assert!(is_safe(&format!("{reply:?}").replace('\n', "")));
    if let Some(enhanced) = reply.enhanced() {
        assert!(enhanced.agrees_with(reply.code()));
    }
    // What a server would say with that text is what it says.
    if let Ok(again) = Reply::new(reply.code(), reply.enhanced(), &reply.text()) {
        assert_eq!(again.code(), reply.code());
        let is_short = |line: &[u8]| line.len() <= 512;
        assert!(
            again
                .as_bytes()
                .split_inclusive(|&octet| octet == b'\n')
                .all(is_short)
        );
    }
}
