//! Whose turn it is: what is to be said, and what has been and is not answered.

use super::event::{CommandId, Event};
use super::opening::Hello;
use super::transaction::Say;
use crate::types::Verb;

/// How the octets of a message are marked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By a dot, behind DATA (RFC 5321 §4.1.1.4).
    Dots,
    /// By their number, in BDAT (RFC 3030 §2).
    Chunks,
}

/// What the next reply will be to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Greeting,
    /// What `open` says.
    Hello(Hello),
    StartTls,
    /// AUTH, or a response inside its exchange.
    Auth,
    /// What `send` was given; whether nothing may follow it in a group.
    Command(CommandId, Verb, bool),
    /// A chunk that `send_chunk` was given, not the last.
    CommandChunk(CommandId),
    /// The message behind a DATA that `send` was given, or its last chunk.
    CommandBody(CommandId),
    /// What `send_raw` was given.
    Raw(CommandId),
    /// What the transaction says.
    Mail,
    Rcpt,
    Data,
    /// BDAT, not the last one.
    Chunk,
    Completion(Framing),
    Rset,
    /// What `quit`, or a refused service, says.
    Quit,
}

impl Awaited {
    /// Whether nothing may be said before this has been answered (RFC 2920
    /// §3.1, RFC 3030 §2).
    pub(super) const fn is_last_in_group(self) -> bool {
        match self {
            Self::Mail | Self::Rcpt | Self::Rset | Self::Chunk | Self::CommandChunk(_) => false,
            Self::Command(_, _, is_last) => is_last,
            Self::Greeting
            | Self::Hello(_)
            | Self::StartTls
            | Self::Auth
            | Self::CommandBody(_)
            | Self::Raw(_)
            | Self::Data
            | Self::Completion(_)
            | Self::Quit => true,
        }
    }

    pub(super) const fn is_quit(self) -> bool {
        matches!(self, Self::Quit | Self::Command(_, Verb::Quit, _))
    }

    /// Whether it is the message, or a part of it.
    pub(super) const fn is_message(self) -> bool {
        matches!(
            self,
            Self::Chunk | Self::Completion(_) | Self::CommandChunk(_) | Self::CommandBody(_)
        )
    }
}

/// What is awaited, and where in the output it ends, in octets ever written.
///
/// A reply that comes before that octet has been handed to the transport is no
/// answer to it (attack rule A14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) what: Awaited,
    pub(super) end: u64,
}

impl Expected {
    /// Where it ends is [stamped](super::state::State::stamp) once it is written.
    pub(super) const UNSTAMPED: u64 = u64::MAX;

    pub(super) const fn unstamped(what: Awaited) -> Self {
        Self {
            what,
            end: Self::UNSTAMPED,
        }
    }
}

/// What is to be said when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Hello(Hello),
    StartTls,
    /// AUTH; the exchange is in the state.
    Auth,
    /// A response inside the exchange, or its end.
    AuthLine,
    /// A command that `send` was given, the octets of its line, and whether
    /// nothing may follow it in a group.
    Command(CommandId, Verb, usize, bool),
    /// What `send_raw` was given, and how many replies it has.
    Raw(CommandId, usize),
    /// What `send_chunk` was given, and whether it is the last.
    Chunk(CommandId, bool),
    /// All that the transaction says.
    Deliver,
    Quit,
}

impl Job {
    /// Whether RFC 2920 §3.1 lets it follow a message in its group: what may
    /// stand anywhere in one.
    pub(super) const fn may_follow_message(self) -> bool {
        matches!(self, Self::Deliver | Self::Command(_, _, _, false))
    }
}

/// What to say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Hello(Hello),
    StartTls,
    Auth,
    AuthLine,
    /// The first line, of so many octets, of those that `send` was given.
    Line(usize),
    /// What `send_raw` was given first.
    Raw,
    /// What `send_chunk` was given first; whether it is the last chunk.
    Payload(bool),
    /// So many octets of the message, by BDAT; whether they are the last.
    Chunk(usize, bool),
    /// What the transaction says.
    Say(Say),
    Quit,
    /// Nothing; the application is to hear this.
    Tell(Event),
    /// Nothing, but the next thing may be.
    Again,
    /// Nothing.
    Wait,
}

/// What is being waited for, for the timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Greeting,
    Command,
    Data,
    DataBlock,
    Completion,
    /// The reply to ATRN or TURN.
    Turn,
    /// The TLS handshake.
    Tls,
    /// The application: a message, or a SASL response.
    Application,
    Quit,
}

/// What the application must do before anything else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The TLS handshake.
    Handover,
    /// A choice of mechanism, or to go without.
    AuthChoice,
    /// A SASL response.
    Challenge,
}
