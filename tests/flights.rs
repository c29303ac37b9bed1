//! How reads are cut makes no difference, for clients that wait where they
//! must: random commands, messages and configurations, and an application that
//! withholds its answers as long as anything more can be read.

#[path = "soak/traffic.rs"]
mod traffic;

mod support;

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};
use ehlo::server::Event;
use ehlo::types::Protocol;
use support::session::{Say, Session, answer, is_question, name};
use traffic::{COMMANDS, Dice, body, chunk, command, configuration};

/// Sessions; `FLIGHTS` makes them more.
fn sessions() -> usize {
    let number = std::env::var("FLIGHTS").ok();
    number.map_or(150, |number| number.parse().expect("a number"))
}

/// Random ways in which each is cut.
const CUTS: usize = 3;

#[test]
fn a_client_that_waits_is_answered_alike_however_its_octets_come() {
    let mut messages = 0;
    for seed in 0..sessions() {
        let whole = Play::new(seed, Cut::Whole).run();
        messages += whole
            .told
            .iter()
            .filter(|told| told.starts_with("Message"))
            .count();
        assert_eq!(Play::new(seed, Cut::Octets).run(), whole, "{seed}, octets");
        for number in 0..CUTS {
            let cut = Cut::Random(Dice::new(seed * CUTS + number));
            assert_eq!(Play::new(seed, cut).run(), whole, "{seed}, cut {number}");
        }
    }
    println!("{messages} messages");
    assert!(messages > sessions() / 3);
}

enum Cut {
    Whole,
    Octets,
    Random(Dice),
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    said: String,
    told: Vec<String>,
    body: Vec<u8>,
}

struct Play {
    cut: Cut,
    /// Says what the client and the application do.
    dice: Dice,
    session: Session,
    may_group: bool,
    socket: VecDeque<u8>,
    body: Vec<u8>,
    handover: bool,
}

impl Play {
    fn new(seed: usize, cut: Cut) -> Self {
        let mut dice = Dice::new(seed);
        let config = configuration(&mut dice, false);
        let may_group = config.pipelining || config.protocol == Protocol::Lmtp;
        Self {
            cut,
            dice,
            session: Session::silent(config),
            may_group,
            socket: VecDeque::new(),
            body: Vec::new(),
            handover: false,
        }
    }

    fn run(mut self) -> Outcome {
        self.settle();
        for step in 0..30 {
            for flight in self.flights(step) {
                if flight.is_body && !self.has_said("354") {
                    continue;
                }
                let is_extended = self.session.server.is_extended();
                match self.may_group && is_extended && !self.has_said("334") {
                    true => self.say(&flight.units.concat()),
                    false => flight.units.iter().for_each(|unit| self.say(unit)),
                }
            }
        }
        self.session.server.handle_eof();
        self.settle();
        Outcome {
            said: String::from_utf8(self.session.said).unwrap(),
            told: self.session.told,
            body: self.body,
        }
    }

    /// Whether the last reply has that code.
    fn has_said(&self, code: &str) -> bool {
        let said = &self.session.said;
        let text = said.strip_suffix(b"\r\n").unwrap_or(said);
        let line = text.rsplit(|&octet| octet == b'\n').next();
        line.is_some_and(|line| line.starts_with(code.as_bytes()))
    }

    /// What the client says next, whatever has been said to it.
    fn flights(&mut self, step: usize) -> Vec<Flight> {
        let dice = &mut self.dice;
        let is_lmtp = self.session.server.config().protocol == Protocol::Lmtp;
        let hello = if is_lmtp {
            "LHLO c.example"
        } else {
            "EHLO c.example"
        };
        let mut flight = Flight::default();
        if step == 0 || dice.once_in(10) {
            flight.command(hello);
        } else if dice.once_in(3) {
            flight.command(dice.pick(COMMANDS));
        } else {
            flight.command("MAIL FROM:<a@c.example>");
            for _ in 0..dice.roll(4) {
                flight.command("RCPT TO:<b@mx.example>");
            }
            if dice.once_in(2) {
                for _ in 0..=dice.roll(4) {
                    flight.units.push(Vec::new());
                    chunk(dice, flight.units.last_mut().unwrap());
                }
            } else {
                flight.command("DATA");
                let mut octets = Vec::new();
                body(dice, &mut octets);
                octets.extend_from_slice(b".\r\n");
                let units = vec![octets];
                let body = Flight {
                    units,
                    is_body: true,
                };
                return vec![flight, body];
            }
        }
        vec![flight]
    }

    fn say(&mut self, octets: &[u8]) {
        self.socket.extend(octets);
        self.settle();
        self.socket.clear();
    }

    /// Runs the driver loop until nothing moves, reading before answering.
    fn settle(&mut self) {
        loop {
            let session = &mut self.session;
            while let Some(event) = session.server.poll_event(session.now, &mut session.input) {
                match &event {
                    Event::Body(octets) => self.body.extend_from_slice(octets),
                    _ => session.told.push(name(&event)),
                }
                if is_question(&event) {
                    session.question = Some(event);
                } else if matches!(event, Event::Handover) {
                    self.handover = true;
                }
            }
            let output = session.server.output();
            if output.has_remaining() {
                session.said.extend_from_slice(output.chunk());
                output.advance(output.remaining());
            } else if session.server.wants_input() && !self.socket.is_empty() {
                let octets = match &mut self.cut {
                    Cut::Whole => self.socket.len(),
                    Cut::Octets => 1,
                    Cut::Random(dice) => 1 + dice.roll(self.socket.len()),
                };
                session.input.extend(self.socket.drain(..octets));
            } else if let Some(question) = session.question.take() {
                let say = match self.dice.roll(40) {
                    0 => Say::Close,
                    1..=5 => Say::No,
                    6..=9 => Say::Challenge,
                    _ => Say::Yes,
                };
                answer(&mut session.server, question, say);
            } else if std::mem::take(&mut self.handover) {
                let mut early = BytesMut::new();
                session.server.tls_established(session.now, &mut early);
            } else {
                return;
            }
        }
    }
}

/// What a client may say at once to a server that offers PIPELINING.
#[derive(Default)]
struct Flight {
    /// Lines, a chunk with its command, a whole message.
    units: Vec<Vec<u8>>,
    is_body: bool,
}

impl Flight {
    fn command(&mut self, text: &str) {
        let mut line = Vec::new();
        command(text, &mut line);
        self.units.push(line);
    }
}
