//! Authentication (RFC 4954): an exchange of opaque octets that the caller, or
//! a mechanism of SASL, drives.

use alloc::boxed::Box;
use core::fmt;

use super::Client;
use super::error::AuthError;
use super::event::CommandId;
use super::turn::{Hold, Job};
use crate::sasl::{ClientMechanism, MechanismError};
use crate::secret::Secret;
use crate::types::{Capabilities, Command, Mechanism, Reply, SaslLine, SaslMessage};

/// Octets of a line inside the exchange, CRLF included (RFC 4954 §4).
pub(super) const LINE_LIMIT: usize = 12288;

/// What the server says inside an AUTH exchange (334). Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge(Reply<'static>);

impl Challenge {
    pub(super) const fn new(reply: Reply<'static>) -> Self {
        Self(reply)
    }

    /// What the mechanism of the server says; empty if it says nothing.
    /// `None` if that is not base64 on one line: most mechanisms must give up
    /// then ([`cancel_auth`](Client::cancel_auth)); LOGIN need not care.
    #[must_use]
    pub fn decode(&self) -> Option<Secret> {
        let mut lines = self.0.lines();
        let text = core::str::from_utf8(lines.next()?).ok()?;
        let message = SaslMessage::try_from(text.trim_matches([' ', '\t'])).ok()?;
        lines.next().is_none().then(|| message.decode())
    }

    /// The reply as it was said.
    #[must_use]
    pub const fn expose_reply(&self) -> &Reply<'static> {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Secret::REDACTED)
    }
}

/// An exchange on its way.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The AUTH that `send` was given, if it was.
    pub(super) command: Option<CommandId>,
    pub(super) mechanism: Mechanism,
    /// What is to be said next, when its turn comes: with AUTH if it fits on
    /// the line, else behind the first challenge.
    pub(super) response: Option<SaslMessage<'static>>,
    /// Challenges so far.
    pub(super) challenges: usize,
    pub(super) is_cancelled: bool,
    /// What answers the challenges, if the application does not.
    pub(super) driver: Option<Box<dyn ClientMechanism>>,
}

/// Authentication (RFC 4954).
///
/// The mechanisms of [`sasl`](crate::sasl), given to
/// [`authenticate_with`](Self::authenticate_with), answer for themselves. By
/// hand, a mechanism is anything that makes responses of challenges:
///
/// ```
/// use ehlo::Secret;
/// use ehlo::client::{Client, Event};
/// use ehlo::types::Mechanism;
///
/// /// LOGIN: what is asked first is the name, whatever the words.
/// fn login(client: &mut Client, event: &Event, answers: &mut Vec<Secret>) {
///     match event {
///         Event::AuthWanted(_) => {
///             if client.authenticate(Mechanism::LOGIN, None).is_err() {
///                 client.skip_auth();
///             }
///         }
///         Event::AuthChallenge(_) if !answers.is_empty() => {
///             let _ = client.respond(&answers.remove(0));
///         }
///         Event::AuthChallenge(_) => client.cancel_auth(),
///         Event::AuthRefused(_) => client.skip_auth(),
///         _ => {}
///     }
/// }
/// ```
impl Client {
    /// The mechanisms that may be used now: those that the newest EHLO offers,
    /// without TLS only those that keep their secret (see
    /// [`Leniency::cleartext_auth`](super::Leniency::cleartext_auth)).
    pub fn mechanisms(&self) -> impl Iterator<Item = Mechanism> {
        let offered = self.state.capabilities.as_ref();
        offered
            .into_iter()
            .flat_map(Capabilities::mechanisms)
            .filter(|&mechanism| self.may_use(mechanism))
    }

    /// Begins an AUTH exchange: after [`Event::AuthWanted`](super::Event::AuthWanted),
    /// or in a session that is open and idle.
    ///
    /// `initial_response` is what the mechanism says first, if it does; it goes
    /// out with AUTH if it fits on the line, else when the server asks for it
    /// (RFC 4954 §4). Then come [`Event::AuthChallenge`](super::Event::AuthChallenge)s,
    /// as the mechanism has it, and in the end
    /// [`Event::Authenticated`](super::Event::Authenticated) or
    /// [`Event::AuthRefused`](super::Event::AuthRefused).
    ///
    /// Where XOAUTH2 fails, the server first sends a challenge, which says why;
    /// the response to it is empty.
    ///
    /// # Errors
    ///
    /// See [`AuthError`]. Nothing has changed.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        initial_response: Option<&Secret>,
    ) -> Result<(), AuthError> {
        self.begin_auth(mechanism, initial_response, None)
    }

    /// Begins an AUTH exchange, as [`authenticate`](Self::authenticate) does,
    /// and leaves it to the mechanism: there are no
    /// [`Event::AuthChallenge`](super::Event::AuthChallenge)s. In the end comes
    /// [`Event::Authenticated`](super::Event::Authenticated) or
    /// [`Event::AuthRefused`](super::Event::AuthRefused), the latter behind an
    /// [`Event::AuthCancelled`](super::Event::AuthCancelled) if it was the
    /// mechanism that gave up.
    ///
    /// Where the server says that AUTH has succeeded and the mechanism says that
    /// it has [not proved](ClientMechanism::verify) what it must, the session
    /// ends with [`CloseReason::Unproven`](super::CloseReason::Unproven).
    ///
    /// # Errors
    ///
    /// See [`AuthError`]. Nothing has changed.
    pub fn authenticate_with(
        &mut self,
        mut mechanism: Box<dyn ClientMechanism>,
    ) -> Result<(), AuthError> {
        let initial_response = mechanism.initial_response();
        let name = mechanism.mechanism();
        self.begin_auth(name, initial_response.as_ref(), Some(mechanism))
    }

    fn begin_auth(
        &mut self,
        mechanism: Mechanism,
        initial_response: Option<&Secret>,
        driver: Option<Box<dyn ClientMechanism>>,
    ) -> Result<(), AuthError> {
        if !self.state.is_listening() || self.is_eof {
            return Err(AuthError::Closed);
        }
        let is_wanted = self.state.hold == Some(Hold::AuthChoice);
        if !is_wanted && !self.is_taking() {
            return Err(AuthError::Closed);
        }
        if self.state.protection.is_authenticated {
            return Err(AuthError::AlreadyAuthenticated);
        }
        if !is_wanted && !self.state.is_reusable() || self.state.exchange.is_some() {
            return Err(AuthError::NotNow);
        }
        let offered = self.state.capabilities.as_ref();
        if !offered.is_some_and(|offered| offered.offers_mechanism(mechanism)) {
            return Err(AuthError::NotOffered(mechanism));
        }
        if !self.may_use(mechanism) {
            return Err(AuthError::Cleartext(mechanism));
        }
        let response = initial_response.map(|secret| SaslMessage::encode(secret.expose()));
        if response.as_ref().is_some_and(is_too_long) {
            return Err(AuthError::TooLong);
        }
        self.state.hold = None;
        self.state.begin_auth(None, mechanism, response, driver);
        self.state.jobs.push_front(Job::Auth);
        Ok(())
    }

    /// Answers a challenge; with nothing, an empty line is said.
    ///
    /// # Errors
    ///
    /// There is no challenge, or the response is too long. Nothing has changed.
    pub fn respond(&mut self, response: &Secret) -> Result<(), AuthError> {
        if !self.state.is_listening() || self.is_eof {
            return Err(AuthError::Closed);
        }
        let message = SaslMessage::encode(response.expose());
        if is_too_long(&message) {
            return Err(AuthError::TooLong);
        }
        match (self.state.hold, &mut self.state.exchange) {
            (Some(Hold::Challenge), Some(exchange)) => exchange.response = Some(message),
            _ => return Err(AuthError::NotNow),
        }
        self.state.hold = None;
        self.state.jobs.push_front(Job::AuthLine);
        Ok(())
    }

    /// Gives up the exchange, instead of answering a challenge: `*` is said
    /// (RFC 4954 §4). [`Event::AuthRefused`](super::Event::AuthRefused) follows.
    /// Does nothing where there is no challenge.
    pub fn cancel_auth(&mut self) {
        if let (Some(Hold::Challenge), Some(exchange)) = (self.state.hold, &mut self.state.exchange)
        {
            exchange.is_cancelled = true;
            self.state.hold = None;
            self.state.jobs.push_front(Job::AuthLine);
        }
    }

    /// Goes on without authentication, after
    /// [`Event::AuthWanted`](super::Event::AuthWanted) or
    /// [`Event::AuthRefused`](super::Event::AuthRefused). Where it is
    /// [required](super::AuthPolicy::Required), the session ends. Does nothing
    /// where no choice is due.
    pub fn skip_auth(&mut self) {
        if self.state.is_listening() && self.state.hold == Some(Hold::AuthChoice) {
            self.state.skip_auth();
        }
    }

    /// Whether AUTH has succeeded in this session.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.state.protection.is_authenticated
    }

    /// Whether a mechanism may be used with what protection there is.
    pub(super) fn may_use(&self, mechanism: Mechanism) -> bool {
        self.state.protection.is_encrypted
            || self.config.leniency.cleartext_auth
            || keeps_secret(mechanism)
    }
}

/// Whether what a mechanism says is of no use to who listens: it proves a
/// secret, or has none. One that this crate does not know is taken for one
/// that gives it away.
fn keeps_secret(mechanism: Mechanism) -> bool {
    const KEEPING: [Mechanism; 10] = [
        Mechanism::ANONYMOUS,
        Mechanism::CRAM_MD5,
        Mechanism::DIGEST_MD5,
        Mechanism::EXTERNAL,
        Mechanism::GSSAPI,
        Mechanism::NTLM,
        Mechanism::SCRAM_SHA_1,
        Mechanism::SCRAM_SHA_1_PLUS,
        Mechanism::SCRAM_SHA_256,
        Mechanism::SCRAM_SHA_256_PLUS,
    ];
    KEEPING.contains(&mechanism)
}

fn is_too_long(message: &SaslMessage<'_>) -> bool {
    message.expose_base64().len() + 2 > LINE_LIMIT
}

impl Exchange {
    /// AUTH, with the response if it fits on the line.
    pub(super) fn take_command(&mut self) -> Command<'static> {
        let with_response = Command::Auth {
            mechanism: self.mechanism,
            initial_response: self.response.take(),
        };
        if with_response.fits_line() {
            return with_response;
        }
        if let Command::Auth {
            initial_response, ..
        } = with_response
        {
            self.response = initial_response;
        }
        Command::Auth {
            mechanism: self.mechanism,
            initial_response: None,
        }
    }

    /// Lets the mechanism answer a challenge, if there is one that does.
    pub(super) fn drive(&mut self, challenge: &Challenge) -> Option<Result<(), MechanismError>> {
        let driver = self.driver.as_mut()?;
        // LOGIN need not care.
        let said = challenge
            .decode()
            .or_else(|| (self.mechanism == Mechanism::LOGIN).then(Secret::default));
        let said = said.ok_or(MechanismError::NotBase64);
        let response = said.and_then(|said| driver.respond(&said));
        let message = response.map(|response| SaslMessage::encode(response.expose()));
        Some(match message {
            Ok(message) if is_too_long(&message) => Err(MechanismError::TooLong),
            Ok(message) => {
                self.response = Some(message);
                Ok(())
            }
            Err(error) => Err(error),
        })
    }

    /// Whether the server has proved what it must, as far as anybody asks.
    pub(super) fn verify(&self) -> Result<(), MechanismError> {
        self.driver
            .as_ref()
            .map_or(Ok(()), |driver| driver.verify())
    }

    /// The line that answers a challenge.
    pub(super) fn take_line(&mut self) -> SaslLine<'static> {
        match self.response.take() {
            Some(response) if !self.is_cancelled => SaslLine::Response(response),
            _ => SaslLine::Cancel,
        }
    }
}
