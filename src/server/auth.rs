//! AUTH and STARTTLS: who the client is, and who else listens (RFC 4954,
//! RFC 3207).

use bytes::BytesMut;

use super::event::{CloseReason, Event};
use super::exchange::{Auth, AuthResponse, StartTls};
use super::extensions::StartTlsOffer as Offer;
use super::replies::{self, Said};
use super::reply::Step;
use super::state::{Next, Subject};
use super::{Config, EarlyInput, Security, Server};
use crate::Timestamp;
use crate::codec::line::{Framed, LineEnds, drop_front};
use crate::codec::{LineError, LineFramer};
use crate::types::{Command, Extension, Mechanism, SaslLine, SaslMessage, Verb};

impl Config {
    /// What finds the lines of a session.
    pub(super) fn framer(&self) -> LineFramer {
        let line_ends = match self.early_input {
            EarlyInput::Allow { lf_sessions: true } => LineEnds::AsTheFirst,
            _ => LineEnds::CrLf,
        };
        LineFramer::new(self.line_limit()).ending_with(line_ends)
    }

    /// The longest line that is looked at. Which one is an AUTH command, and
    /// may be longer than others, is not known before.
    pub(super) fn line_limit(&self) -> Option<usize> {
        match (self.limits.command_line, self.limits.auth_line) {
            (Some(command), Some(auth)) if self.auth.is_some() => Some(command.max(auth)),
            (_, None) if self.auth.is_some() => None,
            (command, _) => command,
        }
    }
}

impl Server {
    pub(super) fn start_tls(&mut self, now: Timestamp) -> Step {
        let verb = Verb::StartTls;
        if self.security == Security::Tls {
            return self.refuse(verb, replies::TLS_ALREADY, None);
        }
        let is_offered = self.config.start_tls != Offer::Off;
        if !is_offered || !self.is_extended() || self.framer.is_lf() {
            return self.refuse(verb, replies::NOT_IMPLEMENTED, None);
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
        let is_known = self.config.auth.is_some();
        if !is_known || !self.is_extended() || self.framer.is_lf() {
            return Err(replies::NOT_IMPLEMENTED);
        }
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

    /// Takes the client's response from the input, and wipes it there.
    pub(super) fn next_auth_line(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        match self.framer.frame(input) {
            Framed::More(octets) => {
                wipe(input, octets);
                match self.state.eof {
                    true => self.close_silently(now, CloseReason::Eof),
                    false => Step::Wait,
                }
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
                    Ok(SaslLine::Cancel) => self.fail_auth(replies::AUTH_CANCELLED),
                    Err(_) => match Command::parse(line, &self.config.syntax) {
                        Ok(Command::Bdat { size, last }) => self.chunk_in_auth(now, size, last),
                        _ => self.fail_auth(replies::BAD_BASE64),
                    },
                };
                wipe(input, whole);
                step
            }
        }
    }

    fn refuse_auth_line(&mut self, error: LineError) -> Step {
        match error {
            LineError::TooLong => self.fail_auth(replies::AUTH_LINE_TOO_LONG),
            LineError::BareLineFeed => self.refuse_line(error),
        }
    }

    /// A client that has lost its way: a message is never taken for commands
    /// (attack rule A12).
    fn chunk_in_auth(&mut self, now: Timestamp, size: u64, last: bool) -> Step {
        if self.is_auth_failure_one_too_many() {
            self.close_for_auth_failures(Subject::AuthLine);
            return Step::Again;
        }
        self.bdat(now, size, last)
    }

    /// Ends the exchange; the client may begin another one.
    pub(super) fn fail_auth(&mut self, said: Said) -> Step {
        if self.is_auth_failure_one_too_many() {
            self.close_for_auth_failures(Subject::AuthLine);
            return Step::Again;
        }
        self.stage_own(said);
        self.state.answer(Subject::AuthLine, Next::Command);
        self.tell_refused(Verb::Auth, said.code, None)
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
        secret.fill(0);
    }
    drop_front(input, octets);
}
