//! Time as the machines see it: numbers that the caller hands in.

use core::fmt;
use core::num::NonZeroU64;
use core::time::Duration;

/// A point in time, in nanoseconds since an epoch that the caller chooses.
///
/// The machines hold no clock: each call that depends on time takes a
/// `Timestamp`, and deadlines come back as `Timestamp`s on the same scale. With
/// `std`, take the time since the program (or the session) began:
///
/// ```
/// use ehlo::Timestamp;
/// let start = std::time::Instant::now();
/// let now = || Timestamp::from_elapsed(start.elapsed());
/// assert!(now() <= now());
/// ```
///
/// Arithmetic saturates, so a `Timestamp` never wraps (u64 nanoseconds are 584 years).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(
    /// One more than the nanoseconds, so that an `Option` of it is no larger.
    NonZeroU64,
);

impl Timestamp {
    /// The epoch itself.
    pub const ZERO: Self = Self(NonZeroU64::MIN);

    /// The point that lies `elapsed` after the epoch; the last representable
    /// one if that is further away than 584 years.
    #[must_use]
    pub fn from_elapsed(elapsed: Duration) -> Self {
        Self::from_nanos(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The point that lies `nanoseconds` after the epoch.
    #[must_use]
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanoseconds))
    }

    /// The distance from the epoch in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.get() - 1
    }

    /// The distance from the epoch.
    #[must_use]
    pub const fn elapsed(self) -> Duration {
        Duration::from_nanos(self.as_nanos())
    }

    /// The point that lies `duration` later; saturates.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(Self::from_elapsed(duration).as_nanos()),
        )
    }

    /// How long it is from `now` until this point; zero once it has passed.
    #[must_use]
    pub const fn since(self, now: Self) -> Duration {
        Duration::from_nanos(self.as_nanos().saturating_sub(now.as_nanos()))
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.elapsed())
    }
}
