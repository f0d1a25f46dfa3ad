//! Rows that a full load does not find any more, where deleted rows stay with a mark: they are written beside those that came.
//!
//! What has come is known by the digests of its keys. A row that was marked before stays as it is; one that is missing now gets the
//! mark, and the batch in which that was noticed. Rows that landed otherwise than rows land now cannot stay among them.
use std::collections::HashSet;
use std::sync::Arc;

use ade_diagnostic::agree;
use ade_lake::{At, LakeError, Snapshot, StageWriter, TableName, delta_schema, widen};
use ade_project::resource::{IngestMode, OnDelete};
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{and, cast, filter_record_batch, not};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::arrival::Arrival;
use super::extras::IS_DELETED;
use super::ingest::landed;
use super::key::key_places;
use super::key_digests::{KeyDigest, KeyDigests};
use super::sieve::certain;
use super::stamp::{BATCH_ID, LOADED_AT, stamp, stamped};
use super::sweep::{Keys, next};
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// The keys of all rows that came.
pub(super) struct Seen {
    current: Snapshot,
    keys: Keys,
    places: Vec<usize>,
    digests: KeyDigests,
}

impl Seen {
    /// Remembers treated rows.
    pub(super) fn add(&mut self, treated: &RecordBatch) -> Result<(), RunError> {
        let keys = treated.project(&self.places).map_err(|_| RunError::Stamp { rows: treated.num_rows() })?;
        for digest in self.keys.digests(&keys)? {
            self.digests.add(&digest).map_err(unwritten)?;
        }
        Ok(())
    }
}

/// How many rows stayed with a mark.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stayed {
    pub(super) rows: u64,
    /// Those of them that had none before.
    pub(super) newly: u64,
}

impl Stayed {
    /// That all rows of the table, of which there are so many, are marked now.
    pub(super) fn all_gone(self, total: u64) -> Option<String> {
        let Self { rows, newly } = self;
        (newly > 0 && rows == total).then(|| {
            let were = agree(newly, "was", "were");
            format!("every row of the table is marked as deleted now; before, {newly} {were} not")
        })
    }
}

impl Arrival<'_> {
    /// What remembers which rows came, where others stay; or why they cannot.
    pub(super) async fn seen(&self) -> Result<Result<Option<Seen>, String>, TaskError> {
        let Self { table, decided, .. } = self;
        let (declared, source) = (table.declared, table.source);
        let stays = declared.mode == IngestMode::Full && source.on_delete == OnDelete::Mark && !declared.key.is_empty();
        if !stays || !self.whole || table.anew {
            return Ok(Ok(None));
        }
        let workspace = &table.build.workspace;
        let current = match workspace.lake.snapshot(table.table, At::Latest).await {
            Ok(current) => current,
            Err(LakeError::NoTable { .. }) => return Ok(Ok(None)),
            Err(error) => return Err(error.into()),
        };
        let Some(before) = landed(&current).filter(|_| current.rows() != Some(0)) else { return Ok(Ok(None)) };
        let widened = HashSet::new();
        let differ = |found: &String| found.contains("landed as") || found.contains("the key was");
        let mut others = decided.landing.differences(&before, false, &widened);
        others.retain(differ);
        others.extend(retyped(&current, table.table, &decided.schema)?);
        let (before, treated) = (current.schema(), decided.obfuscator.output_schema());
        if key_places(before, &declared.key).is_empty() {
            others.push(format!("a column of the key ({}) is new", declared.key.join(", ")));
        }
        if !others.is_empty() {
            return Ok(Err(format!(
                "rows that the source has not got any more do not stay with a mark this time, as they landed otherwise: {}",
                others.join("; ")
            )));
        }
        let places = key_places(treated, &declared.key);
        let keys = Keys::new(&places.iter().map(|place| treated.field(*place)).collect::<Vec<_>>())?;
        let folder = workspace.spill.path().join(format!("keys-{}", workspace.world.ids.next()));
        Ok(Ok(Some(Seen { current, keys, places, digests: KeyDigests::new(folder.join("source")) })))
    }

    /// Writes the rows of the table that did not come.
    pub(super) async fn stay(&self, seen: Seen, writer: &mut StageWriter, batch_id: &str) -> Result<Stayed, TaskError> {
        let Self { table, decided, .. } = self;
        let workspace = &table.build.workspace;
        let relation = relation_name(&table.source.relation);
        let own = seen.current.schema();
        let key = key_places(own, &table.declared.key);
        let key: Vec<String> = key.iter().map(|place| own.field(*place).name().clone()).collect();
        let folder = workspace.spill.path().join(format!("keys-{}", workspace.world.ids.next()));
        let mut ours = KeyDigests::new(folder.join("lake"));
        let mut rows = table.rows(&relation, &key, "").await?;
        while let Some(batch) = next(&mut rows).await? {
            for digest in seen.keys.digests(&batch)? {
                ours.add(&digest).map_err(unwritten)?;
            }
        }
        let gone = ours.without(&seen.digests).map_err(unwritten)?;
        if gone.is_empty() {
            return Ok(Stayed::default());
        }
        let stored = delta_schema(table.table, &decided.schema)?.schema;
        let all: Vec<String> = own.fields().iter().map(|field| field.name().clone()).collect();
        let mut stayed = Stayed::default();
        let now = workspace.world.clock.now();
        let mut rows = table.rows(&relation, &all, "").await?;
        while let Some(batch) = next(&mut rows).await? {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let places = key_places(batch.schema_ref(), &key);
            let digests = seen.keys.digests(&batch.project(&places).map_err(shape)?)?;
            let is_gone = |digest: &KeyDigest| Some(gone.contains(digest));
            let is_gone: BooleanArray = digests.iter().map(is_gone).collect();
            let is_marked = match batch.column_by_name(IS_DELETED) {
                Some(marks) => certain(marks.as_boolean()),
                None => BooleanArray::from(vec![false; batch.num_rows()]),
            };
            let part = |mask: &BooleanArray| filter_record_batch(&batch, &and(&is_gone, mask)?);
            let before = part(&is_marked).map_err(shape)?;
            let newly = part(&not(&is_marked).map_err(shape)?).map_err(shape)?;
            stayed.rows += (before.num_rows() + newly.num_rows()) as u64;
            stayed.newly += newly.num_rows() as u64;
            if before.num_rows() > 0 {
                writer.write(shaped(&before, &decided.schema, &stored)?).await?;
            }
            if newly.num_rows() > 0 {
                let newly = shaped(&newly, &decided.schema, &stored)?;
                let places: Vec<usize> = (0..newly.num_columns() - 2).collect();
                let newly = newly.project(&places).map_err(shape)?;
                let stamped = stamped(newly.schema_ref());
                writer.write(stamp(&newly, &stamped, batch_id, now)?).await?;
            }
        }
        Ok(stayed)
    }
}

/// Columns of which what has landed is not held by the type that lands now. Types are compared as they are stored: a time
/// arrives as one and lies there as text.
fn retyped(current: &Snapshot, table: &TableName, now: &SchemaRef) -> Result<Vec<String>, LakeError> {
    let stored = delta_schema(table, now)?.schema;
    let own = now.fields().iter().zip(stored.fields());
    let own = own.filter(|(now, _)| *now.data_type() != DataType::Null && !is_of_batch(now.name()));
    let pairs = own.filter_map(|(_, stored)| Some((found(current.schema(), stored.name())?, stored)));
    let other = pairs.filter(|(then, now)| {
        let (then, now) = (then.data_type(), now.data_type());
        then != now && widen(then, now).is_none_or(|wide| wide != *now)
    });
    Ok(other.map(|(then, _)| format!("column `{}` has another type", then.name())).collect())
}

fn is_of_batch(name: &str) -> bool {
    [BATCH_ID, LOADED_AT].contains(&name)
}

fn found<'a>(schema: &'a Schema, name: &str) -> Option<&'a Field> {
    schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name)).map(AsRef::as_ref)
}

/// Rows with the columns of those that land, with the types as which these are stored, and with the mark.
fn shaped(rows: &RecordBatch, landing: &SchemaRef, stored: &SchemaRef) -> Result<RecordBatch, RunError> {
    let shape = |_| RunError::Stamp { rows: rows.num_rows() };
    let (mut columns, mut fields): (Vec<ArrayRef>, Vec<Field>) = (Vec::new(), Vec::new());
    for (field, stored) in landing.fields().iter().zip(stored.fields()) {
        let there = rows.schema_ref().fields().iter().position(|own| own.name().eq_ignore_ascii_case(field.name()));
        let there = there.map(|place| rows.column(place));
        let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let data_type = match (field.data_type(), there) {
            (DataType::Null, Some(column)) => column.data_type(),
            (own, _) if is_text => own,
            _ => stored.data_type(),
        };
        columns.push(match there {
            _ if field.name() == IS_DELETED => Arc::new(BooleanArray::from(vec![true; rows.num_rows()])),
            Some(column) => cast(column, data_type).map_err(shape)?,
            None => new_null_array(data_type, rows.num_rows()),
        });
        fields.push(Field::new(field.name(), data_type.clone(), true));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(shape)
}

fn unwritten(_: std::io::Error) -> RunError {
    RunError::usage("the keys of a load could not be written to the folder for temporary files", None)
}
