//! A server's whole session: the octets of a client go in, replies come out.
//!
//! mailin and mailrs have machines; smtp-proto's parsers are put together by
//! hand here, with no limits, timeouts or checks, as the least that a server
//! made of it would do. The other rivals have no server side (smtp-codec and
//! smtp-message parse commands, but no session is measured with them).

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{Config, Event, Security, Server, SessionId};
use ehlo::types::Domain;
use mailrs_smtp_proto as mailrs;
use smtp_proto::Request;
use smtp_proto::request::receiver::DataReceiver;

use crate::data::Welcome;
use crate::measure::{Group, Unit};
use crate::shared::accept::accept;
use crate::shared::bodies;

const BODY: usize = 5 * 1024;

const HELLO: &[u8] = b"EHLO client.example\r\n";
const QUIT: &[u8] = b"QUIT\r\n";

pub fn groups() -> Vec<Group> {
    vec![
        whole("session: one message of 5 KiB, one recipient, pipelined", 1),
        whole(
            "session: one message of 5 KiB, 100 recipients, pipelined",
            100,
        ),
        warm(
            "session: another message of 5 KiB on a session that has had one",
            1,
        ),
    ]
}

/// A message without parameters: mailin refuses all but BODY.
fn transaction(recipients: usize) -> [&'static [u8]; 2] {
    bodies::transaction(recipients, BODY).map(|octets| &*octets.leak())
}

trait Machine: 'static {
    const NAME: &'static str;

    /// A connection has just been made.
    fn new() -> Self;

    /// Takes what one read brought, and writes the replies.
    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>);
}

fn whole(title: &str, recipients: usize) -> Group {
    fn add<M: Machine>(group: &mut Group, recipients: usize) {
        let [envelope, body] = transaction(recipients);
        let mut replies = Vec::with_capacity(64 * 1024);
        group.add(M::NAME, move || {
            replies.clear();
            let mut machine = M::new();
            for octets in [HELLO, envelope, body, QUIT] {
                machine.take(black_box(octets), &mut replies);
            }
            black_box(&replies);
        });
        let mut replies = Vec::new();
        let mut machine = M::new();
        for octets in [HELLO, envelope, body, QUIT] {
            machine.take(octets, &mut replies);
        }
        assert_eq!(codes(&replies), expected(recipients), "{}", M::NAME);
    }
    let mut group = Group::new(title, Unit::Each("session", 1));
    add::<Ehlo>(&mut group, recipients);
    add::<EhloCollecting>(&mut group, recipients);
    add::<Mailin>(&mut group, recipients);
    add::<Mailrs>(&mut group, recipients);
    add::<SmtpProto>(&mut group, recipients);
    group
}

fn warm(title: &str, recipients: usize) -> Group {
    fn add<M: Machine>(group: &mut Group, recipients: usize) {
        let transaction = transaction(recipients);
        let mut replies = Vec::with_capacity(64 * 1024);
        let mut machine = M::new();
        for octets in [HELLO].iter().chain(&transaction) {
            machine.take(octets, &mut replies);
        }
        group.add(M::NAME, move || {
            replies.clear();
            for octets in transaction {
                machine.take(black_box(octets), &mut replies);
            }
            assert!(
                replies.ends_with(b"\r\n") && replies.starts_with(b"250"),
                "refused"
            );
        });
    }
    let mut group = Group::new(title, Unit::Each("message", 1));
    add::<Ehlo>(&mut group, recipients);
    add::<EhloCollecting>(&mut group, recipients);
    add::<Mailin>(&mut group, recipients);
    add::<Mailrs>(&mut group, recipients);
    add::<SmtpProto>(&mut group, recipients);
    group
}

/// The codes of replies, one for each.
fn codes(replies: &[u8]) -> Vec<u16> {
    let lines = replies.split_inclusive(|octet| *octet == b'\n');
    let last = lines.filter(|line| line.get(3) != Some(&b'-'));
    last.map(|line| {
        line[..3]
            .iter()
            .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
    })
    .collect()
}

fn expected(recipients: usize) -> Vec<u16> {
    let mut codes = vec![250; recipients + 3];
    codes[0] = 220;
    codes.extend([354, 250, 221]);
    codes
}

/// Hands the message out in pieces that nobody keeps.
struct Ehlo {
    server: Server,
    input: BytesMut,
}

fn config() -> Arc<Config> {
    thread_local! {
        static CONFIG: Arc<Config> = {
            let mut config = Config::new(Domain::try_from("mx.example").expect("a domain"));
            // The warm session takes more messages than anyone sends.
            config.limits.transactions = None;
            Arc::new(config)
        };
    }
    CONFIG.with(Arc::clone)
}

impl Ehlo {
    fn poll(&mut self, replies: &mut Vec<u8>, mut keep: impl FnMut(&[u8])) {
        let now = Timestamp::ZERO;
        let server = &mut self.server;
        loop {
            while let Some(event) = server.poll_event(now, &mut self.input) {
                match event {
                    Event::Body(octets) => keep(&octets),
                    event => accept(server, event),
                }
            }
            let output = server.output();
            if !output.has_remaining() {
                break;
            }
            replies.extend_from_slice(output.chunk());
            output.advance(output.chunk().len());
        }
    }
}

impl Machine for Ehlo {
    const NAME: &'static str = "ehlo, strict";

    fn new() -> Self {
        Self {
            server: Server::new(config(), SessionId(1), Security::Plain, Timestamp::ZERO),
            input: pool::take(),
        }
    }

    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>) {
        self.poll(replies, |_| ());
        self.input.reserve(octets.len());
        self.input.extend_from_slice(octets);
        self.poll(replies, |octets| {
            black_box(octets);
        });
    }
}

impl Drop for Ehlo {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.input));
    }
}

/// Read buffers are pooled, as the others' are: here they are slices of what
/// the benchmark holds.
mod pool {
    use bytes::BytesMut;
    use std::cell::Cell;

    thread_local! {
        static BUFFER: Cell<BytesMut> = Cell::new(BytesMut::with_capacity(64 * 1024));
    }

    pub fn take() -> BytesMut {
        BUFFER.take()
    }

    pub fn give(mut buffer: BytesMut) {
        buffer.clear();
        BUFFER.set(buffer);
    }
}

/// Copies the message together, as smtp-proto and mailrs do.
struct EhloCollecting {
    ehlo: Ehlo,
    message: Vec<u8>,
}

impl Machine for EhloCollecting {
    const NAME: &'static str = "ehlo, strict, collected";

    fn new() -> Self {
        Self {
            ehlo: Ehlo::new(),
            message: Vec::new(),
        }
    }

    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>) {
        self.message.clear();
        let Self { ehlo, message } = self;
        ehlo.poll(replies, |_| ());
        ehlo.input.reserve(octets.len());
        ehlo.input.extend_from_slice(octets);
        ehlo.poll(replies, |octets| message.extend_from_slice(octets));
        black_box(&*message);
    }
}

/// The lines of what one read brought.
fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', octets).map(move |end| {
        let line = &octets[start..=end];
        start = end + 1;
        line
    })
}

struct Mailin {
    session: mailin::Session<Welcome>,
    greeted: bool,
}

impl Machine for Mailin {
    const NAME: &'static str = "mailin";

    fn new() -> Self {
        let builder = mailin::SessionBuilder::new("mx.example");
        Self {
            session: builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), Welcome),
            greeted: false,
        }
    }

    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.greeted, true) {
            self.session.greeting().write_to(replies).expect("memory");
        }
        for line in lines(octets) {
            let response = self.session.process(line);
            if response.action != mailin::Action::NoReply {
                response.write_to(replies).expect("memory");
            }
        }
    }
}

struct Mailrs {
    session: mailrs::Session,
    greeted: bool,
    /// The message, while it is received.
    message: Option<Vec<u8>>,
}

impl Machine for Mailrs {
    const NAME: &'static str = "mailrs";

    fn new() -> Self {
        Self {
            session: mailrs::Session::new("mx.example", mailrs::SessionConfig::default()),
            greeted: false,
            message: None,
        }
    }

    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>) {
        let mut say =
            |response: &mailrs::Response| replies.extend_from_slice(response.format().as_bytes());
        if !std::mem::replace(&mut self.greeted, true) {
            say(&mailrs::Response::greeting("mx.example"));
        }
        if let Some(message) = &mut self.message {
            message.extend_from_slice(octets);
            if message.ends_with(b"\r\n.\r\n") {
                black_box(mailrs::unstuff_data(message));
                self.message = None;
                say(&mailrs::Response::ok());
            }
            return;
        }
        for line in lines(octets) {
            let line = std::str::from_utf8(line)
                .expect("ASCII")
                .trim_end_matches("\r\n");
            let command = mailrs::parse_command(line).expect("a command");
            match self.session.handle_command(&command) {
                mailrs::Event::Reply(response) => match command {
                    mailrs::Command::Ehlo(_) => {
                        let offers = self.session.capabilities();
                        let offers: Vec<&str> = offers.iter().map(String::as_str).collect();
                        let text = mailrs::format_ehlo_response("mx.example", &offers);
                        replies.extend_from_slice(text.as_bytes());
                    }
                    _ => replies.extend_from_slice(response.format().as_bytes()),
                },
                mailrs::Event::NeedData {
                    reverse_path,
                    forward_paths,
                } => {
                    black_box((reverse_path, forward_paths));
                    self.message = Some(Vec::new());
                    replies.extend_from_slice(b"354 go\r\n");
                }
                mailrs::Event::Shutdown(response) => {
                    replies.extend_from_slice(response.format().as_bytes())
                }
                _ => unreachable!("no TLS, no AUTH"),
            }
        }
    }
}

#[derive(Default)]
struct SmtpProto {
    greeted: bool,
    name: String,
    sender: Option<smtp_proto::MailFrom<String>>,
    recipients: Vec<smtp_proto::RcptTo<String>>,
    message: Vec<u8>,
    receiver: Option<DataReceiver>,
}

impl Machine for SmtpProto {
    const NAME: &'static str = "smtp-proto (put together by hand)";

    fn new() -> Self {
        Self::default()
    }

    fn take(&mut self, octets: &[u8], replies: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.greeted, true) {
            replies.extend_from_slice(b"220 mx.example ESMTP\r\n");
        }
        let mut octets = octets.iter();
        while !octets.as_slice().is_empty() {
            if let Some(receiver) = &mut self.receiver {
                if receiver.ingest(&mut octets, &mut self.message) {
                    self.receiver = None;
                    black_box((&self.sender, &self.recipients, &self.message));
                    self.sender = None;
                    self.recipients.clear();
                    self.message.clear();
                    replies.extend_from_slice(b"250 2.0.0 OK\r\n");
                }
                continue;
            }
            let reply: &[u8] = match Request::parse(&mut octets).expect("a command") {
                Request::Ehlo { host } => {
                    self.name = host.into_owned();
                    b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
                }
                Request::Mail { from } => {
                    self.sender = Some(from.into_owned());
                    b"250 2.1.0 OK\r\n"
                }
                Request::Rcpt { to } => {
                    self.recipients.push(to.into_owned());
                    b"250 2.1.5 OK\r\n"
                }
                Request::Data => {
                    self.message.reserve(8 * 1024);
                    self.receiver = Some(DataReceiver::new());
                    b"354 go\r\n"
                }
                Request::Quit => b"221 2.0.0 bye\r\n",
                _ => unreachable!("nothing else is sent"),
            };
            replies.extend_from_slice(reply);
        }
    }
}
