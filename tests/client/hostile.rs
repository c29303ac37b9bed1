//! A server that says anything: whatever it is, every transaction is reported
//! once and in full, every session closes once, what is called delivered was
//! said to be, and no octet is said that may not be.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::client::{
    AuthPolicy, BodyOptions, Chunking, Client, Config, Event, Opening, Outcome, Report, TlsPolicy,
};
use ehlo::codec::Syntax;
use ehlo::types::Protocol;
use ehlo::types::{Command, Domain, Envelope, Mailbox, Mechanism, Verb};
use ehlo::{Secret, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// The server says something that has nothing to do with anything.
    Say(&'static str),
    /// It says yes to the oldest line that has no answer.
    Answer,
    /// It says no.
    Refuse(&'static str),
    Wait(u64),
    /// The transport takes so many octets.
    Take(usize),
    /// The application gives more of the message, or ends it.
    Write,
    Finish,
    Close,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let says = [
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
        "25",
        "2",
        "\n",
        "\r\n",
        "garbage\r\n",
        "150 No\r\n",
    ];
    let refusals = ["550 No\r\n", "451 Later\r\n", "452 4.5.3 Full\r\n"];
    let one = prop_oneof![
        16 => Just(Move::Answer),
        8 => Just(Move::Take(usize::MAX)),
        3 => Just(Move::Write),
        3 => Just(Move::Finish),
        1 => select(refusals.to_vec()).prop_map(Move::Refuse),
        1 => (0_usize..40).prop_map(Move::Take),
        1 => (0_u64..400).prop_map(Move::Wait),
        1 => (0_u8..20).prop_map(|die| if die == 0 { Move::Close } else { Move::Answer }),
    ];
    let rogue = prop_oneof![
        20 => one.clone(),
        1 => select(says.to_vec()).prop_map(Move::Say),
    ];
    prop_oneof![vec(one, 0..200), vec(rogue, 0..200)]
}

/// What the session is like.
#[derive(Clone, Copy, Debug)]
struct Setup {
    is_lmtp: bool,
    tls: TlsPolicy,
    auth: AuthPolicy,
    pipelining: bool,
    chunking: bool,
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
    (any::<[bool; 3]>(), policies).prop_map(|([is_lmtp, pipelining, chunking], (tls, auth))| {
        Setup {
            is_lmtp,
            tls,
            auth,
            pipelining,
            chunking,
        }
    })
}

/// A reply that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Greeting,
    Hello,
    Mail,
    Rcpt(bool),
    Data,
    Chunk,
    Message,
    StartTls,
    /// AUTH, and what it asks for.
    Challenge,
    Credentials,
    Other,
}

/// What a server that is well understands of what it was told.
#[allow(clippy::struct_excessive_bools)] // it is a model, to be read
struct Listener {
    setup: Setup,
    heard: Vec<u8>,
    in_data: bool,
    in_sasl: bool,
    /// Octets of a chunk still to come.
    in_chunk: usize,
    is_encrypted: bool,
    /// STARTTLS was said, and TLS is not there.
    is_handing_over: bool,
    has_hello: bool,
    accepted: usize,
    due: VecDeque<Due>,
    /// Whether something was said that is no answer: then nobody knows whose
    /// turn it is.
    is_rogue: bool,
    /// Recipients to whom it has said that it has their message.
    taken: usize,
}

impl Listener {
    fn new(setup: Setup) -> Self {
        Self {
            setup,
            heard: Vec::new(),
            in_data: false,
            in_sasl: false,
            in_chunk: 0,
            is_encrypted: setup.tls == TlsPolicy::AlreadyOn,
            is_handing_over: false,
            has_hello: false,
            accepted: 0,
            due: VecDeque::from([Due::Greeting]),
            is_rogue: false,
            taken: 0,
        }
    }

    fn hear(&mut self, octets: &[u8]) {
        assert!(octets.is_empty() || !self.is_handing_over);
        self.heard.extend_from_slice(octets);
        loop {
            let skipped = self.in_chunk.min(self.heard.len());
            self.heard.drain(..skipped);
            self.in_chunk -= skipped;
            let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") else {
                return;
            };
            if self.in_chunk > 0 {
                return;
            }
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            self.hear_line(&line[..end]);
        }
    }

    fn hear_line(&mut self, line: &[u8]) {
        if self.in_data {
            if line == b"." {
                self.in_data = false;
                let replies = if self.setup.is_lmtp { self.accepted } else { 1 };
                self.due.extend(vec![Due::Message; replies]);
            }
            return;
        }
        let command = match Command::parse(line, &Syntax::STRICT) {
            Ok(Command::Unknown(_)) | Err(_) if self.in_sasl => {
                self.due.push_back(Due::Credentials);
                return;
            }
            // Nothing that is not a command is ever said as one.
            command => command.unwrap(),
        };
        self.in_sasl = false;
        if !self.is_rogue {
            self.check_turn(&command);
        }
        let due = self.understand(&command);
        if !matches!(due, Due::Message) {
            self.due.push_back(due);
        }
    }

    /// Whether it is that command's turn.
    fn check_turn(&self, command: &Command<'_>) {
        let awaits = !self.due.is_empty();
        assert!(!awaits || self.setup.pipelining, "{command}");
        match command.verb() {
            Verb::Bdat => assert!(self.due.iter().all(|due| *due == Due::Chunk)),
            Verb::Mail | Verb::Rset => {
                let waits = |due: &Due| {
                    matches!(
                        due,
                        Due::Hello | Due::Data | Due::StartTls | Due::Challenge | Due::Credentials
                    )
                };
                assert!(!self.due.iter().any(waits), "{command}");
            }
            Verb::Rcpt | Verb::Data => {}
            _ => assert!(!awaits, "{command}"),
        }
    }

    fn understand(&mut self, command: &Command<'_>) -> Due {
        let is_open = self.is_encrypted || self.setup.tls != TlsPolicy::Required;
        match command {
            Command::Ehlo(_) | Command::Lhlo(_) | Command::Helo(_) => {
                self.has_hello = true;
                Due::Hello
            }
            Command::Mail { .. } => {
                assert!(is_open && self.has_hello);
                Due::Mail
            }
            Command::Rcpt { forward_path, .. } => {
                Due::Rcpt(!forward_path.as_str().starts_with("no"))
            }
            Command::Data => {
                self.in_data = true;
                Due::Data
            }
            Command::Bdat { size, last } => {
                assert!(self.setup.chunking || self.is_rogue);
                self.in_chunk = usize::try_from(*size).unwrap();
                if !last {
                    return Due::Chunk;
                }
                let replies = if self.setup.is_lmtp { self.accepted } else { 1 };
                self.due.extend(vec![Due::Message; replies]);
                Due::Message
            }
            Command::StartTls => Due::StartTls,
            Command::Auth { .. } => {
                assert!(self.is_encrypted && self.has_hello);
                self.in_sasl = true;
                Due::Challenge
            }
            Command::Rset | Command::Quit => Due::Other,
            command => panic!("{command}"),
        }
    }

    /// Says yes to the oldest of what is due.
    fn answer(&mut self) -> String {
        let Some(due) = self.due.pop_front() else {
            return String::new();
        };
        let reply = match due {
            Due::Greeting => "220 Hi\r\n",
            Due::Hello => return self.offers(),
            Due::Mail => {
                self.accepted = 0;
                "250 Ok\r\n"
            }
            Due::Rcpt(false) => "550 No\r\n",
            Due::Rcpt(true) => {
                self.accepted += 1;
                "250 Ok\r\n"
            }
            Due::Data => "354 Go\r\n",
            Due::Message => {
                self.taken += if self.setup.is_lmtp { 1 } else { self.accepted };
                "250 Queued\r\n"
            }
            Due::StartTls => "220 Go\r\n",
            Due::Challenge => "334 YQ==\r\n",
            Due::Credentials => {
                self.in_sasl = false;
                "235 Ok\r\n"
            }
            Due::Chunk | Due::Other => "250 Ok\r\n",
        };
        reply.to_owned()
    }

    fn offers(&self) -> String {
        let offers = [
            ("250-mx.example\r\n", true),
            ("250-PIPELINING\r\n", self.setup.pipelining),
            ("250-CHUNKING\r\n", self.setup.chunking),
            ("250-STARTTLS\r\n", !self.is_encrypted),
            ("250-AUTH LOGIN\r\n", true),
            ("250 HELP\r\n", true),
        ];
        let lines = offers.iter().filter(|(_, is_on)| *is_on);
        lines.map(|(line, _)| *line).collect()
    }

    /// Says no to the oldest of what is due.
    fn refuse(&mut self, reply: &str) -> String {
        match self.due.pop_front() {
            None => return String::new(),
            Some(Due::Mail) => self.accepted = 0,
            Some(Due::Data) => self.in_data = false,
            Some(Due::Challenge | Due::Credentials) => self.in_sasl = false,
            _ => {}
        }
        reply.to_owned()
    }

    fn encrypt(&mut self) {
        assert!(self.heard.is_empty());
        self.is_encrypted = true;
        self.is_handing_over = false;
        self.has_hello = false;
        self.due.clear();
    }
}

fn envelope() -> Envelope {
    ["1@d.example", "no@d.example", "2@d.example"]
        .into_iter()
        .map(|path| path.parse::<Mailbox<'_>>().unwrap())
        .fold(
            Envelope::new("a@b.example".parse::<Mailbox<'_>>().unwrap()),
            Envelope::to,
        )
}

/// A client, that server, and what has been told.
struct Play {
    client: Client,
    server: Listener,
    input: BytesMut,
    now: Timestamp,
    delivering: usize,
    reported: usize,
    delivered: usize,
    closed: usize,
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
        let opening = Opening::new(Domain::try_from("client.example").unwrap())
            .with_tls(setup.tls)
            .with_auth(setup.auth);
        client.open(opening).unwrap();
        Self {
            client,
            server: Listener::new(setup),
            input: BytesMut::new(),
            now,
            delivering: 0,
            reported: 0,
            delivered: 0,
            closed: 0,
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Say(text) => {
                self.server.is_rogue = true;
                self.server.taken += 3 * text.matches("20 ").count();
                self.server.taken += 3 * text.matches("250 ").count();
                self.input.extend_from_slice(text.as_bytes());
            }
            Move::Answer => {
                let reply = self.server.answer();
                self.input.extend_from_slice(reply.as_bytes());
            }
            Move::Refuse(text) => {
                let reply = self.server.refuse(text);
                self.input.extend_from_slice(reply.as_bytes());
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
            Move::Write => {
                if let Some(mut body) = self.client.body() {
                    let chunk = Bytes::from_static(b"..\r\nMAIL FROM:<x@y.example>\r\n.");
                    let _ = body.write(chunk);
                }
            }
            Move::Finish => {
                if let Some(body) = self.client.body() {
                    body.finish().unwrap();
                }
            }
            Move::Close => self.client.handle_eof(),
        }
        while let Some(event) = self.client.poll_event(self.now, &mut self.input) {
            self.hear(event);
        }
        // A chunk, or a command, beyond the limit.
        assert!(self.client.output().remaining() <= 64 + 64);
        let options = BodyOptions::new().with_chunking(Chunking::IfOffered);
        if self.delivering < 20 && self.client.deliver(envelope(), options).is_ok() {
            self.delivering += 1;
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
            Event::Report(_, report) => self.hear_report(&report),
            Event::Closed(_) => self.closed += 1,
            _ => {}
        }
    }

    fn hear_report(&mut self, report: &Report) {
        self.reported += 1;
        assert_eq!(report.recipients().count(), 3);
        for recipient in report.recipients() {
            if recipient.outcome == Outcome::Delivered {
                self.delivered += 1;
                assert!(recipient.reply.unwrap().code().is_positive());
                assert!(recipient.rcpt_reply.unwrap().code().is_positive());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_outcome_is_reported(moves in moves(), setup in setups()) {
        let mut play = Play::new(setup);
        for step in moves.into_iter().chain([Move::Close, Move::Close]) {
            play.make(step);
        }
        prop_assert_eq!(play.reported, play.delivering);
        prop_assert_eq!(play.closed, 1);
        prop_assert!(play.client.is_closed());
        prop_assert!(play.delivered <= play.server.taken);
    }
}

/// The model is worth something only if it gets anywhere.
#[test]
fn a_server_that_says_yes_is_given_everything() {
    for tls in [TlsPolicy::Never, TlsPolicy::Required, TlsPolicy::AlreadyOn] {
        for (chunking, is_lmtp) in [(false, false), (true, false), (false, true), (true, true)] {
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
            });
            for _ in 0..400 {
                for step in [
                    Move::Take(usize::MAX),
                    Move::Answer,
                    Move::Write,
                    Move::Finish,
                ] {
                    play.make(step);
                }
            }
            assert_eq!(play.reported, 20, "{:?}", play.server.setup);
            assert_eq!(play.delivered, 40);
            assert_eq!(play.server.taken, 40);
            assert!(play.client.is_reusable());
        }
    }
}
