//! What a client says: mostly what one would, sometimes not.

#![allow(dead_code, unreachable_pub)] // a module of several tests

use ehlo::codec::{BareLineEnds, Syntax};
use ehlo::server::{
    AuthOffer, Chunking, Config, CrossProtocol, Dsn, EarlyInput, StartTlsOffer, UnofferedParameters,
};
use ehlo::types::{Command, Mechanism, Protocol};

use crate::support::session::config;

/// A generator of numbers that are random enough (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: usize) -> Self {
        Self((seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below that one.
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

pub fn configuration(dice: &mut Dice, is_hostile: bool) -> Config {
    let mut config = config();
    if dice.once_in(3) {
        config.protocol = Protocol::Lmtp;
    }
    config.pipelining = !dice.once_in(4);
    config.enhanced_status_codes = !dice.once_in(4);
    config.chunking = dice.pick(&[Chunking::Off, Chunking::On, Chunking::Binary]);
    config.dsn = Dsn::On;
    config.start_tls = match dice.roll(8) {
        0 => StartTlsOffer::Required,
        1..=3 => StartTlsOffer::Off,
        _ => StartTlsOffer::Offered,
    };
    if dice.once_in(2) {
        let mut offer = AuthOffer::new([Mechanism::PLAIN]);
        offer.without_tls = vec![Mechanism::PLAIN, Mechanism::LOGIN];
        offer.required = dice.once_in(4);
        config.auth = Some(offer);
    }
    for switch in [
        &mut config.vrfy,
        &mut config.expn,
        &mut config.help,
        &mut config.etrn,
        &mut config.atrn,
        &mut config.xclient,
        &mut config.xforward,
        &mut config.report_refused,
        &mut config.announce_limits,
    ] {
        *switch = dice.once_in(2);
    }
    config.burl = dice.once_in(2).then(Vec::new);
    config.private_verbs = vec!["XPRIVATE".to_owned()];
    config.early_input = dice.pick(&[
        EarlyInput::Reject,
        EarlyInput::Flag,
        EarlyInput::Allow { lf_sessions: false },
        EarlyInput::Allow { lf_sessions: true },
    ]);
    if dice.once_in(2) {
        config.bare_line_ends = BareLineEnds::Keep;
    }
    if dice.once_in(2) {
        config.cross_protocol = CrossProtocol::Allow;
    }
    if dice.once_in(2) {
        config.unoffered_parameters = UnofferedParameters::Pass;
    }
    if dice.once_in(4) {
        config.syntax.bare_paths = true;
        config.syntax.odd_hello_names = true;
    }
    limits(&mut config, dice);
    if !is_hostile {
        let limits = &mut config.limits;
        (limits.errors, limits.other_commands) = (None, None);
        (limits.auth_failures, limits.transactions) = (None, None);
        limits.discard = Some(5000);
        limits.command_line = Some(512);
    }
    config
}

fn limits(config: &mut Config, dice: &mut Dice) {
    let limits = &mut config.limits;
    limits.output = dice.pick(&[0, 1, 100, 1000, 4096]);
    limits.recipients = Some(dice.pick(&[0, 1, 3, 20]));
    limits.errors = dice.pick(&[None, Some(0), Some(1), Some(30), Some(30)]);
    limits.other_commands = dice.pick(&[None, Some(0), Some(30), Some(30)]);
    limits.transactions = dice.pick(&[None, Some(0), Some(1), Some(10)]);
    limits.message = dice.pick(&[None, Some(0), Some(1), Some(200), Some(5000)]);
    limits.discard = dice.pick(&[None, Some(0), Some(100), Some(5000), Some(5000)]);
    limits.auth_failures = dice.pick(&[None, Some(0), Some(2)]);
    limits.auth_rounds = dice.pick(&[Some(0), Some(1), Some(3)]);
    limits.command_line = Some(dice.pick(&[1, 20, 512, 4096, 4096, 4096]));
    limits.auth_line = Some(dice.pick(&[1, 40, 12288, 12288]));
}

/// What clients say, in all states.
pub const COMMANDS: &[&str] = &[
    "EHLO c.example",
    "HELO c.example",
    "LHLO c.example",
    "MAIL FROM:<a@c.example>",
    "MAIL FROM:<> SIZE=100 BODY=8BITMIME RET=HDRS",
    "MAIL FROM:<a@c.example> BODY=BINARYMIME",
    "MAIL FROM:<a@c.example> SIZE=18446744073709551615 X-OWN=1",
    "MAIL FROM:<\u{e4}@c.example> SMTPUTF8",
    "RCPT TO:<b@mx.example>",
    "RCPT TO:<Postmaster> NOTIFY=NEVER",
    "RCPT TO:<b@mx.example>",
    "RCPT TO:<\u{f6}@mx.example>",
    "DATA",
    "BDAT 0",
    "BDAT 0 LAST",
    "BDAT 18446744073709551615",
    "BURL imap://x.example/y",
    "BURL imap://x.example/y LAST",
    "RSET",
    "VRFY b SMTPUTF8",
    "EXPN list",
    "HELP",
    "HELP me",
    "NOOP",
    "QUIT",
    "STARTTLS",
    "AUTH PLAIN",
    "AUTH PLAIN AGEAYg==",
    "AUTH LOGIN",
    "AUTH CRAM-MD5",
    "ETRN @c.example",
    "ATRN c.example,d.example",
    "TURN",
    "SEND FROM:<a@c.example>",
    "XCLIENT NAME=x.example ADDR=192.0.2.1",
    "XFORWARD NAME=x.example",
    "XPRIVATE and so on",
    "UNHEARDOF",
];

const NOISE: &[&[u8]] = &[
    b"AGEAYg==\r\n",
    b"*\r\n",
    b"not base64\r\n",
    b"GET / HTTP/1.1\r\n",
    b"Host: mx.example\r\n",
    b"\x16\x03\x01\x02\x00",
    b"BDAT\r\n",
    b"BDAT 99999999999999999999\r\n",
    b"BDAT -1 LAST\r\n",
    b"DATA now\r\n",
    b"\r\n",
    b"\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"\r",
    b"\0",
    b"\xff\xfe\r\n",
    b"RSET and more\r\n",
];

const LINES: &[&[u8]] = &[
    b"Subject: soak\r\n",
    b"\r\n",
    b"..\r\n",
    b".x\r\n",
    b"a line of a body, as long as they usually are, or a little longer\r\n",
    b"\x80\xff\0\r\n",
];

const BREAKS: &[&[u8]] = &[
    b"bare\n", b"bare\r", b"\r\r\n", b"\n.\n", b"\n.\r\n", b"\r.\r",
];

/// What a client says at once.
#[derive(Default)]
pub struct Flight {
    pub octets: Vec<u8>,
    /// Said only after a 354.
    pub is_body: bool,
}

impl Flight {
    pub fn hello(line: &str) -> Self {
        let mut flight = Self::default();
        command(line, &mut flight.octets);
        flight
    }
}

/// What a client says next: mostly what one would, sometimes not.
pub fn speech(dice: &mut Dice, is_hostile: bool, hello: &str) -> Vec<Flight> {
    let mut flights = vec![Flight::default()];
    let into = &mut flights[0].octets;
    match dice.roll(if is_hostile { 20 } else { 200 }) {
        0 => into.extend_from_slice(dice.pick(NOISE)),
        1 => {
            let octets = dice.roll(40);
            into.extend((0..octets).map(|_| u8::try_from(dice.roll(256)).unwrap()));
        }
        2 => into.extend(std::iter::repeat_n(b'x', dice.roll(6000))),
        3..=5 => command(dice.pick(COMMANDS), into),
        6 => chunk(dice, into),
        7 | 90..=99 => command(hello, into),
        _ => transaction(dice, &mut flights),
    }
    if dice.once_in(if is_hostile { 20 } else { 1000 }) {
        mutate(dice, &mut flights[0].octets);
    }
    flights
}

/// A whole transaction, with DATA or in chunks.
fn transaction(dice: &mut Dice, flights: &mut Vec<Flight>) {
    let into = &mut flights[0].octets;
    command("MAIL FROM:<a@c.example>", into);
    for _ in 0..dice.roll(4) {
        command("RCPT TO:<b@mx.example>", into);
    }
    if dice.once_in(3) {
        for _ in 0..dice.roll(4) {
            chunk(dice, into);
            if dice.once_in(10) {
                command(dice.pick(COMMANDS), into);
            }
        }
        into.extend_from_slice(b"BDAT 0 LAST\r\n");
        return;
    }
    command("DATA", into);
    let mut octets = Vec::new();
    body(dice, &mut octets);
    octets.extend_from_slice(b".\r\n");
    flights.push(Flight {
        octets,
        is_body: true,
    });
}

fn mutate(dice: &mut Dice, octets: &mut Vec<u8>) {
    if octets.is_empty() {
        return;
    }
    let at = dice.roll(octets.len());
    match dice.roll(3) {
        0 => octets[at] = u8::try_from(dice.roll(256)).unwrap(),
        1 => drop(octets.remove(at)),
        _ => octets.insert(at, dice.pick(b"\r\n\0 .<")),
    }
}

/// A command as the crate itself would write it.
pub fn command(text: &str, into: &mut Vec<u8>) {
    let command = Command::parse(text.as_bytes(), &Syntax::STRICT).unwrap();
    command.write(into);
}

pub fn body(dice: &mut Dice, into: &mut Vec<u8>) {
    for _ in 0..dice.roll(30) {
        into.extend_from_slice(dice.pick(LINES));
        if dice.once_in(100) {
            into.extend_from_slice(dice.pick(BREAKS));
        }
    }
}

pub fn chunk(dice: &mut Dice, into: &mut Vec<u8>) {
    let mut octets = Vec::new();
    body(dice, &mut octets);
    let last = if dice.once_in(2) { " LAST" } else { "" };
    into.extend_from_slice(format!("BDAT {}{last}\r\n", octets.len()).as_bytes());
    into.extend_from_slice(&octets);
}
