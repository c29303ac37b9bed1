//! What must never show, and what must never be believed.

use bytes::BytesMut;
use ehlo::Secret;
use ehlo::client::{AuthError, AuthPolicy, CloseReason, Config, Event, TlsPolicy};
use ehlo::codec::Syntax;
use ehlo::types::{Command, Mechanism};

use super::{NOW, hear, opened, opening, ready_with, said};

/// A4: whatever stands behind the 220, however it comes, nothing is said and
/// nothing believed any more.
#[test]
fn octets_behind_the_go_ahead_for_tls_are_fatal() {
    let injections: [&[u8]; 6] = [
        b"2",
        b"\n",
        b"250 Ok\r\n",
        b"250-AUTH PLAIN\r\n250 evil.example\r\n",
        b"250-evil.exa",
        b"220 Go\r\n",
    ];
    let go = b"220 Go ahead\r\n";
    for injection in injections {
        for by_hand in [false, true] {
            for cut in 1..=go.len() + injection.len() {
                let policy = if by_hand {
                    TlsPolicy::Never
                } else {
                    TlsPolicy::Required
                };
                let mut client = opened(Config::new(), opening().with_tls(policy));
                hear(&mut client, b"220 mx.example\r\n");
                said(&mut client);
                hear(&mut client, b"250-mx.example\r\n250 STARTTLS\r\n");
                if by_hand {
                    client.send(&Command::StartTls).unwrap();
                    hear(&mut client, b"");
                }
                assert_eq!(said(&mut client), b"STARTTLS\r\n");
                let octets = [go, injection].concat();
                let (first, rest) = octets.split_at(cut);
                let mut input = BytesMut::from(first);
                let mut told = Vec::new();
                while let Some(event) = client.poll_event(NOW, &mut input) {
                    told.push(event);
                }
                // What was read before the handshake began, and was not shown.
                input.extend_from_slice(rest);
                client.tls_established(NOW, &mut input);
                while let Some(event) = client.poll_event(NOW, &mut input) {
                    told.push(event);
                }
                let is_whole = rest.is_empty();
                assert_eq!(told.last(), Some(&Event::Closed(CloseReason::Injection)));
                let heard = told.contains(&Event::Handover);
                assert!(!(heard && is_whole), "before the application hears of it");
                assert!(said(&mut client).is_empty());
                assert!(!client.is_encrypted());
                assert!(client.is_closed());
            }
        }
    }
}

/// A16: neither in `Debug` nor in `Display`, before, while and after.
#[test]
fn secrets_do_not_show() {
    let mut shown = Vec::new();
    let mut client = ready_with(Config::new(), "250-AUTH PLAIN LOGIN\r\n");
    let secret = Secret::from("\0user\0hunter2");
    let long = Secret::from("hunter2".repeat(2000).as_str());
    let refused = [
        client
            .authenticate(Mechanism::PLAIN, Some(&long))
            .unwrap_err(),
        client
            .authenticate(Mechanism::XOAUTH2, Some(&secret))
            .unwrap_err(),
        client.respond(&secret).unwrap_err(),
    ];
    assert_eq!(refused[0], AuthError::TooLong);
    shown.push(format!("{refused:?} {} {secret:?} {secret}", refused[0]));
    client
        .authenticate(Mechanism::PLAIN, Some(&secret))
        .unwrap();
    shown.push(format!("{client:?}"));
    hear(&mut client, b"");
    shown.push(format!("{client:?}"));
    shown.push(format!("{:?}", client.output()));
    assert_eq!(said(&mut client), b"AUTH PLAIN AHVzZXIAaHVudGVyMg==\r\n");
    // What a server that is out of step repeats is not shown as a challenge.
    let told = hear(&mut client, b"334 aHVudGVyMg==\r\n");
    assert!(matches!(&told[..], [Event::AuthChallenge(_)]));
    shown.push(format!("{told:?}"));
    client.respond(&secret).unwrap();
    shown.push(format!("{client:?}"));
    hear(&mut client, b"");
    shown.push(format!("{client:?}"));
    said(&mut client);
    shown.push(format!("{:?}", hear(&mut client, b"535 5.7.8 No\r\n")));
    let line = b"AUTH PLAIN AHVzZXIAaHVudGVyMg==";
    let command = Command::parse(line, &Syntax::STRICT).unwrap();
    client.send(&command).unwrap();
    shown.push(format!("{client:?} {command} {command:?}"));
    hear(&mut client, b"");
    shown.push(format!("{client:?}"));
    let shown = shown.concat();
    for secret in ["hunter2", "aHVudGVyMg", "AHVzZXIA"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// A challenge may be as long as RFC 4954 has it, other replies may not.
#[test]
fn challenges_may_be_long() {
    let mut client = ready_with(Config::new(), "250-AUTH LOGIN\r\n");
    client.authenticate(Mechanism::LOGIN, None).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    let challenge = format!("334 {}\r\n", "YWFh".repeat(3070));
    let told = hear(&mut client, challenge.as_bytes());
    let [Event::AuthChallenge(challenge)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(challenge.decode().unwrap().expose().len(), 3 * 3070);
    client
        .respond(&Secret::from("a".repeat(9213).as_str()))
        .unwrap();
    hear(&mut client, b"");
    assert!(said(&mut client).len() <= 12288);
    hear(&mut client, b"235 Ok\r\n");
    assert!(client.is_authenticated());

    client.send(&Command::Noop(None)).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    let told = hear(
        &mut client,
        format!("250 {}\r\n", "x".repeat(5000)).as_bytes(),
    );
    assert!(matches!(
        &told[..],
        [Event::Closed(CloseReason::Malformed(_))]
    ));
}

/// A15: what a reply holds cannot steer a terminal or forge a line of a log.
#[test]
fn replies_are_escaped() {
    let mut client = ready_with(Config::new(), "");
    client.send(&Command::Noop(None)).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    let told = hear(&mut client, b"550 5.1.1 \x1b[2J\x07\xff\x7f\r\n");
    let [Event::Reply(_, reply)] = &told[..] else {
        panic!("{told:?}");
    };
    for text in [reply.to_string(), format!("{told:?}")] {
        assert!(
            text.chars().all(|character| !character.is_control()),
            "{text}"
        );
    }
    assert_eq!(reply.lines().next(), Some(&b"\x1b[2J\x07\xff\x7f"[..]));
    // RFC 2034 §4: a class that contradicts the code is none.
    let told = {
        client.send(&Command::Noop(None)).unwrap();
        hear(&mut client, b"");
        said(&mut client);
        hear(&mut client, b"550 2.1.1 No\r\n")
    };
    let [Event::Reply(_, reply)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(reply.enhanced(), None);
}

/// A server that offers AUTH to those who never wanted it is not believed.
#[test]
fn nothing_is_said_that_was_not_asked_for() {
    let mut client = opened(Config::new(), opening().with_auth(AuthPolicy::Never));
    hear(&mut client, b"220 mx.example\r\n");
    said(&mut client);
    let told = hear(
        &mut client,
        b"250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    );
    assert!(matches!(&told[..], [Event::Ready(_)]));
    assert!(said(&mut client).is_empty());
}
