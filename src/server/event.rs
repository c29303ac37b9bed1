//! What a session tells the application.

use bytes::Bytes;
use thiserror::Error;

use super::exchange::{
    Atrn, Auth, AuthResponse, Burl, Connect, Data, Etrn, Expand, Hello, Help, Mail, Message,
    Pending, Rcpt, StartTls, Unknown, Verify, Xclient, Xforward,
};
use crate::codec::CommandError;
use crate::types::{ReplyCode, Verb};

/// What happened. Those that hold a [`Pending`] want an answer, and nothing
/// more is read until they have it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A peer has connected. Always first.
    Connect(Pending<Connect>),
    /// EHLO, HELO or LHLO.
    Hello(Pending<Hello>),
    /// MAIL.
    Mail(Pending<Mail>),
    /// RCPT.
    Rcpt(Pending<Rcpt>),
    /// DATA: may the message come?
    Data(Pending<Data>),
    /// Octets of the message, unstuffed; never empty. A slice of the input.
    /// How a message is cut into pieces means nothing. Where there is no room
    /// for more, do not poll, nor read: the peer is not to blame for the time
    /// that passes before the next poll.
    Body(Bytes),
    /// The message is complete.
    Message(Pending<Message>),
    /// The message that was being received will not become complete; drop
    /// what there is of it. Comes once, and no `Body` after it.
    Aborted(AbortReason),
    /// RSET: the transaction, if there was one, is given up.
    Reset,
    /// VRFY.
    Verify(Pending<Verify>),
    /// EXPN.
    Expand(Pending<Expand>),
    /// HELP.
    Help(Pending<Help>),
    /// STARTTLS.
    StartTls(Pending<StartTls>),
    /// The 220 to STARTTLS has been written, and not an octet has come since:
    /// begin the TLS handshake, then call
    /// [`Server::tls_established`](super::Server::tls_established). If it
    /// fails, drop the connection and the session.
    Handover,
    /// AUTH.
    Auth(Pending<Auth>),
    /// The client's response to a challenge.
    AuthResponse(Pending<AuthResponse>),
    /// ETRN.
    Etrn(Pending<Etrn>),
    /// ATRN.
    Atrn(Pending<Atrn>),
    /// XCLIENT.
    Xclient(Pending<Xclient>),
    /// XFORWARD.
    Xforward(Pending<Xforward>),
    /// BURL.
    Burl(Pending<Burl>),
    /// A verb of one's own.
    Unknown(Pending<Unknown>),
    /// Octets came while the client had to wait, behind that command (behind
    /// nothing: before the greeting). Only under
    /// [`EarlyInput::Flag`](super::EarlyInput::Flag).
    EarlyInput(Option<Verb>),
    /// The machine refused a command by itself. Only with
    /// [`Config::report_refused`](super::Config::report_refused).
    Refused(Refused),
    /// The session is over. Always last; what is in the output may still be
    /// written.
    Closed(CloseReason),
}

/// A command that the machine refused by itself: for logs, metrics, tarpits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The verb, as far as it was known.
    pub verb: Verb,
    /// The reply code.
    pub code: ReplyCode,
    /// What was wrong with the syntax, if that was it.
    pub error: Option<CommandError>,
}

/// Why a message will not become complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AbortReason {
    /// The peer's octets ended in the middle.
    #[error("the connection ended in the message")]
    Eof,
    /// The peer was too slow.
    #[error("the message took too long")]
    Timeout,
    /// It is larger than [`Limits::message`](super::Limits::message).
    #[error("the message is too big")]
    TooBig,
    /// It holds a CR or LF that is not part of a CR LF.
    #[error("the message has a bare CR or LF")]
    BareLineEnd,
    /// The application refused it ([`Server::refuse_body`](super::Server::refuse_body)),
    /// or closed the session between two chunks.
    #[error("the application refused the message")]
    Refused,
    /// Octets came before the 354.
    #[error("the client did not wait for the go-ahead")]
    EarlyInput,
    /// The client gave it up between two chunks: RSET, a hello, QUIT, or
    /// whatever the session was closed for.
    #[error("the client gave up the message")]
    GivenUp,
    /// The session was shut down.
    #[error("the session was shut down")]
    Shutdown,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client said QUIT.
    #[error("the client quit")]
    Quit,
    /// The peer's octets ended.
    #[error("the connection ended")]
    Eof,
    /// The peer, or the application, was too slow.
    #[error("timeout")]
    Timeout,
    /// More time than [`Timeouts::session`](super::Timeouts::session).
    #[error("the session took too long")]
    SessionTooLong,
    /// The client did not wait where it must.
    #[error("the client talked too soon")]
    EarlyInput,
    /// A command line ended with a bare LF.
    #[error("a bare line feed in a command")]
    BareLineFeed,
    /// More errors than [`Limits::errors`](super::Limits::errors).
    #[error("too many errors")]
    TooManyErrors,
    /// The first words were another protocol's.
    #[error("the client speaks another protocol")]
    CrossProtocol,
    /// A BDAT whose size cannot be read: where the next command is, is not known.
    #[error("a chunk of unknown size")]
    ChunkSize,
    /// More failed authentications than
    /// [`Limits::auth_failures`](super::Limits::auth_failures).
    #[error("too many failed authentications")]
    TooManyAuthFailures,
    /// More transactions than
    /// [`Limits::transactions`](super::Limits::transactions).
    #[error("too many transactions")]
    TooManyTransactions,
    /// ATRN has been accepted: once the output is written, the caller is the
    /// client on this connection (RFC 2645).
    #[error("the connection is turned round")]
    Turned,
    /// More commands than [`Limits::other_commands`](super::Limits::other_commands).
    #[error("too many commands")]
    TooManyCommands,
    /// More refused octets than [`Limits::discard`](super::Limits::discard).
    #[error("a refused message was too long to read to its end")]
    DiscardedTooMuch,
    /// The application closed the session with a refusal.
    #[error("the application closed the session")]
    Rejected,
    /// The session was shut down ([`Server::shutdown`](super::Server::shutdown)).
    #[error("the session was shut down")]
    Shutdown,
}

impl CloseReason {
    /// What it means for a message that is being received.
    pub(super) const fn of_message(self) -> AbortReason {
        match self {
            Self::Eof => AbortReason::Eof,
            Self::Timeout => AbortReason::Timeout,
            Self::EarlyInput => AbortReason::EarlyInput,
            Self::DiscardedTooMuch => AbortReason::TooBig,
            Self::Rejected => AbortReason::Refused,
            Self::Shutdown => AbortReason::Shutdown,
            _ => AbortReason::GivenUp,
        }
    }
}
