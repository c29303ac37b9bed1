//! What a transaction demands of the server, checked before anything is sent.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::Write;

use super::body::{BodyOptions, Chunking};
use super::error::Undeliverable;
use super::policy::{ParameterPolicy, WhenNotOffered};
use super::turn::Framing;
use crate::types::{
    BodyType, ByMode, Capabilities, Command, Envelope, Extension, MailParameters, NoSupportAction,
    Parameter, ParameterKind, ParameterKinds, Parameters, RcptParameters, Recipient, ValidSince,
    Verb,
};

/// How a message is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    /// The parameters of MAIL.
    pub(super) parameters: MailParameters<'static>,
    pub(super) framing: Framing,
    /// Whether lines are of no concern.
    pub(super) is_binary: bool,
    /// Parameters that were left out.
    pub(super) dropped: ParameterKinds,
}

/// What a message may demand: what is offered, and what becomes of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) offered: &'a Capabilities<'a>,
    pub(super) policy: ParameterPolicy,
    pub(super) is_encrypted: bool,
}

impl Terms<'_> {
    /// What that message demands.
    pub(super) fn demand(
        &self,
        envelope: &Envelope,
        options: &BodyOptions,
    ) -> Result<Demand, Undeliverable> {
        let given = &envelope.parameters;
        let body = options
            .body_type
            .max(given.body().unwrap_or(BodyType::SevenBit));
        let utf8 = options.utf8 || given.smtputf8() || !is_ascii(envelope);
        self.check_body(body)?;
        if utf8 && !self.offered.offers(Extension::SmtpUtf8) {
            return Err(Undeliverable::NotOffered(Extension::SmtpUtf8));
        }
        self.check_ranges(given)?;
        let mut dropped = ParameterKinds::default();
        self.check_recipients(envelope, &mut dropped)?;

        let mut text = String::new();
        if let Some(size) = self.size(envelope, options)? {
            // Writing to a String cannot fail.
            let _ = write!(text, "SIZE={size}");
        } else if given.size().is_some() {
            dropped.insert(ParameterKind::Size);
        }
        if body > BodyType::SevenBit {
            add(&mut text, "BODY=");
            text.push_str(body.as_str());
        }
        if utf8 {
            add(&mut text, "SMTPUTF8");
        }
        for (index, parameter) in given.iter().enumerate() {
            let kind = parameter.kind(Verb::Mail);
            let is_ours = matches!(
                kind,
                Some(ParameterKind::Size | ParameterKind::Body | ParameterKind::SmtpUtf8)
            );
            if !is_ours && self.keeps(Verb::Mail, &parameter, index, None, &mut dropped)? {
                add(&mut text, parameter.as_str());
            }
        }
        let parameters = MailParameters(Parameters::from_checked(Cow::Owned(text)));
        self.check_lines(envelope, &parameters)?;
        Ok(Demand {
            parameters,
            framing: self.framing(body, options.chunking)?,
            is_binary: body == BodyType::BinaryMime,
            dropped,
        })
    }

    /// Whether the server takes such octets.
    fn check_body(&self, body: BodyType) -> Result<(), Undeliverable> {
        let offers = |extension| self.offered.offers(extension);
        let missing = match body {
            BodyType::SevenBit => None,
            // RFC 6531 §3.1: who offers SMTPUTF8 must offer 8BITMIME; some forget.
            BodyType::EightBitMime => (!offers(Extension::EightBitMime)
                && !offers(Extension::SmtpUtf8))
            .then_some(Extension::EightBitMime),
            // RFC 3030 §3: it needs both.
            BodyType::BinaryMime => [Extension::BinaryMime, Extension::Chunking]
                .into_iter()
                .find(|extension| !offers(*extension)),
        };
        missing.map_or(Ok(()), |extension| {
            Err(Undeliverable::NotOffered(extension))
        })
    }

    /// By DATA or by BDAT.
    fn framing(&self, body: BodyType, chunking: Chunking) -> Result<Framing, Undeliverable> {
        let is_offered = self.offered.offers(Extension::Chunking);
        match (body, chunking) {
            (BodyType::BinaryMime, Chunking::Never) => Err(Undeliverable::Binary),
            (BodyType::BinaryMime, _) => Ok(Framing::Chunks),
            (_, Chunking::IfOffered) if is_offered => Ok(Framing::Chunks),
            _ => Ok(Framing::Dots),
        }
    }

    /// The size to declare.
    fn size(
        &self,
        envelope: &Envelope,
        options: &BodyOptions,
    ) -> Result<Option<u64>, Undeliverable> {
        let size = options.size.or(envelope.parameters.size());
        let size = size.filter(|_| self.offered.offers(Extension::Size));
        match (size, self.offered.size_limit()) {
            (Some(size), Some(limit)) if size > limit => Err(Undeliverable::TooLarge { limit }),
            _ => Ok(size),
        }
    }

    /// Whether the parameters of MAIL are within what the server says it takes,
    /// and what the session is.
    fn check_ranges(&self, given: &MailParameters<'_>) -> Result<(), Undeliverable> {
        if given.require_tls() && !self.is_encrypted {
            return Err(Undeliverable::NotEncrypted);
        }
        let out_of_range = |parameter| Err(Undeliverable::OutOfRange { parameter });
        if let Some((seconds, date)) = self.offered.future_release() {
            if given.hold_for().is_some_and(|held| held > seconds) {
                return out_of_range(ParameterKind::HoldFor);
            }
            let last = date.to_unix();
            if given.hold_until().is_some_and(|held| held.to_unix() > last) {
                return out_of_range(ParameterKind::HoldUntil);
            }
        }
        let (minimum, by) = (self.offered.deliver_by_minimum(), given.deliver_by());
        if let (Some(minimum), Some(by)) = (minimum, by) {
            if by.mode() == ByMode::Return && i64::from(by.seconds()) < i64::from(minimum) {
                return out_of_range(ParameterKind::By);
            }
        }
        Ok(())
    }

    /// Whether each recipient may be named as it is, or with parameters left out.
    fn check_recipients(
        &self,
        envelope: &Envelope,
        dropped: &mut ParameterKinds,
    ) -> Result<(), Undeliverable> {
        for (number, recipient) in envelope.recipients.iter().enumerate() {
            for (index, parameter) in recipient.parameters.iter().enumerate() {
                self.keeps(Verb::Rcpt, &parameter, index, Some(number), dropped)?;
            }
        }
        Ok(())
    }

    /// Whether a parameter is to be sent.
    fn keeps(
        &self,
        verb: Verb,
        parameter: &Parameter<'_>,
        index: usize,
        recipient: Option<usize>,
        dropped: &mut ParameterKinds,
    ) -> Result<bool, Undeliverable> {
        let kind = parameter.kind(verb);
        match self.verdict(verb, parameter) {
            WhenNotOffered::Send => Ok(true),
            WhenNotOffered::Drop => {
                kind.map(|kind| dropped.insert(kind));
                Ok(false)
            }
            WhenNotOffered::Refuse => Err(Undeliverable::ParameterNotOffered {
                parameter: kind,
                recipient,
                index,
            }),
        }
    }

    /// What becomes of a parameter; one that is offered is sent.
    fn verdict(&self, verb: Verb, parameter: &Parameter<'_>) -> WhenNotOffered {
        let Some(kind) = parameter.kind(verb) else {
            return match self.offered.get(parameter.name()) {
                Some(_) => WhenNotOffered::Send,
                None => self.policy.of_unknown(),
            };
        };
        let is_offered = self.offered.offers(kind.extension())
            // RFC 3885 §3.2: it needs ENVID, which DSN brings.
            && (kind != ParameterKind::Mtrk || self.offered.offers(Extension::Dsn));
        if is_offered {
            return WhenNotOffered::Send;
        }
        match self.policy.of(kind) {
            WhenNotOffered::Refuse if may_be_dropped(parameter) => WhenNotOffered::Drop,
            verdict => verdict,
        }
    }

    /// The parameters of RCPT for that recipient, without those left out.
    pub(super) fn rcpt_parameters<'b>(&self, recipient: &'b Recipient) -> RcptParameters<'b> {
        let keeps =
            |parameter: &Parameter<'_>| self.verdict(Verb::Rcpt, parameter) == WhenNotOffered::Send;
        if recipient.parameters.iter().all(|given| keeps(&given)) {
            return recipient.parameters.as_borrowed();
        }
        let mut text = String::new();
        for parameter in recipient.parameters.iter().filter(keeps) {
            add(&mut text, parameter.as_str());
        }
        RcptParameters(Parameters::from_checked(Cow::Owned(text)))
    }

    /// Whether each line of the transaction may be sent.
    fn check_lines(
        &self,
        envelope: &Envelope,
        parameters: &MailParameters<'_>,
    ) -> Result<(), Undeliverable> {
        let mail = Command::Mail {
            reverse_path: envelope.reverse_path.as_borrowed(),
            parameters: parameters.as_borrowed(),
        };
        if !mail.fits_line() {
            return Err(Undeliverable::MailTooLong);
        }
        let too_long = envelope.recipients.iter().position(|recipient| {
            let rcpt = Command::Rcpt {
                forward_path: recipient.forward_path.as_borrowed(),
                parameters: self.rcpt_parameters(recipient),
            };
            !rcpt.fits_line()
        });
        too_long.map_or(Ok(()), |recipient| {
            Err(Undeliverable::RcptTooLong { recipient })
        })
    }
}

/// RRVS says itself whether the message may go on without (RFC 7293 §3.1).
fn may_be_dropped(parameter: &Parameter<'_>) -> bool {
    let since = parameter
        .value()
        .filter(|_| parameter.kind(Verb::Rcpt) == Some(ParameterKind::Rrvs))
        .and_then(|value| value.parse::<ValidSince>().ok());
    since.is_some_and(|since| since.no_support() == NoSupportAction::Continue)
}

fn add(text: &mut String, parameter: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(parameter);
}

/// Whether neither paths nor parameters need SMTPUTF8.
fn is_ascii(envelope: &Envelope) -> bool {
    let mut recipients = envelope.recipients.iter();
    envelope.is_ascii()
        && envelope.parameters.as_str().is_ascii()
        && recipients.all(|recipient| recipient.parameters.as_str().is_ascii())
}
