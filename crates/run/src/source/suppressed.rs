//! Rows of people who were erased: they do not land again.
use ade_lake::TableName;
use ade_privacy::{ColumnPolicy, KnownAs, Policy, Suppressor};
use arrow::array::{Array, AsArray, BooleanArray, StringArray};
use arrow::compute::{and, cast, not, nullif};
use arrow::datatypes::DataType;

use super::rejection::Unfit;
use super::sieve::Sifted;
use super::tally::Tally;
use crate::build::{Build, TaskError};
use crate::error::RunError;

/// What tells such rows in a table, and the columns that it looks at.
///
/// The list is read now, while the table's lease is held: whoever is erased is on it before the first table is searched, and a table is
/// searched under its lease. So a load either knows the person, or is searched when it has ended.
pub(super) fn suppressor(
    build: &Build,
    table: &TableName,
    policy: &Policy,
) -> Result<(Option<Suppressor>, Vec<String>), RunError> {
    let list = build.workspace.suppressions()?;
    if list.is_empty() {
        return Ok((None, Vec::new()));
    }
    let table = table.to_string();
    let is_named = |decided: &ColumnPolicy| list.iter().any(|(name, _)| KnownAs::of(&table, decided).is(name));
    let meant = policy.columns().iter().filter(|decided| is_named(decided));
    // A struct is read as a whole.
    let columns: Vec<String> = meant
        .flat_map(|decided| [Some(decided.column.as_str()), decided.column.split('.').next()])
        .flatten()
        .map(str::to_owned)
        .collect();
    Ok((Suppressor::new(&table, policy, &list, build.keys()?)?, columns))
}

/// Rows that are suppressed, and those with a value that does not fit its column and holds a suppressed one.
pub(super) fn with_unfit(
    suppressor: &Suppressor,
    suppressed: Option<&BooleanArray>,
    unfit: &[Unfit],
    rows: usize,
) -> Result<Option<BooleanArray>, TaskError> {
    let mut found: Vec<bool> = match suppressed {
        Some(suppressed) => suppressed.values().iter().collect(),
        None => vec![false; rows],
    };
    for column in unfit {
        let texts = cast(&column.values, &DataType::Utf8).map_err(|_| RunError::Stamp { rows })?;
        let texts = texts.as_string::<i32>();
        for row in column.rows.values().set_indices().filter(|row| texts.is_valid(*row)) {
            found[row] |= suppressor.is_in(texts.value(row));
        }
    }
    Ok(found.contains(&true).then(|| found.into()))
}

/// The same rows, of which those that are `suppressed` land nowhere: what was there of them goes.
pub(super) fn left_out(sifted: Sifted, suppressed: &BooleanArray, tally: &mut Tally) -> Result<Sifted, TaskError> {
    let rows = suppressed.len();
    let shape = |_| RunError::Stamp { rows };
    tally.suppressed += suppressed.true_count() as u64;
    let others = not(suppressed).map_err(shape)?;
    let stays = match &sifted.stays {
        Some(stays) => and(stays, &others).map_err(shape)?,
        None => others,
    };
    // Nothing of them is kept apart either, not even a value.
    let of_others = |reasons: Option<&StringArray>| -> Result<Option<StringArray>, TaskError> {
        let Some(reasons) = reasons else { return Ok(None) };
        let reasons = StringArray::from(nullif(reasons, suppressed).map_err(shape)?.to_data());
        Ok(Some(reasons).filter(|reasons| reasons.null_count() < rows))
    };
    let (apart, aside) = (of_others(sifted.apart.as_ref())?, of_others(sifted.aside.as_ref())?);
    Ok(Sifted { stays: Some(stays), apart, aside, ..sifted })
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::datatypes::Schema;

    use super::*;

    #[test]
    fn neither_a_row_nor_a_value_of_an_erased_person_is_kept_apart() {
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(3));
        let rows = RecordBatch::try_new_with_options(Schema::empty().into(), Vec::new(), &options).unwrap();
        let sifted = Sifted {
            rows,
            stays: None,
            apart: Some(vec![Some("no `a`"), None, None].into()),
            aside: Some(vec![None, Some("`b` is no bigint"), Some("`b` is no bigint")].into()),
            unfit: Vec::new(),
            is_deleted: None,
            marks: None,
        };
        let mut tally = Tally::default();
        let others = left_out(sifted, &vec![true, true, false].into(), &mut tally).unwrap();
        assert_eq!(tally.suppressed, 2);
        assert_eq!(others.stays, Some(vec![false, false, true].into()));
        assert!(others.apart.is_none());
        assert_eq!(others.aside, Some(vec![None, None, Some("`b` is no bigint")].into()));
    }
}
