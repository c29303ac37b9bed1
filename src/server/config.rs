//! What a server offers, allows and bears.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::time::Duration;

use crate::codec::{BareLineEnds, Syntax};
use crate::types::{Capability, Extension, Host};

/// The protocol a session speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// SMTP (RFC 5321): EHLO or HELO, one reply to a message.
    #[default]
    Smtp,
    /// LMTP (RFC 2033): LHLO, a reply for each recipient to a message.
    Lmtp,
}

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

/// What to do with octets that a client sends while it must wait: before the
/// greeting, behind a command that ends a group (RFC 2920 §3.1), behind any
/// command where PIPELINING is not offered.
///
/// Such octets are how injected commands look. Whatever is chosen, when DATA
/// is refused while octets wait behind it, the session is closed: they may be
/// a message, and a message is never read as commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlyInput {
    /// 554 5.5.0, and the connection is closed. Rests on RFC 5321 §7.8; §3.8
    /// would rather not see it closed.
    #[default]
    Reject,
    /// The application hears of it ([`Event::EarlyInput`](super::Event::EarlyInput)),
    /// and the session goes on.
    Flag,
    /// The session goes on as if nothing had been.
    Allow,
}

/// What to do with a parameter of MAIL or RCPT whose extension is not offered.
///
/// `AUTH=<>` is always let through: RFC 4954 §5 asks servers to take it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnofferedParameters {
    /// 555 5.5.4 (RFC 5321 §4.1.1.11).
    #[default]
    Reject,
    /// The application sees it and judges.
    Pass,
}

/// How much a server bears. `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a command line, CRLF included. Default 4096: more than the
    /// 512 and the additions of RFC 5321 §4.5.3.1.4, which are what everyone
    /// must be able to take.
    pub command_line: Option<usize>,
    /// Octets of a message, after unstuffing: what SIZE says (RFC 1870).
    /// Default 50 MiB.
    pub message: Option<u64>,
    /// Recipients of a transaction. Default 1000; RFC 5321 §4.5.3.1.8 wants at
    /// least 100.
    pub recipients: Option<usize>,
    /// Commands that the machine refuses before it closes with 421. Default 20.
    pub errors: Option<u32>,
    /// Commands other than MAIL, RCPT, DATA, RSET and QUIT before it closes
    /// with 421. Default 1000.
    pub other_commands: Option<u32>,
    /// Octets of refused message that are swallowed to get to its end, before
    /// it closes with 552. Default 100 MiB.
    pub discard: Option<u64>,
    /// Octets of output above which nothing more is read or parsed. Default 16384.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_line: Some(4096),
            message: Some(50 << 20),
            recipients: Some(1000),
            errors: Some(20),
            other_commands: Some(1000),
            discard: Some(100 << 20),
            output: 16384,
        }
    }
}

/// How long a server waits. `None` is for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a complete command, from the reply before it, however its octets
    /// arrive. Default 5 minutes (RFC 5321 §4.5.3.2.7).
    pub command: Option<Duration>,
    /// For the next octets of a message. Default 3 minutes.
    pub data_block: Option<Duration>,
    /// For a whole message, from the 354 to its end. Default 2 hours.
    pub message: Option<Duration>,
    /// For the application's answer. Default 10 minutes: as long as a client
    /// waits for the last one (RFC 5321 §4.5.3.2.6).
    pub answer: Option<Duration>,
    /// For the peer to take the last output, once the session is over. Default
    /// 30 seconds.
    pub drain: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            command: Some(Duration::from_secs(5 * MINUTE)),
            data_block: Some(Duration::from_secs(3 * MINUTE)),
            message: Some(Duration::from_secs(120 * MINUTE)),
            answer: Some(Duration::from_secs(10 * MINUTE)),
            drain: Some(Duration::from_secs(30)),
        }
    }
}

/// What a server offers, allows and bears: shared by any number of sessions.
///
/// What EHLO offers follows from what is enabled here, never from a second list.
///
/// ```
/// use ehlo::server::Config;
/// use ehlo::types::Domain;
/// let mut config = Config::new(Domain::try_from("mx.example.com")?);
/// config.limits.message = Some(10 << 20);
/// config.expn = true;
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is an independent switch
#[non_exhaustive]
pub struct Config {
    /// The name the server gives itself, in the greeting and to EHLO.
    pub hostname: Host<'static>,
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// Offers PIPELINING (RFC 2920). Always on in LMTP (RFC 2033 §5).
    pub pipelining: bool,
    /// Offers ENHANCEDSTATUSCODES (RFC 2034). Always on in LMTP (RFC 2033 §5).
    pub enhanced_status_codes: bool,
    /// Offers SIZE (RFC 1870) with [`Limits::message`]. That limit holds either way.
    pub size: bool,
    /// Offers 8BITMIME, or 8BITMIME and SMTPUTF8.
    pub eight_bit: EightBit,
    /// Asks the application about VRFY, and offers it. Otherwise VRFY is
    /// answered 252 (RFC 5321 §3.5.3).
    pub vrfy: bool,
    /// Asks the application about EXPN, and offers it. Otherwise EXPN is
    /// answered 502.
    pub expn: bool,
    /// Asks the application about HELP, and offers it. Otherwise HELP is
    /// answered 214 with a fixed text.
    pub help: bool,
    /// Offered besides, for extensions of one's own.
    pub extra_keywords: Vec<Capability<'static>>,
    /// What the grammar takes beyond the RFCs. Default: [`Syntax::STRICT`] with
    /// [`long_paths`](Syntax::long_paths), since RFC 5321 §4.5.3.1 gives sizes
    /// that everyone must take, not limits.
    pub syntax: Syntax,
    /// Octets that come too early.
    pub early_input: EarlyInput,
    /// A CR or LF in a message that is not part of a CR LF.
    pub bare_line_ends: BareLineEnds,
    /// Parameters that belong to nothing that is offered.
    pub unoffered_parameters: UnofferedParameters,
    /// Whether [`Event::Refused`](super::Event::Refused) tells of what the
    /// machine refused by itself. Default off.
    pub report_refused: bool,
    /// How much the server bears.
    pub limits: Limits,
    /// How long the server waits.
    pub timeouts: Timeouts,
}

impl Config {
    /// Secure defaults, PIPELINING, SIZE, 8BITMIME, SMTPUTF8 and
    /// ENHANCEDSTATUSCODES offered.
    #[must_use]
    pub fn new(hostname: impl Into<Host<'static>>) -> Self {
        let mut syntax = Syntax::STRICT;
        syntax.long_paths = true;
        Self {
            hostname: hostname.into(),
            protocol: Protocol::default(),
            pipelining: true,
            enhanced_status_codes: true,
            size: true,
            eight_bit: EightBit::default(),
            vrfy: false,
            expn: false,
            help: false,
            extra_keywords: Vec::new(),
            syntax,
            early_input: EarlyInput::default(),
            bare_line_ends: BareLineEnds::default(),
            unoffered_parameters: UnofferedParameters::default(),
            report_refused: false,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }

    /// Whether `extension` is enabled, and therefore offered.
    #[must_use]
    pub fn offers(&self, extension: Extension) -> bool {
        let is_lmtp = self.protocol == Protocol::Lmtp;
        match extension {
            Extension::Pipelining => self.pipelining || is_lmtp,
            Extension::EnhancedStatusCodes => self.enhanced_status_codes || is_lmtp,
            Extension::Size => self.size,
            Extension::EightBitMime => self.eight_bit >= EightBit::Mime,
            Extension::SmtpUtf8 => self.eight_bit == EightBit::Utf8,
            Extension::Vrfy => self.vrfy,
            Extension::Expn => self.expn,
            Extension::Help => self.help,
            _ => false,
        }
    }

    /// What the reply to EHLO lists, in order.
    pub(super) fn capabilities(&self) -> impl Iterator<Item = Cow<'_, Capability<'static>>> {
        const ORDER: [Extension; 8] = [
            Extension::Pipelining,
            Extension::Size,
            Extension::EightBitMime,
            Extension::SmtpUtf8,
            Extension::EnhancedStatusCodes,
            Extension::Vrfy,
            Extension::Expn,
            Extension::Help,
        ];
        let offer = |extension| match extension {
            Extension::Size => Capability::size(self.limits.message),
            _ => Capability::from(extension),
        };
        ORDER
            .into_iter()
            .filter(|extension| self.offers(*extension))
            .map(move |extension| Cow::Owned(offer(extension)))
            .chain(self.extra_keywords.iter().map(Cow::Borrowed))
    }
}
