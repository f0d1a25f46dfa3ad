//! How far a captured table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lsn::Lsn;
use super::message::{Relation, RelationColumn};
use super::transaction_view::TransactionView;
use crate::ConnectError;

/// How far a captured table has been read. Stored in the commit of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The database: the server's own number of itself, and the database's.
    pub(crate) database: String,
    /// The slot that keeps the log for it.
    pub(crate) slot: String,
    /// The table's number: one that is made anew under the same name has another.
    pub(crate) table: u32,
    /// Everything that committed before here is in the lake …
    pub(crate) lsn: Lsn,
    /// … and what this sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied: Option<TransactionView>,
    /// Its columns then: name, type and modifier.
    pub(crate) columns: Vec<(String, u32, i32)>,
}

impl Position {
    pub(crate) fn parse(from: &str, value: Option<&Value>) -> Result<Option<Self>, ConnectError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|_| ConnectError::Request {
            from: from.to_owned(),
            reason: "the stored position is not one of a PostgreSQL table that is captured".to_owned(),
            advice: "load the table anew with `--full-refresh`".to_owned(),
        })
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }

    /// What the table looked like then. Which columns identify a row is not of interest any more.
    pub(crate) fn relation(&self, schema: &str, name: &str) -> Relation {
        let columns = self.columns.iter().map(|(name, data_type, modifier)| RelationColumn {
            name: name.clone(),
            is_identity: false,
            data_type: *data_type,
            modifier: *modifier,
        });
        Relation { table: self.table, schema: schema.to_owned(), name: name.to_owned(), columns: columns.collect() }
    }
}

/// The columns of a table as a position remembers them.
pub(crate) fn remembered(relation: &Relation) -> Vec<(String, u32, i32)> {
    relation.columns.iter().map(|column| (column.name.clone(), column.data_type, column.modifier)).collect()
}
