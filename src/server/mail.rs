//! MAIL and RCPT: what may be asked of a message (RFC 5321 §4.1.1.2, §4.1.1.3).

use super::Server;
use super::config::UnofferedParameters;
use super::event::{CloseReason, Event};
use super::exchange::{Mail, Rcpt};
use super::extensions::DeliverBy;
use super::replies::{self, Said};
use super::reply::Step;
use crate::Timestamp;
use crate::types::{
    ByMode, ForwardPath, MailParameters, Parameter, RcptParameters, ReversePath, Verb,
};

impl Server {
    pub(super) fn mail(
        &mut self,
        now: Timestamp,
        reverse_path: ReversePath<'_>,
        parameters: MailParameters<'_>,
    ) -> Step {
        if let Err(said) = self.check_mail(&reverse_path, &parameters) {
            return self.refuse(Verb::Mail, said, None);
        }
        let limit = self.config.limits.transactions;
        if limit.is_some_and(|limit| self.counters.transactions >= limit) {
            let reason = CloseReason::TooManyTransactions;
            return self.close_after(Verb::Mail, replies::TOO_MANY_TRANSACTIONS, reason);
        }
        let question = Mail {
            reverse_path: reverse_path.into_owned(),
            parameters: parameters.into_owned(),
        };
        Step::Event(Event::Mail(self.ask_about(now, Verb::Mail, question)))
    }

    fn check_mail(
        &self,
        reverse_path: &ReversePath<'_>,
        parameters: &MailParameters<'_>,
    ) -> Result<(), Said> {
        if self.needs_auth() {
            return Err(replies::AUTH_FIRST);
        }
        self.check_offered(Verb::Mail, parameters.iter())?;
        // RFC 1870 §6.1: a size that will not fit is refused at once.
        if let (Some(size), Some(limit)) = (parameters.size(), self.config.limits.message) {
            if size > limit {
                return Err(replies::TOO_BIG);
            }
        }
        self.check_times(parameters)?;
        // RFC 6531 §3.5
        match reverse_path.is_ascii() || parameters.smtputf8() {
            true => Ok(()),
            false => Err(replies::NON_ASCII_SENDER),
        }
    }

    /// RFC 4865 §4.1: no longer than was offered. RFC 2852 §3: not sooner.
    fn check_times(&self, parameters: &MailParameters<'_>) -> Result<(), Said> {
        if let Some(limit) = self.config.future_release {
            let for_too_long = parameters
                .hold_for()
                .is_some_and(|held| held > limit.seconds);
            let until_too_late = parameters
                .hold_until()
                .is_some_and(|date| date.to_unix() > limit.until.to_unix());
            if for_too_long || until_too_late {
                return Err(replies::HELD_TOO_LONG);
            }
        }
        match (parameters.deliver_by(), self.config.deliver_by) {
            (Some(by), DeliverBy::AtLeast(minimum))
                if by.mode() == ByMode::Return && i64::from(by.seconds()) < i64::from(minimum) =>
            {
                Err(replies::TOO_HASTY)
            }
            _ => Ok(()),
        }
    }

    /// Whether those parameters may be used (RFC 5321 §4.1.1.11).
    fn check_offered<'a>(
        &self,
        verb: Verb,
        mut parameters: impl Iterator<Item = Parameter<'a>>,
    ) -> Result<(), Said> {
        if self.config.unoffered_parameters == UnofferedParameters::Pass {
            return Ok(());
        }
        let is_offered = |parameter: &Parameter<'_>| {
            let extension = parameter.extension(verb);
            extension.is_some_and(|extension| self.offers_to_client(extension))
                || is_null_auth(parameter)
        };
        match parameters.find(|parameter| !is_offered(parameter)) {
            None => Ok(()),
            Some(parameter) => {
                let (code, enhanced) = parameter.refusal(verb);
                Err(Said {
                    code,
                    enhanced: Some(enhanced),
                    ..replies::PARAMETER_NOT_OFFERED
                })
            }
        }
    }

    pub(super) fn rcpt(
        &mut self,
        now: Timestamp,
        forward_path: ForwardPath<'_>,
        parameters: RcptParameters<'_>,
    ) -> Step {
        if let Err(said) = self.check_rcpt(&forward_path, &parameters) {
            return self.refuse(Verb::Rcpt, said, None);
        }
        let question = Rcpt {
            forward_path: forward_path.into_owned(),
            parameters: parameters.into_owned(),
        };
        Step::Event(Event::Rcpt(self.ask_about(now, Verb::Rcpt, question)))
    }

    fn check_rcpt(
        &self,
        forward_path: &ForwardPath<'_>,
        parameters: &RcptParameters<'_>,
    ) -> Result<(), Said> {
        self.check_offered(Verb::Rcpt, parameters.iter())?;
        let envelope = self.envelope();
        let has_smtputf8 = envelope.is_some_and(|envelope| envelope.parameters.smtputf8());
        if !forward_path.is_ascii() && !has_smtputf8 {
            return Err(replies::NON_ASCII_RECIPIENT);
        }
        // RFC 5321 §4.5.3.1.10
        match self.config.limits.recipients {
            Some(limit) if self.recipients() >= limit => Err(replies::TOO_MANY_RECIPIENTS),
            _ => Ok(()),
        }
    }
}

/// RFC 4954 §5: `AUTH=<>` says nothing, and is to be taken from anybody.
fn is_null_auth(parameter: &Parameter<'_>) -> bool {
    parameter.name().eq_ignore_ascii_case("AUTH") && parameter.value() == Some("<>")
}
