//! Commands: from a line to a question, or to a reply of the machine's own.

use bytes::BytesMut;

use super::auth::wipe;
use super::config::{Config, CrossProtocol};
use super::event::{CloseReason, Event, Refused};
use super::exchange::{
    Atrn, Data, Etrn, Expand, Hello, Help, LineEnding, Pending, Transfer, Unknown, Verify, Xclient,
    Xforward,
};
use super::replies::{self, Said};
use super::reply::Step;
use super::state::{Next, Subject};
use super::{AbortReason, Server};
use crate::Timestamp;
use crate::codec::command::verb;
use crate::codec::line::{Framed, drop_front};
use crate::codec::{CommandError, LineError, LineFramer, Part};
use crate::types::{
    Argument, BodyType, Command, Extension, HelloName, ReplyCode, UnknownCommand, Verb,
};

impl Config {
    /// What cuts the input of a session into lines.
    pub(super) fn framer(&self) -> LineFramer {
        LineFramer::new(self.line_limit()).ending_with(self.line_ends())
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
    /// Takes the next line from the input and obeys it.
    pub(super) fn next_command(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        if self.shutdown.is_some() {
            self.shut_down(now);
            return Step::Again;
        }
        if self.end_in_time(now) {
            return Step::Again;
        }
        if self.is_tls_handshake(input) {
            return self.close_cross_protocol();
        }
        let is_begun = !self.framer.is_swallowing();
        let framed = self.framer.frame(input);
        if let Framed::More(1..) | Framed::Error(..) = framed {
            if is_begun {
                self.state.long_verb = verb(input).0;
            }
        }
        match framed {
            Framed::More(octets) => {
                // It may be an AUTH.
                wipe(input, octets);
                self.wait_for_line(now)
            }
            Framed::Error(octets, error) => {
                wipe(input, octets);
                self.refuse_line(self.state.long_verb, error)
            }
            Framed::Line(octets, whole) => {
                let line = input.get(..octets).unwrap_or_default();
                let command = Command::parse(line, &self.config.syntax);
                let verb = match &command {
                    Ok(command) => command.verb(),
                    Err(error) => error.verb(),
                };
                let is_auth = verb == Verb::Auth;
                let limit = self.config.limits.command_line;
                let is_long = limit.is_some_and(|limit| whole > limit);
                let step = match command {
                    _ if is_long && !is_auth => self.refuse_line(verb, LineError::TooLong),
                    _ if self.is_other_protocol(line) => self.close_cross_protocol(),
                    Ok(command) => self.obey(now, command),
                    Err(error) => self.refuse_syntax(error),
                };
                match is_auth {
                    true => wipe(input, whole),
                    false => drop_front(input, whole),
                }
                step
            }
        }
    }

    /// There is no whole line yet; there may never be.
    pub(super) fn wait_for_line(&mut self, now: Timestamp) -> Step {
        match self.state.eof {
            true => self.close_silently(now, CloseReason::Eof),
            false => Step::Wait,
        }
    }

    fn obey(&mut self, now: Timestamp, command: Command<'_>) -> Step {
        let verb = command.verb();
        if self.is_one_too_many(verb) {
            let reason = CloseReason::TooManyCommands;
            return self.close_after(verb, replies::TOO_MANY_COMMANDS, reason);
        }
        // These look to the order of commands by themselves: what is behind
        // them must be dealt with, whatever it is.
        match command {
            Command::Bdat { size, last } => return self.bdat(now, size, last),
            Command::Burl { uri, last } => return self.burl(now, uri, last),
            _ => {}
        }
        if let Err(said) = self.check_order(verb) {
            return self.refuse(verb, said, None);
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
            Command::Rset => self.rset(),
            Command::Vrfy(argument) => self.vrfy(now, argument),
            Command::Expn(argument) => self.expn(now, argument),
            Command::Help(argument) => self.help(now, argument),
            Command::Noop(_) => self.say(verb, replies::DONE),
            Command::Quit => self.quit(),
            Command::StartTls => self.start_tls(now),
            Command::Auth {
                mechanism,
                initial_response,
            } => self.auth(now, mechanism, initial_response),
            Command::Unknown(command) => self.unknown(now, command),
            Command::Etrn(_) if self.config.etrn && self.hello.is_none() => {
                self.refuse(verb, replies::HELLO_FIRST, None)
            }
            Command::Etrn(target) if self.offers_to_client(Extension::Etrn) => {
                let target = target.into_owned();
                Step::Event(Event::Etrn(self.ask_about(now, verb, Etrn { target })))
            }
            // RFC 2645 §5.1: only for who has authenticated.
            Command::Atrn(_) if self.config.atrn && self.identity.is_none() => {
                self.refuse(verb, replies::AUTH_FIRST, None)
            }
            Command::Atrn(domains) if self.offers_to_client(Extension::Atrn) => {
                let domains = domains.map(crate::types::DomainList::into_owned);
                Step::Event(Event::Atrn(self.ask_about(now, verb, Atrn { domains })))
            }
            Command::Xclient(attributes) if self.config.xclient => {
                let attributes = attributes.into_owned();
                let question = self.ask_about(now, verb, Xclient { attributes });
                Step::Event(Event::Xclient(question))
            }
            Command::Xforward(attributes) if self.config.xforward => {
                let attributes = attributes.into_owned();
                let question = self.ask_about(now, verb, Xforward { attributes });
                Step::Event(Event::Xforward(question))
            }
            // Known, but not offered.
            _ => self.refuse(verb, replies::NOT_IMPLEMENTED, None),
        }
    }

    /// Whether that command may come now.
    pub(super) fn check_order(&self, verb: Verb) -> Result<(), Said> {
        if self.needs_tls(verb) && !self.state.turned_away {
            return Err(replies::TLS_FIRST);
        }
        let body = match verb {
            Verb::Data => self.declared_body(),
            // For the others it does not matter.
            _ => BodyType::default(),
        };
        self.state.check_order(verb, self.config.protocol, body)
    }

    /// What MAIL said of the message.
    pub(super) fn declared_body(&self) -> BodyType {
        self.envelope()
            .and_then(|envelope| envelope.parameters.body())
            .unwrap_or_default()
    }

    fn say_hello(&mut self, now: Timestamp, verb: Verb, name: HelloName<'_>) -> Step {
        let name = name.into_owned();
        let question = Hello { verb, name };
        Step::Event(Event::Hello(self.ask_about(now, verb, question)))
    }

    fn data(&mut self, now: Timestamp) -> Step {
        let question = Data {
            body: self.declared_body(),
            transfer: Transfer::Dot,
            line_ends: match self.framer.is_lf() {
                true => LineEnding::Lf,
                false => LineEnding::CrLf,
            },
        };
        Step::Event(Event::Data(self.ask_about(now, Verb::Data, question)))
    }

    fn rset(&mut self) -> Step {
        self.abort(AbortReason::GivenUp);
        self.reset_transaction();
        self.state.reset = true;
        self.say(Verb::Rset, replies::RESET)
    }

    fn quit(&mut self) -> Step {
        self.close_after(Verb::Quit, replies::CLOSING, CloseReason::Quit)
    }

    fn vrfy(&mut self, now: Timestamp, argument: Argument<'_>) -> Step {
        if !self.config.vrfy {
            // RFC 5321 §3.5.3
            return self.say(Verb::Vrfy, replies::CANNOT_VERIFY);
        }
        let (argument, smtputf8) = self.split_smtputf8(argument);
        let question = Verify { argument, smtputf8 };
        Step::Event(Event::Verify(self.ask_about(now, Verb::Vrfy, question)))
    }

    fn expn(&mut self, now: Timestamp, argument: Argument<'_>) -> Step {
        if !self.config.expn {
            return self.refuse(Verb::Expn, replies::NOT_IMPLEMENTED, None);
        }
        let (argument, smtputf8) = self.split_smtputf8(argument);
        let question = Expand { argument, smtputf8 };
        Step::Event(Event::Expand(self.ask_about(now, Verb::Expn, question)))
    }

    /// The last word is the parameter only where it was offered (RFC 6531
    /// §3.7.4.2).
    fn split_smtputf8(&mut self, argument: Argument<'_>) -> (Argument<'static>, bool) {
        self.incoming.utf8_reply = false;
        if !self.offers_to_client(Extension::SmtpUtf8) {
            return (argument.into_owned(), false);
        }
        let (text, smtputf8) = argument.split_smtputf8();
        self.incoming.utf8_reply = smtputf8;
        match text.parse() {
            Ok(argument) => (argument, smtputf8),
            Err(_) => (argument.into_owned(), smtputf8),
        }
    }

    fn help(&mut self, now: Timestamp, argument: Option<Argument<'_>>) -> Step {
        if !self.config.help {
            return self.say(Verb::Help, replies::HELP);
        }
        let argument = argument.map(Argument::into_owned);
        let question = Help { argument };
        Step::Event(Event::Help(self.ask_about(now, Verb::Help, question)))
    }

    fn unknown(&mut self, now: Timestamp, command: UnknownCommand<'_>) -> Step {
        let is_known = |verb: &alloc::string::String| command.verb().eq_ignore_ascii_case(verb);
        if !self.config.private_verbs.iter().any(is_known) {
            return self.refuse(Verb::Unknown, replies::UNKNOWN_COMMAND, None);
        }
        let command = command.into_owned();
        let question = self.ask_about(now, Verb::Unknown, Unknown { command });
        Step::Event(Event::Unknown(question))
    }

    pub(super) fn ask_about<E>(&mut self, now: Timestamp, verb: Verb, question: E) -> Pending<E> {
        self.ask(now, Subject::Command(verb), question)
    }

    /// Stages a reply of the machine's own.
    fn say(&mut self, verb: Verb, said: Said) -> Step {
        self.stage_reply_to(verb, said);
        self.state.answer(Subject::Command(verb), Next::Command);
        Step::Again
    }

    /// Stages the last reply of the session.
    pub(super) fn close_after(&mut self, verb: Verb, said: Said, reason: CloseReason) -> Step {
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

    pub(super) fn refuse_line(&mut self, verb: Verb, error: LineError) -> Step {
        match (error, verb) {
            // Attack rule A12: how long the chunk is, is not known.
            (LineError::TooLong, Verb::Bdat) => {
                self.close_after(verb, replies::LINE_TOO_LONG, CloseReason::ChunkSize)
            }
            (LineError::TooLong, _) => self.refuse(verb, replies::LINE_TOO_LONG, None),
            (LineError::BareLineFeed, _) => {
                let reason = CloseReason::BareLineFeed;
                self.close_after(Verb::Unknown, replies::BARE_LINE_FEED, reason)
            }
        }
    }

    fn refuse_syntax(&mut self, error: CommandError) -> Step {
        let said = Said {
            code: error.code(),
            enhanced: Some(error.enhanced_code()),
            text: replies::of_part(error.part()),
        };
        // Attack rule A12: without its size, the end of the chunk is unknown.
        if error.verb() == Verb::Bdat {
            let said = match error.part() {
                Part::ChunkSize => said,
                _ => Said {
                    enhanced: replies::PARAMETER_NOT_OFFERED.enhanced,
                    ..said
                },
            };
            return self.close_after(Verb::Bdat, said, CloseReason::ChunkSize);
        }
        self.refuse(error.verb(), said, Some(error))
    }

    /// Refuses a command, or ends the session if that is one too many.
    pub(super) fn refuse(&mut self, verb: Verb, said: Said, error: Option<CommandError>) -> Step {
        if let Some(step) = self.count_error(verb, said, error) {
            return step;
        }
        self.say(verb, said);
        self.tell_refused(verb, said.code, error)
    }

    /// Counts what the machine refuses; the step that ends the session, if it
    /// is one too many. RSET never ends it.
    pub(super) fn count_error(
        &mut self,
        verb: Verb,
        said: Said,
        error: Option<CommandError>,
    ) -> Option<Step> {
        // RFC 5321 §4.5.3.1.10: who names too many is to go on with those taken.
        if said == replies::TOO_MANY_RECIPIENTS {
            return None;
        }
        self.counters.errors = self.counters.errors.saturating_add(1);
        let limit = self.config.limits.errors;
        let is_too_many = limit.is_some_and(|limit| self.counters.errors > limit);
        if !is_too_many || verb == Verb::Rset || said.code == ReplyCode::SERVICE_NOT_AVAILABLE {
            return None;
        }
        let said = replies::TOO_MANY_ERRORS;
        self.close_after(verb, said, CloseReason::TooManyErrors);
        Some(self.tell_refused(verb, said.code, error))
    }

    pub(super) fn tell_refused(
        &self,
        verb: Verb,
        code: ReplyCode,
        error: Option<CommandError>,
    ) -> Step {
        if !self.config.report_refused {
            return Step::Again;
        }
        Step::Event(Event::Refused(Refused { verb, code, error }))
    }

    /// Counts commands that move no mail.
    fn is_one_too_many(&mut self, verb: Verb) -> bool {
        if matches!(
            verb,
            Verb::Mail
                | Verb::Rcpt
                | Verb::Data
                | Verb::Bdat
                | Verb::Burl
                | Verb::Rset
                | Verb::Auth
                | Verb::StartTls
                | Verb::Quit
        ) {
            return false;
        }
        let counters = &mut self.counters;
        counters.other_commands = counters.other_commands.saturating_add(1);
        let limit = self.config.limits.other_commands;
        limit.is_some_and(|limit| self.counters.other_commands > limit)
    }

    /// Attack rule A11: the first octets are those of a TLS handshake, on a
    /// connection without TLS.
    fn is_tls_handshake(&self, input: &[u8]) -> bool {
        let is_handshake = input.starts_with(b"\x16\x03") && !self.framer.is_swallowing();
        is_handshake && self.may_be_other_protocol()
    }

    /// Attack rule A11: a request of HTTP, or a field of its header.
    fn is_other_protocol(&self, line: &[u8]) -> bool {
        if !self.may_be_other_protocol() {
            return false;
        }
        let word = line
            .split(|&octet| octet == b' ')
            .next()
            .unwrap_or_default();
        let is_field = memchr::memchr(b':', word).is_some_and(|at| at > 0);
        let is_request = line.windows(6).any(|octets| octets == b" HTTP/");
        is_field || is_request
    }

    /// Nobody who has said hello speaks another protocol.
    fn may_be_other_protocol(&self) -> bool {
        self.config.cross_protocol == CrossProtocol::Reject && self.hello.is_none()
    }

    fn close_cross_protocol(&mut self) -> Step {
        let reason = CloseReason::CrossProtocol;
        self.close_after(Verb::Unknown, replies::CROSS_PROTOCOL, reason)
    }
}
