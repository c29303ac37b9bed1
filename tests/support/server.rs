//! Plays the client of a transcript against the server machine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::codec::BareLineEnds;
use ehlo::server::{
    Answer, AuthOffer, AuthStep, Authenticated, Chunking, Config, CrossProtocol, DataAccepted,
    DeliverBy, Dsn, EarlyInput, EightBit, EtrnAccepted, Event, Exchange, FutureRelease, Greeting,
    HelloAccepted, LineEnding, MessageAccepted, MtPriority, Pending, RcptAccepted, Rejection,
    Security, Server, SessionId, StartTlsOffer, Transfer, UnofferedParameters, Verified,
};
use ehlo::types::{Domain, Mechanism, Protocol, Reply, ReplyCode, ReplyText, SaslMessage};
use ehlo::{Secret, Timestamp};

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
            Line::Event(_) | Line::Body(_) => {}
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
    /// What the application answers next, if it is not what is said next.
    next: Option<Vec<u8>>,
    /// Replies that the server still has to say.
    replies: VecDeque<Vec<u8>>,
    checked: usize,
    outcome: Outcome,
}

impl<'a> Player<'a> {
    fn new(transcript: &'a Transcript, cut: Cut) -> Self {
        let now = Timestamp::from_nanos(0);
        let config = Arc::new(config(transcript));
        let security = match transcript.config.iter().any(|word| word == "tls") {
            true => Security::Tls,
            false => Security::Plain,
        };
        Self {
            transcript,
            cut,
            server: Server::new(config, SessionId(7), security, now),
            now,
            input: BytesMut::new(),
            socket: VecDeque::new(),
            sent: 0,
            question: None,
            silent: false,
            next: None,
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
        if self.question.is_none() {
            return false;
        }
        let said = self.replies.get(self.replies_said()).cloned();
        let (Some(octets), Some(question)) = (self.next.take().or(said), self.question.take())
        else {
            return false;
        };
        let reply = Reply::parse(&octets).unwrap();
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
            (Some("next"), Some(_)) => {
                let reply = action.strip_prefix("next ").unwrap_or_default();
                self.next = Some(format!("{reply}\r\n").into_bytes());
                return;
            }
            (Some("tls"), None) => self.server.tls_established(self.now, &mut self.input),
            // Not what the client sent, but what came with it: before it is read.
            (Some("inject"), Some(text)) => self.input.extend_from_slice(text.as_bytes()),
            // What came before the handshake gets into the wrong hands.
            (Some("tls-after-all-was-read"), None) => {
                for octets in self.socket.drain(..) {
                    self.input.extend_from_slice(&octets);
                }
                self.server.tls_established(self.now, &mut self.input);
            }
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
        if let Some(body) = self.transcript.body() {
            assert_eq!(escape(&self.outcome.body), escape(&body), "{place}");
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
        let is_known = offer(&mut config, name, value)
            || allow(&mut config, name, value)
            || limit(&mut config, name, value);
        assert!(is_known || word == "tls", "{}: {word:?}", transcript.name);
    }
    config
}

/// What is offered.
fn offer(config: &mut Config, name: &str, value: &str) -> bool {
    let mechanisms = || {
        value
            .split(',')
            .map(|name| name.parse::<Mechanism>().unwrap())
    };
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
        "chunking" => config.chunking = Chunking::On,
        "binary" => config.chunking = Chunking::Binary,
        "starttls" if value == "required" => config.start_tls = StartTlsOffer::Required,
        "starttls" => config.start_tls = StartTlsOffer::Offered,
        "auth" => {
            let auth = config.auth.get_or_insert(AuthOffer::new([]));
            auth.with_tls = mechanisms().collect();
        }
        "auth-in-the-clear" => {
            let auth = config.auth.get_or_insert(AuthOffer::new([]));
            auth.without_tls = mechanisms().collect();
        }
        "auth-required" => config.auth.as_mut().unwrap().required = true,
        "dsn" => config.dsn = Dsn::On,
        "mtrk" => config.dsn = Dsn::Tracking,
        "deliverby" => config.deliver_by = DeliverBy::AtLeast(value.parse().unwrap()),
        "futurerelease" => {
            config.future_release = Some(FutureRelease {
                seconds: value.parse().unwrap(),
                until: "2030-01-01T00:00:00Z".parse().unwrap(),
            });
        }
        "priority" => config.mt_priority = MtPriority::Profile(value.to_owned()),
        "requiretls" => config.require_tls = true,
        "rrvs" => config.rrvs = true,
        "nosoliciting" => config.no_soliciting = Some(value.to_owned()),
        "burl" => config.burl = Some(vec![value.to_owned()]),
        "limits" => config.announce_limits = true,
        "etrn" => config.etrn = true,
        "atrn" => config.atrn = true,
        "xclient" => config.xclient = true,
        "xforward" => config.xforward = true,
        "keyword" => {
            let keyword = value.replace('_', " ").parse().unwrap();
            config.extra_keywords.push(keyword);
        }
        "private" => config.private_verbs.push(value.to_owned()),
        _ => return false,
    }
    true
}

/// What is borne with.
fn allow(config: &mut Config, name: &str, value: &str) -> bool {
    match (name, value) {
        ("report", _) => config.report_refused = true,
        ("keep", _) => config.bare_line_ends = BareLineEnds::Keep,
        ("early", "flag") => config.early_input = EarlyInput::Flag,
        ("early", "allow") => config.early_input = EarlyInput::Allow { lf_sessions: false },
        ("lf-sessions", _) => config.early_input = EarlyInput::Allow { lf_sessions: true },
        ("other-protocols", _) => config.cross_protocol = CrossProtocol::Allow,
        ("pass", _) => config.unoffered_parameters = UnofferedParameters::Pass,
        ("blanks", _) => config.syntax.blanks_before_path = true,
        ("bare-paths", _) => config.syntax.bare_paths = true,
        ("local-paths", _) => config.syntax.local_paths = true,
        ("odd-hello", _) => config.syntax.odd_hello_names = true,
        _ => return false,
    }
    true
}

/// How much is borne with.
fn limit(config: &mut Config, name: &str, value: &str) -> bool {
    let limits = &mut config.limits;
    let number = || value.parse::<u32>().unwrap();
    match name {
        "line" => limits.command_line = Some(number() as usize),
        "auth-line" => limits.auth_line = Some(number() as usize),
        "message" if value == "none" => limits.message = None,
        "message" => limits.message = Some(number().into()),
        "output" => limits.output = number() as usize,
        "message-seconds" => {
            config.timeouts.message = Some(Duration::from_secs(number().into()));
        }
        "session-seconds" => {
            config.timeouts.session = Some(Duration::from_secs(number().into()));
        }
        "recipients" => limits.recipients = Some(number() as usize),
        "transactions" => limits.transactions = Some(number()),
        "errors" => limits.errors = Some(number()),
        "commands" => limits.other_commands = Some(number()),
        "auth-failures" => limits.auth_failures = Some(number()),
        "rounds" => limits.auth_rounds = Some(number()),
        "discard" => limits.discard = Some(number().into()),
        _ => return false,
    }
    true
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
            | Event::StartTls(_)
            | Event::Auth(_)
            | Event::AuthResponse(_)
            | Event::Etrn(_)
            | Event::Atrn(_)
            | Event::Xclient(_)
            | Event::Xforward(_)
            | Event::Burl(_)
            | Event::Unknown(_)
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
        Event::StartTls(question) => give(server, question, reply, |_| Default::default()),
        Event::Auth(question) => give_step(server, question, reply),
        Event::AuthResponse(question) => give_step(server, question, reply),
        Event::Etrn(question) => give(server, question, reply, |text| {
            let accepted = EtrnAccepted::default().with_text(text);
            accepted.with_code(reply.code()).unwrap()
        }),
        Event::Atrn(question) => give(server, question, reply, |_| Default::default()),
        Event::Xclient(question) => give(server, question, reply, |_| Greeting::new(word())),
        Event::Xforward(question) => give(server, question, reply, |_| Default::default()),
        Event::Burl(question) => give(server, question, reply, |_| Default::default()),
        Event::Unknown(question) => give(server, question, reply, |text| {
            ehlo::server::UnknownAccepted::default().with_text(text)
        }),
        other => panic!("not a question: {other:?}"),
    }
}

/// Answers with a step of a mechanism: a 334 is a challenge, a 235 lets `user` in.
fn give_step<E: Exchange<Acceptance = AuthStep>>(
    server: &mut Server,
    question: Pending<E>,
    reply: &Reply<'_>,
) {
    let answer: Answer<E> = match reply.code() {
        ReplyCode::CHALLENGE => {
            let text = reply.text();
            let challenge = SaslMessage::try_from(text.as_str()).unwrap().decode();
            Ok(AuthStep::Challenge(challenge))
        }
        ReplyCode::AUTHENTICATED => Ok(AuthStep::Done(Authenticated::new("user"))),
        // The machine's own: what the application says must not matter.
        _ if reply.text() == "Authentication takes too many rounds" => {
            Ok(AuthStep::Challenge(Secret::default()))
        }
        code => Err(Rejection::new(code, reply.enhanced(), reply.text()).unwrap()),
    };
    assert!(server.answer(question, answer).is_ok());
}

fn give<E: Exchange<Acceptance: Default>>(
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
        Event::Data(data) => {
            let how = match (data.transfer, data.line_ends) {
                (Transfer::Dot, LineEnding::CrLf) => "",
                (Transfer::Dot, LineEnding::Lf) => "lf",
                (Transfer::Chunks, _) => "chunks",
            };
            with(format!("data {}", data.body), how)
        }
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
        Event::StartTls(_) => "starttls".to_owned(),
        Event::Handover => "handover".to_owned(),
        Event::Auth(auth) => {
            let said = |secret: &Secret| format!("\"{}\"", escape(secret.expose()));
            let initial = auth.initial_response.as_ref().map(said).unwrap_or_default();
            with(format!("auth {}", auth.mechanism), &initial)
        }
        Event::AuthResponse(auth) => format!("response \"{}\"", escape(auth.response.expose())),
        Event::Etrn(etrn) => format!("etrn {}", etrn.target),
        Event::Atrn(atrn) => match &atrn.domains {
            Some(domains) => format!("atrn {domains}"),
            None => "atrn".to_owned(),
        },
        Event::Xclient(xclient) => format!("xclient {}", xclient.attributes),
        Event::Xforward(xforward) => format!("xforward {}", xforward.attributes),
        Event::Burl(burl) => {
            let last = if burl.last { "last" } else { "" };
            with(format!("burl {}", burl.uri), last)
        }
        Event::Unknown(unknown) => format!("unknown {}", unknown.command.as_str()),
        Event::EarlyInput(verb) => format!("early {verb:?}"),
        Event::Refused(refused) => format!("refused {:?} {}", refused.verb, refused.code),
        Event::Closed(reason) => format!("closed {reason:?}"),
        other => panic!("{other:?}"),
    }
}
