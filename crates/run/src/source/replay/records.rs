//! Rejected records that become rows by what the project says now: other quotes, widths, an encoding, names.
//!
//! Such a row lands under the batch that its record came with, and goes when that does. A row of its key that landed since, or came
//! with it, stays: nobody knows which of the two is the later one.
use std::collections::HashSet;
use std::sync::Arc;

use ade_connect::{ConnectError, ReadUnit, RejectedRecord, Snapshot as SourceSnapshot};
use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{Snapshot, StageWriter};
use ade_privacy::{key_id_of, unseal};
use ade_project::resource::IngestMode;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use futures::StreamExt;

use super::super::connections::{of_connection, open};
use super::super::decided::Decided;
use super::super::door::named;
use super::super::extras::Known;
use super::super::ingest::TableLanding;
use super::super::key::{key_places, rows_with_null_key};
use super::super::quarantine::{PLACE, ROW, SEALED};
use super::super::rejection::RejectKind;
use super::super::stamp::{BATCH_ID, stamp};
use super::super::switched::position;
use super::super::tally::Tally;
use super::{Replay, Replayed, mending};
use crate::build::{Outcome, TaskError, relation_name};
use crate::error::RunError;

/// Records that are read at once.
const AT_ONCE: usize = 1_000;
/// Different reasons that are told of records that stay.
const MOST_REASONS: usize = 10;

/// Name of the rows that may land, in a query.
const ASKED: &str = "ade_mended_records";

/// A record that is kept.
struct KeptRecord {
    digest: String,
    batch_id: String,
    record: RejectedRecord,
}

impl Replay<'_> {
    /// Reads the open records once more, and stages those that rows can be made of.
    pub(super) async fn stage_records(
        &self,
        current: &Snapshot,
        writer: &mut StageWriter,
        replayed: &mut Replayed,
    ) -> Result<(), TaskError> {
        let from = RelationName::new(self.apart.schema(), self.apart.table()).to_sql();
        let columns = [(ROW, "row_id"), (PLACE, "place"), (SEALED, "sealed"), (BATCH_ID, "batch")];
        let columns = columns.map(|(name, alias)| format!("cast(q.{name} as varchar) as {alias}")).join(", ");
        let conditions = self.conditions(RejectKind::Record).join(" and ");
        // Lines of one file in their order.
        let all = format!("select {columns} from {from} q where {conditions}");
        let sql = format!("select * from ({all}) r order by batch, length(place), place");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let mut answer = self.session().query(&sql).await.map_err(failed)?;
        while let Some(batch) = answer.next().await {
            let batch = batch.map_err(failed)?;
            let mut records = self.opened(&batch)?.into_iter().peekable();
            while records.peek().is_some() {
                let some = records.by_ref().take(AT_ONCE).collect();
                Box::pin(self.stage_some(some, current, writer, replayed)).await?;
            }
        }
        Ok(())
    }

    fn opened(&self, batch: &RecordBatch) -> Result<Vec<KeptRecord>, TaskError> {
        let keys = self.build.keys()?;
        let columns = (0..4).map(|place| mending::texts(batch, place)).collect::<Result<Vec<_>, _>>()?;
        let text = |column: usize, row: usize| columns[column][row].clone().unwrap_or_default();
        let mut records = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let sealed = text(2, row);
            let key = key_id_of(&sealed).and_then(|id| keys.get(id)).unwrap_or_else(|| keys.current());
            let record = RejectedRecord {
                place: text(1, row),
                rule: RejectedRecord::BROKEN,
                reason: String::new(),
                record: unseal(&sealed, key)?.to_vec(),
            };
            records.push(KeptRecord { digest: text(0, row), batch_id: text(3, row), record });
        }
        Ok(records)
    }

    async fn stage_some(
        &self,
        records: Vec<KeptRecord>,
        current: &Snapshot,
        writer: &mut StageWriter,
        replayed: &mut Replayed,
    ) -> Result<(), TaskError> {
        let Some(snapshot) = self.reread(&records).await? else {
            let why = "no row can be made of the record: what it comes from must give it again";
            *replayed.stay.entry(why.to_owned()).or_default() += records.len() as u64;
            return Ok(());
        };
        let landing = TableLanding {
            build: self.build,
            source: self.source,
            declared: self.declared,
            table: self.table,
            lease: self.lease,
            checks: self.checks,
            anew: false,
        };
        let spec = self.build.connections.spec(self.connection()?)?;
        let options =
            spec.table_options(&self.declared.options).map_err(|problems| ConnectError::Settings { problems })?;
        let known = position(current, self.declared.mode);
        let (plan, retyping) = landing.plan(snapshot.as_ref(), options, Some(current), known).await?;
        let mut said = Outcome::unchanged();
        let decided = landing.decide(plan, &retyping, Some(current), false, &[], &mut said).await?;
        let (mut rows, mut of) = (Vec::new(), Vec::new());
        for (unit, kept) in decided.plan.units.iter().zip(&records) {
            match self.row(snapshot.as_ref(), &decided, unit, kept).await? {
                Ok(row) => {
                    rows.push(aligned(&row, current.schema())?);
                    of.push(kept);
                }
                Err(why) => stay(replayed, why),
            }
        }
        let Some(first) = rows.first() else { return Ok(()) };
        let shape = |_| RunError::Stamp { rows: of.len() };
        let rows = concat_batches(first.schema_ref(), &rows).map_err(shape)?;
        let late = self.outrun(current, &rows).await?;
        let lands: BooleanArray = (0..of.len()).map(|row| Some(!late.contains(&row))).collect();
        for (row, kept) in of.iter().enumerate() {
            if late.contains(&row) {
                stay(replayed, "a row with its key has landed since, or came with it".to_owned());
            } else {
                replayed.digests.insert(kept.digest.clone());
                replayed.rows += 1;
            }
        }
        let rows = filter_record_batch(&rows, &lands).map_err(shape)?;
        if rows.num_rows() > 0 {
            writer.write(rows).await?;
        }
        Ok(())
    }

    fn connection(&self) -> Result<&ade_project::resource::Connection, TaskError> {
        let connections = &self.build.workspace.project.connections;
        let connection = self.source.connection.as_ref().and_then(|name| connections.get(name));
        connection.ok_or_else(|| RunError::usage("the table has no connection", None).into())
    }

    /// The records as a source; `None` where they cannot be read alone, or all of them come again with every load.
    async fn reread(&self, records: &[KeptRecord]) -> Result<Option<Box<dyn SourceSnapshot>>, TaskError> {
        if self.declared.mode != IngestMode::Incremental {
            return Ok(None);
        }
        let (workspace, connection) = (&self.build.workspace, self.connection()?);
        let opened = open(&workspace.connectors, connection, &workspace.root, &workspace.world, None).await?;
        let records = records.iter().map(|kept| kept.record.clone()).collect();
        Ok(opened.reread(records).await.map_err(|error| of_connection(error, connection))?)
    }

    /// The row of a record as it lands, or why there is none.
    async fn row(
        &self,
        snapshot: &dyn SourceSnapshot,
        decided: &Decided,
        unit: &ReadUnit,
        kept: &KeptRecord,
    ) -> Result<Result<RecordBatch, String>, TaskError> {
        let raw = match read(snapshot, decided, unit).await {
            Ok(Some(raw)) => raw,
            Ok(None) => return Ok(Err("there is nothing in the record".to_owned())),
            Err(error) => return Ok(Err(reason(&error))),
        };
        let table = format!("{}.{}", self.source.source, self.source.name);
        let raw = named(&raw, &decided.arriving)?;
        let sifted = decided.sieve.sift(&table, &raw, None, &mut Tally::default())?;
        let rejected = sifted.apart.iter().chain(&sifted.aside).find(|reasons| reasons.is_valid(0));
        if let Some(reasons) = rejected {
            return Ok(Err(reasons.value(0).to_owned()));
        }
        if sifted.stays.as_ref().is_some_and(|stays| !stays.value(0)) {
            return Ok(Err("its row is left out by a rule, or is of somebody who was erased".to_owned()));
        }
        let landing = decided.landing_of(&sifted.rows)?;
        let nulls = |place: usize| landing.column(place).logical_null_count();
        let broken = self.build.broken_promise(self.source, &unit.label, landing.schema_ref(), nulls, &decided.missing);
        let treated = decided.obfuscator.apply(&landing)?;
        let lacks_key = || rows_with_null_key(self.source, &unit.label, &treated);
        if broken.or_else(lacks_key).is_some() {
            return Ok(Err("its row lacks a value that was promised".to_owned()));
        }
        let known = Known { is_deleted: sifted.is_deleted, marks: sifted.marks, changed_at: None };
        let all = decided.extras.add(&treated, known)?;
        if all.num_rows() != 1 {
            return Ok(Err("it is more than one row by now".to_owned()));
        }
        let now = self.build.workspace.world.clock.now();
        let stamped = stamp(&all, &decided.schema, &kept.batch_id, now)?;
        Ok(Ok(stamped))
    }

    /// Those of rows of which the table has the key from their own batch, or a later one.
    async fn outrun(&self, current: &Snapshot, rows: &RecordBatch) -> Result<HashSet<usize>, TaskError> {
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let key = self.spelled_key(current);
        let places = key_places(rows.schema_ref(), &key);
        let Some((_, batch_ids)) = rows.schema_ref().column_with_name(BATCH_ID).filter(|_| !key.is_empty()) else {
            return Ok(HashSet::new());
        };
        let batch_ids = rows.column_by_name(batch_ids.name()).map(Arc::clone);
        let batch_ids: StringArray = match batch_ids {
            Some(column) => cast(&column, &DataType::Utf8).map_err(shape)?.as_string::<i32>().clone(),
            None => return Ok(HashSet::new()),
        };
        let numbers = Int64Array::from_iter_values((0_i64..).take(rows.num_rows()));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(batch_ids)];
        let mut fields =
            vec![Field::new("ade_row", DataType::Int64, false), Field::new("ade_batch", DataType::Utf8, true)];
        for (at, place) in places.iter().enumerate() {
            fields.push(rows.schema_ref().field(*place).clone().with_name(format!("ade_key_{at}")));
            columns.push(Arc::clone(rows.column(*place)));
        }
        let schema = Arc::new(Schema::new(fields));
        let asked = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(shape)?;
        let provider =
            MemTable::try_new(schema, vec![vec![asked]]).map_err(|_| RunError::Stamp { rows: rows.num_rows() })?;
        let name = RelationName::new(&self.source.relation.schema, ASKED);
        let front = MemoryCatalog::new().with_table(name.clone(), Arc::new(provider));
        let session = self.build.session(front, &self.source.relation.schema);
        let equal = places.iter().enumerate().map(|(at, place)| {
            let name = rows.schema_ref().field(*place).name().replace('"', "\"\"");
            format!("t.\"{name}\" = a.ade_key_{at}")
        });
        let equal = equal.chain([format!("t.{BATCH_ID} >= a.ade_batch")]).collect::<Vec<_>>().join(" and ");
        let (asked, table) = (name.to_sql(), relation_name(&self.source.relation).to_sql());
        let sql = format!("select distinct a.ade_row from {asked} a join {table} t on {equal}");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = session.query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let found = answer.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
        Ok(found.filter_map(|row| usize::try_from(*row).ok()).collect())
    }
}

/// The row of a unit as its source has it.
async fn read(
    snapshot: &dyn SourceSnapshot,
    decided: &Decided,
    unit: &ReadUnit,
) -> Result<Option<RecordBatch>, ConnectError> {
    let mut stream = snapshot.read(&decided.plan, unit).await?;
    let mut row = None;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if batch.num_rows() > 0 && row.replace(batch).is_some() {
            return Err(ConnectError::SourceFailed {
                object: unit.label.clone(),
                reason: "it is more than one row by now".to_owned(),
            });
        }
    }
    Ok(row)
}

/// Why no row can be made of a record, without where it is.
fn reason(error: &ConnectError) -> String {
    match error {
        ConnectError::Malformed { reason, .. } | ConnectError::SourceFailed { reason, .. } => {
            format!("no row can be made of the record: {reason}")
        }
        ConnectError::Value { expected, .. } => format!("a value of the record is no {expected}"),
        other => other.to_string(),
    }
}

fn stay(replayed: &mut Replayed, why: String) {
    let is_new = !replayed.stay.contains_key(&why);
    let why = if is_new && replayed.stay.len() >= MOST_REASONS { "for other reasons".to_owned() } else { why };
    *replayed.stay.entry(why).or_default() += 1;
}

/// A row with the columns that the table has.
fn aligned(row: &RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch, RunError> {
    let shape = |_| RunError::Stamp { rows: row.num_rows() };
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match row.column_by_name(field.name()) {
            Some(column) => cast(column, field.data_type()).map_err(shape)?,
            None => new_null_array(field.data_type(), row.num_rows()),
        });
    }
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(shape)
}
