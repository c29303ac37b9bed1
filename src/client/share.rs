//! Which recipients the server will take in one transaction (RFC 9422).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::types::{Envelope, Host, Limits};

/// Recipients that are not to be asked about: those beyond RCPTMAX, and those
/// whose domain is beyond RCPTDOMAINMAX.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOver(Option<Box<[bool]>>);

impl LeftOver {
    pub(super) fn new(envelope: &Envelope, limits: Limits) -> Self {
        let most = |limit: Option<u32>| {
            limit.map_or(usize::MAX, |limit| {
                usize::try_from(limit).unwrap_or(usize::MAX)
            })
        };
        let recipients = most(limits.recipients());
        let count = envelope.recipients.len();
        if recipients >= count && limits.recipient_domains().is_none() {
            return Self(None);
        }
        let mut share = Share {
            room: recipients,
            most_domains: most(limits.recipient_domains()),
            domains: Vec::new(),
        };
        let left_over: Box<[bool]> = envelope
            .recipients
            .iter()
            .map(|recipient| {
                let host = recipient.forward_path.mailbox().map(|one| one.host());
                !share.takes(host)
            })
            .collect();
        Self(left_over.contains(&true).then_some(left_over))
    }

    /// Whether the recipient of that index is one of them.
    pub(super) fn contains(&self, index: usize) -> bool {
        self.0
            .as_ref()
            .and_then(|left_over| left_over.get(index))
            .is_some_and(|is_left_over| *is_left_over)
    }
}

/// What there is room for.
struct Share<'a> {
    room: usize,
    most_domains: usize,
    domains: Vec<Host<'a>>,
}

impl<'a> Share<'a> {
    /// Takes a recipient at that host, or at none, if there is room.
    fn takes(&mut self, host: Option<Host<'a>>) -> bool {
        if self.room == 0 {
            return false;
        }
        if let Some(host) = host {
            if !self.domains.contains(&host) {
                if self.domains.len() >= self.most_domains {
                    return false;
                }
                self.domains.push(host);
            }
        }
        self.room -= 1;
        true
    }
}
