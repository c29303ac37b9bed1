//! What a client tells the application.

use core::fmt;

use thiserror::Error;

use super::report::Report;
use crate::codec::ReplyError;
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
    /// What [`open`](super::Client::open) asked for is done: the server accepted
    /// EHLO, LHLO or HELO (whose reply offers nothing, whatever it says).
    /// [`deliver`](super::Client::deliver) may begin.
    Ready(Capabilities<'static>),
    /// The reply to a command given to [`send`](super::Client::send). Replies
    /// come in the order of the commands. After a DATA that was answered 354 and
    /// its body, there is another one, and under LMTP one for each accepted
    /// recipient, with the same id.
    Reply(CommandId, Reply<'static>),
    /// The server wants the message: [`body`](super::Client::body) is there.
    BodyWanted(TransactionId),
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
