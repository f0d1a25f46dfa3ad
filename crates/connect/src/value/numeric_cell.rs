//! Single values of sources that have numbers of their own, into the same builders as texts.

use super::ColumnBuilder;
use super::decimal::{float_to_decimal, rescale};
use super::epoch::Epoch;

const DAY_MICROS: i64 = 86_400_000_000;

/// A real as a whole number, if it is one and a double counts that far exactly.
pub(crate) fn integer_of_real(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// A whole number as a double, if there is one that is it.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "what is lost is looked for")]
fn exact_double(value: i64) -> Option<f64> {
    let double = value as f64;
    (double as i128 == i128::from(value)).then_some(double)
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

    /// Appends a whole number, as a time one that counts what `epoch` says; false: it does not fit.
    pub(crate) fn append_integer(&mut self, value: i64, epoch: Epoch) -> bool {
        match self {
            Self::Boolean(builder) => match value {
                0 | 1 => builder.append_value(value == 1),
                _ => return false,
            },
            Self::Int64(builder) => builder.append_value(value),
            Self::Float64(builder) => match exact_double(value) {
                Some(value) => builder.append_value(value),
                None => return false,
            },
            Self::Decimal(builder, precision, scale) => match rescale(i128::from(value), 0, *precision, *scale) {
                Some(value) => builder.append_value(value),
                None => return false,
            },
            Self::Date(..)
            | Self::Second(..)
            | Self::Millisecond(..)
            | Self::Microsecond(..)
            | Self::Nanosecond(..) => {
                return epoch.instant(value).is_some_and(|micros| self.append_instant(micros));
            }
            _ => return self.append_text(&value.to_string()),
        }
        true
    }

    /// Appends a real, as a time one that counts what `epoch` says; false: it does not fit.
    pub(crate) fn append_real(&mut self, value: f64, epoch: Epoch) -> bool {
        match self {
            Self::Float64(builder) => builder.append_value(value),
            Self::Boolean(_) | Self::Int16(_) | Self::Int32(_) | Self::Int64(_) => {
                return integer_of_real(value).is_some_and(|value| self.append_integer(value, epoch));
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
                return epoch.instant_of_real(value).is_some_and(|(micros, _)| self.append_instant(micros));
            }
            // With a point, as SQLite writes reals.
            _ => return self.append_text(&format!("{value:?}")),
        }
        true
    }

    /// A date must be midnight, a time of whole seconds one: nothing is cut off.
    fn append_instant(&mut self, micros: i64) -> bool {
        match self {
            Self::Date(builder) => {
                let days = i32::try_from(micros.div_euclid(DAY_MICROS)).ok();
                match days.filter(|_| micros.rem_euclid(DAY_MICROS) == 0) {
                    Some(days) => builder.append_value(days),
                    None => return false,
                }
            }
            Self::Second(builder, _) if micros.rem_euclid(1_000_000) == 0 => builder.append_value(micros / 1_000_000),
            Self::Millisecond(builder, _) if micros.rem_euclid(1_000) == 0 => builder.append_value(micros / 1_000),
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
    fn whole_numbers_as_doubles() {
        assert_eq!(exact_double(9_007_199_254_740_992), Some(9_007_199_254_740_992.0));
        assert_eq!(exact_double(9_007_199_254_740_993), None);
        assert_eq!(exact_double(1 << 60), Some(1_152_921_504_606_846_976.0));
        assert_eq!((exact_double(i64::MAX), exact_double(i64::MIN)), (None, Some(-9_223_372_036_854_775_808.0)));
    }

    #[test]
    fn reals_as_whole_numbers() {
        assert_eq!(integer_of_real(-3.0), Some(-3));
        assert_eq!(integer_of_real(3.5), None);
        assert_eq!(integer_of_real(1e17), None);
        assert_eq!(integer_of_real(f64::NAN), None);
    }
}
