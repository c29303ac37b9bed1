//! Points in time as parameters spell them (RFC 3339).

use core::fmt;

/// A date and a time of day, to the second (RFC 3339 §5.6 `date-time`), years
/// 0000 to 9999.
///
/// `Display` gives the wire form, a zero offset as `Z`. Equal when the fields
/// are, so the same instant at another offset is another value: compare
/// [`to_unix`](Self::to_unix) where instants are meant.
///
/// ```
/// use ehlo::types::DateTime;
/// let date: DateTime = "2014-04-03T23:01:00+02:00".parse()?;
/// assert_eq!(date.to_unix(), 1_396_558_860);
/// assert_eq!(DateTime::from_unix(date.to_unix()).unwrap().to_string(), "2014-04-03T21:01:00Z");
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    /// Minutes that local time is ahead of UTC.
    offset: i16,
}

/// Seconds of a day.
const DAY: i64 = 86_400;

impl DateTime {
    /// That date and time in UTC; `None` if there is no such point in time.
    /// A second of 60 is a leap second, and exists only in the last minute of
    /// an hour.
    #[must_use]
    pub const fn new(
        year: u16,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
    ) -> Option<Self> {
        let exists = year <= 9999
            && month >= 1
            && month <= 12
            && day >= 1
            && day <= days_of(year, month)
            && hour <= 23
            && minute <= 59
            && (second <= 59 || second == 60 && minute == 59);
        if !exists {
            return None;
        }
        Some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            offset: 0,
        })
    }

    /// The same date and time of day where local time is so many minutes ahead
    /// of UTC; `None` beyond 23 hours and 59 minutes.
    #[must_use]
    pub const fn at_offset(self, minutes: i16) -> Option<Self> {
        match minutes {
            -1439..=1439 => Some(Self {
                offset: minutes,
                ..self
            }),
            _ => None,
        }
    }

    /// So many seconds after 1970-01-01T00:00:00Z, in UTC; `None` outside the
    /// years 0 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let (year, month, day) = civil(seconds.div_euclid(DAY))?;
        let second = seconds.rem_euclid(DAY);
        let small = |number: i64| u8::try_from(number).ok();
        Self::new(
            year,
            month,
            day,
            small(second / 3600)?,
            small(second / 60 % 60)?,
            small(second % 60)?,
        )
    }

    /// Seconds after 1970-01-01T00:00:00Z; negative before. A leap second
    /// counts as the second behind it.
    #[must_use]
    pub fn to_unix(self) -> i64 {
        days_since_epoch(self.year, self.month, self.day) * DAY
            + i64::from(self.hour) * 3600
            + (i64::from(self.minute) - i64::from(self.offset)) * 60
            + i64::from(self.second)
    }

    /// The same instant in UTC; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn to_utc(self) -> Option<Self> {
        if self.offset == 0 {
            Some(self)
        } else {
            Self::from_unix(self.to_unix())
        }
    }

    /// The year, 0 to 9999.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 60.
    #[must_use]
    pub const fn second(self) -> u8 {
        self.second
    }

    /// Minutes that local time is ahead of UTC; 0 for UTC.
    #[must_use]
    pub const fn offset_minutes(self) -> i16 {
        self.offset
    }
}

/// Days of a month of the Gregorian calendar.
const fn days_of(year: u16, month: u8) -> u8 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to that date; counts in years that begin in March, so
/// that a leap day is the last one of its year.
fn days_since_epoch(year: u16, month: u8, day: u8) -> i64 {
    let month = i64::from(month);
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that is so many days after 1970-01-01.
fn civil(days: i64) -> Option<(u16, u8, u8)> {
    let days = days.checked_add(719_468)?;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    Some((
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    ))
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            offset,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if *offset == 0 {
            return f.write_str("Z");
        }
        let sign = if *offset < 0 { '-' } else { '+' };
        let offset = offset.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_is_found_again() {
        let mut days = days_since_epoch(0, 1, 1);
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=days_of(year, month) {
                    assert_eq!(days_since_epoch(year, month, day), days);
                    assert_eq!(civil(days), Some((year, month, day)));
                    days += 1;
                }
            }
        }
        assert_eq!(DateTime::from_unix(days * DAY), None);
        assert_eq!(DateTime::from_unix(i64::MAX), None);
        assert_eq!(DateTime::from_unix(i64::MIN), None);
    }
}
