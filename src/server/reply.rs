//! The machine: from one step to the next, and what is said between them.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::Write as _;
use core::time::Duration;

use bytes::{Buf, BytesMut};

use super::config::{Config, EarlyInput};
use super::event::{AbortReason, CloseReason, Event};
use super::exchange::{Connect, Pending};
use super::replies::{self, Said};
use super::state::{Framing, Next, Phase, Subject, Transaction};
use super::{Rejection, Server};
use crate::Timestamp;
use crate::types::{EnhancedCode, Extension, ReplyCode, Verb};

/// What one step of the machine comes to.
pub(super) enum Step {
    Event(Event),
    /// Something changed; look again.
    Again,
    /// Nothing can be done for now.
    Wait,
}

impl Server {
    pub(super) fn step(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        match self.state.phase {
            Phase::Closed => Step::Wait,
            Phase::Closing(reason) => {
                self.state.phase = Phase::Closed;
                Step::Event(Event::Closed(reason))
            }
            // Also in LMTP between the replies to a message: they are few, and a
            // client that does not take them must not hold up what is stored.
            Phase::Answered(subject, next) => self.reply(now, input, subject, next),
            _ if self.is_output_high() => Step::Wait,
            Phase::Start => {
                let question = self.ask(now, Subject::Connection, Connect {});
                Step::Event(Event::Connect(question))
            }
            Phase::Owed(_) => {
                self.state.early |= !input.is_empty();
                Step::Wait
            }
            Phase::Command => self.next_command(now, input),
            Phase::AuthLine => self.next_auth_line(now, input),
            Phase::Body(Framing::Dot) | Phase::Swallow(Framing::Dot) => self.receive(now, input),
            Phase::Body(Framing::Chunk) | Phase::Swallow(Framing::Chunk) => {
                self.receive_chunk(now, input)
            }
            Phase::TlsReply => self.hand_over(now, input),
            Phase::TlsHandshake if self.state.eof => self.close_silently(now, CloseReason::Eof),
            Phase::TlsHandshake => Step::Wait,
        }
    }

    pub(super) fn ask<E>(&mut self, now: Timestamp, subject: Subject, question: E) -> Pending<E> {
        self.serial = self.serial.wrapping_add(1);
        self.state.ask(subject);
        self.incoming.pause_clock(now);
        self.deadline = after(now, self.config.timeouts.answer);
        Pending {
            question,
            subject,
            session: self.id,
            serial: self.serial,
        }
    }

    /// Shows the staged reply, unless the peer has talked too soon.
    fn reply(&mut self, now: Timestamp, input: &BytesMut, subject: Subject, next: Next) -> Step {
        if next == Next::NoMoreRounds {
            return self.fail_auth(subject, replies::TOO_MANY_ROUNDS);
        }
        let was_told = core::mem::take(&mut self.state.flagged);
        let is_early = self.must_wait(subject) && (self.state.early || !input.is_empty());
        // The last word of a session stands, but for that which hands the
        // connection on.
        let is_last = matches!(next, Next::Close(reason) if reason != CloseReason::Turned);
        if is_early && !is_last && !was_told {
            return self.reply_to_early_talker(now, subject, next);
        }
        self.proceed(now, next)
    }

    /// Attack rule A10: octets came while the client had to wait.
    fn reply_to_early_talker(&mut self, now: Timestamp, subject: Subject, next: Next) -> Step {
        let verb = match subject {
            Subject::Command(verb) => Some(verb),
            Subject::AuthLine | Subject::AuthWithInitialResponse => Some(Verb::Auth),
            _ => None,
        };
        match self.config.early_input {
            // Attack rule A3: no policy lets anything pass into TLS, nor to
            // the client that the caller becomes.
            _ if matches!(next, Next::Tls | Next::Close(_)) => self.close_early_talker(now),
            EarlyInput::Reject => {
                // The answer to a message stands: it may be stored already.
                if subject == Subject::Message {
                    self.output.show();
                }
                self.close_early_talker(now)
            }
            // What waits behind a DATA that is refused may be a message.
            _ if verb == Some(Verb::Data) && !matches!(next, Next::Body(_)) => {
                self.proceed(now, Next::Close(CloseReason::EarlyInput))
            }
            EarlyInput::Flag => {
                self.state.flagged = true;
                Step::Event(Event::EarlyInput(verb))
            }
            EarlyInput::Allow { .. } => self.proceed(now, next),
        }
    }

    fn close_early_talker(&mut self, now: Timestamp) -> Step {
        self.close_with(now, replies::OUT_OF_TURN, CloseReason::EarlyInput);
        Step::Again
    }

    /// Shows the staged reply and goes on.
    pub(super) fn proceed(&mut self, now: Timestamp, next: Next) -> Step {
        if next != Next::Swallow {
            self.output.show();
        }
        self.state.proceed(next);
        if let Next::Close(reason) = next {
            self.abort(reason.of_message());
        }
        self.incoming.resume_clock(now);
        let timeouts = &self.config.timeouts;
        self.deadline = match next {
            Next::Command | Next::AuthLine | Next::Tls | Next::NoMoreRounds => {
                after(now, timeouts.command)
            }
            Next::Body(_) | Next::Swallow => {
                self.incoming.start_clock(now);
                after(now, timeouts.data_block)
            }
            Next::Close(_) => after(now, timeouts.drain),
            Next::Recipient => return Step::Event(self.ask_about_message(now)),
            Next::Burl => return self.ask_about_burl(now),
        };
        Step::Again
    }

    /// The 220 to STARTTLS goes out; then the connection is the caller's.
    fn hand_over(&mut self, now: Timestamp, input: &BytesMut) -> Step {
        if self.output.has_remaining() {
            return Step::Wait;
        }
        // Attack rule A3. The peer waits for a handshake, not for a 554.
        if !input.is_empty() {
            return self.close_silently(now, CloseReason::EarlyInput);
        }
        self.state.phase = Phase::TlsHandshake;
        self.deadline = after(now, self.config.timeouts.tls);
        Step::Event(Event::Handover)
    }

    /// Says `said` instead of whatever was staged, and ends the session.
    pub(super) fn close_with(&mut self, now: Timestamp, said: Said, reason: CloseReason) {
        self.output.unstage();
        self.stage_own(said);
        self.proceed(now, Next::Close(reason));
    }

    /// Ends the session without a word.
    pub(super) fn close_silently(&mut self, now: Timestamp, reason: CloseReason) -> Step {
        self.output.unstage();
        self.proceed(now, Next::Close(reason))
    }

    pub(super) fn shut_down(&mut self, now: Timestamp) {
        if let Some(shutdown) = self.shutdown.take() {
            self.output.unstage();
            self.stage_rejection(&shutdown.why);
            self.proceed(now, Next::Close(CloseReason::Shutdown));
        }
    }

    /// Ends a session that has lasted too long, if it can be ended now; says
    /// whether it is over.
    pub(super) fn end_in_time(&mut self, now: Timestamp) -> bool {
        let is_due = |deadline| deadline <= now;
        let is_over = self.session_deadline().is_some_and(is_due);
        if is_over {
            let reason = CloseReason::SessionTooLong;
            self.close_with(now, replies::SESSION_TOO_LONG, reason);
        }
        is_over
    }

    /// Remembers to tell that the message will not become complete, if one is
    /// being received and nobody has been told yet.
    pub(super) const fn abort(&mut self, reason: AbortReason) {
        if self.incoming.is_wanted {
            self.incoming.is_wanted = false;
            self.aborted = Some(reason);
        }
    }

    /// Gives up the transaction; the hello, and what has been counted, stays.
    pub(super) fn reset_transaction(&mut self) {
        self.state.transaction = Transaction::None;
        self.incoming.stop_clock();
        self.burl = None;
        if let Some(envelope) = &mut self.envelope {
            envelope.recipients.clear();
            envelope.recipients.shrink_to(64);
        }
    }

    /// Forgets all that was said; what has been counted stays.
    pub(super) fn reset_session(&mut self) {
        self.reset_transaction();
        self.state.reset_session();
        self.hello = None;
        self.identity = None;
        self.envelope = None;
    }

    /// Another configuration from now on, if there is one.
    pub(super) fn adopt(&mut self, config: Option<Arc<Config>>) {
        if let Some(config) = config {
            self.framer.set_limit(config.line_limit());
            self.config = config;
        }
    }

    /// Stages a reply, with its enhanced code if those are on (RFC 2034 §4).
    pub(super) fn stage(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>, text: &str) {
        let enhanced = enhanced.filter(|_| self.offers(Extension::EnhancedStatusCodes));
        if text.is_ascii() || self.may_say_utf8(code) {
            self.output.stage(code, enhanced, text);
        } else {
            let ascii = |character: char| if character.is_ascii() { character } else { '?' };
            let text: String = text.chars().map(ascii).collect();
            self.output.stage(code, enhanced, &text);
        }
    }

    /// Stages a reply of the machine's own.
    pub(super) fn stage_own(&mut self, said: Said) {
        self.stage_signed(said.code, said.enhanced, said.text);
    }

    /// RFC 5321 §4.2.2: a 221 or 421 says whose it is, if it does not already.
    pub(super) fn stage_signed(
        &mut self,
        code: ReplyCode,
        enhanced: Option<EnhancedCode>,
        text: &str,
    ) {
        match code {
            ReplyCode::CLOSING | ReplyCode::SERVICE_NOT_AVAILABLE => {
                let named = self.named(text);
                let [word, name] = [text, &named].map(|text| text.split_ascii_whitespace().next());
                let is_named = word
                    .zip(name)
                    .is_some_and(|(word, name)| word.eq_ignore_ascii_case(name));
                let text = if is_named { text } else { &named };
                self.stage(code, enhanced, text);
            }
            _ => self.stage(code, enhanced, text),
        }
    }

    /// The server's name and a text.
    pub(super) fn named(&self, text: &str) -> String {
        // Room for what most servers offer: a hello's reply begins like this.
        let mut named = String::with_capacity(256);
        let _ = write!(named, "{}", self.config.hostname);
        named.push(' ');
        named.push_str(text);
        named
    }

    /// Stages a refusal of the application's. RFC 2034 §4: every one has an
    /// enhanced code, so X.0.0 stands for none.
    pub(super) fn stage_rejection(&mut self, why: &Rejection) {
        let enhanced = why.enhanced.or(EnhancedCode::OK.for_code(why.code));
        self.stage_signed(why.code, enhanced, why.text.as_str());
    }

    /// RFC 6531 §3.7.4: a 251 or 551 to RCPT may hold the new address, and the
    /// replies to VRFY and EXPN what they were asked for in UTF-8.
    fn may_say_utf8(&self, code: ReplyCode) -> bool {
        let is_address = matches!(code, ReplyCode::WILL_FORWARD | ReplyCode::USER_NOT_LOCAL);
        let envelope = self.envelope();
        self.incoming.utf8_reply
            || is_address && envelope.is_some_and(|envelope| envelope.parameters.smtputf8())
    }

    /// Whether `extension` is on, whatever the client said hello with.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.config.offers(extension, self.security)
    }

    pub(super) fn must_wait(&self, subject: Subject) -> bool {
        let pipelining = self.offers(Extension::Pipelining);
        self.state.must_wait(subject, pipelining)
    }

    pub(super) fn is_output_high(&self) -> bool {
        self.output.remaining() >= self.config.limits.output.max(1)
    }

    /// When the session has lasted too long, if it can be ended now: between
    /// two commands, and not between the chunks of a message.
    pub(super) fn session_deadline(&self) -> Option<Timestamp> {
        let is_between = self.state.phase == Phase::Command;
        let is_coming = self.state.transaction == Transaction::Chunks;
        let timeout = self.config.timeouts.session;
        after(self.began, timeout.filter(|_| is_between && !is_coming))
    }

    /// When a shutdown takes place, whatever is going on; but not between the
    /// replies to the recipients of a message (RFC 2033 §4.2).
    pub(super) fn shutdown_deadline(&self) -> Option<Timestamp> {
        let is_asked = self.state.phase == Phase::Owed(Subject::Message);
        let shutdown = self.shutdown.as_ref();
        let is_between = is_asked && self.incoming.recipient > 0;
        shutdown
            .map(|shutdown| shutdown.deadline)
            .filter(|_| !is_between)
    }
}

/// The deadline of something that begins now.
pub(super) fn after(now: Timestamp, timeout: Option<Duration>) -> Option<Timestamp> {
    timeout.map(|timeout| now.after(timeout))
}
