//! What an old key still opens, before it goes: sealed values of rejects and conditions of reveals are sealed anew. Anything else that
//! it opens keeps it from going.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ade_engine::RelationName;
use ade_lake::{At, CommitNote, Lease, Snapshot, StageRequest, StageWriter, TableName, Write};
use ade_privacy::{Keyring, Keys, key_id_of, seal, unseal};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::StreamExt;

use super::reveal_record::{CONDITION, is_record_of_reveals, resealed_condition};
use super::search::sealed_words;
use crate::build::discard_stage;
use crate::error::RunError;
use crate::failpoint::{self, hit};
use crate::source::{Landing, QUARANTINE, SEALED};
use crate::workspace::Workspace;

/// How long to wait for somebody who writes a table.
const PATIENCE: Duration = Duration::from_mins(1);

/// An old key on the way out.
pub(super) struct Resealing<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) keys: &'a Keys,
    /// Its id.
    pub(super) old: &'a str,
}

impl Resealing<'_> {
    /// Seals anew what can be. Gives the columns that hold other values which the key is needed for, as `schema.table.column`.
    pub(super) async fn carry_out(&self) -> Result<Vec<String>, RunError> {
        let lake = &self.workspace.lake;
        let mut needed = Vec::new();
        for table in lake.list().await? {
            let columns = self.columns(&table).await?;
            let sealed: BTreeSet<&String> =
                columns.iter().filter(|column| can_be_sealed_anew(&table, column)).collect();
            let others = columns.iter().filter(|column| !sealed.contains(column));
            needed.extend(others.map(|column| format!("{table}.{column}")));
            if sealed.is_empty() {
                continue;
            }
            self.workspace.write_as(self.workspace.world.ids.next(), "ade privacy rotate", PATIENCE);
            let lease = lake.lease(&table, "ade privacy rotate").await?;
            let resealed = Box::pin(self.reseal(&table, &lease)).await;
            self.workspace.release(&table, &lease).await;
            resealed?;
            hit(failpoint::ROTATE_RESEALED)?;
        }
        Ok(needed)
    }

    /// The columns of a table in which a text names the key.
    async fn columns(&self, table: &TableName) -> Result<BTreeSet<String>, RunError> {
        let snapshot = self.workspace.lake.snapshot(table, At::Latest).await?;
        let header = format!("ade1:{}:", self.old);
        let finder = memchr::memmem::Finder::new(header.as_bytes());
        let mut found = BTreeSet::new();
        let mut rows = self.rows(table, &snapshot).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                if !found.contains(field.name()) && holds(column, &finder) {
                    found.insert(field.name().clone());
                }
            }
        }
        Ok(found)
    }

    async fn rows(&self, table: &TableName, snapshot: &Snapshot) -> Result<ade_engine::Rows, RunError> {
        let sql = format!("select * from {}", RelationName::new(table.schema(), table.table()).to_sql());
        Ok(self.workspace.session(At::Version(snapshot.version())).query(&sql).await?)
    }

    /// Commits a table whose lease is held with its sealed values under the key that its owner lands under.
    async fn reseal(&self, table: &TableName, lease: &Lease) -> Result<(), RunError> {
        let lake = &self.workspace.lake;
        let snapshot = lake.snapshot(table, At::Latest).await?;
        let new = self.key_of(table).await?;
        let request = StageRequest::new(Arc::clone(snapshot.schema()), Write::Replace);
        let mut writer = lake.stage(table, request, lease).await?;
        if let Err(error) = self.write(table, &snapshot, new, &mut writer).await {
            discard_stage(writer).await;
            return Err(error);
        }
        let staged = writer.finish().await?;
        let reason = format!("sealed under key {} instead of {}", new.id(), self.old);
        let note = CommitNote { reason: Some(reason), ..CommitNote::new(self.workspace.world.ids.next()) };
        staged.commit(&note).await?;
        Ok(())
    }

    /// The key that what comes to a table is sealed with: what comes again must look as it did.
    async fn key_of(&self, table: &TableName) -> Result<&Keyring, RunError> {
        let Some(schema) = table.schema().strip_suffix(QUARANTINE) else { return Ok(self.keys.current()) };
        let newest = self.workspace.lake.newest(&TableName::new(schema, table.table())?).await?;
        let landing = newest.and_then(|(_, state)| state.fingerprint).and_then(|text| Landing::parse(&text));
        let landed = landing.and_then(|landing| self.keys.get(&landing.key));
        Ok(landed.filter(|key| key.id().to_string() != self.old).unwrap_or_else(|| self.keys.current()))
    }

    async fn write(
        &self,
        table: &TableName,
        snapshot: &Snapshot,
        new: &Keyring,
        writer: &mut StageWriter,
    ) -> Result<(), RunError> {
        let mut rows = self.rows(table, snapshot).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let mut columns = batch.columns().to_vec();
            for (field, column) in batch.schema_ref().fields().iter().zip(&mut columns) {
                if !can_be_sealed_anew(table, field.name()) {
                    continue;
                }
                let texts = cast(column, &DataType::Utf8).map_err(shape)?;
                let anew = |text: &str| {
                    if is_record_of_reveals(table) {
                        resealed_condition(text, self.old, self.keys)
                    } else {
                        self.anew(text, new)
                    }
                };
                let anew = texts.as_string::<i32>().iter().map(|text| text.map(anew).transpose());
                let anew: StringArray = anew.collect::<Result<_, _>>()?;
                *column = cast(&anew, field.data_type()).map_err(shape)?;
            }
            writer.write(RecordBatch::try_new(batch.schema(), columns).map_err(shape)?).await?;
        }
        Ok(())
    }

    /// A text with what is sealed in it under the old key sealed under another one.
    fn anew(&self, text: &str, new: &Keyring) -> Result<String, RunError> {
        let mut anew = text.to_owned();
        for word in sealed_words(text).filter(|word| key_id_of(word) == Some(self.old)) {
            let Some(key) = self.keys.get(self.old) else { continue };
            anew = anew.replace(word, &seal(&unseal(word, key)?, new)?);
        }
        Ok(anew)
    }
}

fn can_be_sealed_anew(table: &TableName, column: &str) -> bool {
    let is_reject = table.schema().ends_with(QUARANTINE) && column == SEALED;
    is_reject || (is_record_of_reveals(table) && column == CONDITION)
}

/// Whether a text in a column, at any depth, holds what is looked for.
fn holds(column: &ArrayRef, finder: &memchr::memmem::Finder<'_>) -> bool {
    match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            cast(column, &DataType::LargeUtf8).is_ok_and(|texts| {
                texts.as_string::<i64>().iter().flatten().any(|text| finder.find(text.as_bytes()).is_some())
            })
        }
        DataType::Dictionary(_, values) => cast(column, values).is_ok_and(|plain| holds(&plain, finder)),
        DataType::Struct(_) => column.as_struct().columns().iter().any(|child| holds(child, finder)),
        DataType::List(_) => holds(column.as_list::<i32>().values(), finder),
        DataType::Map(..) => column.as_map().entries().columns().iter().any(|child| holds(child, finder)),
        _ => false,
    }
}
