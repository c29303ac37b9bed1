//! A server that says anything: whatever it is, every transaction is reported
//! once and in full, every session closes once, what is called delivered was
//! said to be, what may be tried again was not delivered, and no octet is said
//! that may not be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::client::{
    AuthPolicy, BodyOptions, Chunking, Client, Config, Event, Opening, Outcome, Report, TlsPolicy,
    TransactionId,
};
use ehlo::types::{Argument, Command, Domain, Envelope, Mailbox, Mechanism, Protocol};
use ehlo::{Secret, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::listener::{Listener, Most, Setup};

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// The server says something that has nothing to do with anything.
    Say(&'static str),
    /// It says what is due, as a server does that is kind.
    Answer,
    /// It says no.
    Refuse(&'static str),
    /// It says no in the middle of a message.
    Interrupt(&'static str),
    Wait(u64),
    /// The transport takes so many octets.
    Take(usize),
    /// The application gives more of the message, or ends it.
    Write,
    Finish,
    /// It says something itself.
    Send(&'static str),
    /// It does what is not to be done now.
    Meddle,
    Quit,
    Abort,
    /// The server says what is due, and the connection is lost before it is
    /// heard.
    Lose,
    Close,
}

const REFUSALS: [&str; 5] = [
    "550 No\r\n",
    "451 Later\r\n",
    "452 4.5.3 Full\r\n",
    "552-5.2.3 Too\r\n552 5.2.3 big\r\n",
    "421 Bye\r\n",
];

const SAYS: [&str; 20] = [
    "250 Ok\r\n",
    "250 Ok\r\n250 Ok\r\n",
    "220 Go\r\n",
    "334 YQ==\r\n",
    "354 Go\r\n",
    "550 No\r\n",
    "451 Later\r\n",
    "452 4.5.3 Full\r\n",
    "421 Bye\r\n",
    "250-Ok\r\n250 PIPELINING\r\n",
    "250-Ok\r\n550 No\r\n",
    "250-Ok\r\n",
    "25",
    "2",
    "\n",
    "\r\n",
    "\0",
    "garbage\r\n",
    "150 No\r\n",
    "221 Bye\r\n",
];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let rarely =
        |step: Move| (0_u8..20).prop_map(move |die| [step, Move::Answer][die.min(1) as usize]);
    let one = prop_oneof![
        32 => Just(Move::Answer),
        16 => Just(Move::Take(usize::MAX)),
        6 => Just(Move::Write),
        6 => Just(Move::Finish),
        2 => select(REFUSALS.to_vec()).prop_map(Move::Refuse),
        1 => select(REFUSALS.to_vec()).prop_map(Move::Interrupt),
        2 => (0_usize..40).prop_map(Move::Take),
        2 => (0_u64..400).prop_map(Move::Wait),
        1 => select(vec!["RSET", "NOOP", "VRFY"]).prop_map(Move::Send),
        1 => Just(Move::Meddle),
        1 => rarely(Move::Quit),
        1 => rarely(Move::Abort),
        1 => rarely(Move::Lose),
        1 => rarely(Move::Close),
    ];
    let rogue = prop_oneof![
        20 => one.clone(),
        1 => select(SAYS.to_vec()).prop_map(Move::Say),
    ];
    prop_oneof![2 => vec(one, 0..300), 1 => vec(rogue, 0..200)]
}

fn setups() -> impl Strategy<Value = Setup> {
    let tls = [
        TlsPolicy::Never,
        TlsPolicy::Opportunistic,
        TlsPolicy::Required,
        TlsPolicy::AlreadyOn,
    ];
    let auth = [
        AuthPolicy::Never,
        AuthPolicy::IfOffered,
        AuthPolicy::Required,
    ];
    let policies = (select(tls.to_vec()), select(auth.to_vec()));
    let limits = (
        option::weighted(0.2, 1_usize..10),
        option::weighted(0.2, 1_usize..4),
        option::weighted(0.2, 1_usize..3),
    );
    (any::<[bool; 4]>(), policies, limits).prop_map(|(offers, (tls, auth), limits)| {
        let [is_lmtp, pipelining, chunking, takes_nobody] = offers;
        let (mails, recipients, domains) = limits;
        Setup {
            is_lmtp,
            tls,
            auth,
            pipelining,
            chunking,
            takes_nobody,
            most: Most {
                mails,
                recipients,
                domains,
            },
        }
    })
}

fn opening(setup: Setup) -> Opening {
    Opening::new(Domain::try_from("client.example").unwrap())
        .with_tls(setup.tls)
        .with_auth(setup.auth)
}

/// The recipients of a transaction, by its number.
fn paths(number: usize) -> [String; 4] {
    [
        format!("{number}.1@d.example"),
        format!("no.{number}@d.example"),
        format!("{number}.2@e.example"),
        format!("{number}.3@d.example"),
    ]
}

fn envelope(number: usize) -> Envelope {
    let sender: Mailbox<'_> = "a@b.example".parse().unwrap();
    paths(number)
        .into_iter()
        .map(|path| path.parse::<Mailbox<'_>>().unwrap())
        .fold(Envelope::new(sender), Envelope::to)
}

/// A client, that server, and what has been told.
struct Play {
    client: Client,
    server: Listener,
    input: BytesMut,
    now: Timestamp,
    delivering: BTreeMap<TransactionId, usize>,
    /// What became of each recipient.
    outcomes: BTreeMap<String, Outcome>,
    reported: usize,
    closed: usize,
    /// How often the server said yes, to whatever it was.
    yeses: usize,
}

impl Play {
    fn new(setup: Setup) -> Self {
        let mut config = Config::new();
        config.limits.output = Some(64);
        config.limits.transactions = Some(3);
        config.chunk_size = 10;
        if setup.is_lmtp {
            config.protocol = Protocol::Lmtp;
        }
        let now = Timestamp::ZERO;
        let mut client = Client::new(Arc::new(config), now);
        client.open(opening(setup)).unwrap();
        Self {
            client,
            server: Listener::new(setup),
            input: BytesMut::new(),
            now,
            delivering: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            reported: 0,
            closed: 0,
            yeses: 0,
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Say(text) => {
                self.server.is_rogue = true;
                self.say(text);
            }
            Move::Answer => {
                let reply = self.server.answer();
                self.say(&reply);
            }
            Move::Refuse(text) => {
                let reply = self.server.refuse(text);
                self.say(&reply);
            }
            Move::Interrupt(text) => {
                let reply = self.server.interrupt(text);
                self.say(&reply);
            }
            Move::Wait(seconds) => {
                self.now = self.now.after(Duration::from_secs(seconds));
                self.client.handle_timeout(self.now);
                let deadline = self.client.poll_timeout();
                assert!(deadline.is_none_or(|deadline| deadline > self.now));
            }
            Move::Take(octets) => {
                let octets = octets.min(self.client.output().remaining());
                let octets = self.client.output().copy_to_bytes(octets);
                self.server.hear(&octets);
            }
            Move::Write => self.write(),
            Move::Finish => {
                if let Some(body) = self.client.body() {
                    body.finish().unwrap();
                    self.server.is_finished = true;
                }
            }
            Move::Send(verb) => {
                let command = match verb {
                    "RSET" => Command::Rset,
                    "NOOP" => Command::Noop(None),
                    _ => Command::Vrfy(Argument::try_from("x").unwrap()),
                };
                let _ = self.client.send(&command);
            }
            Move::Meddle => self.meddle(),
            Move::Quit => self.client.quit(),
            Move::Abort => self.client.abort(),
            Move::Lose => {
                let reply = self.server.answer();
                let heard = reply.strip_suffix("\r\n").unwrap_or_default();
                self.say(heard);
                self.make(Move::Close);
            }
            Move::Close => {
                self.server.is_gone = true;
                self.client.handle_eof();
            }
        }
        while let Some(event) = self.client.poll_event(self.now, &mut self.input) {
            self.hear(event);
        }
        // A chunk, or a command, beyond the limit.
        assert!(self.client.output().remaining() <= 64 + 64);
        self.deliver();
    }

    fn say(&mut self, text: &str) {
        self.yeses += text.lines().filter(|line| line.starts_with('2')).count();
        self.input.extend_from_slice(text.as_bytes());
    }

    /// Each of these has its time, which is when an event says so.
    fn meddle(&mut self) {
        let client = &mut self.client;
        assert!(client.open(opening(self.server.setup)).is_err());
        assert!(client.respond(&Secret::from("x")).is_err());
        client.cancel_auth();
        client.skip_auth();
        let offered = client.capabilities();
        let is_offered = offered.is_some_and(|offered| offered.mechanisms().next().is_some());
        let is_possible = client.is_reusable() && is_offered && client.is_encrypted();
        if !is_possible || client.is_authenticated() {
            assert!(client.authenticate(Mechanism::LOGIN, None).is_err());
        }
        client.tls_established(self.now, &mut self.input);
    }

    fn write(&mut self) {
        let chunk = Bytes::from_static(b"..\r\nMAIL FROM:<x@y.example>\r\n.");
        if let Some(mut body) = self.client.body() {
            if body.write(chunk.clone()).is_ok() {
                self.server.given.extend_from_slice(&chunk);
            }
        }
    }

    fn deliver(&mut self) {
        let number = self.delivering.len();
        let options = BodyOptions::new().with_chunking(Chunking::IfOffered);
        if number < 20 {
            if let Ok(id) = self.client.deliver(envelope(number), options) {
                self.delivering.insert(id, number);
            }
        }
    }

    fn hear(&mut self, event: Event) {
        assert_eq!(self.closed, 0);
        match event {
            Event::Handover => {
                assert_eq!(self.client.output().remaining(), 0);
                self.server.is_handing_over = true;
                self.client.tls_established(self.now, &mut self.input);
                if self.client.is_encrypted() {
                    self.server.encrypt();
                }
            }
            Event::AuthWanted(_) => {
                let begun = self.client.authenticate(Mechanism::LOGIN, None);
                begun.unwrap_or_else(|_| self.client.skip_auth());
            }
            Event::AuthChallenge(_) => self.client.respond(&Secret::from("b")).unwrap(),
            Event::AuthRefused(_) => self.client.skip_auth(),
            Event::BodyWanted(_) => {
                self.server.given.clear();
                self.server.is_finished = false;
            }
            Event::Report(id, report) => self.hear_report(id, &report),
            Event::Closed(_) => self.closed += 1,
            _ => {}
        }
    }

    fn hear_report(&mut self, id: TransactionId, report: &Report) {
        self.reported += 1;
        let named = report.recipients().map(|one| &one.recipient.forward_path);
        let named: Vec<_> = named.map(|path| path.as_str().to_owned()).collect();
        assert_eq!(named, paths(self.delivering[&id]));
        for recipient in report.recipients() {
            let is_yes = |reply: Option<&ehlo::types::Reply<'_>>| {
                reply.map(|reply| reply.code().is_positive())
            };
            match recipient.outcome {
                Outcome::Delivered => {
                    assert_eq!(is_yes(recipient.reply), Some(true));
                    assert_eq!(is_yes(recipient.rcpt_reply), Some(true));
                }
                Outcome::Permanent => assert_eq!(is_yes(recipient.reply), Some(false)),
                _ => assert_ne!(is_yes(recipient.reply), Some(true)),
            }
            let path = recipient.recipient.forward_path.as_str().to_owned();
            let before = self.outcomes.insert(path, recipient.outcome);
            assert_eq!(before, None, "reported once");
        }
    }

    /// What was told agrees with what the server has.
    fn check(&self) {
        assert_eq!(self.reported, self.delivering.len());
        assert_eq!(self.outcomes.len(), 4 * self.reported);
        assert_eq!(self.closed, 1);
        assert!(self.client.is_closed());
        let has = &self.server.has;
        if self.server.is_rogue {
            // Whose yes it was cannot be known, but there was one for each message.
            let outcomes = self.outcomes.values();
            let delivered = outcomes.filter(|outcome| **outcome == Outcome::Delivered);
            assert!(delivered.count() <= 4 * self.yeses);
            return;
        }
        for (path, outcome) in &self.outcomes {
            match outcome {
                Outcome::Delivered => assert!(has.contains(path), "{path} was not"),
                Outcome::Unknown => {}
                // RFC 2033 §5: so are replies that were not heard.
                Outcome::Transient if self.server.setup.is_lmtp => {}
                _ => assert!(!has.contains(path), "{path} was delivered: {outcome:?}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_outcome_is_reported(moves in moves(), setup in setups()) {
        let mut play = Play::new(setup);
        for step in moves.into_iter().chain([Move::Lose, Move::Close]) {
            play.make(step);
        }
        play.check();
    }
}

/// The model is worth something only if it gets anywhere.
#[test]
fn a_server_that_says_yes_is_given_everything() {
    for tls in [TlsPolicy::Never, TlsPolicy::Required, TlsPolicy::AlreadyOn] {
        for (chunking, is_lmtp) in [(false, false), (true, false), (false, true), (true, true)] {
            for most in [None, Some(2)] {
                let auth = match tls {
                    TlsPolicy::Never => AuthPolicy::IfOffered,
                    _ => AuthPolicy::Required,
                };
                let mut play = Play::new(Setup {
                    is_lmtp,
                    tls,
                    auth,
                    pipelining: true,
                    chunking,
                    takes_nobody: false,
                    most: Most {
                        recipients: most,
                        ..Most::default()
                    },
                });
                for _ in 0..500 {
                    for step in [
                        Move::Take(usize::MAX),
                        Move::Answer,
                        Move::Write,
                        Move::Finish,
                    ] {
                        play.make(step);
                    }
                }
                assert!(play.client.is_reusable());
                play.make(Move::Close);
                play.check();
                // Of those who are asked about, one is refused.
                let each = if most.is_some() { 1 } else { 3 };
                assert_eq!(play.reported, 20, "{:?}", play.server.setup);
                assert_eq!(play.server.has.len(), 20 * each);
            }
        }
    }
}
