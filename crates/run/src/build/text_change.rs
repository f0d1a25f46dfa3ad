//! Whether the text of an incremental model is another than the one that its table was last made with: rows that are there
//! stay as the text of then made them, which nobody would notice.
use ade_lake::TableState;
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};

use super::check_spec::relation_name;
use super::{Build, TaskError};
use crate::workspace::Workspace;

/// Key, in the position of a table's commit, of the text that the model had.
pub(super) const TEXT: &str = "text";

impl Build {
    /// Names the text of a model: its template and the macros that it uses.
    pub(super) fn text_fingerprint(&self, id: &NodeId) -> Option<String> {
        let own = &self.workspace.project.fingerprints.get(id)?.own;
        let text = [own.body.as_bytes().as_slice(), own.macros.as_bytes().as_slice()].concat();
        Some(blake3::hash(&text).to_hex()[..16].to_owned())
    }

    /// What a person should know when rows of an incremental model are about to meet some that another text made.
    pub(crate) async fn text_change(&self, model: &Model) -> Result<Option<String>, TaskError> {
        let from_nothing = model.full_refresh.unwrap_or(self.options.full_refresh);
        let is_hidden = || self.workspace.views.get(&relation_name(&model.relation)).is_some();
        if model.materialized != Materialization::Incremental || from_nothing || is_hidden() {
            return Ok(None);
        }
        let newest = self.newest(&Workspace::table_name(&model.relation)?).await?;
        let Some((_, TableState { position: Some(position), .. })) = newest else { return Ok(None) };
        let before = position.get(TEXT).and_then(serde_json::Value::as_str);
        if before.is_none() || before == self.text_fingerprint(&model.id).as_deref() {
            return Ok(None);
        }
        let stay = "its text changed: rows that are not made again stay as they were";
        Ok(Some(if model.full_refresh == Some(false) {
            format!("{stay}, and `full_refresh: false` keeps --full-refresh from making them anew")
        } else {
            format!("{stay}; `ade build --full-refresh --select {}` makes all of them anew", model.name)
        }))
    }
}
