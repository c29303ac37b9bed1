//! A hostile client, a moody application and a careless caller, for a while:
//! nothing panics, nothing piles up, nothing hangs, and what is said and told
//! stays well-formed. All of it follows from a seed.
//!
//! `SOAK_OCTETS` (default three million) and `SOAK_SEED` make it longer and
//! another one.

#[path = "soak/traffic.rs"]
mod traffic;

mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{Event, Rejection, Security, Server, SessionId};
use ehlo::types::Protocol;
use support::session::{Say, answer, is_question};
use traffic::{Dice, Flight, configuration, speech};

/// Octets that a session may hold: a line of the input, the recipients, the
/// output, and what the test itself needs.
const MOST: u64 = 128 * 1024;

#[test]
fn whatever_comes_the_session_stays_sound() {
    let number = |name, default| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().expect("a number"))
    };
    let (octets, first) = (number("SOAK_OCTETS", 3_000_000), number("SOAK_SEED", 1));
    let (mut sent, mut seed, mut ends) = (0, first, [0; 3]);
    while sent < octets {
        let counted = measure(|| {
            let mut soak = Soak::new(seed);
            soak.run();
            sent += soak.sent;
            ends[0] += soak.replies;
            ends[1] += soak.messages;
            ends[2] += soak.aborted;
        });
        assert!(counted.bytes_max < MOST, "seed {seed}: {counted:?}");
        assert_eq!(counted.bytes_current, 0, "seed {seed} leaks");
        seed += 1;
    }
    let sessions = seed - first;
    let [replies, messages, aborted] = ends;
    println!("{sent} octets, {sessions} sessions, {replies} replies");
    println!("{messages} messages, {aborted} aborted");
    assert!(messages > sessions / 10 && aborted > sessions / 10);
}

/// A session under test, and what must hold of it.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
struct Soak {
    seed: usize,
    dice: Dice,
    server: Server,
    now: Timestamp,
    input: BytesMut,
    /// What the client has yet to say.
    flights: VecDeque<Flight>,
    /// The client waits for nothing and says anything.
    is_hostile: bool,
    hello: &'static str,
    /// The machine can do nothing with what it has.
    is_idle: bool,
    /// The client has said all it may before it is answered.
    is_waiting: bool,
    question: Option<Event>,
    handover: bool,
    /// An accepted message has neither become complete nor been aborted.
    wanted: bool,
    /// The last recipient that a message was asked about for.
    recipient: Option<usize>,
    refused_body: bool,
    eof: bool,
    closed: bool,
    lines: Replies,
    is_lmtp: bool,
    sent: usize,
    /// Line feeds that have been sent.
    sent_lines: usize,
    replies: usize,
    events: usize,
    answers: usize,
    messages: usize,
    aborted: usize,
}

impl Soak {
    fn new(seed: usize) -> Self {
        let mut dice = Dice::new(seed);
        let is_hostile = dice.once_in(3);
        let config = configuration(&mut dice, is_hostile);
        let is_lmtp = config.protocol == Protocol::Lmtp;
        let security = dice.pick(&[Security::Plain, Security::Plain, Security::Tls]);
        let now = Timestamp::ZERO;
        Self {
            seed,
            server: Server::new(Arc::new(config), SessionId(seed as u64), security, now),
            dice,
            now,
            input: BytesMut::with_capacity(1024),
            flights: VecDeque::new(),
            is_hostile,
            is_waiting: !is_hostile,
            is_idle: false,
            hello: if is_lmtp {
                "LHLO c.example"
            } else {
                "EHLO c.example"
            },
            question: None,
            handover: false,
            wanted: false,
            recipient: None,
            refused_body: false,
            eof: false,
            closed: false,
            lines: Replies::default(),
            is_lmtp,
            sent: 0,
            sent_lines: 0,
            replies: 0,
            events: 0,
            answers: 0,
            messages: 0,
            aborted: 0,
        }
    }

    fn run(&mut self) {
        let budget = self.dice.pick(&[500, 5000, 20_000]);
        // A patient caller lets the machine wait for a client at most.
        let is_careless = self.dice.once_in(3);
        let mut steps = 0;
        while !self.server.is_closed() {
            steps += 1;
            assert!(steps < 100_000, "seed {} goes on for ever", self.seed);
            if self.sent > budget && !self.eof {
                self.eof = true;
                self.server.handle_eof();
            }
            match self.dice.roll(if is_careless { 12 } else { 8 }) {
                0..=2 => self.poll(),
                3 => self.write(),
                4..=6 => {
                    self.poll();
                    self.read();
                }
                7 => self.answer(),
                8 => self.early_timeout(),
                9 if self.dice.once_in(200) => self.timeout(),
                10 if self.dice.once_in(1000) => {
                    let deadline = self
                        .now
                        .after(Duration::from_secs(self.dice.roll(100) as u64));
                    self.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
                }
                11 if self.dice.once_in(10) => self.refuse_body(),
                _ => {}
            }
            self.look();
        }
        assert!(self.closed, "seed {}: the end is told", self.seed);
        assert!(!self.wanted, "seed {}: no message is left over", self.seed);
        assert!(self.lines.is_between_replies());
        assert_eq!(self.server.poll_timeout(), None);
        self.input.extend_from_slice(b"NOOP\r\n");
        assert!(self.server.poll_event(self.now, &mut self.input).is_none());
        assert!(!self.server.output().has_remaining());
    }

    /// Polls, perhaps not to the end.
    fn poll(&mut self) {
        for _ in 0..self.dice.pick(&[1, 2, 1000]) {
            let Some(event) = self.server.poll_event(self.now, &mut self.input) else {
                // Nothing has changed, so nothing happens.
                let remaining = (self.input.len(), self.server.output().remaining());
                assert!(self.server.poll_event(self.now, &mut self.input).is_none());
                let still = (self.input.len(), self.server.output().remaining());
                assert_eq!(remaining, still, "seed {}", self.seed);
                self.must_go_on();
                self.is_idle = true;
                return;
            };
            self.hear(event);
        }
    }

    /// Somebody has something to do, and there is a deadline for it.
    fn must_go_on(&mut self) {
        let is_stuck = !self.server.wants_input()
            && self.question.is_none()
            && !self.handover
            && !self.server.output().has_remaining()
            && !self.server.is_closed();
        assert!(!is_stuck, "seed {} hangs: {:?}", self.seed, self.server);
        if !self.server.is_closed() {
            assert!(self.server.poll_timeout().is_some(), "{:?}", self.server);
        }
    }

    fn hear(&mut self, event: Event) {
        let seed = self.seed;
        self.events += 1;
        assert!(
            self.events <= 4 * (self.sent_lines + self.sent + self.answers) + 20,
            "seed {seed}: more events than there is reason for"
        );
        assert!(!self.closed, "seed {seed}: nothing after the end");
        assert!(
            self.question.is_none() || !is_question(&event),
            "one question at a time"
        );
        if std::mem::take(&mut self.refused_body) {
            assert!(matches!(event, Event::Aborted(_)), "seed {seed}: {event:?}");
        }
        let recipient = self.recipient.take();
        match &event {
            Event::Body(octets) => {
                assert!(self.wanted && !octets.is_empty(), "seed {seed}: {event:?}");
            }
            Event::Aborted(_) => {
                assert!(self.wanted, "seed {seed}: {event:?}");
                self.wanted = false;
                self.aborted += 1;
            }
            Event::Message(message) => {
                let recipients = self.server.envelope().expect("is open").recipients.len();
                match (message.recipient, recipient) {
                    (None, _) => assert!(self.wanted && !self.is_lmtp, "seed {seed}"),
                    (Some(0), None) => assert!(self.wanted && self.is_lmtp, "seed {seed}"),
                    (Some(index), Some(last)) => {
                        assert!(index == last + 1 && index < recipients, "seed {seed}");
                    }
                    other => panic!("seed {seed}: {other:?}"),
                }
                self.recipient = message.recipient;
                self.wanted = false;
                self.messages += 1;
            }
            Event::Data(_) => assert!(!self.wanted, "seed {seed}: two at once"),
            Event::Handover => self.handover = true,
            Event::Closed(_) => {
                self.closed = true;
                assert!(!self.wanted, "seed {seed}: aborted is told before");
                self.question = None;
                self.handover = false;
            }
            _ => {}
        }
        if is_question(&event) {
            self.question = Some(event);
        }
    }

    fn answer(&mut self) {
        if std::mem::take(&mut self.handover) {
            if self.dice.once_in(10) {
                self.input.extend_from_slice(b"NOOP\r\n");
            }
            self.server.tls_established(self.now, &mut self.input);
            assert!(self.input.is_empty());
        }
        let Some(question) = self.question.take() else {
            return;
        };
        self.answers += 1;
        let is_connect = matches!(question, Event::Connect(_));
        let is_data = matches!(question, Event::Data(_));
        let say = match self.dice.roll(if is_connect { 4000 } else { 400 }) {
            0..=3 => Say::Close,
            4..=39 => Say::No,
            40..=79 => Say::Challenge,
            _ => Say::Yes,
        };
        let is_taken = answer(&mut self.server, question, say);
        if is_taken && is_data {
            self.wanted = matches!(say, Say::Yes | Say::Challenge);
        }
    }

    fn read(&mut self) {
        if !self.server.wants_input() || self.eof {
            return;
        }
        let octets = match self.dice.roll(3) {
            0 => 1,
            1 => 1 + self.dice.roll(10),
            _ => 1 + self.dice.roll(800),
        };
        if !self.may_speak() {
            return;
        }
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        let octets = octets.min(flight.octets.len());
        let said: Vec<u8> = flight.octets.drain(..octets).collect();
        if flight.octets.is_empty() {
            self.flights.pop_front();
            self.is_waiting = !self.is_hostile;
        }
        self.sent += octets;
        self.sent_lines += memchr::memchr_iter(b'\n', &said).count();
        self.input.extend_from_slice(&said);
        self.is_idle = false;
    }

    /// A client that is not hostile waits until all is quiet, and then says
    /// what it has been asked for.
    fn may_speak(&mut self) -> bool {
        if self.is_waiting {
            let is_quiet = self.question.is_none() && !self.server.output().has_remaining();
            if !is_quiet || !self.is_idle {
                return false;
            }
            self.is_waiting = false;
            while self.flights.front().is_some_and(|next| next.is_body)
                && self.lines.last != *b"354"
            {
                self.flights.pop_front();
            }
        }
        while self
            .flights
            .front()
            .is_none_or(|next| next.octets.is_empty())
        {
            self.flights.pop_front();
            if self.flights.is_empty() {
                let hello = self.hello;
                self.flights = match self.sent {
                    0 => VecDeque::from([Flight::hello(hello)]),
                    _ => speech(&mut self.dice, self.is_hostile, hello).into(),
                };
            }
        }
        true
    }

    fn write(&mut self) {
        let output = self.server.output();
        let octets = match self.dice.once_in(2) {
            true => output.remaining(),
            false => self.dice.roll(output.remaining() + 1),
        };
        self.replies += self.lines.hear(&output.chunk()[..octets]);
        output.advance(octets);
        // A reply to each line; the greeting; the last word.
        let most = match self.is_lmtp {
            true => 20 * self.sent_lines,
            false => self.sent_lines,
        };
        assert!(self.replies <= most + 2, "seed {}", self.seed);
    }

    fn early_timeout(&mut self) {
        let before = self.server.poll_timeout();
        if before.is_none_or(|deadline| deadline > self.now) {
            self.server.handle_timeout(self.now);
            assert_eq!(self.server.poll_timeout(), before);
            self.now = self.now.after(Duration::from_millis(1));
        }
    }

    fn timeout(&mut self) {
        if let Some(deadline) = self.server.poll_timeout() {
            self.now = self.now.max(deadline);
            let had_output = self.server.output().has_remaining();
            self.server.handle_timeout(self.now);
            if had_output && !self.server.output().has_remaining() {
                // The client does not take it.
                self.lines = Replies::default();
            }
            let next = self.server.poll_timeout();
            assert!(
                next.is_none_or(|next| next > self.now),
                "seed {}",
                self.seed
            );
        }
    }

    fn refuse_body(&mut self) {
        let refused = self.server.refuse_body(Rejection::TRANSACTION_FAILED);
        assert!(refused.is_err() || self.wanted, "seed {}", self.seed);
        self.refused_body = refused.is_ok();
    }

    fn look(&mut self) {
        let server = &mut self.server;
        if self.eof || server.is_closed() {
            assert!(!server.wants_input(), "seed {}", self.seed);
        }
        assert!(self.input.len() < 16384, "what is left is a line at most");
        let _ = (server.counters(), server.envelope(), server.hello());
    }
}

/// What is said, as its reader sees it.
#[derive(Default)]
struct Replies {
    line: Vec<u8>,
    /// The code of the reply whose lines go on.
    code: Option<[u8; 3]>,
    /// The code of the last reply.
    last: [u8; 3],
}

impl Replies {
    /// Takes octets; how many replies they end.
    fn hear(&mut self, octets: &[u8]) -> usize {
        let mut ended = 0;
        for &octet in octets {
            self.line.push(octet);
            if octet == b'\n' {
                let line = std::mem::take(&mut self.line);
                ended += usize::from(self.ends_reply(&line));
            }
        }
        ended
    }

    fn ends_reply(&mut self, line: &[u8]) -> bool {
        let shown = line.escape_ascii();
        let text = line.strip_suffix(b"\r\n").expect("CR LF");
        let (code, rest) = text.split_first_chunk::<3>().expect("a code");
        assert!(line.len() <= 512 || code == b"334", "{shown}");
        assert!((b'2'..=b'5').contains(&code[0]), "{shown}");
        assert!(code.iter().all(u8::is_ascii_digit), "{shown}");
        let is_text = |octet: &u8| octet.is_ascii_graphic() || *octet == b' ' || *octet >= 0x80;
        assert!(rest.iter().all(is_text), "{shown}");
        assert!(self.code.is_none_or(|before| before == *code), "{shown}");
        let goes_on = match rest.first() {
            Some(b'-') => true,
            Some(b' ') => false,
            _ => panic!("{shown}"),
        };
        self.code = goes_on.then_some(*code);
        self.last = *code;
        !goes_on
    }

    fn is_between_replies(&self) -> bool {
        self.line.is_empty() && self.code.is_none()
    }
}
