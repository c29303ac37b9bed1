use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{BodyOptions, Client, CommandId, Config, Event, Opening, TransactionId};
use ehlo::codec::{LineEnds, Syntax};
use ehlo::types::{
    BodyType, Command, Domain, Envelope, Extension, Mailbox, Protocol, Recipient, ReversePath,
};

use super::cuts::reads;
use super::script::Script;

/// A server that sends anything, and an application that sends messages: see
/// [`Script`] and [`Session::open`], [`Session::deliver`], [`Session::give`]
/// for the words.
///
/// The session ends, and says so last and once; every transaction is reported
/// on once before; nothing is said before the greeting, nor behind a command
/// that is the last of its group; what is said are commands and messages. How
/// the octets of a reply are cut makes no difference.
pub fn client(octets: &[u8]) {
    let script = Script::new(octets);
    let whole = Session::run(script, Reads::Replies(&[0]));
    for sizes in [&script.cuts()[..], &[1]] {
        let cut = Session::run(script, Reads::Replies(sizes));
        let [one, other] = [&cut, &whole].map(Session::outcome);
        assert_eq!(one, other, "in reads of {sizes:?}");
    }
    // A server that does not wait for the client.
    Session::run(script, Reads::Flights);
}

/// How the server's octets arrive.
#[derive(Clone, Copy)]
enum Reads<'a> {
    /// Each flight at once.
    Flights,
    /// Each reply on its own, in reads of those sizes.
    Replies(&'a [usize]),
}

struct Session<'a> {
    script: Script<'a>,
    client: Client,
    now: Timestamp,
    input: BytesMut,
    commands: Vec<CommandId>,
    /// The transaction that has not been reported on.
    transaction: Option<TransactionId>,
    transactions: usize,
    pipelining: bool,
    is_greeted: bool,
    is_closed: bool,
    said: Vec<u8>,
    events: Vec<String>,
    fuel: usize,
}

impl<'a> Session<'a> {
    /// Plays the script. `end=time`: the server does not hang up but falls silent.
    fn run(script: Script<'a>, how: Reads<'_>) -> Self {
        let now = Timestamp::ZERO;
        let mut config = Config::new();
        if script.has("lmtp") {
            config.protocol = Protocol::Lmtp;
        }
        config.limits.output = script.number("output", 10_000).or(config.limits.output);
        let mut session = Self {
            script,
            client: Client::new(Arc::new(config), now),
            now,
            input: BytesMut::new(),
            commands: Vec::new(),
            transaction: None,
            transactions: 0,
            pipelining: false,
            is_greeted: false,
            is_closed: false,
            said: Vec::new(),
            events: Vec::new(),
            fuel: 100 * (script.octets() + 100),
        };
        session.open();
        session.settle();
        match how {
            Reads::Flights => script.flights().for_each(|flight| session.read(flight)),
            Reads::Replies(sizes) => {
                let octets = script.flights().collect::<Vec<_>>().concat();
                replies(&octets)
                    .flat_map(|reply| reads(reply, sizes))
                    .for_each(|octets| session.read(octets));
            }
        }
        if script.value("end") != Some(b"time") {
            session.client.handle_eof();
            session.settle();
        }
        session.run_down();
        session.check();
        session
    }

    /// `hand=` commands, a letter each, instead of what `open` says.
    fn open(&mut self) {
        let Some(letters) = self.script.value("hand") else {
            let hello = Opening::new(Domain::try_from("client.example").unwrap());
            return self.client.open(hello).unwrap();
        };
        for letter in letters {
            let line = match letter {
                b'e' => "EHLO client.example",
                b'h' => "HELO client.example",
                b'l' => "LHLO client.example",
                b'm' => "MAIL FROM:<a@b.example>",
                b'r' => "RCPT TO:<c@d.example>",
                b'd' => "DATA",
                b's' => "RSET",
                b'v' => "VRFY somebody",
                b'q' => "QUIT",
                b'x' => "XQUEUE now",
                _ => "NOOP",
            };
            if let Ok(id) = self.client.send(&Command::try_from(line).unwrap()) {
                self.commands.push(id);
            }
        }
    }

    fn read(&mut self, octets: &[u8]) {
        if self.client.wants_input() {
            self.input.extend_from_slice(octets);
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            self.burn();
            while let Some(event) = self.client.poll_event(self.now, &mut self.input) {
                self.burn();
                self.hear(event);
            }
            if !self.say() {
                break;
            }
        }
    }

    fn burn(&mut self) {
        self.fuel = self.fuel.checked_sub(1).expect("it comes to rest");
    }

    fn run_down(&mut self) {
        while !self.client.is_closed() {
            if self.client.body().is_some() {
                // The application has nothing more to give.
                self.client.abort();
            } else if let Some(deadline) = self.client.poll_timeout() {
                self.now = self.now.max(deadline);
                self.client.handle_timeout(self.now);
                let next = self.client.poll_timeout();
                assert!(next.is_none_or(|next| next > deadline), "time goes on");
            } else {
                // Nothing is waited for: it is the application's turn.
                self.client.abort();
            }
            self.settle();
        }
    }

    fn hear(&mut self, event: Event) {
        assert!(!self.is_closed, "{event:?} behind the end");
        self.events.push(format!("{event:?}"));
        if let Some(capabilities) = self.client.capabilities() {
            self.pipelining = capabilities.offers(Extension::Pipelining);
        }
        match event {
            Event::Greeting(_) => {
                assert!(!self.is_greeted);
                self.is_greeted = true;
            }
            Event::Ready(_) => self.deliver(),
            Event::Reply(id, reply) => {
                assert!(self.commands.contains(&id));
                if reply.code().get() == 354 {
                    self.say();
                    self.give();
                }
            }
            Event::BodyWanted(id) => {
                assert_eq!(self.transaction, Some(id));
                self.say();
                self.give();
            }
            Event::Report(id, report) => {
                assert_eq!(self.transaction.take(), Some(id));
                assert_eq!(
                    report.recipients().count(),
                    report.envelope().recipients.len()
                );
                if self.script.number("messages", 3).unwrap_or(1) > self.transactions {
                    self.deliver();
                } else {
                    self.client.quit();
                }
            }
            Event::Closed(_) => {
                self.is_closed = true;
                assert_eq!(self.transaction, None, "every transaction is reported on");
                assert!(!self.client.is_reusable());
            }
            _ => {}
        }
    }

    /// `to=` recipients, `utf8` addresses, `8bit` message, `size=`.
    fn deliver(&mut self) {
        let utf8 = self.script.has("utf8");
        let sender: Mailbox<'_> = if utf8 {
            "\u{e9}@b.example"
        } else {
            "a@b.example"
        }
        .parse()
        .unwrap();
        let mut envelope = Envelope::new(match self.script.has("null") {
            true => ReversePath::Null,
            false => ReversePath::Mailbox(sender),
        });
        for number in 0..self.script.number("to", 50).unwrap_or(1) {
            let mailbox: Mailbox<'_> = format!("to{number}@d.example").parse().unwrap();
            envelope.recipients.push(Recipient::from(mailbox));
        }
        let mut options = BodyOptions::new().with_line_ends(LineEnds::Normalize);
        if self.script.has("8bit") {
            options = options.with_type(BodyType::EightBitMime);
        }
        options.size = self.script.number("size", 1000).map(|octets| octets as u64);
        self.transactions += 1;
        match self.client.deliver(envelope, options) {
            Ok(id) => self.transaction = Some(id),
            Err(_) => self.client.quit(),
        }
    }

    /// Gives the message: `body=`, `|` for a line end; `half` of it, and the
    /// session is left alone; `abort`, and it is given up.
    fn give(&mut self) {
        let text = self.script.value("body").unwrap_or(b".hello|");
        let text = text.split(|&octet| octet == b'|').collect::<Vec<_>>();
        let message = text.join(&b"\r\n"[..]);
        let chunk = Bytes::from(message);
        let Some(mut body) = self.client.body() else {
            return;
        };
        let is_written = body.write(chunk).is_ok();
        if self.script.has("abort") {
            self.client.abort();
        } else if !self.script.has("half") && is_written {
            // By hand, line ends are strict.
            let _ = self.client.body().map(ehlo::client::Body::finish);
        }
        let output = self.client.output();
        let octets = output.copy_to_bytes(output.remaining());
        assert!(self.is_greeted);
        self.said.extend_from_slice(&octets);
    }

    /// Takes the commands that are in the output. False if there were none.
    fn say(&mut self) -> bool {
        let output = self.client.output();
        let octets = output.copy_to_bytes(output.remaining());
        if octets.is_empty() {
            return false;
        }
        assert!(self.is_greeted, "said before the greeting: {octets:?}");
        assert!(octets.ends_with(b"\r\n"));
        let mut lines = octets.split_inclusive(|&octet| octet == b'\n').peekable();
        let mut commands = 0;
        while let Some(line) = lines.next() {
            commands += 1;
            let line = line.strip_suffix(b"\r\n").expect("a whole line");
            if line == b"." {
                continue;
            }
            let command = Command::parse(line, &Syntax::STRICT).expect("a command");
            let is_last = lines.peek().is_none();
            assert!(is_last || !command.is_last_in_group(), "{octets:?}");
        }
        assert!(self.pipelining || commands == 1, "{octets:?}");
        self.said.extend_from_slice(&octets);
        true
    }

    /// What the session came to, to be compared and read.
    fn outcome(&self) -> (&[String], String) {
        (&self.events, self.said.escape_ascii().to_string())
    }

    fn check(&mut self) {
        assert!(self.is_closed, "the end was told");
        assert!(self.client.is_closed() && !self.client.wants_input());
        assert!(self.client.body().is_none());
        assert!(self.client.poll_timeout().is_none());
        self.client.handle_eof();
        self.client
            .handle_timeout(self.now.after(Duration::from_secs(1 << 20)));
        assert!(self.client.poll_event(self.now, &mut self.input).is_none());
        assert!(!self.client.output().has_remaining());
    }
}

/// Octets in pieces that end where a reply ends, if they are replies.
fn replies(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    core::iter::from_fn(move || {
        let mut length = 0;
        for line in rest.split_inclusive(|&octet| octet == b'\n') {
            length += line.len();
            if line.get(3) != Some(&b'-') {
                break;
            }
        }
        let (reply, behind) = rest.split_at(length);
        rest = behind;
        (!reply.is_empty()).then_some(reply)
    })
}
