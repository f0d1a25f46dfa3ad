//! What the numbers of a column count, where they are times.

/// Seconds since 1970 of the first second of the year 1 and of the last of the year 9999.
const SECONDS: (i64, i64) = (-62_135_596_800, 253_402_300_799);
/// The first second of 1800 and the last of 2199: times outside of it are more likely to count something finer.
const LIKELY: (i64, i64) = (-5_364_662_400, 7_258_118_399);
/// Julian days of the years 1 to 9999; SQLite's date functions take no larger number for one.
const JULIAN_DAYS: (f64, f64) = (1_721_425.5, 5_373_484.5);
/// The Julian day of 1970-01-01T00:00.
const UNIX_EPOCH_JULIAN_DAY: f64 = 2_440_587.5;

/// What the numbers of a column count, where they are times. It is one for the whole column: whether 157,766,400,000 is of
/// 1975 or of 6969 cannot be seen in the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// Nobody said. Whole numbers are seconds since 1970, between 1800 and 2199; others are Julian days or such seconds.
    #[default]
    Unsaid,
    Seconds,
    Milliseconds,
    Microseconds,
}

/// How numbers with a point are meant. All of a column are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RealTime {
    JulianDay,
    Unix,
}

impl Epoch {
    /// A whole number as microseconds since 1970, UTC.
    pub(crate) fn instant(self, value: i64) -> Option<i64> {
        let (limits, factor, divisor) = match self {
            Self::Unsaid => (LIKELY, 1_000_000, 1),
            Self::Seconds => (SECONDS, 1_000_000, 1),
            Self::Milliseconds => (SECONDS, 1_000, 1_000),
            Self::Microseconds => (SECONDS, 1, 1_000_000),
        };
        let second = value.div_euclid(divisor);
        (limits.0 <= second && second <= limits.1).then(|| value.checked_mul(factor)).flatten()
    }

    /// A number with a point as microseconds since 1970, UTC: to the millisecond where it is a Julian day, which is what a
    /// double can hold of one.
    pub(crate) fn instant_of_real(self, value: f64) -> Option<(i64, RealTime)> {
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        let rounded = |value: f64| value.round() as i64;
        if self == Self::Unsaid && (JULIAN_DAYS.0..=JULIAN_DAYS.1).contains(&value) {
            let micros = rounded((value - UNIX_EPOCH_JULIAN_DAY) * 86_400_000.0) * 1_000;
            return Some((micros, RealTime::JulianDay));
        }
        let (limits, factor) = match self {
            Self::Unsaid => (LIKELY, 1_000_000.0),
            Self::Seconds => (SECONDS, 1_000_000.0),
            Self::Milliseconds => (SECONDS, 1_000.0),
            Self::Microseconds => (SECONDS, 1.0),
        };
        let micros = value * factor;
        #[expect(clippy::cast_precision_loss, reason = "limits of years need no precision")]
        let is_within = micros >= limits.0 as f64 * 1_000_000.0 && micros <= limits.1 as f64 * 1_000_000.0;
        is_within.then(|| (rounded(micros), RealTime::Unix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_704_110_400_000_000;

    #[test]
    fn a_number_is_never_guessed_to_be_finer() {
        assert_eq!(Epoch::Unsaid.instant(1_704_110_400), Some(NOON));
        // 1975 in milliseconds, or 6969 in seconds.
        assert_eq!(Epoch::Unsaid.instant(157_766_400_000), None);
        assert_eq!(Epoch::Seconds.instant(157_766_400_000), Some(157_766_400_000_000_000));
        assert_eq!(Epoch::Milliseconds.instant(157_766_400_000), Some(157_766_400_000_000));
        assert_eq!(Epoch::Milliseconds.instant(1_704_110_400_000), Some(NOON));
        assert_eq!(Epoch::Microseconds.instant(NOON), Some(NOON));
        for epoch in [Epoch::Unsaid, Epoch::Seconds, Epoch::Milliseconds] {
            assert_eq!((epoch.instant(i64::MAX), epoch.instant(i64::MIN)), (None, None));
        }
    }

    #[test]
    fn numbers_with_a_point() {
        assert_eq!(Epoch::Unsaid.instant_of_real(2_460_311.0), Some((NOON, RealTime::JulianDay)));
        assert_eq!(Epoch::Seconds.instant_of_real(2_460_311.0), Some((2_460_311_000_000, RealTime::Unix)));
        assert_eq!(Epoch::Unsaid.instant_of_real(1_704_110_400.25), Some((NOON + 250_000, RealTime::Unix)));
        assert_eq!(Epoch::Milliseconds.instant_of_real(1_704_110_400_000.5), Some((NOON + 500, RealTime::Unix)));
        assert_eq!(Epoch::Unsaid.instant_of_real(f64::NAN), None);
        assert_eq!(Epoch::Unsaid.instant_of_real(1e300), None);
    }
}
