//! What is said, and when: groups of commands (RFC 2920), chunks (RFC 3030).

use super::body::Encoder;
use super::chunk::Chunker;
use super::event::{CommandId, Event};
use super::state::{Giving, State};
use super::transaction::{Say, Transaction};
use super::turn::{Awaited, Expected, Framing, Job, Step};
use crate::types::{Extension, Verb};

impl State {
    /// Whether that may be said now (RFC 5321 §4.3.1, RFC 2920 §3.1).
    fn may_say(&self, job: Job) -> bool {
        let Some(last) = self.awaited.back() else {
            return true;
        };
        let follows = match last.what {
            Awaited::Completion(Framing::Dots) => job.may_follow_message(),
            what => !what.is_last_in_group(),
        };
        let follows = match job {
            // RFC 3030 §2: after all responses are collected; and under LMTP,
            // only then is it known how many there will be.
            Job::Chunk(..) => matches!(last.what, Awaited::CommandChunk(_)) && !self.is_lmtp,
            _ => follows,
        };
        follows && self.pipelines()
    }

    /// Whether commands may go out in groups (RFC 2920 §3.1).
    fn pipelines(&self) -> bool {
        self.may_pipeline && self.offers(Extension::Pipelining)
    }

    /// What to say next, which is thereby said.
    pub(super) fn step(&mut self, chunk_size: usize) -> Step {
        if !self.is_listening() || self.hold.is_some() {
            return Step::Wait;
        }
        if self.giving.is_some() {
            return self.step_chunk(chunk_size);
        }
        let Some(&job) = self.jobs.front() else {
            return Step::Wait;
        };
        if job != Job::Deliver && !self.may_say(job) {
            return Step::Wait;
        }
        match job {
            Job::Hello(hello) => self.say(Awaited::Hello(hello), Step::Hello(hello)),
            Job::StartTls => {
                self.protection.has_said_starttls = true;
                self.say(Awaited::StartTls, Step::StartTls)
            }
            Job::Auth => self.say(Awaited::Auth, Step::Auth),
            Job::AuthLine => self.say(Awaited::Auth, Step::AuthLine),
            Job::Command(id, verb, octets, is_last) => {
                self.protection.has_said_starttls |= verb == Verb::StartTls;
                self.say(Awaited::Command(id, verb, is_last), Step::Line(octets))
            }
            Job::Raw(id, replies) => {
                self.jobs.pop_front();
                let raw = Expected::unstamped(Awaited::Raw(id));
                self.awaited.extend(core::iter::repeat_n(raw, replies));
                Step::Raw
            }
            Job::Chunk(id, is_last) => self.step_payload(id, is_last),
            Job::Quit => self.say(Awaited::Quit, Step::Quit),
            Job::Deliver => self.step_transaction(),
        }
    }

    /// Where what was just said ends in the output.
    pub(super) fn stamp(&mut self, end: u64) {
        let unstamped = |expected: &&mut Expected| expected.end == Expected::UNSTAMPED;
        for expected in self.awaited.iter_mut().rev().take_while(unstamped) {
            expected.end = end;
        }
    }

    fn say(&mut self, awaited: Awaited, step: Step) -> Step {
        self.jobs.pop_front();
        self.awaited.push_back(Expected::unstamped(awaited));
        step
    }

    /// A chunk that `send_chunk` was given.
    fn step_payload(&mut self, id: CommandId, is_last: bool) -> Step {
        if !is_last {
            return self.say(Awaited::CommandChunk(id), Step::Payload(false));
        }
        self.jobs.pop_front();
        self.unanswered = self.unanswered.saturating_sub(1);
        let accepted = self.by_hand.unwrap_or(0);
        self.expect_completion(Awaited::CommandBody(id), accepted, Expected::UNSTAMPED);
        Step::Payload(true)
    }

    /// A chunk of the message that is being given, if there is one to be said.
    pub(super) fn step_chunk(&mut self, chunk_size: usize) -> Step {
        let Some(giving) = &self.giving else {
            return Step::Wait;
        };
        let Encoder::Chunks(chunks) = &giving.encoder else {
            return Step::Wait;
        };
        let may_follow = self.awaited.is_empty() || self.pipelines();
        let Some((octets, is_last)) = chunks.next(chunk_size).filter(|_| may_follow) else {
            return Step::Wait;
        };
        Step::Chunk(octets, is_last)
    }

    /// A chunk has been said, which ends there.
    pub(super) fn on_chunk_said(&mut self, is_last: bool, end: u64) {
        if !is_last {
            let what = Awaited::Chunk;
            self.awaited.push_back(Expected { what, end });
            return;
        }
        self.giving = None;
        if let Some(transaction) = self.transactions.front_mut() {
            transaction.on_body_given();
            let accepted = transaction.accepted();
            self.expect_completion(Awaited::Completion(Framing::Chunks), accepted, end);
        }
    }

    fn step_transaction(&mut self) -> Step {
        let is_quiet = self.awaited.is_empty();
        let may_say = self.may_say(Job::Deliver);
        let is_in_doubt = self.is_in_doubt;
        let Some(transaction) = self.saying() else {
            self.jobs.pop_front();
            return Step::Again;
        };
        if transaction.is_said() {
            // RFC 2920 §3.1: the next may follow in the same group.
            self.said = 1;
            self.jobs.pop_front();
            return Step::Again;
        }
        if !may_say {
            return Step::Wait;
        }
        if is_in_doubt && transaction.is_new() {
            transaction.call_off();
        }
        let say = transaction.say(is_quiet);
        let awaited = match say {
            Say::Mail => Awaited::Mail,
            Say::Rcpt(_) => Awaited::Rcpt,
            Say::Data => Awaited::Data,
            Say::LoneDot => Awaited::Completion(Framing::Dots),
            Say::Rset => Awaited::Rset,
            Say::Nothing => return Step::Wait,
            Say::Body => {
                let (id, line_ends) = (transaction.id, transaction.line_ends);
                let chunks = Encoder::Chunks(Chunker::new(line_ends));
                self.giving = Some(Giving::new(chunks, None));
                return Step::Tell(Event::BodyWanted(id));
            }
            Say::Report => {
                self.jobs.pop_front();
                return self.report().map_or(Step::Again, Step::Tell);
            }
        };
        self.awaited.push_back(Expected::unstamped(awaited));
        Step::Say(say)
    }

    /// What the application is to hear before another reply is looked at.
    pub(super) fn due(&mut self) -> Option<Event> {
        if let Some(event) = self.news.pop_front() {
            return Some(event);
        }
        let is_settled = self
            .transactions
            .front()
            .is_some_and(Transaction::is_settled);
        if self.said > 0 && is_settled {
            self.said = 0;
            return self.report();
        }
        None
    }

    /// The report of the first transaction.
    pub(super) fn report(&mut self) -> Option<Event> {
        let transaction = self.transactions.pop_front()?;
        let id = transaction.id;
        let is_reusable = self.is_open() && !self.is_in_doubt;
        Some(Event::Report(id, transaction.into_report(is_reusable)))
    }
}
