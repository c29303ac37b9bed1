//! What a server is to do, said once more, with no octet, no clock and no
//! clever thing in it.

#![allow(unreachable_pub)] // a module of a test

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;

use ehlo::server::{Chunking, Config, EarlyInput, StartTlsOffer};
use ehlo::types::Protocol;

use crate::support::session::Say;

/// What a client says: always whole lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    MailBinary,
    MailBig,
    Rcpt,
    Data,
    /// With its chunk.
    Bdat(&'static str, bool),
    BdatWithoutSize,
    Rset,
    Vrfy,
    Expn,
    Help,
    Noop,
    Quit,
    StartTls,
    Auth,
    AuthAtOnce,
    Private,
    Unheard,
    Misspelt,
    TooLong,
    Base64,
    Star,
    Dot,
    BareLineFeed,
}

pub const LONG: usize = 300;

impl Line {
    pub fn octets(self) -> String {
        let line = match self {
            Self::Ehlo => "EHLO c.example",
            Self::Helo => "HELO c.example",
            Self::Lhlo => "LHLO c.example",
            Self::Mail => "MAIL FROM:<a@c.example>",
            Self::MailBinary => "MAIL FROM:<a@c.example> BODY=BINARYMIME",
            Self::MailBig => "MAIL FROM:<a@c.example> SIZE=1000",
            Self::Rcpt => "RCPT TO:<b@mx.example>",
            Self::Data => "DATA",
            Self::Bdat(chunk, last) => {
                let last = if last { " LAST" } else { "" };
                return format!("BDAT {}{last}\r\n{chunk}", chunk.len());
            }
            Self::BdatWithoutSize => "BDAT",
            Self::Rset => "RSET",
            Self::Vrfy => "VRFY b",
            Self::Expn => "EXPN list",
            Self::Help => "HELP",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH PLAIN",
            Self::AuthAtOnce => "AUTH PLAIN AGEAYg==",
            Self::Private => "XPRIVATE and so on",
            Self::Unheard => "UNHEARD of",
            Self::Misspelt => "MAIL TO:<a@c.example>",
            Self::TooLong => return "x".repeat(LONG - 2) + "\r\n",
            Self::Base64 => "AGEAYg==",
            Self::Star => "*",
            Self::Dot => ".",
            Self::BareLineFeed => "x\ny",
        };
        format!("{line}\r\n")
    }
}

impl Line {
    /// Whether it moves no mail.
    fn is_other(self) -> bool {
        use Line::{Ehlo, Expn, Helo, Help, Lhlo, Noop, Private, Unheard, Vrfy};
        matches!(
            self,
            Ehlo | Helo | Lhlo | Vrfy | Expn | Help | Noop | Private | Unheard
        )
    }

    /// Four letters, or eight, are base64.
    fn is_base64(self) -> bool {
        use Line::{Base64, BdatWithoutSize, Data, Help, Noop, Quit, Rset, StartTls};
        matches!(
            self,
            Base64 | BdatWithoutSize | Data | Help | Noop | Quit | Rset | StartTls
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Connect,
    Hello(Line),
    Mail(Line),
    Rcpt,
    Data,
    Chunks(&'static str, bool),
    Message,
    Verify,
    StartTls,
    Auth(Line),
    AuthResponse,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Command,
    AuthLine,
    /// A message with DATA.
    Body,
    /// The same, refused; what will be said.
    Swallow(&'static str),
    Handshake,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    None,
    Mail,
    Rcpt,
    Chunks,
    Refused,
}

/// What comes behind a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go(Phase),
    Close(&'static str),
}

/// A configuration that is no use in a failure report.
#[derive(Clone)]
struct Quiet(Config);

impl fmt::Debug for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl Deref for Quiet {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.0
    }
}

const COMMAND: Next = Next::Go(Phase::Command);

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct Model {
    pub setup: usize,
    config: Quiet,
    pub phase: Phase,
    pub question: Option<Question>,
    /// Said, and not looked at yet.
    queue: VecDeque<Line>,
    pub extended: Option<bool>,
    pub tls: bool,
    pub identity: bool,
    pub transaction: Transaction,
    pub recipients: usize,
    binary: bool,
    turned_away: bool,
    pub eof: bool,
    shutdown: bool,
    /// A message is being received that the application waits for.
    wanted: bool,
    octets: u64,
    rounds: u32,
    /// Replies that the message has been given, in LMTP.
    answered: usize,
    /// The session ends with the message.
    close_after: bool,
    pub errors: u32,
    pub other: u32,
    pub transactions: u32,
    pub failures: u32,
    /// Since this step began.
    pub said: Vec<String>,
    pub told: Vec<String>,
}

impl Model {
    pub fn new(setup: usize, config: Config) -> Self {
        Self {
            setup,
            config: Quiet(config),
            phase: Phase::Command,
            question: Some(Question::Connect),
            queue: VecDeque::new(),
            extended: None,
            tls: false,
            identity: false,
            transaction: Transaction::None,
            recipients: 0,
            binary: false,
            turned_away: false,
            eof: false,
            shutdown: false,
            wanted: false,
            octets: 0,
            rounds: 0,
            answered: 0,
            close_after: false,
            errors: 0,
            other: 0,
            transactions: 0,
            failures: 0,
            said: Vec::new(),
            told: vec!["Connect".to_owned()],
        }
    }

    pub fn wants_input(&self) -> bool {
        let may_talk = match self.question {
            Some(question) => self.must_wait_behind(question) && self.queue.is_empty(),
            None => !matches!(self.phase, Phase::Handshake | Phase::Closed),
        };
        may_talk && !self.eof
    }

    pub fn begin_step(&mut self) {
        self.said.clear();
        self.told.clear();
    }

    pub fn say(&mut self, line: Line) {
        self.queue.push_back(line);
        self.run();
    }

    pub fn end_of_input(&mut self) {
        self.eof = true;
        self.run();
    }

    pub fn shut_down(&mut self) {
        self.shutdown = true;
        self.run();
    }

    pub fn time_out(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        if self.phase != Phase::Handshake {
            self.said.push("421 4.4.2".to_owned());
        }
        self.close("Timeout");
    }

    pub fn refuse_body(&mut self) {
        if self.phase == Phase::Body && self.question.is_none() {
            self.abort("Refused");
            self.phase = Phase::Swallow("554 5.0.0");
        }
    }

    pub fn tls_established(&mut self) {
        self.tls = true;
        self.extended = None;
        self.identity = false;
        self.phase = Phase::Command;
        if !self.queue.is_empty() {
            self.said.push("554 5.5.0".to_owned());
            self.close("EarlyInput");
        }
        self.run();
    }

    fn run(&mut self) {
        while self.question.is_none() && self.phase != Phase::Closed {
            if self.phase == Phase::Command && self.shutdown {
                self.said.push("421 4.3.2".to_owned());
                self.close("Shutdown");
            } else if self.phase == Phase::Handshake {
                if self.eof {
                    self.close("Eof");
                }
                return;
            } else if let Some(line) = self.queue.pop_front() {
                self.hear(line);
            } else {
                if self.eof {
                    self.close("Eof");
                }
                return;
            }
        }
    }

    fn hear(&mut self, line: Line) {
        match (self.phase, line) {
            (Phase::Body | Phase::Swallow(_), _) => self.receive(line),
            (_, Line::BareLineFeed) => self.reply(true, "500 5.5.2", Next::Close("BareLineFeed")),
            (Phase::AuthLine, _) if line.is_base64() => {
                self.ask(Question::AuthResponse, "AuthResponse");
            }
            (Phase::AuthLine, Line::Star) => self.fail_auth(true, "501 5.7.0"),
            (Phase::AuthLine, Line::TooLong) => self.fail_auth(true, "500 5.5.6"),
            (Phase::AuthLine, Line::Bdat(..)) => {
                self.failures += 1;
                match self.failures > self.config.limits.auth_failures.unwrap() {
                    true => {
                        self.told.push("Refused".to_owned());
                        self.reply(true, "421 4.7.0", Next::Close("TooManyAuthFailures"));
                    }
                    false => self.obey(line),
                }
            }
            (Phase::AuthLine, _) => self.fail_auth(true, "501 5.5.2"),
            _ => self.obey(line),
        }
    }

    fn receive(&mut self, line: Line) {
        match (self.phase, line) {
            (Phase::Swallow(said), Line::Dot) => return self.end_refused_message(said),
            (_, Line::Dot) => return self.ask_about_message(),
            (Phase::Swallow(_), _) => return,
            _ => {}
        }
        let octets = line.octets();
        let bare = bare_line_feed(&octets);
        self.octets += bare.unwrap_or(octets.len()) as u64;
        if self.octets > self.config.limits.message.unwrap() {
            self.abort("TooBig");
            self.phase = Phase::Swallow("552 5.3.4");
        } else if bare.is_some() {
            self.abort("BareLineEnd");
            self.phase = Phase::Swallow("550 5.5.2");
        }
    }

    fn is_lmtp(&self) -> bool {
        self.config.protocol == Protocol::Lmtp
    }

    fn is_extended(&self) -> bool {
        self.extended == Some(true)
    }

    fn may_group(&self) -> bool {
        (self.config.pipelining || self.is_lmtp()) && self.is_extended()
    }

    fn must_wait_behind(&self, question: Question) -> bool {
        match question {
            Question::Chunks(..) => false,
            Question::Mail(_)
            | Question::Rcpt
            | Question::Message
            | Question::Unknown
            | Question::Auth(Line::AuthAtOnce) => !self.may_group(),
            _ => true,
        }
    }

    fn obey(&mut self, line: Line) {
        match line {
            Line::Misspelt => return self.refuse("501 5.5.2"),
            Line::TooLong | Line::Dot | Line::Star | Line::Base64 => {
                return self.refuse("500 5.5.2");
            }
            Line::BdatWithoutSize => {
                return self.reply(true, "501 5.5.4", Next::Close("ChunkSize"));
            }
            _ => {}
        }
        if line.is_other() {
            self.other += 1;
            if self.other > self.config.limits.other_commands.unwrap() {
                let enhanced = !matches!(line, Line::Ehlo | Line::Helo | Line::Lhlo);
                let said = if enhanced { "421 4.7.0" } else { "421" };
                return self.reply(true, said, Next::Close("TooManyCommands"));
            }
        }
        let order = self.check_order(line);
        if let Line::Bdat(chunk, last) = line {
            return self.bdat(chunk, last, order);
        }
        if let Some(said) = order {
            return self.refuse_command(line, said);
        }
        match line {
            Line::Ehlo | Line::Helo | Line::Lhlo => self.ask(Question::Hello(line), "Hello"),
            Line::Mail | Line::MailBinary | Line::MailBig => {
                match self.transactions < self.config.limits.transactions.unwrap() {
                    true => self.ask(Question::Mail(line), "Mail"),
                    false => self.reply(true, "421 4.7.0", Next::Close("TooManyTransactions")),
                }
            }
            Line::Rcpt => self.ask(Question::Rcpt, "Rcpt"),
            Line::Data => self.ask(Question::Data, "Data"),
            Line::Rset => {
                self.abort("GivenUp");
                self.transaction = Transaction::None;
                self.told.push("Reset".to_owned());
                self.reply(!self.may_group(), "250 2.0.0", COMMAND);
            }
            Line::Vrfy if self.config.vrfy => self.ask(Question::Verify, "Verify"),
            Line::Vrfy => self.reply(true, "252 2.5.0", COMMAND),
            Line::Help => self.reply(!self.may_group(), "214 2.0.0", COMMAND),
            Line::Noop => self.reply(true, "250 2.0.0", COMMAND),
            Line::Quit => self.reply(false, "221 2.0.0", Next::Close("Quit")),
            Line::StartTls => self.ask(Question::StartTls, "StartTls"),
            Line::Auth | Line::AuthAtOnce => {
                self.rounds = 0;
                self.ask(Question::Auth(line), "Auth");
            }
            Line::Private => self.ask(Question::Unknown, "Unknown"),
            other => unreachable!("{other:?}"),
        }
    }

    /// What a command that may not come now is refused with.
    fn check_order(&self, line: Line) -> Option<&'static str> {
        use Line as L;
        let is_free = matches!(
            line,
            L::Ehlo | L::Helo | L::Lhlo | L::Noop | L::StartTls | L::Quit
        );
        let insists = self.config.start_tls == StartTlsOffer::Required && !self.tls;
        if insists && !is_free && !self.turned_away {
            return Some("530 5.7.0");
        }
        if self.turned_away && line != L::Quit {
            return Some("503 5.5.1");
        }
        if let L::Bdat(..) = line {
            return self.check_chunk(line);
        }
        self.check_transaction(line)
    }

    #[allow(clippy::match_same_arms)] // a table
    fn check_transaction(&self, line: Line) -> Option<&'static str> {
        use Line as L;
        use Transaction as T;
        let no_recipient = match self.is_lmtp() {
            true => Some("503 5.5.1"),
            false => Some("554 5.5.1"),
        };
        match (line, self.transaction) {
            (L::Ehlo | L::Helo, _) if self.is_lmtp() => Some("500"),
            (L::Lhlo, _) if !self.is_lmtp() => Some("500"),
            (L::Mail | L::MailBinary | L::MailBig, T::None) => self.check_mail(line),
            (L::Mail | L::MailBinary | L::MailBig, _) => Some("503 5.5.1"),
            (L::Rcpt, T::None | T::Chunks | T::Refused) => Some("503 5.5.1"),
            (L::Rcpt, _) if self.recipients == 2 => Some("452 4.5.3"),
            (L::Data | L::Bdat(..), T::None) => Some("503 5.5.1"),
            (L::Data | L::Bdat(..), T::Mail) => no_recipient,
            (L::Data, T::Chunks | T::Refused) => Some("503 5.5.1"),
            (L::Data, _) if self.binary => Some("503 5.5.1"),
            (L::Bdat(..), T::Refused) => Some("554 5.5.0"),
            (L::Expn, _) => Some("502 5.5.1"),
            (L::Unheard, _) => Some("500 5.5.1"),
            (L::StartTls | L::Auth | L::AuthAtOnce, T::None) => self.check_security(line),
            (L::StartTls | L::Auth | L::AuthAtOnce, _) => Some("503 5.5.1"),
            _ => None,
        }
    }

    fn check_mail(&self, line: Line) -> Option<&'static str> {
        let is_binary_offered = self.config.chunking == Chunking::Binary;
        if self.extended.is_none() {
            return Some("503 5.5.1");
        }
        let auth = self.config.auth.as_ref();
        if auth.is_some_and(|auth| auth.required) && !self.identity {
            return Some("530 5.7.0");
        }
        match line {
            Line::MailBinary | Line::MailBig if !self.is_extended() => Some("555 5.5.4"),
            Line::MailBinary if !is_binary_offered => Some("555 5.5.4"),
            Line::MailBig => Some("552 5.3.4"),
            _ => None,
        }
    }

    /// Not offered counts for more than out of order.
    fn check_chunk(&self, line: Line) -> Option<&'static str> {
        let is_offered = self.config.chunking != Chunking::Off && self.extended != Some(false);
        let order = self.check_transaction(line);
        let Line::Bdat(chunk, _) = line else {
            return order;
        };
        let begun = match self.transaction {
            Transaction::Chunks => self.octets,
            _ => 0,
        };
        if !is_offered {
            Some("502 5.5.1")
        } else if order.is_some() {
            order
        } else if begun + chunk.len() as u64 > self.config.limits.message.unwrap() {
            Some("552 5.3.4")
        } else {
            None
        }
    }

    fn check_security(&self, line: Line) -> Option<&'static str> {
        if line == Line::StartTls {
            return match self.tls {
                true => Some("503 5.5.1"),
                false => self.check_extension(self.config.start_tls != StartTlsOffer::Off),
            };
        }
        let is_known = self.identity.then_some("503 5.5.1");
        self.check_extension(self.config.auth.is_some())
            .or(is_known)
    }

    fn check_extension(&self, is_enabled: bool) -> Option<&'static str> {
        match (is_enabled, self.extended) {
            (true, Some(true)) => None,
            (true, None) => Some("503 5.5.1"),
            _ => Some("502 5.5.1"),
        }
    }

    /// BDAT: its chunk is gone whatever is said of it.
    fn bdat(&mut self, chunk: &'static str, last: bool, order: Option<&'static str>) {
        if let Some(said) = order {
            // What is no command here ends no message.
            let is_no_command = said == "502 5.5.1" || said == "530 5.7.0" || self.turned_away;
            let last = last && !is_no_command;
            if !self.count_error(true) {
                self.told.push("Refused".to_owned());
                self.abort("TooBig");
                self.end_refused_chunk(said, last);
            }
            return;
        }
        if chunk.is_empty() && !last && self.count_error(true) {
            return;
        }
        match self.transaction {
            Transaction::Rcpt => self.ask(Question::Chunks(chunk, last), "Data"),
            _ => self.receive_chunk(chunk, last),
        }
    }

    fn receive_chunk(&mut self, chunk: &str, last: bool) {
        self.octets += chunk.len() as u64;
        if bare_line_feed(chunk).is_some() && !self.binary {
            self.abort("BareLineEnd");
            self.end_refused_chunk("550 5.5.2", last);
        } else if last {
            self.ask_about_message();
        } else {
            self.reply(!self.may_group(), "250 2.0.0", COMMAND);
        }
    }

    fn end_refused_chunk(&mut self, said: &'static str, last: bool) {
        if last {
            return self.end_refused_message(said);
        }
        if self.transaction != Transaction::None {
            self.transaction = Transaction::Refused;
        }
        self.reply(!self.may_group(), said, self.behind_message());
    }

    fn behind_message(&self) -> Next {
        match self.close_after {
            true => Next::Close("Rejected"),
            false => COMMAND,
        }
    }

    fn end_refused_message(&mut self, said: &'static str) {
        let replies = match (self.is_lmtp(), self.transaction) {
            (true, Transaction::None | Transaction::Mail) => 0,
            (true, _) => self.recipients,
            (false, _) => 1,
        };
        self.transaction = Transaction::None;
        let next = self.behind_message();
        self.reply_to_message(&vec![said; replies], next);
    }

    fn ask_about_message(&mut self) {
        self.wanted = false;
        self.answered = 0;
        self.close_after = false;
        self.ask(Question::Message, &format!("Message {}", self.octets));
    }

    fn ask(&mut self, question: Question, name: &str) {
        self.told.push(name.to_owned());
        self.question = Some(question);
    }

    pub fn answer(&mut self, say: Say) {
        let Some(question) = self.question.take() else {
            return;
        };
        let wait = self.must_wait_behind(question);
        let is_yes = matches!(say, Say::Yes | Say::Challenge);
        let no = match say {
            Say::Close => Next::Close("Rejected"),
            _ => COMMAND,
        };
        match question {
            Question::Connect if is_yes => self.reply(wait, "220", COMMAND),
            Question::Connect => {
                self.turned_away = true;
                self.reply(wait, "554", no);
            }
            Question::Hello(line) if is_yes => {
                self.abort("GivenUp");
                self.transaction = Transaction::None;
                self.extended = Some(line != Line::Helo);
                self.reply(wait, "250", COMMAND);
            }
            Question::Hello(_) => self.reply(wait, "554", no),
            Question::Mail(line) if is_yes => {
                self.transactions += 1;
                self.transaction = Transaction::Mail;
                self.recipients = 0;
                self.binary = line == Line::MailBinary;
                self.reply(wait, "250 2.1.0", COMMAND);
            }
            Question::Rcpt if is_yes => {
                self.transaction = Transaction::Rcpt;
                self.recipients += 1;
                self.reply(wait, "250 2.1.5", COMMAND);
            }
            Question::Data => self.answer_data(is_yes, no),
            Question::Chunks(chunk, last) => {
                (self.octets, self.close_after) = (0, say == Say::Close);
                if is_yes {
                    self.wanted = true;
                    self.transaction = Transaction::Chunks;
                    self.receive_chunk(chunk, last);
                } else {
                    self.end_refused_chunk("554 5.0.0", last);
                }
            }
            Question::Message => self.answer_message(is_yes, say == Say::Close),
            Question::Verify if is_yes => self.reply(wait, "250 2.1.5", COMMAND),
            Question::StartTls if is_yes => {
                self.reply(wait, "220 2.0.0", Next::Go(Phase::Handshake));
            }
            Question::Unknown if is_yes => self.reply(wait, "250 2.0.0", COMMAND),
            Question::Auth(_) | Question::AuthResponse => self.answer_auth(say, wait),
            _ => self.reply(wait, "554 5.0.0", no),
        }
        self.run();
    }

    fn answer_data(&mut self, is_yes: bool, no: Next) {
        (self.octets, self.close_after) = (0, false);
        if is_yes {
            self.wanted = true;
            self.reply(true, "354", Next::Go(Phase::Body));
            return;
        }
        self.transaction = Transaction::None;
        // What waits behind it may be a message, under any policy.
        let is_flagged = self.config.early_input != EarlyInput::Reject;
        match is_flagged && !self.queue.is_empty() && no == COMMAND {
            true => self.reply(true, "554 5.0.0", Next::Close("EarlyInput")),
            false => self.reply(true, "554 5.0.0", no),
        }
    }

    fn answer_message(&mut self, is_yes: bool, closes: bool) {
        let said = if is_yes { "250 2.0.0" } else { "554 5.0.0" };
        self.close_after |= closes;
        self.answered += 1;
        if self.is_lmtp() && self.answered < self.recipients {
            self.said.push(said.to_owned());
            self.ask(Question::Message, &format!("Message {}", self.octets));
            return;
        }
        self.transaction = Transaction::None;
        let next = self.behind_message();
        self.reply_to_message(&[said], next);
    }

    /// Its answer stands even if the client did not wait for it.
    fn reply_to_message(&mut self, said: &[&str], next: Next) {
        self.said.extend(said.iter().map(ToString::to_string));
        let is_early = !self.may_group() && !self.queue.is_empty() && next == COMMAND;
        match (is_early, self.config.early_input) {
            (true, EarlyInput::Reject) => {
                self.said.push("554 5.5.0".to_owned());
                self.close("EarlyInput");
            }
            (true, EarlyInput::Flag) => {
                self.told.push("EarlyInput".to_owned());
                self.go(next);
            }
            _ => self.go(next),
        }
    }

    fn answer_auth(&mut self, say: Say, wait: bool) {
        match say {
            Say::Yes => {
                self.identity = true;
                self.reply(wait, "235 2.7.0", COMMAND);
            }
            Say::Challenge => {
                self.rounds += 1;
                match self.rounds > self.config.limits.auth_rounds.unwrap() {
                    true => self.fail_auth(wait, "535 5.7.8"),
                    false => self.reply(wait, "334", Next::Go(Phase::AuthLine)),
                }
            }
            Say::No => self.fail(wait, "554 5.0.0", COMMAND),
            Say::Close => self.fail(wait, "554 5.0.0", Next::Close("Rejected")),
        }
    }

    /// What the machine refuses by itself.
    fn fail_auth(&mut self, wait: bool, said: &'static str) {
        self.told.push("Refused".to_owned());
        self.fail(wait, said, COMMAND);
    }

    fn fail(&mut self, wait: bool, said: &'static str, next: Next) {
        self.failures += 1;
        match self.failures > self.config.limits.auth_failures.unwrap() && next == COMMAND {
            true => self.reply(wait, "421 4.7.0", Next::Close("TooManyAuthFailures")),
            false => self.reply(wait, said, next),
        }
    }

    fn refuse(&mut self, said: &'static str) {
        if !self.count_error(true) {
            self.told.push("Refused".to_owned());
            self.reply(!self.may_group(), said, COMMAND);
        }
    }

    /// What is known, but out of order, or not offered.
    fn refuse_command(&mut self, line: Line, said: &'static str) {
        let is_hello = matches!(line, Line::Ehlo | Line::Helo | Line::Lhlo);
        if said != "452 4.5.3" && self.count_error_of(line) {
            return;
        }
        self.told.push("Refused".to_owned());
        let said = if is_hello { &said[..3] } else { said };
        let ends_group = matches!(
            line,
            Line::Ehlo
                | Line::Helo
                | Line::Lhlo
                | Line::Data
                | Line::StartTls
                | Line::Auth
                | Line::AuthAtOnce
                | Line::Vrfy
                | Line::Expn
                | Line::Noop
        );
        let is_data_behind = line == Line::Data
            && !self.queue.is_empty()
            && self.config.early_input != EarlyInput::Reject;
        let next = match is_data_behind {
            true => Next::Close("EarlyInput"),
            false => COMMAND,
        };
        self.reply(ends_group || !self.may_group(), said, next);
    }

    fn count_error_of(&mut self, line: Line) -> bool {
        let is_hello = matches!(line, Line::Ehlo | Line::Helo | Line::Lhlo);
        if line == Line::Rset {
            self.errors += 1;
            return false;
        }
        self.count_error(!is_hello)
    }

    /// Counts an error; whether it was one too many.
    fn count_error(&mut self, enhanced: bool) -> bool {
        self.errors += 1;
        let is_too_many = self.errors > self.config.limits.errors.unwrap();
        if is_too_many {
            self.told.push("Refused".to_owned());
            let said = if enhanced { "421 4.7.0" } else { "421" };
            self.reply(true, said, Next::Close("TooManyErrors"));
        }
        is_too_many
    }

    /// Says it, unless the client has not waited where it must.
    fn reply(&mut self, wait: bool, said: &str, next: Next) {
        let is_early = wait && !self.queue.is_empty() && !matches!(next, Next::Close(_));
        let policy = match next {
            Next::Go(Phase::Handshake) => EarlyInput::Reject,
            _ => self.config.early_input,
        };
        if is_early && policy == EarlyInput::Reject {
            self.said.push("554 5.5.0".to_owned());
            return self.close("EarlyInput");
        }
        self.said.push(said.to_owned());
        if is_early && policy == EarlyInput::Flag {
            self.told.push("EarlyInput".to_owned());
        }
        self.go(next);
    }

    fn go(&mut self, next: Next) {
        match next {
            Next::Go(phase) => {
                self.phase = phase;
                if phase == Phase::Handshake {
                    self.told.push("Handover".to_owned());
                }
            }
            Next::Close(reason) => self.close(reason),
        }
    }

    fn abort(&mut self, reason: &str) {
        if std::mem::take(&mut self.wanted) {
            self.told.push(format!("Aborted({reason})"));
        }
    }

    fn close(&mut self, reason: &str) {
        self.abort(match reason {
            "Rejected" => "Refused",
            "Eof" | "Timeout" | "Shutdown" | "EarlyInput" => reason,
            _ => "GivenUp",
        });
        self.told.push(format!("Closed({reason})"));
        self.phase = Phase::Closed;
        self.question = None;
    }
}

fn bare_line_feed(octets: &str) -> Option<usize> {
    octets.replace("\r\n", "  ").find('\n')
}
