//! Units of a source on their way into one commit: read, obfuscate, stage, audit, commit.
use std::collections::BTreeMap;
use std::sync::Arc;

use ade_connect::{DELETED, ReadUnit, Snapshot as SourceSnapshot};
use ade_diagnostic::count;
use ade_engine::datafusion::common::ScalarValue;
use ade_lake::{At, CommitNote, KeySpec, LakeError, Region, SchemaChange, StageRequest, Write};
use ade_project::resource::IngestMode;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use serde_json::Value;
use uuid::Uuid;

use super::collected::Came;
use super::decided::Decided;
use super::gaps::Gaps;
use super::ingest::TableLanding;
use super::key::repeated_key;
use super::landing::{ContentHash, Landing};
use super::losses::Losses;
use super::merging::Merging;
use super::quarantine::{Intake, Quarantine};
use super::reading::Reading;
use super::reject_limit::RejectLimit;
use super::row_digest::Place;
use super::shape::{JsonShape, Shapes};
use super::stamp::BATCH_ID;
use super::staying::Stayed;
use super::tally::Tally;
use crate::build::{TaskError, discard_stage};
use crate::event::CheckReport;
use crate::failpoint::{self, hit};

/// Units on their way into one commit.
pub(super) struct Arrival<'a> {
    pub(super) table: &'a TableLanding<'a>,
    pub(super) decided: &'a Decided,
    pub(super) units: &'a [ReadUnit],
    /// Whether it replaces all that is there.
    pub(super) whole: bool,
    /// The shapes of documents that have landed.
    pub(super) shapes: &'a BTreeMap<String, JsonShape>,
}

/// What became of units.
pub(super) enum Landed {
    /// They are committed.
    Committed(Committed),
    /// They are what is there already.
    Same(Vec<String>, Losses, Tally),
    /// A check stopped them; nothing of them is visible.
    Stopped(Refused),
    /// The unit at this place could not be read; nothing of them is visible.
    Broken(usize, TaskError),
}

/// Units that a check stopped.
pub(super) struct Refused {
    pub(super) rows: u64,
    pub(super) checks: Vec<CheckReport>,
    /// Where to look first.
    pub(super) notes: Vec<String>,
}

/// Units that are committed.
pub(super) struct Committed {
    /// Rows of the table that were not in it before: of rows with the same key, the last one counts.
    pub(super) rows: u64,
    /// How many rows the table had, if it has none any more.
    pub(super) emptied: Option<u64>,
    pub(super) version: u64,
    /// One for each unit.
    pub(super) batches: Vec<Uuid>,
    pub(super) checks: Vec<CheckReport>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// Values that are NULL now.
    pub(super) losses: Losses,
    /// Rows that were told apart.
    pub(super) tally: Tally,
    /// Where the source has been read to.
    pub(super) position: Option<Value>,
    /// The shapes of documents by now.
    pub(super) shapes: BTreeMap<String, JsonShape>,
}

impl Arrival<'_> {
    /// Lands the units: all of them in one commit, or none. `rows_before` have landed in this run already.
    pub(super) async fn land(
        &self,
        snapshot: &dyn SourceSnapshot,
        position: Option<&Value>,
        rows_before: u64,
    ) -> Result<Landed, TaskError> {
        hit(failpoint::SOURCE_PLANNED)?;
        let mut quarantine = self.quarantine(position).await?;
        let landed = Box::pin(self.land_beside(snapshot, position, rows_before, &mut quarantine)).await;
        // What was not committed before the table was must not be.
        let left = match quarantine {
            Some(quarantine) => Box::pin(quarantine.discard(self.table.build.run_id)).await,
            None => Ok(()),
        };
        landed.and_then(|landed| left.map(|()| landed))
    }

    /// Where rows are kept apart, if any may be, or were.
    async fn quarantine(&self, position: Option<&Value>) -> Result<Option<Quarantine<'_>>, TaskError> {
        let Self { table, decided, .. } = self;
        let intake = Intake {
            build: table.build,
            keeps_apart: decided.sieve.keeps_apart() || decided.rejects,
            table: table.table,
            columns: Arc::clone(decided.obfuscator.output_schema()),
            key: &table.declared.key,
            mode: table.declared.mode,
            whole: self.whole,
            replaced: self.replaced(),
            origin: position.map(Value::to_string).unwrap_or_default(),
            promises: decided.sieve.promises(&decided.arriving),
        };
        Quarantine::new(intake).await
    }

    async fn land_beside<'q>(
        &'q self,
        snapshot: &dyn SourceSnapshot,
        position: Option<&Value>,
        rows_before: u64,
        quarantine: &mut Option<Quarantine<'q>>,
    ) -> Result<Landed, TaskError> {
        let table = self.table;
        let workspace = &table.build.workspace;
        let seen = self.seen().await?;
        let request = StageRequest::new(self.staged_schema(), self.write()).schema_change(SchemaChange::Evolve);
        let mut writer = workspace.lake.stage(table.table, request, table.lease).await?;
        let mut hash = (table.declared.mode == IngestMode::Full).then(ContentHash::default);
        let (mut rows, mut gone) = (0, 0);
        let mut position = position.cloned();
        let (mut batches, mut notes) = (Vec::new(), Vec::new());
        let mut gaps = Gaps::default();
        let mut limit = RejectLimit::new(table.source, self.units, rows_before > 0);
        let mut shapes = Shapes::new(&self.decided.shaped, self.shapes);
        let (mut losses, mut tally) = (Losses::default(), Tally::default());
        let mut seen = match seen {
            Ok(seen) => seen,
            Err(why) => {
                tally.given_up = Some(why);
                None
            }
        };
        let is_older = self.units.iter().any(|unit| unit.detail["is_replay"] == true);
        let mut merging = table.merges_rows().then(|| Merging::new(is_older));
        for (place, unit) in self.units.iter().enumerate() {
            let batch_id = workspace.world.ids.next();
            let mut reading = Reading {
                arrival: self,
                writer: &mut writer,
                quarantine: &mut *quarantine,
                hash: &mut hash,
                gaps: &mut gaps,
                losses: &mut losses,
                tally: &mut tally,
                gone: &mut gone,
                seen: &mut seen,
                merging: &mut merging,
                shapes: &mut shapes,
                limit: &mut limit,
            };
            let end = match Box::pin(reading.read(snapshot, unit, batch_id, (rows_before, rows))).await {
                Ok(end) => end,
                Err(error) => {
                    discard_stage(writer).await;
                    return if limit.given_up { Err(error) } else { Ok(Landed::Broken(place, error)) };
                }
            };
            rows += end.rows;
            notes.extend(end.notes.iter().map(|note| note.message.clone()));
            position = end.position(position.take(), &batch_id.to_string());
            batches.push(batch_id);
        }
        let problem = limit.problem(rows, &tally, true).or_else(|| shapes.problem(table.source, true));
        if let Some(problem) = problem {
            discard_stage(writer).await;
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        let mut landing = self.decided.landing.clone();
        landing.content = hash.map(|hash| hash.finish());
        landing.shapes = shapes.remembered(!self.whole);
        if self.same_content(&landing).await? {
            discard_stage(writer).await;
            // Whoever died between the two commits has left them as they were at different times.
            tally.apart = match quarantine.take() {
                Some(quarantine) => Some(Box::pin(quarantine.settle(landing.to_text(), table.build.run_id)).await?),
                None => None,
            };
            return Ok(Landed::Same(notes, losses, tally));
        }
        let batch_id = batches.last().copied().unwrap_or_else(|| workspace.world.ids.next());
        let stayed = match seen {
            Some(seen) => match Box::pin(self.stay(seen, &mut writer, &batch_id.to_string())).await {
                Ok(stayed) => stayed,
                Err(error) => {
                    discard_stage(writer).await;
                    return Err(error);
                }
            },
            None => Stayed::default(),
        };
        tally.gone += stayed.newly;
        let staged = writer.finish().await?;
        let counts = staged.row_counts();
        // Rows that only say that one must not be there are not of interest.
        let arrived = counts.arrived.saturating_sub(gone);
        let repeated = arrived.saturating_sub(counts.added);
        // One moment of a table has each row once.
        let is_copy = table.declared.mode == IngestMode::Capture && self.whole;
        if let Some(problem) = repeated_key(table.source, repeated, arrived).filter(|_| is_copy) {
            staged.discard().await?;
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        if let Some(note) = self.repeated(repeated, arrived) {
            notes.push(note);
            // A database has each row once; what is delivered in files comes again.
            tally.shares_keys |= !self.table.is_of_files();
        }
        let checks = table.build.audit_table(&table.source.relation, table.checks, &staged).await?;
        if checks.iter().any(CheckReport::stops) {
            staged.discard().await?;
            let mut notes = gaps.notes(snapshot, &self.decided.plan, self.units).await;
            notes.extend(losses.notes());
            return Ok(Landed::Stopped(Refused { rows, checks, notes }));
        }
        if let Some(quarantine) = quarantine.take() {
            let fingerprint = landing.content.is_some().then(|| landing.to_text());
            tally.apart = Some(Box::pin(quarantine.commit(fingerprint, table.build.run_id)).await?);
            hit(failpoint::SOURCE_KEPT_APART)?;
        }
        if table.is_of_events() {
            position = Came::new(&counts, gone, &tally).in_position(position);
        }
        // A table that its source has no rows for still gets a commit: then it exists.
        let reshaped = shapes.notes();
        let note = CommitNote {
            run_id: Some(table.build.run_id),
            position: position.clone(),
            fingerprint: Some(landing.to_text()),
            reason: self.reason(&reshaped),
            ..CommitNote::new(batch_id)
        };
        let version = staged.commit(&note).await?.version();
        hit(failpoint::SOURCE_COMMITTED)?;
        table.build.checkpoint(table.table, version, table.lease).await;
        let emptied = (counts.total == 0).then_some(counts.removed).filter(|before| *before > 0);
        tally.all_gone = stayed.all_gone(counts.total);
        let rows = counts.added.saturating_sub(stayed.rows);
        notes.extend(reshaped);
        let shapes = landing.shapes;
        Ok(Landed::Committed(Committed {
            rows,
            emptied,
            version,
            batches,
            checks,
            notes,
            losses,
            tally,
            position,
            shapes,
        }))
    }

    /// Why what lands takes the place of all that was there, where that is not plain; and what is not as before in documents.
    fn reason(&self, reshaped: &[String]) -> Option<String> {
        let reasons = self.decided.plan.notes.iter().filter(|note| self.whole && note.is_reason());
        let reasons = reasons.map(|note| &note.message).chain(reshaped);
        reasons.cloned().reduce(|all, more| format!("{all}; {more}"))
    }

    /// Where the rows of a unit from `row` on are.
    pub(super) fn place<'u>(&self, unit: &'u ReadUnit, row: u64) -> Place<'u> {
        Place { unit: &unit.label, row, numbered: self.table.is_of_files() }
    }

    /// Whether what is read are changes, with those of rows that are no more.
    pub(super) fn is_of_changes(&self) -> bool {
        self.table.declared.mode == IngestMode::Capture && !self.whole
    }

    /// Whether arrivals may say that rows with their keys must not be in the table.
    pub(super) fn takes_out(&self) -> bool {
        // Of what is completed by what is there, nothing goes for what does not fit.
        let keyed = self.table.declared.mode != IngestMode::Full
            && !self.table.declared.key.is_empty()
            && !self.table.merges_rows();
        self.is_of_changes() || (keyed && self.decided.sieve.takes_out())
    }

    /// The columns of the rows that are staged.
    pub(super) fn staged_schema(&self) -> SchemaRef {
        if !self.takes_out() {
            return Arc::clone(&self.decided.schema);
        }
        let mark = Arc::new(Field::new(DELETED, DataType::Boolean, false));
        let fields = self.decided.schema.fields().iter().cloned().chain([mark]);
        Arc::new(Schema::new(fields.collect::<Fields>()))
    }

    fn write(&self) -> Write {
        let declared = self.table.declared;
        let keys = if self.takes_out() { self.keys().delete_when(DELETED) } else { self.keys() };
        if self.whole {
            // The rows of a keyed table may hold a key more than once: an overlap, several files, a key that is none.
            return match declared.mode {
                IngestMode::Incremental | IngestMode::Capture if !declared.key.is_empty() => Write::ReplaceByKey(keys),
                _ => Write::Replace,
            };
        }
        if declared.mode == IngestMode::Capture {
            return Write::Upsert(keys);
        }
        match (declared.key.is_empty(), self.replaced()) {
            (true, None) => Write::Append,
            (true, Some(region)) => Write::Exchange(region),
            (false, None) => Write::Upsert(keys),
            (false, Some(region)) => Write::UpsertExchange(keys, region),
        }
    }

    /// The batches that these units take the place of.
    fn replaced(&self) -> Option<Region> {
        // Each unit has a batch of its own, and none replaces one of this write: together they replace what each would.
        let replaced: Vec<ScalarValue> = self
            .units
            .iter()
            .filter_map(|unit| unit.replaces_batch.clone())
            .map(|batch| ScalarValue::Utf8(Some(batch)))
            .collect();
        (!replaced.is_empty()).then(|| Region::In { column: BATCH_ID.to_owned(), values: replaced })
    }

    /// That rows came with a key that others of them have, too: expected of what is delivered again, and otherwise the sign
    /// of a key that does not tell all rows apart.
    fn repeated(&self, repeated: u64, arrived: u64) -> Option<String> {
        let keyed = self.table.declared.mode == IngestMode::Incremental && !self.table.declared.key.is_empty();
        if !keyed || repeated == 0 || self.table.is_of_events() {
            return None;
        }
        let advice = if self.table.is_of_files() { "" } else { "; name columns in `key` that tell all rows apart" };
        Some(format!(
            "{repeated} of {} came with a key ({}) that a later row of them has, too: the last one of each key stayed{advice}",
            count(arrived, "row"),
            self.table.declared.key.join(", "),
        ))
    }

    pub(super) fn keys(&self) -> KeySpec {
        let spelled = |name: &String| {
            let field = self.decided.schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name));
            field.map_or_else(|| name.clone(), |field| field.name().clone())
        };
        KeySpec::new(self.table.declared.key.iter().map(spelled))
    }

    async fn same_content(&self, landing: &Landing) -> Result<bool, TaskError> {
        let build = self.table.build;
        if landing.content.is_none() || build.options.full_refresh || build.options.force {
            return Ok(false);
        }
        match build.workspace.lake.snapshot(self.table.table, At::Latest).await {
            Ok(current) => Ok(current.state().fingerprint.as_deref() == Some(landing.to_text().as_str())),
            Err(LakeError::NoTable { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
