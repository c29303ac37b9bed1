//! The bookkeeping of a transaction: what to say next, and what each reply
//! decides.

use super::demand::Demand;
use super::event::TransactionId;
use super::report::{
    Decider, Outcome, Report, Slot, completion_outcome, is_too_many, outcome_of, outcome_of_rcpt,
};
use super::share::LeftOver;
use super::turn::Framing;
use crate::codec::LineEnds;
use crate::types::{Envelope, MailParameters, Recipient, Reply};

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing has been said yet.
    New,
    /// MAIL has been said, and RCPT to those before that index.
    Envelope(usize),
    /// DATA has been said; its reply is awaited.
    Data,
    /// DATA was accepted, though nobody was: a lone dot is to be said.
    Nobody,
    /// The message is being given.
    Body,
    /// The message, or the lone dot, has been given to its end.
    Complete,
    /// All is decided, but for replies still to come.
    Decided,
    /// RSET has been said.
    Resetting,
    /// Nothing is left to be said.
    Over,
}

/// What a transaction says next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Mail,
    /// RCPT to the recipient of that index.
    Rcpt(usize),
    Data,
    /// What the application gives, by BDAT.
    Body,
    LoneDot,
    Rset,
    /// Nothing, until a reply comes or the message was given.
    Nothing,
    /// Nothing any more: the report is due.
    Report,
}

/// What the reply to DATA calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterData {
    /// The message.
    Body,
    /// Nothing from outside.
    Nothing,
    /// An end: 354 is not to be answered.
    Close,
}

/// A transaction on its way.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: TransactionId,
    pub(super) framing: Framing,
    /// How its lines end; `None`: it has none, it is binary.
    pub(super) line_ends: Option<LineEnds>,
    /// The parameters of MAIL.
    pub(super) parameters: MailParameters<'static>,
    report: Report,
    stage: Stage,
    left_over: LeftOver,
    /// Recipients whose RCPT was accepted.
    accepted: usize,
    /// The server has said that it takes no more recipients.
    is_full: bool,
    /// In LMTP, the recipient before which all have been decided.
    settled: usize,
    /// The message was answered: the server has forgotten the transaction.
    is_completed: bool,
    /// A chunk was refused.
    is_chunk_refused: bool,
    /// Octets of replies that may still be kept.
    room: usize,
}

impl Transaction {
    pub(super) fn new(
        id: TransactionId,
        envelope: Envelope,
        demand: Demand,
        line_ends: LineEnds,
        left_over: LeftOver,
        room: Option<usize>,
    ) -> Self {
        Self {
            id,
            framing: demand.framing,
            line_ends: (!demand.is_binary).then_some(line_ends),
            parameters: demand.parameters,
            report: Report::new(envelope, demand.dropped),
            stage: Stage::New,
            left_over,
            accepted: 0,
            is_full: false,
            settled: 0,
            is_completed: false,
            is_chunk_refused: false,
            room: room.unwrap_or(usize::MAX),
        }
    }

    pub(super) fn recipient(&self, index: usize) -> Option<&Recipient> {
        self.envelope().recipients.get(index)
    }

    pub(super) const fn envelope(&self) -> &Envelope {
        &self.report.0.envelope
    }

    pub(super) const fn accepted(&self) -> usize {
        self.accepted
    }

    /// Whether nothing has been said yet.
    pub(super) fn is_new(&self) -> bool {
        self.stage == Stage::New
    }

    /// Whether MAIL was answered.
    pub(super) const fn has_mail_reply(&self) -> bool {
        self.report.0.replies.mail.is_some()
    }

    /// Whether its message has been said to the dot, so that nothing of it but
    /// replies can follow.
    pub(super) fn is_said(&self) -> bool {
        self.stage == Stage::Complete && self.framing == Framing::Dots
    }

    /// Whether every reply has come, and the server has forgotten it.
    pub(super) fn is_settled(&self) -> bool {
        self.stage == Stage::Over || self.stage == Stage::Decided && self.is_completed
    }

    /// There is to be no such transaction: nothing of it is said.
    pub(super) fn call_off(&mut self) {
        self.stage = Stage::Over;
    }

    /// What to say next, which is thereby said; `quiet`: no reply is awaited.
    pub(super) fn say(&mut self, quiet: bool) -> Say {
        match self.stage {
            Stage::New => {
                self.stage = Stage::Envelope(0);
                Say::Mail
            }
            Stage::Envelope(asked) => self.say_envelope(asked, quiet),
            Stage::Nobody => {
                self.stage = Stage::Complete;
                Say::LoneDot
            }
            Stage::Decided if quiet => self.say_end(),
            Stage::Over if quiet => Say::Report,
            Stage::Data
            | Stage::Body
            | Stage::Complete
            | Stage::Decided
            | Stage::Resetting
            | Stage::Over => Say::Nothing,
        }
    }

    fn say_envelope(&mut self, asked: usize, quiet: bool) -> Say {
        let recipients = self.report.0.envelope.recipients.len();
        let next = (asked..recipients).find(|&index| !self.left_over.contains(index));
        if self.is_mail_refused() {
            self.stage = Stage::Decided;
            return self.say(quiet);
        }
        if let Some(index) = next.filter(|_| !self.is_full) {
            self.stage = Stage::Envelope(index + 1);
            return Say::Rcpt(index);
        }
        self.stage = Stage::Envelope(recipients);
        if quiet && self.accepted == 0 {
            self.stage = Stage::Decided;
            return self.say(quiet);
        }
        match (self.framing, quiet) {
            (Framing::Dots, _) => {
                self.stage = Stage::Data;
                Say::Data
            }
            // RFC 3030 §2: after all responses are collected.
            (Framing::Chunks, false) => Say::Nothing,
            (Framing::Chunks, true) => {
                self.stage = Stage::Body;
                Say::Body
            }
        }
    }

    /// The end of a transaction that the server may still hold open.
    fn say_end(&mut self) -> Say {
        if self.is_completed || self.is_mail_refused() && self.accepted == 0 {
            self.stage = Stage::Over;
            return Say::Report;
        }
        self.stage = Stage::Resetting;
        Say::Rset
    }

    fn is_mail_refused(&self) -> bool {
        let mail = self.report.0.replies.mail.as_ref();
        mail.is_some_and(|reply| !reply.code().is_positive())
    }

    /// What is kept of a reply: once there are many octets of them, the codes.
    fn keep(&mut self, reply: Reply<'static>) -> Reply<'static> {
        match self.room.checked_sub(reply.as_bytes().len()) {
            Some(room) => {
                self.room = room;
                reply
            }
            None => Reply::new(reply.code(), reply.enhanced(), "").unwrap_or(reply),
        }
    }

    /// MAIL was answered with 2yz, 4yz or 5yz.
    pub(super) fn on_mail(&mut self, reply: Reply<'static>) {
        self.report.0.replies.mail = Some(reply);
    }

    /// RCPT was answered with 2yz, 4yz or 5yz, the next one in order.
    pub(super) fn on_rcpt(&mut self, reply: Reply<'static>) {
        let is_accepted = reply.code().is_positive();
        let verdict =
            (!is_accepted).then(|| (outcome_of_rcpt(&reply, self.accepted), Decider::Rcpt));
        self.is_full |= !is_accepted && self.accepted > 0 && is_too_many(&reply);
        self.accepted += usize::from(is_accepted);
        while self.left_over.contains(self.report.0.slots.len()) {
            self.report.0.slots.push(Slot::LEFT_OVER);
        }
        let kept = self.keep(reply);
        self.report.0.slots.push(Slot {
            rcpt: Some(kept),
            completion: None,
            // The sender was refused, whatever is said about recipients.
            verdict: verdict.filter(|_| !self.is_mail_refused()),
        });
    }

    /// DATA was answered, with 354 if `goes_ahead`, else with 4yz or 5yz.
    pub(super) fn on_data(
        &mut self,
        reply: Reply<'static>,
        goes_ahead: bool,
        is_lmtp: bool,
    ) -> AfterData {
        let outcome = outcome_of(&reply);
        self.report.0.replies.data = Some(reply);
        let is_wanted = self.accepted > 0 && !self.is_mail_refused();
        if !goes_ahead {
            self.decide(outcome, Decider::Data);
            self.stage = Stage::Decided;
            AfterData::Nothing
        } else if is_wanted {
            self.stage = Stage::Body;
            AfterData::Body
        } else if self.accepted > 0 || is_lmtp {
            // A lone dot where recipients were accepted, if not the sender,
            // would deliver an empty message; and in LMTP, where this 354 is
            // forbidden (RFC 2033 §4.2), nobody knows how many replies it has.
            AfterData::Close
        } else {
            self.stage = Stage::Nobody;
            AfterData::Nothing
        }
    }

    /// The message has been given to its end.
    pub(super) fn on_body_given(&mut self) {
        if self.stage == Stage::Body {
            self.stage = Stage::Complete;
        }
    }

    /// A chunk was refused: so is the message (RFC 3030 §2).
    pub(super) fn on_chunk_refused(&mut self, reply: Reply<'static>) {
        if !self.is_chunk_refused {
            self.decide(outcome_of(&reply), Decider::Data);
            self.report.0.replies.data = Some(reply);
        }
        self.is_chunk_refused = true;
        self.stage = Stage::Decided;
    }

    pub(super) const fn is_chunk_refused(&self) -> bool {
        self.is_chunk_refused
    }

    /// The message, or the lone dot, was answered with 2yz, 4yz or 5yz.
    pub(super) fn on_completion(&mut self, reply: Reply<'static>) {
        self.decide(completion_outcome(&reply), Decider::Completion);
        // RFC 3030 §2: a failed BDAT leaves a transaction to be reset.
        self.is_completed = self.framing == Framing::Dots || reply.code().is_positive();
        self.report.0.replies.completion = Some(reply);
        self.stage = Stage::Decided;
    }

    /// In LMTP, the message was so answered for the next accepted recipient,
    /// which is the one of that index.
    pub(super) fn on_own_completion(
        &mut self,
        reply: Reply<'static>,
        is_last: bool,
    ) -> Option<(usize, Outcome)> {
        let outcome = completion_outcome(&reply);
        let mut settled = None;
        let rest = self.report.0.slots.iter_mut().skip(self.settled);
        for slot in rest {
            self.settled += 1;
            if slot.verdict.is_none() {
                settled = Some((self.settled - 1, outcome));
                slot.verdict = Some((outcome, Decider::OwnCompletion));
                let kept = self.room.checked_sub(reply.as_bytes().len());
                self.room = kept.unwrap_or(self.room);
                slot.completion = match kept {
                    Some(_) => Some(reply),
                    None => Reply::new(reply.code(), reply.enhanced(), "").ok(),
                };
                break;
            }
        }
        if is_last {
            self.is_completed = true;
            self.stage = Stage::Decided;
        }
        settled
    }

    /// RSET was answered.
    pub(super) fn on_reset(&mut self) {
        self.stage = Stage::Over;
    }

    /// The session breaks down, perhaps by a 421. `has_begun`: MAIL was handed
    /// to the transport; `after_end`: so was the end of what was given, and that
    /// is what it means.
    pub(super) fn on_closing(
        &mut self,
        reply: Option<&Reply<'static>>,
        has_begun: bool,
        after_end: Option<Outcome>,
    ) {
        if self.is_mail_refused() || !has_begun {
            return;
        }
        if let Some(reply) = reply {
            self.decide_for_all(outcome_of(reply), Decider::Closing);
            self.report.0.replies.closing = Some(reply.clone());
        } else if let Some(outcome) = after_end.filter(|_| self.stage == Stage::Complete) {
            self.decide(outcome, Decider::None);
        }
    }

    /// Decides about those who were asked and are undecided.
    fn decide(&mut self, outcome: Outcome, decider: Decider) {
        if self.is_mail_refused() {
            return;
        }
        for slot in &mut self.report.0.slots {
            slot.verdict.get_or_insert((outcome, decider));
        }
    }

    /// The same, and about those who were not even asked.
    fn decide_for_all(&mut self, outcome: Outcome, decider: Decider) {
        let recipients = self.report.0.envelope.recipients.len();
        for index in self.report.0.slots.len()..recipients {
            self.report
                .0
                .slots
                .push(match self.left_over.contains(index) {
                    true => Slot::LEFT_OVER,
                    false => Slot::EMPTY,
                });
        }
        for slot in &mut self.report.0.slots {
            slot.verdict.get_or_insert((outcome, decider));
        }
    }

    /// What became of it; who is undecided now is left over.
    pub(super) fn into_report(mut self, is_reusable: bool) -> Report {
        let refusal = self.report.0.replies.mail.as_ref().map(outcome_of);
        if let Some(outcome) = refusal.filter(|_| self.is_mail_refused()) {
            // Of the sender, and so of all, whoever was asked about.
            let recipients = self.report.0.envelope.recipients.len();
            self.report.0.slots.resize(recipients, Slot::EMPTY);
            for slot in &mut self.report.0.slots {
                slot.verdict = Some((outcome, Decider::Mail));
            }
        }
        self.report.0.is_reusable = is_reusable;
        self.report
    }
}
