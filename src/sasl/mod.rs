//! Mechanisms of SASL (RFC 4422): what is said inside AUTH, on both sides.
//!
//! | mechanism | RFC | what the client shows |
//! |---|---|---|
//! | SCRAM-SHA-256-PLUS, SCRAM-SHA-1-PLUS | 5802, 7677 | that it knows the password, and which TLS channel it is on; so must the server |
//! | SCRAM-SHA-256, SCRAM-SHA-1 | 5802, 7677 | that it knows the password; so must the server |
//! | CRAM-MD5 | 2195 | that it knows the password |
//! | PLAIN, LOGIN | 4616, none | the password |
//! | OAUTHBEARER, XOAUTH2 | 7628, none | a token |
//! | EXTERNAL | 4422 | nothing: it is known from elsewhere, such as its certificate |
//! | ANONYMOUS | 4505 | nothing |
//!
//! CRAM-MD5 and SCRAM come with the feature `scram`. Names and passwords that
//! are not in US-ASCII can be [prepared](prepare), and used with SCRAM, with the
//! feature `saslprep`. Mechanisms that negotiate a security layer of their own,
//! such as GSSAPI, are not here.
//!
//! Nothing here draws randomness: nonces are given. Secrets are wiped when they
//! are dropped, and `Debug` shows none. What comes from the other side is
//! bounded by a line, and whatever it is, it is a failure at worst.
//!
//! # A client
//!
//! A [`Chooser`] takes the strongest mechanism that is offered and that there
//! are credentials for; the machine lets it answer. A whole client is in
//! [`client`](crate::client); this is what it does about AUTH:
//!
//! ```
//! use ehlo::client::{AuthError, Client, Event};
//! use ehlo::sasl::{Chooser, Credentials};
//!
//! fn on_event(
//!     client: &mut Client,
//!     chooser: &mut Chooser,
//!     event: &Event,
//! ) -> Result<(), AuthError> {
//!     match event {
//!         Event::AuthWanted(_) => match chooser.choose(client.mechanisms()) {
//!             Some(mechanism) => client.authenticate_with(mechanism)?,
//!             None => client.skip_auth(),
//!         },
//!         // The server could not prove who it is, or made no sense.
//!         Event::AuthCancelled(why) => eprintln!("{why}"),
//!         // To try the next best mechanism, choose again; but not behind
//!         // `AuthCancelled`: to who is not the server, PLAIN gives the password.
//!         Event::AuthRefused(_) => client.skip_auth(),
//!         _ => {}
//!     }
//!     Ok(())
//! }
//!
//! let chooser = Chooser::new(Credentials::password("alice", "secret"));
//! # #[cfg(feature = "scram")] {
//! // For SCRAM it needs a nonce; to bind it to TLS, what names the channel.
//! use ehlo::sasl::{BindingType, ChannelBinding, Nonce};
//! # let (random, exported) = ([0; 18], [0; 32]);
//! let chooser = chooser
//!     .with_nonce(Nonce::from_random(random))
//!     .with_binding(ChannelBinding::new(BindingType::TlsExporter, exported.to_vec()));
//! # }
//! ```
//!
//! # A server
//!
//! What a client says goes to a [`ServerMechanism`], which answers, or asks the
//! application first. The application may take its time, as with everything it
//! is asked: the mechanism is a value, and so is the question.
//!
//! ```
//! use ehlo::Secret;
//! use ehlo::sasl::{Failure, Question, ServerMechanism, ServerStep, Verdict, server_mechanism};
//! use ehlo::server::{Answer, Auth, Event, Rejection, Server};
//!
//! /// Who is known here.
//! async fn judge(question: Question) -> Verdict {
//!     match question {
//!         Question::Password { name, password }
//!             if name == "alice" && password == Secret::from("secret") =>
//!         {
//!             Verdict::Accept(name)
//!         }
//!         // Also what is not understood.
//!         _ => Verdict::Reject,
//!     }
//! }
//!
//! /// Asks until there is an answer.
//! async fn settle(
//!     mechanism: &mut dyn ServerMechanism,
//!     mut step: Result<ServerStep, Failure>,
//! ) -> Answer<Auth> {
//!     loop {
//!         match step {
//!             Ok(ServerStep::Ask(question)) => step = mechanism.verdict(judge(question).await),
//!             Ok(ServerStep::Answer(answer)) => return Ok(answer),
//!             Err(failure) => return Err(Rejection::from(failure)),
//!         }
//!     }
//! }
//!
//! /// `exchange` is the session's.
//! async fn handle(
//!     server: &mut Server,
//!     exchange: &mut Option<Box<dyn ServerMechanism>>,
//!     event: Event,
//! ) {
//!     let is_in_time = match event {
//!         Event::Auth(question) => {
//!             let answer = match server_mechanism(question.mechanism) {
//!                 Some(mechanism) => {
//!                     let mechanism = exchange.insert(mechanism);
//!                     let step = mechanism.begin(question.initial_response.as_ref());
//!                     settle(mechanism.as_mut(), step).await
//!                 }
//!                 None => Err(Rejection::NOT_NOW),
//!             };
//!             server.answer(question, answer).is_ok()
//!         }
//!         Event::AuthResponse(question) => {
//!             let answer = match exchange {
//!                 Some(mechanism) => {
//!                     let step = mechanism.respond(&question.response);
//!                     settle(mechanism.as_mut(), step).await
//!                 }
//!                 None => Err(Rejection::NOT_NOW),
//!             };
//!             server.answer(question, answer).is_ok()
//!         }
//!         _ => true, // whatever else there is to do
//!     };
//!     # assert!(is_in_time);
//! }
//! # use std::{future::Future, pin::pin, sync::Arc, task::{Context, Poll, Waker}};
//! # use bytes::{Buf, BytesMut};
//! # use ehlo::server::{AuthOffer, Config, Security, SessionId};
//! # use ehlo::types::{Domain, Mechanism};
//! # let mut config = Config::new(Domain::try_from("mx.example")?);
//! # config.auth = Some(AuthOffer::new([Mechanism::LOGIN]));
//! # let now = ehlo::Timestamp::ZERO;
//! # let mut server = Server::new(Arc::new(config), SessionId(1), Security::Tls, now);
//! # let (mut exchange, mut said) = (None, String::new());
//! # for line in ["", "EHLO c.example\r\n", "AUTH LOGIN\r\n", "YWxpY2U=\r\n", "c2VjcmV0\r\n"] {
//! #     let mut input = BytesMut::from(line);
//! #     while let Some(event) = server.poll_event(now, &mut input) {
//! #         match event {
//! #             Event::Connect(question) => server.answer(question, Ok(Default::default()))?,
//! #             Event::Hello(question) => server.answer(question, Ok(Default::default()))?,
//! #             event => {
//! #                 let mut handled = pin!(handle(&mut server, &mut exchange, event));
//! #                 let mut context = Context::from_waker(Waker::noop());
//! #                 assert_eq!(handled.as_mut().poll(&mut context), Poll::Ready(()));
//! #             }
//! #         }
//! #     }
//! #     let output = server.output();
//! #     said = String::from_utf8(output.copy_to_bytes(output.remaining()).to_vec())?;
//! # }
//! # assert_eq!((server.identity(), &said[..4]), (Some("alice"), "235 "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(feature = "scram", doc = include_str!("scram.md"))]

mod anonymous;
#[cfg(feature = "scram")]
mod binding;
mod chooser;
#[cfg(feature = "scram")]
mod cram_md5;
mod error;
mod external;
#[cfg(feature = "scram")]
mod hash;
mod login;
#[cfg(feature = "scram")]
mod nonce;
mod oauth;
mod plain;
mod prepare;
mod saslname;
#[cfg(feature = "scram")]
mod scram;
mod step;

use alloc::boxed::Box;
use core::fmt;

pub use anonymous::{AnonymousClient, AnonymousServer};
#[cfg(feature = "scram")]
pub use binding::{BindingType, ChannelBinding};
pub use chooser::{Chooser, Credentials};
#[cfg(feature = "scram")]
pub use cram_md5::{CramMd5Client, CramMd5Server};
pub use error::{CredentialsError, Failure, MechanismError};
pub use external::{ExternalClient, ExternalServer};
#[cfg(feature = "scram")]
pub use hash::Hash;
pub use login::{LoginClient, LoginServer};
#[cfg(feature = "scram")]
pub use nonce::Nonce;
pub use oauth::{OAuthBearerClient, OAuthBearerServer, XOAuth2Client, XOAuth2Server};
pub use plain::{PlainClient, PlainServer};
pub use prepare::{PrepareError, prepare};
#[cfg(feature = "scram")]
pub use scram::{Decoy, ScramClient, ScramKeys, ScramServer};
pub use step::{Question, ServerStep, Verdict};

use crate::Secret;
use crate::types::Mechanism;

/// The client's side of an exchange. For
/// [`Client::authenticate_with`](crate::client::Client::authenticate_with).
///
/// `Debug` must not show secrets.
pub trait ClientMechanism: fmt::Debug + Send + Sync {
    /// The name that AUTH gives.
    fn mechanism(&self) -> Mechanism;

    /// What the client says first. `None`: the server speaks first. Asked once.
    fn initial_response(&mut self) -> Option<Secret>;

    /// What the client says to a challenge.
    ///
    /// # Errors
    ///
    /// The exchange cannot go on: the client cancels it.
    fn respond(&mut self, challenge: &Secret) -> Result<Secret, MechanismError>;

    /// Whether the server has proved what it must: asked when it says that AUTH
    /// has succeeded.
    ///
    /// # Errors
    ///
    /// It has not. The client must not go on with it.
    fn verify(&self) -> Result<(), MechanismError> {
        Ok(())
    }
}

/// The server's side of an exchange: makes [`AuthStep`](crate::server::AuthStep)s
/// of what the client says, and asks the application for what it must know.
///
/// A response or a verdict that is out of turn is a [`Failure`], and after a
/// failure each of them is one: another AUTH needs another mechanism. `Debug`
/// must not show secrets.
pub trait ServerMechanism: fmt::Debug + Send + Sync {
    /// The name that AUTH gave.
    fn mechanism(&self) -> Mechanism;

    /// The exchange begins, perhaps with an initial response. Called once.
    ///
    /// # Errors
    ///
    /// The exchange fails.
    fn begin(&mut self, initial_response: Option<&Secret>) -> Result<ServerStep, Failure> {
        match initial_response {
            Some(response) => self.respond(response),
            // RFC 4954 §4: an empty challenge asks for it.
            None => Ok(ServerStep::challenge(Secret::default())),
        }
    }

    /// The client has answered a challenge.
    ///
    /// # Errors
    ///
    /// The exchange fails.
    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure>;

    /// The application has found out what it was [asked](ServerStep::Ask).
    ///
    /// # Errors
    ///
    /// The exchange fails.
    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure>;
}

/// The server's side of a mechanism that needs nothing to begin with: PLAIN,
/// LOGIN, OAUTHBEARER, XOAUTH2, EXTERNAL, ANONYMOUS. `None`: it is another one.
#[must_use]
pub fn server_mechanism(mechanism: Mechanism) -> Option<Box<dyn ServerMechanism>> {
    Some(match mechanism {
        Mechanism::ANONYMOUS => Box::new(AnonymousServer::new()),
        Mechanism::EXTERNAL => Box::new(ExternalServer::new()),
        Mechanism::LOGIN => Box::new(LoginServer::new()),
        Mechanism::OAUTHBEARER => Box::new(OAuthBearerServer::new()),
        Mechanism::PLAIN => Box::new(PlainServer::new()),
        Mechanism::XOAUTH2 => Box::new(XOAuth2Server::new()),
        _ => return None,
    })
}

/// What a client says, as text.
fn text(response: &Secret) -> Result<&str, Failure> {
    response.expose_str().ok_or(Failure::Malformed)
}

/// Whether credentials are something, of those octets.
fn check(octets: &[u8], is_fine: fn(u8) -> bool) -> Result<(), CredentialsError> {
    match octets {
        [] => Err(CredentialsError::Empty),
        _ if octets.iter().all(|&octet| is_fine(octet)) => Ok(()),
        _ => Err(CredentialsError::Character),
    }
}
