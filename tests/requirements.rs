//! What the RFCs ask of a server, a test for each: `src/server/requirements.md`
//! is the table of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::server::{
    AuthOffer, AuthStep, Authenticated, Chunking, Config, DeliverBy, Dsn, Event, Exchange,
    FutureRelease, MtPriority, Pending, Rejection, Security, Server, SessionId, StartTlsOffer,
};
use ehlo::types::{Domain, Mechanism, Protocol, ReplyCode};
use ehlo::{Secret, Timestamp};

fn smtp() -> Config {
    Config::new(Domain::try_from("mx.example").unwrap())
}

fn with(set: impl FnOnce(&mut Config)) -> Config {
    let mut config = smtp();
    config.limits.errors = None;
    set(&mut config);
    config
}

/// A session with an application that says yes to all but `nobody`, and that
/// lets in whoever has the password `b`.
struct Session {
    server: Server,
    input: BytesMut,
    now: Timestamp,
    said: String,
    body: Vec<u8>,
}

impl Session {
    fn new(config: Config, security: Security) -> Self {
        let now = Timestamp::ZERO;
        let server = Server::new(Arc::new(config), SessionId(1), security, now);
        let mut session = Self {
            server,
            input: BytesMut::new(),
            now,
            said: String::new(),
            body: Vec::new(),
        };
        assert!(session.say("").starts_with("220 mx.example "));
        session
    }

    fn plain(config: Config) -> Self {
        Self::new(config, Security::Plain)
    }

    /// What the server says to those octets.
    fn say(&mut self, octets: &str) -> String {
        self.input.extend_from_slice(octets.as_bytes());
        loop {
            while let Some(event) = self.server.poll_event(self.now, &mut self.input) {
                self.answer(event);
            }
            let output = self.server.output();
            let octets = output.copy_to_bytes(output.remaining());
            if octets.is_empty() {
                return std::mem::take(&mut self.said);
            }
            self.said += std::str::from_utf8(&octets).unwrap();
        }
    }

    /// Says each line, and wants a reply that begins, and ends, like that.
    #[track_caller]
    fn talk(&mut self, lines: &[(&str, &str)]) {
        for (line, expected) in lines {
            let said = self.say(&format!("{line}\r\n"));
            assert!(
                said.starts_with(expected) && said.ends_with("\r\n"),
                "{line}: {said:?}, not {expected}"
            );
            let last = said.lines().filter(|line| line.get(3..4) == Some(" "));
            assert_eq!(last.count(), 1, "{line}: exactly one reply, not {said:?}");
        }
    }

    fn yes<E: Exchange<Acceptance: Default>>(&mut self, question: Pending<E>) {
        let answered = self.server.answer(question, Ok(Default::default()));
        assert!(answered.is_ok());
    }

    fn no<E: Exchange>(&mut self, question: Pending<E>, why: Rejection) {
        assert!(self.server.answer(question, Err(why)).is_ok());
    }

    fn step<E: Exchange<Acceptance = AuthStep>>(&mut self, question: Pending<E>, is_right: bool) {
        let done = AuthStep::Done(Authenticated::new("a"));
        let answer = is_right.then_some(done).ok_or(Rejection::BAD_CREDENTIALS);
        assert!(self.server.answer(question, answer).is_ok());
    }

    fn answer(&mut self, event: Event) {
        match event {
            Event::Connect(question) => self.yes(question),
            Event::Hello(question) => match question.name.as_str() {
                "nobody.example" => self.no(question, Rejection::NO_SERVICE),
                _ => self.yes(question),
            },
            Event::Mail(question) => self.yes(question),
            Event::Rcpt(question) => match question.forward_path.to_string().contains("nobody") {
                true => self.no(question, Rejection::NO_SUCH_MAILBOX),
                false => self.yes(question),
            },
            Event::Data(question) => self.yes(question),
            Event::Body(octets) => self.body.extend_from_slice(&octets),
            Event::Message(question) => self.yes(question),
            Event::Verify(question) => self.yes(question),
            Event::Expand(question) => self.yes(question),
            Event::Help(question) => self.yes(question),
            Event::StartTls(question) => self.yes(question),
            Event::Handover => {
                let input = &mut self.input;
                self.server.tls_established(self.now, input);
            }
            Event::Auth(question) => {
                if let Some(response) = &question.initial_response {
                    let is_right = response.expose() == b"\0a\0b";
                    self.step(question, is_right);
                } else {
                    let challenge = Ok(AuthStep::Challenge(Secret::default()));
                    assert!(self.server.answer(question, challenge).is_ok());
                }
            }
            Event::AuthResponse(question) => {
                let is_right = question.response.expose() == b"\0a\0b";
                self.step(question, is_right);
            }
            Event::Etrn(question) => self.yes(question),
            Event::Atrn(question) => self.yes(question),
            Event::Xclient(question) => self.yes(question),
            Event::Burl(question) => self.yes(question),
            Event::Aborted(_) => self.body.clear(),
            Event::Reset | Event::Closed(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn is_closed(&self) -> bool {
        self.server.is_closed()
    }
}

#[track_caller]
fn talk(config: Config, lines: &[(&str, &str)]) -> Session {
    let mut session = Session::plain(config);
    session.talk(lines);
    session
}

/// Under TLS, behind EHLO.
#[track_caller]
fn talk_tls(config: Config, lines: &[(&str, &str)]) -> Session {
    let mut session = Session::new(config, Security::Tls);
    session.talk(&[EHLO]);
    session.talk(lines);
    session
}

const HELO: (&str, &str) = ("HELO client.example", "250 mx.example ");
const EHLO: (&str, &str) = ("EHLO client.example", "250-mx.example ");
const LHLO: (&str, &str) = ("LHLO client.example", "250-mx.example ");
const MAIL: (&str, &str) = ("MAIL FROM:<a@b.example>", "250 ");
const RCPT: (&str, &str) = ("RCPT TO:<c@mx.example>", "250 ");
const NOBODY: (&str, &str) = ("RCPT TO:<nobody@mx.example>", "550 5.1.1 ");
const DATA: (&str, &str) = ("DATA", "354 ");
const TEXT: (&str, &str) = ("Hello\r\n.", "250 2.0.0 ");
const RSET: (&str, &str) = ("RSET", "250 2.0.0 ");
const AUTH: (&str, &str) = ("AUTH PLAIN AGEAYg==", "235 2.7.0 ");

#[path = "requirements/rfc5321.rs"]
mod rfc5321;

#[path = "requirements/extensions.rs"]
mod extensions;

/// Every test that the table names exists, and the other way round.
#[test]
fn the_table_is_complete() {
    let table = include_str!("../src/server/requirements.md");
    let (table, _) = table.split_once("\n# Codes").unwrap();
    let mut named = Vec::new();
    let rows = table.lines().filter(|line| {
        let is_head = line.starts_with("| RFC |") || line.starts_with("| section");
        line.starts_with("| ") && !is_head
    });
    for row in rows {
        let tests: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        let is_test = |name: &&&str| {
            ["rfc5321::", "extensions::"]
                .iter()
                .any(|module| name.starts_with(module))
        };
        let tests = tests.iter().filter(is_test);
        let before = named.len();
        named.extend(tests.map(|name| (*name).to_owned()));
        assert!(named.len() > before, "no test: {row}");
    }
    let sources = [
        ("rfc5321", include_str!("requirements/rfc5321.rs")),
        ("extensions", include_str!("requirements/extensions.rs")),
    ];
    let mut exist = Vec::new();
    for (module, source) in sources {
        let tests = source.split("#[test]\nfn ").skip(1);
        let found = tests.filter_map(|test| test.split_once('('));
        exist.extend(found.map(|(name, _)| format!("{module}::{name}")));
    }
    for name in &named {
        assert!(exist.contains(name), "there is no test {name}");
    }
    for name in &exist {
        assert!(named.contains(name), "the table does not name {name}");
    }
}

/// Every attack has its number, and tests that are there.
#[test]
fn the_table_of_attacks_is_complete() {
    let table = include_str!("../src/attacks.md");
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| A"))
        .collect();
    assert_eq!(rows.len(), 20);
    for (row, number) in rows.into_iter().zip(1..) {
        assert!(row.starts_with(&format!("| A{number} |")), "{row}");
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in tests.split(", ").map(|name| name.trim_matches('`')) {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
            assert!(std::path::Path::new(folder).join(name).is_file(), "{name}");
        }
    }
}
