//! What a session holds on to: counted, not guessed.

use std::sync::Arc;

use allocation_counter::measure;
use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{Config, Security, Server, SessionId};
use ehlo::types::Domain;

#[path = "../benches/shared/accept.rs"]
mod accept;

use accept::accept;

/// The allocations, and their octets, that are alive after `work` and were not
/// before.
fn kept(work: impl FnOnce()) -> (i64, i64) {
    let counted = measure(work);
    (counted.count_current, counted.bytes_current)
}

struct Session {
    server: Server,
    input: BytesMut,
    now: Timestamp,
}

impl Session {
    fn new() -> Self {
        let host = Domain::try_from("mx.example").unwrap();
        let mut config = Config::new(host);
        config.limits.errors = None;
        Self::with(config)
    }

    fn with(config: Config) -> Self {
        let now = Timestamp::ZERO;
        Self {
            server: Server::new(Arc::new(config), SessionId(1), Security::Plain, now),
            input: BytesMut::with_capacity(64 * 1024),
            now,
        }
    }

    /// Everything is welcome, everything is written.
    fn run(&mut self) {
        loop {
            while let Some(event) = self.server.poll_event(self.now, &mut self.input) {
                accept(&mut self.server, event);
            }
            let output = self.server.output();
            if !output.has_remaining() {
                return;
            }
            output.advance(output.remaining());
        }
    }

    fn say(&mut self, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        self.run();
    }
}

#[test]
fn an_idle_session_owns_nothing_before_its_hello_and_one_allocation_after() {
    let mut session = Session::new();
    assert_eq!(kept(|| session.run()), (0, 0), "greeted");
    let hello = kept(|| session.say(b"EHLO client.example\r\n"));
    assert_eq!(hello, (1, 14), "client.example");
    println!("a server is {} octets", size_of::<Server>());
    assert!(size_of::<Server>() <= 256);
}

#[test]
fn a_warm_session_allocates_once_an_address_and_keeps_nothing() {
    let mut session = Session::new();
    session.run();
    session.say(b"EHLO client.example\r\n");
    for round in 0..100 {
        let counted = measure(|| {
            session.say(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@mx.example>\r\nDATA\r\n");
            session.say(b"Subject: hello\r\n\r\n..\r\n.\r\n");
        });
        if round > 0 {
            assert_eq!(counted.count_total, 2, "the reverse-path, the forward-path");
            assert_eq!(counted.bytes_current, 0);
        }
    }
}

#[test]
fn a_thousand_recipients_cost_what_their_texts_do() {
    let mut session = Session::new();
    session.run();
    session.say(b"EHLO client.example\r\n");
    session.say(b"MAIL FROM:<a@b.example>\r\n");
    let (_, octets) = kept(|| {
        for number in 0..1000 {
            session.say(format!("RCPT TO:<recipient{number}@mx.example>\r\n").as_bytes());
        }
    });
    println!("1,000 recipients hold {octets} octets");
    assert!(octets < 120_000);
}

#[test]
fn an_application_that_never_answers_holds_up_nothing_but_the_peer() {
    let mut session = Session::new();
    let mut question = None;
    let grown = kept(|| {
        for _ in 0..10_000 {
            if let Some(event) = session.server.poll_event(session.now, &mut session.input) {
                assert!(question.is_none(), "one question at a time");
                question = Some(event);
            }
            if session.server.wants_input() {
                session.input.extend_from_slice(b"E");
            }
        }
    });
    assert_eq!(session.input.len(), 1, "one octet is enough to know");
    assert_eq!(grown, (0, 0));
}

#[test]
fn a_peer_that_never_reads_is_not_read() {
    let mut session = Session::new();
    session.run();
    let mut read = 0;
    let (_, octets) = kept(|| {
        for _ in 0..100_000 {
            if session.server.wants_input() {
                session.input.extend_from_slice(b"RSETX\r\n");
                read += 1;
            }
            let (now, input) = (session.now, &mut session.input);
            while session.server.poll_event(now, input).is_some() {}
        }
    });
    assert!(read < 1000, "{read} commands read, nothing taken");
    assert!(octets < 64 * 1024, "{octets} octets held");
}

#[test]
fn an_endless_line_is_not_kept() {
    let mut session = Session::new();
    session.run();
    let grown = kept(|| {
        for _ in 0..10_000 {
            session.say(&[b'x'; 1000]);
            assert!(session.input.len() < 4096);
        }
    });
    assert_eq!(grown, (0, 0));
}
