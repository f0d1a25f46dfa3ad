//! `ade plan`.
use std::sync::Arc;

use ade_lake::{At, LakeError};
use ade_project::NodeKind;
use ade_project::resource::{IngestMode, SourceTable};
use serde::Serialize;
use tokio::sync::watch;

use crate::build::{BuildOptions, Plan, TaskError};
use crate::error::RunError;
use crate::event::Event;
use crate::source::{LandedReading, files_landed, redeclared};
use crate::workspace::Workspace;

/// Why a node would be worked on, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was never built here.
    New,
    /// It was a table here and becomes a view: the table and its versions go.
    BecomesView,
    /// It was a view here and becomes a table.
    BecomesTable,
    /// Its text or settings changed.
    Modified,
    /// Rows that it reads changed.
    InputsChanged,
    /// Its rows are as they should be; they have not met its checks as these are now.
    Checks,
    /// Something before it would be worked on; whether its rows change is known then.
    Upstream,
    /// Sources are always asked.
    Source,
    /// Its declaration keeps it from landing.
    Refused,
    /// It waits for one that does not land.
    Blocked,
    /// It was asked for.
    Asked,
    /// Nothing changed, as long as the sources behind it bring nothing.
    SourcesMayBring,
    /// Nothing changed.
    Unchanged,
}

/// What a run would do with a node.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedTask {
    /// Node id.
    pub node: String,
    /// `source`, `seed`, `model`.
    pub kind: String,
    /// `schema.table`.
    pub relation: Option<String>,
    /// Why it would be worked on, or not.
    pub reason: Reason,
    /// What goes, where something goes.
    pub loses: Option<String>,
    /// Checks that would guard it.
    pub checks: usize,
}

impl Workspace {
    /// What [`Workspace::build`] would do with these options. Asks no source.
    pub async fn plan(self: &Arc<Self>, options: BuildOptions) -> Result<Vec<PlannedTask>, RunError> {
        let failed = |error: TaskError| match error {
            TaskError::Run(error) => error,
            TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
        };
        let (_keep, stop) = watch::channel(false);
        let build = self.prepare(self.world.ids.next(), options, stop).await?;
        let selected = self.selected(&build)?;
        self.tell_undeclared(&build.recorded).await?;
        let plan = Plan::new(&self.project, &selected, &build.options);
        let mut planned: Vec<PlannedTask> = Vec::new();
        // Whether a source that is asked stands behind each task, or is it.
        let mut stirred: Vec<bool> = Vec::new();
        for task in &plan.tasks {
            let mut is_refused = false;
            if let Some(source) = self.project.sources.get(&task.node) {
                let problems = build.obfuscation.check(source);
                let errors = problems.iter().filter(|problem| problem.is_error()).count();
                is_refused = errors > 0;
                if is_refused {
                    let word = if errors == 1 { "problem" } else { "problems" };
                    let message =
                        format!("{} does not land: {errors} {word}; `ade check` shows them", task.node.name());
                    self.observer.on(&Event::Notice { node: Some(task.node.to_string()), message });
                }
            }
            if let Some(source) = self.project.sources.get(&task.node).filter(|_| !is_refused) {
                self.tell_redeclared(source).await?;
            }
            let works = |earlier: &usize| {
                let before = &planned[*earlier];
                !matches!(
                    before.reason,
                    Reason::Unchanged | Reason::SourcesMayBring | Reason::Source | Reason::Checks | Reason::Refused
                )
            };
            let is_asked = |source: &SourceTable| source.connection.is_some() && !is_refused;
            let may_bring = self.project.sources.get(&task.node).is_some_and(is_asked)
                || task.after.iter().any(|earlier| stirred[*earlier]);
            stirred.push(may_bring);
            let blocked = |earlier: &usize| matches!(planned[*earlier].reason, Reason::Refused | Reason::Blocked);
            let reason = if is_refused {
                Reason::Refused
            } else if task.after.iter().any(blocked) {
                Reason::Blocked
            } else if task.node.kind() == NodeKind::Source {
                Reason::Source
            } else if build.options.force || build.options.full_refresh {
                Reason::Asked
            } else {
                let found = build.reason(&task.node, &task.checks).await.map_err(failed)?;
                if let (Reason::Modified, Some(model)) = (found, self.project.models.get(&task.node))
                    && let Some(words) = build.text_change(model).await.map_err(failed)?
                {
                    let message = format!("{}: {words}", model.name);
                    self.observer.on(&Event::Notice { node: Some(task.node.to_string()), message });
                }
                match found {
                    Reason::Unchanged if task.after.iter().any(works) => Reason::Upstream,
                    Reason::Unchanged if may_bring => Reason::SourcesMayBring,
                    found => found,
                }
            };
            let loses = match reason {
                Reason::BecomesView => build.table_to_go(&task.node).await.map_err(failed)?,
                _ => None,
            };
            planned.push(PlannedTask {
                node: task.node.to_string(),
                kind: task.node.kind().as_str().to_owned(),
                relation: self.project.relation(&task.node).map(ToString::to_string),
                reason,
                loses,
                checks: task.checks.len() + build.promises(&task.node).count(),
            });
        }
        Ok(planned)
    }

    /// Tells what of a source is declared otherwise than when its table landed.
    async fn tell_redeclared(&self, source: &SourceTable) -> Result<(), RunError> {
        let Some(connection) = source.connection.as_ref().and_then(|name| self.project.connections.get(name)) else {
            return Ok(());
        };
        if source.ingest.as_ref().is_none_or(|declared| declared.mode == IngestMode::Full) {
            return Ok(());
        }
        let table = match self.lake.snapshot(&Self::table_name(&source.relation)?, At::Latest).await {
            Ok(table) => table,
            Err(LakeError::NoTable { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let reading = LandedReading::of(source, self.connectors.get(&connection.kind)?.spec());
        let found = redeclared(&table, &reading, source);
        let name = source.id.name();
        let refused = found.all_refused();
        let said = refused.iter().chain(&found.told).cloned().collect::<Vec<_>>().join("; ");
        if !said.is_empty() {
            let what = files_landed(&table)
                .map_or_else(|| "what is there".to_owned(), |files| format!("what is from {files}"));
            let then = if refused.is_empty() { "stays as it was read" } else { "does not go with that" };
            let message = format!("{name}: {said}; {what} {then}: `--full-refresh` reads all of it again");
            self.observer.on(&Event::Notice { node: Some(source.id.to_string()), message });
        }
        Ok(())
    }
}
