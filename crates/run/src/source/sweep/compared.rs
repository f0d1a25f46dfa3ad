//! The keys of a table and those of its source, as they lie in the lake.
use std::collections::HashSet;
use std::sync::Arc;

use ade_connect::{BatchStream, ConnectError, ReadMode, ReadPlan, ReadRequest, Snapshot as SourceSnapshot};
use ade_engine::{MemoryCatalog, RelationName, Rows};
use ade_lake::Snapshot;
use ade_privacy::{Keyring, Obfuscator, Treatment};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use futures::StreamExt;

use super::super::decided::fitted;
use super::super::door::{Door, named};
use super::super::drift::Retyping;
use super::super::extras::{IS_DELETED, NOT_DELETED};
use super::super::ingest::TableLanding;
use super::super::key::key_places;
use super::super::key_digests::{KeyDigest, KeyDigests};
use super::super::quarantine::{beside, of_rows_alone};
use super::super::sieve::Sieve;
use super::super::tally::Tally;
use super::expected::{Expected, asked};
use super::found::Found;
use super::keys::{ADVICE, Keys, NOTHING_DONE};
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Notes of a source that does not show all of its rows at one moment: those that it hides are not gone.
const HIDING: [&str; 2] = ["rows-hidden", "not-of-one-moment"];

impl TableLanding<'_> {
    /// Compares the keys of the table, and of what is kept apart, with those of the source. `read` is what the source was asked
    /// for before, `sieve` what its rows were held against; `None`: no row was read, and nobody knows.
    pub(super) async fn compare(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
        retyping: &Retyping,
        sieve: Option<&Sieve>,
        current: &Snapshot,
        apart: Option<&Snapshot>,
    ) -> Result<Found, TaskError> {
        let door = Door::new(self.source);
        let asked = asked(&self.declared.key, sieve);
        let request = ReadRequest {
            mode: ReadMode::Full,
            position: None,
            replaced: None,
            columns: Some(door.outside_all(&asked)),
            ..read.clone()
        };
        let plan = snapshot.plan(&request).await?;
        if let Some(note) = plan.notes.iter().find(|note| HIDING.contains(&note.id)) {
            return Err(ConnectError::Request {
                from: self.declared.from.clone(),
                reason: format!(
                    "its keys cannot be compared, because rows that are there may not be seen: {}",
                    note.message
                ),
                advice: "have all of its rows shown, or write `sweep: never`".to_owned(),
            }
            .into());
        }
        let inside = door.schema_inside(&plan.schema);
        let expected = self.expected(sieve, retyping, &inside).await?;
        // As when they landed: held against their types first, and treated then.
        let places = key_places(&inside, &self.declared.key);
        let of_key = Arc::new(inside.project(&places).map_err(|_| RunError::Stamp { rows: 0 })?);
        let sieve = Sieve { fitted: fitted(retyping, &of_key), ..Sieve::default() };
        let obfuscator = self.of_key(&sieve.fitted_schema(&of_key), current)?;
        let treated = key_places(obfuscator.output_schema(), &self.declared.key);
        let stored = key_places(current.schema(), &self.declared.key);
        if stored.is_empty() {
            let message = format!(
                "keys cannot be compared: a column of the key ({}) is none of the table's; {NOTHING_DONE}",
                self.declared.key.join(", ")
            );
            let refresh = format!(
                "load all of it again with `ade ingest --select source:{}.{} --full-refresh`",
                self.source.source, self.source.name
            );
            return Err(RunError::usage(message, refresh).into());
        }
        let fields: Vec<_> = stored.iter().map(|place| current.schema().field(*place)).collect();
        let keys = Keys::new(&fields)?;
        let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let folder = self.build.workspace.spill.path().join(format!("keys-{}", self.build.workspace.world.ids.next()));
        let (mut theirs, mut landing) =
            (KeyDigests::new(folder.join("source")), KeyDigests::new(folder.join("landing")));
        for unit in &plan.units {
            let mut stream = snapshot.read(&plan, unit).await?;
            while let Some(batch) = stream.next().await {
                let batch = named(&batch?, &inside)?;
                let lands = expected.lands(self, &batch)?;
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                let batch = self.fitting(&sieve, &batch.project(&places).map_err(shape)?)?;
                let batch = obfuscator.apply(&batch)?;
                for (row, digest) in keys.digests(&batch.project(&treated).map_err(shape)?)?.iter().enumerate() {
                    theirs.add(digest).map_err(unwritten)?;
                    if lands.as_ref().is_some_and(|lands| lands.value(row)) {
                        landing.add(digest).map_err(unwritten)?;
                    }
                }
                tokio::task::yield_now().await;
            }
            is_whole(&stream, &plan)?;
        }
        let relation = relation_name(&self.source.relation);
        let mut ours = KeyDigests::new(folder.join("lake"));
        let mut there = 0;
        let mut stored = self.rows(&relation, &columns, &only_there(current)).await?;
        while let Some(batch) = next(&mut stored).await? {
            for digest in keys.digests(&batch)? {
                ours.add(&digest).map_err(unwritten)?;
                there += 1;
            }
        }
        let gone_apart = match apart {
            Some(there) => {
                let mut digests = KeyDigests::new(folder.join("apart"));
                self.apart(there, &columns, &keys, |digest| digests.add(digest).map_err(unwritten)).await?;
                digests.without(&theirs).map_err(unwritten)?
            }
            None => HashSet::new(),
        };
        let gone = ours.without(&theirs).map_err(unwritten)?;
        let repeated = theirs.repeated().map_err(unwritten)?;
        let mut found = Found { gone, there, gone_apart, absent: None, back: None, repeated, keys, columns };
        if matches!(expected, Expected::Unknown) {
            return Ok(found);
        }
        let landing = if matches!(expected, Expected::All) { &theirs } else { &landing };
        let mut unknown = landing.without(&ours).map_err(unwritten)?;
        if let Some(there) = apart.filter(|_| !unknown.is_empty()) {
            self.apart(there, &found.columns, &found.keys, |digest| {
                unknown.remove(digest);
                Ok(())
            })
            .await?;
        }
        let mut back = HashSet::new();
        if has_marks(current) && !unknown.is_empty() {
            let mut marked = self.rows(&relation, &found.columns, &only_marked()).await?;
            while let Some(batch) = next(&mut marked).await? {
                back.extend(found.keys.digests(&batch)?.into_iter().filter(|digest| unknown.contains(digest)));
            }
        }
        (found.absent, found.back) = (Some(unknown.len() - back.len()), Some(back.len()));
        Ok(found)
    }

    /// Shows the key of each row that is kept apart.
    async fn apart(
        &self,
        there: &Snapshot,
        columns: &[String],
        keys: &Keys,
        mut each: impl FnMut(&KeyDigest) -> Result<(), RunError>,
    ) -> Result<(), TaskError> {
        let mut rows = self.rows(&apart_name(self)?, columns, &of_rows_alone(there)).await?;
        while let Some(batch) = next(&mut rows).await? {
            for digest in keys.digests(&batch)? {
                each(&digest)?;
            }
        }
        Ok(())
    }

    /// Keys of the source as the types that they land as. One that does not fit is none of the table's, and may stand for one
    /// of them all the same: nothing is compared then.
    fn fitting(&self, sieve: &Sieve, keys: &RecordBatch) -> Result<RecordBatch, TaskError> {
        let table = format!("{}.{}", self.source.source, self.source.name);
        let mut tally = Tally::default();
        let sifted = sieve.sift(&table, keys, None, &mut tally)?;
        if sifted.apart.is_none() {
            return Ok(sifted.rows);
        }
        let reasons: Vec<String> = tally.broken.iter().map(|(reason, rows)| format!("{rows} × {reason}")).collect();
        let message = format!("the keys of `{table}` cannot be compared: {}; {NOTHING_DONE}", reasons.join(", "));
        Err(RunError::usage(message, ADVICE.to_owned()).into())
    }

    /// What happens to the columns of the key.
    fn of_key(&self, columns: &Schema, current: &Snapshot) -> Result<Obfuscator, TaskError> {
        let policy = self.build.obfuscation.policy(self.source, columns).map_err(TaskError::Diagnostics)?;
        let is_secret =
            |treatment: &Treatment| matches!(treatment, Treatment::Pseudonym { .. } | Treatment::Encrypt { .. });
        let needs_key = policy.columns().iter().any(|decided| is_secret(&decided.treatment));
        let keyring = if needs_key { self.keyring(Some(current))? } else { Keyring::generate([0; 32]) };
        Ok(Obfuscator::new(columns, &policy, &keyring)?)
    }

    /// Columns of a table's rows that meet a condition.
    pub(in crate::source) async fn rows(
        &self,
        table: &RelationName,
        columns: &[String],
        condition: &str,
    ) -> Result<Rows, TaskError> {
        let session = self.build.session(MemoryCatalog::new(), &self.source.relation.schema);
        let columns: Vec<String> = columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let sql = format!("select {} from {}{condition}", columns.join(", "), table.to_sql());
        Ok(session.query(&sql).await.map_err(|error| RunError::usage(error.to_string(), None))?)
    }
}

/// Where rows of the table are kept apart.
pub(super) fn apart_name(table: &TableLanding<'_>) -> Result<RelationName, RunError> {
    let beside = beside(table.table)?;
    Ok(RelationName::new(beside.schema(), beside.table()))
}

/// The next rows of an answer.
pub(in crate::source) async fn next(rows: &mut Rows) -> Result<Option<RecordBatch>, RunError> {
    rows.next().await.transpose().map_err(|error| RunError::usage(error.to_string(), None))
}

fn unwritten(_: std::io::Error) -> RunError {
    RunError::usage("the keys of a comparison could not be written to the folder for temporary files", None)
}

/// The condition of rows that are marked as deleted.
fn only_marked() -> String {
    format!(" where \"{IS_DELETED}\"")
}

fn has_marks(current: &Snapshot) -> bool {
    current.schema().field_with_name(IS_DELETED).is_ok()
}

/// The condition that leaves out rows which are marked as deleted already.
pub(super) fn only_there(current: &Snapshot) -> String {
    if has_marks(current) { format!(" where {NOT_DELETED}") } else { String::new() }
}

/// A comparison with some of the keys would remove rows that are there.
fn is_whole(stream: &BatchStream, plan: &ReadPlan) -> Result<(), TaskError> {
    if stream.end().is_some() {
        return Ok(());
    }
    let reason = "its keys ended without saying so".to_owned();
    Err(ConnectError::SourceFailed { object: plan.request.from.clone(), reason }.into())
}
