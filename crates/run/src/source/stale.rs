//! Rows that are kept apart for reasons that hold no more: a promise was taken back, or its column is as promised again. Nothing
//! brings them again by itself, as they have not changed.
use ade_diagnostic::{agree, count};
use ade_engine::{MemoryCatalog, RelationName};
use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::decided::Decided;
use super::ingest::TableLanding;
use super::quarantine::{REASON, STATE, beside, kept_apart, of_rows_alone};
use crate::build::{Outcome, TaskError};
use crate::error::RunError;

impl TableLanding<'_> {
    /// Says how many rows are kept apart for reasons that what is `decided` now does not know. What has landed has landed, also
    /// when nobody can tell.
    pub(super) async fn tell_stale(&self, decided: &Decided, outcome: &mut Outcome) {
        if let Err(error) = self.try_tell_stale(decided, outcome).await {
            outcome
                .note(&format!("nobody knows which rows are kept apart for no reason any more: {}", error.message()));
            outcome.warn();
        }
    }

    async fn try_tell_stale(&self, decided: &Decided, outcome: &mut Outcome) -> Result<(), TaskError> {
        let Some(there) = kept_apart(self.build, self.table).await? else { return Ok(()) };
        let which = of_rows_alone(&there);
        let which = match there.schema().field_with_name(STATE) {
            Ok(_) => format!("{which} and {STATE} = 'open'"),
            Err(_) => which,
        };
        let table = beside(self.table)?;
        let session = self.build.session(MemoryCatalog::new(), &self.source.relation.schema);
        let name = RelationName::new(table.schema(), table.table()).to_sql();
        let sql = format!("select cast({REASON} as varchar), count(*) from {name}{which} group by 1");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = session.query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let known = decided.sieve.promises(&decided.arriving);
        let mut stale = 0;
        for batch in answer {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let reasons = cast(batch.column(0), &DataType::Utf8).map_err(shape)?;
            let rows = batch.column(1).as_primitive::<Int64Type>().values();
            for (reason, rows) in reasons.as_string::<i32>().iter().zip(rows) {
                if !known.iter().any(|(known, _)| reason.is_some_and(|reason| reason.contains(known.as_str()))) {
                    stale += u64::try_from(*rows).unwrap_or_default();
                }
            }
        }
        if stale > 0 {
            outcome.note(&format!(
                "{} in {table} {} kept apart for what is no reason any more, and {} not come again by {}; `--full-refresh` reads {}",
                count(stale, "row"),
                agree(stale, "is", "are"),
                agree(stale, "does", "do"),
                agree(stale, "itself", "themselves"),
                agree(stale, "it", "them"),
            ));
        }
        Ok(())
    }
}
