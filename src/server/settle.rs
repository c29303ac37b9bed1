//! Answers: what follows from each.

#![allow(clippy::needless_pass_by_value)] // an answer consumes its question

use alloc::boxed::Box;
use alloc::string::String;

use super::answer::{
    AtrnAccepted, AuthStep, Authenticated, DataAccepted, EtrnAccepted, Expanded, Fetched, Greeting,
    HelloAccepted, Helped, MailAccepted, MessageAccepted, Positive, RcptAccepted, Rejection,
    StartTlsAccepted, UnknownAccepted, Verified, XforwardAccepted,
};
use super::event::{AbortReason, CloseReason};
use super::exchange::{
    Atrn, Auth, AuthResponse, Burl, Connect, Data, Etrn, Expand, Hello, Help, Mail, Message, Rcpt,
    StartTls, Transfer, Unknown, Verify, Xclient, Xforward,
};
use super::message::Decoder;
use super::state::{Dialect, Framing, Next, Subject, Transaction};
use super::{Answer, Identity, Server};
use crate::types::{BodyType, Envelope, Protocol, Recipient, ReplyCode, SaslMessage, Verb};

impl Server {
    pub(super) fn settle_connect(&mut self, _: Connect, answer: Answer<Connect>) {
        let subject = Subject::Connection;
        match answer {
            Ok(greeting) => {
                self.greet(subject, greeting);
                // No line has been looked at yet.
                self.framer = self.config.framer();
            }
            Err(why) => {
                self.state.turned_away = true;
                self.settle_no(subject, &why);
            }
        }
    }

    fn greet(&mut self, subject: Subject, greeting: Greeting) {
        self.adopt(greeting.config);
        let text = self.named(greeting.text.as_str());
        self.stage(ReplyCode::READY, None, &text);
        self.state.answer(subject, Next::Command);
    }

    pub(super) fn settle_hello(&mut self, hello: Hello, answer: Answer<Hello>) {
        let subject = Subject::Command(hello.verb);
        match answer {
            Ok(HelloAccepted { text, config }) => {
                self.adopt(config);
                // RFC 5321 §4.1.4: as if RSET had been said.
                self.abort(AbortReason::GivenUp);
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
            Err(why) => self.settle_no(subject, &why),
        }
    }

    /// The server's name and a word; behind EHLO and LHLO, what is offered.
    fn hello_text(&self, word: &str) -> String {
        let word = word.lines().next().unwrap_or_default();
        let mut text = self.named(word);
        if self.is_extended() {
            for capability in self.config.capabilities(self.security) {
                // What an LF session cannot have is not offered to it.
                if self.framer.is_lf() && is_for_crlf_only(capability.keyword()) {
                    continue;
                }
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
        self.counters.transactions = self.counters.transactions.saturating_add(1);
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

    pub(super) fn settle_data(&mut self, data: Data, answer: Answer<Data>) {
        match (data.transfer, answer) {
            (Transfer::Dot, Ok(DataAccepted(text))) => {
                let decoder = Decoder::for_lines(&self.config, self.framer.is_lf());
                self.incoming.begin(decoder);
                self.stage(ReplyCode::START_MAIL_INPUT, None, text.as_str());
                let subject = Subject::Command(Verb::Data);
                self.state.answer(subject, Next::Body(Framing::Dot));
            }
            (Transfer::Dot, Err(why)) => {
                self.reset_transaction();
                self.settle_no(Subject::Command(Verb::Data), &why);
            }
            (Transfer::Chunks, Ok(_)) => {
                let is_binary = data.body == BodyType::BinaryMime;
                let decoder = Decoder::for_chunks(&self.config, is_binary);
                self.incoming.begin(decoder);
                self.state.transaction = Transaction::Chunks;
                let (verb, next) = match self.burl {
                    Some(_) => (Verb::Burl, Next::Burl),
                    None => (Verb::Bdat, Next::Body(Framing::Chunk)),
                };
                self.state.answer(Subject::Chunk(verb), next);
            }
            (Transfer::Chunks, Err(why)) => self.refuse_chunks(&why),
        }
    }

    /// The message that the first BDAT or BURL begins is not wanted.
    fn refuse_chunks(&mut self, why: &Rejection) {
        self.incoming.close_after = why.ends_session();
        self.stage_rejection(why);
        if let Some(burl) = self.burl.take() {
            self.end_refused_burl(burl.is_last());
            return;
        }
        let next = match self.is_too_much_to_discard(self.incoming.remaining) {
            true => Next::Close(CloseReason::DiscardedTooMuch),
            false => Next::Swallow,
        };
        self.state.answer(Subject::Chunk(Verb::Bdat), next);
    }

    fn end_refused_burl(&mut self, is_last: bool) {
        if is_last {
            self.end_refused_message();
            return;
        }
        self.refuse_further_chunks();
        let next = self.next_or_close();
        self.state.answer(Subject::Command(Verb::Burl), next);
    }

    fn next_or_close(&self) -> Next {
        match self.incoming.close_after {
            true => Next::Close(CloseReason::Rejected),
            false => Next::Command,
        }
    }

    pub(super) fn settle_burl(&mut self, burl: Burl, answer: Answer<Burl>) {
        let subject = Subject::Command(Verb::Burl);
        match answer {
            Ok(_) if burl.last => self.state.answer(subject, Next::Recipient),
            Ok(Fetched(positive)) => self.settle_yes(subject, &positive, Next::Command),
            Err(why) => {
                self.abort(AbortReason::Refused);
                self.incoming.close_after = why.ends_session();
                self.stage_rejection(&why);
                self.end_refused_burl(burl.last);
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
        let asked = recipient.map_or(usize::MAX, |index| index + 1);
        let next = if asked < self.recipients() && self.config.protocol == Protocol::Lmtp {
            self.incoming.recipient += 1;
            Next::Recipient
        } else {
            self.end_message()
        };
        self.state.answer(Subject::Message, next);
    }

    pub(super) fn settle_verify(&mut self, _: Verify, answer: Answer<Verify>) {
        self.settle_command(Verb::Vrfy, answer.map(|Verified(positive)| positive));
        self.incoming.utf8_reply = false;
    }

    pub(super) fn settle_expand(&mut self, _: Expand, answer: Answer<Expand>) {
        self.settle_command(Verb::Expn, answer.map(|Expanded(positive)| positive));
        self.incoming.utf8_reply = false;
    }

    pub(super) fn settle_help(&mut self, _: Help, answer: Answer<Help>) {
        self.settle_command(Verb::Help, answer.map(|Helped(positive)| positive));
    }

    pub(super) fn settle_start_tls(&mut self, _: StartTls, answer: Answer<StartTls>) {
        let subject = Subject::Command(Verb::StartTls);
        match answer {
            Ok(StartTlsAccepted(positive)) => self.settle_yes(subject, &positive, Next::Tls),
            Err(why) => self.settle_no(subject, &why),
        }
    }

    pub(super) fn settle_auth(&mut self, auth: Auth, answer: Answer<Auth>) {
        let subject = match auth.initial_response {
            Some(_) => Subject::AuthWithInitialResponse,
            None => Subject::Command(Verb::Auth),
        };
        self.settle_auth_step(subject, answer);
    }

    pub(super) fn settle_auth_response(&mut self, _: AuthResponse, answer: Answer<AuthResponse>) {
        self.settle_auth_step(Subject::AuthLine, answer);
    }

    fn settle_auth_step(&mut self, subject: Subject, answer: Result<AuthStep, Rejection>) {
        match answer {
            Ok(AuthStep::Challenge(_)) if self.is_challenge_one_too_many() => {
                // That is told, too: by the next poll.
                self.state.answer(subject, Next::NoMoreRounds);
            }
            Ok(AuthStep::Challenge(challenge)) => {
                let challenge = SaslMessage::encode(challenge.expose());
                self.output.stage_challenge(challenge.expose_base64());
                self.state.answer(subject, Next::AuthLine);
            }
            Ok(AuthStep::Done(done)) => self.authenticate(subject, done),
            Err(why) => match self.is_auth_failure_one_too_many() && !why.ends_session() {
                true => self.close_for_auth_failures(subject),
                false => self.settle_no(subject, &why),
            },
        }
    }

    fn is_challenge_one_too_many(&mut self) -> bool {
        self.auth_rounds = self.auth_rounds.saturating_add(1);
        let limit = self.config.limits.auth_rounds;
        limit.is_some_and(|limit| self.auth_rounds > limit)
    }

    fn authenticate(&mut self, subject: Subject, done: Authenticated) {
        self.identity = Some(Box::new(Identity(done.identity)));
        self.adopt(done.config);
        self.settle_yes(subject, &done.positive, Next::Command);
    }

    pub(super) fn settle_etrn(&mut self, _: Etrn, answer: Answer<Etrn>) {
        self.settle_command(Verb::Etrn, answer.map(|EtrnAccepted(positive)| positive));
    }

    pub(super) fn settle_atrn(&mut self, _: Atrn, answer: Answer<Atrn>) {
        let subject = Subject::Command(Verb::Atrn);
        match answer {
            Ok(AtrnAccepted(positive)) => {
                let next = Next::Close(CloseReason::Turned);
                self.settle_yes(subject, &positive, next);
            }
            Err(why) => self.settle_no(subject, &why),
        }
    }

    pub(super) fn settle_xclient(&mut self, _: Xclient, answer: Answer<Xclient>) {
        let subject = Subject::Command(Verb::Xclient);
        match answer {
            Ok(greeting) => {
                self.reset_session();
                self.greet(subject, greeting);
            }
            Err(why) => self.settle_no(subject, &why),
        }
    }

    pub(super) fn settle_xforward(&mut self, _: Xforward, answer: Answer<Xforward>) {
        let answer = answer.map(|XforwardAccepted(positive)| positive);
        self.settle_command(Verb::Xforward, answer);
    }

    pub(super) fn settle_unknown(&mut self, _: Unknown, answer: Answer<Unknown>) {
        let answer = answer.map(|UnknownAccepted(positive)| positive);
        self.settle_command(Verb::Unknown, answer);
    }

    fn settle_command(&mut self, verb: Verb, answer: Result<Positive, Rejection>) {
        let subject = Subject::Command(verb);
        match answer {
            Ok(positive) => self.settle_yes(subject, &positive, Next::Command),
            Err(why) => self.settle_no(subject, &why),
        }
    }

    fn settle_yes(&mut self, subject: Subject, positive: &Positive, next: Next) {
        self.stage_positive(positive);
        self.state.answer(subject, next);
    }

    fn settle_no(&mut self, subject: Subject, why: &Rejection) {
        match subject {
            // RFC 2034 §4: neither the greeting nor the replies to a hello
            // have an enhanced code.
            Subject::Connection | Subject::Command(Verb::Ehlo | Verb::Helo | Verb::Lhlo) => {
                self.stage_signed(why.code, None, why.text.as_str());
            }
            _ => self.stage_rejection(why),
        }
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

fn is_for_crlf_only(keyword: &str) -> bool {
    matches!(
        keyword,
        "STARTTLS" | "AUTH" | "CHUNKING" | "BINARYMIME" | "BURL"
    )
}
