//! Single values of sources that have numbers of their own, into the same builders as texts.

use super::ColumnBuilder;
use super::decimal::{float_to_decimal, rescale};

/// Seconds since 1970 of the last second of the year 9999: what is larger is taken for milliseconds.
const LAST_SECOND: i64 = 253_402_300_799;
/// And of the first second of the year 1.
const FIRST_SECOND: i64 = -62_135_596_800;
/// The largest number that SQLite takes for a Julian day.
const LAST_JULIAN_DAY: f64 = 5_373_484.5;
/// The Julian day of 1970-01-01T00:00.
const UNIX_EPOCH_JULIAN_DAY: f64 = 2_440_587.5;
const DAY_MICROS: i64 = 86_400_000_000;

/// A whole number as a time: Unix seconds, or milliseconds beyond the year 9999. Microseconds since 1970, UTC.
pub(crate) fn instant_of_integer(value: i64) -> Option<i64> {
    if (FIRST_SECOND..=LAST_SECOND).contains(&value) {
        Some(value * 1_000_000)
    } else if (FIRST_SECOND * 1_000..=LAST_SECOND * 1_000 + 999).contains(&value) {
        Some(value * 1_000)
    } else {
        None
    }
}

/// A real as a time: a Julian day where SQLite's date functions take it for one, otherwise Unix seconds.
/// Microseconds since 1970, UTC, to the millisecond, which is what a Julian day in a double can hold.
pub(crate) fn instant_of_real(value: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "limits of years need no precision")]
    let in_range = value >= FIRST_SECOND as f64 && value <= LAST_SECOND as f64;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let rounded = |value: f64| value.round() as i64;
    if (0.0..=LAST_JULIAN_DAY).contains(&value) {
        Some(rounded((value - UNIX_EPOCH_JULIAN_DAY) * 86_400_000.0) * 1_000)
    } else if in_range {
        Some(rounded(value * 1_000_000.0))
    } else {
        None
    }
}

/// A real as a whole number, if it is one and a double counts that far exactly.
pub(crate) fn integer_of_real(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

impl ColumnBuilder {
    /// Appends NULL.
    pub(crate) fn append_null(&mut self) {
        // NULL fits every type.
        let _ = self.extend(std::iter::once(None));
    }

    /// Appends a text; false: it does not fit.
    pub(crate) fn append_text(&mut self, text: &str) -> bool {
        self.extend(std::iter::once(Some(text))).is_ok()
    }

    /// Appends a whole number; false: it does not fit.
    pub(crate) fn append_integer(&mut self, value: i64) -> bool {
        match self {
            Self::Boolean(builder) => match value {
                0 | 1 => builder.append_value(value == 1),
                _ => return false,
            },
            Self::Int64(builder) => builder.append_value(value),
            Self::Float64(builder) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a double is what was promised or found for all values"
                )]
                builder.append_value(value as f64);
            }
            Self::Decimal(builder, precision, scale) => match rescale(i128::from(value), 0, *precision, *scale) {
                Some(value) => builder.append_value(value),
                None => return false,
            },
            Self::Date(..)
            | Self::Second(..)
            | Self::Millisecond(..)
            | Self::Microsecond(..)
            | Self::Nanosecond(..) => {
                return instant_of_integer(value).is_some_and(|micros| self.append_instant(micros));
            }
            _ => return self.append_text(&value.to_string()),
        }
        true
    }

    /// Appends a real; false: it does not fit.
    pub(crate) fn append_real(&mut self, value: f64) -> bool {
        match self {
            Self::Float64(builder) => builder.append_value(value),
            Self::Boolean(_) | Self::Int16(_) | Self::Int32(_) | Self::Int64(_) => {
                return integer_of_real(value).is_some_and(|value| self.append_integer(value));
            }
            Self::Decimal(builder, precision, scale) => match float_to_decimal(value, *precision, *scale) {
                Some(value) => builder.append_value(value),
                None => return false,
            },
            Self::Date(..)
            | Self::Second(..)
            | Self::Millisecond(..)
            | Self::Microsecond(..)
            | Self::Nanosecond(..) => {
                return instant_of_real(value).is_some_and(|micros| self.append_instant(micros));
            }
            // With a point, as SQLite writes reals.
            _ => return self.append_text(&format!("{value:?}")),
        }
        true
    }

    /// A date must be midnight.
    fn append_instant(&mut self, micros: i64) -> bool {
        match self {
            Self::Date(builder) => {
                let days = i32::try_from(micros.div_euclid(DAY_MICROS)).ok();
                match days.filter(|_| micros.rem_euclid(DAY_MICROS) == 0) {
                    Some(days) => builder.append_value(days),
                    None => return false,
                }
            }
            Self::Second(builder, _) => builder.append_value(micros.div_euclid(1_000_000)),
            Self::Millisecond(builder, _) => builder.append_value(micros.div_euclid(1_000)),
            Self::Microsecond(builder, _) => builder.append_value(micros),
            Self::Nanosecond(builder, _) => match micros.checked_mul(1_000) {
                Some(nanos) => builder.append_value(nanos),
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_times() {
        let noon = 1_704_110_400_000_000;
        assert_eq!(instant_of_integer(1_704_110_400), Some(noon));
        assert_eq!(instant_of_integer(1_704_110_400_000), Some(noon));
        assert_eq!(instant_of_integer(i64::MAX), None);
        assert_eq!(instant_of_real(2_460_311.0), Some(noon));
        assert_eq!(instant_of_real(1_704_110_400.25), Some(noon + 250_000));
        assert_eq!(instant_of_real(f64::NAN), None);
        assert_eq!(instant_of_real(1e300), None);
    }

    #[test]
    fn reals_as_whole_numbers() {
        assert_eq!(integer_of_real(-3.0), Some(-3));
        assert_eq!(integer_of_real(3.5), None);
        assert_eq!(integer_of_real(1e17), None);
        assert_eq!(integer_of_real(f64::NAN), None);
    }
}
