//! Rows that say only what is new about theirs: users, whose traits come bit by bit. What a row leaves out stays as it was, in the rows
//! that came before it and in the table.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{At, LakeError};
use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array, new_null_array};
use arrow::compute::{cast, interleave, take};
use arrow::datatypes::{Field, Schema};

use super::ingest::TableLanding;
use super::key::key_places;
use super::key_digests::KeyDigest;
use super::sweep::Keys;
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Name of the keys whose rows are asked for.
const ASKED: &str = "ade_merged_keys";

/// Where a value is: in which batch, and in which row of it.
type Pointer = (usize, usize);

/// Rows on their way that are completed by what is known of theirs.
pub(super) struct Merging {
    /// Whether they are older than what is known: then they only fill in what is missing there.
    is_older: bool,
    /// All rows that values may be taken from.
    batches: Vec<RecordBatch>,
    /// For each key where the value of each column is.
    known: HashMap<KeyDigest, Vec<Pointer>>,
}

impl Merging {
    pub(super) fn new(is_older: bool) -> Self {
        Self { is_older, batches: Vec::new(), known: HashMap::new() }
    }

    /// Completes treated rows.
    pub(super) async fn merge(
        &mut self,
        table: &TableLanding<'_>,
        rows: RecordBatch,
    ) -> Result<RecordBatch, TaskError> {
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let places = key_places(rows.schema_ref(), &table.declared.key);
        let keys = rows.project(&places).map_err(shape)?;
        let fields: Vec<&Field> = keys.schema_ref().fields().iter().map(AsRef::as_ref).collect();
        let keys_of = Keys::new(&fields)?;
        let digests = keys_of.digests(&keys)?;
        let mut new = HashSet::new();
        let asked = (0_u64..).zip(&digests).filter(|(_, key)| !self.known.contains_key(*key) && new.insert(**key));
        let asked: UInt64Array = asked.map(|(row, _)| row).collect();
        let columns = keys.columns().iter().map(|column| take(column, &asked, None)).collect::<Result<Vec<_>, _>>();
        let asked = RecordBatch::try_new(keys.schema(), columns.map_err(shape)?).map_err(shape)?;
        if asked.num_rows() > 0 {
            for stored in stored(table, &asked, &rows).await? {
                let stored_keys = keys_of.digests(&stored.project(&places).map_err(shape)?)?;
                let batch = self.batches.len();
                for (row, key) in stored_keys.into_iter().enumerate() {
                    self.known.insert(key, vec![(batch, row); stored.num_columns()]);
                }
                self.batches.push(stored);
            }
        }
        self.complete(rows, digests)
    }

    fn complete(&mut self, rows: RecordBatch, digests: Vec<KeyDigest>) -> Result<RecordBatch, TaskError> {
        let (count, width, schema) = (rows.num_rows(), rows.num_columns(), rows.schema());
        let shape = |_| RunError::Stamp { rows: count };
        let own = self.batches.len();
        self.batches.push(rows);
        let mut pointers: Vec<Vec<Pointer>> = vec![Vec::with_capacity(count); width];
        for (row, key) in digests.into_iter().enumerate() {
            let known = self.known.entry(key).or_insert_with(|| vec![(own, row); width]);
            for (column, pointer) in known.iter_mut().enumerate() {
                let has = |(batch, row): Pointer| self.batches[batch].column(column).is_valid(row);
                let is_taken = if self.is_older { !has(*pointer) } else { has((own, row)) };
                if is_taken {
                    *pointer = (own, row);
                }
                pointers[column].push(*pointer);
            }
        }
        let columns = pointers.iter().enumerate().map(|(column, pointers)| {
            let from: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(column).as_ref()).collect();
            interleave(&from, pointers)
        });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>().map_err(shape)?;
        Ok(RecordBatch::try_new(schema, columns).map_err(shape)?)
    }
}

/// The rows that the table has under these keys, with the columns of `rows`.
async fn stored(
    table: &TableLanding<'_>,
    keys: &RecordBatch,
    rows: &RecordBatch,
) -> Result<Vec<RecordBatch>, TaskError> {
    let there = match table.build.workspace.lake.snapshot(table.table, At::Latest).await {
        Ok(there) => there,
        Err(LakeError::NoTable { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let shape = |_| RunError::Stamp { rows: keys.num_rows() };
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let fields = keys.schema_ref().fields().iter().enumerate();
    let fields = fields.map(|(place, field)| Field::new(format!("ade_key_{place}"), field.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let asked = RecordBatch::try_new(Arc::clone(&schema), keys.columns().to_vec()).map_err(shape)?;
    let provider =
        MemTable::try_new(schema, vec![vec![asked]]).map_err(|_| RunError::Stamp { rows: keys.num_rows() })?;
    let name = RelationName::new(&table.source.relation.schema, ASKED);
    let front = MemoryCatalog::new().with_table(name.clone(), Arc::new(provider));
    let equal = keys.schema_ref().fields().iter().enumerate();
    let equal = equal.map(|(place, field)| format!("t.{} = a.ade_key_{place}", quoted(field.name())));
    let is_there = |field: &Field| there.schema().field_with_name(field.name()).is_ok();
    let columns = rows.schema_ref().fields().iter();
    let columns =
        columns.map(|field| if is_there(field) { format!("t.{}", quoted(field.name())) } else { "null".to_owned() });
    // Each column has a name of its own, whatever it is called.
    let columns = columns.enumerate().map(|(place, column)| format!("{column} as ade_column_{place}"));
    let sql = format!(
        "select {} from {} a join {} t on {}",
        columns.collect::<Vec<_>>().join(", "),
        name.to_sql(),
        relation_name(&table.source.relation).to_sql(),
        equal.collect::<Vec<_>>().join(" and ")
    );
    let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
    let session = table.build.session(front, &table.source.relation.schema);
    let answer = session.query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let typed = answer.into_iter().filter(|batch| batch.num_rows() > 0).map(|batch| {
        let columns = batch.columns().iter().zip(rows.schema_ref().fields()).map(|(column, field)| {
            if column.null_count() == column.len() {
                return Ok(new_null_array(field.data_type(), column.len()));
            }
            cast(column, field.data_type())
        });
        let fields = rows.schema_ref().fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns.collect::<Result<_, _>>()?)
    });
    Ok(typed.collect::<Result<_, _>>().map_err(shape)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, StringArray};

    use super::*;

    fn rows(of: &[[Option<&str>; 3]]) -> (RecordBatch, Vec<KeyDigest>) {
        let column = |place: usize| -> ArrayRef { Arc::new(of.iter().map(|row| row[place]).collect::<StringArray>()) };
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("id", column(0), true),
            ("a", column(1), true),
            ("b", column(2), true),
        ]);
        let digests = of.iter().map(|row| [row[0].unwrap().as_bytes()[0]; 16]);
        (batch.unwrap(), digests.collect())
    }

    fn merged(merging: &mut Merging, of: &[[Option<&str>; 3]]) -> Vec<String> {
        let (batch, digests) = rows(of);
        let merged = merging.complete(batch, digests).unwrap();
        let text = |column: usize, row: usize| {
            let texts = merged.column(column).as_string::<i32>();
            if texts.is_valid(row) { texts.value(row).to_owned() } else { "-".to_owned() }
        };
        (0..merged.num_rows()).map(|row| format!("{}{}{}", text(0, row), text(1, row), text(2, row))).collect()
    }

    #[test]
    fn what_a_row_leaves_out_is_as_it_was_in_the_one_before() {
        let mut merging = Merging::new(false);
        let first = [[Some("u"), Some("1"), None], [Some("v"), None, Some("2")], [Some("u"), None, Some("3")]];
        assert_eq!(merged(&mut merging, &first), ["u1-", "v-2", "u13"]);
        assert_eq!(merged(&mut merging, &[[Some("u"), Some("4"), None], [Some("v"), Some("5"), None]]), ["u43", "v52"]);
    }

    #[test]
    fn older_rows_fill_in_what_is_missing_and_change_nothing_else() {
        let mut merging = Merging::new(false);
        merged(&mut merging, &[[Some("u"), Some("new"), None]]);
        merging.is_older = true;
        assert_eq!(merged(&mut merging, &[[Some("u"), Some("old"), Some("only")]]), ["unewonly"]);
    }
}
