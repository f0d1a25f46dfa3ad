//! What all values of a column have in common.

use arrow::datatypes::{DataType, TimeUnit};

use super::ColumnForm;
use super::number::trim;
use super::temporal::timestamp;

/// Kinds of values that were seen, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

impl Kinds {
    pub(crate) const INTEGER: Self = Self(1);
    pub(crate) const DECIMAL: Self = Self(1 << 1);
    pub(crate) const FLOAT: Self = Self(1 << 2);
    pub(crate) const BOOLEAN: Self = Self(1 << 3);
    pub(crate) const DATE: Self = Self(1 << 4);
    pub(crate) const TIMESTAMP: Self = Self(1 << 5);
    pub(crate) const TIMESTAMPTZ: Self = Self(1 << 6);
    pub(crate) const TEXT: Self = Self(1 << 7);
    /// Whole numbers in groups of three digits: as much numbers as identifiers, until others of the column have a fraction.
    const GROUPED: Self = Self(1 << 8);

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing but `other` was seen (and something was).
    fn within(self, other: Self) -> bool {
        self.0 != 0 && self.0 & !other.0 == 0
    }

    fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What is known about the values of one column after looking at all of them. Merging is associative and
/// commutative, so parts of a file may be looked at side by side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    kinds: Kinds,
    /// Rows where the column is NULL whatever its type.
    nulls: u64,
    /// Rows where it is empty: NULL unless the type is text.
    empties: u64,
    /// The most digits before the point of any number.
    whole_digits: u8,
    /// The most digits after the point.
    scale: u8,
    /// The most digits of any number with a point, without zeros at its ends.
    significant: u8,
}

impl Evidence {
    /// Looks at one value that is not NULL.
    pub(crate) fn see(&mut self, text: &[u8]) {
        if self.is_text() {
            return;
        }
        let kind = self.kind(trim(text));
        self.add(kind);
    }

    /// The same for a column whose texts are written as `form` says. `buffer` is of no meaning.
    pub(crate) fn see_in(&mut self, form: &ColumnForm, text: &str, buffer: &mut String) {
        if self.is_text() {
            return;
        }
        if let Some(told) = form.time(text) {
            return self.add(match (told.is_date(), told.has_offset()) {
                (true, _) => Kinds::DATE,
                (false, true) => Kinds::TIMESTAMPTZ,
                (false, false) => Kinds::TIMESTAMP,
            });
        }
        buffer.clear();
        if let Some(written) = form.number(text, buffer) {
            let kind = self.kind(buffer.as_bytes());
            self.add(kind);
            if written.grouped && !written.fraction {
                self.add(Kinds::GROUPED);
            }
            return;
        }
        let kind = self.kind(trim(text.as_bytes()));
        let numbers = Kinds::INTEGER.union(Kinds::DECIMAL).union(Kinds::FLOAT);
        let times = Kinds::DATE.union(Kinds::TIMESTAMP).union(Kinds::TIMESTAMPTZ);
        let is_other = (form.has_own_numbers() && kind.within(numbers)) || (form.has_own_times() && kind.within(times));
        self.add(if is_other { Kinds::TEXT } else { kind });
    }

    /// The same for a value that is known to be text: a date or time, or nothing but text.
    pub(crate) fn see_time(&mut self, text: &[u8]) {
        if !self.is_text() {
            self.add(temporal_kind(trim(text)));
        }
    }

    pub(crate) fn see_null(&mut self) {
        self.nulls += 1;
    }

    pub(crate) fn see_empty(&mut self) {
        self.empties += 1;
    }

    /// Whether the column is NULL anywhere, read as `data_type`.
    pub(crate) fn has_nulls(&self, data_type: &DataType) -> bool {
        self.nulls > 0 || (self.empties > 0 && !super::is_text(data_type))
    }

    pub(crate) fn add(&mut self, kind: Kinds) {
        self.kinds = self.kinds.union(kind);
    }

    /// Whether every value is a date or time, with or without zone.
    pub(crate) fn is_temporal(&self) -> bool {
        self.kinds.within(Kinds::DATE.union(Kinds::TIMESTAMP).union(Kinds::TIMESTAMPTZ))
    }

    /// Whether more values can change nothing.
    pub(crate) fn is_text(&self) -> bool {
        self.kinds.contains(Kinds::TEXT)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.kinds = self.kinds.union(other.kinds);
        self.nulls += other.nulls;
        self.empties += other.empties;
        self.whole_digits = self.whole_digits.max(other.whole_digits);
        self.scale = self.scale.max(other.scale);
        self.significant = self.significant.max(other.significant);
    }

    fn kind(&mut self, text: &[u8]) -> Kinds {
        match text.first() {
            Some(b'0'..=b'9') => {
                if text.get(4) == Some(&b'-') && text[3].is_ascii_digit() {
                    return temporal_kind(text);
                }
                self.number_kind(text, text)
            }
            Some(b'-') => self.number_kind(&text[1..], text),
            Some(b'.') => self.number_kind(text, text),
            Some(b't' | b'T') if text.eq_ignore_ascii_case(b"true") => Kinds::BOOLEAN,
            Some(b'f' | b'F') if text.eq_ignore_ascii_case(b"false") => Kinds::BOOLEAN,
            _ => Kinds::TEXT,
        }
    }

    /// `text` is `signed` without its sign. Leading zeros, a plus sign and more digits than a type holds make an
    /// identifier of it, not a number: article numbers, postcodes, telephone numbers, bank accounts.
    fn number_kind(&mut self, text: &[u8], signed: &[u8]) -> Kinds {
        let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if whole > 1 && text[0] == b'0' {
            return Kinds::TEXT;
        }
        if whole == text.len() {
            // 19 digits fit or not: ask the parser that will read it.
            if whole == 0 || whole > 19 || (whole == 19 && super::integer(signed).is_none()) {
                return Kinds::TEXT;
            }
            self.note_digits(whole, 0, 0);
            return Kinds::INTEGER;
        }
        let fraction = match &text[whole..] {
            [b'.', rest @ ..] => &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()],
            _ => &[],
        };
        let has_point = text[whole] == b'.';
        if whole + fraction.len() == 0 || (has_point && fraction.is_empty()) {
            return Kinds::TEXT;
        }
        match &text[whole + usize::from(has_point) + fraction.len()..] {
            [] => {
                let zeros = fraction.iter().rev().take_while(|byte| **byte == b'0').count();
                let leading = if text[0] == b'0' || whole == 0 {
                    whole + fraction.iter().take_while(|byte| **byte == b'0').count()
                } else {
                    0
                };
                self.note_digits(whole, fraction.len(), (whole + fraction.len() - zeros).saturating_sub(leading));
                Kinds::DECIMAL
            }
            [b'e' | b'E', ..] if whole > 0 && super::float(text).is_some_and(f64::is_finite) => Kinds::FLOAT,
            _ => Kinds::TEXT,
        }
    }

    fn note_digits(&mut self, whole: usize, scale: usize, significant: usize) {
        let byte = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        self.whole_digits = self.whole_digits.max(byte(whole));
        self.scale = self.scale.max(byte(scale));
        self.significant = self.significant.max(byte(significant));
    }

    /// The narrowest type that holds every value seen. Nothing seen, or no common type: text.
    pub(crate) fn data_type(&self, exact_decimals: bool) -> DataType {
        let kinds = self.kinds;
        let numbers = Kinds::INTEGER.union(Kinds::DECIMAL).union(Kinds::FLOAT);
        let digits = u16::from(self.whole_digits) + u16::from(self.scale);
        if kinds.within(Kinds::INTEGER) {
            DataType::Int64
        } else if kinds.within(numbers.union(Kinds::GROUPED)) {
            if !kinds.within(numbers) && !kinds.contains(Kinds::DECIMAL) {
                return DataType::Utf8;
            }
            // A double holds any 15 digits, and what a double wrote comes back with up to 17.
            let fits_double = self.whole_digits <= 15 && self.significant <= 17;
            if exact_decimals && digits <= 38 && !kinds.contains(Kinds::FLOAT) {
                exact_type(digits, self.scale)
            } else if fits_double {
                DataType::Float64
            } else {
                DataType::Utf8
            }
        } else if kinds.within(Kinds::BOOLEAN) {
            DataType::Boolean
        } else if kinds.within(Kinds::DATE) {
            DataType::Date32
        } else if kinds.within(Kinds::DATE.union(Kinds::TIMESTAMP)) {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        } else if kinds.within(Kinds::TIMESTAMPTZ) {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        } else {
            DataType::Utf8
        }
    }
}

fn exact_type(digits: u16, scale: u8) -> DataType {
    let precision = u8::try_from(digits.max(1)).unwrap_or(38);
    DataType::Decimal128(precision, i8::try_from(scale).unwrap_or(0))
}

fn temporal_kind(text: &[u8]) -> Kinds {
    match timestamp(text) {
        // More digits than a microsecond holds would be cut off.
        Some(instant) if !instant.exact => Kinds::TEXT,
        Some(instant) if instant.date_only => Kinds::DATE,
        Some(instant) if instant.offset_seconds.is_some() => Kinds::TIMESTAMPTZ,
        Some(_) => Kinds::TIMESTAMP,
        None => Kinds::TEXT,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::number_form::NumberForm;
    use super::super::time_form::TimeForm;
    use super::*;
    use crate::value::ColumnBuilder;

    fn inferred(values: &[&str]) -> DataType {
        evidence(values).data_type(false)
    }

    fn evidence(values: &[&str]) -> Evidence {
        let mut evidence = Evidence::default();
        for value in values {
            evidence.see(value.as_bytes());
        }
        evidence
    }

    #[test]
    fn identifiers_stay_text() {
        for identifier in
            ["007", "+4930123456", "12345678901234567890", "00.5", "1.", "-", "0x1F", "1,5", "t", "yes", ""]
        {
            assert_eq!(inferred(&["1", identifier]), DataType::Utf8, "{identifier}");
        }
        assert_eq!(inferred(&["1", "123456789012345678.5"]), DataType::Utf8);
        assert_eq!(inferred(&["1234567890123456", "0.5"]), DataType::Utf8, "a double would round the whole number");
    }

    #[test]
    fn the_narrowest_common_type() {
        let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(inferred(&[]), DataType::Utf8);
        assert_eq!(inferred(&["1", "-9223372036854775808", "9223372036854775807"]), DataType::Int64);
        assert_eq!(inferred(&["9223372036854775808"]), DataType::Utf8);
        assert_eq!(inferred(&["1", "2.5"]), DataType::Float64);
        assert_eq!(inferred(&["1", "2.5e-3"]), DataType::Float64);
        assert_eq!(inferred(&["0.30000000000000004"]), DataType::Float64);
        assert_eq!(inferred(&["true", "FALSE"]), DataType::Boolean);
        assert_eq!(inferred(&["true", "1"]), DataType::Utf8);
        assert_eq!(inferred(&["2024-02-29"]), DataType::Date32);
        assert_eq!(inferred(&["2024-02-30"]), DataType::Utf8);
        assert_eq!(inferred(&["2024-02-29", "2024-02-29 10:00:00"]), timestamp);
        assert_eq!(inferred(&["2024-02-29T10:00:00Z"]), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        assert_eq!(inferred(&["2024-02-29T10:00:00Z", "2024-02-29T10:00:00"]), DataType::Utf8);
    }

    #[test]
    fn exact_decimals_where_asked_for() {
        assert_eq!(evidence(&["1", "2.50", "-100.125"]).data_type(true), DataType::Decimal128(6, 3));
        assert_eq!(evidence(&["1e3", "2.50"]).data_type(true), DataType::Float64);
        assert_eq!(evidence(&["123456789012345678.5"]).data_type(true), DataType::Decimal128(19, 1));
    }

    #[test]
    fn forms_decide_what_is_a_number_or_a_date() {
        let times = vec![TimeForm::new("%d.%m.%Y").unwrap()];
        let form = ColumnForm { number: Some(NumberForm::Comma), times };
        let inferred = |values: &[&str]| {
            let (mut evidence, mut buffer) = (Evidence::default(), String::new());
            for value in values {
                evidence.see_in(&form, value, &mut buffer);
            }
            let data_type = evidence.data_type(true);
            // What inference decides, reading can do.
            let usual = form.usual(&data_type, values.iter().map(|value| Some(*value)));
            let mut builder = ColumnBuilder::new(&data_type, values.len()).unwrap();
            if form.is_of(&data_type) {
                builder.extend(usual.iter()).unwrap();
            }
            data_type
        };
        assert_eq!(inferred(&["79,52", "1.234", "3"]), DataType::Decimal128(6, 2));
        assert_eq!(inferred(&["1.234", "3"]), DataType::Utf8, "as much an identifier");
        assert_eq!(inferred(&["192.168.100.200"]), DataType::Utf8);
        assert_eq!(inferred(&["79.52"]), DataType::Utf8);
        assert_eq!(inferred(&["12", "-3"]), DataType::Int64);
        assert_eq!(inferred(&["007"]), DataType::Utf8);
        assert_eq!(inferred(&["27.12.2026", "2026-12-28"]), DataType::Date32);
        assert_eq!(inferred(&["27.12.2026", "soon"]), DataType::Utf8);
        assert_eq!(inferred(&["true"]), DataType::Boolean);
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<i64>().prop_map(|value| value.to_string()),
            any::<f64>().prop_map(|value| value.to_string()),
            "-?[0-9]{0,20}\\.?[0-9]{0,20}(e-?[0-9]{1,3})?",
            any::<bool>().prop_map(|value| value.to_string()),
            "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-]0[0-9](:30)?)?)?",
            " ?[a-z]{0,4} ?",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// What inference decides, reading can do.
        #[test]
        fn inferred_types_can_be_read(values in proptest::collection::vec(value(), 1..6), exact: bool) {
            let mut evidence = Evidence::default();
            for value in &values {
                evidence.see(value.as_bytes());
            }
            let data_type = evidence.data_type(exact);
            let mut builder = ColumnBuilder::new(&data_type, values.len()).unwrap();
            let read = builder.extend(values.iter().map(|value| Some(value.as_str())));
            prop_assert!(read.is_ok(), "{data_type} for {values:?}");
            prop_assert_eq!(builder.finish().unwrap().null_count(), 0);
        }

        #[test]
        fn evidence_of_parts_is_evidence_of_the_whole(values in proptest::collection::vec(value(), 0..8), split in 0_usize..8) {
            let split = split.min(values.len());
            let all: Vec<&str> = values.iter().map(String::as_str).collect();
            let (left, right) = all.split_at(split);
            let mut merged = evidence(right);
            merged.merge(&evidence(left));
            prop_assert_eq!(merged.data_type(false), evidence(&all).data_type(false));
            prop_assert_eq!(merged.data_type(true), evidence(&all).data_type(true));
        }
    }
}
