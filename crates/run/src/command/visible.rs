//! What readers of a failed node go on to see.
use ade_engine::RelationName;
use ade_lake::TableName;

use crate::error::RunError;
use crate::workspace::Workspace;

/// What readers of a relation see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visible {
    /// This version of the table.
    Version(u64),
    /// The view as it was last published.
    View,
    /// Nothing: it was never published.
    Nothing,
}

impl Workspace {
    /// What readers of `schema.table` see at this moment.
    pub async fn visible(&self, relation: &str) -> Result<Visible, RunError> {
        let Some((schema, table)) = relation.split_once('.') else { return Ok(Visible::Nothing) };
        if self.views.get(&RelationName::new(schema, table)).is_some() {
            return Ok(Visible::View);
        }
        let version = self.lake.version(&TableName::new(schema, table)?).await?;
        Ok(version.map_or(Visible::Nothing, Visible::Version))
    }
}
