//! Changes on their way to the stage: rows that are complete, rows that leave out what did not change, rows that are no more.
use std::collections::HashMap;

use ade_connect::{ChangeColumns, ConnectError, ReadUnit, Snapshot as SourceSnapshot};
use ade_lake::At;
use ade_project::resource::{Ingest, SourceTable};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{filter, filter_record_batch, is_not_null, is_null, not, or};
use arrow::datatypes::Field;

use super::super::arrival::Arrival;
use super::super::carry::{Missing, carried};
use super::super::changed_rows::{ChangedRows, narrowed, only};
use super::super::door::{Door, named};
use super::super::extras::Known;
use super::super::key::key_places;
use super::super::key_digests::KeyDigest;
use super::super::rejection::{Rejection, Unfit};
use super::super::sieve::Remaining;
use super::super::sweep::Keys;
use super::super::tally::Tally;
use super::{Reading, Stamp};
use crate::build::TaskError;
use crate::error::RunError;

impl Reading<'_, '_> {
    /// Takes a batch of changes.
    pub(super) async fn changes(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        batch: &RecordBatch,
        unit: &ReadUnit,
        stamp: &Stamp,
        before: u64,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let not_changes = || ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it gave rows where changes were asked for".to_owned(),
        };
        let (rows, said) = ChangeColumns::split(batch).ok_or_else(not_changes)?;
        let rows = named(&rows, &decided.arriving)?;
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let parted = ChangedRows::new(&rows, &said).map_err(shape)?;
        let (complete, said) = parted.complete;
        let sifted = self.sift(&complete)?;
        self.rows(sifted, Some(said.changed_at), unit, stamp, before).await?;
        let (partial, said) = parted.partial;
        if partial.num_rows() > 0 {
            self.partial(snapshot, &partial, &said, unit, stamp).await?;
        }
        let (gone, said) = parted.gone;
        if gone.num_rows() == 0 {
            return Ok(());
        }
        let raw = decided.landing_of(&decided.sieve.fitted_rows(&gone)?)?;
        let treated = decided.obfuscator.apply(&raw)?;
        self.keep_apart(&treated, None, self.arrival.place(unit, before), stamp).await?;
        let rows = treated.num_rows();
        let known =
            Known { is_deleted: Some(vec![true; rows].into()), changed_at: Some(said.changed_at.clone()), marks: None };
        let all = decided.extras.add(&treated, known)?;
        if !decided.extras.marks_deleted() {
            self.tally.gone += rows as u64;
            return self.write(&all, Some(vec![true; rows].into()), unit, stamp).await;
        }
        // They stay as they were, with the mark: all that is known of them now is the key.
        let key = key_places(all.schema_ref(), &table.declared.key);
        let others = decided.extras.of_before(treated.num_columns(), &key);
        let said = narrowed(&said, &[], &others);
        let kept = carried(table, decided, &raw, all, &said, Missing::LeaveOut).await?;
        self.tally.gone += kept.rows.num_rows() as u64;
        self.write(&kept.rows, None, unit, stamp).await
    }

    /// Takes changed rows that leave out values which did not change.
    async fn partial(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        rows: &RecordBatch,
        said: &ChangeColumns,
        unit: &ReadUnit,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let source = table.source;
        let name = format!("{}.{}", source.source, source.name);
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let unsure =
            or(&decided.sieve.unsure(rows, said), &without_place(self.arrival, rows, said).await?).map_err(shape)?;
        if unsure.true_count() > 0 {
            let (rows, said) = (filter_record_batch(rows, &unsure), only(said, &unsure));
            let (rows, said) = (rows.map_err(shape)?, said.map_err(shape)?);
            self.again(&rows, (&said.changed_at, false), snapshot, unit, stamp).await?;
        }
        let sure = not(&unsure).map_err(shape)?;
        let (rows, said) = (&filter_record_batch(rows, &sure).map_err(shape)?, &only(said, &sure).map_err(shape)?);
        let sifted = decided.sieve.sift(&name, rows, Some(said), self.tally)?;
        let raw = decided.landing_of(&sifted.rows)?;
        let treated = decided.obfuscator.apply(&raw)?;
        let own = treated.num_columns();
        let known =
            Known { is_deleted: sifted.is_deleted, marks: sifted.marks, changed_at: Some(said.changed_at.clone()) };
        let all = decided.extras.add(&treated, known)?;
        let none = StringArray::new_null(rows.num_rows());
        let apart = sifted.apart.as_ref().unwrap_or(&none);
        let every = BooleanArray::from(vec![true; rows.num_rows()]);
        let counts = or(sifted.stays.as_ref().unwrap_or(&every), &is_not_null(apart).map_err(shape)?).map_err(shape)?;
        // Rows that land in neither table take what there is of them with them.
        let out = filter_record_batch(&all, &not(&counts).map_err(shape)?).map_err(shape)?;
        self.keep_apart(&first(&out, own)?, None, self.arrival.place(unit, 0), stamp).await?;
        self.write(&out, Some(vec![true; out.num_rows()].into()), unit, stamp).await?;
        // The others are completed.
        let some = |batch: &RecordBatch| filter_record_batch(batch, &counts).map_err(shape);
        let said = only(said, &counts).map_err(shape)?;
        let sent = narrowed(&said, &decided.places, &[]);
        let raw = some(&raw)?;
        let beside = match self.quarantine {
            Some(quarantine) => quarantine.before(),
            None => None,
        };
        let completed = carried(table, decided, &raw, some(&all)?, &sent, Missing::LookBeside(beside)).await?;
        let there = &completed.there;
        if there.true_count() < there.len() {
            let is_lacking = not(there).map_err(shape)?;
            let lacking = filter_record_batch(&some(rows)?, &is_lacking).map_err(shape)?;
            let said = only(&said, &is_lacking).map_err(shape)?;
            self.again(&lacking, (&said.changed_at, true), snapshot, unit, stamp).await?;
        }
        let (raw, said) = (filter_record_batch(&raw, there).map_err(shape)?, only(&said, there).map_err(shape)?);
        let sent = only(&sent, there).map_err(shape)?;
        let apart = filter(&filter(apart, &counts).map_err(shape)?, there).map_err(shape)?;
        let aside = sifted.aside.as_ref().unwrap_or(&none);
        let aside = filter(&filter(aside, &counts).map_err(shape)?, there).map_err(shape)?;
        let sent_reasons = (apart.as_string(), aside.as_string());
        let Remaining { apart, aside, goes_on } =
            decided.sieve.remaining(sent_reasons, &completed.earlier, rows.schema_ref(), &said, self.tally);
        let stays = is_null(&apart).map_err(shape)?;
        // What they leave out was held against the promises when it landed.
        let is_lacking = |row: &usize, nulls: &NullBuffer, place: &usize| {
            stays.value(*row) && nulls.is_null(*row) && !sent.left_out(*row).contains(place)
        };
        let nulls = |place: usize| match raw.column(place).logical_nulls() {
            Some(nulls) => (0..raw.num_rows()).filter(|row| is_lacking(row, &nulls, &place)).count(),
            None => 0,
        };
        if let Some(problem) =
            table.build.broken_promise(source, &unit.label, raw.schema_ref(), nulls, &decided.missing)
        {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        self.look(&filter_record_batch(&raw, &stays).map_err(shape)?)?;
        let whole = completed.rows;
        let mut unfit = Vec::with_capacity(sifted.unfit.len());
        for Unfit { column, values, rows } in &sifted.unfit {
            let some = |all: &dyn Array| filter(&filter(all, &counts)?, there);
            let (values, rows) = (some(values).map_err(shape)?, some(rows).map_err(shape)?);
            unfit.push(Unfit { column: column.clone(), values, rows: rows.as_boolean().clone() });
        }
        let sealing = decided.sealing.as_ref();
        let rejection = Rejection::new(whole.num_rows(), Some(&apart), Some(&aside), &unfit, sealing, goes_on)?;
        self.keep_apart(&first(&whole, own)?, rejection.as_ref(), self.arrival.place(unit, 0), stamp).await?;
        self.write(&whole, Some(not(&stays).map_err(shape)?), unit, stamp).await
    }

    /// Takes rows of which too little was sent, and nothing is known, as their source has them now: rules left them out before,
    /// or name what was not sent. `changed_at`: when each changed, and whether they are counted already.
    async fn again(
        &mut self,
        rows: &RecordBatch,
        (changed_at, is_counted): (&TimestampMicrosecondArray, bool),
        snapshot: &dyn SourceSnapshot,
        unit: &ReadUnit,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let Some(found) = snapshot.rows_of(&decided.plan, &source_keys(table.source, table.declared, rows)?).await?
        else {
            return Err(ConnectError::Request {
                from: table.source.relation.to_string(),
                reason: format!(
                    "{} changed rows leave out values that did not change, and the table has not got them",
                    rows.num_rows()
                ),
                advice: format!(
                    "load all of it again with `ade ingest --select source:{}.{} --full-refresh`",
                    table.source.source, table.source.name
                ),
            }
            .into());
        };
        // One that the source has not got any more stays as it is, wherever it is: the log goes on to where it went, so that the
        // changes that come next tell of it, and there is a row to mark then.
        let keys = source_keys(table.source, table.declared, rows)?;
        let fields: Vec<&Field> = keys.schema_ref().fields().iter().map(AsRef::as_ref).collect();
        let digests = Keys::new(&fields)?;
        let times: HashMap<KeyDigest, Option<i64>> = digests.digests(&keys)?.into_iter().zip(changed_at).collect();
        for batch in found {
            let batch = named(&batch, &decided.arriving)?;
            let keys = source_keys(table.source, table.declared, &batch)?;
            let times = digests.digests(&keys)?.into_iter().map(|key| times.get(&key).copied().flatten());
            let times = times.collect::<TimestampMicrosecondArray>().with_timezone("UTC");
            // They are counted once.
            let mut counted = Tally::default();
            let tally = if is_counted { &mut counted } else { &mut *self.tally };
            let name = format!("{}.{}", table.source.source, table.source.name);
            let sifted = decided.sieve.sift(&name, &batch, None, tally)?;
            self.rows(sifted, Some(times), unit, stamp, 0).await?;
        }
        Ok(())
    }
}

/// The rows that leave out a column which the table has not got yet: nothing there says what it is.
async fn without_place(
    arrival: &Arrival<'_>,
    rows: &RecordBatch,
    said: &ChangeColumns,
) -> Result<BooleanArray, TaskError> {
    let Arrival { table, decided, .. } = arrival;
    let there = table.build.workspace.lake.snapshot(table.table, At::Latest).await?;
    let is_new = |place: &usize| {
        let name = rows.schema_ref().field(*place).name();
        !there.schema().fields().iter().any(|field| field.name() == name)
    };
    let new: Vec<usize> = decided.places.iter().copied().filter(is_new).collect();
    Ok((0..rows.num_rows()).map(|row| Some(said.left_out(row).iter().any(|place| new.contains(place)))).collect())
}

/// The keys of rows, with the names that they have in the source.
fn source_keys(source: &SourceTable, declared: &Ingest, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
    let shape = |_| RunError::Stamp { rows: rows.num_rows() };
    let door = Door::new(source);
    let places: Vec<usize> = key_places(rows.schema_ref(), &declared.key);
    let keys = rows.project(&places).map_err(shape)?;
    named(&keys, &door.schema_outside(keys.schema_ref()))
}

/// The first columns of rows.
fn first(rows: &RecordBatch, columns: usize) -> Result<RecordBatch, RunError> {
    let places: Vec<usize> = (0..columns).collect();
    rows.project(&places).map_err(|_| RunError::Stamp { rows: rows.num_rows() })
}
