//! Every transition of a session. Touches no octet.
//!
//! Here: what the application asks for, and how it ends. What is said next is
//! in `saying`, what replies do in `hearing` and `setup`.

use alloc::collections::VecDeque;
use core::mem;

use super::auth::Exchange;
use super::body::Encoder;
use super::config::Config;
use super::event::{CloseReason, CommandId, Event};
use super::opening::{AuthPolicy, Hello, TlsPolicy};
use super::report::Outcome;
use super::transaction::Transaction;
use super::turn::{Awaited, Expected, Framing, Hold, Job, Wait};
use crate::types::{Capabilities, Extension, Protocol, Reply, Verb};

/// Entries of an empty queue that are kept for the next.
const KEPT: usize = 16;

/// Where a session is in its life.
#[derive(Debug)]
pub(super) enum Life {
    Open,
    /// QUIT is queued or was said, and that is why.
    Quitting(CloseReason),
    /// It is over, and the application is to hear why.
    Closing(CloseReason),
    Closed,
}

/// A message that the application is giving.
#[derive(Debug)]
pub(super) struct Giving {
    pub(super) encoder: Encoder,
    /// The DATA that `send` was given; none: the transaction's.
    pub(super) command: Option<CommandId>,
    /// Whether anything of it was given.
    pub(super) has_begun: bool,
}

impl Giving {
    pub(super) const fn new(encoder: Encoder, command: Option<CommandId>) -> Self {
        Self {
            encoder,
            command,
            has_begun: false,
        }
    }
}

/// What `open` asked for and is not done yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) tls: TlsPolicy,
    pub(super) auth: AuthPolicy,
}

/// What protects the session.
#[derive(Debug, Default)]
pub(super) struct Protection {
    pub(super) is_encrypted: bool,
    pub(super) is_authenticated: bool,
    /// Whether STARTTLS was ever said.
    pub(super) has_said_starttls: bool,
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a question of its own
pub(super) struct State {
    pub(super) is_lmtp: bool,
    /// Whether 250 is taken for 354.
    pub(super) takes_ok_to_data: bool,
    /// Whether PIPELINING is used where it is offered.
    pub(super) may_pipeline: bool,
    pub(super) challenges: Option<usize>,
    pub(super) life: Life,
    pub(super) awaited: VecDeque<Expected>,
    pub(super) jobs: VecDeque<Job>,
    /// In the order of their jobs. The first may have none any more: it is
    /// said, and its replies are awaited.
    pub(super) transactions: VecDeque<Transaction>,
    /// How many have none: 1 or 0.
    pub(super) said: usize,
    pub(super) giving: Option<Giving>,
    pub(super) capabilities: Option<Capabilities<'static>>,
    pub(super) plan: Option<Plan>,
    pub(super) hold: Option<Hold>,
    pub(super) exchange: Option<Exchange>,
    /// What the application is to hear before anything else happens.
    pub(super) news: VecDeque<Event>,
    pub(super) protection: Protection,
    /// Where the output is to be cut: what is behind must not be said.
    pub(super) cut: Option<u64>,
    /// Recipients accepted in a transaction made of commands, if there is one.
    pub(super) by_hand: Option<usize>,
    /// Whether the server refused to reset, or was told nobody knows what.
    pub(super) is_in_doubt: bool,
    /// Transactions that the server has been told of, or will be.
    pub(super) mails: u32,
    /// Commands that `send` was given and that have no reply.
    pub(super) unanswered: usize,
    /// Replies so far; wraps.
    pub(super) replies: u64,
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        let greeting = Expected {
            what: Awaited::Greeting,
            end: 0,
        };
        Self {
            is_lmtp: config.protocol == Protocol::Lmtp,
            takes_ok_to_data: config.leniency.ok_to_data,
            may_pipeline: config.pipelining,
            challenges: config.limits.challenges,
            life: Life::Open,
            awaited: VecDeque::from([greeting]),
            jobs: VecDeque::new(),
            transactions: VecDeque::new(),
            said: 0,
            giving: None,
            capabilities: None,
            plan: None,
            hold: None,
            exchange: None,
            news: VecDeque::new(),
            protection: Protection::default(),
            cut: None,
            by_hand: None,
            is_in_doubt: false,
            mails: 0,
            unanswered: 0,
            replies: 0,
        }
    }

    // Views.

    /// Whether more may be asked for.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.life, Life::Open)
    }

    /// Whether replies are of interest.
    pub(super) const fn is_listening(&self) -> bool {
        matches!(self.life, Life::Open | Life::Quitting(_))
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.life, Life::Closed)
    }

    /// Whether the TLS handshake is under way.
    pub(super) fn is_handing_over(&self) -> bool {
        self.is_listening() && self.hold == Some(Hold::Handover)
    }

    pub(super) fn offers(&self, extension: Extension) -> bool {
        let offered = self.capabilities.as_ref();
        offered.is_some_and(|offered| offered.offers(extension))
    }

    pub(super) fn giving(&mut self) -> Option<&mut Giving> {
        self.giving.as_mut()
    }

    /// The transaction that is being said, or will be.
    pub(super) fn saying(&mut self) -> Option<&mut Transaction> {
        self.transactions.get_mut(self.said)
    }

    /// Whether nothing is outstanding, begun, or in doubt.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_open()
            && self.is_ready()
            && self.hold.is_none()
            && self.news.is_empty()
            && self.jobs.is_empty()
            && self.awaited.is_empty()
            && self.transactions.is_empty()
            && self.by_hand.is_none()
            && self.giving.is_none()
            && !self.is_in_doubt
    }

    /// Whether there is a transaction made of commands, or will be.
    pub(super) fn is_in_transaction_by_hand(&self) -> bool {
        let is_given = |giving: &Giving| giving.command.is_some();
        self.by_hand.is_some()
            || self.giving.as_ref().is_some_and(is_given)
            || self.expects(|verb| {
                matches!(
                    verb,
                    Verb::Mail
                        | Verb::Send
                        | Verb::Soml
                        | Verb::Saml
                        | Verb::Rcpt
                        | Verb::Data
                        | Verb::Burl
                )
            })
    }

    /// Whether what is offered is known, and not about to change.
    pub(super) fn is_ready(&self) -> bool {
        self.capabilities.is_some()
            && self.plan.is_none()
            && self.hold.is_none()
            && !self.expects(|verb| {
                matches!(
                    verb,
                    Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Xclient | Verb::StartTls
                )
            })
    }

    /// Whether STARTTLS that `send` was given is outstanding, or its TLS is.
    pub(super) fn is_starting_tls(&self) -> bool {
        self.expects(|verb| verb == Verb::StartTls) || self.is_handing_over() && self.plan.is_none()
    }

    /// Whether octets that nobody knows the meaning of are queued or unanswered.
    pub(super) fn is_raw_outstanding(&self) -> bool {
        let is_raw = |expected: &Expected| matches!(expected.what, Awaited::Raw(_));
        self.awaited.iter().any(is_raw) || self.jobs.iter().any(|job| matches!(job, Job::Raw(..)))
    }

    /// Whether such a command that `send` was given is outstanding.
    fn expects(&self, is_such: impl Fn(Verb) -> bool) -> bool {
        let said = self.awaited.iter().any(|expected| match expected.what {
            Awaited::Command(_, verb, _) => is_such(verb),
            _ => false,
        });
        said || self.jobs.iter().any(|job| match job {
            Job::Command(_, verb, _, _) => is_such(*verb),
            _ => false,
        })
    }

    /// What is being waited for, where the transport has taken so many octets
    /// of the output, and there may be more.
    pub(super) fn wait(&self, taken: u64, is_unsaid: bool) -> Option<Wait> {
        if !self.is_listening() {
            return None;
        }
        match self.hold {
            Some(Hold::Handover) => return Some(Wait::Tls),
            Some(Hold::AuthChoice | Hold::Challenge) => return Some(Wait::Application),
            None => {}
        }
        let Some(front) = self.awaited.front() else {
            return self.giving.as_ref().map(|_| match is_unsaid {
                true => Wait::DataBlock,
                false => Wait::Application,
            });
        };
        if front.end > taken && (front.what.is_message() || self.giving.is_some()) {
            return Some(Wait::DataBlock);
        }
        Some(match front.what {
            Awaited::Greeting => Wait::Greeting,
            Awaited::Data | Awaited::Command(_, Verb::Data, _) => Wait::Data,
            Awaited::Completion(_) | Awaited::CommandBody(_) => Wait::Completion,
            Awaited::Quit | Awaited::Command(_, Verb::Quit, _) => Wait::Quit,
            Awaited::Command(_, Verb::Atrn | Verb::Turn, _) => Wait::Turn,
            _ => Wait::Command,
        })
    }

    // What the application asks for; it has been checked.

    pub(super) fn open(&mut self, tls: TlsPolicy, auth: AuthPolicy) {
        self.protection.is_encrypted = tls == TlsPolicy::AlreadyOn;
        self.plan = Some(Plan { tls, auth });
        self.jobs.push_back(Job::Hello(self.first_hello()));
    }

    pub(super) const fn first_hello(&self) -> Hello {
        if self.is_lmtp {
            Hello::Lhlo
        } else {
            Hello::Ehlo
        }
    }

    pub(super) fn send(&mut self, id: CommandId, verb: Verb, octets: usize, is_last: bool) {
        self.unanswered += 1;
        if matches!(verb, Verb::Mail | Verb::Send | Verb::Soml | Verb::Saml) {
            self.mails = self.mails.saturating_add(1);
        }
        self.jobs.push_back(Job::Command(id, verb, octets, is_last));
        if verb == Verb::Quit {
            self.life = Life::Quitting(CloseReason::Quit);
        }
    }

    pub(super) fn deliver(&mut self, transaction: Transaction) {
        self.mails = self.mails.saturating_add(1);
        self.transactions.push_back(transaction);
        self.jobs.push_back(Job::Deliver);
    }

    pub(super) fn quit(&mut self) {
        if self.is_listening() && self.hold == Some(Hold::AuthChoice) {
            // What was queued to be said with authority is not said without.
            self.hold = None;
            self.plan = None;
            self.give_up(CloseReason::Quit);
        } else if self.is_open() {
            self.life = Life::Quitting(CloseReason::Quit);
            self.jobs.push_back(Job::Quit);
        }
    }

    /// The message has been given to its dot, which ends there.
    pub(super) fn on_dot(&mut self, end: u64) {
        let Some(giving) = self.giving.take() else {
            return;
        };
        let (what, accepted) = match (giving.command, self.transactions.front_mut()) {
            (Some(id), _) => (Awaited::CommandBody(id), self.by_hand.unwrap_or(0)),
            (None, Some(transaction)) => {
                transaction.on_body_given();
                (Awaited::Completion(Framing::Dots), transaction.accepted())
            }
            (None, None) => return,
        };
        self.expect_completion(what, accepted, end);
    }

    /// A reply to the message is awaited, or under LMTP one for each recipient.
    pub(super) fn expect_completion(&mut self, what: Awaited, accepted: usize, end: u64) {
        let replies = if self.is_lmtp { accepted } else { 1 };
        let expected = Expected { what, end };
        self.awaited.extend(core::iter::repeat_n(expected, replies));
        if replies == 0 {
            self.by_hand = None;
        }
    }

    /// Gives back what queues needed that are empty.
    pub(super) fn give_back(&mut self) {
        if self.awaited.is_empty() && self.awaited.capacity() > KEPT {
            self.awaited = VecDeque::new();
        }
        if self.jobs.is_empty() && self.jobs.capacity() > KEPT {
            self.jobs = VecDeque::new();
        }
    }

    // How it ends.

    /// Says QUIT, and nothing else any more.
    pub(super) fn give_up(&mut self, reason: CloseReason) {
        self.plan = None;
        self.jobs.clear();
        self.jobs.push_back(Job::Quit);
        self.life = Life::Quitting(reason);
    }

    /// QUIT was answered, however.
    pub(super) fn end_quit(&mut self, taken: u64) {
        let reason = match &self.life {
            Life::Quitting(reason) => reason.clone(),
            _ => CloseReason::Quit,
        };
        self.close(reason, None, taken);
    }

    /// The session is over; all that is outstanding gets its outcome, by
    /// `reply` if the server said so. A session that only waits for the reply
    /// to QUIT ends for the reason for which QUIT was said.
    pub(super) fn close(
        &mut self,
        reason: CloseReason,
        reply: Option<&Reply<'static>>,
        taken: u64,
    ) {
        let awaits_quit = self
            .awaited
            .front()
            .is_some_and(|expected| expected.what.is_quit());
        self.life = match mem::replace(&mut self.life, Life::Closed) {
            Life::Quitting(reason) if awaits_quit => Life::Closing(reason),
            Life::Open | Life::Quitting(_) => Life::Closing(reason),
            over @ (Life::Closing(_) | Life::Closed) => {
                self.life = over;
                return;
            }
        };
        let end_of = |is_it: fn(Awaited) -> bool| {
            let mut awaited = self.awaited.iter();
            awaited
                .find(|expected| is_it(expected.what))
                .map_or(0, |expected| expected.end)
        };
        let is_mail_out = end_of(|what| what == Awaited::Mail) <= taken;
        let is_out = end_of(|what| matches!(what, Awaited::Completion(_))) <= taken;
        let after_end = is_out.then_some(match self.is_lmtp {
            // RFC 2033 §5: replies that do not come are temporary failures.
            true => Outcome::Transient,
            false => Outcome::Unknown,
        });
        for transaction in &mut self.transactions {
            let has_begun = !transaction.is_new() && (transaction.has_mail_reply() || is_mail_out);
            transaction.on_closing(reply, has_begun, after_end);
        }
        self.awaited.clear();
        self.jobs.clear();
        self.news.clear();
        self.giving = None;
        self.exchange = None;
        self.hold = None;
    }

    /// What the application is to hear at the end: the reports, the reason.
    pub(super) fn ending(&mut self) -> Option<Event> {
        if !matches!(self.life, Life::Closing(_)) {
            return None;
        }
        if let Some(report) = self.report() {
            return Some(report);
        }
        match mem::replace(&mut self.life, Life::Closed) {
            Life::Closing(reason) => Some(Event::Closed(reason)),
            _ => None,
        }
    }
}
