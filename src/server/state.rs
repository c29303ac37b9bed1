//! Where a session stands, and what may come next. Knows no octets.

use super::event::CloseReason;
use super::replies::{self, Said};
use crate::types::{BodyType, Protocol, Verb};

/// What the machine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has happened.
    Start,
    /// A command is wanted.
    Command,
    /// A line of an AUTH exchange is wanted.
    AuthLine,
    /// The application owes an answer.
    Owed(Subject),
    /// A reply is staged; the next poll shows it.
    Answered(Subject, Next),
    /// A message, or a chunk of one, is being received.
    Body(Framing),
    /// A message, or a chunk, is being received that nobody wants; its reply is
    /// staged.
    Swallow(Framing),
    /// The 220 to STARTTLS is being written.
    TlsReply,
    /// The caller does the TLS handshake.
    TlsHandshake,
    /// The last event is due.
    Closing(CloseReason),
    /// The last event has been told.
    Closed,
}

/// How the end of what is being received is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By a line that is a dot.
    Dot,
    /// By counting.
    Chunk,
}

/// What a reply is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The connection: the reply is the greeting.
    Connection,
    /// A command.
    Command(Verb),
    /// An AUTH command that brings an initial response.
    AuthWithInitialResponse,
    /// A line of an AUTH exchange.
    AuthLine,
    /// The first BDAT or BURL, whose chunk is behind it.
    Chunk(Verb),
    /// A message.
    Message,
}

/// What comes after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A command.
    Command,
    /// A line of an AUTH exchange.
    AuthLine,
    /// The message, or a chunk of it.
    Body(Framing),
    /// A chunk that nobody wants; what is staged is said at its end.
    Swallow,
    /// The question about a BURL.
    Burl,
    /// In LMTP, the question about the next recipient.
    Recipient,
    /// The TLS handshake.
    Tls,
    /// A refusal: the AUTH exchange has gone on for too long.
    NoMoreRounds,
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
    /// A chunk has been received.
    Chunks,
    /// A chunk has been refused: so are all others, up to the last one.
    Refused,
}

/// All that decides what may come next.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
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
    /// That they have been is told; the reply is still to come.
    pub(super) flagged: bool,
    /// RSET is to be told.
    pub(super) reset: bool,
    /// The verb of a line that is too long to be a command.
    pub(super) long_verb: Verb,
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
            flagged: false,
            reset: false,
            long_verb: Verb::Unknown,
        }
    }

    /// Whether that command may come now (RFC 5321 §4.1.4).
    pub(super) fn check_order(
        &self,
        verb: Verb,
        protocol: Protocol,
        body: BodyType,
    ) -> Result<(), Said> {
        if self.turned_away && verb != Verb::Quit {
            return Err(replies::NO_SERVICE);
        }
        match (verb, protocol) {
            // RFC 2033 §4.1: LHLO replaces EHLO and HELO.
            (Verb::Ehlo | Verb::Helo, Protocol::Lmtp) | (Verb::Lhlo, Protocol::Smtp) => {
                Err(replies::UNKNOWN_COMMAND)
            }
            (Verb::Mail, _) => self.check_mail(),
            (Verb::Rcpt, _) => self.check_rcpt(),
            (Verb::Data, _) => self.check_data(protocol, body),
            (Verb::Bdat | Verb::Burl, _) => self.check_chunk(protocol),
            (
                Verb::StartTls
                | Verb::Auth
                | Verb::Etrn
                | Verb::Atrn
                | Verb::Xclient
                | Verb::Xforward,
                _,
            ) => self.check_no_transaction(),
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
            Transaction::Chunks | Transaction::Refused => Err(replies::DATA_AFTER_BDAT),
        }
    }

    fn check_data(&self, protocol: Protocol, body: BodyType) -> Result<(), Said> {
        self.check_recipients(protocol)?;
        match self.transaction {
            // RFC 3030 §2: not both.
            Transaction::Chunks | Transaction::Refused => Err(replies::DATA_AFTER_BDAT),
            // RFC 3030 §3
            _ if body == BodyType::BinaryMime => Err(replies::DATA_FOR_BINARY),
            _ => Ok(()),
        }
    }

    fn check_chunk(&self, protocol: Protocol) -> Result<(), Said> {
        self.check_recipients(protocol)?;
        match self.transaction {
            Transaction::Refused => Err(replies::REFUSED_BEFORE),
            _ => Ok(()),
        }
    }

    /// RFC 5321 §3.3: 503 or 554. RFC 2033 §4.2: always 503.
    const fn check_recipients(&self, protocol: Protocol) -> Result<(), Said> {
        match (self.transaction, protocol) {
            (Transaction::None, _) => Err(replies::MAIL_FIRST),
            (Transaction::Mail, Protocol::Smtp) => Err(replies::NO_VALID_RECIPIENTS),
            (Transaction::Mail, Protocol::Lmtp) => Err(replies::RCPT_FIRST),
            _ => Ok(()),
        }
    }

    fn check_no_transaction(&self) -> Result<(), Said> {
        match self.transaction {
            Transaction::None => Ok(()),
            _ => Err(replies::IN_TRANSACTION),
        }
    }

    /// Whether the peer must wait for the reply to `subject` before it sends
    /// more (RFC 2920 §3.1): always without PIPELINING, otherwise for the
    /// greeting and behind the commands that end a group.
    ///
    /// HELP is in neither list of the RFC; nobody is turned away for it. What
    /// follows QUIT is ignored. The octets behind a message may be the next
    /// commands, those behind BDAT are its chunk.
    pub(super) const fn must_wait(&self, subject: Subject, pipelining: bool) -> bool {
        let may_group = pipelining && matches!(self.dialect, Some(Dialect::Extended));
        match subject {
            Subject::Command(Verb::Quit) | Subject::Chunk(_) => false,
            Subject::Connection
            | Subject::AuthLine
            | Subject::Command(
                Verb::Ehlo
                | Verb::Helo
                | Verb::Lhlo
                | Verb::Data
                | Verb::StartTls
                | Verb::Auth
                | Verb::Vrfy
                | Verb::Expn
                | Verb::Noop
                | Verb::Turn
                | Verb::Atrn
                | Verb::Xclient,
            ) => true,
            Subject::AuthWithInitialResponse | Subject::Command(_) | Subject::Message => !may_group,
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
            Next::Command | Next::NoMoreRounds => Phase::Command,
            Next::AuthLine => Phase::AuthLine,
            Next::Body(framing) => Phase::Body(framing),
            Next::Swallow => Phase::Swallow(Framing::Chunk),
            Next::Burl => Phase::Owed(Subject::Command(Verb::Burl)),
            Next::Recipient => Phase::Owed(Subject::Message),
            Next::Tls => Phase::TlsReply,
            Next::Close(reason) => Phase::Closing(reason),
        };
    }

    /// What was said in the clear is forgotten (RFC 3207 §4.2), what was
    /// counted is not.
    pub(super) const fn reset_session(&mut self) {
        self.dialect = None;
        self.transaction = Transaction::None;
    }
}
