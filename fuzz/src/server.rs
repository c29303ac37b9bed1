use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::codec::{BareLineEnds, ReplyLimits, ReplyParser, Syntax};
use ehlo::server::{
    Answer, AuthOffer, AuthStep, Authenticated, Chunking, CloseReason, Config, CrossProtocol,
    DataAccepted, DeliverBy, Dsn, EarlyInput, EightBit, Event, Exchange, FutureRelease, Greeting,
    HelloAccepted, MessageAccepted, MtPriority, Pending, RcptAccepted, Rejection, Security, Server,
    SessionId, StartTlsOffer, UnofferedParameters, Verified,
};
use ehlo::types::{Domain, EnhancedCode, Mechanism, Protocol, ReplyCode, ReplyText, Verb};
use ehlo::{Secret, Timestamp};

use super::cuts::reads;
use super::script::Script;

/// A client that sends anything, and an application that answers anything: see
/// [`Script`], and for the words [`config`], [`offer`], [`limit`],
/// [`Session::run`], [`Session::hear`] and [`Session::answer`].
///
/// The session ends, and says so last and once; one question is open at a time;
/// what is said are replies on short lines. A session in which the client waits
/// where it must is the same however its octets are cut; the answers are
/// withheld until the client has nothing more to send.
pub fn server(octets: &[u8]) {
    let script = Script::new(octets);
    let whole = Session::run(script, config(script), &[0]);
    let is_polite = {
        let mut config = config(script);
        if config.early_input == EarlyInput::Reject {
            config.early_input = EarlyInput::Flag;
        }
        config.report_refused = true;
        Session::run(script, config, &[0]).is_polite
    };
    for sizes in [&script.cuts()[..], &[1]] {
        let cut = Session::run(script, config(script), sizes);
        // A message refused in the middle is refused where a read ends.
        if is_polite && !script.has("refuse") {
            let [one, other] = [&cut, &whole].map(Session::outcome);
            assert_eq!(one, other, "in reads of {sizes:?}");
        }
    }
}

/// The words for what a server offers and bears.
fn config(script: Script<'_>) -> Config {
    let mut config = Config::new(Domain::try_from("mx.example").unwrap());
    let has = |name| script.has(name);
    if has("lmtp") {
        config.protocol = Protocol::Lmtp;
    }
    config.pipelining = !has("-pipelining");
    config.size = !has("-size");
    config.enhanced_status_codes = !has("-enhanced");
    if has("-8bitmime") {
        config.eight_bit = EightBit::Off;
    }
    config.report_refused = has("report");
    if has("keep") {
        config.bare_line_ends = BareLineEnds::Keep;
    }
    if has("pass") {
        config.unoffered_parameters = UnofferedParameters::Pass;
    }
    if has("lenient") {
        config.syntax = Syntax::LENIENT;
    }
    if has("other-protocols") {
        config.cross_protocol = CrossProtocol::Allow;
    }
    config.early_input = match script.value("early") {
        Some(b"flag") => EarlyInput::Flag,
        Some(b"allow") => EarlyInput::Allow { lf_sessions: false },
        Some(b"lf") => EarlyInput::Allow { lf_sessions: true },
        _ => EarlyInput::Reject,
    };
    offer(script, &mut config);
    limit(script, &mut config);
    config
}

/// What is offered; `more` is all that is not by default.
fn offer(script: Script<'_>, config: &mut Config) {
    let has = |name| script.has("more") || script.has(name);
    (config.vrfy, config.expn, config.help) = (has("vrfy"), has("expn"), has("help"));
    (config.etrn, config.atrn) = (has("etrn"), has("atrn"));
    (config.xclient, config.xforward) = (has("xclient"), has("xforward"));
    (config.require_tls, config.rrvs) = (has("requiretls"), has("rrvs"));
    config.announce_limits = has("limits");
    if has("chunking") {
        config.chunking = Chunking::On;
    }
    if has("binary") {
        config.chunking = Chunking::Binary;
    }
    if has("starttls") {
        config.start_tls = StartTlsOffer::Offered;
    }
    if script.has("starttls-required") {
        config.start_tls = StartTlsOffer::Required;
    }
    if has("auth") {
        let mut auth = AuthOffer::new([Mechanism::PLAIN, Mechanism::CRAM_MD5]);
        auth.without_tls.clone_from(&auth.with_tls);
        auth.required = script.has("auth-required");
        config.auth = Some(auth);
    }
    if has("dsn") {
        config.dsn = Dsn::Tracking;
    }
    if has("deliverby") {
        config.deliver_by = DeliverBy::AtLeast(60);
    }
    if has("futurerelease") {
        let until = "2030-01-01T00:00:00Z".parse().unwrap();
        let seconds = 3600;
        config.future_release = Some(FutureRelease { seconds, until });
    }
    if has("priority") {
        config.mt_priority = MtPriority::Profile("MIXER".to_owned());
    }
    if has("nosoliciting") {
        config.no_soliciting = Some("net.example:ADV".to_owned());
    }
    if has("burl") {
        config.burl = Some(vec!["imap".to_owned()]);
    }
    if has("private") {
        config.private_verbs.push("X-OWN".to_owned());
    }
}

/// How much is borne with; it is little where a number says so.
fn limit(script: Script<'_>, config: &mut Config) {
    let size = |name| script.number(name, 10_000);
    let octets = |name| size(name).map(|octets| octets as u64);
    let count = |name| size(name).and_then(|most| u32::try_from(most).ok());
    let limits = &mut config.limits;
    limits.command_line = size("line").or(limits.command_line);
    limits.auth_line = size("auth-line").or(limits.auth_line);
    limits.message = octets("message");
    limits.recipients = size("recipients");
    limits.transactions = count("transactions");
    limits.errors = count("errors").or(limits.errors);
    limits.other_commands = count("commands");
    limits.auth_failures = count("auth-failures");
    limits.auth_rounds = count("rounds");
    limits.discard = octets("discard").or(limits.discard);
    limits.output = size("output").unwrap_or(limits.output);
}

struct Session<'a> {
    script: Script<'a>,
    server: Server,
    now: Timestamp,
    input: BytesMut,
    /// Reads that have not been made yet.
    socket: VecDeque<&'a [u8]>,
    question: Option<Event>,
    questions: usize,
    answers: usize,
    /// The verb that was answered last, and whether nothing was told since.
    answered: Option<Verb>,
    is_fresh: bool,
    /// Octets of the message that is being received.
    received: Option<u64>,
    is_closed: bool,
    /// Whether the client waited wherever the machine answered by itself.
    is_polite: bool,
    said: Vec<u8>,
    events: Vec<String>,
    body: Vec<u8>,
    /// Bounds the work.
    fuel: usize,
}

impl<'a> Session<'a> {
    /// Plays the script, its flights cut like that. `tls`: from the beginning.
    /// `end=time`: the client does not hang up but falls silent.
    fn run(script: Script<'a>, config: Config, sizes: &[usize]) -> Self {
        let now = Timestamp::ZERO;
        let security = match script.has("tls") {
            true => Security::Tls,
            false => Security::Plain,
        };
        let mut session = Self {
            script,
            server: Server::new(Arc::new(config), SessionId(1), security, now),
            now,
            input: BytesMut::new(),
            socket: VecDeque::new(),
            question: None,
            questions: 0,
            answers: 0,
            answered: None,
            is_fresh: false,
            received: None,
            is_closed: false,
            is_polite: true,
            said: Vec::new(),
            events: Vec::new(),
            body: Vec::new(),
            fuel: 100 * (script.octets() + 100),
        };
        for flight in script.flights() {
            session.socket.extend(reads(flight, sizes));
            session.settle();
        }
        if script.value("end") != Some(b"time") {
            session.server.handle_eof();
            session.settle();
        }
        session.run_down();
        session.check();
        session
    }

    /// Polls, writes and reads until nothing moves.
    fn settle(&mut self) {
        loop {
            self.fuel = self.fuel.checked_sub(1).expect("it comes to rest");
            while let Some(event) = self.server.poll_event(self.now, &mut self.input) {
                self.fuel = self.fuel.checked_sub(1).expect("it runs out of events");
                self.hear(event);
            }
            let said = self.server.output().chunk().to_vec();
            self.said.extend_from_slice(&said);
            self.server.output().advance(said.len());
            if !said.is_empty() {
                continue;
            }
            let read = match self.server.wants_input() {
                true => self.socket.pop_front(),
                false => None,
            };
            if let Some(octets) = read {
                self.input.extend_from_slice(octets);
            } else if let Some(question) = self.question.take() {
                self.answer(question);
            } else {
                break;
            }
        }
    }

    /// Lets the time pass until the session is over.
    fn run_down(&mut self) {
        while !self.server.is_closed() {
            let deadline = self.server.poll_timeout().expect("something is waited for");
            self.now = self.now.max(deadline);
            self.server.handle_timeout(self.now);
            let next = self.server.poll_timeout();
            assert!(next.is_none_or(|next| next > deadline), "time goes on");
            self.settle();
        }
    }

    /// `refuse`: every message, in the middle. `shutdown=`: with so many
    /// questions. `inject`: octets come between STARTTLS and TLS.
    fn hear(&mut self, event: Event) {
        assert!(!self.is_closed, "{event:?} behind the end");
        assert!(self.question.is_none(), "{event:?} while an answer is owed");
        let is_first = self.events.is_empty();
        assert_eq!(is_first, matches!(event, Event::Connect(_)), "{event:?}");
        if let Event::Body(octets) = &event {
            assert!(!octets.is_empty());
            let received = self.received.as_mut().expect("a message is wanted");
            *received += octets.len() as u64;
            self.body.extend_from_slice(octets);
            if self.script.has("refuse") {
                let _ = self.server.refuse_body(Rejection::TRANSACTION_FAILED);
            }
            return;
        }
        self.events.push(format!("{event:?}"));
        let is_fresh = core::mem::take(&mut self.is_fresh);
        match &event {
            Event::EarlyInput(verb) => self.is_polite &= is_fresh && self.answered == *verb,
            Event::Closed(reason) => {
                self.is_closed = true;
                let closes = matches!(self.answered, Some(Verb::Data | Verb::StartTls));
                self.is_polite &= *reason != CloseReason::EarlyInput || is_fresh && closes;
            }
            Event::Message(message) => {
                assert_eq!(self.received, Some(message.octets));
                let recipients = self.recipients();
                assert!(message.recipient.is_none_or(|index| index < recipients));
            }
            Event::Aborted(_) => assert!(self.received.take().is_some()),
            Event::Data(_) => assert!(self.recipients() > 0),
            Event::Handover => {
                assert!(self.input.is_empty());
                if self.script.has("inject") {
                    self.input.extend_from_slice(b"RSET\r\n");
                }
                self.server.tls_established(self.now, &mut self.input);
                assert!(self.server.hello().is_none() && self.server.identity().is_none());
            }
            _ => {}
        }
        if !matches!(
            event,
            Event::Aborted(_)
                | Event::Reset
                | Event::Handover
                | Event::EarlyInput(_)
                | Event::Refused(_)
                | Event::Closed(_)
        ) {
            self.question = Some(event);
            self.questions += 1;
            if self.script.number("shutdown", 100) == Some(self.questions) {
                let deadline = self.now.after(Duration::from_secs(60));
                self.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
            }
        }
    }

    /// What the session came to, to be compared and read.
    fn outcome(&self) -> (&[String], String, String) {
        let [said, body] = [&self.said, &self.body].map(|octets| octets.escape_ascii().to_string());
        (&self.events, said, body)
    }

    fn recipients(&self) -> usize {
        let envelope = self.server.envelope();
        envelope.map_or(0, |envelope| envelope.recipients.len())
    }

    /// Answers with the next of `answers=`: `n` no for ever, `m` the same in many
    /// lines, `4` no for now, `c` no and close, `s` no answer at all; anything
    /// else is a yes, `l` with long text, `u` with text that is not ASCII, `k`
    /// with another configuration, `b` with a challenge.
    fn answer(&mut self, question: Event) {
        let answers = self.script.value("answers").unwrap_or_default();
        let how = answers.get(self.answers).copied().unwrap_or(b'y');
        self.answers += 1;
        if how == b's' {
            return;
        }
        let text = |default: &str| {
            let text = match how {
                b'l' => format!("{default} one\n{}\n.\n", "long ".repeat(300)),
                b'u' => format!("{default} \u{e9}\u{7528}\t\u{1f600}"),
                _ => default.to_owned(),
            };
            ReplyText::new(text).unwrap()
        };
        self.is_fresh = true;
        self.answered = match &question {
            Event::Hello(hello) => Some(hello.verb),
            Event::Mail(_) => Some(Verb::Mail),
            Event::Rcpt(_) => Some(Verb::Rcpt),
            Event::Data(_) => Some(Verb::Data),
            Event::Verify(_) => Some(Verb::Vrfy),
            Event::Expand(_) => Some(Verb::Expn),
            Event::Help(_) => Some(Verb::Help),
            Event::StartTls(_) => Some(Verb::StartTls),
            Event::Auth(_) | Event::AuthResponse(_) => Some(Verb::Auth),
            Event::Etrn(_) => Some(Verb::Etrn),
            Event::Atrn(_) => Some(Verb::Atrn),
            Event::Xclient(_) => Some(Verb::Xclient),
            Event::Xforward(_) => Some(Verb::Xforward),
            Event::Burl(_) => Some(Verb::Burl),
            Event::Unknown(_) => Some(Verb::Unknown),
            _ => None,
        };
        let auth = || match how {
            b'b' => AuthStep::Challenge(Secret::from("challenge")),
            _ => AuthStep::Done(Authenticated::new("user")),
        };
        let other = Arc::new(Config::new(Domain::try_from("other.example").unwrap()));
        match question {
            Event::Connect(it) => {
                let yes = Greeting::new(text("hello"));
                match how {
                    b'k' => self.give(it, how, yes.with_config(other)),
                    _ => self.give(it, how, yes),
                }
            }
            Event::Hello(it) => {
                let yes = HelloAccepted::new(text("hello"));
                match how {
                    b'k' => self.give(it, how, yes.with_config(other)),
                    _ => self.give(it, how, yes),
                }
            }
            Event::Mail(it) => self.give(it, how, Default::default()),
            Event::Rcpt(it) => {
                let before = self.recipients();
                let yes = match how {
                    b'w' => RcptAccepted::will_forward(),
                    _ => RcptAccepted::default(),
                };
                self.give(it, how, yes.with_text(text("to")));
                assert!((before..=before + 1).contains(&self.recipients()));
            }
            Event::Data(it) => {
                let is_yes = no(how).is_none();
                self.give(it, how, DataAccepted::new(text("go")));
                self.received = is_yes.then_some(0);
            }
            Event::Message(it) => {
                let yes = MessageAccepted::queued_as("42").unwrap();
                self.give(it, how, yes.with_text(text("done")));
            }
            Event::Verify(it) => {
                let yes = Verified::will_forward().with_enhanced(EnhancedCode::OK);
                self.give(it, how, yes.with_text(text("there")));
            }
            Event::Expand(it) => self.give(it, how, Default::default()),
            Event::Help(it) => self.give(it, how, Default::default()),
            Event::StartTls(it) => self.give(it, how, Default::default()),
            Event::Auth(it) => self.give(it, how, auth()),
            Event::AuthResponse(it) => self.give(it, how, auth()),
            Event::Etrn(it) => self.give(it, how, Default::default()),
            Event::Atrn(it) => self.give(it, how, Default::default()),
            Event::Xclient(it) => self.give(it, how, Greeting::new(text("again"))),
            Event::Xforward(it) => self.give(it, how, Default::default()),
            Event::Burl(it) => self.give(it, how, Default::default()),
            Event::Unknown(it) => self.give(it, how, Default::default()),
            other => panic!("{other:?}"),
        }
    }

    fn give<E: Exchange>(&mut self, pending: Pending<E>, how: u8, yes: E::Acceptance) {
        let answer: Answer<E> = no(how).map_or(Ok(yes), Err);
        // A session that was shut down, or has timed out, hears nothing more.
        let is_stale = self.server.answer(pending, answer).is_err();
        assert!(!is_stale || self.script.value("shutdown").is_some());
    }

    /// What holds for a session that is over.
    fn check(&mut self) {
        assert!(self.is_closed, "the end was told");
        assert!(self.server.is_closed() && !self.server.wants_input());
        assert!(self.server.poll_timeout().is_none());
        self.server.handle_eof();
        self.server
            .handle_timeout(self.now.after(Duration::from_secs(1 << 20)));
        assert!(self.server.poll_event(self.now, &mut self.input).is_none());
        assert!(!self.server.output().has_remaining());

        let mut parser = ReplyParser::new(ReplyLimits::default());
        let mut said = BytesMut::from(&self.said[..]);
        while let Some(reply) = parser.next(&mut said) {
            let reply = reply.expect("what is said are replies");
            let mut lines = reply.as_bytes().split_inclusive(|&octet| octet == b'\n');
            assert!(lines.all(|line| line.len() <= 512 || reply.code().get() == 334));
        }
        assert!(said.is_empty(), "whole replies are said: {said:?}");
    }
}

/// The refusal that an answer is, unless it is a yes.
fn no(how: u8) -> Option<Rejection> {
    match how {
        b'n' => Some(Rejection::NO_SUCH_MAILBOX),
        b'4' => Some(Rejection::LOCAL_ERROR),
        b'c' => Some(Rejection::RELAYING_DENIED.closing()),
        b'm' => {
            let code = ReplyCode::TRANSACTION_FAILED;
            let text = "several\nlines\n".repeat(40);
            Some(Rejection::new(code, None, text).unwrap())
        }
        _ => None,
    }
}
