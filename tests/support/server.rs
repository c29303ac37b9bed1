//! Plays the client of a transcript against the server machine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::codec::BareLineEnds;
use ehlo::server::{
    Answer, Config, DataAccepted, EarlyInput, EightBit, Event, Exchange, Greeting, HelloAccepted,
    MessageAccepted, Pending, Protocol, RcptAccepted, Rejection, Security, Server, SessionId,
    UnofferedParameters, Verified,
};
use ehlo::types::{Domain, Reply, ReplyCode, ReplyText};

use super::cuts::Cut;
use super::transcript::{Line, Transcript, escape};

/// What a session came to: all that was said, and all that was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub output: Vec<u8>,
    pub events: Vec<String>,
    pub body: Vec<u8>,
}

/// Plays `transcript`, its client's octets cut like that, and checks what the
/// server says, line by line.
pub fn play(transcript: &Transcript, cut: Cut) -> Outcome {
    let mut player = Player::new(transcript, cut);
    let mut lines = transcript.lines.iter().peekable();
    while let Some(line) = lines.next() {
        match line {
            Line::Client(octets) => {
                let mut flight = octets.clone();
                while let Some(Line::Client(octets)) = lines.peek() {
                    flight.extend_from_slice(octets);
                    lines.next();
                }
                // The end of input is known when the last octet is read.
                let is_last = matches!(lines.peek(), Some(Line::ClientEof));
                player.send(&flight, is_last);
            }
            Line::ClientEof => player.end_of_input(),
            Line::Server(expected) => player.expect(expected),
            Line::Time(seconds) => player.pass(*seconds),
            Line::Action(action) => player.act(action),
            Line::Event(_) => {}
        }
    }
    player.finish()
}

struct Player<'a> {
    transcript: &'a Transcript,
    cut: Cut,
    server: Server,
    now: Timestamp,
    input: BytesMut,
    /// Reads that have not been made yet.
    socket: VecDeque<Vec<u8>>,
    /// Octets that the client has sent so far.
    sent: usize,
    question: Option<Event>,
    /// The application answers nothing any more.
    silent: bool,
    /// Replies that the server still has to say.
    replies: VecDeque<Vec<u8>>,
    checked: usize,
    outcome: Outcome,
}

impl<'a> Player<'a> {
    fn new(transcript: &'a Transcript, cut: Cut) -> Self {
        let now = Timestamp::from_nanos(0);
        let config = Arc::new(config(transcript));
        Self {
            transcript,
            cut,
            server: Server::new(config, SessionId(7), Security::Plain, now),
            now,
            input: BytesMut::new(),
            socket: VecDeque::new(),
            sent: 0,
            question: None,
            silent: false,
            replies: replies(transcript),
            checked: 0,
            outcome: Outcome::default(),
        }
    }

    fn send(&mut self, flight: &[u8], is_last: bool) {
        self.socket.extend(self.cut.reads(self.sent, flight));
        self.sent += flight.len();
        if !is_last {
            self.settle();
        }
    }

    /// The FIN is behind whatever the socket still holds.
    fn end_of_input(&mut self) {
        self.settle();
        self.server.handle_eof();
        self.settle();
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.server.handle_timeout(self.now);
        self.settle();
    }

    /// Runs the driver loop until nothing moves. A question is answered only
    /// when the machine will take no more octets, or there are none: so a
    /// client that does not wait has not waited, however its octets are cut.
    fn settle(&mut self) {
        loop {
            while let Some(event) = self.server.poll_event(self.now, &mut self.input) {
                self.hear(event);
            }
            let written = self.server.output().chunk().to_vec();
            self.outcome.output.extend_from_slice(&written);
            self.server.output().advance(written.len());
            if !written.is_empty() {
                continue;
            }
            let read = match self.server.wants_input() {
                true => self.socket.pop_front(),
                false => None,
            };
            if let Some(octets) = read {
                self.input.extend_from_slice(&octets);
            } else if self.silent || !self.answer() {
                break;
            }
        }
    }

    fn hear(&mut self, event: Event) {
        if let Event::Body(octets) = &event {
            assert!(!octets.is_empty());
            self.outcome.body.extend_from_slice(octets);
            return;
        }
        self.outcome.events.push(describe(&event, &self.server));
        if is_question(&event) {
            assert!(self.question.is_none(), "one question at a time");
            self.question = Some(event);
        }
    }

    /// Answers the question, if there is one, with the next reply, if the
    /// transcript has one.
    fn answer(&mut self) -> bool {
        let (Some(octets), Some(question)) =
            (self.replies.get(self.replies_said()), self.question.take())
        else {
            return false;
        };
        let reply = Reply::parse(octets).unwrap();
        answer_with(&mut self.server, question, &reply, &self.transcript.host);
        true
    }

    /// How many whole replies have been said.
    fn replies_said(&self) -> usize {
        let lines = self.outcome.output.split_inclusive(|&octet| octet == b'\n');
        lines.filter(|line| line.get(3) != Some(&b'-')).count()
    }

    /// The next line of output must be that one.
    fn expect(&mut self, expected: &[u8]) {
        self.settle();
        let said = &self.outcome.output[self.checked..];
        let end = said
            .iter()
            .position(|&octet| octet == b'\n')
            .map_or(said.len(), |at| at + 1);
        assert_eq!(
            escape(&said[..end]),
            escape(expected),
            "{} ({:?})",
            self.transcript.name,
            self.cut
        );
        self.checked += end;
    }

    fn act(&mut self, action: &str) {
        let mut words = action.split(' ');
        match (words.next(), words.next()) {
            (Some("shutdown"), Some(seconds)) => {
                let deadline = self
                    .now
                    .after(Duration::from_secs(seconds.parse().unwrap()));
                self.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
            }
            (Some("refuse-body"), None) => {
                let refused = self.server.refuse_body(Rejection::TRANSACTION_FAILED);
                refused.expect("a message is being received");
            }
            (Some("silence"), None) => self.silent = true,
            _ => panic!("{}: {action:?}", self.transcript.name),
        }
        self.settle();
    }

    fn finish(mut self) -> Outcome {
        self.settle();
        let place = format!("{} ({:?})", self.transcript.name, self.cut);
        let rest = &self.outcome.output[self.checked..];
        assert_eq!(escape(rest), "", "{place}: nothing more is said");
        let expected = self.transcript.events();
        if !expected.is_empty() {
            assert_eq!(self.outcome.events, expected, "{place}");
        }
        self.outcome
    }
}

/// The configuration of a transcript.
fn config(transcript: &Transcript) -> Config {
    let host: Domain<'static> = transcript.host.parse().unwrap();
    let mut config = Config::new(host);
    for word in &transcript.config {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse().unwrap();
        match name {
            "-pipelining" => config.pipelining = false,
            "-size" => config.size = false,
            "-8bitmime" => config.eight_bit = EightBit::Off,
            "-smtputf8" => config.eight_bit = EightBit::Mime,
            "-enhanced" => config.enhanced_status_codes = false,
            "bare" => {
                config.pipelining = false;
                config.size = false;
                config.eight_bit = EightBit::Off;
                config.enhanced_status_codes = false;
            }
            "vrfy" => config.vrfy = true,
            "expn" => config.expn = true,
            "help" => config.help = true,
            "lmtp" => config.protocol = Protocol::Lmtp,
            "report" => config.report_refused = true,
            "keep" => config.bare_line_ends = BareLineEnds::Keep,
            "early" if value == "flag" => config.early_input = EarlyInput::Flag,
            "early" if value == "allow" => config.early_input = EarlyInput::Allow,
            "pass" => config.unoffered_parameters = UnofferedParameters::Pass,
            "blanks" => config.syntax.blanks_before_path = true,
            "bare-paths" => config.syntax.bare_paths = true,
            "local-paths" => config.syntax.local_paths = true,
            "odd-hello" => config.syntax.odd_hello_names = true,
            "line" => config.limits.command_line = Some(number()),
            "message" => config.limits.message = Some(value.parse().unwrap()),
            "recipients" => config.limits.recipients = Some(number()),
            "errors" => config.limits.errors = Some(value.parse().unwrap()),
            "commands" => config.limits.other_commands = Some(value.parse().unwrap()),
            "discard" => config.limits.discard = Some(value.parse().unwrap()),
            _ => panic!("{}: {word:?}", transcript.name),
        }
    }
    config
}

/// The whole replies of a transcript.
fn replies(transcript: &Transcript) -> VecDeque<Vec<u8>> {
    let mut replies = VecDeque::new();
    let mut reply = Vec::new();
    for line in &transcript.lines {
        if let Line::Server(line) = line {
            reply.extend_from_slice(line);
            if line.get(3) != Some(&b'-') {
                replies.push_back(std::mem::take(&mut reply));
            }
        }
    }
    replies
}

fn is_question(event: &Event) -> bool {
    matches!(
        event,
        Event::Connect(_)
            | Event::Hello(_)
            | Event::Mail(_)
            | Event::Rcpt(_)
            | Event::Data(_)
            | Event::Message(_)
            | Event::Verify(_)
            | Event::Expand(_)
            | Event::Help(_)
    )
}

/// Answers a question so that the reply says what `reply` says.
fn answer_with(server: &mut Server, question: Event, reply: &Reply<'_>, host: &str) {
    let word = || {
        let text = reply.text();
        let first = text.lines().next().unwrap_or_default().to_owned();
        let word = first.strip_prefix(host).unwrap_or(&first);
        ReplyText::new(word.trim_start().to_owned()).unwrap()
    };
    match question {
        Event::Connect(question) => give(server, question, reply, |_| Greeting::new(word())),
        Event::Hello(question) => give(server, question, reply, |_| HelloAccepted::new(word())),
        Event::Mail(question) => give(server, question, reply, |text| {
            let accepted = ehlo::server::MailAccepted::default().with_text(text);
            match reply.enhanced() {
                Some(enhanced) => accepted.with_enhanced(enhanced),
                None => accepted,
            }
        }),
        Event::Rcpt(question) => give(server, question, reply, |text| {
            let accepted = match reply.code() {
                ReplyCode::WILL_FORWARD => RcptAccepted::will_forward(),
                _ => RcptAccepted::default(),
            };
            accepted.with_text(text)
        }),
        Event::Data(question) => give(server, question, reply, DataAccepted::new),
        Event::Message(question) => give(server, question, reply, |text| {
            MessageAccepted::default().with_text(text)
        }),
        Event::Verify(question) => give(server, question, reply, |text| {
            let verified = match reply.code() {
                ReplyCode::WILL_FORWARD => Verified::will_forward(),
                ReplyCode::CANNOT_VERIFY => Verified::unverified(),
                _ => Verified::default(),
            };
            verified.with_text(text)
        }),
        Event::Expand(question) => give(server, question, reply, |text| {
            ehlo::server::Expanded::default().with_text(text)
        }),
        Event::Help(question) => give(server, question, reply, |text| {
            ehlo::server::Helped::default().with_text(text)
        }),
        other => panic!("not a question: {other:?}"),
    }
}

fn give<E: Exchange>(
    server: &mut Server,
    question: Pending<E>,
    reply: &Reply<'_>,
    accept: impl FnOnce(ReplyText) -> E::Acceptance,
) {
    let text = ReplyText::new(reply.text()).unwrap();
    let answer: Answer<E> = match reply.code().is_positive() {
        true => Ok(accept(text)),
        // The machine's own: what the application says must not matter.
        false if reply.text() == "You talk too soon" => Ok(E::Acceptance::default()),
        false => Err(Rejection::new(reply.code(), reply.enhanced(), reply.text()).unwrap()),
    };
    assert!(server.answer(question, answer).is_ok());
}

/// An event as it stands in a transcript.
fn describe(event: &Event, server: &Server) -> String {
    let with = |text: String, parameters: &str| match parameters {
        "" => text,
        _ => format!("{text} {parameters}"),
    };
    match event {
        Event::Connect(_) => "connect".to_owned(),
        Event::Hello(hello) => format!("hello {} {}", hello.verb, hello.name),
        Event::Mail(mail) => with(
            format!("mail {}", mail.reverse_path),
            mail.parameters.as_str(),
        ),
        Event::Rcpt(rcpt) => with(
            format!("rcpt {}", rcpt.forward_path),
            rcpt.parameters.as_str(),
        ),
        Event::Data(data) => format!("data {}", data.body),
        Event::Message(message) => {
            let envelope = server.envelope().expect("the transaction is open");
            match message.recipient {
                Some(index) => {
                    let recipient = &envelope.recipients[index].forward_path;
                    format!("message {} for {recipient}", message.octets)
                }
                None => format!(
                    "message {} from {} to {}",
                    message.octets,
                    envelope.reverse_path,
                    envelope.recipients.len()
                ),
            }
        }
        Event::Aborted(reason) => format!("aborted {reason:?}"),
        Event::Reset => "reset".to_owned(),
        Event::Verify(verify) => format!("verify {}", verify.argument),
        Event::Expand(expand) => format!("expand {}", expand.argument),
        Event::Help(_) => "help".to_owned(),
        Event::EarlyInput(verb) => format!("early {verb:?}"),
        Event::Refused(refused) => format!("refused {:?} {}", refused.verb, refused.code),
        Event::Closed(reason) => format!("closed {reason:?}"),
        other => panic!("{other:?}"),
    }
}
