//! `ade show`.
use std::sync::Arc;

use ade_engine::MemoryCatalog;
use ade_project::NodeKind;
use serde::Serialize;
use tokio::sync::watch;

use crate::build::{BuildOptions, Command, TaskError};
use crate::command::{Answer, ReadAt, Statement};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What is known of a node.
#[derive(Debug, Clone, Serialize)]
pub struct NodeInfo {
    /// Node id.
    pub node: String,
    /// `model`, `source`, `seed`.
    pub kind: String,
    /// `schema.table`.
    pub relation: String,
    /// What it is for.
    pub description: String,
    /// The file that declares it.
    pub path: String,
    /// The SQL that would be run, for models.
    pub sql: Option<String>,
    /// What it reads.
    pub reads: Vec<String>,
    /// Who reads it.
    pub read_by: Vec<String>,
    /// The checks on it.
    pub checks: Vec<String>,
    /// When it was last built well.
    pub built_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The table's version.
    pub version: Option<u64>,
}

impl Workspace {
    /// What is known of a node.
    pub async fn show(self: &Arc<Self>, name: &str) -> Result<NodeInfo, RunError> {
        let id = self.find_node(name)?;
        let project = &self.project;
        let relation = project.relation(&id).cloned();
        let model = project.models.get(&id);
        let sql = match model {
            Some(model) => {
                let (_keep, stop) = watch::channel(false);
                let build = self.prepare(self.world.ids.next(), BuildOptions::new(Command::Run), stop).await?;
                let session = build.session(MemoryCatalog::new(), &model.relation.schema);
                let table = Self::table_name(&model.relation)?;
                let exists = self.lake.version(&table).await?.is_some();
                let compiled = build.compile_model(model, &session, exists && model.incremental.is_some(), None);
                Some(
                    compiled
                        .map_err(|error| match error {
                            TaskError::Run(error) => error,
                            TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
                        })?
                        .text,
                )
            }
            None => None,
        };
        let graph = &project.graph;
        let node = graph.node(id.as_str());
        let reads = graph.parents(id.as_str()).map(|parent| parent.id.name().to_owned());
        let children: Vec<_> = graph.children(id.as_str()).collect();
        let checks = children.iter().filter(|child| child.kind == NodeKind::Test).map(|child| child.name.clone());
        let read_by = children.iter().filter(|child| child.kind != NodeKind::Test);
        let record = self.meta.node_states(self.environment()).await?.remove(id.as_str());
        let version = match relation.as_ref().map(Self::table_name) {
            Some(Ok(table)) => self.lake.version(&table).await?,
            _ => None,
        };
        let description = model
            .map(|model| model.description.clone())
            .or_else(|| project.seeds.get(&id).map(|seed| seed.description.clone()))
            .or_else(|| project.sources.get(&id).map(|source| source.description.clone()));
        Ok(NodeInfo {
            node: id.to_string(),
            kind: id.kind().as_str().to_owned(),
            relation: relation.map(|relation| relation.to_string()).unwrap_or_default(),
            description: description.unwrap_or_default(),
            path: node.map(|node| node.path.clone()).unwrap_or_default(),
            sql,
            reads: reads.collect(),
            read_by: read_by.map(|child| child.id.name().to_owned()).collect(),
            checks: checks.collect(),
            built_at: record.map(|record| record.succeeded_at),
            version,
        })
    }

    /// The first rows of a node, as they are in the lake.
    pub async fn first_rows(&self, name: &str, limit: usize) -> Result<Answer, RunError> {
        let id = self.find_node(name)?;
        let Some(relation) = self.project.relation(&id) else {
            return Err(RunError::usage(format!("`{name}` has no table"), None));
        };
        let all = Statement::only(name, &format!("select * from {}", relation.to_sql()))?;
        self.query(&all, ReadAt::default(), Some(limit)).await
    }
}
