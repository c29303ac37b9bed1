//! Whose turn it is: what is to be said, and what has been and is not answered.

use super::event::{CommandId, Event};
use super::opening::Hello;
use super::transaction::Say;
use crate::types::Verb;

/// What the next reply will be to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Greeting,
    /// What `open` says.
    Hello(Hello),
    /// What `send` was given.
    Command(CommandId, Verb),
    /// The message behind a DATA that `send` was given.
    CommandBody(CommandId),
    /// What the transaction says.
    Mail,
    Rcpt,
    Data,
    Completion,
    Rset,
    /// What `quit`, or a refused service, says.
    Quit,
}

impl Awaited {
    /// Whether nothing may be said before this has been answered (RFC 2920 §3.1).
    pub(super) const fn is_last_in_group(self) -> bool {
        match self {
            Self::Mail | Self::Rcpt | Self::Rset => false,
            Self::Command(_, verb) => verb.is_last_in_group(),
            Self::Greeting
            | Self::Hello(_)
            | Self::CommandBody(_)
            | Self::Data
            | Self::Completion
            | Self::Quit => true,
        }
    }

    pub(super) const fn is_quit(self) -> bool {
        matches!(self, Self::Quit | Self::Command(_, Verb::Quit))
    }
}

/// What is to be said when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Hello(Hello),
    /// A command that `send` was given, and the octets of its line.
    Command(CommandId, Verb, usize),
    /// All that the transaction says.
    Deliver,
    Quit,
}

/// What to say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Hello(Hello),
    /// The first line, of so many octets, of those that `send` was given.
    Line(usize),
    /// What the transaction says.
    Say(Say),
    Quit,
    /// Nothing; the application is to hear this.
    Tell(Event),
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
    Quit,
}
