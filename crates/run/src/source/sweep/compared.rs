//! The keys of a table and those of its source, as they lie in the lake.
use std::collections::HashSet;

use ade_connect::{BatchStream, ConnectError, ReadMode, ReadPlan, ReadRequest, Snapshot as SourceSnapshot};
use ade_engine::{MemoryCatalog, Rows, type_name};
use ade_lake::Snapshot;
use ade_privacy::{Keyring, Obfuscator, Treatment};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::row::{Row, RowConverter, SortField};
use futures::StreamExt;

use super::super::decided::fitted;
use super::super::door::{Door, named};
use super::super::drift::Retyping;
use super::super::extras::IS_DELETED;
use super::super::ingest::TableLanding;
use super::super::key::key_places;
use super::super::key_digests::{KeyDigest, KeyDigests};
use super::super::row_digest::plain;
use super::super::sieve::{Sieve, Tally};
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// Notes of a source that does not show all of its rows at one moment: those that it hides are not gone.
const HIDING: [&str; 2] = ["rows-hidden", "not-of-one-moment"];

/// What to do about keys that cannot be compared.
const ADVICE: &str = "have the source mend them, or write `sweep: never`";

/// What a comparison that is not sure of the keys comes to.
const NOTHING_DONE: &str = "no row was removed or marked";

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

    /// An error where a key has no value in the table's type: another key than that of the row would be looked for.
    pub(super) fn digests(&self, keys: &RecordBatch) -> Result<Vec<KeyDigest>, RunError> {
        let shape = |_| RunError::Stamp { rows: keys.num_rows() };
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (place, (column, data_type)) in keys.columns().iter().zip(&self.types).enumerate() {
            let typed = cast(column, data_type).map_err(shape)?;
            let lost = typed.logical_null_count().saturating_sub(column.logical_null_count());
            if lost > 0 {
                let name = keys.schema_ref().field(place).name().clone();
                let message = format!(
                    "keys cannot be compared: {lost} values of `{name}` are no {}; {NOTHING_DONE}",
                    type_name(data_type)
                );
                return Err(RunError::usage(message, ADVICE.to_owned()));
            }
            columns.push(typed);
        }
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
    /// Keys of the table, without those that are marked as deleted.
    pub(super) there: usize,
    /// Keys of the source that the table has not got.
    pub(super) absent: usize,
    /// Keys of the source that the table has marked as deleted.
    pub(super) back: usize,
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
        retyping: &Retyping,
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
        // As when they landed: held against their types first, and treated then.
        let sieve = Sieve { fitted: fitted(retyping, &inside), ..Sieve::default() };
        let obfuscator = self.of_key(&sieve.fitted_schema(&inside))?;
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
                let batch = self.fitting(&sieve, &named(&batch?, &inside)?)?;
                let batch = obfuscator.apply(&batch)?;
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                for digest in keys.digests(&batch.project(&treated).map_err(shape)?)? {
                    theirs.add(&digest).map_err(failed)?;
                }
                tokio::task::yield_now().await;
            }
            is_whole(&stream, &plan)?;
        }
        let mut ours = KeyDigests::new(folder.join("lake"));
        let mut there = 0;
        let mut stored = self.rows(&columns, only_there(current)).await?;
        while let Some(batch) = stored.next().await {
            let batch = batch.map_err(|error| RunError::usage(error.to_string(), None))?;
            for digest in keys.digests(&batch)? {
                ours.add(&digest).map_err(failed)?;
                there += 1;
            }
        }
        let gone = ours.without(&theirs).map_err(failed)?;
        let unknown = theirs.without(&ours).map_err(failed)?;
        let mut back = HashSet::new();
        if has_marks(current) && !unknown.is_empty() {
            let mut marked = self.rows(&columns, ONLY_MARKED).await?;
            while let Some(batch) = marked.next().await {
                let batch = batch.map_err(|error| RunError::usage(error.to_string(), None))?;
                back.extend(keys.digests(&batch)?.into_iter().filter(|digest| unknown.contains(digest)));
            }
        }
        Ok(Found { gone, there, absent: unknown.len() - back.len(), back: back.len(), keys, columns })
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

/// The condition of rows that are marked as deleted.
const ONLY_MARKED: &str = " where \"_ade_is_deleted\"";

fn has_marks(current: &Snapshot) -> bool {
    current.schema().field_with_name(IS_DELETED).is_ok()
}

/// The condition that leaves out rows which are marked as deleted already.
pub(super) fn only_there(current: &Snapshot) -> &'static str {
    if has_marks(current) { " where \"_ade_is_deleted\" is not true" } else { "" }
}

/// A comparison with some of the keys would remove rows that are there.
fn is_whole(stream: &BatchStream, plan: &ReadPlan) -> Result<(), TaskError> {
    if stream.end().is_some() {
        return Ok(());
    }
    let reason = "its keys ended without saying so".to_owned();
    Err(ConnectError::SourceFailed { object: plan.request.from.clone(), reason }.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;

    #[test]
    fn a_key_without_a_value_in_the_type_of_the_table_is_not_taken_for_another() {
        let keys = Keys::new(&[&Field::new("id", DataType::Int64, true)]).unwrap();
        let of = |values: Vec<Option<&str>>| {
            let column: ArrayRef = Arc::new(StringArray::from(values));
            keys.digests(&RecordBatch::try_from_iter([("id", column)]).unwrap())
        };
        assert_eq!(of(vec![Some("3"), None]).unwrap().len(), 2);
        let message = of(vec![Some("3"), Some("secret"), None]).unwrap_err().to_string();
        assert!(message.contains("1 values of `id` are no bigint; no row was removed"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}
