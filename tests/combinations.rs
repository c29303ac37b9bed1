//! The client against the server, joined in memory, under every combination of
//! what a server may offer: whatever it is, the messages arrive octet for octet
//! and each recipient gets its outcome.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::client::{
    self, AuthPolicy, BodyOptions, Chunking, Client, CloseReason, Opening, Outcome, Report,
    TlsPolicy,
};
use ehlo::server::{self, AuthOffer, Dsn, EightBit, Security, Server, SessionId, StartTlsOffer};
use ehlo::types::{
    BodyType, Domain, Envelope, Extension, Mailbox, Mechanism, Notify, Protocol, RcptParameters,
    Recipient,
};
use ehlo::{Secret, Timestamp};

#[path = "support/application.rs"]
mod application;

use application::Application;

const NOW: Timestamp = Timestamp::ZERO;

/// What is on; each of them is a bit of the number of the combination.
#[allow(clippy::struct_excessive_bools)] // each is one that may be off
#[derive(Clone, Copy, Debug)]
struct On {
    pipelining: bool,
    chunking: bool,
    eight_bit: bool,
    utf8: bool,
    dsn: bool,
    lmtp: bool,
    tls: bool,
}

impl On {
    fn all() -> impl Iterator<Item = Self> {
        (0_u8..128).map(|number| {
            let bit = |bit: u8| number & 1 << bit != 0;
            Self {
                pipelining: bit(0),
                chunking: bit(1),
                eight_bit: bit(2),
                utf8: bit(3),
                dsn: bit(4),
                lmtp: bit(5),
                tls: bit(6),
            }
        })
    }

    fn server(self) -> server::Config {
        let mut config = server::Config::new(Domain::try_from("mx.example").unwrap());
        config.pipelining = self.pipelining;
        config.chunking = match (self.chunking, self.eight_bit) {
            (false, _) => server::Chunking::Off,
            (true, false) => server::Chunking::On,
            (true, true) => server::Chunking::Binary,
        };
        config.eight_bit = match (self.eight_bit, self.utf8) {
            (_, true) => EightBit::Utf8,
            (true, false) => EightBit::Mime,
            (false, false) => EightBit::Off,
        };
        config.dsn = if self.dsn { Dsn::On } else { Dsn::Off };
        if self.lmtp {
            config.protocol = Protocol::Lmtp;
        }
        if self.tls {
            config.start_tls = StartTlsOffer::Required;
            let mut offer = AuthOffer::new([Mechanism::LOGIN]);
            offer.required = true;
            config.auth = Some(offer);
        }
        config
    }

    fn client(self) -> client::Config {
        let mut config = client::Config::new();
        config.chunk_size = 10;
        if self.lmtp {
            config.protocol = Protocol::Lmtp;
        }
        config
    }

    fn opening(self) -> Opening {
        let opening = Opening::new(Domain::try_from("client.example").unwrap());
        match self.tls {
            true => opening
                .with_tls(TlsPolicy::Required)
                .with_auth(AuthPolicy::Required),
            false => opening,
        }
    }
}

/// What is sent: the message, what is known of it, the recipients.
struct Sent {
    octets: &'static [u8],
    body_type: BodyType,
    utf8: bool,
}

const MESSAGES: [Sent; 6] = [
    Sent {
        octets: b"",
        body_type: BodyType::SevenBit,
        utf8: false,
    },
    Sent {
        octets: b".\r\n",
        body_type: BodyType::SevenBit,
        utf8: false,
    },
    Sent {
        octets: b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\nMAIL FROM:<evil@d.example>\r\n",
        body_type: BodyType::SevenBit,
        utf8: false,
    },
    Sent {
        octets: b"Subject: \xe9\r\n\r\n\xff\r\n",
        body_type: BodyType::EightBitMime,
        utf8: false,
    },
    Sent {
        octets: b"Subject: caf\xc3\xa9\r\n\r\nau lait\r\n",
        body_type: BodyType::EightBitMime,
        utf8: true,
    },
    Sent {
        octets: b"\n\r.\r\n\x00\r",
        body_type: BodyType::BinaryMime,
        utf8: false,
    },
];

impl Sent {
    fn may_go(&self, on: On) -> bool {
        match self.body_type {
            BodyType::BinaryMime => on.chunking && on.eight_bit,
            BodyType::EightBitMime if !self.utf8 => on.eight_bit || on.utf8,
            _ => !self.utf8 || on.utf8,
        }
    }

    fn options(&self) -> BodyOptions {
        let options = BodyOptions::new()
            .with_size(self.octets.len() as u64)
            .with_type(self.body_type)
            .with_chunking(Chunking::IfOffered);
        match self.utf8 {
            true => options.with_utf8(),
            false => options,
        }
    }
}

fn envelope(utf8: bool) -> Envelope {
    let mailbox = |text: &str| text.parse::<Mailbox<'static>>().unwrap();
    let mut noted = Recipient::from(mailbox("bob@mx.example"));
    noted.parameters = RcptParameters::new().with_notify(Notify::FAILURE);
    let envelope = Envelope::new(mailbox("alice@client.example"))
        .to(noted)
        .to(mailbox("nobody@mx.example"));
    envelope.to(mailbox(if utf8 {
        "j\u{f6}rg@mx.example"
    } else {
        "bob@mx.example"
    }))
}

/// Both machines and their applications.
struct Pair {
    client: Client,
    server: Server,
    to_client: BytesMut,
    to_server: BytesMut,
    /// Octets of a read.
    cut: usize,
    on: On,
    sending: Vec<&'static [u8]>,
    given: usize,
    answers: Vec<Secret>,
    reports: Vec<Report>,
    closed: Option<CloseReason>,
    application: Application,
    handovers: usize,
}

impl Pair {
    fn run(on: On, cut: usize) -> Self {
        let mut client = Client::new(Arc::new(on.client()), NOW);
        client.open(on.opening()).unwrap();
        let mut pair = Self {
            client,
            server: Server::new(Arc::new(on.server()), SessionId(1), Security::Plain, NOW),
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            cut,
            on,
            sending: Vec::new(),
            given: 0,
            answers: vec![Secret::from("user"), Secret::from("secret")],
            reports: Vec::new(),
            closed: None,
            application: Application::default(),
            handovers: 0,
        };
        for _ in 0..100_000 {
            pair.turn_client();
            pair.turn_server();
            if pair.client.is_closed() && pair.server.is_closed() {
                return pair;
            }
        }
        panic!("it does not end: {on:?}, {:?}", pair.client);
    }

    fn turn_client(&mut self) {
        while let Some(event) = self.client.poll_event(NOW, &mut self.to_client) {
            self.on_client(event);
        }
        self.give();
        let output = self.client.output();
        let octets = output.copy_to_bytes(output.remaining().min(self.cut));
        self.to_server.extend_from_slice(&octets);
    }

    fn on_client(&mut self, event: client::Event) {
        match event {
            client::Event::Handover => self.handovers += 1,
            client::Event::AuthWanted(_) => {
                self.client.authenticate(Mechanism::LOGIN, None).unwrap();
            }
            client::Event::AuthChallenge(_) => {
                let answer = self.answers.remove(0);
                self.client.respond(&answer).unwrap();
            }
            client::Event::AuthRefused(reply) => panic!("{reply}"),
            client::Event::Ready(offered) => {
                assert_eq!(offered.offers(Extension::Dsn), self.on.dsn);
                self.deliver_all();
            }
            client::Event::BodyWanted(_) => self.given = 0,
            client::Event::Report(_, report) => {
                self.reports.push(report);
                self.sending.remove(0);
            }
            client::Event::Closed(reason) => self.closed = Some(reason),
            _ => {}
        }
    }

    /// Everything at once: the machine has them follow each other.
    fn deliver_all(&mut self) {
        for sent in &MESSAGES {
            let delivered = self.client.deliver(envelope(sent.utf8), sent.options());
            assert_eq!(delivered.is_ok(), sent.may_go(self.on), "{:?}", self.on);
            if delivered.is_ok() {
                self.sending.push(sent.octets);
            }
        }
        self.client.quit();
    }

    fn give(&mut self) {
        while let Some(mut body) = self.client.body() {
            let Some(rest) = self.sending[0]
                .get(self.given..)
                .filter(|rest| !rest.is_empty())
            else {
                body.finish().unwrap();
                return;
            };
            if body.is_blocked() {
                return;
            }
            let chunk = Bytes::from_static(&rest[..rest.len().min(7)]);
            self.given += chunk.len();
            body.write(chunk).unwrap();
        }
    }

    fn turn_server(&mut self) {
        while let Some(event) = self.server.poll_event(NOW, &mut self.to_server) {
            self.on_server(event);
        }
        let output = self.server.output();
        let octets = output.copy_to_bytes(output.remaining().min(self.cut));
        self.to_client.extend_from_slice(&octets);
    }

    fn on_server(&mut self, event: server::Event) {
        use server::Event;
        let server = &mut self.server;
        let answered = match event {
            Event::StartTls(question) => server.answer(question, Ok(Default::default())).is_ok(),
            // Both have stopped reading: the handshake.
            Event::Handover => {
                server.tls_established(NOW, &mut self.to_server);
                self.client.tls_established(NOW, &mut self.to_client);
                self.client.is_encrypted()
            }
            Event::Auth(question) => {
                let challenge = server::AuthStep::Challenge(Secret::from("Username:"));
                server.answer(question, Ok(challenge)).is_ok()
            }
            Event::AuthResponse(question) => {
                let step = match question.response.expose() {
                    b"user" => server::AuthStep::Challenge(Secret::from("Password:")),
                    b"secret" => server::AuthStep::Done(server::Authenticated::new("user")),
                    _ => panic!("not the password"),
                };
                server.answer(question, Ok(step)).is_ok()
            }
            Event::Closed(reason) => {
                assert_eq!(
                    reason,
                    server::CloseReason::Quit,
                    "{:?} {}",
                    self.on,
                    self.cut
                );
                true
            }
            event => {
                self.application.on_event(server, event);
                true
            }
        };
        assert!(answered);
    }
}

#[test]
fn every_combination_delivers() {
    for on in On::all() {
        for cut in [1, 13, usize::MAX] {
            let pair = Pair::run(on, cut);
            let expected: Vec<_> = MESSAGES.iter().filter(|sent| sent.may_go(on)).collect();
            assert_eq!(pair.closed, Some(CloseReason::Quit), "{on:?}");
            assert_eq!(pair.reports.len(), expected.len(), "{on:?}");
            for report in &pair.reports {
                let outcomes = report.recipients().map(|recipient| recipient.outcome);
                let wanted = [Outcome::Delivered, Outcome::Permanent, Outcome::Delivered];
                assert!(outcomes.eq(wanted), "{on:?} {report:?}");
                assert_eq!(report.dropped().count(), usize::from(!on.dsn), "{on:?}");
            }
            assert_eq!(pair.application.received.len(), expected.len(), "{on:?}");
            for ((envelope, received), sent) in pair.application.received.iter().zip(expected) {
                assert!(received == sent.octets, "{on:?}");
                assert_eq!(envelope.recipients.len(), 2);
                let notify = envelope.recipients[0].parameters.notify();
                assert_eq!(notify.is_some(), on.dsn, "{on:?}");
                let body = envelope.parameters.body().unwrap_or_default();
                assert_eq!(body, sent.body_type, "{on:?}");
                assert_eq!(envelope.parameters.smtputf8(), sent.utf8, "{on:?}");
            }
            assert_eq!(pair.handovers, usize::from(on.tls), "{on:?}");
            assert_eq!(pair.client.is_authenticated(), on.tls);
        }
    }
}
