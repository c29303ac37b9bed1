//! Answers: what follows from each.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::answer::{
    DataAccepted, Expanded, Greeting, HelloAccepted, Helped, MailAccepted, MessageAccepted,
    Positive, RcptAccepted, Rejection, Verified,
};
use super::config::Protocol;
use super::event::CloseReason;
use super::exchange::{Connect, Data, Expand, Hello, Help, Mail, Message, Rcpt, Verify};
use super::state::{Dialect, Next, Subject, Transaction};
use super::{Answer, Server};
use crate::types::{Envelope, Recipient, ReplyCode, Verb};

impl Server {
    pub(super) fn settle_connect(&mut self, _: Connect, answer: Answer<Connect>) {
        let subject = Subject::Connection;
        match answer {
            Ok(Greeting(text)) => {
                let text = format!("{} {text}", self.config.hostname);
                self.stage(ReplyCode::READY, None, &text);
                self.state.answer(subject, Next::Command);
            }
            Err(mut why) => {
                // RFC 2034 §4: the greeting carries no enhanced code.
                why.enhanced = None;
                self.state.turned_away = true;
                self.settle_no(subject, &why);
            }
        }
    }

    pub(super) fn settle_hello(&mut self, hello: Hello, answer: Answer<Hello>) {
        let subject = Subject::Command(hello.verb);
        match answer {
            Ok(HelloAccepted(text)) => {
                // RFC 5321 §4.1.4: as if RSET had been said.
                self.reset_transaction();
                self.hello = Some(hello.name);
                self.state.dialect = Some(match hello.verb {
                    Verb::Helo => Dialect::Plain,
                    _ => Dialect::Extended,
                });
                let text = self.hello_text(text.as_str());
                self.stage(ReplyCode::OK, None, &text);
                self.state.answer(subject, Next::Command);
            }
            Err(mut why) => {
                // RFC 2034 §4: nor do the replies to a hello.
                why.enhanced = None;
                self.settle_no(subject, &why);
            }
        }
    }

    /// The server's name and a word; behind EHLO and LHLO, what is offered.
    fn hello_text(&self, word: &str) -> String {
        let word = word.lines().next().unwrap_or_default();
        let mut text = format!("{} {word}", self.config.hostname);
        if self.is_extended() {
            for capability in self.config.capabilities() {
                text.push('\n');
                text.push_str(capability.as_str());
            }
        }
        text
    }

    pub(super) fn settle_mail(&mut self, mail: Mail, answer: Answer<Mail>) {
        let answer = answer.map(|MailAccepted(positive)| positive);
        if answer.is_ok() {
            self.open_transaction(mail);
        }
        self.settle_command(Verb::Mail, answer);
    }

    fn open_transaction(&mut self, mail: Mail) {
        self.state.transaction = Transaction::Mail;
        self.output.keep_capacity();
        if let Some(envelope) = &mut self.envelope {
            envelope.reverse_path = mail.reverse_path;
            envelope.parameters = mail.parameters;
        } else {
            let mut envelope = Envelope::new(mail.reverse_path);
            envelope.parameters = mail.parameters;
            self.envelope = Some(Box::new(envelope));
        }
    }

    pub(super) fn settle_rcpt(&mut self, rcpt: Rcpt, answer: Answer<Rcpt>) {
        let answer = answer.map(|RcptAccepted(positive)| positive);
        if let (Ok(_), Some(envelope)) = (&answer, &mut self.envelope) {
            self.state.transaction = Transaction::Rcpt;
            envelope.recipients.push(Recipient {
                forward_path: rcpt.forward_path,
                parameters: rcpt.parameters,
            });
        }
        self.settle_command(Verb::Rcpt, answer);
    }

    pub(super) fn settle_data(&mut self, _: Data, answer: Answer<Data>) {
        let subject = Subject::Command(Verb::Data);
        match answer {
            Ok(DataAccepted(text)) => {
                self.incoming.begin(self.config.bare_line_ends);
                self.stage(ReplyCode::START_MAIL_INPUT, None, text.as_str());
                self.state.answer(subject, Next::Body);
            }
            Err(why) => {
                self.reset_transaction();
                self.settle_no(subject, &why);
            }
        }
    }

    pub(super) fn settle_message(
        &mut self,
        Message { recipient, .. }: Message,
        answer: Answer<Message>,
    ) {
        match answer {
            Ok(MessageAccepted(positive)) => self.stage_positive(&positive),
            Err(why) => {
                self.incoming.close_after |= why.ends_session();
                self.stage_rejection(&why);
            }
        }
        // RFC 2033 §4.2: a reply for each recipient, none left out.
        let recipients = self
            .envelope()
            .map_or(0, |envelope| envelope.recipients.len());
        let asked = recipient.map_or(recipients, |index| index + 1);
        let next = if asked < recipients && self.config.protocol == Protocol::Lmtp {
            self.incoming.recipient = asked;
            Next::Recipient
        } else {
            self.end_message()
        };
        self.state.answer(Subject::Message, next);
    }

    pub(super) fn settle_verify(&mut self, _: Verify, answer: Answer<Verify>) {
        self.settle_command(Verb::Vrfy, answer.map(|Verified(positive)| positive));
    }

    pub(super) fn settle_expand(&mut self, _: Expand, answer: Answer<Expand>) {
        self.settle_command(Verb::Expn, answer.map(|Expanded(positive)| positive));
    }

    pub(super) fn settle_help(&mut self, _: Help, answer: Answer<Help>) {
        self.settle_command(Verb::Help, answer.map(|Helped(positive)| positive));
    }

    fn settle_command(&mut self, verb: Verb, answer: Result<Positive, Rejection>) {
        let subject = Subject::Command(verb);
        match answer {
            Ok(positive) => {
                self.stage_positive(&positive);
                self.state.answer(subject, Next::Command);
            }
            Err(why) => self.settle_no(subject, &why),
        }
    }

    fn settle_no(&mut self, subject: Subject, why: &Rejection) {
        self.stage_rejection(why);
        let next = match why.ends_session() {
            true => Next::Close(CloseReason::Rejected),
            false => Next::Command,
        };
        self.state.answer(subject, next);
    }

    fn stage_positive(&mut self, positive: &Positive) {
        self.stage(positive.code, positive.enhanced, positive.text.as_str());
    }
}
