//! The client's side of a session.
//!
//! A [`Client`] turns what the server says into [`Event`]s, and what the
//! application asks for into [`Output`]. It does no I/O and knows no clock: the
//! caller reads into a buffer of its own, writes the output, and says what time
//! it is.
//!
//! There are two levels, on one machine and to be mixed:
//!
//! - [`deliver`](Client::deliver) sends a message: the envelope goes out in as
//!   few flights as the server allows, [`body`](Client::body) streams the
//!   message, and a [`Report`] says what became of each recipient.
//! - [`send`](Client::send) sends a command, and each reply comes back as it is.
//!
//! # Driving it
//!
//! Poll for events until there is none; write what is in the output; only then
//! read. Whatever was done to the machine, poll again. This is all of it, with
//! blocking reads and writes:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use std::time::Instant;
//!
//! use bytes::{Buf, Bytes, BytesMut};
//! use ehlo::Timestamp;
//! use ehlo::client::{BodyOptions, Client, CloseReason, Config, Event, Opening, Report};
//! use ehlo::types::{Domain, Envelope, Mailbox};
//!
//! /// Sends one message. Stands for any transport: a `TcpStream` will do.
//! fn send(
//!     mut connection: impl Read + Write,
//!     opening: Opening,
//!     envelope: Envelope,
//!     message: Bytes,
//! ) -> Result<Option<Report>, Box<dyn std::error::Error>> {
//!     let start = Instant::now();
//!     let now = || Timestamp::from_elapsed(start.elapsed());
//!     let mut client = Client::new(Arc::new(Config::new()), now());
//!     client.open(opening)?;
//!     let (mut envelope, mut report) = (Some(envelope), None);
//!     let mut chunks = message.chunks(16384).map(|chunk| message.slice_ref(chunk)).peekable();
//!     let mut input = BytesMut::new();
//!     loop {
//!         while let Some(event) = client.poll_event(now(), &mut input) {
//!             match event {
//!                 Event::Ready(_) => {
//!                     let options = BodyOptions::new().with_size(message.len() as u64);
//!                     client.deliver(envelope.take().unwrap(), options)?;
//!                     client.quit(); // once that is done
//!                 }
//!                 Event::Report(_, outcome) => report = Some(outcome),
//!                 Event::Closed(CloseReason::Quit) => {}
//!                 Event::Closed(reason) => eprintln!("{reason}"),
//!                 _ => {}
//!             }
//!         }
//!         if let Some(mut body) = client.body() {
//!             match chunks.next_if(|_| !body.is_blocked()) {
//!                 Some(chunk) => body.write(chunk)?,
//!                 None if chunks.peek().is_none() => body.finish()?,
//!                 None => {} // the output is full
//!             }
//!         }
//!         if client.output().has_remaining() {
//!             let written = connection.write(client.output().chunk())?;
//!             client.output().advance(written);
//!         } else if client.is_closed() {
//!             return Ok(report);
//!         } else if client.body().is_none() && client.wants_input() {
//!             // With a real socket, wait no longer than `client.poll_timeout()`,
//!             // and then call `client.handle_timeout(now())`.
//!             let mut octets = [0; 4096];
//!             match connection.read(&mut octets)? {
//!                 0 => client.handle_eof(),
//!                 read => input.extend_from_slice(&octets[..read]),
//!             }
//!         }
//!     }
//! }
//!
//! # /// Says its lines without listening, one for each read.
//! # struct Server(Vec<&'static [u8]>, Vec<u8>);
//! # impl Read for Server {
//! #     fn read(&mut self, octets: &mut [u8]) -> std::io::Result<usize> {
//! #         self.0.remove(0).read(octets)
//! #     }
//! # }
//! # impl Write for Server {
//! #     fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> { self.1.write(octets) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let lines: [&[u8]; 7] = [
//! #     b"220 mx.example.com\r\n", b"250-mx.example.com\r\n250 PIPELINING\r\n", b"250 Ok\r\n",
//! #     b"550 Nobody\r\n250 Ok\r\n354 Go\r\n", b"250 Queued\r\n", b"221 Bye\r\n", b"",
//! # ];
//! # let mut connection = Server(lines.to_vec(), Vec::new());
//! let report = send(
//!     &mut connection,
//!     Opening::new(Domain::try_from("client.example.com")?),
//!     Envelope::new("alice@example.com".parse::<Mailbox>()?)
//!         .to("nobody@example.com".parse::<Mailbox>()?)
//!         .to("bob@example.com".parse::<Mailbox>()?),
//!     Bytes::from_static(b"Subject: hello\r\n\r\n.dots are stuffed\r\n"),
//! )?
//! .unwrap();
//! for recipient in report.recipients() {
//!     println!("{} {:?}", recipient.recipient.forward_path, recipient.outcome);
//! }
//! # assert_eq!(String::from_utf8(connection.1)?, "EHLO client.example.com\r\n\
//! #     MAIL FROM:<alice@example.com>\r\nRCPT TO:<nobody@example.com>\r\nRCPT TO:<bob@example.com>\r\n\
//! #     DATA\r\nSubject: hello\r\n\r\n..dots are stuffed\r\n.\r\nQUIT\r\n");
//! # use ehlo::client::Outcome::{Delivered, Permanent};
//! # assert!(report.recipients().map(|recipient| recipient.outcome).eq([Permanent, Delivered]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! While a message is being sent, a real driver should wait for the socket to
//! become readable *or* writable: a server may refuse a message before its end
//! ([`CloseReason::EarlyReply`]). With [blocking writes](Limits::output) that is
//! noticed later, and no harm is done.
//!
//! # What it takes care of
//!
//! - Nothing is said before the greeting, nor behind a command that RFC 2920
//!   §3.1 makes the last of a group, nor more than one command at a time where
//!   PIPELINING is not offered.
//! - Every transaction ends with one [`Event::Report`], every session with one
//!   [`Event::Closed`], whatever the server does. What a report calls
//!   [`Delivered`](Outcome::Delivered) was said by the server after it had
//!   everything.
//! - A server out of step (a reply that nothing was said for, none at all where
//!   one is due, different codes in one reply) ends the session: whose answer is
//!   whose cannot be known any more.
//! - [`is_reusable`](Client::is_reusable) is true only where there is no doubt.

mod body;
mod config;
mod demand;
mod error;
mod event;
mod hearing;
mod opening;
mod output;
mod report;
mod state;
mod timer;
mod transaction;
mod turn;
mod wire;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use bytes::{Buf, BytesMut};

pub use body::{Body, BodyOptions};
pub use config::{Config, Limits, Protocol, Timeouts};
pub use error::{DeliverError, OpenError, SendError, Undeliverable, WriteError};
pub use event::{CloseReason, CommandId, Event, Phase, TransactionId};
pub use opening::Opening;
pub use output::Output;
pub use report::{Outcome, RecipientReport, Report};

use crate::codec::ReplyParser;
use crate::time::Timestamp;
use crate::types::{Capabilities, Command, Envelope, MailParameters, Verb};
use state::State;
use timer::Timer;
use transaction::Transaction;
use turn::Wait;

/// A session with a server, seen from the client.
pub struct Client {
    config: Arc<Config>,
    state: State,
    parser: ReplyParser,
    output: Output,
    timer: Timer,
    opening: Option<Opening>,
    /// Lines that wait for their turn, in order.
    lines: BytesMut,
    /// Whether no more octets will come.
    is_eof: bool,
    commands: u64,
    transactions: u64,
}

/// Construction.
impl Client {
    /// A session on a connection that was just made. The greeting is awaited
    /// from `now` on.
    #[must_use]
    pub fn new(config: Arc<Config>, now: Timestamp) -> Self {
        let mut client = Self {
            state: State::new(config.protocol == Protocol::Lmtp),
            parser: ReplyParser::new(config.limits.reply),
            output: Output::default(),
            timer: Timer::default(),
            opening: None,
            lines: BytesMut::new(),
            is_eof: false,
            commands: 0,
            transactions: 0,
            config,
        };
        client.watch(now);
        client
    }
}

/// What the application asks for. Nothing is in the output before the next
/// [`poll_event`](Self::poll_event), but for what is written to the body.
impl Client {
    /// Begins the session: waits for the greeting, says EHLO (LHLO under LMTP)
    /// and, where that is refused with 5yz, HELO (RFC 5321 §3.2).
    /// [`Event::Ready`] tells that it is done; a server that refuses is told
    /// QUIT, and the session closes.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Nothing has changed.
    pub fn open(&mut self, opening: Opening) -> Result<(), OpenError> {
        if !self.is_taking() {
            return Err(OpenError::Closed);
        }
        if self.opening.is_some() || self.state.capabilities().is_some() {
            return Err(OpenError::AlreadyOpen);
        }
        if !Command::Ehlo(opening.hello.clone()).fits_line() {
            return Err(OpenError::LineTooLong);
        }
        self.opening = Some(opening);
        self.state.open();
        Ok(())
    }

    /// Queues a command. It leaves when its turn comes: never before the
    /// greeting, and together with others only where PIPELINING is offered and
    /// RFC 2920 §3.1 allows it. The reply comes as [`Event::Reply`].
    ///
    /// What the command means is the caller's business, also whether the server
    /// offered it. A hello that is accepted updates the
    /// [`capabilities`](Self::capabilities); after a DATA that is answered 354,
    /// there is a [`body`](Self::body), and what else is queued waits for its
    /// end; after QUIT nothing more is taken.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing is queued then.
    pub fn send(&mut self, command: &Command<'_>) -> Result<CommandId, SendError> {
        if !self.is_taking() {
            return Err(SendError::Closed);
        }
        if matches!(
            command.verb(),
            Verb::Bdat | Verb::Burl | Verb::StartTls | Verb::Auth
        ) {
            return Err(SendError::Unsupported);
        }
        let limit = self.config.limits.commands;
        if limit.is_some_and(|limit| self.state.unanswered() >= limit) {
            return Err(SendError::QueueFull);
        }
        if !command.fits_line() {
            return Err(SendError::LineTooLong);
        }
        let id = CommandId(self.commands);
        self.commands += 1;
        let queued = self.lines.len();
        command.write(&mut self.lines);
        let octets = self.lines.len() - queued;
        self.state.send(id, command.verb(), octets);
        Ok(id)
    }

    /// Queues a transaction: MAIL, a RCPT for each recipient, DATA, in one
    /// flight where PIPELINING is offered. [`Event::BodyWanted`] comes if
    /// anybody was accepted, and in the end [`Event::Report`], always.
    ///
    /// SIZE, BODY and SMTPUTF8 are set as `options` and the envelope need them
    /// and the server offers them; other parameters of the envelope are sent
    /// as they are.
    ///
    /// # Errors
    ///
    /// See [`Undeliverable`]. Nothing is sent then, and the envelope comes back.
    pub fn deliver(
        &mut self,
        envelope: Envelope,
        options: BodyOptions,
    ) -> Result<TransactionId, DeliverError> {
        let parameters = match self.check(&envelope, &options) {
            Ok(parameters) => parameters,
            Err(reason) => {
                return Err(DeliverError {
                    reason,
                    envelope: Box::new(envelope),
                });
            }
        };
        let id = TransactionId(self.transactions);
        self.transactions += 1;
        let transaction = Transaction::new(id, envelope, parameters, options.line_ends);
        self.state.deliver(transaction);
        Ok(id)
    }

    /// The message that the server waits for: from [`Event::BodyWanted`] on,
    /// or a 354 to a DATA of one's own, until it is finished.
    pub fn body(&mut self) -> Option<Body<'_>> {
        Body::new(&mut self.state, &mut self.output, self.config.limits.output)
    }

    /// Says QUIT when all that was asked for before is done, and takes nothing
    /// more (RFC 5321 §4.1.1.10). Once is enough.
    pub fn quit(&mut self) {
        self.state.quit();
    }

    /// Gives up: nothing more is said, and [`Event::Closed`] follows, after the
    /// report if there is a transaction. Close the connection then; that is the
    /// only way to leave a message unfinished.
    pub fn abort(&mut self) {
        self.close(CloseReason::Aborted);
    }
}

/// What goes in and comes out.
impl Client {
    /// Takes what the server said from the front of `input` and tells what
    /// happened. `None`: nothing more for now.
    ///
    /// Call it until it says `None` after every call that gives the machine
    /// something to do: input, [`handle_eof`](Self::handle_eof),
    /// [`handle_timeout`](Self::handle_timeout), an action, output that was
    /// taken. Commands get into the output here. If the deadline has passed,
    /// it does first what [`handle_timeout`](Self::handle_timeout) does.
    #[must_use]
    pub fn poll_event(&mut self, now: Timestamp, input: &mut BytesMut) -> Option<Event> {
        self.handle_timeout(now);
        let event = self.next_event(input);
        self.watch(now);
        event
    }

    /// What is to be written to the server.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Whether to read: true until the session is over or the input is at its end.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.state.is_listening() && !self.is_eof
    }

    /// Whether [`Event::Closed`] has come: nothing else will, and there is
    /// nothing to be written.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.is_closed() && !self.output.has_remaining()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), as far as is known
    /// since the last [`poll_event`](Self::poll_event); `None`: not needed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timer.deadline()
    }

    /// Ends the session if the server has kept it waiting too long
    /// ([`Timeouts`]). Harmless when called too early.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.watch(now);
        if self.timer.has_expired(now) {
            let wait = self.state.wait(self.output.has_remaining());
            let phase = wait.and_then(Wait::phase);
            self.close(phase.map_or(CloseReason::Quit, CloseReason::Timeout));
            self.watch(now);
        }
    }

    /// The server's octets have ended: no more input will come. What is in the
    /// input is still processed, then the session ends.
    pub fn handle_eof(&mut self) {
        self.is_eof = true;
    }
}

/// Views.
impl Client {
    /// Whether the session could take another message now: in step with the
    /// server, nothing outstanding, no transaction. What lies unread in the
    /// transport is not known here: poll before you rely on it.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.state.is_reusable() && !self.is_eof
    }

    /// What the server offers: of the last hello that was accepted.
    #[must_use]
    pub const fn capabilities(&self) -> Option<&Capabilities<'static>> {
        self.state.capabilities()
    }
}

impl Client {
    /// Whether anything more may be asked for.
    const fn is_taking(&self) -> bool {
        self.state.is_open() && !self.is_eof
    }

    /// Whether the envelope may be sent, and with which parameters of MAIL.
    fn check(
        &self,
        envelope: &Envelope,
        options: &BodyOptions,
    ) -> Result<MailParameters<'static>, Undeliverable> {
        if !self.is_taking() {
            return Err(Undeliverable::Closed);
        }
        if self.state.is_in_doubt() {
            return Err(Undeliverable::InDoubt);
        }
        let offered = self.state.capabilities().filter(|_| self.state.is_ready());
        let offered = offered.ok_or(Undeliverable::NotReady)?;
        if self.state.is_in_transaction() {
            return Err(Undeliverable::Busy);
        }
        if envelope.recipients.is_empty() {
            return Err(Undeliverable::NoRecipients);
        }
        let parameters = demand::mail_parameters(envelope, options, offered)?;
        demand::check_lines(envelope, &parameters)?;
        Ok(parameters)
    }

    fn next_event(&mut self, input: &mut BytesMut) -> Option<Event> {
        loop {
            if !self.state.is_listening() {
                return self.state.ending();
            }
            if let Some(event) = self.say() {
                return Some(event);
            }
            match self.parser.next(input) {
                Some(Ok(reply)) => {
                    let is_unsaid = self.output.has_remaining();
                    let event = self.state.on_reply(reply, is_unsaid);
                    self.settle();
                    if event.is_some() {
                        return event;
                    }
                }
                Some(Err(error)) => self.close(CloseReason::Malformed(error)),
                None if self.is_eof => self.close(CloseReason::Lost),
                None => return None,
            }
        }
    }

    fn close(&mut self, reason: CloseReason) {
        let is_unsaid = self.output.has_remaining();
        self.state.close(reason, None, is_unsaid);
        self.settle();
    }

    /// What is not to be said any more is dropped.
    fn settle(&mut self) {
        if !self.state.is_listening() {
            self.output.clear();
            self.lines = BytesMut::new();
        }
    }

    /// Lets the timer run for what is being waited for now.
    fn watch(&mut self, now: Timestamp) {
        let wait = self.state.wait(self.output.has_remaining());
        let subject = wait.map(|wait| match wait {
            Wait::DataBlock => (wait, self.output.taken()),
            _ => (wait, self.state.replies()),
        });
        self.timer.watch(subject, now, &self.config.timeouts);
    }
}

/// What state it is in; nothing of what was said.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("is_open", &self.state.is_open())
            .field("is_reusable", &self.is_reusable())
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}
