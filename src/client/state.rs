//! Every transition of a session. Touches no octet.

use alloc::collections::VecDeque;
use core::mem;

use super::event::{CloseReason, CommandId, Event};
use super::opening::Hello;
use super::transaction::{Say, Transaction};
use super::turn::{Awaited, Job, Step, Wait};
use crate::codec::DotEncoder;
use crate::types::{Capabilities, Extension, Reply, Verb};

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
    pub(super) encoder: DotEncoder,
    /// The DATA that `send` was given; none: the transaction's.
    pub(super) command: Option<CommandId>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) is_lmtp: bool,
    pub(super) life: Life,
    pub(super) awaited: VecDeque<Awaited>,
    pub(super) jobs: VecDeque<Job>,
    pub(super) transaction: Option<Transaction>,
    pub(super) giving: Option<Giving>,
    pub(super) capabilities: Option<Capabilities<'static>>,
    /// Recipients accepted in a transaction made of commands, if there is one.
    pub(super) by_hand: Option<usize>,
    /// Whether the server refused to reset.
    pub(super) is_in_doubt: bool,
    /// Commands that `send` was given and that have no reply.
    pub(super) unanswered: usize,
    /// Replies so far; wraps.
    pub(super) replies: u64,
}

impl State {
    pub(super) fn new(is_lmtp: bool) -> Self {
        Self {
            is_lmtp,
            life: Life::Open,
            awaited: VecDeque::from([Awaited::Greeting]),
            jobs: VecDeque::new(),
            transaction: None,
            giving: None,
            capabilities: None,
            by_hand: None,
            is_in_doubt: false,
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

    pub(super) const fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    pub(super) const fn capabilities(&self) -> Option<&Capabilities<'static>> {
        self.capabilities.as_ref()
    }

    pub(super) const fn replies(&self) -> u64 {
        self.replies
    }

    pub(super) fn transaction(&self) -> Option<&Transaction> {
        self.transaction.as_ref()
    }

    pub(super) fn giving(&mut self) -> Option<&mut Giving> {
        self.giving.as_mut()
    }

    /// Commands that `send` was given and that have no reply.
    pub(super) const fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Whether nothing is outstanding, begun, or in doubt.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_open()
            && self.capabilities.is_some()
            && self.jobs.is_empty()
            && self.awaited.is_empty()
            && self.transaction.is_none()
            && self.by_hand.is_none()
            && self.giving.is_none()
            && !self.is_in_doubt
    }

    /// Whether there is a transaction, or will be.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.transaction.is_some()
            || self.by_hand.is_some()
            || self.giving.is_some()
            || self.expects(|verb| {
                matches!(
                    verb,
                    Verb::Mail | Verb::Send | Verb::Soml | Verb::Saml | Verb::Rcpt | Verb::Data
                )
            })
    }

    /// Whether what is offered is known, and not about to change.
    pub(super) fn is_ready(&self) -> bool {
        self.capabilities.is_some()
            && !self.expects(|verb| {
                matches!(verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Xclient)
            })
    }

    /// Whether such a command that `send` was given is outstanding.
    fn expects(&self, is_such: impl Fn(Verb) -> bool) -> bool {
        let said = self.awaited.iter().any(|awaited| match awaited {
            Awaited::Command(_, verb) => is_such(*verb),
            _ => false,
        });
        said || self.jobs.iter().any(|job| match job {
            Job::Command(_, verb, _) => is_such(*verb),
            _ => false,
        })
    }

    /// What is being waited for; `is_unsaid`: there is output.
    pub(super) fn wait(&self, is_unsaid: bool) -> Option<Wait> {
        if !self.is_listening() {
            return None;
        }
        let front = self.awaited.front();
        let is_completion = matches!(front, Some(Awaited::Completion | Awaited::CommandBody(_)));
        if is_unsaid && (is_completion || self.giving.is_some()) {
            return Some(Wait::DataBlock);
        }
        front.map(|awaited| match awaited {
            Awaited::Greeting => Wait::Greeting,
            Awaited::Data | Awaited::Command(_, Verb::Data) => Wait::Data,
            Awaited::Completion | Awaited::CommandBody(_) => Wait::Completion,
            Awaited::Quit | Awaited::Command(_, Verb::Quit) => Wait::Quit,
            Awaited::Hello(_)
            | Awaited::Command(..)
            | Awaited::Mail
            | Awaited::Rcpt
            | Awaited::Rset => Wait::Command,
        })
    }

    // What the application asks for; it has been checked.

    pub(super) fn open(&mut self) {
        let hello = if self.is_lmtp {
            Hello::Lhlo
        } else {
            Hello::Ehlo
        };
        self.jobs.push_back(Job::Hello(hello));
    }

    pub(super) fn send(&mut self, id: CommandId, verb: Verb, octets: usize) {
        self.unanswered += 1;
        self.jobs.push_back(Job::Command(id, verb, octets));
        if verb == Verb::Quit {
            self.life = Life::Quitting(CloseReason::Quit);
        }
    }

    pub(super) fn deliver(&mut self, transaction: Transaction) {
        self.transaction = Some(transaction);
        self.jobs.push_back(Job::Deliver);
    }

    pub(super) fn quit(&mut self) {
        if self.is_open() {
            self.life = Life::Quitting(CloseReason::Quit);
            self.jobs.push_back(Job::Quit);
        }
    }

    /// The message has been given to its end.
    pub(super) fn on_body_given(&mut self) {
        let Some(giving) = self.giving.take() else {
            return;
        };
        let (awaited, accepted) = match (giving.command, &mut self.transaction) {
            (Some(id), _) => (Awaited::CommandBody(id), self.by_hand.unwrap_or(0)),
            (None, Some(transaction)) => {
                transaction.on_body_given();
                (Awaited::Completion, transaction.accepted())
            }
            (None, None) => return,
        };
        let replies = if self.is_lmtp { accepted } else { 1 };
        self.awaited.extend(core::iter::repeat_n(awaited, replies));
        if replies == 0 {
            self.by_hand = None;
        }
    }

    // What is said.

    /// Whether anything may be said now (RFC 5321 §4.3.1, RFC 2920 §3.1).
    fn may_say(&self) -> bool {
        let pipelines = || {
            let capabilities = self.capabilities.as_ref();
            capabilities.is_some_and(|offered| offered.offers(Extension::Pipelining))
        };
        self.is_listening()
            && self.giving.is_none()
            && self
                .awaited
                .back()
                .is_none_or(|last| !last.is_last_in_group() && pipelines())
    }

    /// What to say next, which is thereby said.
    pub(super) fn step(&mut self) -> Step {
        if !self.may_say() {
            return Step::Wait;
        }
        match self.jobs.front() {
            None => Step::Wait,
            Some(&Job::Hello(hello)) => self.say(Awaited::Hello(hello), Step::Hello(hello)),
            Some(&Job::Command(id, verb, octets)) => {
                self.say(Awaited::Command(id, verb), Step::Line(octets))
            }
            Some(Job::Quit) => self.say(Awaited::Quit, Step::Quit),
            Some(Job::Deliver) => self.step_transaction(),
        }
    }

    fn say(&mut self, awaited: Awaited, step: Step) -> Step {
        self.jobs.pop_front();
        self.awaited.push_back(awaited);
        step
    }

    fn step_transaction(&mut self) -> Step {
        let is_quiet = self.awaited.is_empty();
        let Some(transaction) = &mut self.transaction else {
            self.jobs.pop_front();
            return Step::Wait;
        };
        let say = transaction.say(is_quiet);
        self.awaited.push_back(match say {
            Say::Mail => Awaited::Mail,
            Say::Rcpt(_) => Awaited::Rcpt,
            Say::Data => Awaited::Data,
            Say::LoneDot => Awaited::Completion,
            Say::Rset => Awaited::Rset,
            Say::Nothing => return Step::Wait,
            Say::Report => {
                self.jobs.pop_front();
                let is_reusable = self.is_open() && !self.is_in_doubt;
                return self.report(is_reusable).map_or(Step::Wait, Step::Tell);
            }
        });
        Step::Say(say)
    }

    fn report(&mut self, is_reusable: bool) -> Option<Event> {
        let transaction = self.transaction.take()?;
        let id = transaction.id;
        Some(Event::Report(id, transaction.into_report(is_reusable)))
    }

    // How it ends.

    /// Says QUIT, and nothing else any more.
    pub(super) fn give_up(&mut self, reason: CloseReason) {
        self.jobs.clear();
        self.jobs.push_back(Job::Quit);
        self.life = Life::Quitting(reason);
    }

    /// QUIT was answered, however.
    pub(super) fn end_quit(&mut self) {
        let reason = match &self.life {
            Life::Quitting(reason) => reason.clone(),
            _ => CloseReason::Quit,
        };
        self.close(reason, None, true);
    }

    /// The session is over; all that is outstanding gets its outcome, by
    /// `reply` if the server said so. A session that only waits for the reply
    /// to QUIT ends for the reason for which QUIT was said.
    pub(super) fn close(
        &mut self,
        reason: CloseReason,
        reply: Option<&Reply<'static>>,
        is_unsaid: bool,
    ) {
        let awaits_quit = self
            .awaited
            .front()
            .is_some_and(|awaited| awaited.is_quit());
        self.life = match mem::replace(&mut self.life, Life::Closed) {
            Life::Quitting(reason) if awaits_quit => Life::Closing(reason),
            Life::Open | Life::Quitting(_) => Life::Closing(reason),
            over @ (Life::Closing(_) | Life::Closed) => {
                self.life = over;
                return;
            }
        };
        if let Some(transaction) = &mut self.transaction {
            transaction.on_closing(reply, is_unsaid);
        }
        self.awaited.clear();
        self.jobs.clear();
        self.giving = None;
    }

    /// What the application is to hear at the end: the report, the reason.
    pub(super) fn ending(&mut self) -> Option<Event> {
        if !matches!(self.life, Life::Closing(_)) {
            return None;
        }
        if let Some(report) = self.report(false) {
            return Some(report);
        }
        match mem::replace(&mut self.life, Life::Closed) {
            Life::Closing(reason) => Some(Event::Closed(reason)),
            _ => None,
        }
    }
}
