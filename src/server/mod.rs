//! The server's side of a session.
//!
//! A [`Server`] takes octets from the peer, tells the application what they
//! mean ([`Event`]), takes its answers, and says what to send back. How it is
//! driven is shown [there](Server#driving-it).
//!
//! # Questions and answers
//!
//! Most events are questions: each holds a [`Pending`], which
//! [`answer`](Server::answer) takes back with a yes or a no, now or later. What a
//! yes may say differs from question to question; `Ok(Default::default())` is a
//! plain one. A no is a [`Rejection`].
//!
//! | event | about | yes | asked where |
//! |---|---|---|---|
//! | [`Connect`](Event::Connect) | the connection | [`Greeting`] | always |
//! | [`Hello`](Event::Hello) | EHLO, HELO, LHLO | [`HelloAccepted`] | always |
//! | [`StartTls`](Event::StartTls) | STARTTLS | [`StartTlsAccepted`] | [`Config::start_tls`] |
//! | [`Auth`](Event::Auth), [`AuthResponse`](Event::AuthResponse) | AUTH | [`AuthStep`] | [`Config::auth`] |
//! | [`Mail`](Event::Mail), [`Rcpt`](Event::Rcpt) | MAIL, RCPT | [`MailAccepted`], [`RcptAccepted`] | always |
//! | [`Data`](Event::Data) | DATA, the first BDAT or BURL | [`DataAccepted`] | always |
//! | [`Burl`](Event::Burl) | BURL | [`Fetched`] | [`Config::burl`] |
//! | [`Message`](Event::Message) | the message, in LMTP for each recipient | [`MessageAccepted`] | always |
//! | [`Verify`](Event::Verify), [`Expand`](Event::Expand), [`Help`](Event::Help) | VRFY, EXPN, HELP | [`Verified`], [`Expanded`], [`Helped`] | [`Config::vrfy`], [`expn`](Config::expn), [`help`](Config::help) |
//! | [`Etrn`](Event::Etrn), [`Atrn`](Event::Atrn) | ETRN, ATRN | [`EtrnAccepted`], [`AtrnAccepted`] | [`Config::etrn`], [`atrn`](Config::atrn) |
//! | [`Xclient`](Event::Xclient), [`Xforward`](Event::Xforward) | XCLIENT, XFORWARD | [`Greeting`], [`XforwardAccepted`] | [`Config::xclient`], [`xforward`](Config::xforward) |
//! | [`Unknown`](Event::Unknown) | a verb of one's own | [`UnknownAccepted`] | [`Config::private_verbs`] |
//!
//! The steps of AUTH need not be written by hand: [`sasl`](crate::sasl) has
//! mechanisms that make them, and a server that uses them.
//!
//! # What it keeps
//!
//! What the RFCs ask of a server, what is done about it, and the test that shows
//! it are in [`requirements`].

mod answer;
mod auth;
mod chunk;
mod command;
mod config;
mod event;
mod exchange;
mod extensions;
mod limits;
mod mail;
mod message;
mod output;
mod received;
mod replies;
#[doc = include_str!("requirements.md")]
pub mod requirements {}
mod reply;
mod settle;
mod state;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use bytes::{Buf, BytesMut};
use thiserror::Error;

pub use answer::{
    AtrnAccepted, AuthStep, Authenticated, DataAccepted, EtrnAccepted, Expanded, Fetched, Greeting,
    HelloAccepted, Helped, MailAccepted, MessageAccepted, RcptAccepted, Rejection,
    StartTlsAccepted, UnknownAccepted, Verified, XforwardAccepted,
};
pub use config::{Config, CrossProtocol, EarlyInput, UnofferedParameters};
pub use event::{AbortReason, CloseReason, Event, Refused};
#[doc(hidden)]
pub use exchange::Settle;
pub use exchange::{
    Answer, Atrn, Auth, AuthResponse, Burl, Connect, Data, Etrn, Exchange, Expand, Hello, Help,
    LineEnding, Mail, Message, Pending, Rcpt, SessionId, StaleAnswer, StartTls, Transfer, Unknown,
    Verify, Xclient, Xforward,
};
pub use extensions::{
    AuthOffer, Chunking, DeliverBy, Dsn, EightBit, FutureRelease, MtPriority, StartTlsOffer,
};
pub use limits::{Limits, MinimumRate, Timeouts};
pub use output::Output;
pub use received::Received;

use crate::Timestamp;
use crate::codec::LineFramer;
use crate::types::{Envelope, HelloName};
use chunk::PendingBurl;
use message::Incoming;
use reply::{Step, after};
use state::{Next, Phase, State, Transaction};

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
    identity: Option<Box<Identity>>,
    envelope: Option<Box<Envelope>>,
    burl: Option<Box<PendingBurl>>,
    /// Of the question that was asked last.
    serial: u32,
    counters: Counters,
    /// Challenges of the AUTH exchange that is going on.
    auth_rounds: u32,
    /// To be told before anything else.
    aborted: Option<AbortReason>,
    /// When the peer connected.
    began: Timestamp,
    /// For the next step of the peer or the application.
    deadline: Option<Timestamp>,
    shutdown: Option<Box<Shutdown>>,
}

/// Who the client is. Boxed whole: few sessions have one.
#[derive(Debug)]
struct Identity(String);

/// A shutdown that has been asked for.
#[derive(Debug)]
struct Shutdown {
    why: Rejection,
    deadline: Timestamp,
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
            framer: config.framer(),
            incoming: Incoming::new(),
            deadline: after(now, config.timeouts.answer),
            config,
            id,
            security,
            state: State::new(),
            output: Output::default(),
            hello: None,
            identity: None,
            envelope: None,
            burl: None,
            serial: 0,
            counters: Counters::default(),
            auth_rounds: 0,
            aborted: None,
            began: now,
            shutdown: None,
        }
    }

    /// The session's number, as it was given.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// What holds for this session.
    #[must_use]
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
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

    /// Whether the client may use extensions: it said EHLO or LHLO, not HELO.
    #[must_use]
    pub const fn is_extended(&self) -> bool {
        matches!(self.state.dialect, Some(state::Dialect::Extended))
    }

    /// Who the client is, once it has authenticated
    /// ([`Authenticated::new`]).
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.0.as_str())
    }

    /// The envelope of the transaction that is open: the reverse-path, its
    /// parameters, and the recipients accepted so far.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        match self.state.transaction {
            Transaction::None => None,
            _ => self.envelope.as_deref(),
        }
    }

    /// What has been counted so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The `Received:` field for the message of the transaction that is open
    /// (RFC 5321 §4.4), to be completed.
    pub fn received(&self) -> Received<'_> {
        Received::new(self)
    }
}

/// What a session has counted. Survives every reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Commands that the machine refused.
    pub errors: u32,
    /// Commands that move no mail.
    pub other_commands: u32,
    /// Transactions, from an accepted MAIL on.
    pub transactions: u32,
    /// AUTH exchanges that failed.
    pub auth_failures: u32,
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
            Phase::Start | Phase::Answered(..) | Phase::Closing(_) | Phase::Closed => {}
            // In the middle of a handshake there is nothing to be said.
            Phase::TlsReply | Phase::TlsHandshake => {
                if is_due(self.deadline) || is_due(self.shutdown_deadline()) {
                    self.close_silently(now, CloseReason::Timeout);
                }
            }
            _ => {
                if is_due(self.deadline) || is_due(self.message_deadline()) {
                    self.close_with(now, replies::TIMEOUT, CloseReason::Timeout);
                } else if !self.end_in_time(now) && is_due(self.shutdown_deadline()) {
                    self.shut_down(now);
                }
            }
        }
        let is_over = matches!(self.state.phase, Phase::Closing(_) | Phase::Closed);
        if is_over && is_due(self.deadline) {
            self.output.clear();
            self.deadline = None;
        }
    }

    /// The handshake that [`Handover`](Event::Handover) asked for is done: what
    /// comes in and goes out from now on is protected by TLS.
    ///
    /// What was said before is forgotten: the hello, who the client is, the
    /// transaction (RFC 3207 §4.2). Octets in `input` came before the
    /// handshake: somebody put them there, and the session is closed. Does
    /// nothing unless a handshake was asked for.
    pub fn tls_established(&mut self, now: Timestamp, input: &mut BytesMut) {
        if self.state.phase != Phase::TlsHandshake {
            return;
        }
        self.security = Security::Tls;
        self.reset_session();
        if input.is_empty() {
            self.proceed(now, Next::Command);
        } else {
            input.clear();
            self.close_with(now, replies::OUT_OF_TURN, CloseReason::EarlyInput);
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
            if core::mem::take(&mut self.state.reset) {
                return Some(Event::Reset);
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
            Phase::Command | Phase::AuthLine | Phase::Body(_) | Phase::Swallow(_) => true,
            // One octet is enough to know that the peer did not wait.
            Phase::Owed(subject) => self.must_wait(subject) && !self.state.early,
            _ => false,
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
            _ => {
                let deadlines = [
                    self.deadline,
                    self.message_deadline(),
                    self.session_deadline(),
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
        let Phase::Body(framing) = self.state.phase else {
            return Err(NoBody(why));
        };
        self.incoming.close_after = why.ends_session();
        self.stage_rejection(&why);
        self.swallow(framing, AbortReason::Refused);
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
