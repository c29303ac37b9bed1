//! What AUTH carries is seen by the application, and by nobody else.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use ehlo::codec::Syntax;
use ehlo::server::{
    AuthOffer, AuthStep, Authenticated, Config, Event, Rejection, Security, Server, SessionId,
};
use ehlo::types::{Command, Domain, Mechanism, SaslLine, SaslMessage};
use ehlo::{Secret, Timestamp};

const NOW: Timestamp = Timestamp::ZERO;
/// `\0user\0hunter2`, whole, and as LOGIN says it.
const PLAIN: &str = "AHVzZXIAaHVudGVyMg==";
const WORD: &str = "aHVudGVyMg==";
/// What must not be seen: the password, in its forms, whole or nearly so.
const FORMS: [&str; 5] = [
    "hunter2",
    "HVzZXIAaHVud",
    "aHVudGVyMg",
    "104, 117, 110",
    "68756e74",
];

#[track_caller]
fn is_silent(shown: &str) {
    for form in FORMS {
        assert!(!shown.contains(form), "{shown}");
    }
}

#[track_caller]
fn hides(value: &impl Debug) {
    is_silent(&format!("{value:?}"));
    is_silent(&format!("{value:#?}"));
}

#[track_caller]
fn hides_all(value: &(impl Debug + Display)) {
    hides(value);
    is_silent(&value.to_string());
}

#[test]
fn values_do_not_show() {
    hides_all(&Secret::from("hunter2"));
    hides_all(&SaslMessage::encode(b"hunter2"));
    hides(&AuthStep::Challenge(Secret::from("hunter2")));
    for line in [format!("AUTH PLAIN {PLAIN}"), format!("auth login {WORD}")] {
        let command = Command::parse(line.as_bytes(), &Syntax::STRICT).unwrap();
        hides(&command);
        hides(&command.into_owned());
    }
    for line in [PLAIN, WORD] {
        let line = SaslLine::parse(line.as_bytes()).unwrap();
        hides(&line);
    }
}

#[test]
fn what_a_uri_gives_access_with_does_not_show() {
    for (uri, shown) in [
        (
            "imap://joe@example.com/INBOX/;uid=20/;URLAuth=submit+joe:internal:hunter2",
            "imap://joe@example.com/INBOX/;uid=20/;URLAuth=[secret]",
        ),
        (
            "imap://joe:hunter2@example.com/INBOX",
            "imap://joe:[secret]",
        ),
        ("imap://a:hunter2@b/;urlauth=hunter2", "imap://a:[secret]"),
        (
            "imap://joe@example.com:143/a:b@c",
            "imap://joe@example.com:143/a:b@c",
        ),
    ] {
        let line = format!("BURL {uri} LAST");
        let command = Command::parse(line.as_bytes(), &Syntax::STRICT).unwrap();
        hides_all(&command);
        assert_eq!(command.to_string(), format!("BURL {shown} LAST"));
        let mut wire = Vec::new();
        command.write(&mut wire);
        assert_eq!(wire, format!("{line}\r\n").into_bytes());
        let Command::Burl { uri, .. } = &command else {
            panic!("{command:?}");
        };
        hides(uri);
    }
}

#[test]
fn errors_do_not_show() {
    for line in [
        format!("AUTH PLAIN {PLAIN}="),
        format!("AUTH {PLAIN}"),
        format!("AUTH PLAIN {WORD} {WORD}"),
        format!("AUTH  {WORD}\u{1}"),
    ] {
        let error = Command::parse(line.as_bytes(), &Syntax::STRICT).unwrap_err();
        hides_all(&error);
    }
    let error = SaslLine::parse(b"aHVudGVyMg").unwrap_err();
    hides_all(&error);
}

/// A session under TLS, with all that a policy may show of it.
struct Session {
    server: Server,
    input: BytesMut,
}

impl Session {
    fn new(set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(Domain::try_from("mx.example").unwrap());
        let auth = AuthOffer::new([Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::CRAM_MD5]);
        config.auth = Some(auth);
        config.report_refused = true;
        set(&mut config);
        let server = Server::new(Arc::new(config), SessionId(1), Security::Tls, NOW);
        let mut session = Self {
            server,
            input: BytesMut::with_capacity(4096),
        };
        assert!(session.say("").is_none());
        assert!(session.say("EHLO client.example\r\n").is_none());
        session
    }

    /// Says that, answers what is not about AUTH, and looks at all there is to
    /// see on the way. Gives the question about AUTH, if there is one.
    fn say(&mut self, octets: &str) -> Option<Event> {
        self.input.extend_from_slice(octets.as_bytes());
        loop {
            let event = self.server.poll_event(NOW, &mut self.input);
            hides(&self.server);
            hides(&event);
            let output = self.server.output();
            is_silent(&String::from_utf8_lossy(output.chunk()));
            output.advance(output.remaining());
            match event? {
                Event::Connect(question) => {
                    self.server
                        .answer(question, Ok(Default::default()))
                        .unwrap();
                }
                Event::Hello(question) => {
                    self.server
                        .answer(question, Ok(Default::default()))
                        .unwrap();
                }
                event @ (Event::Auth(_) | Event::AuthResponse(_)) => return Some(event),
                Event::Refused(refused) => {
                    if let Some(error) = refused.error {
                        hides_all(&error);
                    }
                }
                Event::Closed(reason) => hides_all(&reason),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn nothing_shows_in_any_state() {
    let mut session = Session::new(|_| {});
    // Refused, malformed, and of the wrong mechanism.
    for line in [
        format!("AUTH NTLM {PLAIN}\r\n"),
        format!("AUTH PLAIN {PLAIN}=\r\n"),
        format!("AUTH CRAM-MD5 {PLAIN}\r\n"),
        format!("AUTH PLAIN {PLAIN} {PLAIN}\r\n"),
    ] {
        assert!(session.say(&line).is_none());
    }
    // Piece by piece.
    let line = format!("AUTH PLAIN {PLAIN}\r\n");
    let (first, second) = line.split_at(20);
    assert!(session.say(first).is_none());
    let Some(Event::Auth(question)) = session.say(second) else {
        panic!("AUTH is asked about");
    };
    assert_eq!(
        question.initial_response.as_ref().unwrap().expose(),
        b"\0user\0hunter2"
    );
    session
        .server
        .answer(question, Err(Rejection::BAD_CREDENTIALS))
        .unwrap();
    assert!(session.say("").is_none());
    // As a response, cancelled and malformed as well; then let in.
    for (line, is_taken) in [
        (format!("{WORD}=\r\n"), false),
        ("*\r\n".to_owned(), false),
        (format!("{WORD}\r\n"), true),
    ] {
        let Some(Event::Auth(question)) = session.say("AUTH LOGIN\r\n") else {
            panic!("AUTH is asked about");
        };
        let challenge = AuthStep::Challenge(Secret::from("Password:"));
        session.server.answer(question, Ok(challenge)).unwrap();
        assert!(session.say("").is_none());
        match session.say(&line) {
            Some(Event::AuthResponse(question)) => {
                assert!(is_taken);
                assert_eq!(question.response.expose(), b"hunter2");
                let done = AuthStep::Done(Authenticated::new("user"));
                session.server.answer(question, Ok(done)).unwrap();
                assert!(session.say("").is_none());
            }
            other => assert!(other.is_none() && !is_taken),
        }
    }
    assert_eq!(session.server.identity(), Some("user"));
    assert!(session.say(&format!("AUTH PLAIN {PLAIN}\r\n")).is_none());
}

#[test]
fn an_answer_that_comes_too_late_does_not_show() {
    let mut session = Session::new(|_| {});
    let Some(Event::Auth(question)) = session.say("AUTH LOGIN\r\n") else {
        panic!("AUTH is asked about");
    };
    let late = session.server.poll_timeout().unwrap();
    session.server.handle_timeout(late);
    let challenge = AuthStep::Challenge(Secret::from("hunter2"));
    let stale = session.server.answer(question, Ok(challenge)).unwrap_err();
    hides_all(&stale);
}

/// What the process has at an address. The crate forbids `unsafe`; a file does
/// as well.
#[cfg(target_os = "linux")]
fn memory(address: usize, length: usize) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut octets = vec![0; length];
    memory.read_exact_at(&mut octets, address as u64).unwrap();
    octets
}

/// The input buffer after `octets`, the part included that has been taken.
#[cfg(target_os = "linux")]
#[track_caller]
fn is_wiped(session: &mut Session, pieces: &[&str]) -> Option<Event> {
    session.input.clear();
    session.input.reserve(4096);
    let address = session.input.as_ptr().addr();
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    session.input.extend_from_slice(b"X");
    session.input.clear();
    let mut told = None;
    for piece in pieces {
        told = session.say(piece);
    }
    let left = memory(address, length);
    let left = String::from_utf8_lossy(&left);
    is_silent(&left);
    for piece in [
        "hVud", "VudG", "udGV", "dGVy", "GVyM", "VyMg", "HVzZ", "VzZX",
    ] {
        assert!(!left.contains(piece), "{left:?}");
    }
    told
}

#[cfg(target_os = "linux")]
#[test]
fn the_input_is_overwritten() {
    let lines = [
        format!("AUTH NTLM {PLAIN}\r\n"),
        format!("AUTH PLAIN {PLAIN}=\r\n"),
        format!("AUTH PLAIN {PLAIN}\u{1}\r\n"),
        format!("AUTH PLAIN {PLAIN} {WORD}\r\n"),
        format!("auth\tplain {PLAIN}{PLAIN}{PLAIN}{PLAIN}{PLAIN}{PLAIN}{PLAIN}\r\n"),
    ];
    for line in &lines {
        let mut session = Session::new(|config| {
            config.limits.command_line = Some(100);
            config.limits.auth_line = Some(100);
        });
        assert!(is_wiped(&mut session, &[line]).is_none());
        let mut session = Session::new(|config| {
            config.limits.command_line = Some(100);
            config.limits.auth_line = Some(100);
        });
        let pieces: Vec<_> = (0..line.len()).map(|at| &line[at..=at]).collect();
        assert!(is_wiped(&mut session, &pieces).is_none());
    }
    let mut session = Session::new(|_| {});
    let line = format!("AUTH PLAIN {PLAIN}\r\n");
    assert!(is_wiped(&mut session, &[&line]).is_some());

    for line in [
        format!("{WORD}\r\n"),
        format!("{WORD}=\r\n"),
        format!("{WORD}\n"),
        format!("{PLAIN}{PLAIN}{PLAIN}{PLAIN}{PLAIN}{PLAIN}\r\n"),
    ] {
        let mut session = Session::new(|config| {
            config.limits.command_line = Some(100);
            config.limits.auth_line = Some(100);
        });
        let Some(Event::Auth(question)) = session.say("AUTH LOGIN\r\n") else {
            panic!("AUTH is asked about");
        };
        let challenge = AuthStep::Challenge(Secret::default());
        session.server.answer(question, Ok(challenge)).unwrap();
        assert!(session.say("").is_none());
        let _ = is_wiped(&mut session, &[&line]);
    }
}
