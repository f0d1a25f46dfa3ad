//! Where it is counted what became of events, while somebody changes it.
use ade_connect::{EventFeed, LogPlace};
use ade_lake::{Lease, TableName};
use ade_project::resource::SourceTable;
use serde_json::json;

use super::counts::{self, Row};
use super::growth::feed;
use crate::build::{Build, TaskError};

/// The counts of a connection, whose lease is held.
pub(in crate::source) struct Account<'a> {
    pub(super) build: &'a Build,
    pub(super) table: &'a TableName,
    pub(super) lease: &'a Lease,
}

impl Account<'_> {
    /// Adds rows for the replay of this id, once however often it is asked.
    pub(super) async fn book(&self, id: &str, rows: &[Row]) -> Result<(), TaskError> {
        let newest = self.build.workspace.lake.newest(self.table).await?;
        let before = newest.and_then(|(_, state)| state.position).unwrap_or_else(|| json!({}));
        if LogPlace::is_replayed(&before, id) || rows.is_empty() {
            return Ok(());
        }
        counts::commit(self.build, self.table, self.lease, rows, LogPlace::replayed(Some(before), id)).await
    }

    /// Counts rows of a table that were kept apart and have landed with this batch.
    pub(in crate::source) async fn rows_landed(
        &self,
        table: &SourceTable,
        batch: &str,
        rows: u64,
    ) -> Result<(), TaskError> {
        let Some(feed) = feed(table).filter(|feed| self.is_of_messages(table, feed)) else { return Ok(()) };
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let row = Row {
            source: table.source.clone(),
            table: feed.table_name(),
            landed: rows,
            rejected: -rows,
            ..Row::default()
        };
        self.book(batch, &[row]).await
    }

    /// Whether messages are counted as what became of them there: in the other tables, they are besides.
    fn is_of_messages(&self, table: &SourceTable, feed: &EventFeed) -> bool {
        let other = match feed {
            EventFeed::All | EventFeed::Users | EventFeed::Calls("track") => return false,
            EventFeed::History(name) => EventFeed::Changes(name.clone()),
            _ => return true,
        };
        let mut tables = self.build.workspace.project.sources.values();
        !tables.any(|known| known.source == table.source && super::growth::feed(known).as_ref() == Some(&other))
    }
}
