//! What becomes of parameters of an envelope that the server does not offer.

use core::fmt;

use crate::types::{ParameterKind, ParameterKinds};

/// What becomes of a parameter that the server does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenNotOffered {
    /// It is left out; the [`Report`](super::Report::dropped) says so.
    Drop,
    /// Nothing is sent: [`Undeliverable::ParameterNotOffered`](super::Undeliverable::ParameterNotOffered).
    Refuse,
    /// It is sent all the same.
    Send,
}

/// What becomes of each parameter that the server does not offer.
///
/// By default those are dropped whose RFC lets a relay go on without them:
/// SIZE, RET, ENVID, NOTIFY and ORCPT (RFC 3461 §5.2.2: it is for the relay to
/// report that), AUTH (RFC 4954 §5), MT-PRIORITY (RFC 6710 §4.3), SOLICIT, MTRK,
/// SUBMITTER, TRANSID, CONPERM, CONNEG. The others are refused: BY, HOLDFOR,
/// HOLDUNTIL, REQUIRETLS (RFC 8689 §4.2.1), RRVS unless it says itself that it
/// may be dropped (RFC 7293 §3.1), and what the crate does not know.
///
/// BODY and SMTPUTF8 are not subject to this: they say what the message is, and
/// a server that does not offer them must not be given it.
///
/// ```
/// use ehlo::client::{Config, WhenNotOffered};
/// use ehlo::types::ParameterKind;
/// let mut config = Config::new();
/// config.parameters = config.parameters.with(ParameterKind::Notify, WhenNotOffered::Refuse);
/// assert_eq!(config.parameters.of(ParameterKind::Ret), WhenNotOffered::Drop);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ParameterPolicy {
    dropped: ParameterKinds,
    sent: ParameterKinds,
    unknown: WhenNotOffered,
}

impl ParameterPolicy {
    /// With that for a parameter.
    #[must_use]
    pub const fn with(mut self, kind: ParameterKind, what: WhenNotOffered) -> Self {
        self.dropped.remove(kind);
        self.sent.remove(kind);
        match what {
            WhenNotOffered::Drop => self.dropped.insert(kind),
            WhenNotOffered::Send => self.sent.insert(kind),
            WhenNotOffered::Refuse => true,
        };
        self
    }

    /// With that for every parameter that this crate does not know. It counts
    /// as offered where a keyword of EHLO has the same name.
    #[must_use]
    pub const fn with_unknown(self, what: WhenNotOffered) -> Self {
        Self {
            unknown: what,
            ..self
        }
    }

    /// What becomes of a parameter.
    #[must_use]
    pub const fn of(self, kind: ParameterKind) -> WhenNotOffered {
        if self.dropped.contains(kind) {
            WhenNotOffered::Drop
        } else if self.sent.contains(kind) {
            WhenNotOffered::Send
        } else {
            WhenNotOffered::Refuse
        }
    }

    /// What becomes of every parameter that this crate does not know.
    #[must_use]
    pub const fn of_unknown(self) -> WhenNotOffered {
        self.unknown
    }
}

impl Default for ParameterPolicy {
    fn default() -> Self {
        use ParameterKind as Kind;
        let droppable = [
            Kind::Size,
            Kind::Ret,
            Kind::Envid,
            Kind::Notify,
            Kind::Orcpt,
            Kind::Auth,
            Kind::MtPriority,
            Kind::Solicit,
            Kind::Mtrk,
            Kind::Submitter,
            Kind::TransId,
            Kind::ConPerm,
            Kind::ConNeg,
        ];
        let none = Self {
            dropped: ParameterKinds::default(),
            sent: ParameterKinds::default(),
            unknown: WhenNotOffered::Refuse,
        };
        droppable
            .into_iter()
            .fold(none, |policy, kind| policy.with(kind, WhenNotOffered::Drop))
    }
}

impl fmt::Debug for ParameterPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ParameterKind::ALL.iter().map(|&kind| (kind, self.of(kind)));
        f.debug_map()
            .entries(known)
            .entry(&"other", &self.unknown)
            .finish()
    }
}
