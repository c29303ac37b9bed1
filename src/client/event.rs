//! What a client tells the application.

use core::fmt;

use thiserror::Error;

use super::auth::Challenge;
use super::report::{Outcome, Report};
use crate::codec::ReplyError;
use crate::sasl::MechanismError;
use crate::types::{Capabilities, Reply};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) u64);

        /// Its number: they are counted from 0, in each session anew.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// Names a command given to [`Client::send`](super::Client::send), within its session.
    CommandId;
    /// Names a transaction given to [`Client::deliver`](super::Client::deliver),
    /// within its session.
    TransactionId;
}

/// What happened in the session. Owns its data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server greeted (RFC 5321 §4.3.1). If the code is not 2yz there is no
    /// service: the machine says QUIT, and [`Event::Closed`] follows.
    Greeting(Reply<'static>),
    /// The server waits for TLS: perform the handshake on the connection, and
    /// then call [`tls_established`](super::Client::tls_established), or close
    /// the connection. Until then nothing is said and nothing is to be read.
    Handover,
    /// The server offers AUTH: choose one of the
    /// [`mechanisms`](super::Client::mechanisms) that may be used, and
    /// [`authenticate_with`](super::Client::authenticate_with) it (or
    /// [`authenticate`](super::Client::authenticate) by hand), or
    /// [`skip_auth`](super::Client::skip_auth). Without TLS there may be none.
    AuthWanted(Capabilities<'static>),
    /// The server challenges (334): answer with
    /// [`respond`](super::Client::respond), or
    /// [`cancel_auth`](super::Client::cancel_auth).
    AuthChallenge(Challenge),
    /// The mechanism given to
    /// [`authenticate_with`](super::Client::authenticate_with) does not go on
    /// with this server, and cancels the exchange. [`Event::AuthRefused`] follows.
    AuthCancelled(MechanismError),
    /// AUTH has succeeded. What the server offers may be more now: EHLO may be
    /// [sent](super::Client::send) again once the session is ready, though some
    /// servers refuse it, and no RFC asks for it.
    Authenticated(Reply<'static>),
    /// AUTH has failed, or was cancelled. Before [`Event::Ready`], try again, as
    /// behind [`Event::AuthWanted`], or [`skip_auth`](super::Client::skip_auth).
    AuthRefused(Reply<'static>),
    /// What [`open`](super::Client::open) asked for is done: the server accepted
    /// EHLO, LHLO or HELO (whose reply offers nothing, whatever it says).
    /// [`deliver`](super::Client::deliver) may begin.
    Ready(Capabilities<'static>),
    /// The reply to a command given to [`send`](super::Client::send). Replies
    /// come in the order of the commands. After a DATA that was answered 354 and
    /// its body, there is another one, and under LMTP one for each accepted
    /// recipient, with the same id. What 334 says to AUTH comes as
    /// [`Event::AuthChallenge`].
    Reply(CommandId, Reply<'static>),
    /// The server wants the message: [`body`](super::Client::body) is there.
    BodyWanted(TransactionId),
    /// Under LMTP, the server said what became of the message for one of the
    /// recipients, given by its index in the envelope. The words come with the
    /// report; this comes as soon as the reply does (RFC 2033 §4.2), for a queue
    /// that would deliver twice if it forgot.
    Settled(TransactionId, usize, Outcome),
    /// What became of a transaction: comes once for each, also when the
    /// session breaks down.
    Report(TransactionId, Report),
    /// The session is over. Comes once, last. Commands that have no
    /// [`Event::Reply`] by now have none.
    Closed(CloseReason),
}

/// What a client was waiting for in vain (RFC 5321 §4.5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Phase {
    /// The greeting.
    #[error("the greeting")]
    Greeting,
    /// The reply to a command.
    #[error("the reply to a command")]
    Command,
    /// The reply to DATA.
    #[error("the reply to DATA")]
    Data,
    /// The transport, to take more of the message.
    #[error("the transport to take more of the message")]
    DataBlock,
    /// The reply to the message.
    #[error("the reply to the message")]
    Completion,
    /// The reply to ATRN or TURN.
    #[error("the connection to be turned round")]
    Turn,
    /// The TLS handshake.
    #[error("the TLS handshake")]
    Tls,
    /// The application.
    #[error("the application")]
    Application,
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// QUIT was said. That it was not answered is no failure.
    #[error("the client quit")]
    Quit,
    /// The greeting was not 2yz (RFC 5321 §3.1, RFC 7504).
    #[error("the server refused service: {0}")]
    ServiceRefused(Reply<'static>),
    /// Neither EHLO nor HELO, or not LHLO, was accepted.
    #[error("the server refused hello: {0}")]
    HelloRefused(Reply<'static>),
    /// STARTTLS is [required](super::TlsPolicy::Required), and not offered.
    #[error("the server does not offer STARTTLS")]
    TlsNotOffered,
    /// STARTTLS is required, and was declined.
    #[error("the server declined STARTTLS: {0}")]
    TlsRefused(Reply<'static>),
    /// There were octets behind the 220 to STARTTLS that TLS does not protect:
    /// somebody on the way may have put them there (CVE-2021-38371 and its kin).
    #[error("octets in plaintext behind the reply to STARTTLS")]
    Injection,
    /// AUTH is [required](super::AuthPolicy::Required), and not offered.
    #[error("the server does not offer AUTH")]
    AuthNotOffered,
    /// AUTH is required, and the application [goes without](super::Client::skip_auth).
    #[error("the session is not authenticated")]
    NotAuthenticated,
    /// The server challenges without end ([`Limits::challenges`](super::Limits::challenges)).
    #[error("too many challenges")]
    TooManyChallenges,
    /// The server says that AUTH has succeeded, and has not proved what the
    /// mechanism wants of it: it is not the server that it says it is.
    #[error("the server is not to be trusted: {0}")]
    Unproven(MechanismError),
    /// The server accepted ATRN or TURN: it is the client now, and waits for
    /// a greeting (RFC 2645 §5.3).
    #[error("the connection was turned round")]
    Turned,
    /// The server said 421 (RFC 5321 §3.8), be it for an answer.
    #[error("the server closed: {0}")]
    Unavailable(Reply<'static>),
    /// The server's octets ended.
    #[error("the connection was lost")]
    Lost,
    /// The server, or the transport, was too slow.
    #[error("timeout waiting for {0}")]
    Timeout(Phase),
    /// What the server said is no reply.
    #[error("out of step with the server: {0}")]
    Malformed(ReplyError),
    /// The server said something that it was not asked, or that is no answer.
    #[error("out of step with the server: {0}")]
    Unexpected(Reply<'static>),
    /// The server refused the message before its end. What it makes of the
    /// rest of it cannot be known.
    #[error("the server refused the message before its end: {0}")]
    EarlyReply(Reply<'static>),
    /// The application gave up ([`Client::abort`](super::Client::abort)).
    #[error("the session was aborted")]
    Aborted,
}
