//! An open way to a source system.

use async_trait::async_trait;

use crate::{
    Capture, CaptureRequest, Checklist, ChecklistRequest, ConnectError, Feed, FeedRequest, RejectedRecord, RowCounts,
    RowPredicate, Sample, Settings, Snapshot, TableInfo,
};

/// An open way to a source system. Reads only.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Every table (or group of files) there is, by name. May read all of the data to be exact about types.
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError>;

    /// One table that [`Connection::browse`] may have taken for a part of another one, by what stands after `from:`: a file, or
    /// a glob. `None` where there is none, or where every table is told by browsing.
    async fn browse_one(&self, _from: &str) -> Result<Option<TableInfo>, ConnectError> {
        Ok(None)
    }

    /// The same, written as `options` of the table say: where what they say is not found out. The table has them among its options.
    async fn browse_with(
        &self,
        from: &str,
        _options: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Option<TableInfo>, ConnectError> {
        self.browse_one(from).await
    }

    /// The first `rows` rows of what `from` names, read with the table's `options`; of a column with values that do not fit its type
    /// their text, and without columns that cannot be read. Several tables may be looked at at once: no more sessions are opened for
    /// that than a server has without noticing.
    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError>;

    /// What the server itself can answer of what a team asks before it relies on a database, from its catalog alone and within
    /// seconds; `None` where there is no server. See [`crate::Survey`] for what tables and samples add.
    async fn checklist(&self, _request: &ChecklistRequest<'_>) -> Result<Option<Checklist>, ConnectError> {
        Ok(None)
    }

    /// How many of a bounded number of rows fulfil each predicate, counted by the server within seconds; `None` where there is
    /// no server.
    async fn count(&self, _table: &TableInfo, _predicates: &[RowPredicate]) -> Result<Option<RowCounts>, ConnectError> {
        Ok(None)
    }

    /// One consistent view of the source. It may hold resources of the source (a read transaction) until dropped.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError>;

    /// Rejected records of a table (see [`RejectedRecord`]) as a source, to be read by what the project says now: a snapshot that plans
    /// one unit for each, in their order, which gives its row or fails. It leaves no position. `None` where records cannot be read
    /// alone.
    async fn reread(&self, _records: Vec<RejectedRecord>) -> Result<Option<Box<dyn Snapshot>>, ConnectError> {
        Ok(None)
    }

    /// Several tables at one place of the source's log, with what changed in them since they were last read.
    async fn capture(&self, request: &CaptureRequest) -> Result<Box<dyn Capture>, ConnectError> {
        Err(ConnectError::Request {
            from: request.tables.first().map_or_else(String::new, |table| table.from.clone()),
            reason: "this kind of source has no log of its changes".to_owned(),
            advice: "use `mode: full` or `mode: incremental`".to_owned(),
        })
    }

    /// All tables that are read, as the source sends them.
    async fn feed(&self, request: FeedRequest) -> Result<Box<dyn Feed>, ConnectError> {
        Err(ConnectError::Request {
            from: request.tables.first().map_or_else(String::new, |table| table.from.clone()),
            reason: "this kind of source is asked for its tables, one by one".to_owned(),
            advice: "leave out `--singer`".to_owned(),
        })
    }
}
