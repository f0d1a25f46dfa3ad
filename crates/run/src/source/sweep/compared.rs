//! The keys of a table and those of its source, as they lie in the lake.
use std::collections::HashSet;

use ade_connect::{BatchStream, ConnectError, ReadMode, ReadPlan, ReadRequest, Snapshot as SourceSnapshot};
use ade_engine::{MemoryCatalog, Rows};
use ade_lake::Snapshot;
use ade_privacy::{Keyring, Obfuscator, Treatment};
use ade_project::resource::OnDelete;
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::row::{Row, RowConverter, SortField};
use futures::StreamExt;

use super::super::door::{Door, named};
use super::super::extras::IS_DELETED;
use super::super::ingest::TableLanding;
use super::super::key::key_places;
use super::super::key_digests::{KeyDigest, KeyDigests};
use super::super::row_digest::plain;
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Notes of a source that does not show all of its rows at one moment: those that it hides are not gone.
const HIDING: [&str; 2] = ["rows-hidden", "not-of-one-moment"];

/// Keys as they lie in the lake, made comparable.
pub(super) struct Keys {
    types: Vec<DataType>,
    converter: RowConverter,
}

impl Keys {
    fn new(columns: &[&Field]) -> Result<Self, RunError> {
        let types: Vec<DataType> = columns.iter().map(|field| plain(field.data_type())).collect();
        let fields = types.iter().map(|data_type| SortField::new(data_type.clone()));
        let converter = RowConverter::new(fields.collect()).map_err(|_| RunError::Stamp { rows: 0 })?;
        Ok(Self { types, converter })
    }

    pub(super) fn digests(&self, keys: &RecordBatch) -> Result<Vec<KeyDigest>, RunError> {
        let shape = |_| RunError::Stamp { rows: keys.num_rows() };
        let columns = keys.columns().iter().zip(&self.types).map(|(column, data_type)| cast(column, data_type));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
        let rows = self.converter.convert_columns(&columns).map_err(shape)?;
        let digest = |row: Row<'_>| {
            let hash = blake3::hash(row.as_ref());
            std::array::from_fn(|place| hash.as_bytes()[place])
        };
        Ok(rows.iter().map(digest).collect())
    }
}

/// What a comparison found.
pub(super) struct Found {
    pub(super) gone: HashSet<KeyDigest>,
    /// Keys of the source that the table has not got.
    pub(super) absent: usize,
    pub(super) keys: Keys,
    /// The key's columns, as the table spells them.
    pub(super) columns: Vec<String>,
}

impl TableLanding<'_> {
    /// Compares the keys of the table with those of the source. `read` is what the source was asked for before.
    pub(super) async fn compare(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
        current: &Snapshot,
    ) -> Result<Found, TaskError> {
        let door = Door::new(self.source);
        let request = ReadRequest {
            mode: ReadMode::Full,
            position: None,
            replaced: None,
            columns: Some(door.outside_all(&self.declared.key)),
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
        let obfuscator = self.of_key(&inside)?;
        let treated = key_places(obfuscator.output_schema(), &self.declared.key);
        let stored = key_places(current.schema(), &self.declared.key);
        let fields: Vec<_> = stored.iter().map(|place| current.schema().field(*place)).collect();
        let keys = Keys::new(&fields)?;
        let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let folder = self.build.workspace.spill.path().join(format!("keys-{}", self.build.workspace.world.ids.next()));
        let mut theirs = KeyDigests::new(folder.join("source"));
        let failed = |_| {
            RunError::usage("the keys of a comparison could not be written to the folder for temporary files", None)
        };
        for unit in &plan.units {
            let mut stream = snapshot.read(&plan, unit).await?;
            while let Some(batch) = stream.next().await {
                let batch = obfuscator.apply(&named(&batch?, &inside)?)?;
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                for digest in keys.digests(&batch.project(&treated).map_err(shape)?)? {
                    theirs.add(&digest).map_err(failed)?;
                }
                tokio::task::yield_now().await;
            }
            is_whole(&stream, &plan)?;
        }
        let mut ours = KeyDigests::new(folder.join("lake"));
        let mut stored = self.rows(&columns, only_there(current)).await?;
        while let Some(batch) = stored.next().await {
            let batch = batch.map_err(|error| RunError::usage(error.to_string(), None))?;
            for digest in keys.digests(&batch)? {
                ours.add(&digest).map_err(failed)?;
            }
        }
        let gone = ours.without(&theirs).map_err(failed)?;
        // Rows that are marked as deleted are not there for the source either, and no longer ours to compare.
        let absent =
            if self.source.on_delete == OnDelete::Mark { 0 } else { theirs.without(&ours).map_err(failed)?.len() };
        Ok(Found { gone, absent, keys, columns })
    }

    /// What happens to the columns of the key.
    fn of_key(&self, columns: &Schema) -> Result<Obfuscator, TaskError> {
        let policy = self.build.obfuscation.policy(self.source, columns).map_err(TaskError::Diagnostics)?;
        let is_secret =
            |treatment: &Treatment| matches!(treatment, Treatment::Pseudonym { .. } | Treatment::Encrypt { .. });
        let needs_key = policy.columns().iter().any(|decided| is_secret(&decided.treatment));
        let keyring = if needs_key { self.build.keyring()? } else { Keyring::generate([0; 32]) };
        Ok(Obfuscator::new(columns, &policy, &keyring)?)
    }

    /// Columns of the table's rows that meet a condition.
    pub(super) async fn rows(&self, columns: &[String], condition: &str) -> Result<Rows, TaskError> {
        let session = self.build.session(MemoryCatalog::new(), &self.source.relation.schema);
        let columns: Vec<String> = columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let from = relation_name(&self.source.relation).to_sql();
        let sql = format!("select {} from {from}{condition}", columns.join(", "));
        Ok(session.query(&sql).await.map_err(|error| RunError::usage(error.to_string(), None))?)
    }
}

/// The condition that leaves out rows which are marked as deleted already.
pub(super) fn only_there(current: &Snapshot) -> &'static str {
    let marks = current.schema().field_with_name(IS_DELETED).is_ok();
    if marks { " where \"_ade_is_deleted\" is not true" } else { "" }
}

/// A comparison with some of the keys would remove rows that are there.
fn is_whole(stream: &BatchStream, plan: &ReadPlan) -> Result<(), TaskError> {
    if stream.end().is_some() {
        return Ok(());
    }
    let reason = "its keys ended without saying so".to_owned();
    Err(ConnectError::SourceFailed { object: plan.request.from.clone(), reason }.into())
}
