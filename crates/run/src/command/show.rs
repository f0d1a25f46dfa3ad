//! `ade show`.
use std::sync::Arc;

use ade_engine::{MemoryCatalog, type_name};
use ade_lake::At;
use ade_project::resource::{CheckKind, IngestMode};
use ade_project::{NodeId, NodeKind};
use serde::Serialize;
use tokio::sync::watch;

use crate::build::{BuildOptions, Command, TaskError, check_spec};
use crate::command::{Answer, ReadAt, Statement};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What is known of a node.
#[derive(Debug, Clone, Serialize)]
pub struct NodeInfo {
    /// Node id.
    pub node: String,
    /// `model`, `source`, `seed`, `test`, `exposure`.
    pub kind: String,
    /// `schema.table`; empty for checks and exposures.
    pub relation: String,
    /// What it is for.
    pub description: String,
    /// The file that declares it.
    pub path: String,
    /// The SQL that would be run, for models and checks.
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
    /// The connection that a source comes from.
    pub connection: Option<String>,
    /// How a source comes in: `full`, `incremental`.
    pub mode: Option<String>,
    /// The columns: as they are in the lake, or as they are described before it is built.
    pub columns: Vec<ShownColumn>,
}

/// A column of a node.
#[derive(Debug, Clone, Serialize)]
pub struct ShownColumn {
    /// Its name.
    pub name: String,
    /// Its SQL type, as far as it is known.
    pub data_type: Option<String>,
    /// Its privacy class, for sources that say it.
    pub class: Option<String>,
    /// What it means.
    pub description: String,
}

fn failed(error: TaskError) -> RunError {
    match error {
        TaskError::Run(error) => error,
        TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
    }
}

fn mode(mode: IngestMode) -> &'static str {
    match mode {
        IngestMode::Full => "full",
        IngestMode::Incremental => "incremental",
        IngestMode::Capture => "capture",
    }
}

impl Workspace {
    /// What is known of a node.
    pub async fn show(self: &Arc<Self>, name: &str) -> Result<NodeInfo, RunError> {
        let id = match self.find_node(name) {
            Ok(id) => id,
            Err(unknown) => return self.show_other(name).await?.ok_or(unknown),
        };
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
                Some(compiled.map_err(failed)?.text)
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
        let source = project.sources.get(&id);
        let columns = self.columns(&id).await;
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
            connection: source.and_then(|source| source.connection.clone()),
            mode: source.and_then(|source| source.ingest.as_ref()).map(|ingest| mode(ingest.mode).to_owned()),
            columns,
        })
    }

    /// What is known of a check or an exposure, which have no rows of their own.
    async fn show_other(self: &Arc<Self>, name: &str) -> Result<Option<NodeInfo>, RunError> {
        let project = &self.project;
        let ids = project.checks.keys().chain(project.exposures.keys());
        let is_it = |id: &&NodeId| {
            let node = project.graph.node(id.as_str());
            id.as_str() == name || id.name() == name || node.is_some_and(|node| node.name == name)
        };
        let Some(id) = ids.into_iter().find(is_it) else { return Ok(None) };
        let (mut sql, mut description) = (None, String::new());
        if let Some(check) = project.checks.get(id) {
            let (_keep, stop) = watch::channel(false);
            let build = self.prepare(self.world.ids.next(), BuildOptions::new(Command::Test), stop).await?;
            let session = build.session(MemoryCatalog::new(), &project.environment.schema);
            let own = match check.kind {
                CheckKind::Generic { .. } | CheckKind::Singular { .. } => {
                    Some(build.compile_check(check, &session).map_err(failed)?)
                }
                _ => None,
            };
            sql = Some(check_spec(check, own, false).sql(self.world.clock.now()));
            description.clone_from(&check.description);
        }
        if let Some(exposure) = project.exposures.get(id) {
            description.clone_from(&exposure.description);
        }
        let reads = project.graph.parents(id.as_str()).map(|parent| parent.id.name().to_owned());
        Ok(Some(NodeInfo {
            node: id.to_string(),
            kind: id.kind().as_str().to_owned(),
            relation: String::new(),
            description,
            path: project.graph.node(id.as_str()).map(|node| node.path.clone()).unwrap_or_default(),
            sql,
            reads: reads.collect(),
            read_by: Vec::new(),
            checks: Vec::new(),
            built_at: None,
            version: None,
            connection: None,
            mode: None,
            columns: Vec::new(),
        }))
    }

    /// The columns that the lake has, with what the files say of them; those that the files say when it has none.
    async fn columns(&self, id: &NodeId) -> Vec<ShownColumn> {
        let project = &self.project;
        let described = project.models.get(id).map(|model| &model.columns);
        let described = described.or_else(|| project.seeds.get(id).map(|seed| &seed.columns));
        let described = described.or_else(|| project.sources.get(id).map(|source| &source.columns));
        let described = described.map(Vec::as_slice).unwrap_or_default();
        let shown = |name: &str, data_type: Option<String>| {
            let found = described.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            ShownColumn {
                name: name.to_owned(),
                data_type: data_type.or_else(|| found.and_then(|column| column.data_type.clone())),
                class: found.and_then(|column| column.privacy.as_ref()?.class.clone()),
                description: found.map(|column| column.description.clone()).unwrap_or_default(),
            }
        };
        if let Some(relation) = project.relation(id)
            && let Ok(schema) =
                self.session(At::Latest).schema_of(&format!("select * from {}", relation.to_sql())).await
        {
            let fields = schema.fields().iter();
            return fields.map(|field| shown(field.name(), Some(type_name(field.data_type())))).collect();
        }
        described.iter().map(|column| shown(&column.name, None)).collect()
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
