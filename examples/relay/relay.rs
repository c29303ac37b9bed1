//! The two machines joined: each question of the server is a command of the
//! client, and the reply to it the answer.
//!
//! They go in step, a command at a time, for only so can each answer be the
//! next hop's own: a sender that pipelines hundreds of recipients pays a round
//! trip to the next hop for each of them. Only the message streams.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{self, Client, CloseReason, CommandId, Opening};
use ehlo::server::{
    self, Answer, Connect, Data, Exchange, Greeting, Mail, Message, Pending, Rcpt, Rejection,
    Security, Server, SessionId,
};
use ehlo::types::{
    Capabilities, Command, EnhancedCode, MailParameters, Protocol, Reply, ReplyCode,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::carried::{self, Completions};
use crate::hops::Hops;
use crate::{Route, offer};

/// How long a sender may go on with a message that the next hop will not have.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// One session with a sender, and the one with the next hop that belongs to it.
pub(crate) struct Relay {
    pub(crate) server: Server,
    pub(crate) client: Client,
    /// What the sender, and the next hop, have said and nobody has looked at.
    pub(crate) from_sender: BytesMut,
    pub(crate) from_next_hop: BytesMut,
    route: Arc<Route>,
    sender: SocketAddr,
    /// What the sender wants to know of the next hop.
    question: Option<Question>,
    /// Of the message that is being received.
    hops: Hops,
    /// From the end of the message on: what the next hop said to it.
    completions: Option<Completions>,
    /// Whether the next hop may still have a transaction open.
    is_dirty: bool,
    /// The RSET that is no business of the sender's.
    reset: Option<CommandId>,
}

enum Question {
    Connect(Pending<Connect>),
    Mail(Pending<Mail>),
    Rcpt(Pending<Rcpt>),
    Data(Pending<Data>),
    Message(Pending<Message>),
}

impl Relay {
    pub(crate) fn new(
        route: Arc<Route>,
        protocol: Protocol,
        sender: SocketAddr,
        now: Timestamp,
    ) -> Self {
        let mut client = Client::new(Arc::new(offer::towards(&route)), now);
        // A fresh client can be opened, and a domain fits a line.
        let opened = client.open(Opening::new(route.hostname.clone()));
        debug_assert!(opened.is_ok());
        let config = Arc::new(offer::bare(protocol, &route));
        Self {
            server: Server::new(config, SessionId(0), Security::Plain, now),
            client,
            from_sender: BytesMut::new(),
            from_next_hop: BytesMut::new(),
            route,
            sender,
            question: None,
            hops: Hops::default(),
            completions: None,
            is_dirty: false,
            reset: None,
        }
    }

    /// Lets both machines go on as far as they can.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        loop {
            if let Some(event) = self.client.poll_event(now, &mut self.from_next_hop) {
                self.on_next_hop(event, now);
                continue;
            }
            if self.is_held() {
                return;
            }
            match self.server.poll_event(now, &mut self.from_sender) {
                Some(event) => self.on_sender(event),
                None => return,
            }
        }
    }

    /// Whether the next hop has to take more of the message first. The sender
    /// is not listened to meanwhile: that is the back-pressure.
    pub(crate) fn is_held(&mut self) -> bool {
        self.client.body().is_some_and(|body| body.is_blocked())
    }

    // What the sender says.

    fn on_sender(&mut self, event: server::Event) {
        use server::Event;

        match event {
            Event::Connect(asked) => self.question = Some(Question::Connect(asked)),
            Event::Hello(asked) => settle(&mut self.server, asked, Ok(Default::default())),
            Event::Mail(asked) => {
                self.forget();
                let sent = self.client.send(&Command::Mail {
                    reverse_path: asked.reverse_path.as_borrowed(),
                    parameters: with_trace(&asked.parameters),
                });
                self.ask(Question::Mail(asked), sent.is_ok());
            }
            Event::Rcpt(asked) => {
                let sent = self.client.send(&Command::Rcpt {
                    forward_path: asked.forward_path.as_borrowed(),
                    parameters: asked.parameters.as_borrowed(),
                });
                self.ask(Question::Rcpt(asked), sent.is_ok());
            }
            Event::Data(asked) => {
                let sent = self.client.send(&Command::Data);
                self.ask(Question::Data(asked), sent.is_ok());
            }
            Event::Body(octets) => self.forward(octets),
            Event::Message(asked) => {
                self.end_message();
                self.question = Some(Question::Message(asked));
                self.settle_message();
            }
            // Only a message without its end is not delivered.
            Event::Aborted(_) => self.drop_message(),
            Event::Closed(_) => match self.question.take() {
                // Nobody waits for that answer any more.
                Some(_) => self.client.abort(),
                None => self.client.quit(),
            },
            // RSET: the next hop hears of it when it matters, before MAIL.
            _ => {}
        }
    }

    /// What the next hop still has of another transaction is to be forgotten.
    fn forget(&mut self) {
        self.completions = None;
        if std::mem::take(&mut self.is_dirty) {
            self.reset = self.client.send(&Command::Rset).ok();
        }
    }

    /// The question waits for the next hop, unless that is gone.
    fn ask(&mut self, question: Question, is_sent: bool) {
        self.question = Some(question);
        if !is_sent {
            self.fail(None);
        }
    }

    fn forward(&mut self, octets: Bytes) {
        if self.hops.are_too_many(&octets) {
            let why = refusal(554, (5, 4, 6), "Too many hops: the mail goes in a circle");
            refuse_body(&mut self.server, why);
            return self.drop_message();
        }
        let body = self.client.body();
        if body.is_none_or(|mut body| body.write(octets).is_err()) {
            // The server lets no bare CR or LF through, and nothing while the
            // output is full; but should it, let nothing be missing.
            self.drop_message();
            refuse_body(&mut self.server, Rejection::LOCAL_ERROR);
        }
    }

    /// The sender has said its last word; from here on, the next hop may have
    /// the message.
    fn end_message(&mut self) {
        if self.completions.is_some() {
            return; // In LMTP, each recipient is asked about.
        }
        self.completions = Some(Completions::new(self.route.protocol));
        self.is_dirty = false;
        let body = self.client.body();
        if body.is_some_and(|body| body.finish().is_err()) {
            self.client.abort();
        }
    }

    /// There is no other way to leave a message unfinished than to hang up.
    fn drop_message(&mut self) {
        if self.client.body().is_some() {
            self.client.abort();
        }
    }

    // What the next hop says.

    fn on_next_hop(&mut self, event: client::Event, now: Timestamp) {
        use client::Event;

        match event {
            Event::Ready(offered) => self.greet(&offered),
            Event::Reply(id, _) if Some(id) == self.reset => {}
            Event::Reply(_, reply) => self.on_reply(reply),
            Event::Closed(reason) => self.on_closed(&reason, now),
            _ => {}
        }
    }

    /// Only now is it known what the sender can be offered.
    fn greet(&mut self, offered: &Capabilities<'_>) {
        if let Some(Question::Connect(asked)) = self.question.take() {
            let protocol = self.server.config().protocol;
            let config = offer::like(offered, protocol, &self.route);
            let greeting = Greeting::default().with_config(Arc::new(config));
            settle(&mut self.server, asked, Ok(greeting));
        }
    }

    fn on_reply(&mut self, reply: Reply<'static>) {
        if let Some(completions) = &mut self.completions {
            completions.push(reply);
            self.settle_message();
            return;
        }
        match self.question.take() {
            Some(Question::Mail(asked)) => {
                self.is_dirty |= reply.code().is_positive();
                settle(&mut self.server, asked, carried::mail(&reply));
            }
            Some(Question::Rcpt(asked)) => {
                settle(&mut self.server, asked, carried::rcpt(&reply));
            }
            Some(Question::Data(asked)) => {
                self.begin_message();
                settle(&mut self.server, asked, carried::data(&reply));
            }
            // Refused before its end; the sender hears of it at its end.
            None => refuse_body(&mut self.server, carried::refusal(&reply)),
            other => self.question = other,
        }
    }

    /// If the next hop waits for the message, it begins with where it has been
    /// (RFC 5321 §4.4).
    fn begin_message(&mut self) {
        if let Some(mut body) = self.client.body() {
            self.hops = Hops::default();
            let date = OffsetDateTime::now_utc().format(&Rfc2822);
            let date = date.unwrap_or_default();
            let field = self.server.received().from_address(self.sender.ip());
            let written = body.write(field.at(&date).to_string().into());
            debug_assert!(written.is_ok(), "a line, and room for it");
        }
    }

    /// Answers what is asked about the message, if that is known.
    fn settle_message(&mut self) {
        let answer = match (&self.question, &self.completions) {
            (Some(Question::Message(asked)), Some(completions)) => {
                let envelope = self.server.envelope();
                let recipients = envelope.map_or(&[][..], |envelope| &envelope.recipients);
                completions.answer(asked.recipient, recipients)
            }
            _ => None,
        };
        match (answer, self.question.take()) {
            (Some(answer), Some(Question::Message(asked))) => {
                settle(&mut self.server, asked, answer);
            }
            (_, question) => self.question = question,
        }
        if self.client.is_closed() {
            self.fail(None);
        }
    }

    /// Without the next hop there is nothing to be done for the sender: it is
    /// told so, and to come again.
    fn on_closed(&mut self, reason: &CloseReason, now: Timestamp) {
        if !matches!(reason, CloseReason::Quit | CloseReason::Aborted) {
            eprintln!("relay: {}: {reason}", self.route.next_hop);
        }
        self.fail(Some(reason));
        let why = match reason {
            CloseReason::Unavailable(reply) => carried::refusal(reply),
            _ => refusal(421, (4, 4, 2), "The next hop is gone"),
        };
        self.server.shutdown(why, now.after(PATIENCE));
    }

    /// The next hop has not answered, and will not.
    ///
    /// That goes for a message, too, which it may have taken (RFC 1047): the
    /// sender will try again, for two copies are better than none.
    fn fail(&mut self, reason: Option<&CloseReason>) {
        let lost = || refusal(451, (4, 4, 2), "The connection to the next hop was lost");
        let server = &mut self.server;
        match self.question.take() {
            Some(Question::Connect(asked)) => {
                let why = match reason {
                    Some(
                        CloseReason::ServiceRefused(reply)
                        | CloseReason::HelloRefused(reply)
                        | CloseReason::Unavailable(reply),
                    ) => carried::refusal(reply),
                    _ => refusal(421, (4, 4, 1), "The next hop does not answer"),
                };
                settle(server, asked, Err(why.closing()));
            }
            Some(Question::Mail(asked)) => settle(server, asked, Err(lost())),
            Some(Question::Rcpt(asked)) => settle(server, asked, Err(lost())),
            Some(Question::Data(asked)) => settle(server, asked, Err(lost())),
            Some(Question::Message(asked)) => settle(server, asked, Err(lost())),
            None => refuse_body(server, lost()),
        }
    }
}

/// Where the answer comes too late, the session is over; then the sender has
/// none, and comes again.
fn settle<E: Exchange>(server: &mut Server, asked: Pending<E>, answer: Answer<E>) {
    let _ = server.answer(asked, answer);
}

/// Refuses the message that is being received, if there is one.
fn refuse_body(server: &mut Server, why: Rejection) {
    let _ = server.refuse_body(why);
}

fn refusal(code: u16, (class, subject, detail): (u8, u16, u16), text: &'static str) -> Rejection {
    ReplyCode::new(code)
        .and_then(|code| {
            let enhanced = EnhancedCode::new(class, subject, detail);
            Rejection::new(code, enhanced, text).ok()
        })
        .unwrap_or(Rejection::LOCAL_ERROR)
}

/// The parameters of MAIL for the next hop: the message is larger by its trace.
/// `AUTH=<>`, which the server takes from anybody, says nothing.
fn with_trace(given: &MailParameters<'static>) -> MailParameters<'static> {
    let given = given
        .clone()
        .without("AUTH")
        .unwrap_or_else(|_| given.clone());
    match given.size() {
        Some(size) => given.with_size(size.saturating_add(offer::ADDED)),
        None => given,
    }
}
