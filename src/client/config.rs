//! What a client speaks, bears and waits for.

use core::time::Duration;

use super::policy::ParameterPolicy;
use crate::codec::ReplyLimits;
use crate::types::Protocol;

/// How much a client bears. `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// What a server may say in one reply.
    pub reply: ReplyLimits,
    /// Commands given to [`send`](super::Client::send) that are queued or not
    /// answered yet. Default 4096.
    pub commands: Option<usize>,
    /// Transactions given to [`deliver`](super::Client::deliver) that are not
    /// reported yet. Default 16.
    pub transactions: Option<usize>,
    /// Octets of replies that a report keeps; of the replies behind them, only
    /// the codes. Default 1 MiB.
    pub report: Option<usize>,
    /// Challenges in an AUTH exchange; one more ends the session. Default 16.
    pub challenges: Option<usize>,
    /// Octets of output above which no further command leaves the queue and
    /// [`Body::write`](super::Body::write) takes no further chunk. Default 65536.
    ///
    /// A caller with blocking writes that talks to servers with tiny windows
    /// may want less: what is in the output is one group in the sense of
    /// RFC 2920 §3.1, and must fit into the window, unless replies are read
    /// while it is written.
    pub output: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reply: ReplyLimits::default(),
            commands: Some(4096),
            transactions: Some(16),
            report: Some(1 << 20),
            challenges: Some(16),
            output: Some(65536),
        }
    }
}

/// How long a client waits (RFC 5321 §4.5.3.2). `None` is for ever.
///
/// Each runs anew for each reply. While nothing is under way, none runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the greeting. Default 5 minutes (§4.5.3.2.1).
    pub greeting: Option<Duration>,
    /// For the reply to a command, DATA and QUIT aside. Default 5 minutes
    /// (§4.5.3.2.2, §4.5.3.2.3).
    pub command: Option<Duration>,
    /// For the reply to DATA. Default 2 minutes (§4.5.3.2.4).
    pub data: Option<Duration>,
    /// For the transport to take anything at all of what there is of a
    /// message. Default 3 minutes (§4.5.3.2.5).
    pub data_block: Option<Duration>,
    /// For each reply to a message, from its end or the reply before. Default
    /// 10 minutes (§4.5.3.2.6).
    pub completion: Option<Duration>,
    /// For the reply to ATRN, which is at least 10 minutes (RFC 2645 §5.2.1),
    /// and to TURN. Default 10 minutes.
    pub turn: Option<Duration>,
    /// For the TLS handshake. Default 1 minute.
    pub tls: Option<Duration>,
    /// For the application: to give more of a message that the server waits
    /// for, to answer a challenge. Default 10 minutes; a server that waits for
    /// octets of a message gives up earlier (RFC 5321 §4.5.3.2.7).
    pub application: Option<Duration>,
    /// For the reply to QUIT; that none comes is no failure. Default 30 seconds.
    pub quit: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            greeting: Some(Duration::from_secs(5 * MINUTE)),
            command: Some(Duration::from_secs(5 * MINUTE)),
            data: Some(Duration::from_secs(2 * MINUTE)),
            data_block: Some(Duration::from_secs(3 * MINUTE)),
            completion: Some(Duration::from_secs(10 * MINUTE)),
            turn: Some(Duration::from_secs(10 * MINUTE)),
            tls: Some(Duration::from_secs(MINUTE)),
            application: Some(Duration::from_secs(10 * MINUTE)),
            quit: Some(Duration::from_secs(30)),
        }
    }
}

/// What a client puts up with beyond the standards. By default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leniency {
    /// Takes lines of replies that end with LF alone. No longer, whatever this
    /// is, once STARTTLS has been said ([attack rule A4](crate::attacks)).
    pub bare_line_feeds: bool,
    /// Takes 250 for 354: some servers answer DATA so, and wait for the message.
    pub ok_to_data: bool,
    /// Lets mechanisms that show their secret to whoever listens (PLAIN, LOGIN,
    /// tokens, any that this crate does not know) be used without TLS, against
    /// RFC 4954 §4 and §9.
    pub cleartext_auth: bool,
}

/// What a client speaks, bears and waits for: shared by any number of sessions.
///
/// ```
/// use core::time::Duration;
/// use ehlo::client::Config;
/// use ehlo::types::Protocol;
/// let mut config = Config::default();
/// config.protocol = Protocol::Lmtp;
/// config.timeouts.command = Some(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// SMTP or LMTP. Default SMTP.
    pub protocol: Protocol,
    /// Octets of a message in each BDAT but the last, which may have fewer
    /// (RFC 3030 §2); at least 1. Default 65536. So many are held back until
    /// it is known whether they are the last.
    pub chunk_size: usize,
    /// Whether commands go out in groups where PIPELINING is offered (RFC 2920).
    /// Default true; some servers offer it and cannot do it.
    pub pipelining: bool,
    /// What becomes of parameters that the server does not offer.
    pub parameters: ParameterPolicy,
    /// What the client puts up with beyond the standards.
    pub leniency: Leniency,
    /// How much the client bears.
    pub limits: Limits,
    /// How long the client waits.
    pub timeouts: Timeouts,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            chunk_size: 65536,
            pipelining: true,
            parameters: ParameterPolicy::default(),
            leniency: Leniency::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}

impl Config {
    /// SMTP, with the timeouts of RFC 5321.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
