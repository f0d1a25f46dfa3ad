//! Where a source's columns differ from what was promised.

use ade_diagnostic::suggest;
use arrow::datatypes::DataType;
use serde::Serialize;

use crate::type_name;

/// Where a source's columns differ from what was promised, known before any row is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnDrift {
    /// Promised, but not in the source.
    pub missing: Vec<DriftedColumn>,
    /// In the source, but not promised.
    pub new: Vec<DriftedColumn>,
    /// In the source with a type that cannot hold to the promise. Only Parquet has types to compare: text is
    /// not known to break a promise before it is read, and SQLite types values, not columns.
    pub retyped: Vec<RetypedColumn>,
}

/// A column that is missing or new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftedColumn {
    /// Its name.
    pub name: String,
    /// SQL name of the promised type (missing) or of the type found (new).
    pub data_type: String,
    /// The type in the source's own words, of a new column of a source that has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Its place among the promised columns (missing) or among those of the source (new), from 0.
    pub position: usize,
    /// Where it was seen first: a file or table.
    pub seen_in: String,
}

/// A column whose type changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetypedColumn {
    /// Its name.
    pub name: String,
    /// SQL name of the type promised.
    pub promised: String,
    /// SQL name of the type found.
    pub found: String,
    /// The type found.
    #[serde(skip)]
    pub data_type: DataType,
    /// The type found in the source's own words, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Where it was seen first: a file or table.
    pub seen_in: String,
}

impl DriftedColumn {
    pub(crate) fn new(name: &str, data_type: &DataType, position: usize, seen_in: &str) -> Self {
        let (name, data_type, seen_in) = (name.to_owned(), type_name(data_type), seen_in.to_owned());
        Self { name, data_type, source_type: None, position, seen_in }
    }

    /// Whether one of the two may be the other with another name, by their types.
    pub fn is_alike(&self, other: &Self) -> bool {
        of_one_family(&other.data_type, &self.data_type)
    }

    /// With the source's own words for its type.
    pub(crate) fn of_source_type(self, words: &str) -> Self {
        Self { source_type: Some(words.to_owned()).filter(|words| !words.is_empty()), ..self }
    }
}

impl RetypedColumn {
    /// A column that was promised as one type and has another.
    pub fn new(name: &str, promised: &DataType, found: &DataType, seen_in: &str) -> Self {
        Self {
            name: name.to_owned(),
            promised: type_name(promised),
            found: type_name(found),
            data_type: found.clone(),
            source_type: None,
            seen_in: seen_in.to_owned(),
        }
    }

    /// With the source's own words for the type found.
    pub(crate) fn of_source_type(self, words: &str) -> Self {
        Self { source_type: Some(words.to_owned()).filter(|words| !words.is_empty()), ..self }
    }
}

impl ColumnDrift {
    /// Whether the source is as promised.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.new.is_empty() && self.retyped.is_empty()
    }

    /// Pairs of a missing and a new column that look like one column renamed: alike in name, or of alike types at the
    /// same place.
    pub fn renames(&self) -> Vec<(&DriftedColumn, &DriftedColumn)> {
        let mut free: Vec<&DriftedColumn> = self.new.iter().collect();
        let mut pairs = Vec::new();
        for missing in &self.missing {
            // What was promised as text, or without a type, may be of any.
            let fits = |new: &&&DriftedColumn| missing.data_type == "varchar" || missing.is_alike(new);
            let of_type = free.iter().filter(fits);
            let alike = suggest(&missing.name, of_type.map(|new| new.name.as_str())).map(str::to_owned);
            let found = free.iter().position(|new| Some(&new.name) == alike.as_ref()).or_else(|| {
                free.iter().position(|new| {
                    new.position == missing.position && of_one_family(&new.data_type, &missing.data_type)
                })
            });
            if let Some(index) = found {
                pairs.push((missing, free.remove(index)));
            }
        }
        pairs
    }

    /// Both; of columns that are in both, the first.
    pub(crate) fn merged(mut self, other: &Self) -> Self {
        let known = |columns: &[DriftedColumn], name: &str| columns.iter().any(|column| column.name == name);
        for column in &other.missing {
            if !known(&self.missing, &column.name) {
                self.missing.push(column.clone());
            }
        }
        for column in &other.new {
            if !known(&self.new, &column.name) {
                self.new.push(column.clone());
            }
        }
        for column in &other.retyped {
            if !self.retyped.iter().any(|known| known.name == column.name) {
                self.retyped.push(column.clone());
            }
        }
        self
    }
}

/// Whether a column of one type may be one of the other with another name: what is promised as decimal looks like a double or
/// a whole number where types are found out by looking, and a point in time like a date.
fn of_one_family(found: &str, promised: &str) -> bool {
    let family = |name: &str| match name.split('(').next().unwrap_or(name) {
        "tinyint" | "smallint" | "integer" | "bigint" | "real" | "double" | "decimal" | "numeric" => "number",
        "date" | "timestamp" | "timestamptz" => "time",
        _ => "other",
    };
    found == promised || (family(found) == family(promised) && family(found) != "other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_types_may_be_one_column_renamed() {
        let column = |name: &str, data_type: &str| DriftedColumn {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            source_type: None,
            position: 2,
            seen_in: "t.csv".to_owned(),
        };
        for (promised, found, renamed) in [
            ("decimal(18,2)", "double", true),
            ("decimal(18,2)", "bigint", true),
            ("timestamp", "date", true),
            ("varchar", "varchar", true),
            ("varchar", "double", false),
            ("boolean", "varchar", false),
        ] {
            let drift = ColumnDrift {
                missing: vec![column("amount", promised)],
                new: vec![column("total", found)],
                retyped: Vec::new(),
            };
            assert_eq!(drift.renames().len(), usize::from(renamed), "{promised} and {found}");
            // Nor does a name that is alike make one type of another.
            let new = vec![DriftedColumn { position: 9, ..column("amounts", found) }];
            let drift = ColumnDrift { missing: vec![column("amount", promised)], new, retyped: Vec::new() };
            let may_be = renamed || promised == "varchar";
            assert_eq!(drift.renames().len(), usize::from(may_be), "{promised} and {found}, by name");
        }
    }
}
