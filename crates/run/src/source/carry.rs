//! Values that a changed row leaves out, because they did not change: they are in the table, as they landed.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::ChangeColumns;
use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{At, LakeError, Snapshot, TableName};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, concat_batches, filter_record_batch, interleave, is_not_null};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use super::decided::Decided;
use super::ingest::TableLanding;
use super::quarantine::{KIND, REASON, REPLAYED, RULE, SEALED, STATE};
use super::rejection::{Earlier, RejectKind};
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Name of the rows whose values are asked for.
const ASKED: &str = "ade_changed_rows";

/// … and how names of what is kept apart begin.
const APART: &str = "ade_kept_apart";

/// What is asked of rejects beside their rows.
const SAID: [&str; 5] = [REASON, KIND, SEALED, STATE, RULE];

/// What happens with rows that the table has not got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing<'a> {
    /// They are looked for among those that are kept apart, in the table beside it, if it is there. Those that are not there
    /// either are left out.
    LookBeside(Option<&'a TableName>),
    /// They are left out.
    LeaveOut,
}

/// Rows that are complete.
pub(super) struct Completed {
    pub(super) rows: RecordBatch,
    /// For each of them what was rejected of it before, if anything was.
    pub(super) earlier: Vec<Option<Earlier>>,
    /// For each row that was asked for whether it is among them.
    pub(super) there: BooleanArray,
}

/// Fills in what `treated` leaves out, from the rows that the table has under the keys of `raw`, or under those from before.
/// `said`, `raw` and `treated` are of the same rows; `treated` may have further columns.
pub(super) async fn carried(
    table: &TableLanding<'_>,
    decided: &Decided,
    raw: &RecordBatch,
    treated: RecordBatch,
    said: &ChangeColumns,
    missing: Missing<'_>,
) -> Result<Completed, TaskError> {
    let left_out: Vec<Vec<usize>> = (0..raw.num_rows()).map(|row| said.left_out(row)).collect();
    let mut places: Vec<usize> = left_out.iter().flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    let keys = keys_before(table, decided, raw, said)?;
    let beside = if let Missing::LookBeside(beside) = missing { beside } else { None };
    let found = stored(table, beside, &keys, &treated, &places).await?;
    let there: BooleanArray = found.rows.iter().map(|row| Some(row.is_some())).collect();
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
    let rows = filter_record_batch(&whole, &there).map_err(shape)?;
    let earlier = found.earlier.into_iter().zip(&found.rows).filter(|(_, row)| row.is_some());
    Ok(Completed { rows, earlier: earlier.map(|(earlier, _)| earlier).collect(), there })
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
    /// For each row that was asked for what is rejected of it, if anything is.
    earlier: Vec<Option<Earlier>>,
}

async fn stored(
    table: &TableLanding<'_>,
    beside: Option<&TableName>,
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
    let mut front = MemoryCatalog::new().with_table(asked.clone(), Arc::new(provider));
    let mut apart = Vec::new();
    for snapshot in kept_apart(table, beside).await? {
        let name = RelationName::new(&table.source.relation.schema, format!("{APART}_{}", apart.len()));
        front = front.with_table(name.clone(), snapshot.provider());
        apart.push((name, snapshot));
    }
    let session = table.build.session(front, &table.source.relation.schema);
    let name = |place: usize| treated.schema_ref().field(place).name();
    let keyed = keys.schema();
    let equal = keyed.fields().iter().enumerate();
    let equal = equal.map(|(place, field)| format!("t.{} = a.{}", quoted(field.name()), key_name(place)));
    let equal = equal.collect::<Vec<_>>().join(" and ");
    let of = |relation: &RelationName, rank: usize, lands: &dyn Fn(&str) -> bool| {
        let wanted = places.iter().map(|place| match name(*place) {
            name if lands(name) => format!(", t.{}", quoted(name)),
            name => format!(", null as {}", quoted(name)),
        });
        let said = SAID.map(|name| match name {
            name if rank > 0 && lands(name) => format!(", cast(t.{name} as varchar) as {name}"),
            name => format!(", cast(null as varchar) as {name}"),
        });
        let (wanted, said) = (wanted.collect::<String>(), said.concat());
        let (asked, relation) = (asked.to_sql(), relation.to_sql());
        format!("select a.ade_row, cast({rank} as bigint){said}{wanted} from {asked} a join {relation} t on {equal}")
    };
    let mut sql = vec![of(&relation_name(&table.source.relation), 0, &|_| true)];
    for (name, snapshot) in &apart {
        // It has the columns of the rows that came there.
        sql.push(of(name, sql.len(), &|name: &str| snapshot.schema().field_with_name(name).is_ok()));
    }
    let sql = sql.join(" union all ");
    let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
    let answer = session.query(&sql).await.map_err(failed)?;
    let schema = answer.schema();
    let batches = answer.collect().await.map_err(failed)?;
    let found = concat_batches(&schema, &batches).map_err(shape)?;
    let numbers = found.column(0).as_primitive::<Int64Type>().values().iter();
    let ranks = found.column(1).as_primitive::<Int64Type>().values();
    let said: Vec<ArrayRef> = found.columns()[2..2 + SAID.len()]
        .iter()
        .map(|column| cast(column, &DataType::Utf8))
        .collect::<Result<_, _>>()
        .map_err(shape)?;
    let text = |which: usize, place: usize| {
        let texts = said[which].as_string::<i32>();
        texts.is_valid(place).then(|| texts.value(place))
    };
    let is_value = |place: usize| text(1, place) == Some(RejectKind::Value.word());
    // Of each row the likeliest place; and that of a value which it landed without, as it is kept now: what became of it since the
    // table was committed is true of it.
    let latest = i64::try_from(apart.len()).unwrap_or(i64::MAX);
    let (mut by_number, mut values): (HashMap<i64, usize>, HashMap<i64, usize>) = (HashMap::new(), HashMap::new());
    for (place, number) in numbers.enumerate() {
        let is_settled = text(3, place).is_some_and(|state| state.starts_with(REPLAYED));
        if is_value(place) {
            if ranks[place] == latest && !is_settled {
                values.insert(*number, place);
            }
        } else if !is_settled {
            let best = by_number.entry(*number).or_insert(place);
            if ranks[place] < ranks[*best] {
                *best = place;
            }
        }
    }
    let rows = (0_i64..).take(keys.num_rows()).map(|number| by_number.get(&number).copied());
    let rows: Vec<Option<usize>> = rows.collect();
    let earlier = (0_i64..).zip(&rows).map(|(number, row)| {
        let of_value = values.get(&number).copied().filter(|_| row.is_some_and(|row| ranks[row] == 0));
        let place = of_value.or(*row)?;
        Some(Earlier {
            reason: text(0, place)?.to_owned(),
            rule: text(4, place).unwrap_or_default().to_owned(),
            sealed: text(2, place).map(str::to_owned),
        })
    });
    let earlier = earlier.collect();
    Ok(Stored { rows, columns: found.columns()[2 + SAID.len()..].to_vec(), earlier })
}

/// What is kept apart, the likeliest first: as it was when the table was committed, which is what the changes go on from, and
/// as it is. It is committed before the table, and somebody may have died between the two.
async fn kept_apart(table: &TableLanding<'_>, beside: Option<&TableName>) -> Result<Vec<Snapshot>, TaskError> {
    let Some(beside) = beside else { return Ok(Vec::new()) };
    let lake = &table.build.workspace.lake;
    let latest = lake.snapshot(beside, At::Latest).await?;
    let newest = lake.newest(table.table).await?;
    let mut all = Vec::new();
    if let Some(committed_at) = newest.and_then(|(_, state)| state.committed_at) {
        match lake.snapshot(beside, At::Timestamp(committed_at)).await {
            Ok(then) if then.version() != latest.version() => all.push(then),
            Ok(_) | Err(LakeError::NoVersion { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    all.push(latest);
    Ok(all)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
