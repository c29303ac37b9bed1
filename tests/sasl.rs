//! AUTH: messages, lines, and that nobody sees them who need not.

use ehlo::Secret;
use ehlo::codec::{Part, Syntax};
use ehlo::types::{Command, EnhancedCode, Mechanism, ReplyCode, SaslLine, SaslMessage};

#[test]
fn messages_are_read_and_written_as_they_are() {
    for octets in [&b""[..], b"\0", b"\0user\0password", &[0xff; 3000]] {
        let message = SaslMessage::encode(octets);
        assert_eq!(message.decode().expose(), octets);
        assert_eq!(message.is_empty(), octets.is_empty());
        let again = SaslMessage::try_from(message.expose_base64()).unwrap();
        assert_eq!(again, message);
        assert_eq!(again.clone().into_owned(), message);

        let line = SaslLine::Response(again.clone());
        let mut written = Vec::new();
        line.write(&mut written);
        let text = written.strip_suffix(b"\r\n").unwrap();
        assert_eq!(SaslLine::parse(text), Ok(line));

        let command = Command::Auth {
            mechanism: Mechanism::PLAIN,
            initial_response: Some(again),
        };
        let mut written = Vec::new();
        command.write(&mut written);
        let text = written.strip_suffix(b"\r\n").unwrap();
        assert_eq!(text == b"AUTH PLAIN =", octets.is_empty());
        assert_eq!(Command::parse(text, &Syntax::STRICT), Ok(command));
    }
}

#[test]
fn a_star_cancels_and_nothing_is_an_empty_response() {
    assert_eq!(SaslLine::parse(b"*"), Ok(SaslLine::Cancel));
    assert_eq!(SaslLine::parse(b"* "), Ok(SaslLine::Cancel));
    let empty = SaslLine::Response(SaslMessage::encode(b""));
    assert_eq!(SaslLine::parse(b""), Ok(empty.clone()));
    let mut written = Vec::new();
    SaslLine::Cancel.write(&mut written);
    empty.write(&mut written);
    assert_eq!(written, b"*\r\n\r\n");
}

#[test]
fn what_is_not_base64_is_refused() {
    // RFC 4954 §4 names the middle two.
    for bad in [
        &b"a"[..],
        b"=AAA",
        b"AAA=BBB",
        b"AA=A",
        b"AAAA=",
        b"=",
        b"====",
        b"AA",
        b"AAA",
        b"AA==AAAA",
        b"AAAA\r",
        b"AAA\0",
        b"AA AA",
        b"A-_A",
        b"**",
        b"\xff",
        b"AB==",
        b"AAB=",
    ] {
        let error = SaslLine::parse(bad).unwrap_err();
        assert_eq!(error.part(), Part::Base64, "{}", bad.escape_ascii());
        assert_eq!(error.code(), ReplyCode::ARGUMENT_SYNTAX_ERROR);
        assert_eq!(error.enhanced_code(), EnhancedCode::SYNTAX_ERROR);
    }
}

#[test]
fn mechanisms_have_one_spelling() {
    let mechanism: Mechanism = "Scram-Sha-256-Plus".parse().unwrap();
    assert_eq!(mechanism, Mechanism::SCRAM_SHA_256_PLUS);
    assert_eq!(mechanism.to_string(), "SCRAM-SHA-256-PLUS");
    for bad in ["", "A B", "A.B", "\u{e9}", "ABCDEFGHIJKLMNOPQRSTU", "A\0"] {
        assert!(bad.parse::<Mechanism>().is_err(), "{bad:?}");
    }
}

#[test]
fn no_secret_shows() {
    let line = b"AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=";
    let command = Command::parse(line, &Syntax::STRICT).unwrap();
    for command in [command.clone(), command.into_owned()] {
        assert_eq!(command.to_string(), "AUTH PLAIN [secret]");
        let debug = format!("{command:?} {command:#?}");
        assert!(
            debug.contains("PLAIN") && !debug.contains("AHVz"),
            "{debug}"
        );
        let Command::Auth {
            initial_response: Some(response),
            ..
        } = &command
        else {
            panic!()
        };
        assert_eq!(format!("{response} {response:?}"), "[secret] [secret]");
        let decoded = response.decode();
        assert_eq!(
            format!("{decoded} {decoded:?} {decoded:#?}"),
            "[secret] [secret] [secret]"
        );
        let line = SaslLine::Response(response.clone());
        assert_eq!(format!("{line:?}"), "Response([secret])");
    }
    let error = Command::parse(b"AUTH PLAIN c2VjcmV0!", &Syntax::STRICT).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c2Vj"));
    assert_ne!(Secret::from("a"), Secret::from("b"));
    assert_ne!(Secret::from("a"), Secret::from("ab"));
    assert_eq!(Secret::from("a"), Secret::from(vec![b'a']));
}
