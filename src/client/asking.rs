//! What the application asks for.

use alloc::boxed::Box;

use bytes::Bytes;

use super::Client;
use super::body::{Body, BodyOptions};
use super::demand::{Demand, Terms};
use super::error::{DeliverError, OpenError, SendError, Undeliverable};
use super::event::{CloseReason, CommandId, TransactionId};
use super::opening::Opening;
use super::share::LeftOver;
use super::transaction::Transaction;
use super::turn::Job;
use crate::types::{Command, Envelope, SaslMessage};

/// What the application asks for. Nothing is in the output before the next
/// [`poll_event`](Self::poll_event), but for what is written to the body.
impl Client {
    /// Begins the session: waits for the greeting, says EHLO (LHLO under LMTP)
    /// and, where that is refused with 5yz, HELO (RFC 5321 §3.2); encrypts and
    /// authenticates it, as `opening` says. [`Event::Ready`](super::Event::Ready)
    /// tells that it is done; a server that refuses is told QUIT, and the
    /// session closes.
    ///
    /// Commands that are queued meanwhile, by [`send`](Self::send), leave when
    /// it is done.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Nothing has changed.
    pub fn open(&mut self, opening: Opening) -> Result<(), OpenError> {
        if !self.is_taking() {
            return Err(OpenError::Closed);
        }
        if self.opening.is_some() || self.state.capabilities.is_some() {
            return Err(OpenError::AlreadyOpen);
        }
        if !Command::Ehlo(opening.hello.clone()).fits_line() {
            return Err(OpenError::LineTooLong);
        }
        self.state.open(opening.tls, opening.auth);
        self.opening = Some(opening);
        Ok(())
    }

    /// Queues a command. It leaves when its turn comes: never before the
    /// greeting, and together with others only where PIPELINING is offered and
    /// RFC 2920 §3.1 allows it. The reply comes as [`Event::Reply`](super::Event::Reply).
    ///
    /// What the command means is the caller's business, also whether the server
    /// offered it. A hello that is accepted updates the
    /// [`capabilities`](Self::capabilities); after a DATA that is answered 354,
    /// there is a [`body`](Self::body), and what else is queued waits for its
    /// end; STARTTLS leads to [`Event::Handover`](super::Event::Handover), AUTH
    /// to [`Event::AuthChallenge`](super::Event::AuthChallenge)s; after ATRN or
    /// TURN that is accepted the session is [over](CloseReason::Turned); after
    /// QUIT nothing more is taken. Chunks go by [`send_chunk`](Self::send_chunk).
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing is queued then.
    pub fn send(&mut self, command: &Command<'_>) -> Result<CommandId, SendError> {
        self.check_queue()?;
        let is_last = command.is_last_in_group();
        match command {
            Command::Bdat { .. } => return Err(SendError::Unsupported),
            Command::Burl { last: true, .. } if self.state.is_lmtp => {
                return Err(SendError::Unsupported);
            }
            Command::StartTls if self.state.protection.is_encrypted => {
                return Err(SendError::AlreadyEncrypted);
            }
            _ => {}
        }
        if !command.fits_line() {
            return Err(SendError::LineTooLong);
        }
        if let Command::Auth {
            mechanism,
            initial_response,
        } = command
        {
            if self.state.exchange.is_some() {
                return Err(SendError::AuthOutstanding);
            }
            if !self.may_use(*mechanism) {
                return Err(SendError::Cleartext);
            }
            let id = self.next_id();
            let response = initial_response.clone().map(SaslMessage::into_owned);
            self.state.unanswered += 1;
            self.state.begin_auth(Some(id), *mechanism, response, None);
            self.state.jobs.push_back(Job::Auth);
            return Ok(id);
        }
        let id = self.next_id();
        let queued = self.lines.len();
        command.write(&mut self.lines);
        let octets = self.lines.len() - queued;
        self.state.send(id, command.verb(), octets, is_last);
        Ok(id)
    }

    /// Queues a chunk of a message by BDAT, of a transaction made of commands
    /// (RFC 3030 §2), as it is. It leaves when all before it are answered, but
    /// chunks follow each other where PIPELINING is offered.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing is queued then.
    pub fn send_chunk(&mut self, chunk: Bytes, is_last: bool) -> Result<CommandId, SendError> {
        self.check_queue()?;
        let id = self.next_id();
        self.payloads.push_back(chunk);
        self.state.unanswered += 1;
        self.state.jobs.push_back(Job::Chunk(id, is_last));
        Ok(id)
    }

    /// Queues octets that are said as they are, in their turn, and after which
    /// that many replies are awaited before anything else is said; they may
    /// come as soon as the octets begin to go out. For testers of servers: what
    /// the octets mean is nobody's business here, so the session is in doubt
    /// from then on, until RSET or a hello is accepted.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing is queued then.
    pub fn send_raw(&mut self, octets: Bytes, replies: usize) -> Result<CommandId, SendError> {
        self.check_queue()?;
        let limit = self.config.limits.commands;
        if limit.is_some_and(|limit| replies > limit) {
            return Err(SendError::QueueFull);
        }
        let id = self.next_id();
        self.payloads.push_back(octets);
        self.state.unanswered = self.state.unanswered.saturating_add(replies);
        self.state.is_in_doubt = true;
        self.state.jobs.push_back(Job::Raw(id, replies));
        Ok(id)
    }

    /// Queues a transaction: MAIL, a RCPT for each recipient, DATA, in one
    /// flight where PIPELINING is offered, or BDAT once all recipients are
    /// answered. [`Event::BodyWanted`](super::Event::BodyWanted) comes if
    /// anybody was accepted, and in the end [`Event::Report`](super::Event::Report),
    /// always.
    ///
    /// Transactions follow each other; where PIPELINING is offered, the
    /// envelope of the next goes out behind the final dot of the one before it
    /// (RFC 2920 §3.1).
    ///
    /// SIZE, BODY and SMTPUTF8 are set as `options` and the envelope need them;
    /// of the other parameters those are sent that the server offers, and of
    /// the rest becomes what [`Config::parameters`](super::Config::parameters)
    /// says. Recipients beyond what the server takes in a transaction (RFC 9422)
    /// are not named, and are left over.
    ///
    /// # Errors
    ///
    /// See [`Undeliverable`]. Nothing is sent then, and the envelope comes back.
    pub fn deliver(
        &mut self,
        envelope: Envelope,
        options: BodyOptions,
    ) -> Result<TransactionId, DeliverError> {
        let (demand, left_over) = match self.check(&envelope, &options) {
            Ok(checked) => checked,
            Err(reason) => {
                return Err(DeliverError {
                    reason,
                    envelope: Box::new(envelope),
                });
            }
        };
        let id = TransactionId(self.transactions);
        self.transactions += 1;
        let transaction = Transaction::new(
            id,
            envelope,
            demand,
            options.line_ends,
            left_over,
            self.config.limits.report,
        );
        self.state.deliver(transaction);
        Ok(id)
    }

    /// The message that the server waits for: from
    /// [`Event::BodyWanted`](super::Event::BodyWanted) on, or a 354 to a DATA of
    /// one's own, until it is finished.
    pub fn body(&mut self) -> Option<Body<'_>> {
        Body::new(self)
    }

    /// Says QUIT when all that was asked for before is done, and takes nothing
    /// more (RFC 5321 §4.1.1.10). Where the session waits for a choice of
    /// [mechanism](super::Event::AuthWanted), at once. Once is enough.
    pub fn quit(&mut self) {
        self.state.quit();
    }

    /// Gives up: nothing more is said, and [`Event::Closed`](super::Event::Closed)
    /// follows, after the reports if there are transactions. Close the
    /// connection then; that is the only way to leave a message unfinished.
    pub fn abort(&mut self) {
        self.close(CloseReason::Aborted);
    }
}

impl Client {
    fn next_id(&mut self) -> CommandId {
        let id = CommandId(self.commands);
        self.commands += 1;
        id
    }

    /// Whether anything may be queued.
    fn check_queue(&self) -> Result<(), SendError> {
        if !self.is_taking() {
            return Err(SendError::Closed);
        }
        if self.state.is_starting_tls() {
            return Err(SendError::StartTlsOutstanding);
        }
        let limit = self.config.limits.commands;
        if limit.is_some_and(|limit| self.state.unanswered >= limit) {
            return Err(SendError::QueueFull);
        }
        Ok(())
    }

    /// Whether the envelope may be sent, and how.
    fn check(
        &self,
        envelope: &Envelope,
        options: &BodyOptions,
    ) -> Result<(Demand, LeftOver), Undeliverable> {
        if !self.is_taking() {
            return Err(Undeliverable::Closed);
        }
        if self.state.is_in_doubt {
            return Err(Undeliverable::InDoubt);
        }
        let offered = self.state.capabilities.as_ref();
        let offered = offered.filter(|_| self.state.is_ready());
        let offered = offered.ok_or(Undeliverable::NotReady)?;
        if self.state.is_in_transaction_by_hand() {
            return Err(Undeliverable::Busy);
        }
        let most = self.config.limits.transactions;
        if most.is_some_and(|most| self.state.transactions.len() >= most) {
            return Err(Undeliverable::QueueFull);
        }
        if envelope.recipients.is_empty() {
            return Err(Undeliverable::NoRecipients);
        }
        let limits = offered.limits();
        if let Some(limit) = limits.mails().filter(|&limit| self.state.mails >= limit) {
            return Err(Undeliverable::TooManyMessages { limit });
        }
        let terms = Terms {
            offered,
            policy: self.config.parameters,
            is_encrypted: self.state.protection.is_encrypted,
        };
        let demand = terms.demand(envelope, options)?;
        Ok((demand, LeftOver::new(envelope, limits)))
    }
}
