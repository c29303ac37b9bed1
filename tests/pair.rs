//! Both machines, joined in memory by a link with a delay, under a clock that
//! jumps from one thing that happens to the next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{self, BodyOptions, Client, CloseReason, Opening, Outcome, Phase, Report};
use ehlo::server::{self, Security, Server, SessionId};
use ehlo::types::{BodyType, Domain, Envelope, Mailbox, Protocol};

#[path = "support/application.rs"]
mod application;

use application::Application;

const DELAY: Duration = Duration::from_millis(50);
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// One direction of a connection.
#[derive(Default)]
struct Link {
    /// What is under way, and when it arrives.
    flying: VecDeque<(Timestamp, Bytes)>,
    arrived: BytesMut,
}

impl Link {
    fn send(&mut self, now: Timestamp, output: &mut impl Buf, cut: usize) {
        while output.has_remaining() {
            let octets = output.copy_to_bytes(output.remaining().min(cut));
            self.flying.push_back((now.after(DELAY), octets));
        }
    }

    /// Hands over one read's worth, if one has arrived.
    fn arrive(&mut self, now: Timestamp) -> bool {
        match self.flying.front() {
            Some((due, octets)) if *due <= now => {
                self.arrived.extend_from_slice(octets);
                self.flying.pop_front();
                true
            }
            _ => false,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.flying.front().map(|(due, _)| *due)
    }
}

/// A client, a server, what is between them, and their applications.
struct Pair {
    client: Client,
    server: Server,
    to_client: Link,
    to_server: Link,
    now: Timestamp,
    /// Octets of a read.
    cut: usize,
    /// Messages that are still to be sent.
    sending: VecDeque<(Envelope, BodyOptions, Bytes)>,
    giving: Option<Bytes>,
    reports: Vec<Report>,
    closed: Option<CloseReason>,
    application: Application,
    /// The server's application is dead.
    silent: bool,
}

impl Pair {
    fn new(client: client::Config, server: server::Config) -> Self {
        let now = Timestamp::ZERO;
        let mut client = Client::new(Arc::new(client), now);
        let name: Domain<'static> = "client.example".parse().unwrap();
        client.open(Opening::new(name)).unwrap();
        Self {
            client,
            server: Server::new(Arc::new(server), SessionId(1), Security::Plain, now),
            to_client: Link::default(),
            to_server: Link::default(),
            now,
            cut: usize::MAX,
            sending: VecDeque::new(),
            giving: None,
            reports: Vec::new(),
            closed: None,
            application: Application::default(),
            silent: false,
        }
    }

    fn send(&mut self, envelope: Envelope, message: &[u8]) {
        let options = BodyOptions::new()
            .with_size(message.len() as u64)
            .with_type(BodyType::EightBitMime);
        let message = Bytes::copy_from_slice(message);
        self.sending.push_back((envelope, options, message));
    }

    /// Runs until both sessions are over.
    fn run(&mut self) {
        for _ in 0..1_000_000 {
            self.turn_client();
            self.turn_server();
            let arrived = (self.client.wants_input() && self.to_client.arrive(self.now))
                | (self.server.wants_input() && self.to_server.arrive(self.now));
            if self.client.is_closed() && self.server.is_closed() {
                return;
            }
            if !arrived {
                self.wait();
            }
        }
        panic!("it does not end");
    }

    /// Jumps to what happens next.
    fn wait(&mut self) {
        if self.client.is_closed() && self.to_server.due().is_none() {
            self.server.handle_eof();
        }
        if self.server.is_closed() && self.to_client.due().is_none() {
            self.client.handle_eof();
        }
        let arrivals = [self.to_client.due(), self.to_server.due()];
        let timeouts = [self.client.poll_timeout(), self.server.poll_timeout()];
        let next = arrivals.into_iter().chain(timeouts).flatten().min();
        self.now = self.now.max(next.unwrap_or(self.now));
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
    }

    fn turn_client(&mut self) {
        while let Some(event) = self
            .client
            .poll_event(self.now, &mut self.to_client.arrived)
        {
            self.on_client(event);
        }
        self.give();
        self.to_server
            .send(self.now, self.client.output(), self.cut);
    }

    fn on_client(&mut self, event: client::Event) {
        match event {
            client::Event::Ready(_) => self.next_message(),
            client::Event::BodyWanted(_) => {
                let (_, _, message) = self.sending.front().unwrap();
                self.giving = Some(message.clone());
            }
            client::Event::Report(_, report) => {
                self.giving = None;
                self.sending.pop_front();
                self.reports.push(report);
                self.next_message();
            }
            client::Event::Closed(reason) => self.closed = Some(reason),
            _ => {}
        }
    }

    fn next_message(&mut self) {
        match self.sending.front() {
            Some((envelope, options, _)) if self.client.is_reusable() => {
                self.client.deliver(envelope.clone(), *options).unwrap();
            }
            _ => self.client.quit(),
        }
    }

    /// Gives the message in chunks, as the output has room.
    fn give(&mut self) {
        let (Some(message), Some(mut body)) = (&mut self.giving, self.client.body()) else {
            return;
        };
        while !message.is_empty() {
            let chunk = message.split_to(message.len().min(1000));
            if let Err(blocked) = body.write(chunk) {
                let rest = blocked.into_chunk();
                *message = [&rest[..], &message[..]].concat().into();
                return;
            }
        }
        body.finish().unwrap();
        self.giving = None;
    }

    fn turn_server(&mut self) {
        while let Some(event) = self
            .server
            .poll_event(self.now, &mut self.to_server.arrived)
        {
            if !self.silent {
                self.application.on_event(&mut self.server, event);
            }
        }
        self.to_client
            .send(self.now, self.server.output(), self.cut);
    }
}

fn server_config() -> server::Config {
    server::Config::new(Domain::try_from("mx.example").unwrap())
}

fn envelope(recipients: &[&str]) -> Envelope {
    let mailbox = |text: &str| text.parse::<Mailbox<'static>>().unwrap();
    let envelope = Envelope::new(mailbox("alice@client.example"));
    recipients
        .iter()
        .fold(envelope, |envelope, to| envelope.to(mailbox(to)))
}

/// Every way a session may be set up.
fn setups() -> impl Iterator<Item = (client::Config, server::Config, usize)> {
    let protocols = [
        (Protocol::Smtp, Protocol::Smtp),
        (Protocol::Lmtp, Protocol::Lmtp),
    ];
    protocols.into_iter().flat_map(|(of_client, of_server)| {
        [false, true].into_iter().flat_map(move |pipelining| {
            [1, 7, usize::MAX].into_iter().map(move |cut| {
                let mut client = client::Config::new();
                client.protocol = of_client;
                let mut server = server_config();
                server.protocol = of_server;
                server.pipelining = pipelining;
                (client, server, cut)
            })
        })
    })
}

const MESSAGES: [&str; 5] = [
    "",
    ".\r\n",
    "Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n",
    "\r\n\r\n",
    "Subject: caf\u{e9}\r\n\r\nau lait\r\n",
];

#[test]
fn what_is_sent_arrives_and_each_recipient_gets_its_outcome() {
    for (client, server, cut) in setups() {
        let mut pair = Pair::new(client, server);
        pair.cut = cut;
        let to = ["bob@mx.example", "nobody@mx.example", "bob@mx.example"];
        for message in MESSAGES {
            pair.send(envelope(&to), message.as_bytes());
        }
        pair.run();

        assert_eq!(pair.closed, Some(CloseReason::Quit));
        assert_eq!(pair.reports.len(), MESSAGES.len());
        for report in &pair.reports {
            let outcomes: Vec<_> = report.recipients().map(|one| one.outcome).collect();
            let expected = [Outcome::Delivered, Outcome::Permanent, Outcome::Delivered];
            assert_eq!(outcomes, expected);
        }
        for ((envelope, received), sent) in pair.application.received.iter().zip(MESSAGES) {
            assert_eq!(received, sent.as_bytes());
            assert_eq!(envelope.recipients.len(), 2);
        }
    }
}

#[test]
fn nobody_accepted_nothing_sent_and_the_session_goes_on() {
    for (client, server, cut) in setups() {
        let mut pair = Pair::new(client, server);
        pair.cut = cut;
        pair.send(envelope(&["nobody@mx.example"]), b"never\r\n");
        pair.send(envelope(&["bob@mx.example"]), b"after all\r\n");
        pair.run();

        assert_eq!(pair.reports.len(), 2);
        assert!(pair.reports[1].is_delivered_to_all());
        let received: Vec<_> = pair
            .application
            .received
            .iter()
            .map(|(_, message)| &message[..])
            .collect();
        assert_eq!(received, [b"after all\r\n"]);
    }
}

#[test]
fn pipelining_costs_one_flight_however_many_recipients() {
    let elapsed = |pipelining, recipients: usize| {
        let mut server = server_config();
        server.pipelining = pipelining;
        let mut pair = Pair::new(client::Config::new(), server);
        let names: Vec<_> = (0..recipients)
            .map(|n| format!("u{n}@mx.example"))
            .collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        pair.send(envelope(&names), b"Hello\r\n");
        pair.run();
        assert!(pair.reports[0].is_delivered_to_all());
        pair.now.elapsed()
    };
    // Greeting, half a round trip; EHLO; MAIL to DATA; the message; QUIT.
    let flights = 4 * ROUND_TRIP + DELAY;
    assert_eq!(elapsed(true, 1), flights);
    assert_eq!(elapsed(true, 500), flights);
    // MAIL, each RCPT, and DATA wait for their replies.
    assert_eq!(elapsed(false, 1), flights + 2 * ROUND_TRIP);
    assert_eq!(elapsed(false, 500), flights + 501 * ROUND_TRIP);
}

#[test]
fn a_large_message_passes_through_small_buffers() {
    let mut client = client::Config::new();
    client.limits.output = Some(4096);
    let mut pair = Pair::new(client, server_config());
    let message = "A line of text, and another one.\r\n.\r\n".repeat(30_000);
    pair.send(envelope(&["bob@mx.example"]), message.as_bytes());
    pair.run();
    assert!(pair.reports[0].is_delivered_to_all());
    assert!(pair.application.received[0].1 == message.as_bytes());
}

#[test]
fn an_application_that_dies_costs_time_but_no_recipient() {
    let mut pair = Pair::new(client::Config::new(), server_config());
    pair.silent = true;
    pair.send(envelope(&["bob@mx.example"]), b"Hello\r\n");
    pair.run();
    // The greeting is what the client waits for.
    assert_eq!(pair.closed, Some(CloseReason::Timeout(Phase::Greeting)));
    assert!(pair.reports.is_empty(), "nothing was asked for yet");
    assert!(pair.now.elapsed() >= Duration::from_secs(300));
}
