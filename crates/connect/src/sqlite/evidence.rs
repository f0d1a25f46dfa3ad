//! What all values of a column have in common, whatever was declared.

use arrow::datatypes::{DataType, TimeUnit};
use rusqlite::types::ValueRef;

use super::column_type::Declared;
use crate::value::{Epoch, Evidence, RealTime, boolean, decimal_from_text, float_to_decimal, integer_of_real, rescale};

/// A double counts exactly up to here.
const EXACT: u64 = 1 << 53;
const DAY_MICROS: i64 = 86_400_000_000;
/// In seconds of 1973, in milliseconds of the second day of 1970.
const SINCE_1973: i64 = 100_000_000;

/// What all values of one column have in common.
#[derive(Debug, Clone)]
pub(crate) struct ColumnEvidence {
    declared: Declared,
    epoch: Epoch,
    pub(crate) nulls: u64,
    integers: u64,
    reals: u64,
    texts: u64,
    blobs: u64,
    /// Whether every whole number is 0 or 1, every real whole, every whole number exact as a double.
    all_bits: bool,
    all_whole: bool,
    all_exact: bool,
    /// Whether every number can be a time, and every such time is midnight.
    all_times: bool,
    all_midnights: bool,
    /// How numbers are meant as times, the first of them.
    meant: Option<RealTime>,
    /// Whether every number is a whole one that is a likely time in milliseconds, and each such time is midnight; and whether
    /// some number is a likely time of our days in seconds.
    all_millis: bool,
    all_millis_midnights: bool,
    some_seconds: bool,
    /// Whether every text is `true` or `false` or the like.
    all_boolean_texts: bool,
    /// Whether every value fits the declared decimal.
    all_decimals: bool,
    text: Evidence,
}

impl ColumnEvidence {
    pub(crate) fn new(declared: Declared, epoch: Epoch) -> Self {
        Self {
            declared,
            epoch,
            nulls: 0,
            integers: 0,
            reals: 0,
            texts: 0,
            blobs: 0,
            all_bits: true,
            all_whole: true,
            all_exact: true,
            all_times: true,
            all_midnights: true,
            meant: None,
            all_millis: true,
            all_millis_midnights: true,
            some_seconds: false,
            all_boolean_texts: true,
            all_decimals: true,
            text: Evidence::default(),
        }
    }

    pub(crate) fn see(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.nulls += 1,
            ValueRef::Integer(value) => {
                self.integers += 1;
                self.all_bits &= matches!(value, 0 | 1);
                self.all_exact &= value.unsigned_abs() <= EXACT;
                self.see_time(self.epoch.instant(value).map(|micros| (micros, RealTime::Unix)));
                self.see_millis(value);
                if let Declared::Decimal(precision, scale) = self.declared {
                    self.all_decimals &= rescale(i128::from(value), 0, precision, scale).is_some();
                }
            }
            ValueRef::Real(value) => {
                self.reals += 1;
                self.all_whole &= integer_of_real(value).is_some();
                self.all_bits &= value == 0.0 || (value - 1.0).abs() < f64::EPSILON;
                self.see_time(self.epoch.instant_of_real(value));
                self.all_millis = false;
                if let Declared::Decimal(precision, scale) = self.declared {
                    self.all_decimals &= float_to_decimal(value, precision, scale).is_some();
                }
            }
            ValueRef::Text(text) => {
                self.texts += 1;
                self.all_boolean_texts = self.all_boolean_texts && boolean(text).is_some();
                self.text.see_time(text);
                if let Declared::Decimal(precision, scale) = self.declared {
                    self.all_decimals &= decimal_from_text(text, precision, scale).is_some();
                }
            }
            ValueRef::Blob(_) => self.blobs += 1,
        }
    }

    fn see_time(&mut self, time: Option<(i64, RealTime)>) {
        // Numbers that are meant in several ways are no times.
        let fits = time.filter(|(_, meant)| self.meant.is_none_or(|others| others == *meant));
        self.all_times &= fits.is_some();
        self.all_midnights &= fits.is_some_and(|(micros, _)| micros.rem_euclid(DAY_MICROS) == 0);
        self.meant = self.meant.or(time.map(|(_, meant)| meant));
    }

    fn see_millis(&mut self, value: i64) {
        // Likely seconds, a thousandth each.
        self.all_millis &= Epoch::Unsaid.instant(value.div_euclid(1_000)).is_some();
        self.all_millis_midnights &= value.rem_euclid(DAY_MICROS / 1_000) == 0;
        self.some_seconds |= (SINCE_1973..=i64::from(u32::MAX)).contains(&value);
    }

    /// The same column if its numbers counted milliseconds: where they are declared as times, are none in seconds, and all are
    /// likely ones in milliseconds.
    pub(crate) fn in_milliseconds(&self) -> Option<Self> {
        let is_declared = matches!(self.declared, Declared::Date | Declared::Timestamp(_));
        let is_it = is_declared && self.integers > 0 && !self.all_times && self.all_millis && !self.some_seconds;
        is_it.then(|| Self {
            epoch: Epoch::Milliseconds,
            all_times: true,
            all_midnights: self.all_millis_midnights,
            ..self.clone()
        })
    }

    /// Whether some numbers are likely times in seconds and others only in something finer.
    pub(crate) fn has_several_units(&self) -> bool {
        let is_declared = matches!(self.declared, Declared::Date | Declared::Timestamp(_));
        is_declared && !self.all_times && self.some_seconds && self.all_millis
    }

    /// The type that holds every value: the declared one where it does, otherwise one that the values share, and
    /// text where they share none.
    pub(crate) fn data_type(&self) -> DataType {
        let numbers = self.integers + self.reals;
        if numbers + self.texts + self.blobs == 0 {
            return nothing_seen(self.declared);
        }
        if self.blobs > 0 {
            return if numbers + self.texts == 0 { DataType::Binary } else { DataType::Utf8 };
        }
        let temporal = |zoned: bool| DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into()));
        let text_type = self.text.data_type(false);
        let text_fits = |other: &DataType| self.texts == 0 || text_type == *other;
        match self.declared {
            Declared::Boolean if self.all_bits && self.all_boolean_texts => DataType::Boolean,
            Declared::Decimal(precision, scale) if self.all_decimals => DataType::Decimal128(precision, scale),
            Declared::Date if self.all_times && self.all_midnights && text_fits(&DataType::Date32) => DataType::Date32,
            Declared::Timestamp(true) if self.all_times && (self.texts == 0 || self.text.is_temporal()) => {
                temporal(true)
            }
            Declared::Date | Declared::Timestamp(_)
                if self.all_times && (text_fits(&temporal(false)) || text_fits(&DataType::Date32)) =>
            {
                temporal(false)
            }
            // Text may be nothing but times, also in a column of words or of nothing in particular.
            Declared::Date | Declared::Timestamp(_) | Declared::Text | Declared::Any | Declared::Blob
                if numbers == 0 =>
            {
                text_type
            }
            Declared::Text => DataType::Utf8,
            Declared::Real if self.texts == 0 && (self.integers == 0 || self.all_exact) => DataType::Float64,
            _ => self.number_type(),
        }
    }

    /// Numbers without a useful declaration.
    fn number_type(&self) -> DataType {
        if self.texts > 0 {
            DataType::Utf8
        } else if self.reals == 0 || (self.all_whole && self.declared == Declared::Integer) {
            DataType::Int64
        } else if self.integers == 0 || self.all_exact {
            DataType::Float64
        } else {
            DataType::Utf8
        }
    }

    /// Whether values of the column are of kinds that have nothing in common, so that it is read as text.
    pub(crate) fn is_mixed(&self) -> bool {
        let kinds = [self.integers + self.reals, self.texts, self.blobs];
        self.data_type() == DataType::Utf8 && kinds.iter().filter(|count| **count > 0).count() > 1
    }
}

fn nothing_seen(declared: Declared) -> DataType {
    match declared {
        Declared::Integer => DataType::Int64,
        Declared::Real => DataType::Float64,
        Declared::Text | Declared::Any => DataType::Utf8,
        Declared::Blob => DataType::Binary,
        Declared::Boolean => DataType::Boolean,
        Declared::Date => DataType::Date32,
        Declared::Timestamp(zoned) => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
        Declared::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
    }
}
