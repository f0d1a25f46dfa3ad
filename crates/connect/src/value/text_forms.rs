//! How numbers, dates and times are written in the texts of a table, where that is not the usual form.

use super::column_form::ColumnForm;
use super::number_form::NumberForm;
use super::time_form::TimeForm;
use crate::Settings;

/// How numbers, dates and times are written in the texts of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextForms {
    number: Option<NumberForm>,
    date: Option<TimeForm>,
    timestamp: Option<TimeForm>,
    /// By the columns' names in the source.
    columns: Vec<(String, TimeForm)>,
}

impl TextForms {
    /// The option with the decimal sign.
    pub const DECIMAL: &str = "decimal";
    /// The option with the form of dates.
    pub const DATE: &str = "date_format";
    /// The option with the form of points in time.
    pub const TIMESTAMP: &str = "timestamp_format";
    /// The option with the forms of single columns.
    pub const COLUMNS: &str = "date_formats";

    /// What the options of a table say, which were checked; as usual where they say nothing.
    pub fn of(options: &Settings) -> Self {
        let form = |name| options.text(name).and_then(|text| TimeForm::new(text).ok());
        let columns = options.map(Self::COLUMNS).unwrap_or_default().into_iter();
        Self {
            number: options.text(Self::DECIMAL).and_then(NumberForm::of),
            date: form(Self::DATE),
            timestamp: form(Self::TIMESTAMP),
            columns: columns.filter_map(|(name, text)| Some((name.to_owned(), TimeForm::new(text).ok()?))).collect(),
        }
    }

    /// How the texts of a column are written, by its name in the source; `None` where they are as usual.
    pub fn column(&self, name: &str) -> Option<ColumnForm> {
        let own = self.columns.iter().find(|(known, _)| known == name).map(|(_, form)| form.clone());
        let times = match own {
            Some(own) => vec![own],
            None => self.date.iter().chain(&self.timestamp).cloned().collect(),
        };
        (self.number.is_some() || !times.is_empty()).then_some(ColumnForm { number: self.number, times })
    }
}
