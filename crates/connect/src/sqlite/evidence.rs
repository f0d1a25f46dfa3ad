//! What all values of a column have in common, whatever was declared.

use arrow::datatypes::{DataType, TimeUnit};
use rusqlite::types::ValueRef;

use super::column_type::Declared;
use crate::value::{
    Evidence, boolean, decimal_from_text, float_to_decimal, instant_of_integer, instant_of_real, integer_of_real,
    rescale,
};

/// A double counts exactly up to here.
const EXACT: u64 = 1 << 53;
const DAY_MICROS: i64 = 86_400_000_000;

/// What all values of one column have in common.
#[derive(Debug, Clone)]
pub(crate) struct ColumnEvidence {
    declared: Declared,
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
    /// Whether every text is `true` or `false` or the like.
    all_boolean_texts: bool,
    /// Whether every value fits the declared decimal.
    all_decimals: bool,
    text: Evidence,
}

impl ColumnEvidence {
    pub(crate) fn new(declared: Declared) -> Self {
        Self {
            declared,
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
                self.see_time(instant_of_integer(value));
                if let Declared::Decimal(precision, scale) = self.declared {
                    self.all_decimals &= rescale(i128::from(value), 0, precision, scale).is_some();
                }
            }
            ValueRef::Real(value) => {
                self.reals += 1;
                self.all_whole &= integer_of_real(value).is_some();
                self.all_bits &= value == 0.0 || (value - 1.0).abs() < f64::EPSILON;
                self.see_time(instant_of_real(value));
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

    fn see_time(&mut self, micros: Option<i64>) {
        self.all_times &= micros.is_some();
        self.all_midnights &= micros.is_some_and(|micros| micros.rem_euclid(DAY_MICROS) == 0);
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
