//! Commands: from a line to a question, or to a reply of the machine's own.

use bytes::BytesMut;

use super::config::UnofferedParameters;
use super::event::{CloseReason, Event, Refused};
use super::exchange::{Data, Expand, Hello, Help, Mail, Rcpt, Verify};
use super::replies::{self, Said};
use super::state::{Dialect, Next, Subject};
use super::{Server, Step};
use crate::Timestamp;
use crate::codec::line::{CRLF, Framed, drop_front};
use crate::codec::{CommandError, LineError};
use crate::types::{
    Argument, BodyType, Command, Extension, ForwardPath, HelloName, MailParameters, Parameter,
    RcptParameters, ReversePath, Verb,
};

impl Server {
    /// Takes the next line from the input and obeys it.
    pub(super) fn next_command(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        if self.shutdown.is_some() {
            self.shut_down(now);
            return Step::Again;
        }
        match self.framer.frame(input) {
            Framed::More(octets) => {
                drop_front(input, octets);
                match self.state.eof {
                    true => self.close_silently(now, CloseReason::Eof),
                    false => Step::Wait,
                }
            }
            Framed::Error(octets, error) => {
                drop_front(input, octets);
                self.refuse_line(error)
            }
            Framed::Line(octets) => {
                let line = input.get(..octets).unwrap_or_default();
                let step = match Command::parse(line, &self.config.syntax) {
                    Ok(command) => self.obey(now, command),
                    Err(error) => self.refuse_syntax(error),
                };
                drop_front(input, octets + CRLF.len());
                step
            }
        }
    }

    fn obey(&mut self, now: Timestamp, command: Command<'_>) -> Step {
        let verb = command.verb();
        if let Err(said) = self.state.check_order(verb, self.config.protocol) {
            return self.refuse(verb, said, None);
        }
        if self.is_one_too_many(verb) {
            return self.close_after(
                verb,
                replies::TOO_MANY_COMMANDS,
                CloseReason::TooManyCommands,
            );
        }
        match command {
            Command::Ehlo(name) | Command::Helo(name) | Command::Lhlo(name) => {
                self.say_hello(now, verb, name)
            }
            Command::Mail {
                reverse_path,
                parameters,
            } => self.mail(now, reverse_path, parameters),
            Command::Rcpt {
                forward_path,
                parameters,
            } => self.rcpt(now, forward_path, parameters),
            Command::Data => self.data(now),
            Command::Rset => {
                self.reset_transaction();
                self.say(verb, replies::RESET);
                Step::Event(Event::Reset)
            }
            Command::Vrfy(argument) => self.vrfy(now, argument),
            Command::Expn(argument) => self.expn(now, argument),
            Command::Help(argument) => self.help(now, argument),
            Command::Noop(_) => self.say(verb, replies::DONE),
            Command::Quit => self.close_after(verb, replies::CLOSING, CloseReason::Quit),
            Command::Unknown(_) => self.refuse(verb, replies::UNKNOWN_COMMAND, None),
            // Known, but not offered.
            _ => self.refuse(verb, replies::NOT_IMPLEMENTED, None),
        }
    }

    fn say_hello(&mut self, now: Timestamp, verb: Verb, name: HelloName<'_>) -> Step {
        let name = name.into_owned();
        let question = Hello { verb, name };
        Step::Event(Event::Hello(self.ask_about(now, verb, question)))
    }

    fn mail(
        &mut self,
        now: Timestamp,
        reverse_path: ReversePath<'_>,
        parameters: MailParameters<'_>,
    ) -> Step {
        if let Err(said) = self.check_mail(&reverse_path, &parameters) {
            return self.refuse(Verb::Mail, said, None);
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
        if !parameters
            .iter()
            .all(|parameter| self.takes_in_mail(&parameter))
        {
            return Err(replies::PARAMETER_NOT_OFFERED);
        }
        // RFC 1870 §6.1: a size that will not fit is refused at once.
        if let (Some(size), Some(limit)) = (parameters.size(), self.config.limits.message) {
            if size > limit {
                return Err(replies::TOO_BIG);
            }
        }
        // RFC 6531 §3.5
        if !reverse_path.is_ascii() && !parameters.smtputf8() {
            return Err(replies::NON_ASCII_SENDER);
        }
        Ok(())
    }

    /// Whether that parameter of MAIL may be used (RFC 5321 §4.1.1.11).
    fn takes_in_mail(&self, parameter: &Parameter<'_>) -> bool {
        let is = |name: &str| parameter.name().eq_ignore_ascii_case(name);
        let offers = |extension| self.is_extended() && self.config.offers(extension);
        let is_binary = || {
            parameter
                .value()
                .is_some_and(|value| value.eq_ignore_ascii_case(BodyType::BinaryMime.as_str()))
        };
        if is("SIZE") {
            offers(Extension::Size) || self.passes_unoffered()
        } else if is("BODY") && !is_binary() {
            offers(Extension::EightBitMime) || self.passes_unoffered()
        } else if is("SMTPUTF8") {
            offers(Extension::SmtpUtf8) || self.passes_unoffered()
        } else if is("AUTH") && parameter.value() == Some("<>") {
            true
        } else {
            self.passes_unoffered()
        }
    }

    fn passes_unoffered(&self) -> bool {
        self.config.unoffered_parameters == UnofferedParameters::Pass
    }

    fn rcpt(
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
        let envelope = self.envelope();
        let recipients = envelope.map_or(0, |envelope| envelope.recipients.len());
        let has_smtputf8 = envelope.is_some_and(|envelope| envelope.parameters.smtputf8());
        if !parameters.is_empty() && !self.passes_unoffered() {
            return Err(replies::PARAMETER_NOT_OFFERED);
        }
        if !forward_path.is_ascii() && !has_smtputf8 {
            return Err(replies::NON_ASCII_RECIPIENT);
        }
        // RFC 5321 §4.5.3.1.10
        match self.config.limits.recipients {
            Some(limit) if recipients >= limit => Err(replies::TOO_MANY_RECIPIENTS),
            _ => Ok(()),
        }
    }

    fn data(&mut self, now: Timestamp) -> Step {
        let body = self
            .envelope()
            .and_then(|envelope| envelope.parameters.body())
            .unwrap_or_default();
        let question = Data { body };
        Step::Event(Event::Data(self.ask_about(now, Verb::Data, question)))
    }

    fn vrfy(&mut self, now: Timestamp, argument: Argument<'_>) -> Step {
        if !self.config.vrfy {
            // RFC 5321 §3.5.3
            return self.say(Verb::Vrfy, replies::CANNOT_VERIFY);
        }
        let argument = argument.into_owned();
        let question = Verify { argument };
        Step::Event(Event::Verify(self.ask_about(now, Verb::Vrfy, question)))
    }

    fn expn(&mut self, now: Timestamp, argument: Argument<'_>) -> Step {
        if !self.config.expn {
            return self.refuse(Verb::Expn, replies::NOT_IMPLEMENTED, None);
        }
        let argument = argument.into_owned();
        let question = Expand { argument };
        Step::Event(Event::Expand(self.ask_about(now, Verb::Expn, question)))
    }

    fn help(&mut self, now: Timestamp, argument: Option<Argument<'_>>) -> Step {
        if !self.config.help {
            return self.say(Verb::Help, replies::HELP);
        }
        let argument = argument.map(Argument::into_owned);
        let question = Help { argument };
        Step::Event(Event::Help(self.ask_about(now, Verb::Help, question)))
    }

    fn ask_about<E>(&mut self, now: Timestamp, verb: Verb, question: E) -> super::Pending<E> {
        self.ask(now, Subject::Command(verb), question)
    }

    /// Stages a reply of the machine's own.
    fn say(&mut self, verb: Verb, said: Said) -> Step {
        self.stage_reply_to(verb, said);
        self.state.answer(Subject::Command(verb), Next::Command);
        Step::Again
    }

    /// Stages the last reply of the session.
    fn close_after(&mut self, verb: Verb, said: Said, reason: CloseReason) -> Step {
        self.stage_reply_to(verb, said);
        let next = Next::Close(reason);
        self.state.answer(Subject::Command(verb), next);
        Step::Again
    }

    /// The replies to a hello carry no enhanced code (RFC 2034 §4).
    fn stage_reply_to(&mut self, verb: Verb, said: Said) {
        let is_hello = matches!(verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo);
        let enhanced = said.enhanced.filter(|_| !is_hello);
        self.stage_own(Said { enhanced, ..said });
    }

    fn refuse_line(&mut self, error: LineError) -> Step {
        match error {
            LineError::TooLong => self.refuse(Verb::Unknown, replies::LINE_TOO_LONG, None),
            LineError::BareLineFeed => self.close_after(
                Verb::Unknown,
                replies::BARE_LINE_FEED,
                CloseReason::BareLineFeed,
            ),
        }
    }

    fn refuse_syntax(&mut self, error: CommandError) -> Step {
        let said = Said {
            code: error.code(),
            enhanced: Some(error.enhanced_code()),
            text: replies::of_part(error.part()),
        };
        self.refuse(error.verb(), said, Some(error))
    }

    /// Refuses a command, or ends the session if that is one too many.
    fn refuse(&mut self, verb: Verb, said: Said, error: Option<CommandError>) -> Step {
        self.errors = self.errors.saturating_add(1);
        let limit = self.config.limits.errors;
        let said = if limit.is_some_and(|limit| self.errors > limit) {
            self.close_after(verb, replies::TOO_MANY_ERRORS, CloseReason::TooManyErrors);
            replies::TOO_MANY_ERRORS
        } else {
            self.say(verb, said);
            said
        };
        if !self.config.report_refused {
            return Step::Again;
        }
        Step::Event(Event::Refused(Refused {
            verb,
            code: said.code,
            error,
        }))
    }

    /// Counts commands that move no mail.
    fn is_one_too_many(&mut self, verb: Verb) -> bool {
        if matches!(
            verb,
            Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Rset | Verb::Quit
        ) {
            return false;
        }
        self.other_commands = self.other_commands.saturating_add(1);
        let limit = self.config.limits.other_commands;
        limit.is_some_and(|limit| self.other_commands > limit)
    }

    pub(super) fn is_extended(&self) -> bool {
        self.state.dialect == Some(Dialect::Extended)
    }
}
