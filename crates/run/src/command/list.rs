//! `ade ls`.
use std::sync::Arc;

use ade_diagnostic::did_you_mean;
use ade_project::NodeKind;
use serde::Serialize;
use tokio::sync::watch;

use crate::build::{BuildOptions, Command};
use crate::error::RunError;
use crate::workspace::Workspace;

/// A node, as a list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedNode {
    /// Id, as in dbt.
    pub node: String,
    /// The name that selectors take.
    pub name: String,
    /// `model`, `source`, `seed`, `test`, `exposure`.
    pub kind: String,
    /// `schema.table`, for nodes that have one.
    pub relation: Option<String>,
    /// `view`, `table`, `incremental`, `ephemeral`, for models.
    pub materialized: Option<String>,
    /// The file that declares it.
    pub path: String,
    /// Its tags.
    pub tags: Vec<String>,
}

impl Workspace {
    /// The selected nodes in the order in which they would be built.
    pub async fn list(
        self: &Arc<Self>,
        selectors: Vec<String>,
        exclude: Vec<String>,
        kinds: &[String],
    ) -> Result<Vec<ListedNode>, RunError> {
        let unknown = kinds.iter().find(|kind| NodeKind::parse(kind).is_none());
        if let Some(unknown_kind) = unknown {
            let words: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.as_str()).collect();
            let hint = did_you_mean(unknown_kind, words.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("kinds are {}", words.join(", ")));
            return Err(RunError::usage(format!("there is no kind of node `{unknown_kind}`"), hint));
        }
        let options = BuildOptions { select: selectors, exclude, ..BuildOptions::new(Command::Build) };
        let (_keep, stop) = watch::channel(false);
        let build = self.prepare(self.world.ids.next(), options, stop).await?;
        let selected = self.selected(&build)?;
        let order = self.project.graph.topological_order();
        let nodes = order.into_iter().filter(|node| selected.contains(&node.id));
        let nodes = nodes.filter(|node| kinds.is_empty() || kinds.iter().any(|kind| kind == node.kind.as_str()));
        Ok(nodes
            .map(|node| ListedNode {
                node: node.id.to_string(),
                name: node.id.name().to_owned(),
                kind: node.kind.as_str().to_owned(),
                relation: self.project.relation(&node.id).map(ToString::to_string),
                materialized: self.project.models.get(&node.id).map(|model| model.materialized.as_str().to_owned()),
                path: node.path.clone(),
                tags: node.tags.iter().cloned().collect(),
            })
            .collect())
    }
}
