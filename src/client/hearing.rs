//! What each reply does to the session.

use super::event::{CloseReason, CommandId, Event};
use super::opening::{Hello, nothing_offered};
use super::state::{Giving, State};
use super::transaction::AfterData;
use super::turn::{Awaited, Job};
use crate::codec::{DotEncoder, LineEnds};
use crate::types::{Capabilities, Reply, ReplyCode, Severity, Verb};

impl State {
    /// A reply came; `is_unsaid`: there is output.
    pub(super) fn on_reply(&mut self, reply: Reply<'static>, is_unsaid: bool) -> Option<Event> {
        self.replies = self.replies.wrapping_add(1);
        let unavailable = is_unavailable(&reply).then(|| reply.clone());
        let event = match self.awaited.pop_front() {
            Some(awaited) if is_unsaid && self.is_too_soon(awaited) => {
                self.close_unexpected(&reply);
                None
            }
            Some(awaited) => self.on_answer(awaited, reply, is_unsaid),
            None => self.on_unasked(&reply),
        };
        if let Some(reply) = unavailable {
            let reason = CloseReason::Unavailable(reply.clone());
            self.close(reason, Some(&reply), is_unsaid);
        }
        event
    }

    /// Whether a reply to `awaited`, which was the oldest, cannot be one while
    /// there is output: it is the last that was said, and not yet all of it.
    /// A message may be refused before its end, and of QUIT nobody asks.
    fn is_too_soon(&self, awaited: Awaited) -> bool {
        let may_be = matches!(awaited, Awaited::Completion | Awaited::CommandBody(_));
        self.awaited.is_empty() && !may_be && !awaited.is_quit()
    }

    /// The reply to the oldest of what was said.
    fn on_answer(
        &mut self,
        awaited: Awaited,
        reply: Reply<'static>,
        is_unsaid: bool,
    ) -> Option<Event> {
        match awaited {
            Awaited::Greeting => Some(self.on_greeting(reply)),
            Awaited::Hello(hello) => self.on_hello(hello, reply),
            Awaited::Command(id, verb) => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.on_command(id, verb, &reply);
                Some(Event::Reply(id, reply))
            }
            Awaited::CommandBody(id) => self.on_command_body(id, reply, is_unsaid),
            Awaited::Data => self.on_data(&reply),
            Awaited::Quit => {
                self.end_quit();
                None
            }
            Awaited::Mail | Awaited::Rcpt | Awaited::Completion | Awaited::Rset => {
                self.on_transaction(awaited, reply, is_unsaid);
                None
            }
        }
    }

    fn on_greeting(&mut self, reply: Reply<'static>) -> Event {
        match reply.code().severity() {
            Severity::PositiveCompletion => {}
            Severity::PositiveIntermediate => self.close_unexpected(&reply),
            Severity::TransientNegative | Severity::PermanentNegative => {
                self.give_up(CloseReason::ServiceRefused(reply.clone()));
            }
        }
        Event::Greeting(reply)
    }

    fn on_hello(&mut self, hello: Hello, reply: Reply<'static>) -> Option<Event> {
        match reply.code().severity() {
            Severity::PositiveCompletion => {
                let offered = match hello {
                    Hello::Ehlo | Hello::Lhlo => Capabilities::from(reply),
                    Hello::Helo => nothing_offered(&reply),
                };
                self.meet(offered.clone());
                return Some(Event::Ready(offered));
            }
            Severity::PositiveIntermediate => self.close_unexpected(&reply),
            // RFC 5321 §3.2: the server is older than EHLO.
            Severity::PermanentNegative if hello == Hello::Ehlo => {
                self.jobs.push_front(Job::Hello(Hello::Helo));
            }
            Severity::TransientNegative | Severity::PermanentNegative => {
                self.give_up(CloseReason::HelloRefused(reply));
            }
        }
        None
    }

    /// A hello was accepted: there is no transaction any more (RFC 5321 §4.1.4).
    fn meet(&mut self, offered: Capabilities<'static>) {
        self.capabilities = Some(offered);
        self.by_hand = None;
        self.is_in_doubt = false;
    }

    /// The reply to a command that `send` was given.
    fn on_command(&mut self, id: CommandId, verb: Verb, reply: &Reply<'static>) {
        let is_done = reply.code().severity() == Severity::PositiveCompletion;
        match verb {
            Verb::Ehlo | Verb::Lhlo if is_done => self.meet(Capabilities::from(reply.clone())),
            Verb::Helo if is_done => self.meet(nothing_offered(reply)),
            Verb::Xclient if is_done => {
                // The session is as if it had just begun.
                self.capabilities = None;
                self.by_hand = None;
            }
            Verb::Mail | Verb::Send | Verb::Soml | Verb::Saml if is_done => {
                self.by_hand = Some(0);
            }
            Verb::Rcpt if is_done => {
                self.by_hand = Some(self.by_hand.unwrap_or(0).saturating_add(1));
            }
            Verb::Rset if is_done => {
                self.by_hand = None;
                self.is_in_doubt = false;
            }
            Verb::Data if reply.code() == ReplyCode::START_MAIL_INPUT => {
                self.giving = Some(Giving {
                    encoder: DotEncoder::new(LineEnds::Strict),
                    command: Some(id),
                });
            }
            Verb::Quit => self.end_quit(),
            _ if is_intermediate(reply) => {
                // Whatever it is that the server waits for now, it is no command.
                self.close_unexpected(reply);
            }
            _ => {}
        }
    }

    /// A reply to the message behind a DATA that `send` was given.
    fn on_command_body(
        &mut self,
        id: CommandId,
        reply: Reply<'static>,
        is_unsaid: bool,
    ) -> Option<Event> {
        let is_negative = !reply.code().is_positive();
        if !is_negative && (is_unsaid || is_intermediate(&reply)) {
            self.close_unexpected(&reply);
            return None;
        }
        if is_unsaid {
            self.close_early(&reply);
        }
        if self.awaited.is_empty() {
            self.by_hand = None;
        }
        Some(Event::Reply(id, reply))
    }

    fn on_data(&mut self, reply: &Reply<'static>) -> Option<Event> {
        let goes_ahead = reply.code() == ReplyCode::START_MAIL_INPUT;
        if reply.code().is_positive() && !goes_ahead {
            self.close_unexpected(reply);
            return None;
        }
        let transaction = self.transaction.as_mut()?;
        match transaction.on_data(reply.clone(), goes_ahead, self.is_lmtp) {
            AfterData::Body => {
                self.giving = Some(Giving {
                    encoder: DotEncoder::new(transaction.line_ends),
                    command: None,
                });
                Some(Event::BodyWanted(transaction.id))
            }
            AfterData::Nothing => None,
            AfterData::Close => {
                self.close_unexpected(reply);
                None
            }
        }
    }

    /// A reply to one of the other things that a transaction says.
    fn on_transaction(&mut self, awaited: Awaited, reply: Reply<'static>, is_unsaid: bool) {
        let is_completion = awaited == Awaited::Completion;
        let is_too_soon = is_completion && is_unsaid;
        if is_intermediate(&reply) || is_too_soon && reply.code().is_positive() {
            // After the end of the message, such a reply leaves open whether
            // the server took it.
            self.close(CloseReason::Unexpected(reply), None, is_unsaid);
            return;
        }
        let is_last = self.awaited.front() != Some(&Awaited::Completion);
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        match awaited {
            Awaited::Mail => transaction.on_mail(reply),
            Awaited::Rcpt => transaction.on_rcpt(reply),
            Awaited::Rset => {
                self.is_in_doubt |= !reply.code().is_positive();
                transaction.on_reset();
            }
            _ if is_too_soon => {
                transaction.on_completion(reply.clone());
                self.close_early(&reply);
            }
            _ if self.is_lmtp => transaction.on_own_completion(reply, is_last),
            _ => transaction.on_completion(reply),
        }
    }

    /// A reply that nothing was said for: a message refused before its end, or
    /// the server is out of step (421 aside, which the caller looks at).
    fn on_unasked(&mut self, reply: &Reply<'static>) -> Option<Event> {
        let Some(giving) = self.giving.take().filter(|_| !reply.code().is_positive()) else {
            self.close_unexpected(reply);
            return None;
        };
        let event = giving.command.map(|id| Event::Reply(id, reply.clone()));
        if let (None, Some(transaction)) = (giving.command, &mut self.transaction) {
            transaction.on_completion(reply.clone());
        }
        self.close_early(reply);
        event
    }

    /// The reply cannot be, or cannot be answered.
    fn close_unexpected(&mut self, reply: &Reply<'static>) {
        if !is_unavailable(reply) {
            self.close(CloseReason::Unexpected(reply.clone()), None, true);
        }
    }

    /// The reply refuses a message that has not been said to its end.
    fn close_early(&mut self, reply: &Reply<'static>) {
        if !is_unavailable(reply) {
            self.close(CloseReason::EarlyReply(reply.clone()), None, true);
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
