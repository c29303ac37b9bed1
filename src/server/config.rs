//! What a server offers, allows and bears.

use alloc::string::String;
use alloc::vec::Vec;

use super::extensions::{
    AuthOffer, Chunking, DeliverBy, Dsn, EightBit, FutureRelease, MtPriority, StartTlsOffer,
};
use super::limits::{Limits, Timeouts};
use crate::codec::line::LineEnds;
use crate::codec::{BareLineEnds, Syntax};
use crate::types::{Capability, Host, Protocol};

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
    Allow {
        /// Whether a session whose very first line ends with a bare LF is an
        /// LF session: there LF alone ends lines, LF `.` LF ends a message, a
        /// CR is refused, and STARTTLS, AUTH and BDAT do not exist. All others
        /// are CR LF sessions, so nothing can be smuggled between the two.
        ///
        /// For scripts that write a whole session into the socket. A deviation
        /// from RFC 5321 §4.1.1.4 and §2.3.8;
        /// [`Data::line_ends`](super::Data::line_ends) tells of it.
        lf_sessions: bool,
    },
}

/// What to do when the peer turns out to speak another protocol: the first
/// words are an HTTP request, a header field, or a TLS handshake (ALPACA, and
/// web browsers made to send mail).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrossProtocol {
    /// 421 4.7.0, and the connection is closed. Rests on RFC 5321 §7.8.
    #[default]
    Reject,
    /// They are commands like any other: refused with 500 one by one.
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
    /// Offers 8BITMIME, or 8BITMIME and SMTPUTF8. Default both.
    pub eight_bit: EightBit,
    /// Offers CHUNKING, or CHUNKING and BINARYMIME (RFC 3030).
    pub chunking: Chunking,
    /// Offers STARTTLS (RFC 3207), or insists on it.
    pub start_tls: StartTlsOffer,
    /// Offers AUTH (RFC 4954).
    pub auth: Option<AuthOffer>,
    /// Offers DSN (RFC 3461), or DSN and MTRK (RFC 3885).
    pub dsn: Dsn,
    /// Offers DELIVERBY (RFC 2852).
    pub deliver_by: DeliverBy,
    /// Offers FUTURERELEASE (RFC 4865).
    pub future_release: Option<FutureRelease>,
    /// Offers MT-PRIORITY (RFC 6710).
    pub mt_priority: MtPriority,
    /// Offers REQUIRETLS (RFC 8689) where there is TLS.
    pub require_tls: bool,
    /// Offers RRVS (RFC 7293).
    pub rrvs: bool,
    /// Offers NO-SOLICITING (RFC 3865) with those keywords, a comma between
    /// them; perhaps none.
    pub no_soliciting: Option<String>,
    /// Offers BURL (RFC 4468) with those sources; perhaps none. 8BITMIME, which
    /// it requires, is then offered too.
    pub burl: Option<Vec<String>>,
    /// Offers LIMITS (RFC 9422): tells [`Limits::transactions`] and
    /// [`Limits::recipients`].
    pub announce_limits: bool,
    /// Asks the application about ETRN, and offers it (RFC 1985). Otherwise
    /// ETRN is answered 502.
    pub etrn: bool,
    /// Asks the application about ATRN, and offers it (RFC 2645). Otherwise
    /// ATRN is answered 502.
    pub atrn: bool,
    /// Asks the application about XCLIENT, and offers it. Only for peers that
    /// may pass for others: leave it off, and turn it on for them in the
    /// configuration that the answer to [`Connect`](super::Connect) brings.
    pub xclient: bool,
    /// Asks the application about XFORWARD, and offers it; as with XCLIENT.
    pub xforward: bool,
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
    /// Verbs of one's own, in any case: they are asked about
    /// ([`Unknown`](super::Unknown)), others are refused with 500.
    pub private_verbs: Vec<String>,
    /// What the grammar takes beyond the RFCs. Default: [`Syntax::STRICT`] with
    /// [`long_paths`](Syntax::long_paths), since RFC 5321 §4.5.3.1 gives sizes
    /// that everyone must take, not limits.
    pub syntax: Syntax,
    /// Octets that come too early.
    pub early_input: EarlyInput,
    /// Peers that speak another protocol.
    pub cross_protocol: CrossProtocol,
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
    /// What may end the lines of a session.
    pub(super) const fn line_ends(&self) -> LineEnds {
        match self.early_input {
            EarlyInput::Allow { lf_sessions: true } => LineEnds::AsTheFirst,
            _ => LineEnds::CrLf,
        }
    }

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
            chunking: Chunking::default(),
            start_tls: StartTlsOffer::default(),
            auth: None,
            dsn: Dsn::default(),
            deliver_by: DeliverBy::default(),
            future_release: None,
            mt_priority: MtPriority::default(),
            require_tls: false,
            rrvs: false,
            no_soliciting: None,
            burl: None,
            announce_limits: false,
            etrn: false,
            atrn: false,
            xclient: false,
            xforward: false,
            vrfy: false,
            expn: false,
            help: false,
            extra_keywords: Vec::new(),
            private_verbs: Vec::new(),
            syntax,
            early_input: EarlyInput::default(),
            cross_protocol: CrossProtocol::default(),
            bare_line_ends: BareLineEnds::default(),
            unoffered_parameters: UnofferedParameters::default(),
            report_refused: false,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}
