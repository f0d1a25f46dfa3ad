//! Values that a changed row leaves out, because they did not change: they are in the table, as they landed.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{ChangeColumns, ConnectError};
use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, concat_batches, filter_record_batch, interleave, is_not_null};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use super::decided::Decided;
use super::ingest::TableLanding;
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Name of the rows whose values are asked for.
const ASKED: &str = "ade_changed_rows";

/// What happens with rows that the table has not got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is an error: they cannot be completed.
    Refuse,
    /// They are left out.
    LeaveOut,
}

/// Fills in what `treated` leaves out, from the rows that the table has under the keys of `raw`, or under those from before.
/// `said`, `raw` and `treated` are of the same rows; `treated` may have further columns.
pub(super) async fn carried(
    table: &TableLanding<'_>,
    decided: &Decided,
    raw: &RecordBatch,
    treated: RecordBatch,
    said: &ChangeColumns,
    missing: Missing,
) -> Result<RecordBatch, TaskError> {
    let left_out: Vec<Vec<usize>> = (0..raw.num_rows()).map(|row| said.left_out(row)).collect();
    let mut places: Vec<usize> = left_out.iter().flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    let keys = keys_before(table, decided, raw, said)?;
    let found = stored(table, &keys, &treated, &places).await?;
    let there: BooleanArray = found.rows.iter().map(|row| Some(row.is_some())).collect();
    let lacking = there.len() - there.true_count();
    if lacking > 0 && missing == Missing::Refuse {
        return Err(ConnectError::Request {
            from: table.source.relation.to_string(),
            reason: format!(
                "{lacking} changed rows leave out values that did not change, and the table has not got them"
            ),
            advice: "load all of it again with `--full-refresh`".to_owned(),
        }
        .into());
    }
    let shape = |_| RunError::Stamp { rows: raw.num_rows() };
    let mut columns = treated.columns().to_vec();
    for (index, place) in places.iter().enumerate() {
        let stored = cast(&found.columns[index], treated.column(*place).data_type()).map_err(shape)?;
        let from = left_out.iter().zip(&found.rows).enumerate().map(|(row, (left_out, stored))| match stored {
            Some(stored) if left_out.contains(place) => (1, *stored),
            _ => (0, row),
        });
        columns[*place] = interleave(&[treated.column(*place).as_ref(), stored.as_ref()], &from.collect::<Vec<_>>())
            .map_err(shape)?;
    }
    let whole = RecordBatch::try_new(treated.schema(), columns).map_err(shape)?;
    Ok(if lacking > 0 { filter_record_batch(&whole, &there).map_err(shape)? } else { whole })
}

/// The keys that the rows have in the table, treated as they are there.
fn keys_before(
    table: &TableLanding<'_>,
    decided: &Decided,
    raw: &RecordBatch,
    said: &ChangeColumns,
) -> Result<RecordBatch, TaskError> {
    let shape = |_| RunError::Stamp { rows: raw.num_rows() };
    let mut columns: Vec<ArrayRef> = Vec::new();
    let declared = &table.declared.key;
    let mask = is_not_null(&said.before).map_err(shape)?;
    for (field, column) in raw.schema().fields().iter().zip(raw.columns()) {
        columns.push(match declared.iter().position(|key| key.eq_ignore_ascii_case(field.name())) {
            Some(place) => zip(&mask, said.before.column(place), column).map_err(shape)?,
            None => new_null_array(field.data_type(), raw.num_rows()),
        });
    }
    let raw = RecordBatch::try_new(raw.schema(), columns).map_err(shape)?;
    let treated = decided.obfuscator.apply(&raw)?;
    let places: Vec<usize> = declared
        .iter()
        .filter_map(|key| treated.schema().fields().iter().position(|field| field.name().eq_ignore_ascii_case(key)))
        .collect();
    Ok(treated.project(&places).map_err(shape)?)
}

/// Rows of the table.
struct Stored {
    /// For each row that was asked for its place among them.
    rows: Vec<Option<usize>>,
    /// The columns that were asked for.
    columns: Vec<ArrayRef>,
}

async fn stored(
    table: &TableLanding<'_>,
    keys: &RecordBatch,
    treated: &RecordBatch,
    places: &[usize],
) -> Result<Stored, TaskError> {
    let shape = |_| RunError::Stamp { rows: keys.num_rows() };
    let key_name = |place: usize| format!("ade_key_{place}");
    let mut fields = vec![Field::new("ade_row", DataType::Int64, false)];
    fields.extend(
        keys.schema()
            .fields()
            .iter()
            .enumerate()
            .map(|(place, field)| Field::new(key_name(place), field.data_type().clone(), true)),
    );
    let numbers = Int64Array::from_iter_values((0_i64..).take(keys.num_rows()));
    let mut columns: Vec<ArrayRef> = vec![Arc::new(numbers)];
    columns.extend(keys.columns().iter().cloned());
    let schema = Arc::new(Schema::new(fields));
    let rows = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(shape)?;
    let asked = RelationName::new(&table.source.relation.schema, ASKED);
    let provider =
        MemTable::try_new(schema, vec![vec![rows]]).map_err(|_| RunError::Stamp { rows: keys.num_rows() })?;
    let front = MemoryCatalog::new().with_table(asked.clone(), Arc::new(provider));
    let session = table.build.session(front, &table.source.relation.schema);
    let wanted = places.iter().map(|place| format!(", t.{}", quoted(treated.schema().field(*place).name())));
    let keyed = keys.schema();
    let equal = keyed.fields().iter().enumerate();
    let equal = equal.map(|(place, field)| format!("t.{} = a.{}", quoted(field.name()), key_name(place)));
    let sql = format!(
        "select a.ade_row{} from {} a join {} t on {}",
        wanted.collect::<String>(),
        asked.to_sql(),
        relation_name(&table.source.relation).to_sql(),
        equal.collect::<Vec<_>>().join(" and "),
    );
    let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
    let answer = session.query(&sql).await.map_err(failed)?;
    let schema = answer.schema();
    let batches = answer.collect().await.map_err(failed)?;
    let found = concat_batches(&schema, &batches).map_err(shape)?;
    let numbers = found.column(0).as_primitive::<Int64Type>().values().iter();
    let by_number: HashMap<i64, usize> = numbers.enumerate().map(|(place, number)| (*number, place)).collect();
    let rows = (0_i64..).take(keys.num_rows()).map(|number| by_number.get(&number).copied()).collect();
    Ok(Stored { rows, columns: found.columns()[1..].to_vec() })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
