//! The server's side of a session.
//!
//! A [`Server`] takes octets from the peer, tells the application what they
//! mean ([`Event`]), takes its answers, and says what to send back.

mod answer;
mod command;
mod config;
mod event;
mod exchange;
mod message;
mod output;
mod replies;
mod settle;
mod state;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use bytes::{Buf, BytesMut};
use thiserror::Error;

pub use answer::{
    DataAccepted, Expanded, Greeting, HelloAccepted, Helped, MailAccepted, MessageAccepted,
    RcptAccepted, Rejection, Verified,
};
pub use config::{Config, EarlyInput, EightBit, Limits, Protocol, Timeouts, UnofferedParameters};
pub use event::{AbortReason, CloseReason, Event, Refused};
#[doc(hidden)]
pub use exchange::Settle;
pub use exchange::{
    Answer, Connect, Data, Exchange, Expand, Hello, Help, Mail, Message, Pending, Rcpt, SessionId,
    StaleAnswer, Verify,
};
pub use output::Output;

use crate::Timestamp;
use crate::codec::LineFramer;
use crate::types::{EnhancedCode, Envelope, Extension, HelloName, ReplyCode, Verb};
use message::Incoming;
use replies::Said;
use state::{Next, Phase, State, Subject, Transaction};

/// What protects the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// Nothing.
    #[default]
    Plain,
    /// TLS, since before the greeting.
    Tls,
}

/// The server's side of a session (RFC 5321, RFC 2033): octets in, events out,
/// answers in, octets out.
///
/// # Driving it
///
/// Poll until there is no event, then write what [`output`](Self::output)
/// holds, then read, if [`wants_input`](Self::wants_input) says so, and poll
/// again: in that order, on any runtime.
///
/// ```
/// use bytes::{Buf, BytesMut};
/// use ehlo::Timestamp;
/// use ehlo::server::{Config, Event, Security, Server, SessionId};
/// use ehlo::types::Domain;
/// use std::io::{Read, Write};
/// use std::sync::Arc;
///
/// fn serve(mut peer: impl Read + Write, config: Arc<Config>) -> std::io::Result<Vec<u8>> {
///     let start = std::time::Instant::now();
///     let now = || Timestamp::from_elapsed(start.elapsed());
///     let mut server = Server::new(config, SessionId(1), Security::Plain, now());
///     let (mut input, mut message) = (BytesMut::new(), Vec::new());
///     loop {
///         while let Some(event) = server.poll_event(now(), &mut input) {
///             let answered = match event {
///                 Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Hello(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Rcpt(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Data(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Body(octets) => { message.extend_from_slice(&octets); true }
///                 Event::Message(question) => server.answer(question, Ok(Default::default())).is_ok(),
///                 Event::Aborted(_) => { message.clear(); true }
///                 _ => true,
///             };
///             assert!(answered, "answered at once, so nothing is stale");
///         }
///         if server.output().has_remaining() {
///             let written = peer.write(server.output().chunk())?;
///             server.output().advance(written);
///         } else if server.is_closed() {
///             return Ok(message);
///         } else if server.wants_input() {
///             let mut octets = [0; 4096];
///             match peer.read(&mut octets)? {
///                 0 => server.handle_eof(),
///                 read => input.extend_from_slice(&octets[..read]),
///             }
///         }
///     }
/// }
/// # struct Peer { says: Vec<&'static [u8]>, hears: Vec<u8> }
/// # impl Read for Peer {
/// #     fn read(&mut self, octets: &mut [u8]) -> std::io::Result<usize> {
/// #         if self.says.is_empty() { return Ok(0) }
/// #         self.says.remove(0).read(octets)
/// #     }
/// # }
/// # impl Write for Peer {
/// #     fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> { self.hears.write(octets) }
/// #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// # }
/// # let mut peer = Peer { hears: Vec::new(), says: vec![
/// #     b"EHLO client.example\r\n",
/// #     b"MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n",
/// #     b"Hello\r\n.\r\nQUIT\r\n",
/// # ] };
/// # struct By<'a>(&'a mut Peer);
/// # impl Read for By<'_> { fn read(&mut self, o: &mut [u8]) -> std::io::Result<usize> { self.0.read(o) } }
/// # impl Write for By<'_> {
/// #     fn write(&mut self, o: &[u8]) -> std::io::Result<usize> { self.0.write(o) }
/// #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// # }
/// # let config = Arc::new(Config::new(Domain::try_from("mx.example").unwrap()));
/// # assert_eq!(serve(By(&mut peer), config).unwrap(), b"Hello\r\n");
/// # assert!(peer.hears.ends_with(b"221 2.0.0 mx.example closing connection\r\n"));
/// ```
///
/// Answers need not come at once: keep the [`Pending`] and go on with the loop;
/// the session waits, and nothing is read meanwhile. Between reads, wait no
/// longer than [`poll_timeout`](Self::poll_timeout), and then call
/// [`handle_timeout`](Self::handle_timeout).
///
/// # The input buffer
///
/// It is the caller's. Read to its end; the machine takes what it understands
/// from its front, and what it leaves there is never more than one command line
/// or what the last read brought. [`Body`](Event::Body) pieces are slices of it.
///
/// # What it will not do
///
/// It never panics, whatever the octets and the order of the calls. It reads
/// nothing ahead of the application: one event a poll, and none while an answer
/// is owed. It holds no octets of the peer's.
#[derive(Debug)]
pub struct Server {
    config: Arc<Config>,
    id: SessionId,
    security: Security,
    state: State,
    framer: LineFramer,
    incoming: Incoming,
    output: Output,
    hello: Option<HelloName<'static>>,
    envelope: Option<Box<Envelope>>,
    /// Of the question that was asked last.
    serial: u32,
    errors: u32,
    other_commands: u32,
    /// To be told before anything else.
    aborted: Option<AbortReason>,
    /// For the next step of the peer or the application.
    deadline: Option<Timestamp>,
    /// For the message that is being received.
    message_deadline: Option<Timestamp>,
    shutdown: Option<Box<Shutdown>>,
}

/// A shutdown that has been asked for.
#[derive(Debug)]
struct Shutdown {
    why: Rejection,
    deadline: Timestamp,
}

/// What one step of the machine comes to.
enum Step {
    Event(Event),
    /// Something changed; look again.
    Again,
    /// Nothing can be done for now.
    Wait,
}

/// The caller's side of a session begins and ends here.
impl Server {
    /// A session that a peer has just connected for.
    ///
    /// The first poll asks whether it is welcome. A PROXY protocol header, if
    /// there is one, is the caller's to strip before.
    #[must_use]
    pub fn new(config: Arc<Config>, id: SessionId, security: Security, now: Timestamp) -> Self {
        Self {
            framer: LineFramer::new(config.limits.command_line),
            incoming: Incoming::new(config.bare_line_ends),
            deadline: after(now, config.timeouts.answer),
            config,
            id,
            security,
            state: State::new(),
            output: Output::default(),
            hello: None,
            envelope: None,
            serial: 0,
            errors: 0,
            other_commands: 0,
            aborted: None,
            message_deadline: None,
            shutdown: None,
        }
    }

    /// The session's number, as it was given.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// What protects the connection.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// Who the client says it is, once a hello has been accepted.
    #[must_use]
    pub const fn hello(&self) -> Option<&HelloName<'static>> {
        self.hello.as_ref()
    }

    /// The envelope of the transaction that is open: the reverse-path, its
    /// parameters, and the recipients accepted so far.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        match self.state.transaction {
            Transaction::None => None,
            Transaction::Mail | Transaction::Rcpt => self.envelope.as_deref(),
        }
    }
}

/// In.
impl Server {
    /// No more octets will come from the peer.
    ///
    /// What is in the input already is still processed and answered: clients
    /// do send a message, QUIT and FIN in one go. Then the session is over. A
    /// [`Message`] that has been asked about is not taken back.
    pub const fn handle_eof(&mut self) {
        self.state.eof = true;
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let is_due = |deadline: Option<Timestamp>| deadline.is_some_and(|deadline| deadline <= now);
        match self.state.phase {
            // The application has answered in time; the next poll goes on.
            Phase::Start | Phase::Answered(..) => {}
            Phase::Closing(_) | Phase::Closed => {
                if is_due(self.deadline) {
                    self.output.clear();
                    self.deadline = None;
                }
            }
            Phase::Owed(_) | Phase::Command | Phase::Body | Phase::Swallow => {
                if is_due(self.deadline) || is_due(self.message_deadline) {
                    self.abort(AbortReason::Timeout);
                    self.close_with(now, replies::TIMEOUT, CloseReason::Timeout);
                } else if is_due(self.shutdown_deadline()) {
                    self.shut_down(now);
                }
            }
        }
    }
}

/// Out.
impl Server {
    /// What happened next, if anything did.
    ///
    /// `None`: input is wanted, an answer is owed, or the output must be
    /// written first. A poll that comes after the deadline acts as
    /// [`handle_timeout`](Self::handle_timeout) first.
    #[must_use]
    pub fn poll_event(&mut self, now: Timestamp, input: &mut BytesMut) -> Option<Event> {
        self.handle_timeout(now);
        loop {
            if let Some(reason) = self.aborted.take() {
                return Some(Event::Aborted(reason));
            }
            match self.step(now, input) {
                Step::Event(event) => return Some(event),
                Step::Again => {}
                Step::Wait => return None,
            }
        }
    }

    /// What to write to the peer. Works on after the session is over.
    pub const fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Whether the caller should read more input. If not, what the peer sends
    /// is best left in the transport: that is the back-pressure.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        if self.state.eof || self.is_output_high() {
            return false;
        }
        match self.state.phase {
            Phase::Command | Phase::Body | Phase::Swallow => true,
            // One octet is enough to know that the peer did not wait.
            Phase::Owed(subject) => self.must_wait(subject) && !self.state.early,
            Phase::Start | Phase::Answered(..) | Phase::Closing(_) | Phase::Closed => false,
        }
    }

    /// Whether the session is over, told, and all output taken: close the
    /// connection.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.phase == Phase::Closed && !self.output.has_remaining()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing else
    /// happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state.phase {
            Phase::Start | Phase::Answered(..) => None,
            Phase::Closing(_) | Phase::Closed => {
                self.deadline.filter(|_| self.output.has_remaining())
            }
            Phase::Owed(_) | Phase::Command | Phase::Body | Phase::Swallow => {
                let deadlines = [
                    self.deadline,
                    self.message_deadline,
                    self.shutdown_deadline(),
                ];
                deadlines.into_iter().flatten().min()
            }
        }
    }
}

/// Actions.
impl Server {
    /// Answers a question. The reply is composed by the next poll.
    ///
    /// # Errors
    ///
    /// Nobody waits for this answer: the session has timed out or been shut
    /// down meanwhile, or the question is another session's. The answer comes
    /// back. That is a normal race; a message that was made durable may be
    /// undone, or be kept and perhaps come twice.
    pub fn answer<E: Exchange>(
        &mut self,
        pending: Pending<E>,
        answer: Answer<E>,
    ) -> Result<(), StaleAnswer<Answer<E>>> {
        let is_owed = self.state.phase == Phase::Owed(pending.subject)
            && pending.session == self.id
            && pending.serial == self.serial;
        if !is_owed {
            return Err(StaleAnswer(answer));
        }
        pending.question.settle(self, answer);
        Ok(())
    }

    /// Refuses the message that is being received. The rest of it is read and
    /// dropped, then `why` is said.
    ///
    /// # Errors
    ///
    /// No message is being received; `why` comes back.
    pub fn refuse_body(&mut self, why: Rejection) -> Result<(), NoBody> {
        if self.state.phase != Phase::Body {
            return Err(NoBody(why));
        }
        self.incoming.close_after = why.ends_session();
        self.stage_rejection(&why);
        self.swallow(AbortReason::Refused);
        Ok(())
    }

    /// Ends the session: before the next command is read, or at `deadline`,
    /// whatever is going on then. `why` is said; usually
    /// [`Rejection::SHUTTING_DOWN`].
    ///
    /// To end it at once, drop it and the connection.
    pub fn shutdown(&mut self, why: Rejection, deadline: Timestamp) {
        self.shutdown = Some(Box::new(Shutdown { why, deadline }));
    }
}

/// No message is being received. Holds the refusal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no message is being received")]
pub struct NoBody(pub Rejection);

/// The machine.
impl Server {
    fn step(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        match self.state.phase {
            Phase::Closed => Step::Wait,
            Phase::Closing(reason) => {
                self.state.phase = Phase::Closed;
                Step::Event(Event::Closed(reason))
            }
            _ if self.is_output_high() => Step::Wait,
            Phase::Start => Step::Event(Event::Connect(self.ask(
                now,
                Subject::Connection,
                Connect {},
            ))),
            Phase::Owed(_) => {
                self.state.early |= !input.is_empty();
                Step::Wait
            }
            Phase::Answered(subject, next) => self.reply(now, input, subject, next),
            Phase::Command => self.next_command(now, input),
            Phase::Body | Phase::Swallow => self.receive(now, input),
        }
    }

    fn ask<E>(&mut self, now: Timestamp, subject: Subject, question: E) -> Pending<E> {
        self.serial = self.serial.wrapping_add(1);
        self.state.ask(subject);
        self.deadline = after(now, self.config.timeouts.answer);
        Pending {
            question,
            subject,
            session: self.id,
            serial: self.serial,
        }
    }

    /// Shows the staged reply, unless the peer has talked too soon.
    fn reply(&mut self, now: Timestamp, input: &BytesMut, subject: Subject, next: Next) -> Step {
        let is_early = self.must_wait(subject) && (self.state.early || !input.is_empty());
        if is_early && !matches!(next, Next::Close(_)) {
            return self.reply_to_early_talker(now, subject, next);
        }
        self.proceed(now, next)
    }

    /// Attack rule A10: octets came while the client had to wait.
    fn reply_to_early_talker(&mut self, now: Timestamp, subject: Subject, next: Next) -> Step {
        let verb = match subject {
            Subject::Command(verb) => Some(verb),
            Subject::Connection | Subject::Message => None,
        };
        match self.config.early_input {
            EarlyInput::Reject => {
                // The answer to a message stands: it may be stored already.
                if subject == Subject::Message {
                    self.output.show();
                }
                self.abort(AbortReason::EarlyInput);
                self.close_with(now, replies::OUT_OF_TURN, CloseReason::EarlyInput);
                Step::Again
            }
            // What waits behind a DATA that is refused may be a message.
            _ if verb == Some(Verb::Data) && next != Next::Body => {
                self.proceed(now, Next::Close(CloseReason::EarlyInput))
            }
            EarlyInput::Flag => {
                self.proceed(now, next);
                Step::Event(Event::EarlyInput(verb))
            }
            EarlyInput::Allow => self.proceed(now, next),
        }
    }

    /// Shows the staged reply and goes on.
    fn proceed(&mut self, now: Timestamp, next: Next) -> Step {
        self.output.show();
        self.state.proceed(next);
        let timeouts = &self.config.timeouts;
        match next {
            Next::Command => self.deadline = after(now, timeouts.command),
            Next::Body => {
                self.deadline = after(now, timeouts.data_block);
                self.message_deadline = after(now, timeouts.message);
            }
            Next::Recipient => return Step::Event(self.ask_about_message(now)),
            Next::Close(_) => self.deadline = after(now, timeouts.drain),
        }
        Step::Again
    }

    /// Says `said` instead of whatever was staged, and ends the session.
    fn close_with(&mut self, now: Timestamp, said: Said, reason: CloseReason) {
        self.output.unstage();
        self.stage_own(said);
        self.proceed(now, Next::Close(reason));
    }

    /// Ends the session without a word.
    fn close_silently(&mut self, now: Timestamp, reason: CloseReason) -> Step {
        self.output.unstage();
        self.proceed(now, Next::Close(reason))
    }

    fn shut_down(&mut self, now: Timestamp) {
        if let Some(shutdown) = self.shutdown.take() {
            self.abort(AbortReason::Shutdown);
            self.output.unstage();
            self.stage_rejection(&shutdown.why);
            self.proceed(now, Next::Close(CloseReason::Shutdown));
        }
    }

    /// Remembers to tell that the message will not become complete, if one is
    /// being received and nobody has been told yet.
    const fn abort(&mut self, reason: AbortReason) {
        if self.state.in_wanted_body() {
            self.aborted = Some(reason);
        }
    }

    /// Gives up the transaction; the hello, and what has been counted, stays.
    fn reset_transaction(&mut self) {
        self.state.transaction = Transaction::None;
        self.message_deadline = None;
        if let Some(envelope) = &mut self.envelope {
            envelope.recipients.clear();
            envelope.recipients.shrink_to(64);
        }
    }

    /// Stages a reply, with its enhanced code if those are on (RFC 2034 §4).
    fn stage(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>, text: &str) {
        let enhanced = enhanced.filter(|_| self.config.offers(Extension::EnhancedStatusCodes));
        if text.is_ascii() || self.may_say_utf8(code) {
            self.output.stage(code, enhanced, text);
        } else {
            let ascii = |character: char| if character.is_ascii() { character } else { '?' };
            let text: String = text.chars().map(ascii).collect();
            self.output.stage(code, enhanced, &text);
        }
    }

    /// Stages a reply of the machine's own. RFC 5321 §4.2.2: a 221 or 421 says
    /// whose it is.
    fn stage_own(&mut self, said: Said) {
        match said.code {
            ReplyCode::CLOSING | ReplyCode::SERVICE_NOT_AVAILABLE => {
                let text = format!("{} {}", self.config.hostname, said.text);
                self.stage(said.code, said.enhanced, &text);
            }
            _ => self.stage(said.code, said.enhanced, said.text),
        }
    }

    fn stage_rejection(&mut self, why: &Rejection) {
        self.stage(why.code, why.enhanced, why.text.as_str());
    }

    /// RFC 6531 §3.7.4: a 251 or 551 to RCPT may hold the new address.
    fn may_say_utf8(&self, code: ReplyCode) -> bool {
        matches!(code, ReplyCode::WILL_FORWARD | ReplyCode::USER_NOT_LOCAL)
            && self
                .envelope()
                .is_some_and(|envelope| envelope.parameters.smtputf8())
    }

    fn must_wait(&self, subject: Subject) -> bool {
        let pipelining = self.config.offers(Extension::Pipelining);
        self.state.must_wait(subject, pipelining)
    }

    fn is_output_high(&self) -> bool {
        self.output.remaining() >= self.config.limits.output.max(1)
    }

    fn shutdown_deadline(&self) -> Option<Timestamp> {
        self.shutdown.as_ref().map(|shutdown| shutdown.deadline)
    }
}

/// The deadline of something that begins now.
fn after(now: Timestamp, timeout: Option<Duration>) -> Option<Timestamp> {
    timeout.map(|timeout| now.after(timeout))
}
