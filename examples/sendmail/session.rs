//! The driver loop: what joins the machine to a socket, a clock and the message
//! that is being sent.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::BytesMut;
use ehlo::Timestamp;
use ehlo::client::{
    AuthError, AuthPolicy, Client, CloseReason, Config, DeliverError, Event, OpenError, Opening,
    Report, TlsPolicy,
};
use ehlo::sasl::MechanismError;
use ehlo::types::{Envelope, Host, Reply};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

use crate::connection::Connection;
use crate::message::{Message, Octets};
use crate::options::{Encryption, Options};
use crate::results::Results;
use crate::tls::Tls;

/// How long it may take until there is a connection.
const CONNECT: Duration = Duration::from_secs(30);

/// How long a TLS handshake before the greeting may take.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// What all sessions share.
pub(crate) struct Settings {
    pub(crate) options: Options,
    pub(crate) config: Arc<Config>,
    pub(crate) tls: Option<Tls>,
    pub(crate) results: Arc<Results>,
}

/// Why a session is over.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no TLS: {0}")]
    Handshake(io::Error),
    #[error("no name to give to the server: {0}")]
    Open(#[from] OpenError),
    #[error("no mechanism that can be used here is offered for what there is to show")]
    NoMechanism,
    #[error("{0}")]
    Auth(#[from] AuthError),
    #[error("no authentication with this server: {0}")]
    Cancelled(MechanismError),
    #[error("not authenticated: {0}")]
    Refused(Reply<'static>),
    #[error("{0}: {1}")]
    Broken(CloseReason, io::Error),
    #[error("{0}")]
    Closed(CloseReason),
    #[error("the message cannot be read: {0}")]
    Message(io::Error),
    #[error("the server decided about nobody")]
    Undecided,
}

/// A session with the server. After a [`Failure`] it is over.
pub(crate) struct Session {
    settings: Arc<Settings>,
    number: usize,
    client: Client,
    connection: Connection,
    input: BytesMut,
    /// What is still to be given of a message.
    octets: Option<Octets>,
    /// Why it could not be given to its end.
    unreadable: Option<io::Error>,
    /// One for the whole session: to put it off is cheap, to make one is not.
    alarm: Pin<Box<Sleep>>,
}

impl Session {
    /// Connects, and does what there is to be done before mail can be sent.
    pub(crate) async fn open(
        settings: Arc<Settings>,
        number: usize,
        encryption: Encryption,
    ) -> Result<Self, Failure> {
        let (stream, address) = within(CONNECT, connect(&settings.options.server))
            .await
            .map_err(Failure::Connect)?;
        let mut connection = Connection::new(stream);
        if let (Encryption::Implicit, Some(tls)) = (encryption, &settings.tls) {
            let handshake = connection.start_tls(tls);
            within(HANDSHAKE, handshake)
                .await
                .map_err(Failure::Handshake)?;
        }
        let client = Client::new(Arc::clone(&settings.config), now());
        let mut session = Self {
            alarm: Box::pin(sleep_until(deadline(&client))),
            settings,
            number,
            client,
            connection,
            input: BytesMut::new(),
            octets: None,
            unreadable: None,
        };
        session.begin(address, encryption).await?;
        Ok(session)
    }

    async fn begin(&mut self, address: IpAddr, encryption: Encryption) -> Result<(), Failure> {
        let hello = match &self.settings.options.helo {
            Some(name) => name.clone(),
            // Not a bare `localhost`: servers refuse it.
            None => Host::from(address).into(),
        };
        let tls = match encryption {
            Encryption::Opportunistic => TlsPolicy::Opportunistic,
            Encryption::StartTls => TlsPolicy::Required,
            Encryption::Implicit => TlsPolicy::AlreadyOn,
            Encryption::Never => TlsPolicy::Never,
        };
        let auth = match self.settings.options.login {
            Some(_) => AuthPolicy::Required,
            None => AuthPolicy::Never,
        };
        let opening = Opening::new(hello).with_tls(tls).with_auth(auth);
        self.client.open(opening)?;
        let mut no_auth = None;
        loop {
            match self.next().await {
                Event::Handover => self.start_tls().await.map_err(Failure::Handshake)?,
                Event::AuthWanted(_) => match self.authenticate() {
                    Ok(()) => {}
                    Err(failure) => {
                        no_auth = Some(failure);
                        self.client.skip_auth();
                    }
                },
                Event::AuthCancelled(error) => no_auth = Some(Failure::Cancelled(error)),
                // What is wrong in one mechanism is wrong in every other.
                Event::AuthRefused(reply) => {
                    no_auth.get_or_insert(Failure::Refused(reply));
                    self.client.skip_auth();
                }
                Event::Ready(_) => return Ok(()),
                Event::Closed(reason) => {
                    return Err(no_auth.unwrap_or_else(|| self.failure(reason)));
                }
                _ => {}
            }
        }
    }

    fn authenticate(&mut self) -> Result<(), Failure> {
        let options = &self.settings.options;
        let channel = self.connection.channel();
        let login = options.login.as_ref();
        let mechanism = login
            .and_then(|login| login.choose(&self.client, channel, &options.server))
            .ok_or(Failure::NoMechanism)?;
        Ok(self.client.authenticate_with(mechanism)?)
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        let Some(tls) = &self.settings.tls else {
            return Err(io::Error::other("TLS is not set up"));
        };
        let handshake = self.connection.start_tls(tls);
        timeout_at(deadline(&self.client), handshake).await??;
        self.client.tls_established(now(), &mut self.input);
        Ok(())
    }

    /// Sends a message. What has begun comes to a report, even if the session
    /// breaks down.
    pub(crate) async fn deliver(
        &mut self,
        envelope: Envelope,
        message: &Message,
    ) -> Result<Report, DeliverError> {
        let chunking = self.settings.options.chunking;
        let options = message.options().with_chunking(chunking);
        self.client.deliver(envelope, options)?;
        loop {
            match self.next().await {
                Event::BodyWanted(_) => self.octets = Some(message.open()),
                Event::Report(_, report) => {
                    self.octets = None;
                    return Ok(report);
                }
                _ => {}
            }
        }
    }

    /// Ends the session, and says why it was over if it was.
    pub(crate) async fn end(mut self) -> Result<(), Failure> {
        self.client.quit();
        let reason = loop {
            if let Event::Closed(reason) = self.next().await {
                break reason;
            }
        };
        let ended = match reason {
            CloseReason::Quit => Ok(()),
            reason => Err(self.failure(reason)),
        };
        self.connection.close().await;
        ended
    }

    /// The driver loop: poll, give, read or write, until something happens.
    /// Not to be called after [`Event::Closed`].
    async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.client.poll_event(now(), &mut self.input) {
                if self.settings.options.verbose {
                    eprintln!("{} {event:?}", self.number);
                }
                return event;
            }
            match self.give().await {
                Ok(()) => self.exchange().await,
                Err(error) => {
                    self.unreadable = Some(error);
                    // The only way not to end a message.
                    self.client.abort();
                }
            }
        }
    }

    /// Gives as much of the message as the output takes.
    async fn give(&mut self) -> io::Result<()> {
        while let (Some(octets), Some(mut body)) = (&mut self.octets, self.client.body()) {
            if body.is_blocked() {
                break;
            }
            if let Some(block) = octets.next().await? {
                self.settings.results.add_octets(block.len());
                body.write(block).map_err(io::Error::other)?;
            } else {
                body.finish().map_err(io::Error::other)?;
                self.octets = None;
            }
        }
        Ok(())
    }

    /// Reads or writes. A deadline that passes needs no code of its own: the
    /// next poll sees it.
    async fn exchange(&mut self) {
        self.alarm.as_mut().reset(deadline(&self.client));
        tokio::select! {
            biased;
            goes_on = self.connection.exchange(self.client.output(), &mut self.input) => {
                if !goes_on {
                    self.client.handle_eof();
                }
            }
            () = &mut self.alarm => {}
        }
    }

    /// Why the session is over.
    fn failure(&mut self, reason: CloseReason) -> Failure {
        match (self.unreadable.take(), self.connection.take_failure()) {
            (Some(error), _) => Failure::Message(error),
            (None, Some(error)) => Failure::Broken(reason, error),
            (None, None) => Failure::Closed(reason),
        }
    }
}

/// A connection, and the address it comes from.
async fn connect((host, port): &(String, u16)) -> io::Result<(TcpStream, IpAddr)> {
    let stream = TcpStream::connect((host.as_str(), *port)).await?;
    stream.set_nodelay(true)?;
    let address = stream.local_addr()?.ip();
    Ok((stream, address))
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, work).await?
}

/// When the program began: the epoch of all timestamps.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Timestamp {
    Timestamp::from_elapsed(START.elapsed())
}

/// Until when to wait; far away if there is nothing to wait for.
fn deadline(client: &Client) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    match client.poll_timeout() {
        Some(timeout) => *START + timeout.elapsed(),
        None => Instant::now() + FAR,
    }
}
