//! What replies do while a session begins: hello, STARTTLS, AUTH.

use alloc::boxed::Box;

use super::auth::{Challenge, Exchange};
use super::event::{CloseReason, CommandId, Event};
use super::opening::{AuthPolicy, Hello, TlsPolicy, nothing_offered};
use super::state::State;
use super::turn::{Hold, Job};
use crate::sasl::ClientMechanism;
use crate::types::{Capabilities, Extension, Mechanism, Reply, ReplyCode, SaslMessage, Severity};

impl State {
    pub(super) fn on_greeting(&mut self, reply: Reply<'static>) -> Event {
        match reply.code().severity() {
            Severity::PositiveCompletion => {}
            Severity::PositiveIntermediate => self.close_unexpected(&reply),
            Severity::TransientNegative | Severity::PermanentNegative => {
                self.give_up(CloseReason::ServiceRefused(reply.clone()));
            }
        }
        Event::Greeting(reply)
    }

    pub(super) fn on_hello(&mut self, hello: Hello, reply: Reply<'static>) -> Option<Event> {
        match reply.code().severity() {
            Severity::PositiveCompletion => {
                let offered = match hello {
                    Hello::Ehlo | Hello::Lhlo => Capabilities::from(reply),
                    Hello::Helo => nothing_offered(&reply),
                };
                self.meet(offered);
                return self.go_on();
            }
            Severity::PositiveIntermediate => self.close_unexpected(&reply),
            // RFC 5321 §3.2: the server is older than EHLO.
            Severity::PermanentNegative if hello == Hello::Ehlo && self.may_say_helo() => {
                self.jobs.push_front(Job::Hello(Hello::Helo));
            }
            Severity::TransientNegative | Severity::PermanentNegative => {
                self.give_up(CloseReason::HelloRefused(reply));
            }
        }
        None
    }

    /// Whether a server that offers nothing will do (attack rule A5).
    fn may_say_helo(&self) -> bool {
        self.plan
            .is_none_or(|plan| plan.tls != TlsPolicy::Required && plan.auth != AuthPolicy::Required)
    }

    /// A hello was accepted: there is no transaction any more (RFC 5321 §4.1.4).
    pub(super) fn meet(&mut self, offered: Capabilities<'static>) {
        self.capabilities = Some(offered);
        self.by_hand = None;
        self.is_in_doubt = self.is_raw_outstanding();
    }

    /// What comes next of what `open` asked for.
    fn go_on(&mut self) -> Option<Event> {
        let plan = self.plan?;
        if !self.protection.is_encrypted {
            match plan.tls {
                TlsPolicy::Opportunistic | TlsPolicy::Required
                    if self.offers(Extension::StartTls) && !self.protection.has_said_starttls =>
                {
                    self.jobs.push_front(Job::StartTls);
                    return None;
                }
                TlsPolicy::Required => {
                    self.give_up(CloseReason::TlsNotOffered);
                    return None;
                }
                _ => {}
            }
        }
        let offered = self.capabilities.clone()?;
        match plan.auth {
            AuthPolicy::IfOffered | AuthPolicy::Required
                if offered.mechanisms().next().is_some() =>
            {
                self.hold = Some(Hold::AuthChoice);
                Some(Event::AuthWanted(offered))
            }
            AuthPolicy::Required => {
                self.give_up(CloseReason::AuthNotOffered);
                None
            }
            _ => Some(self.ready(offered)),
        }
    }

    fn ready(&mut self, offered: Capabilities<'static>) -> Event {
        self.plan = None;
        Event::Ready(offered)
    }

    // STARTTLS.

    /// The reply to the STARTTLS of `open`.
    pub(super) fn on_starttls(&mut self, reply: Reply<'static>) -> Option<Event> {
        let is_required = self
            .plan
            .is_some_and(|plan| plan.tls == TlsPolicy::Required);
        if reply.code() == ReplyCode::READY {
            self.hand_over();
            None
        } else if reply.code().is_positive() {
            self.close_unexpected(&reply);
            None
        } else if is_required {
            self.give_up(CloseReason::TlsRefused(reply));
            None
        } else if reply.code() == ReplyCode::SERVICE_NOT_AVAILABLE {
            None
        } else {
            self.go_on()
        }
    }

    /// The server waits for TLS.
    pub(super) fn hand_over(&mut self) {
        self.hold = Some(Hold::Handover);
        self.news.push_back(Event::Handover);
    }

    /// TLS is established. All that was learnt in plaintext is forgotten
    /// (RFC 3207 §4.2, attack rule A4).
    pub(super) fn on_tls(&mut self) {
        self.hold = None;
        self.protection.is_encrypted = true;
        self.reset_session();
        if self.plan.is_some() {
            self.jobs.push_front(Job::Hello(self.first_hello()));
        }
    }

    /// The session is as if it had just begun.
    pub(super) fn reset_session(&mut self) {
        self.capabilities = None;
        self.by_hand = None;
        self.protection.is_authenticated = false;
    }

    // AUTH.

    /// An exchange begins; AUTH is still to be queued.
    pub(super) fn begin_auth(
        &mut self,
        command: Option<CommandId>,
        mechanism: Mechanism,
        response: Option<SaslMessage<'static>>,
        driver: Option<Box<dyn ClientMechanism>>,
    ) {
        self.exchange = Some(Exchange {
            command,
            mechanism,
            response,
            challenges: 0,
            is_cancelled: false,
            driver,
        });
    }

    /// Goes without AUTH, unless it is required.
    pub(super) fn skip_auth(&mut self) {
        self.hold = None;
        match (self.plan, self.capabilities.clone()) {
            (Some(plan), Some(offered)) if plan.auth != AuthPolicy::Required => {
                let ready = self.ready(offered);
                self.news.push_back(ready);
            }
            _ => self.give_up(CloseReason::NotAuthenticated),
        }
    }

    /// A reply inside the AUTH exchange.
    pub(super) fn on_auth(&mut self, reply: Reply<'static>, taken: u64) -> Option<Event> {
        let exchange = self.exchange.as_mut()?;
        match reply.code().severity() {
            Severity::PositiveIntermediate
                if reply.code() == ReplyCode::CHALLENGE && !exchange.is_cancelled =>
            {
                exchange.challenges += 1;
                if self
                    .challenges
                    .is_some_and(|limit| exchange.challenges > limit)
                {
                    self.close(CloseReason::TooManyChallenges, None, taken);
                } else if exchange.response.is_some() {
                    self.jobs.push_front(Job::AuthLine);
                } else {
                    return self.on_challenge(Challenge::new(reply));
                }
                None
            }
            Severity::PositiveCompletion if !exchange.is_cancelled => match exchange.verify() {
                Ok(()) => {
                    self.protection.is_authenticated = true;
                    self.end_auth(reply)
                }
                Err(error) => {
                    self.close(CloseReason::Unproven(error), None, taken);
                    None
                }
            },
            Severity::PositiveIntermediate | Severity::PositiveCompletion => {
                self.close_unexpected(&reply);
                None
            }
            Severity::TransientNegative | Severity::PermanentNegative => self.end_auth(reply),
        }
    }

    /// The mechanism answers, or else the application.
    fn on_challenge(&mut self, challenge: Challenge) -> Option<Event> {
        let exchange = self.exchange.as_mut()?;
        let Some(driven) = exchange.drive(&challenge) else {
            self.hold = Some(Hold::Challenge);
            return Some(Event::AuthChallenge(challenge));
        };
        exchange.is_cancelled = driven.is_err();
        self.jobs.push_front(Job::AuthLine);
        driven.err().map(Event::AuthCancelled)
    }

    /// The exchange is over, with that reply.
    fn end_auth(&mut self, reply: Reply<'static>) -> Option<Event> {
        let exchange = self.exchange.take()?;
        if let Some(id) = exchange.command {
            self.unanswered = self.unanswered.saturating_sub(1);
            return Some(Event::Reply(id, reply));
        }
        let is_opening = self.plan.is_some();
        if !reply.code().is_positive() {
            self.hold = is_opening.then_some(Hold::AuthChoice);
            return Some(Event::AuthRefused(reply));
        }
        if let Some(offered) = self.capabilities.clone().filter(|_| is_opening) {
            let ready = self.ready(offered);
            self.news.push_back(ready);
        }
        Some(Event::Authenticated(reply))
    }
}
