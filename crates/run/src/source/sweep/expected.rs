//! Which rows of the source should be in the lake: those that a rule leaves out, or that the source means as deleted, are not
//! missed. Their conditions are held against the columns that they name, which are read beside the key.
use std::collections::BTreeSet;

use ade_project::resource::RowAction;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{not, or};
use arrow::datatypes::Schema;

use super::super::conditions::{Conditions, deleted, matched};
use super::super::decided::fitted;
use super::super::drift::Retyping;
use super::super::ingest::TableLanding;
use super::super::sieve::Sieve;
use super::super::tally::Tally;
use crate::build::TaskError;
use crate::error::RunError;

/// Which rows should be in the lake.
pub(super) enum Expected {
    All,
    /// Those that these conditions do not tell: the types of the columns that are read come with them.
    Some(Box<Conditions>, Box<Sieve>),
    /// Nothing was read, so that no condition could be planned.
    Unknown,
}

/// The columns that are read: those of the key, and those by which rows are known that should not land.
pub(super) fn asked(key: &[String], sieve: Option<&Sieve>) -> Vec<String> {
    let mut asked = key.to_vec();
    let Some(sieve) = sieve else { return asked };
    let drops = sieve.rules.iter().filter(|rule| rule.then == RowAction::Drop).map(|rule| &rule.condition);
    let named: BTreeSet<&String> = drops.chain(&sieve.deleted).flat_map(ade_engine::RowExpression::columns).collect();
    for name in named {
        if !asked.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            asked.push(name.clone());
        }
    }
    asked
}

impl TableLanding<'_> {
    /// Which rows should be in the lake, told by what is read of them.
    pub(super) async fn expected(
        &self,
        sieve: Option<&Sieve>,
        retyping: &Retyping,
        read: &Schema,
    ) -> Result<Expected, TaskError> {
        let drops = self.source.rows.iter().any(|rule| rule.then == RowAction::Drop);
        if !drops && self.source.deleted.is_none() {
            return Ok(Expected::All);
        }
        if sieve.is_none() {
            return Ok(Expected::Unknown);
        }
        let types = Sieve { fitted: fitted(retyping, read), ..Sieve::default() };
        // What a rule keeps apart or marks is in the lake: only the others count, and only their columns were read.
        let mut source = self.source.clone();
        source.rows.retain(|rule| rule.then == RowAction::Drop);
        let conditions = self.conditions_of(&source, &types.fitted_schema(read)).await;
        let conditions = conditions.map_err(TaskError::Diagnostics)?;
        Ok(Expected::Some(Box::new(conditions), Box::new(types)))
    }
}

impl Expected {
    /// For each row whether it should be in the lake; `None`: that is not asked for.
    pub(super) fn lands(
        &self,
        table: &TableLanding<'_>,
        rows: &RecordBatch,
    ) -> Result<Option<BooleanArray>, TaskError> {
        let Self::Some(conditions, types) = self else { return Ok(None) };
        let name = format!("{}.{}", table.source.source, table.source.name);
        let rows = types.sift(&name, rows, None, &mut Tally::default())?.rows;
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let mut out = BooleanArray::from(vec![false; rows.num_rows()]);
        for rule in &conditions.rules {
            out = or(&out, &matched(&name, &rule.name, &rule.condition, &rows)?).map_err(shape)?;
        }
        if let Some(condition) = &conditions.deleted {
            out = or(&out, &deleted(&name, condition, &rows)?).map_err(shape)?;
        }
        Ok(Some(not(&out).map_err(shape)?))
    }
}
