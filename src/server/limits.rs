//! How much a server bears, and how long it waits.

use core::time::Duration;

/// How much a server bears. `None` is unlimited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a command line, CRLF included. Default 4096: more than the
    /// 512 and the additions of RFC 5321 §4.5.3.1.4, which are what everyone
    /// must be able to take.
    pub command_line: Option<usize>,
    /// Octets of an AUTH command and of each line of its exchange, CRLF
    /// included. Default 12288 (RFC 4954 §4.3).
    pub auth_line: Option<usize>,
    /// Octets of a message, after unstuffing: what SIZE says (RFC 1870).
    /// Default 50 MiB.
    pub message: Option<u64>,
    /// Recipients of a transaction. Default 1000; RFC 5321 §4.5.3.1.8 wants at
    /// least 100.
    pub recipients: Option<usize>,
    /// Transactions of a session before it closes with 421. Default 1000.
    pub transactions: Option<u32>,
    /// Commands that the machine refuses, and empty chunks, before it closes
    /// with 421. Default 20.
    pub errors: Option<u32>,
    /// Commands other than MAIL, RCPT, DATA, BDAT, BURL, RSET, AUTH, STARTTLS
    /// and QUIT before it closes with 421. Default 1000.
    pub other_commands: Option<u32>,
    /// AUTH exchanges that fail before it closes with 421. Default 5.
    pub auth_failures: Option<u32>,
    /// Challenges of one AUTH exchange. Default 16.
    pub auth_rounds: Option<u32>,
    /// Octets of refused message that are swallowed to get to its end, before
    /// it closes with 552; where more of a chunk is left, at once. Default 100 MiB.
    pub discard: Option<u64>,
    /// Octets of output above which nothing more is read or parsed. Default 16384.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_line: Some(4096),
            auth_line: Some(12288),
            message: Some(50 << 20),
            recipients: Some(1000),
            transactions: Some(1000),
            errors: Some(20),
            other_commands: Some(1000),
            auth_failures: Some(5),
            auth_rounds: Some(16),
            discard: Some(100 << 20),
            output: 16384,
        }
    }
}

/// How fast a message must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumRate {
    /// Octets a second, on the average since the message began, the grace left
    /// out. Zero is one.
    pub octets: u64,
    /// How long nothing is asked for.
    pub grace: Duration,
}

impl MinimumRate {
    /// How long a message may have taken that has come so far.
    pub(super) fn allows(self, octets: u64) -> Duration {
        self.grace
            .saturating_add(Duration::from_secs(octets / self.octets.max(1)))
    }
}

/// How long a server waits. `None` is for ever.
///
/// The time that the application takes for octets of a message that it was
/// handed, until it polls again, counts towards none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a complete command, from the reply before it, however its octets
    /// arrive. Default 5 minutes (RFC 5321 §4.5.3.2.7).
    pub command: Option<Duration>,
    /// For the next octets of a message. Default 3 minutes.
    pub data_block: Option<Duration>,
    /// For a whole message, from its beginning to its end. Default 2 hours.
    pub message: Option<Duration>,
    /// For a message on the average: who sends an octet now and then is not
    /// waited for. Default 500 octets a second after 5 minutes.
    pub rate: Option<MinimumRate>,
    /// For the TLS handshake, from the hand-over. Default 1 minute.
    pub tls: Option<Duration>,
    /// For a whole session: the first command after that is not read, but
    /// answered 421. A message that has begun to come is still taken, and
    /// answered. Default 24 hours: the other limits leave a way to stay for
    /// ever to who names a refused recipient now and then.
    pub session: Option<Duration>,
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
            rate: Some(MinimumRate {
                octets: 500,
                grace: Duration::from_secs(5 * MINUTE),
            }),
            tls: Some(Duration::from_secs(MINUTE)),
            session: Some(Duration::from_secs(24 * 60 * MINUTE)),
            answer: Some(Duration::from_secs(10 * MINUTE)),
            drain: Some(Duration::from_secs(30)),
        }
    }
}
