//! Whether a table that an incremental model reads is an older one than when the model was last made, as after `ade restore`:
//! a model that asks for what came since finds nothing, and keeps rows of what is gone.
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};

use super::desired::{BATCH, Desired};
use super::{Build, TaskError};

impl Build {
    /// What a person should know when an incremental model, whose table is there, reads tables that went back.
    pub(super) async fn gone_back(&self, model: &Model, desired: &Desired) -> Result<Option<String>, TaskError> {
        let from_nothing = model.full_refresh.unwrap_or(self.options.full_refresh);
        if model.materialized != Materialization::Incremental || from_nothing {
            return Ok(None);
        }
        let Some(before) = self.committed(&model.relation).await? else { return Ok(None) };
        let is_older = |node: &String, state: &String| {
            let (was, is) = (before.inputs.get(node)?.strip_prefix(BATCH)?, state.strip_prefix(BATCH)?);
            // A batch sorts after those that came before it.
            (is < was).then(|| NodeId::parse(node).map(|node| format!("`{}`", node.name())))?
        };
        let older: Vec<String> = desired.inputs.iter().filter_map(|(node, state)| is_older(node, state)).collect();
        Ok((!older.is_empty()).then(|| {
            format!(
                "{} went back to an earlier version: rows that were made of what is gone now are still there; \
                 `ade build --full-refresh --select {}` makes all of them anew",
                older.join(", "),
                model.name
            )
        }))
    }
}
