//! What a client speaks, bears and waits for.

use core::time::Duration;

use crate::codec::ReplyLimits;

/// The protocol a session speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// SMTP (RFC 5321): EHLO or HELO, one reply to a message.
    #[default]
    Smtp,
    /// LMTP (RFC 2033): LHLO, a reply for each recipient to a message.
    Lmtp,
}

/// How much a client bears. `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// What a server may say in one reply.
    pub reply: ReplyLimits,
    /// Commands given to [`send`](super::Client::send) that are queued or not
    /// answered yet. Default 4096.
    pub commands: Option<usize>,
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
            output: Some(65536),
        }
    }
}

/// How long a client waits (RFC 5321 §4.5.3.2). `None` is for ever.
///
/// Each runs anew for each reply. While the machine waits for the application,
/// none runs.
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
            quit: Some(Duration::from_secs(30)),
        }
    }
}

/// What a client speaks, bears and waits for: shared by any number of sessions.
///
/// ```
/// use core::time::Duration;
/// use ehlo::client::{Config, Protocol};
/// let mut config = Config::default();
/// config.protocol = Protocol::Lmtp;
/// config.timeouts.command = Some(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// SMTP or LMTP. Default SMTP.
    pub protocol: Protocol,
    /// How much the client bears.
    pub limits: Limits,
    /// How long the client waits.
    pub timeouts: Timeouts,
}

impl Config {
    /// SMTP, with the timeouts of RFC 5321.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
