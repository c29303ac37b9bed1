//! Messages on their way to everybody whom the server would take, over as many
//! transactions and connections as that needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ehlo::client::{Outcome, Undeliverable};

use crate::message::Message;
use crate::options::{Encryption, Trust};
use crate::session::{Failure, Session, Settings};

/// What all connections do together.
pub(crate) struct Work {
    settings: Arc<Settings>,
    messages: Vec<Message>,
    /// How many messages were begun.
    begun: AtomicU64,
}

impl Work {
    pub(crate) fn new(settings: Settings, messages: Vec<Message>) -> Self {
        Self {
            settings: Arc::new(settings),
            messages,
            begun: AtomicU64::new(0),
        }
    }

    /// How many connections there are to be: no more than messages.
    pub(crate) fn connections(&self) -> usize {
        let wanted = self.settings.options.connections.unwrap_or(1);
        let total = self.settings.results.total();
        wanted.min(usize::try_from(total).unwrap_or(usize::MAX))
    }

    /// Sends messages until none is left, over one connection at a time.
    pub(crate) async fn run(self: Arc<Self>, number: usize) {
        let mut line = Line {
            work: &self,
            number,
            session: None,
        };
        while let Some(message) = self.next_message() {
            if let Err(failure) = line.send(message).await {
                self.settings.results.failed(&failure);
                break;
            }
            self.settings.results.add_message();
        }
        if let Some(session) = line.session {
            // All is sent.
            let _ = session.end().await;
        }
    }

    fn next_message(&self) -> Option<&Message> {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        if begun >= self.settings.results.total() {
            return None;
        }
        let count = self.messages.len() as u64;
        self.messages.get(usize::try_from(begun % count).ok()?)
    }
}

/// A connection, and after it another one if it cannot be used any more.
struct Line<'a> {
    work: &'a Work,
    number: usize,
    session: Option<Session>,
}

impl Line<'_> {
    /// Sends a message to everybody.
    ///
    /// Those whom the server did not decide about are left over: beyond its
    /// LIMITS, too many for it, or not reached before the session broke down.
    /// They are tried again, until a new connection decides about nobody.
    async fn send(&mut self, message: &Message) -> Result<(), Failure> {
        let settings = &self.work.settings;
        let mut envelope = settings.options.envelope.clone();
        while !envelope.recipients.is_empty() {
            let (mut session, is_new) = match self.session.take() {
                Some(session) => (session, false),
                None => (self.open().await?, true),
            };
            let report = match session.deliver(envelope, message).await {
                Ok(report) => report,
                Err(error) if !is_new && is_about_session(error.reason()) => {
                    let _ = session.end().await;
                    envelope = error.into_envelope();
                    continue;
                }
                Err(error) => {
                    settings.results.undeliverable(message, error);
                    self.session = Some(session);
                    return Ok(());
                }
            };
            let is_stuck = report
                .recipients()
                .all(|one| one.outcome == Outcome::LeftOver);
            let mut failure = None;
            if report.is_session_reusable() && !is_stuck {
                self.session = Some(session);
            } else {
                failure = session.end().await.err();
            }
            settings.results.report(message, &report);
            match failure {
                failure if is_stuck && is_new => {
                    settings.results.left_over(message, &report);
                    return Err(failure.unwrap_or(Failure::Stuck));
                }
                Some(failure) if report.unknown().next().is_some() => {
                    settings.results.failed(&failure);
                }
                _ => {}
            }
            envelope = report.into_envelope_of(|outcome| outcome == Outcome::LeftOver);
        }
        Ok(())
    }

    async fn open(&self) -> Result<Session, Failure> {
        let settings = &self.work.settings;
        let open = |encryption| Session::open(Arc::clone(settings), self.number, encryption);
        let wanted = settings.options.encryption;
        match open(wanted).await {
            // RFC 7435 §3: rather in plaintext than not at all.
            Err(Failure::Handshake(_))
                if wanted == Encryption::Opportunistic
                    && settings.options.trust == Trust::Default =>
            {
                open(Encryption::Never).await
            }
            opened => opened,
        }
    }
}

/// Whether another session could do it.
const fn is_about_session(reason: Undeliverable) -> bool {
    matches!(
        reason,
        Undeliverable::TooManyMessages { .. } | Undeliverable::Closed | Undeliverable::InDoubt
    )
}
