//! AUTH and STARTTLS: who the client is, and who else listens (RFC 4954,
//! RFC 3207).

use bytes::BytesMut;
use zeroize::Zeroize;

use super::event::{CloseReason, Event};
use super::exchange::{Auth, AuthResponse, StartTls};
use super::extensions::StartTlsOffer as Offer;
use super::replies::{self, Said};
use super::reply::Step;
use super::state::{Dialect, Next, Subject};
use super::{Security, Server};
use crate::Timestamp;
use crate::codec::LineError;
use crate::codec::line::{Framed, drop_front};
use crate::types::{Command, Extension, Mechanism, SaslLine, SaslMessage, Verb};

impl Server {
    pub(super) fn start_tls(&mut self, now: Timestamp) -> Step {
        let verb = Verb::StartTls;
        if self.security == Security::Tls {
            return self.refuse(verb, replies::TLS_ALREADY, None);
        }
        let is_offered = self.config.start_tls != Offer::Off;
        if let Err(said) = self.check_extension(is_offered) {
            return self.refuse(verb, said, None);
        }
        let question = self.ask(now, Subject::Command(verb), StartTls {});
        Step::Event(Event::StartTls(question))
    }

    pub(super) fn auth(
        &mut self,
        now: Timestamp,
        mechanism: Mechanism,
        initial_response: Option<SaslMessage<'_>>,
    ) -> Step {
        if let Err(said) = self.check_auth(mechanism, initial_response.is_some()) {
            return self.refuse(Verb::Auth, said, None);
        }
        self.auth_rounds = 0;
        // RFC 4954 §4: with an initial response, more may follow in the group.
        let subject = match initial_response {
            Some(_) => Subject::AuthWithInitialResponse,
            None => Subject::Command(Verb::Auth),
        };
        let question = Auth {
            mechanism,
            initial_response: initial_response.map(|message| message.decode()),
        };
        Step::Event(Event::Auth(self.ask(now, subject, question)))
    }

    fn check_auth(&self, mechanism: Mechanism, has_initial: bool) -> Result<(), Said> {
        self.check_extension(self.config.auth.is_some())?;
        if self.identity.is_some() {
            return Err(replies::AUTH_ALREADY);
        }
        if !self.config.mechanisms(self.security).contains(&mechanism) {
            return Err(replies::MECHANISM_NOT_OFFERED);
        }
        // RFC 4954 §4
        let server_first = matches!(mechanism, Mechanism::CRAM_MD5 | Mechanism::DIGEST_MD5);
        match has_initial && server_first {
            true => Err(replies::SERVER_SPEAKS_FIRST),
            false => Ok(()),
        }
    }

    /// Whether a command of an extension may come. Before EHLO it is out of
    /// order; after HELO, and in LF sessions, there is no such command.
    fn check_extension(&self, is_enabled: bool) -> Result<(), Said> {
        match self.state.dialect {
            _ if !is_enabled || self.framer.is_lf() => Err(replies::NOT_IMPLEMENTED),
            None => Err(replies::HELLO_FIRST),
            Some(Dialect::Plain) => Err(replies::NOT_IMPLEMENTED),
            Some(Dialect::Extended) => Ok(()),
        }
    }

    /// Takes the client's response from the input, and wipes it there.
    pub(super) fn next_auth_line(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        match self.framer.frame(input) {
            Framed::More(octets) => {
                wipe(input, octets);
                self.wait_for_line(now)
            }
            Framed::Error(octets, error) => {
                wipe(input, octets);
                self.refuse_auth_line(error)
            }
            Framed::Line(octets, whole) => {
                let limit = self.config.limits.auth_line;
                let is_long = limit.is_some_and(|limit| whole > limit);
                let line = input.get(..octets).unwrap_or_default();
                let step = match SaslLine::parse(line) {
                    _ if is_long => self.refuse_auth_line(LineError::TooLong),
                    Ok(SaslLine::Response(message)) => {
                        let response = message.decode();
                        let question = AuthResponse { response };
                        let question = self.ask(now, Subject::AuthLine, question);
                        Step::Event(Event::AuthResponse(question))
                    }
                    Ok(SaslLine::Cancel) => self.fail_exchange(replies::AUTH_CANCELLED),
                    Err(_) => match Command::parse(line, &self.config.syntax) {
                        Ok(Command::Bdat { size, last }) => self.chunk_in_auth(now, size, last),
                        _ => self.fail_exchange(replies::BAD_BASE64),
                    },
                };
                wipe(input, whole);
                step
            }
        }
    }

    fn refuse_auth_line(&mut self, error: LineError) -> Step {
        match error {
            LineError::TooLong => self.fail_exchange(replies::AUTH_LINE_TOO_LONG),
            LineError::BareLineFeed => self.refuse_line(Verb::Auth, error),
        }
    }

    /// A client that has lost its way: a message is never taken for commands
    /// (attack rule A12).
    fn chunk_in_auth(&mut self, now: Timestamp, size: u64, last: bool) -> Step {
        if self.is_auth_failure_one_too_many() {
            return self.refuse_failures(Subject::AuthLine, Verb::Bdat);
        }
        self.bdat(now, size, last)
    }

    fn fail_exchange(&mut self, said: Said) -> Step {
        self.fail_auth(Subject::AuthLine, said)
    }

    /// Ends the exchange; the client may begin another one.
    pub(super) fn fail_auth(&mut self, subject: Subject, said: Said) -> Step {
        if self.is_auth_failure_one_too_many() {
            return self.refuse_failures(subject, Verb::Auth);
        }
        self.stage_own(said);
        self.state.answer(subject, Next::Command);
        self.tell_refused(Verb::Auth, said.code, None)
    }

    fn refuse_failures(&mut self, subject: Subject, verb: Verb) -> Step {
        self.close_for_auth_failures(subject);
        self.tell_refused(verb, replies::TOO_MANY_AUTH_FAILURES.code, None)
    }

    pub(super) fn is_auth_failure_one_too_many(&mut self) -> bool {
        let counters = &mut self.counters;
        counters.auth_failures = counters.auth_failures.saturating_add(1);
        let limit = self.config.limits.auth_failures;
        limit.is_some_and(|limit| self.counters.auth_failures > limit)
    }

    pub(super) fn close_for_auth_failures(&mut self, subject: Subject) {
        self.stage_own(replies::TOO_MANY_AUTH_FAILURES);
        let next = Next::Close(CloseReason::TooManyAuthFailures);
        self.state.answer(subject, next);
    }

    /// RFC 3207 §4: what may be said before TLS where TLS is required.
    pub(super) fn needs_tls(&self, verb: Verb) -> bool {
        let may = matches!(
            verb,
            Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Noop | Verb::StartTls | Verb::Quit
        );
        self.config.start_tls == Offer::Required && self.security == Security::Plain && !may
    }

    /// Whether MAIL must wait for AUTH (RFC 4954 §6).
    pub(super) fn needs_auth(&self) -> bool {
        let auth = self.config.auth.as_ref();
        auth.is_some_and(|auth| auth.required) && self.identity.is_none()
    }

    pub(super) fn offers_to_client(&self, extension: Extension) -> bool {
        self.is_extended() && self.offers(extension)
    }
}

/// Overwrites octets at the front of the input, then drops them.
pub(super) fn wipe(input: &mut BytesMut, octets: usize) {
    if let Some(secret) = input.get_mut(..octets) {
        secret.zeroize();
    }
    drop_front(input, octets);
}
