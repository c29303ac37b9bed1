//! Where a session stands, and what may come next. Knows no octets.

use super::config::Protocol;
use super::event::CloseReason;
use super::replies::{self, Said};
use crate::types::Verb;

/// What the machine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has happened.
    Start,
    /// A command is wanted.
    Command,
    /// The application owes an answer.
    Owed(Subject),
    /// A reply is staged; the next poll shows it.
    Answered(Subject, Next),
    /// A message is being received.
    Body,
    /// A message is being received that nobody wants; its reply is staged.
    Swallow,
    /// The last event is due.
    Closing(CloseReason),
    /// The last event has been told.
    Closed,
}

/// What a reply is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The connection: the reply is the greeting.
    Connection,
    /// A command.
    Command(Verb),
    /// A message.
    Message,
}

/// What comes after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A command.
    Command,
    /// The message.
    Body,
    /// In LMTP, the question about the next recipient.
    Recipient,
    /// The end of the session.
    Close(CloseReason),
}

/// What the peer said hello with, which decides about extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// EHLO or LHLO: what is offered may be used.
    Extended,
    /// HELO: there are no extensions.
    Plain,
}

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Transaction {
    /// There is none.
    #[default]
    None,
    /// MAIL has been accepted.
    Mail,
    /// RCPT has been accepted, at least once.
    Rcpt,
}

/// All that decides what may come next.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) dialect: Option<Dialect>,
    pub(super) transaction: Transaction,
    /// The connection was refused: only QUIT is left (RFC 5321 §3.1).
    pub(super) turned_away: bool,
    /// No more octets will come.
    pub(super) eof: bool,
    /// Octets have been seen while the client had to wait.
    pub(super) early: bool,
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Start,
            dialect: None,
            transaction: Transaction::None,
            turned_away: false,
            eof: false,
            early: false,
        }
    }

    /// Whether that command may come now (RFC 5321 §4.1.4).
    pub(super) fn check_order(&self, verb: Verb, protocol: Protocol) -> Result<(), Said> {
        if self.turned_away && verb != Verb::Quit {
            return Err(replies::NO_SERVICE);
        }
        match (verb, protocol) {
            // RFC 2033 §4.1: LHLO replaces EHLO and HELO.
            (Verb::Ehlo | Verb::Helo, Protocol::Lmtp)
            | (Verb::Lhlo, Protocol::Smtp)
            | (Verb::Unknown, _) => Err(replies::UNKNOWN_COMMAND),
            (Verb::Mail, _) => self.check_mail(),
            (Verb::Rcpt, _) => self.check_rcpt(),
            (Verb::Data, _) => self.check_data(protocol),
            _ => Ok(()),
        }
    }

    fn check_mail(&self) -> Result<(), Said> {
        if self.dialect.is_none() {
            Err(replies::HELLO_FIRST)
        } else if self.transaction != Transaction::None {
            Err(replies::NESTED_MAIL)
        } else {
            Ok(())
        }
    }

    const fn check_rcpt(&self) -> Result<(), Said> {
        match self.transaction {
            Transaction::None => Err(replies::MAIL_FIRST),
            Transaction::Mail | Transaction::Rcpt => Ok(()),
        }
    }

    /// RFC 5321 §3.3: 503 or 554. RFC 2033 §4.2: always 503.
    const fn check_data(&self, protocol: Protocol) -> Result<(), Said> {
        match (self.transaction, protocol) {
            (Transaction::None, _) => Err(replies::MAIL_FIRST),
            (Transaction::Mail, Protocol::Smtp) => Err(replies::NO_VALID_RECIPIENTS),
            (Transaction::Mail, Protocol::Lmtp) => Err(replies::RCPT_FIRST),
            (Transaction::Rcpt, _) => Ok(()),
        }
    }

    /// Whether the peer must wait for the reply to `subject` before it sends
    /// more (RFC 2920 §3.1): always without PIPELINING, otherwise for the
    /// greeting and behind the commands that end a group.
    ///
    /// HELP is in neither list of the RFC; nobody is turned away for it. What
    /// follows QUIT is ignored. The octets behind a message may be the next
    /// commands.
    pub(super) const fn must_wait(&self, subject: Subject, pipelining: bool) -> bool {
        let may_group = pipelining && matches!(self.dialect, Some(Dialect::Extended));
        match subject {
            Subject::Command(Verb::Quit) => false,
            Subject::Connection
            | Subject::Command(
                Verb::Ehlo
                | Verb::Helo
                | Verb::Lhlo
                | Verb::Data
                | Verb::Vrfy
                | Verb::Expn
                | Verb::Noop,
            ) => true,
            Subject::Command(_) | Subject::Message => !may_group,
        }
    }

    /// The application is asked.
    pub(super) const fn ask(&mut self, subject: Subject) {
        self.phase = Phase::Owed(subject);
        self.early = false;
    }

    /// The reply is known.
    pub(super) const fn answer(&mut self, subject: Subject, next: Next) {
        self.phase = Phase::Answered(subject, next);
    }

    /// The reply has been given.
    pub(super) const fn proceed(&mut self, next: Next) {
        self.early = false;
        self.phase = match next {
            Next::Command => Phase::Command,
            Next::Body => Phase::Body,
            Next::Recipient => Phase::Owed(Subject::Message),
            Next::Close(reason) => Phase::Closing(reason),
        };
    }

    /// Whether a message is being received that the application wants.
    pub(super) const fn in_wanted_body(&self) -> bool {
        matches!(self.phase, Phase::Body | Phase::Answered(_, Next::Body))
    }
}
