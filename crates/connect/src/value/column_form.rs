//! The texts of one column, from the form of their country to the one that is read.

use arrow::datatypes::DataType;

use super::number_form::{NumberForm, Written};
use super::time_form::{TimeForm, Told};

/// What stands for a text that does not fit: no number and no time is read from it.
const NONE_OF_IT: &str = "?";

/// How the texts of one column are written, where that is not the usual form.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnForm {
    pub(super) number: Option<NumberForm>,
    /// The first one that fits counts.
    pub(super) times: Vec<TimeForm>,
}

impl ColumnForm {
    /// Whether values of a type are written otherwise.
    pub(crate) fn is_of(&self, data_type: &DataType) -> bool {
        match data_type {
            DataType::Date32 | DataType::Timestamp(..) => !self.times.is_empty(),
            other => self.number.is_some() && other.is_numeric(),
        }
    }

    /// Texts of a column of this type as they are usually written. One that does not fit is none of the type.
    pub(crate) fn usual<'a>(&self, data_type: &DataType, texts: impl Iterator<Item = Option<&'a str>>) -> UsualTexts {
        let mut found = UsualTexts::default();
        for text in texts {
            let start = found.text.len();
            found.spans.push(text.map(|text| {
                self.push_usual(data_type, text, &mut found.text);
                (start, found.text.len())
            }));
        }
        found
    }

    pub(crate) fn push_usual(&self, data_type: &DataType, text: &str, out: &mut String) {
        let is_time = matches!(data_type, DataType::Date32 | DataType::Timestamp(..));
        let is_written = match self.number {
            _ if is_time => self.time(text).map(|told| told.push_iso(out)).is_some(),
            Some(number) => number.usual(text, out).is_some(),
            None => false,
        };
        if !is_written {
            let is_iso = is_time && !self.times.iter().any(TimeForm::is_near_iso);
            out.push_str(if is_iso { text } else { NONE_OF_IT });
        }
    }

    /// The number that a text is, added to `out`; `None` where it is none or numbers are written as usual.
    pub(super) fn number(&self, text: &str, out: &mut String) -> Option<Written> {
        self.number?.usual(text, out)
    }

    /// The date or time that a text is.
    pub(super) fn time(&self, text: &str) -> Option<Told> {
        self.times.iter().find_map(|form| form.read(text))
    }

    /// Whether numbers with a point are none of this column's.
    pub(super) fn has_own_numbers(&self) -> bool {
        self.number.is_some()
    }

    /// Whether dates and times of ISO 8601 are none of this column's.
    pub(super) fn has_own_times(&self) -> bool {
        self.times.iter().any(TimeForm::is_near_iso)
    }
}

/// Texts as they are usually written.
#[derive(Debug, Default)]
pub(crate) struct UsualTexts {
    text: String,
    spans: Vec<Option<(usize, usize)>>,
}

impl UsualTexts {
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.spans.iter().map(|span| span.and_then(|(start, end)| self.text.get(start..end)))
    }
}
