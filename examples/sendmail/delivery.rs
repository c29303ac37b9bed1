//! Messages on their way to everybody whom the server would take, over as many
//! transactions and connections as that needs.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ehlo::client::{Outcome, RecipientReport, Report, Undeliverable};
use ehlo::types::{Envelope, Reply, ReplyCode};

use crate::message::Message;
use crate::options::Encryption;
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
        let wanted = self
            .settings
            .options
            .connections
            .map_or(1, NonZeroUsize::get);
        let total = self.settings.results.total();
        wanted.min(usize::try_from(total).unwrap_or(usize::MAX))
    }

    /// Sends messages until none is left, over one connection at a time.
    pub(crate) async fn run(self: Arc<Self>, number: usize) {
        let mut sender = Sender {
            work: &self,
            number,
            session: None,
        };
        while let Some(message) = self.next_message() {
            if let Err(failure) = sender.send(message).await {
                self.settings.results.failed(&failure);
                break;
            }
            self.settings.results.add_message();
        }
        if let Some(session) = sender.session {
            // All is sent.
            let _ = session.end().await;
        }
    }

    /// Tells of the messages that were not begun, if every session has failed.
    pub(crate) fn tell_rest(&self) {
        let Settings {
            options, results, ..
        } = &*self.settings;
        while let Some(message) = self.next_message().filter(|_| !options.is_load()) {
            results.not_sent(message, &options.envelope, "LeftOver");
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

/// Has a connection, and makes another one if that cannot be used any more.
struct Sender<'a> {
    work: &'a Work,
    number: usize,
    session: Option<Session>,
}

impl Sender<'_> {
    /// Sends a message to everybody: those who are left over once more, until a
    /// new connection decides about nobody.
    async fn send(&mut self, message: &Message) -> Result<(), Failure> {
        let settings = &self.work.settings;
        let mut envelope = settings.options.envelope.clone();
        while !envelope.recipients.is_empty() {
            let is_new = self.session.is_none();
            let mut session = match self.session.take() {
                Some(session) => session,
                None => self.open().await.inspect_err(|_| {
                    settings.results.not_sent(message, &envelope, "LeftOver");
                })?,
            };
            match session.deliver(envelope, message).await {
                Ok(report) => envelope = self.settle(session, is_new, message, report).await?,
                Err(error) if !is_new && is_about_session(error.reason()) => {
                    let _ = session.end().await;
                    envelope = error.into_envelope();
                }
                Err(error) => {
                    let why = error.to_string();
                    let envelope = error.into_envelope();
                    settings.results.not_sent(message, &envelope, &why);
                    self.session = Some(session);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Tells what was decided, keeps the session if that can be, and says who
    /// is left over.
    async fn settle(
        &mut self,
        session: Session,
        is_new: bool,
        message: &Message,
        report: Report,
    ) -> Result<Envelope, Failure> {
        let results = &self.work.settings.results;
        let (left_over, decided): (Vec<_>, Vec<_>) = report
            .recipients()
            .partition(|recipient| is_left_over(recipient, is_new));
        results.tell(message, &decided);
        results.left_out(&report);
        let mut ended = Ok(());
        if report.is_session_reusable() && !decided.is_empty() {
            self.session = Some(session);
        } else {
            ended = session.end().await;
        }
        if decided.is_empty() && is_new {
            results.tell(message, &left_over);
            return Err(ended.err().unwrap_or(Failure::Undecided));
        }
        let is_unknown = |one: &RecipientReport<'_>| one.outcome == Outcome::Unknown;
        if let (Err(failure), true) = (ended, decided.iter().any(is_unknown)) {
            results.failed(&failure);
        }
        let recipients = left_over.iter().map(|one| one.recipient.clone()).collect();
        let mut envelope = report.into_envelope();
        envelope.recipients = recipients;
        Ok(envelope)
    }

    async fn open(&self) -> Result<Session, Failure> {
        let settings = &self.work.settings;
        let open = |encryption| Session::open(Arc::clone(settings), self.number, encryption);
        match open(settings.options.encryption).await {
            // RFC 7435 §3: rather in plaintext than not at all.
            Err(Failure::Handshake(_)) if settings.options.takes_any_tls() => {
                open(Encryption::Never).await
            }
            opened => opened,
        }
    }
}

/// Whether to try again at once: the server was not asked about the recipient
/// (it is beyond its LIMITS, say), or has taken too many in this transaction.
fn is_left_over(recipient: &RecipientReport<'_>, is_new: bool) -> bool {
    let is_over = |reply: &Reply<'_>| reply.code() == ReplyCode::SERVICE_NOT_AVAILABLE;
    match recipient.outcome {
        Outcome::LeftOver => true,
        // Of a connection that was kept, 421 may say no more than that it was
        // kept for long enough.
        Outcome::Transient => !is_new && recipient.reply.is_some_and(is_over),
        _ => false,
    }
}

/// Whether another session could do it.
const fn is_about_session(reason: Undeliverable) -> bool {
    matches!(
        reason,
        Undeliverable::TooManyMessages { .. } | Undeliverable::Closed | Undeliverable::InDoubt
    )
}
