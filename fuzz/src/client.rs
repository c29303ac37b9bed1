use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::client::{
    AuthPolicy, Body, BodyOptions, Chunking, Client, CommandId, Config, Event, Opening, TlsPolicy,
    TransactionId,
};
use ehlo::codec::{LineEnds, Syntax};
use ehlo::types::{
    BodyType, Command, Domain, Envelope, Extension, Mailbox, Protocol, Recipient, ReversePath,
    SaslLine,
};
use ehlo::{Secret, Timestamp};

use super::cuts::reads;
use super::script::Script;

/// A server that sends anything, and an application that sends messages: see
/// [`Script`], and for the words [`config`], [`Session::run`],
/// [`Session::open`], [`Session::hear`], [`Session::deliver`] and
/// [`Session::give`].
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

/// `lmtp`; `lenient`, all there is; `chunk-size=`; `output=`, its limit.
fn config(script: Script<'_>) -> Config {
    let mut config = Config::new();
    if script.has("lmtp") {
        config.protocol = Protocol::Lmtp;
    }
    config.leniency.bare_line_feeds = script.has("lenient");
    config.leniency.ok_to_data = script.has("lenient");
    config.leniency.cleartext_auth = script.has("lenient");
    config.chunk_size = script
        .number("chunk-size", 100)
        .unwrap_or(config.chunk_size);
    config.limits.output = script.number("output", 10_000).or(config.limits.output);
    config
}

struct Session<'a> {
    script: Script<'a>,
    client: Client,
    now: Timestamp,
    input: BytesMut,
    commands: Vec<CommandId>,
    /// Those that have not been reported on.
    open: Vec<TransactionId>,
    transactions: usize,
    challenges: usize,
    /// Whether the next line is one of an AUTH exchange.
    in_auth: bool,
    /// Octets of a chunk that are still to be said.
    in_chunk: u64,
    is_greeted: bool,
    is_closed: bool,
    said: Vec<u8>,
    events: Vec<String>,
    /// Bounds the work.
    fuel: usize,
}

impl<'a> Session<'a> {
    /// Plays the script. `end=time`: the server does not hang up but falls silent.
    fn run(script: Script<'a>, how: Reads<'_>) -> Self {
        let now = Timestamp::ZERO;
        let mut session = Self {
            script,
            client: Client::new(Arc::new(config(script)), now),
            now,
            input: BytesMut::new(),
            commands: Vec::new(),
            open: Vec::new(),
            transactions: 0,
            challenges: 0,
            in_auth: false,
            in_chunk: 0,
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

    /// `tls=` required, offered or on; `auth=` required or offered. `hand=`
    /// commands, a letter each, instead of what `open` says.
    fn open(&mut self) {
        let Some(letters) = self.script.value("hand") else {
            let tls = match self.script.value("tls") {
                Some(b"required") => TlsPolicy::Required,
                Some(b"offered") => TlsPolicy::Opportunistic,
                Some(b"on") => TlsPolicy::AlreadyOn,
                _ => TlsPolicy::Never,
            };
            let auth = match self.script.value("auth") {
                Some(b"required") => AuthPolicy::Required,
                Some(b"offered") => AuthPolicy::IfOffered,
                _ => AuthPolicy::Never,
            };
            let hello = Opening::new(Domain::try_from("client.example").unwrap());
            let opening = hello.with_tls(tls).with_auth(auth);
            return self.client.open(opening).unwrap();
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
                b't' => "STARTTLS",
                b'a' => "AUTH CRAM-MD5",
                b'u' => "BURL imap://d.example/x",
                b'w' => "ATRN d.example",
                _ => "NOOP",
            };
            let sent = match letter {
                b'c' | b'z' => {
                    let chunk = Bytes::from_static(b".\r\nQUIT\r\n");
                    self.client.send_chunk(chunk, *letter == b'z')
                }
                _ => self.client.send(&Command::try_from(line).unwrap()),
            };
            self.commands.extend(sent.ok());
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
            self.burn();
            match self.client.poll_timeout() {
                Some(deadline) => {
                    self.now = self.now.max(deadline);
                    self.client.handle_timeout(self.now);
                    let next = self.client.poll_timeout();
                    assert!(next.is_none_or(|next| next > deadline), "time goes on");
                }
                // It is the application's turn, and it has nothing more to say.
                _ => self.client.abort(),
            }
            self.settle();
        }
    }

    /// `challenges=`: how each is answered, `c` by giving up, else with words.
    fn hear(&mut self, event: Event) {
        assert!(!self.is_closed, "{event:?} behind the end");
        self.events.push(format!("{event:?}"));
        match event {
            Event::Greeting(_) => {
                assert!(!self.is_greeted);
                self.is_greeted = true;
            }
            Event::Handover => {
                assert!(!self.client.output().has_remaining() && !self.client.wants_input());
                self.client.tls_established(self.now, &mut self.input);
            }
            Event::AuthWanted(_) => {
                let mechanism = self.client.mechanisms().next();
                let secret = Secret::from("secret");
                let begun = mechanism.map(|it| self.client.authenticate(it, Some(&secret)));
                if !matches!(begun, Some(Ok(()))) {
                    self.client.skip_auth();
                }
            }
            Event::AuthChallenge(challenge) => {
                let _ = challenge.decode();
                let answers = self.script.value("challenges").unwrap_or_default();
                match answers.get(self.challenges) {
                    Some(b'c') => self.client.cancel_auth(),
                    _ => self.client.respond(&Secret::from("secret")).unwrap(),
                }
                self.challenges += 1;
                self.in_auth = true;
            }
            Event::AuthRefused(_) => self.client.skip_auth(),
            Event::Ready(_) => {
                let at_once = self.script.number("queue", 3).unwrap_or(1);
                (0..at_once).for_each(|_| self.deliver());
            }
            Event::Reply(id, reply) => {
                assert!(self.commands.contains(&id));
                if reply.code().get() == 354 {
                    self.say();
                    self.give();
                }
            }
            Event::BodyWanted(id) => {
                assert!(self.open.contains(&id) && self.client.body().is_some());
                self.say();
                self.give();
            }
            Event::Report(id, report) => {
                assert_eq!(self.open.first(), Some(&id), "in the order they were given");
                self.open.remove(0);
                let recipients = report.envelope().recipients.len();
                assert_eq!(report.recipients().count(), recipients);
                if self.script.number("messages", 3).unwrap_or(1) > self.transactions {
                    self.deliver();
                } else if self.open.is_empty() {
                    self.client.quit();
                }
            }
            Event::Closed(_) => {
                self.is_closed = true;
                assert_eq!(self.open, [], "every transaction is reported on");
                assert!(!self.client.is_reusable());
            }
            _ => {}
        }
    }

    /// `to=` recipients, `utf8` addresses, `8bit` or `binary` message, `size=`,
    /// `chunks` wherever they are offered.
    fn deliver(&mut self) {
        let sender = match self.script.has("utf8") {
            true => "\u{e9}@b.example",
            false => "a@b.example",
        };
        let mut envelope = Envelope::new(match self.script.has("null") {
            true => ReversePath::Null,
            false => ReversePath::Mailbox(sender.parse().unwrap()),
        });
        for number in 0..self.script.number("to", 50).unwrap_or(1) {
            let mailbox: Mailbox<'_> = format!("to{number}@d.example").parse().unwrap();
            envelope.recipients.push(Recipient::from(mailbox));
        }
        let mut options = BodyOptions::new().with_line_ends(LineEnds::Normalize);
        if self.script.has("8bit") {
            options = options.with_type(BodyType::EightBitMime);
        }
        if self.script.has("binary") {
            options = options.with_type(BodyType::BinaryMime);
        }
        if self.script.has("chunks") {
            options = options.with_chunking(Chunking::IfOffered);
        }
        options.size = self.script.number("size", 1000).map(|octets| octets as u64);
        self.transactions += 1;
        match self.client.deliver(envelope, options) {
            Ok(id) => self.open.push(id),
            Err(error) => {
                let _ = error.into_envelope();
                self.client.quit();
            }
        }
    }

    /// Gives the message: `body=`, `|` for a line end, in two pieces; `half` of
    /// it, and the session is left alone; `abort`, and it is given up.
    fn give(&mut self) {
        let text = self.script.value("body").unwrap_or(b".hello|");
        let lines: Vec<&[u8]> = text.split(|&octet| octet == b'|').collect();
        let message = Bytes::from(lines.join(&b"\r\n"[..]));
        let mut pieces = vec![message.slice(..message.len() / 2)];
        if !self.script.has("half") {
            pieces.push(message.slice(message.len() / 2..));
        }
        let mut is_written = true;
        for piece in pieces {
            let body = self.client.body();
            is_written &= body.is_some_and(|mut body| body.write(piece).is_ok());
        }
        if self.script.has("abort") {
            self.client.abort();
        } else if !self.script.has("half") && is_written {
            // A message by hand has strict line ends.
            let _ = self.client.body().map(Body::finish);
        }
        let is_chunked = self.is_offered(Extension::Chunking)
            && (self.script.has("chunks") || self.script.has("binary"));
        let is_by_hand = self.script.value("hand").is_some();
        if is_chunked && !is_by_hand {
            self.say();
        } else {
            // A message is no command, whatever it looks like.
            let output = self.client.output();
            let octets = output.copy_to_bytes(output.remaining());
            self.said.extend_from_slice(&octets);
        }
    }

    /// Takes the commands that are in the output. False if there were none.
    fn say(&mut self) -> bool {
        let output = self.client.output();
        let octets = output.copy_to_bytes(output.remaining());
        if octets.is_empty() {
            return false;
        }
        assert!(self.is_greeted, "said before the greeting: {octets:?}");
        let mut rest = &octets[..];
        let mut commands = 0;
        let mut is_last = false;
        while let Some(line) = self.next_line(&mut rest) {
            assert!(!is_last, "behind the last of a group: {octets:?}");
            commands += 1;
            if core::mem::take(&mut self.in_auth) {
                SaslLine::parse(line).expect("a line of AUTH");
                is_last = true;
            } else if line != b"." {
                let command = Command::parse(line, &Syntax::STRICT).expect("a command");
                is_last = command.is_last_in_group();
                if let Command::Bdat { size, last } = command {
                    self.in_chunk = size;
                    // With nobody accepted, LMTP has no reply to wait for.
                    if last && self.is_lmtp_by_hand() {
                        (commands, is_last) = (commands - 1, false);
                    }
                }
            }
        }
        let may_group = self.is_offered(Extension::Pipelining);
        assert!(may_group || commands <= 1, "{octets:?}");
        self.said.extend_from_slice(&octets);
        true
    }

    fn is_lmtp_by_hand(&self) -> bool {
        self.script.has("lmtp") && self.script.value("hand").is_some()
    }

    fn is_offered(&self, extension: Extension) -> bool {
        let capabilities = self.client.capabilities();
        capabilities.is_some_and(|capabilities| capabilities.offers(extension))
    }

    /// The next line, behind what is left of a chunk.
    fn next_line<'o>(&mut self, rest: &mut &'o [u8]) -> Option<&'o [u8]> {
        let chunk = usize::try_from(self.in_chunk).unwrap().min(rest.len());
        self.in_chunk -= chunk as u64;
        *rest = &rest[chunk..];
        if rest.is_empty() {
            return None;
        }
        let end = rest.windows(2).position(|two| two == b"\r\n");
        let end = end.expect("whole lines are said");
        let line = &rest[..end];
        *rest = &rest[end + 2..];
        Some(line)
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
