//! BY (RFC 2852).

use core::fmt;

/// What becomes of a message that is not delivered in time (RFC 2852 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByMode {
    /// `N`: its sender is told; delivery goes on.
    Notify,
    /// `R`: it is returned.
    Return,
}

/// The value of BY: in how many seconds a message is to be delivered (RFC 2852 §4).
///
/// ```
/// use ehlo::types::{ByMode, DeliverBy};
/// let by = DeliverBy::new(120, ByMode::Return).unwrap();
/// assert_eq!(by.to_string(), "120;R");
/// assert_eq!("-3;nt".parse::<DeliverBy>()?.to_string(), "-3;NT");
/// assert_eq!(DeliverBy::new(0, ByMode::Return), None);
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliverBy {
    seconds: i32,
    mode: ByMode,
    trace: bool,
}

impl DeliverBy {
    /// That many seconds, without a trace; `None` beyond 999,999,999 either
    /// way, and for no time or less in mode `R`.
    #[must_use]
    pub const fn new(seconds: i32, mode: ByMode) -> Option<Self> {
        // RFC 2852 §4: by-time; and a by-mode of "R" needs a positive one.
        let least = match mode {
            ByMode::Notify => -999_999_999,
            ByMode::Return => 1,
        };
        if seconds < least || seconds > 999_999_999 {
            return None;
        }
        Some(Self {
            seconds,
            mode,
            trace: false,
        })
    }

    /// With a report from each hop, or without.
    #[must_use]
    pub const fn with_trace(self, trace: bool) -> Self {
        Self { trace, ..self }
    }

    /// Seconds left, -999,999,999 to 999,999,999; none or less when the time is
    /// up, which only mode `N` allows.
    #[must_use]
    pub const fn seconds(self) -> i32 {
        self.seconds
    }

    /// What becomes of the message when the time is up.
    #[must_use]
    pub const fn mode(self) -> ByMode {
        self.mode
    }

    /// Whether each hop is to report.
    #[must_use]
    pub const fn trace(self) -> bool {
        self.trace
    }
}

/// The wire form.
impl fmt::Display for DeliverBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            ByMode::Notify => 'N',
            ByMode::Return => 'R',
        };
        let trace = if self.trace { "T" } else { "" };
        write!(f, "{};{mode}{trace}", self.seconds)
    }
}
