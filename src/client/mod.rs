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
//! blocking reads and writes, TLS and a password:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use std::time::Instant;
//!
//! use bytes::{Buf, Bytes, BytesMut};
//! use ehlo::client::{BodyOptions, Client, CloseReason, Config, Event, Opening, Report};
//! use ehlo::Timestamp;
//! use ehlo::sasl::{Chooser, Credentials};
//! use ehlo::types::{Domain, Envelope, Mailbox};
//!
//! /// A `TcpStream` that a TLS library can take over.
//! trait Transport: Read + Write {
//!     fn start_tls(&mut self) -> std::io::Result<()>;
//! }
//!
//! /// Sends one message.
//! fn send(
//!     connection: &mut impl Transport,
//!     opening: Opening,
//!     credentials: Credentials,
//!     envelope: Envelope,
//!     message: Bytes,
//! ) -> Result<Option<Report>, Box<dyn std::error::Error>> {
//!     let start = Instant::now();
//!     let now = || Timestamp::from_elapsed(start.elapsed());
//!     let mut client = Client::new(Arc::new(Config::new()), now());
//!     client.open(opening)?;
//!     let mut chooser = Chooser::new(credentials);
//!     let (mut envelope, mut report) = (Some(envelope), None);
//!     let mut chunks = message.chunks(16384).map(|chunk| message.slice_ref(chunk)).peekable();
//!     let mut input = BytesMut::new();
//!     loop {
//!         while let Some(event) = client.poll_event(now(), &mut input) {
//!             match event {
//!                 Event::Handover => {
//!                     connection.start_tls()?;
//!                     client.tls_established(now(), &mut input);
//!                 }
//!                 Event::AuthWanted(_) => match chooser.choose(client.mechanisms()) {
//!                     Some(mechanism) => client.authenticate_with(mechanism)?,
//!                     None => client.skip_auth(),
//!                 },
//!                 Event::AuthRefused(_) => client.skip_auth(),
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
//!         } else if client.body().is_none_or(|body| body.is_blocked()) && client.wants_input() {
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
//! # use ehlo::client::{AuthPolicy, TlsPolicy};
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
//! # impl Transport for Server {
//! #     fn start_tls(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let lines: [&[u8]; 10] = [
//! #     b"220 mx.example.com\r\n", b"250-mx.example.com\r\n250 STARTTLS\r\n", b"220 Go ahead\r\n",
//! #     b"250-mx.example.com\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n", b"235 Welcome\r\n",
//! #     b"250 Ok\r\n", b"550 Nobody\r\n250 Ok\r\n354 Go\r\n", b"250 Queued\r\n", b"221 Bye\r\n", b"",
//! # ];
//! # let mut connection = Server(lines.to_vec(), Vec::new());
//! let report = send(
//!     &mut connection,
//!     Opening::new(Domain::try_from("client.example.com")?)
//!         .with_tls(TlsPolicy::Required)
//!         .with_auth(AuthPolicy::Required),
//!     Credentials::password("alice", "secret"),
//!     Envelope::new("alice@example.com".parse::<Mailbox>()?)
//!         .to("nobody@example.com".parse::<Mailbox>()?)
//!         .to("bob@example.com".parse::<Mailbox>()?),
//!     Bytes::from_static(b"Subject: hello\r\n\r\n.dots are stuffed\r\n"),
//! )?
//! .unwrap();
//! for recipient in report.recipients() {
//!     println!("{} {:?}", recipient.recipient.forward_path, recipient.outcome);
//! }
//! # assert_eq!(String::from_utf8(connection.1)?, "EHLO client.example.com\r\nSTARTTLS\r\n\
//! #     EHLO client.example.com\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n\
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
//! A connection that was kept for another message may have died meanwhile:
//! read what there is and poll before the next [`deliver`](Client::deliver).
//! Should the server's 421 be read only behind it, whoever was not asked about
//! is [left over](Outcome::LeftOver).
//!
//! # Turning round
//!
//! After ATRN (RFC 2645) the connection goes on with the roles changed: the
//! session of the client is over, and one of a
//! [server](crate::server::Server) begins, with the same buffer.
//!
//! ```
//! # use std::sync::Arc;
//! # use bytes::{Buf, BytesMut};
//! use ehlo::client::{Client, CloseReason, Config, Event};
//! use ehlo::server::{self, Security, Server, SessionId};
//! use ehlo::types::{Command, Domain};
//! # use ehlo::Timestamp;
//! # let now = Timestamp::ZERO;
//! # let mut client = Client::new(Arc::new(Config::new()), now);
//! # let mut input = BytesMut::from("220 provider.example\r\n");
//! # let _ = client.poll_event(now, &mut input);
//! // In a session that is encrypted, authenticated and idle:
//! client.send(&Command::Atrn(None))?;
//! # let _ = client.poll_event(now, &mut input);
//! # assert_eq!(client.output().chunk(), b"ATRN\r\n");
//! # client.output().advance(6);
//! # input.extend_from_slice(b"250 Ok, now reversing the connection\r\n");
//! while let Some(event) = client.poll_event(now, &mut input) {
//!     if event == Event::Closed(CloseReason::Turned) {
//!         let config = server::Config::new(Domain::try_from("client.example")?);
//!         let mut server = Server::new(Arc::new(config), SessionId(1), Security::Tls, now);
//!         // Greets first; what the provider says from now on are commands.
//!         let Some(server::Event::Connect(question)) = server.poll_event(now, &mut input) else {
//!             unreachable!()
//!         };
//!         server.answer(question, Ok(Default::default()))?;
//!         # assert!(server.poll_event(now, &mut input).is_none());
//!         # assert!(server.output().chunk().starts_with(b"220 client.example"));
//!     }
//! }
//! # assert!(client.is_closed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
//! - A server out of step (a reply that nothing was said for, one to what has
//!   not been handed to the transport, none at all where one is due, different
//!   codes in one reply) ends the session: whose answer is whose cannot be
//!   known any more.
//! - [`is_reusable`](Client::is_reusable) is true only where there is no doubt.
//! - TLS that is required cannot be talked away, no octet of plaintext is
//!   believed behind STARTTLS, and no password is said without TLS.
//! - An extension is used only where it is offered, and what a message needs
//!   and the server does not offer is an error before anything is said.
//!
//! | of | it keeps |
//! |---|---|
//! | RFC 5321 | §3.1 to §3.4, §3.8, §4.1 to §4.3, §4.5.2, §4.5.3 (lengths, timeouts), §4.5.5 |
//! | RFC 2033 | all: LHLO, a reply for each recipient, behind DATA and behind the last chunk |
//! | RFC 2920 | §3.1: groups, the envelope of a message behind the dot of the last, a lone dot |
//! | RFC 3030 | §2, §3: chunks behind each other, none after a refusal, BINARYMIME |
//! | RFC 3207 | §4, §4.2, §6: nothing in between, all forgotten, EHLO again |
//! | RFC 4954 | §3 to §5: exchanges, cancelling, long responses, AUTH= |
//! | RFC 1870, 2034, 2852, 3461, 3885, 4865, 6152, 6531, 6710, 7293, 8689, 9422 | what they ask of a client that sends to a server that offers them, or does not |
//!
//! The demands one by one, and the test that shows each, are in
//! `tests/rfc_client.rs`.

mod answer;
mod asking;
mod auth;
mod body;
mod chunk;
mod config;
mod demand;
mod driving;
mod error;
mod event;
mod hearing;
mod opening;
mod output;
mod policy;
mod report;
mod saying;
mod setup;
mod share;
mod state;
mod timer;
mod transaction;
mod turn;
mod wire;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;

use bytes::{Bytes, BytesMut};

pub use answer::{Expansion, Member, QueueStart, Verification, help_text};
pub use auth::Challenge;
pub use body::{Body, BodyOptions, Chunking};
pub use config::{Config, Leniency, Limits, Timeouts};
pub use error::{AuthError, DeliverError, OpenError, SendError, Undeliverable, WriteError};
pub use event::{CloseReason, CommandId, Event, Phase, TransactionId};
pub use opening::{AuthPolicy, Opening, TlsPolicy, hello_name};
pub use output::Output;
pub use policy::{ParameterPolicy, WhenNotOffered};
pub use report::{Outcome, RecipientReport, Report};

use crate::codec::ReplyParser;
use crate::time::Timestamp;
use crate::types::Capabilities;
use state::State;
use timer::Timer;

/// A session with a server, seen from the client. A program that drives one is in
/// the [module's documentation](self#driving-it).
pub struct Client {
    config: Arc<Config>,
    state: State,
    parser: ReplyParser,
    output: Output,
    timer: Timer,
    opening: Option<Opening>,
    /// Lines that wait for their turn, in order.
    lines: BytesMut,
    /// Chunks and raw octets that wait for theirs.
    payloads: VecDeque<Bytes>,
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
            state: State::new(&config),
            parser: ReplyParser::new(config.limits.reply),
            output: Output::default(),
            timer: Timer::default(),
            opening: None,
            lines: BytesMut::new(),
            payloads: VecDeque::new(),
            is_eof: false,
            commands: 0,
            transactions: 0,
            config,
        };
        client.watch(now);
        client
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

    /// What the server offers: of the last hello that was accepted. None
    /// between the TLS handshake and the hello behind it.
    #[must_use]
    pub const fn capabilities(&self) -> Option<&Capabilities<'static>> {
        self.state.capabilities.as_ref()
    }

    /// Whether the session is encrypted, as far as the machine was told.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.state.protection.is_encrypted
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
