//! Each leniency, off and on.

use bytes::BytesMut;
use ehlo::codec::{ReplyError, ReplyLimits, ReplyParser, Syntax};
use ehlo::types::{Command, HelloName, Reply};

/// Strict refuses the line; with the leniency it is what `meant` is.
fn check(allow: impl Fn(&mut Syntax), line: &str, meant: &str) {
    let strict = Command::parse(line.as_bytes(), &Syntax::STRICT);
    assert!(strict.is_err(), "{line}: {strict:?}");
    let mut syntax = Syntax::STRICT;
    allow(&mut syntax);
    let command =
        Command::parse(line.as_bytes(), &syntax).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(command.to_string(), meant);
    let again = Command::parse(meant.as_bytes(), &syntax);
    assert_eq!(again, Ok(command));
}

#[test]
fn blanks_before_the_path() {
    let allow = |syntax: &mut Syntax| syntax.blanks_before_path = true;
    check(allow, "MAIL FROM: <a@b.example>", "MAIL FROM:<a@b.example>");
    check(allow, "RCPT TO: \t <a@b.example>", "RCPT TO:<a@b.example>");
    check(allow, "MAIL FROM: <>", "MAIL FROM:<>");
}

#[test]
fn bare_paths() {
    let allow = |syntax: &mut Syntax| syntax.bare_paths = true;
    check(allow, "MAIL FROM:a@b.example", "MAIL FROM:<a@b.example>");
    check(
        allow,
        "RCPT TO:a@b.example X-OWN",
        "RCPT TO:<a@b.example> X-OWN",
    );
    check(allow, "RCPT TO:postmaster", "RCPT TO:<Postmaster>");
}

#[test]
fn local_paths() {
    let allow = |syntax: &mut Syntax| syntax.local_paths = true;
    check(allow, "MAIL FROM:<alice>", "MAIL FROM:<alice>");
    check(allow, "RCPT TO:<alice>", "RCPT TO:<alice>");
}

#[test]
fn odd_hello_names() {
    let allow = |syntax: &mut Syntax| syntax.odd_hello_names = true;
    check(allow, "HELO my_pc", "HELO my_pc");
    check(allow, "EHLO [::1]", "EHLO [::1]");
    let mut syntax = Syntax::STRICT;
    allow(&mut syntax);
    let Ok(Command::Helo(name)) = Command::parse(b"HELO my_pc", &syntax) else {
        panic!()
    };
    assert_eq!(name.host(), None);
    assert!(HelloName::try_from("my_pc").is_err());
    assert!(Command::parse(b"HELO a b", &syntax).is_err());
}

#[test]
fn long_paths() {
    let allow = |syntax: &mut Syntax| syntax.long_paths = true;
    let local = "a".repeat(65);
    let line = format!("MAIL FROM:<{local}@b.example>");
    check(allow, &line, &line);
    let host = ["a"; 128].join(".") + ".b";
    let line = format!("RCPT TO:<a@{host}>");
    check(allow, &line, &line);
    let host = ["a"; 126].join(".");
    let line = format!("RCPT TO:<abcd@{host}>");
    assert_eq!(line.len(), "RCPT TO:".len() + 258);
    check(allow, &line, &line);
}

#[test]
fn loose_dots() {
    let allow = |syntax: &mut Syntax| syntax.loose_dots = true;
    for local in ["a..b", "a.", ".a", "...", "a.b..c."] {
        let line = format!("MAIL FROM:<{local}@docomo.example>");
        check(allow, &line, &line);
    }
    let mut syntax = Syntax::STRICT;
    allow(&mut syntax);
    assert!(Command::parse(b"MAIL FROM:<@b.example>", &syntax).is_err());
    assert!(Command::parse(b"MAIL FROM:<a. b@b.example>", &syntax).is_err());
}

#[test]
fn extra_blanks() {
    let allow = |syntax: &mut Syntax| syntax.extra_blanks = true;
    check(allow, "MAIL  FROM:<a@b.example>", "MAIL FROM:<a@b.example>");
    check(
        allow,
        "MAIL \t FROM:<a@b.example>  SIZE=1 \t BODY=7BIT",
        "MAIL FROM:<a@b.example> SIZE=1 BODY=7BIT",
    );
    let mut syntax = Syntax::STRICT;
    allow(&mut syntax);
    assert!(Command::parse(b"MAIL FROM:<a@b.example>  SIZE=1  SIZE=1", &syntax).is_err());
}

#[test]
fn the_number_of_parameters() {
    let mut syntax = Syntax::STRICT;
    syntax.max_parameters = 1;
    assert!(Command::parse(b"RCPT TO:<a@b.example> X", &syntax).is_ok());
    assert!(Command::parse(b"RCPT TO:<a@b.example> X Y", &syntax).is_err());
}

#[test]
fn replies_with_lf_alone() {
    let text = b"250-a\n250-b\r\n250 c\n220 d\n";
    let mut strict = ReplyParser::new(ReplyLimits::default());
    let mut input = BytesMut::from(&text[..]);
    assert_eq!(strict.next(&mut input), Some(Err(ReplyError::BareLineFeed)));
    for step in 1..text.len() {
        let mut lenient = ReplyParser::new(ReplyLimits::default()).taking_bare_lf();
        let mut input = BytesMut::new();
        let mut replies = Vec::new();
        for piece in text.chunks(step) {
            input.extend_from_slice(piece);
            while let Some(reply) = lenient.next(&mut input) {
                replies.push(reply.unwrap());
            }
        }
        let octets: Vec<_> = replies.iter().map(Reply::as_bytes).collect();
        assert_eq!(octets, [&b"250-a\r\n250-b\r\n250 c\r\n"[..], b"220 d\r\n"]);
    }
    let mut lenient = ReplyParser::new(ReplyLimits::default()).taking_bare_lf();
    let mut input = BytesMut::from("250 a\r\rb\n");
    assert_eq!(
        lenient.next(&mut input),
        Some(Err(ReplyError::ForbiddenOctet))
    );
}
