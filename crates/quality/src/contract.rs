//! What a source or model promises, compared with what there is.

use ade_engine::{sql_type, type_name};
use arrow::datatypes::{DataType, Field, Schema};

use crate::{ContractViolation, Deviation, resemblance::resemblance};

/// Columns that ade adds by itself are nobody's promise.
const OWN_PREFIX: &str = "_ade_";
/// At this likeness a column that is gone and one that is new are taken for the same.
const RENAMED: f64 = 0.6;

/// What a contract says about columns that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtraColumns {
    /// They are violations, as in dbt.
    #[default]
    Refuse,
    /// They may be there.
    Allow,
}

/// A promised column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractColumn {
    /// Its name, exactly.
    pub name: String,
    /// Its type as SQL names it; none promises only that the column is there. `numeric` without digits is any of them.
    pub data_type: Option<String>,
    /// Whether rows without a value are allowed.
    pub nullable: bool,
}

/// What a relation promises. The order of columns is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contract {
    /// The columns.
    pub columns: Vec<ContractColumn>,
    /// What about others.
    pub extra: ExtraColumns,
}

impl Contract {
    /// All deviations of a table's columns from the promise, in the order of the promise, then of the table. Whether rows
    /// have values is not visible in a schema: [`crate::run_checks`] counts that.
    pub fn compare(&self, actual: &Schema) -> Vec<ContractViolation> {
        let mut found = Vec::new();
        let extra: Vec<(usize, &Field)> = actual
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| !field.name().starts_with(OWN_PREFIX))
            .filter(|(_, field)| !self.columns.iter().any(|column| &column.name == field.name()))
            .map(|(place, field)| (place, field.as_ref()))
            .collect();
        let renamed = self.renamed(actual, &extra);
        for (place, column) in self.columns.iter().enumerate() {
            if let Ok(field) = actual.field_with_name(&column.name) {
                found.extend(compare_type(column, field.data_type()));
            } else {
                let renamed_to = renamed.iter().find(|(missing, _)| *missing == place).map(|(_, name)| *name);
                found.push(missing(column, renamed_to));
            }
        }
        if self.extra == ExtraColumns::Refuse {
            found.extend(extra.iter().map(|(_, field)| unexpected(field)));
        }
        found
    }

    /// Pairs of a missing column (its place in the promise) and the column it probably is now, the likeliest first, no
    /// column twice.
    fn renamed<'a>(&self, actual: &Schema, extra: &[(usize, &'a Field)]) -> Vec<(usize, &'a str)> {
        let missing: Vec<usize> = (0..self.columns.len())
            .filter(|place| actual.field_with_name(&self.columns[*place].name).is_err())
            .collect();
        let mut pairs = Vec::new();
        for place in &missing {
            for (other, field) in extra {
                let column = &self.columns[*place];
                let fits = column.data_type.as_deref().map(|promised| matches(promised, field.data_type()));
                let mut score = resemblance(&column.name, field.name());
                score += match fits {
                    Some(Ok(true)) => 0.1,
                    Some(Ok(false)) => -0.2,
                    _ => 0.0,
                };
                score += if place == other { 0.1 } else { 0.0 };
                // One gone and one new of the same type: what else would it be.
                if missing.len() == 1 && extra.len() == 1 && matches!(fits, Some(Ok(true))) {
                    score = score.max(RENAMED);
                }
                if score >= RENAMED {
                    pairs.push((score, *place, field.name().as_str()));
                }
            }
        }
        pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
        let mut renamed: Vec<(usize, &str)> = Vec::new();
        for (_, place, name) in pairs {
            if !renamed.iter().any(|(taken, to)| *taken == place || *to == name) {
                renamed.push((place, name));
            }
        }
        renamed
    }
}

/// Whether a type is the promised one; `Err` if the promise is no type. Arrow has several representations of one SQL type.
fn matches(promised: &str, actual: &DataType) -> Result<bool, ()> {
    let promised_type = sql_type(promised).map_err(|_| ())?;
    let any_digits = matches!(promised_type, DataType::Decimal128(..)) && !promised.contains('(');
    Ok((any_digits && actual.is_decimal()) || type_name(&promised_type) == type_name(actual))
}

fn compare_type(column: &ContractColumn, actual: &DataType) -> Option<ContractViolation> {
    let promised = column.data_type.as_deref()?;
    let (deviation, hint) = match matches(promised, actual) {
        Ok(true) => return None,
        Ok(false) => {
            let actual = type_name(actual);
            let hint = format!("cast it to {promised}, or promise {actual}");
            (Deviation::Type { promised: promised.to_owned(), actual }, Some(hint))
        }
        Err(()) => {
            let hint = sql_type(promised).err().and_then(|error| error.hint);
            (Deviation::UnknownType { promised: promised.to_owned() }, hint)
        }
    };
    Some(ContractViolation { column: column.name.clone(), deviation, hint })
}

fn missing(column: &ContractColumn, renamed_to: Option<&str>) -> ContractViolation {
    let hint = match renamed_to {
        Some(name) => format!("if `{name}` is what was `{}`, say so in the query or in the contract", column.name),
        None => format!("bring `{}` back, or take it out of the contract", column.name),
    };
    let renamed_to = renamed_to.map(str::to_owned);
    let deviation = Deviation::Missing { promised: column.data_type.clone(), renamed_to };
    ContractViolation { column: column.name.clone(), deviation, hint: Some(hint) }
}

fn unexpected(field: &Field) -> ContractViolation {
    ContractViolation {
        column: field.name().clone(),
        deviation: Deviation::Unexpected { actual: type_name(field.data_type()) },
        hint: Some(format!("add `{}` to the contract, or leave it out of the query", field.name())),
    }
}
