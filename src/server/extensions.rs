//! Extensions that have a setting of their own, and what EHLO lists.

use alloc::string::String;
use alloc::vec::Vec;

use super::Security;
use super::config::Config;
use crate::types::{Attribute, Capability, DateTime, Extension, Limits, Mechanism, Protocol};

/// What beyond ASCII a server takes. One choice, since SMTPUTF8 requires
/// 8BITMIME (RFC 6531 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum EightBit {
    /// Nothing: neither extension is offered.
    Off,
    /// 8BITMIME: the lines of a message may be 8-bit (RFC 6152).
    Mime,
    /// 8BITMIME and SMTPUTF8: addresses and header may be UTF-8, too (RFC 6531).
    #[default]
    Utf8,
}

/// Whether messages may come in chunks. One choice, since BINARYMIME requires
/// CHUNKING (RFC 3030 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chunking {
    /// BDAT is not offered.
    #[default]
    Off,
    /// CHUNKING: BDAT, for messages of lines (RFC 3030 §2).
    On,
    /// CHUNKING and BINARYMIME: BDAT, for messages of any octets (RFC 3030 §3).
    Binary,
}

/// Whether delivery status notifications may be asked for. One choice, since
/// MTRK requires DSN (RFC 3885 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dsn {
    /// No.
    #[default]
    Off,
    /// DSN (RFC 3461).
    On,
    /// DSN and MTRK: messages may be tracked, too (RFC 3885).
    Tracking,
}

/// Whether a connection can or must be encrypted with STARTTLS (RFC 3207).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartTlsOffer {
    /// STARTTLS is not offered.
    #[default]
    Off,
    /// It is offered where there is no TLS yet.
    Offered,
    /// So it is, and until there is TLS every command but EHLO, HELO, LHLO,
    /// NOOP, STARTTLS and QUIT is refused with 530 (RFC 3207 §4).
    Required,
}

/// How clients may say who they are (RFC 4954).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthOffer {
    /// The mechanisms offered under TLS.
    pub with_tls: Vec<Mechanism>,
    /// The mechanisms offered without. Default none: a password that anybody
    /// can read is none (RFC 4954 §4).
    pub without_tls: Vec<Mechanism>,
    /// Whether MAIL is refused with 530 until the client has said who it is.
    pub required: bool,
}

impl AuthOffer {
    /// Those mechanisms, under TLS only, at the client's choice.
    #[must_use]
    pub fn new(mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        Self {
            with_tls: mechanisms.into_iter().collect(),
            without_tls: Vec::new(),
            required: false,
        }
    }

    /// The mechanisms that may be used now.
    pub(super) fn mechanisms(&self, security: Security) -> &[Mechanism] {
        match security {
            Security::Plain => &self.without_tls,
            Security::Tls => &self.with_tls,
        }
    }
}

/// Whether a message may be given a deadline (RFC 2852).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliverBy {
    /// No.
    #[default]
    Off,
    /// DELIVERBY, any deadline.
    On,
    /// DELIVERBY; to return a message in less than so many seconds is refused
    /// with 555.
    AtLeast(u32),
}

/// How long messages may be held back (RFC 4865).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FutureRelease {
    /// The longest time, in seconds: up to 999,999,999.
    pub seconds: u32,
    /// The latest date.
    pub until: DateTime,
}

/// Whether messages may be given a priority (RFC 6710).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MtPriority {
    /// No.
    #[default]
    Off,
    /// MT-PRIORITY.
    On,
    /// MT-PRIORITY, by the named policy. A name that RFC 6710 does not allow
    /// is left out.
    Profile(String),
}

/// The order of the lines of an EHLO reply.
const ORDER: [Extension; 26] = [
    Extension::Pipelining,
    Extension::Size,
    Extension::EightBitMime,
    Extension::SmtpUtf8,
    Extension::EnhancedStatusCodes,
    Extension::StartTls,
    Extension::Auth,
    Extension::Chunking,
    Extension::BinaryMime,
    Extension::Dsn,
    Extension::Mtrk,
    Extension::DeliverBy,
    Extension::FutureRelease,
    Extension::MtPriority,
    Extension::RequireTls,
    Extension::Rrvs,
    Extension::NoSoliciting,
    Extension::Burl,
    Extension::Limits,
    Extension::Etrn,
    Extension::Atrn,
    Extension::Vrfy,
    Extension::Expn,
    Extension::Help,
    Extension::Xclient,
    Extension::Xforward,
];

/// The octets of a reply line behind its code, without its end.
const LONGEST: usize = 512 - "250-\r\n".len();

impl Config {
    /// Whether `extension` is enabled on such a connection, and therefore
    /// offered.
    #[must_use]
    pub fn offers(&self, extension: Extension, security: Security) -> bool {
        let is_lmtp = self.protocol == Protocol::Lmtp;
        match extension {
            // RFC 2033 §5
            Extension::Pipelining => self.pipelining || is_lmtp,
            Extension::EnhancedStatusCodes => self.enhanced_status_codes || is_lmtp,
            Extension::Size => self.size,
            // RFC 4468 §4: who offers BURL offers 8BITMIME.
            Extension::EightBitMime => self.eight_bit >= EightBit::Mime || self.burl.is_some(),
            Extension::SmtpUtf8 => self.eight_bit == EightBit::Utf8,
            Extension::Chunking => self.chunking >= Chunking::On,
            Extension::BinaryMime => self.chunking == Chunking::Binary,
            Extension::StartTls => {
                self.start_tls != StartTlsOffer::Off && security == Security::Plain
            }
            Extension::Auth => !self.mechanisms(security).is_empty(),
            Extension::Dsn => self.dsn >= Dsn::On,
            Extension::Mtrk => self.dsn == Dsn::Tracking,
            Extension::DeliverBy => self.deliver_by != DeliverBy::Off,
            Extension::FutureRelease => self.future_release.is_some(),
            Extension::MtPriority => self.mt_priority != MtPriority::Off,
            // RFC 8689 §4.1: only where there is TLS already.
            Extension::RequireTls => self.require_tls && security == Security::Tls,
            Extension::Rrvs => self.rrvs,
            Extension::NoSoliciting => self.no_soliciting.is_some(),
            Extension::Burl => self.burl.is_some(),
            Extension::Limits => self.announce_limits,
            Extension::Etrn => self.etrn,
            Extension::Atrn => self.atrn,
            Extension::Vrfy => self.vrfy,
            Extension::Expn => self.expn,
            Extension::Help => self.help,
            Extension::Xclient => self.xclient,
            Extension::Xforward => self.xforward,
            _ => false,
        }
    }

    /// The mechanisms that may be used on such a connection.
    pub(super) fn mechanisms(&self, security: Security) -> &[Mechanism] {
        self.auth
            .as_ref()
            .map_or(&[], |auth| auth.mechanisms(security))
    }

    /// What the reply to EHLO lists, in order.
    pub(super) fn capabilities(&self, security: Security) -> impl Iterator<Item = Capability<'_>> {
        ORDER
            .into_iter()
            .filter(move |extension| self.offers(*extension, security))
            .map(move |extension| self.capability(extension, security))
            .chain(self.extra_keywords.iter().cloned())
    }

    /// The line of an extension. What its RFC does not allow, or what does not
    /// fit a line, is left out.
    fn capability(&self, extension: Extension, security: Security) -> Capability<'_> {
        let with_parameters = match extension {
            Extension::Size => Ok(Capability::size(self.limits.message)),
            Extension::Auth => Capability::auth(self.mechanisms(security).iter().copied()),
            Extension::DeliverBy => Capability::deliver_by(match self.deliver_by {
                DeliverBy::AtLeast(seconds) => Some(seconds),
                DeliverBy::Off | DeliverBy::On => None,
            }),
            Extension::FutureRelease => match self.future_release {
                Some(limit) => Capability::future_release(limit.seconds, limit.until),
                None => Ok(extension.into()),
            },
            Extension::MtPriority => match &self.mt_priority {
                MtPriority::Profile(name) => Capability::mt_priority(name),
                MtPriority::Off | MtPriority::On => Ok(extension.into()),
            },
            Extension::NoSoliciting => match self.no_soliciting.as_deref() {
                Some("") | None => Ok(extension.into()),
                Some(keywords) => Capability::no_soliciting(keywords),
            },
            Extension::Burl => Capability::burl(self.burl.iter().flatten().map(String::as_str)),
            Extension::Limits => Capability::limits(self.promised_limits()),
            Extension::Xclient => Capability::xclient(Attribute::XCLIENT.iter().copied()),
            Extension::Xforward => Capability::xforward(Attribute::XFORWARD.iter().copied()),
            _ => Ok(extension.into()),
        };
        // RFC 5321 §4.5.3.1.5: a line of a reply has 512 octets.
        match with_parameters {
            Ok(capability) if capability.as_str().len() <= LONGEST => capability,
            _ => extension.into(),
        }
    }

    /// What RFC 9422 lets a server promise, from the limits that hold.
    fn promised_limits(&self) -> Limits {
        let limits = Limits::new();
        let limits = self
            .limits
            .transactions
            .and_then(|number| limits.with_mails(number))
            .unwrap_or(limits);
        self.limits
            .recipients
            .and_then(|number| u32::try_from(number).ok())
            .and_then(|number| limits.with_recipients(number))
            .unwrap_or(limits)
    }
}
