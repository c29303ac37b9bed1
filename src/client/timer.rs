//! The one timer that runs at a time.

use core::time::Duration;

use super::config::Timeouts;
use super::event::Phase;
use super::turn::Wait;
use crate::time::Timestamp;

/// What is waited for, and how much had happened when that began. Changes
/// whenever the time starts anew.
pub(super) type Subject = Option<(Wait, u64)>;

/// A deadline for a subject.
#[derive(Debug, Default)]
pub(super) struct Timer {
    subject: Subject,
    deadline: Option<Timestamp>,
}

impl Timer {
    /// Starts anew if the subject is another one.
    pub(super) fn watch(&mut self, subject: Subject, now: Timestamp, timeouts: &Timeouts) {
        if self.subject == subject {
            return;
        }
        self.subject = subject;
        self.deadline = subject
            .and_then(|(wait, _)| wait.timeout(timeouts))
            .map(|timeout| now.after(timeout));
    }

    pub(super) const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whether the deadline has passed.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }
}

impl Wait {
    const fn timeout(self, timeouts: &Timeouts) -> Option<Duration> {
        match self {
            Self::Greeting => timeouts.greeting,
            Self::Command => timeouts.command,
            Self::Data => timeouts.data,
            Self::DataBlock => timeouts.data_block,
            Self::Completion => timeouts.completion,
            Self::Turn => timeouts.turn,
            Self::Tls => timeouts.tls,
            Self::Application => timeouts.application,
            Self::Quit => timeouts.quit,
        }
    }

    /// The same for the application; a server that does not answer QUIT is of
    /// no interest.
    pub(super) const fn phase(self) -> Option<Phase> {
        match self {
            Self::Greeting => Some(Phase::Greeting),
            Self::Command => Some(Phase::Command),
            Self::Data => Some(Phase::Data),
            Self::DataBlock => Some(Phase::DataBlock),
            Self::Completion => Some(Phase::Completion),
            Self::Turn => Some(Phase::Turn),
            Self::Tls => Some(Phase::Tls),
            Self::Application => Some(Phase::Application),
            Self::Quit => None,
        }
    }
}
