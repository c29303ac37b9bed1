//! What became of it all: a line for each recipient, a line for all of a load,
//! and how far it is meanwhile.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroU64;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use ehlo::client::{Outcome, RecipientReport, Report};
use ehlo::types::{Envelope, ParameterKind};
use tokio::time::{Instant, interval_at};

use crate::message::Message;
use crate::options::Options;
use crate::session::Failure;

/// Goes back to the start of the line, which is empty then.
const CLEAR: &str = "\r\x1b[K";

pub(crate) struct Results {
    begin: Instant,
    /// Messages, each as often as it is to be sent.
    total: u64,
    total_octets: u64,
    is_load: bool,
    /// Whether lines tell which message they are about.
    has_names: bool,
    has_progress: bool,
    messages: AtomicU64,
    octets: AtomicU64,
    refused: AtomicU64,
    has_failed: AtomicBool,
    /// Whether there is a line of progress on the terminal.
    is_shown: AtomicBool,
}

impl Results {
    pub(crate) fn new(options: &Options, messages: &[Message]) -> Self {
        let count = options.count.map_or(1, NonZeroU64::get);
        let octets: u64 = messages.iter().map(Message::size).sum();
        Self {
            begin: Instant::now(),
            total: count.saturating_mul(messages.len() as u64),
            total_octets: count.saturating_mul(octets),
            is_load: options.is_load(),
            has_names: messages.len() > 1,
            has_progress: io::stderr().is_terminal() && !options.verbose,
            messages: AtomicU64::new(0),
            octets: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
            is_shown: AtomicBool::new(false),
        }
    }

    /// How many messages are to be sent.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn add_message(&self) {
        self.messages.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_octets(&self, octets: usize) {
        self.octets.fetch_add(octets as u64, Relaxed);
    }

    /// Tells what became of recipients; in a load, only of those refused.
    pub(crate) fn tell(&self, message: &Message, recipients: &[RecipientReport<'_>]) {
        for recipient in recipients {
            let is_delivered = recipient.outcome == Outcome::Delivered;
            if !is_delivered {
                self.refused.fetch_add(1, Relaxed);
            } else if self.is_load {
                continue;
            }
            let path = recipient.recipient.forward_path.as_str();
            match recipient.reply {
                Some(reply) => self.line(message, path, &reply.to_string().replace('\n', " / ")),
                None => self.line(message, path, &format!("{:?}", recipient.outcome)),
            }
        }
    }

    /// Tells which wishes the server does not know.
    pub(crate) fn left_out(&self, report: &Report) {
        let names: Vec<_> = report.dropped().map(ParameterKind::as_str).collect();
        if !names.is_empty() && !self.is_load {
            self.clear();
            let names = names.join(", ");
            say(
                io::stderr(),
                format_args!("sendmail: not offered, so left out: {names}\n"),
            );
        }
    }

    /// Tells why a message was not sent to anybody of an envelope.
    pub(crate) fn not_sent(&self, message: &Message, envelope: &Envelope, why: &str) {
        for recipient in &envelope.recipients {
            self.refused.fetch_add(1, Relaxed);
            self.line(message, recipient.forward_path.as_str(), why);
        }
    }

    /// Tells why a session broke down.
    pub(crate) fn failed(&self, failure: &Failure) {
        self.has_failed.store(true, Relaxed);
        self.clear();
        say(io::stderr(), format_args!("sendmail: {failure}\n"));
    }

    /// The exit status, when all is done.
    pub(crate) fn finish(&self) -> ExitCode {
        self.clear();
        let refused = self.refused.load(Relaxed);
        if self.is_load {
            let seconds = self.begin.elapsed().as_secs_f64();
            let messages = self.messages.load(Relaxed);
            #[allow(clippy::cast_precision_loss)] // it is told in round figures
            let rate = messages as f64 / seconds;
            say(
                io::stdout(),
                format_args!(
                    "{messages} messages in {seconds:.2} s, {rate:.0} messages/s, {refused} refused\n"
                ),
            );
        }
        match (self.has_failed.load(Relaxed), refused) {
            (true, _) => ExitCode::from(2),
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::from(1),
        }
    }

    /// Shows on a terminal how far it is, if it takes more than a moment.
    pub(crate) async fn show_progress(self: Arc<Self>) {
        const MOMENT: Duration = Duration::from_secs(1);
        if !self.has_progress {
            return;
        }
        let mut ticks = interval_at(Instant::now() + MOMENT, MOMENT);
        loop {
            ticks.tick().await;
            let (messages, octets) = (self.messages.load(Relaxed), self.octets.load(Relaxed));
            eprint!(
                "{CLEAR}{messages} of {} messages, {} of {} MB",
                self.total,
                octets / 1_000_000,
                self.total_octets / 1_000_000,
            );
            self.is_shown.store(true, Relaxed);
        }
    }

    fn line(&self, message: &Message, path: &str, what: &str) {
        self.clear();
        match self.has_names {
            true => say(
                io::stdout(),
                format_args!("{}: {path}: {what}\n", message.name),
            ),
            false => say(io::stdout(), format_args!("{path}: {what}\n")),
        }
    }

    /// Makes room for a line.
    fn clear(&self) {
        if self.is_shown.swap(false, Relaxed) {
            eprint!("{CLEAR}");
        }
    }
}

/// That nobody listens any more is no reason not to send the rest.
fn say(mut to: impl Write, what: fmt::Arguments<'_>) {
    let _ = to.write_fmt(what);
}
