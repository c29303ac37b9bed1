//! A server and an application that does as it is told.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::server::{
    Answer, AuthStep, Authenticated, Config, Event, Exchange, Pending, Rejection, Security, Server,
    SessionId,
};
use ehlo::types::Domain;
use ehlo::types::Protocol;
use ehlo::{Secret, Timestamp};

/// What an application says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    Yes,
    No,
    /// No, and that was it.
    Close,
    /// To AUTH: another round. To all else: yes.
    Challenge,
}

/// A configuration with the defaults.
pub fn config() -> Config {
    Config::new(Domain::try_from("mx.example").unwrap())
}

/// A session, all that was said, and all that was told.
#[derive(Debug)]
pub struct Session {
    pub server: Server,
    pub input: BytesMut,
    pub now: Timestamp,
    /// What the application says from now on; `None`: nothing.
    pub application: Option<Say>,
    pub question: Option<Event>,
    /// What has been written.
    pub said: Vec<u8>,
    /// The events since they were last looked at.
    pub told: Vec<String>,
}

impl Session {
    /// A session with an application that says yes.
    pub fn new(config: Config) -> Self {
        let mut session = Self::silent(config);
        session.application = Some(Say::Yes);
        session.run();
        session
    }

    /// A session, not polled yet, with an application that says nothing.
    pub fn silent(config: Config) -> Self {
        let now = Timestamp::ZERO;
        Self {
            server: Server::new(Arc::new(config), SessionId(1), Security::Plain, now),
            input: BytesMut::new(),
            now,
            application: None,
            question: None,
            said: Vec::new(),
            told: Vec::new(),
        }
    }

    /// A session whose client has said EHLO, or LHLO, and been heard.
    pub fn greeted(config: Config) -> Self {
        let hello = match config.protocol {
            Protocol::Smtp => "EHLO c.example\r\n",
            Protocol::Lmtp => "LHLO c.example\r\n",
        };
        let mut session = Self::new(config);
        session.say(hello);
        session.told.clear();
        session.said.clear();
        session
    }

    pub fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.input.extend_from_slice(octets.as_ref());
        self.run();
    }

    pub fn end_of_input(&mut self) {
        self.server.handle_eof();
        self.run();
    }

    /// Lets time pass as a caller does: deadline by deadline.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some(deadline) = self.server.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(deadline);
            self.server.handle_timeout(self.now);
            self.run();
        }
        self.now = end;
    }

    /// Answers the question that is open.
    pub fn answer(&mut self, say: Say) {
        let question = self.question.take().expect("a question is open");
        assert!(answer(&mut self.server, question, say), "nobody waits");
        self.run();
    }

    pub fn run(&mut self) {
        loop {
            while let Some(event) = self.server.poll_event(self.now, &mut self.input) {
                self.hear(event);
            }
            let written = self.server.output().chunk().len();
            if written == 0 {
                return;
            }
            self.said.extend_from_slice(self.server.output().chunk());
            self.server.output().advance(written);
        }
    }

    fn hear(&mut self, event: Event) {
        self.told.push(name(&event));
        if is_question(&event) {
            match self.application {
                Some(say) => assert!(answer(&mut self.server, event, say), "nobody waits"),
                None => self.question = Some(event),
            }
        }
    }

    /// The codes of the replies since this was last asked.
    pub fn codes(&mut self) -> Vec<String> {
        let said = String::from_utf8(std::mem::take(&mut self.said)).unwrap();
        let is_last = |line: &&str| line.as_bytes().get(3) != Some(&b'-');
        let lines = said.lines().filter(is_last);
        lines.map(|line| line[..3].to_owned()).collect()
    }

    /// The events since this was last asked.
    pub fn events(&mut self) -> String {
        std::mem::take(&mut self.told).join(" ")
    }
}

/// An event by its name, and what else is short about it.
pub fn name(event: &Event) -> String {
    let text = format!("{event:?}");
    match event {
        Event::Aborted(_) | Event::Closed(_) => text,
        Event::Body(octets) => format!("Body {}", octets.len()),
        Event::Message(message) => format!("Message {}", message.octets),
        _ => text.split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

pub fn is_question(event: &Event) -> bool {
    !matches!(
        event,
        Event::Body(_)
            | Event::Aborted(_)
            | Event::Reset
            | Event::Handover
            | Event::EarlyInput(_)
            | Event::Refused(_)
            | Event::Closed(_)
    )
}

/// Answers; whether somebody waited for it.
pub fn answer(server: &mut Server, question: Event, say: Say) -> bool {
    match question {
        Event::Connect(question) => give(server, question, say),
        Event::Hello(question) => give(server, question, say),
        Event::Mail(question) => give(server, question, say),
        Event::Rcpt(question) => give(server, question, say),
        Event::Data(question) => give(server, question, say),
        Event::Message(question) => give(server, question, say),
        Event::Verify(question) => give(server, question, say),
        Event::Expand(question) => give(server, question, say),
        Event::Help(question) => give(server, question, say),
        Event::StartTls(question) => give(server, question, say),
        Event::Auth(question) => give_step(server, question, say),
        Event::AuthResponse(question) => give_step(server, question, say),
        Event::Etrn(question) => give(server, question, say),
        Event::Atrn(question) => give(server, question, say),
        Event::Xclient(question) => give(server, question, say),
        Event::Xforward(question) => give(server, question, say),
        Event::Burl(question) => give(server, question, say),
        Event::Unknown(question) => give(server, question, say),
        other => panic!("not a question: {other:?}"),
    }
}

fn give<E: Exchange<Acceptance: Default>>(
    server: &mut Server,
    question: Pending<E>,
    say: Say,
) -> bool {
    let answer: Answer<E> = match refusal(say) {
        Some(why) => Err(why),
        None => Ok(Default::default()),
    };
    server.answer(question, answer).is_ok()
}

fn give_step<E: Exchange<Acceptance = AuthStep>>(
    server: &mut Server,
    question: Pending<E>,
    say: Say,
) -> bool {
    let answer = match (refusal(say), say) {
        (Some(why), _) => Err(why),
        (None, Say::Challenge) => Ok(AuthStep::Challenge(Secret::from(b"more".to_vec()))),
        (None, _) => Ok(AuthStep::Done(Authenticated::new("user"))),
    };
    server.answer(question, answer).is_ok()
}

fn refusal(say: Say) -> Option<Rejection> {
    match say {
        Say::Yes | Say::Challenge => None,
        Say::No => Some(Rejection::TRANSACTION_FAILED),
        Say::Close => Some(Rejection::TRANSACTION_FAILED.closing()),
    }
}
