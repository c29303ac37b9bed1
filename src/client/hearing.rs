//! What each reply does to the session.

use super::body::Encoder;
use super::event::{CloseReason, CommandId, Event};
use super::opening::nothing_offered;
use super::state::{Giving, State};
use super::transaction::AfterData;
use super::turn::{Awaited, Expected, Framing};
use crate::codec::{DotEncoder, LineEnds};
use crate::types::{Capabilities, Reply, ReplyCode, Severity, Verb};

impl State {
    /// A reply came, when the transport had taken so many octets.
    pub(super) fn on_reply(&mut self, reply: Reply<'static>, taken: u64) -> Option<Event> {
        self.replies = self.replies.wrapping_add(1);
        let unavailable = is_unavailable(&reply).then(|| reply.clone());
        let event = match self.awaited.front().copied() {
            None => self.on_unasked(&reply),
            Some(expected) if expected.end > taken && !expected.what.is_quit() => {
                self.on_early(expected.what, &reply)
            }
            Some(expected) => {
                self.awaited.pop_front();
                self.on_answer(expected, reply, taken)
            }
        };
        if let Some(reply) = unavailable {
            let reason = CloseReason::Unavailable(reply.clone());
            self.close(reason, Some(&reply), taken);
        }
        event
    }

    /// A reply that came before what it would answer was handed to the
    /// transport. It cannot be one (attack rule A14), but for a message that
    /// is refused before its end.
    fn on_early(&mut self, what: Awaited, reply: &Reply<'static>) -> Option<Event> {
        if !what.is_message() || reply.code().is_positive() {
            self.close_unexpected(reply);
            return None;
        }
        let event = match what {
            Awaited::CommandBody(id) | Awaited::CommandChunk(id) => {
                Some(Event::Reply(id, reply.clone()))
            }
            _ => {
                if let Some(transaction) = self.transactions.front_mut() {
                    transaction.on_completion(reply.clone());
                }
                None
            }
        };
        self.close_early(reply);
        event
    }

    /// The reply to the oldest of what was said.
    fn on_answer(
        &mut self,
        expected: Expected,
        reply: Reply<'static>,
        taken: u64,
    ) -> Option<Event> {
        match expected.what {
            Awaited::Greeting => Some(self.on_greeting(reply)),
            Awaited::Hello(hello) => self.on_hello(hello, reply),
            Awaited::StartTls => self.on_starttls(reply),
            Awaited::Auth => self.on_auth(reply, taken),
            Awaited::Command(id, verb, is_last) => {
                self.unanswered = self.unanswered.saturating_sub(1);
                if verb == Verb::Burl && is_last {
                    self.by_hand = None;
                }
                self.on_command(id, verb, &reply, taken);
                Some(Event::Reply(id, reply))
            }
            Awaited::CommandChunk(id) => {
                self.unanswered = self.unanswered.saturating_sub(1);
                if is_intermediate(&reply) {
                    self.close_unexpected(&reply);
                }
                Some(Event::Reply(id, reply))
            }
            Awaited::CommandBody(id) => self.on_command_body(id, reply),
            Awaited::Raw(id) => {
                self.unanswered = self.unanswered.saturating_sub(1);
                Some(Event::Reply(id, reply))
            }
            Awaited::Data => self.on_data(&reply),
            Awaited::Quit => {
                self.end_quit(taken);
                None
            }
            Awaited::Mail
            | Awaited::Rcpt
            | Awaited::Rset
            | Awaited::Chunk
            | Awaited::Completion(_) => self.on_transaction(expected, reply, taken),
        }
    }

    /// The reply to a command that `send` was given.
    fn on_command(&mut self, id: CommandId, verb: Verb, reply: &Reply<'static>, taken: u64) {
        let is_done = reply.code().severity() == Severity::PositiveCompletion;
        match verb {
            Verb::Ehlo | Verb::Lhlo if is_done => self.meet(Capabilities::from(reply.clone())),
            Verb::Helo if is_done => self.meet(nothing_offered(reply)),
            Verb::StartTls if reply.code() == ReplyCode::READY => self.hand_over(),
            Verb::StartTls if reply.code().is_positive() => self.close_unexpected(reply),
            Verb::Xclient if is_done => self.reset_session(),
            Verb::Mail | Verb::Send | Verb::Soml | Verb::Saml if is_done => {
                self.by_hand = Some(0);
            }
            Verb::Rcpt if is_done => {
                self.by_hand = Some(self.by_hand.unwrap_or(0).saturating_add(1));
            }
            Verb::Rset if is_done => {
                self.by_hand = None;
                self.is_in_doubt = self.is_raw_outstanding();
            }
            Verb::Data if self.goes_ahead(reply) => {
                let dots = DotEncoder::new(LineEnds::Strict);
                self.giving = Some(Giving::new(Encoder::Dots(dots), Some(id)));
            }
            // RFC 2645 §5.3: the server is the client now.
            Verb::Atrn | Verb::Turn if is_done => self.close(CloseReason::Turned, None, taken),
            Verb::Quit => self.end_quit(taken),
            _ if is_intermediate(reply) => {
                // Whatever it is that the server waits for now, it is no command.
                self.close_unexpected(reply);
            }
            _ => {}
        }
    }

    /// A reply to the message behind a DATA that `send` was given, or to its
    /// last chunk.
    fn on_command_body(&mut self, id: CommandId, reply: Reply<'static>) -> Option<Event> {
        if is_intermediate(&reply) {
            self.close_unexpected(&reply);
            return None;
        }
        if self.awaited.front().map(|next| next.what) != Some(Awaited::CommandBody(id)) {
            self.by_hand = None;
        }
        Some(Event::Reply(id, reply))
    }

    /// Whether a reply to DATA wants the message.
    fn goes_ahead(&self, reply: &Reply<'_>) -> bool {
        reply.code() == ReplyCode::START_MAIL_INPUT
            || self.takes_ok_to_data && reply.code() == ReplyCode::OK
    }

    fn on_data(&mut self, reply: &Reply<'static>) -> Option<Event> {
        let goes_ahead = self.goes_ahead(reply);
        if reply.code().is_positive() && !goes_ahead {
            self.close_unexpected(reply);
            return None;
        }
        let is_lmtp = self.is_lmtp;
        let transaction = self.transactions.front_mut()?;
        match transaction.on_data(reply.clone(), goes_ahead, is_lmtp) {
            AfterData::Body => {
                let dots = DotEncoder::new(transaction.line_ends.unwrap_or_default());
                let id = transaction.id;
                self.giving = Some(Giving::new(Encoder::Dots(dots), None));
                Some(Event::BodyWanted(id))
            }
            AfterData::Nothing => None,
            AfterData::Close => {
                self.close_unexpected(reply);
                None
            }
        }
    }

    /// A reply to one of the other things that a transaction says.
    fn on_transaction(
        &mut self,
        expected: Expected,
        reply: Reply<'static>,
        taken: u64,
    ) -> Option<Event> {
        let is_lmtp = self.is_lmtp;
        let is_last = !matches!(
            self.awaited.front().map(|next| next.what),
            Some(Awaited::Completion(_))
        );
        let transaction = self.transactions.front_mut()?;
        let is_overtaken =
            expected.what == Awaited::Completion(Framing::Chunks) && transaction.is_chunk_refused();
        if is_intermediate(&reply) || is_overtaken && reply.code().is_positive() {
            if matches!(expected.what, Awaited::Completion(_)) {
                // Whether the server took the message is open: it is still awaited.
                self.awaited.push_front(expected);
            }
            self.close(CloseReason::Unexpected(reply), None, taken);
            return None;
        }
        match expected.what {
            Awaited::Mail => transaction.on_mail(reply),
            Awaited::Rcpt => transaction.on_rcpt(reply),
            Awaited::Rset => {
                transaction.on_reset();
                self.is_in_doubt |= !reply.code().is_positive();
            }
            Awaited::Chunk if reply.code().is_positive() => {}
            Awaited::Chunk => {
                transaction.on_chunk_refused(reply);
                self.giving = None;
                self.retract(expected.end, taken);
            }
            // The server had refused the message before.
            _ if is_overtaken => {}
            _ if is_lmtp => {
                let (index, outcome) = transaction.on_own_completion(reply, is_last)?;
                return Some(Event::Settled(transaction.id, index, outcome));
            }
            _ => transaction.on_completion(reply),
        }
        None
    }

    /// Takes back the chunks of which nothing has been handed to the transport:
    /// RFC 3030 §2 forbids to send them where one was refused. What was said
    /// last ended at `start`.
    fn retract(&mut self, start: u64, taken: u64) {
        let mut start = start;
        let mut kept = 0;
        for expected in &self.awaited {
            if start >= taken && expected.end > start {
                self.cut = Some(start);
                break;
            }
            start = expected.end;
            kept += 1;
        }
        self.awaited.truncate(kept);
    }

    /// A reply that nothing was said for: a message refused before its end, or
    /// the server is out of step (421 aside, which the caller looks at).
    fn on_unasked(&mut self, reply: &Reply<'static>) -> Option<Event> {
        let Some(giving) = self.giving.take().filter(|_| !reply.code().is_positive()) else {
            self.close_unexpected(reply);
            return None;
        };
        let event = giving.command.map(|id| Event::Reply(id, reply.clone()));
        if let (None, Some(transaction)) = (giving.command, self.transactions.front_mut()) {
            if !is_unavailable(reply) {
                transaction.on_completion(reply.clone());
            }
        }
        self.close_early(reply);
        event
    }

    /// The reply cannot be, or cannot be answered.
    pub(super) fn close_unexpected(&mut self, reply: &Reply<'static>) {
        if !is_unavailable(reply) {
            self.close(CloseReason::Unexpected(reply.clone()), None, 0);
        }
    }

    /// The reply refuses a message that has not been said to its end.
    fn close_early(&mut self, reply: &Reply<'static>) {
        if !is_unavailable(reply) {
            self.close(CloseReason::EarlyReply(reply.clone()), None, 0);
        }
    }
}

/// 421 closes the session, whatever it answers (RFC 5321 §3.8).
fn is_unavailable(reply: &Reply<'_>) -> bool {
    reply.code() == ReplyCode::SERVICE_NOT_AVAILABLE
}

fn is_intermediate(reply: &Reply<'_>) -> bool {
    reply.code().severity() == Severity::PositiveIntermediate
}
