//! What goes in and comes out.

use alloc::collections::VecDeque;

use bytes::{Buf, BytesMut};

use super::Client;
use super::auth;
use super::event::{CloseReason, Event};
use super::output::Output;
use super::turn::{Awaited, Wait};
use crate::codec::ReplyLimits;
use crate::time::Timestamp;

/// Octets of an empty queue of commands that are kept for the next.
const KEPT: usize = 1024;

/// What goes in and comes out.
impl Client {
    /// Takes what the server said from the front of `input` and tells what
    /// happened. `None`: nothing more for now.
    ///
    /// Call it until it says `None` after every call that gives the machine
    /// something to do: input, [`handle_eof`](Self::handle_eof),
    /// [`handle_timeout`](Self::handle_timeout), an action, output that was
    /// taken. Commands get into the output here. If the deadline has passed,
    /// it does first what [`handle_timeout`](Self::handle_timeout) does.
    #[must_use]
    pub fn poll_event(&mut self, now: Timestamp, input: &mut BytesMut) -> Option<Event> {
        self.handle_timeout(now);
        let event = self.next_event(input);
        self.watch(now);
        event
    }

    /// What is to be written to the server.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Whether to read: true until the session is over or the input is at its
    /// end, but for the time of a TLS handshake.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.state.is_listening() && !self.is_eof && !self.state.is_handing_over()
    }

    /// Whether [`Event::Closed`] has come: nothing else will, and there is
    /// nothing to be written.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.is_closed() && !self.output.has_remaining()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), as far as is known
    /// since the last [`poll_event`](Self::poll_event); `None`: not needed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timer.deadline()
    }

    /// Ends the session if the server, or the application, has kept it waiting
    /// too long ([`Timeouts`](super::Timeouts)). Harmless when called too early.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.watch(now);
        if self.timer.has_expired(now) {
            let phase = self.waiting().and_then(Wait::phase);
            self.close(phase.map_or(CloseReason::Quit, CloseReason::Timeout));
            self.watch(now);
        }
    }

    /// The server's octets have ended: no more input will come. What is in the
    /// input is still processed, then the session ends.
    pub fn handle_eof(&mut self) {
        self.is_eof = true;
    }

    /// The TLS handshake that [`Event::Handover`] asked for is done. `input` is
    /// the buffer that replies were read into in plaintext; from now on what
    /// the server says is to be decrypted first, and what is in the output to
    /// be encrypted.
    ///
    /// Whatever was learnt in plaintext is forgotten, and EHLO said again
    /// (RFC 3207 §4.2); after a STARTTLS of one's own, that is for the caller to
    /// do. An octet in `input` was never protected: the session ends with
    /// [`CloseReason::Injection`]. Does nothing where no handshake is due.
    pub fn tls_established(&mut self, now: Timestamp, input: &mut BytesMut) {
        if !self.state.is_handing_over() {
            return;
        }
        if !input.is_empty() {
            self.close(CloseReason::Injection);
        } else if !self.is_eof {
            self.state.on_tls();
        }
        self.watch(now);
    }
}

impl Client {
    /// Whether anything more may be asked for.
    pub(super) const fn is_taking(&self) -> bool {
        self.state.is_open() && !self.is_eof
    }

    fn next_event(&mut self, input: &mut BytesMut) -> Option<Event> {
        loop {
            if !self.state.is_listening() {
                return self.state.ending();
            }
            if self.state.is_handing_over() && !input.is_empty() {
                // Attack rule A4: before the application even hears of TLS.
                self.close(CloseReason::Injection);
                continue;
            }
            if let Some(event) = self.state.due() {
                return Some(event);
            }
            if let Some(event) = self.say() {
                return Some(event);
            }
            self.prepare_parser();
            match self.parser.next(input) {
                Some(Ok(reply)) => {
                    let event = self.state.on_reply(reply, self.output.taken());
                    self.settle();
                    if event.is_some() {
                        return event;
                    }
                }
                Some(Err(error)) => self.close(CloseReason::Malformed(error)),
                None if self.is_eof => self.close(CloseReason::Lost),
                None => {
                    self.give_back();
                    return None;
                }
            }
        }
    }

    /// Gives back what queues needed that are empty: an idle session is small.
    fn give_back(&mut self) {
        self.state.give_back();
        if self.lines.is_empty() && self.lines.capacity() > KEPT {
            self.lines = BytesMut::new();
        }
        if self.payloads.is_empty() {
            self.payloads = VecDeque::new();
        }
    }

    /// Lets the parser take what may come now.
    fn prepare_parser(&mut self) {
        let awaits = self.state.awaited.front().map(|expected| expected.what);
        let mut limits = self.config.limits.reply;
        if awaits == Some(Awaited::Auth) {
            // RFC 4954 §4: a challenge may be that long.
            let least = |limit: Option<usize>| limit.map(|limit| limit.max(auth::LINE_LIMIT));
            limits = ReplyLimits {
                line: least(limits.line),
                octets: least(limits.octets),
                ..limits
            };
        }
        self.parser.set_limits(limits);
        let is_lenient = self.config.leniency.bare_line_feeds;
        self.parser
            .set_bare_lf(is_lenient && !self.state.protection.has_said_starttls);
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        self.state.close(reason, None, self.output.taken());
        self.settle();
    }

    /// What is not to be said any more is dropped.
    fn settle(&mut self) {
        if let Some(end) = self.state.cut.take() {
            self.output.truncate(end);
        }
        if !self.state.is_listening() {
            self.output.clear();
            self.lines = BytesMut::new();
            self.payloads.clear();
        }
    }

    fn waiting(&self) -> Option<Wait> {
        self.state
            .wait(self.output.taken(), self.output.has_remaining())
    }

    /// Lets the timer run for what is being waited for now.
    pub(super) fn watch(&mut self, now: Timestamp) {
        let subject = self.waiting().map(|wait| match wait {
            Wait::DataBlock => (wait, self.output.taken()),
            Wait::Application => (wait, self.output.written()),
            _ => (wait, self.state.replies),
        });
        self.timer.watch(subject, now, &self.config.timeouts);
    }
}
