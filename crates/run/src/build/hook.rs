//! Statements before and after a node, and before and after a run.
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{SqlError, SqlErrorKind, SqlText, split_statements};
use ade_project::NodeId;
use ade_project::resource::Hook;
use futures::TryStreamExt;
use serde_json::{Map, Value};

use super::{Build, Command, TaskError};
use crate::event::Event;

/// When hooks run, in dbt's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookTime {
    Pre,
    Post,
    RunStart,
    RunEnd,
}

impl HookTime {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre-hook",
            Self::Post => "post-hook",
            Self::RunStart => "on-run-start hook",
            Self::RunEnd => "on-run-end hook",
        }
    }
}

impl Build {
    /// Runs the hooks of the run, unless it only tests. At its end they know how the tasks ended, as in dbt.
    pub(crate) async fn run_hooks_of_run(
        &self,
        time: HookTime,
        values: Option<&Map<String, Value>>,
    ) -> Result<(), TaskError> {
        let project = &self.workspace.project;
        let hooks = if time == HookTime::RunStart { &project.on_run_start } else { &project.on_run_end };
        if self.options.command == Command::Test {
            return Ok(());
        }
        self.hooks(time, None, hooks, &project.environment.schema, values).await
    }

    /// Runs hooks: queries, whose rows nobody sees. Statements that would change something are refused: tables change by
    /// models only.
    pub(crate) async fn run_hooks(
        &self,
        time: HookTime,
        node: Option<&NodeId>,
        hooks: &[Hook],
        schema: &str,
    ) -> Result<(), TaskError> {
        self.hooks(time, node, hooks, schema, None).await
    }

    async fn hooks(
        &self,
        time: HookTime,
        node: Option<&NodeId>,
        hooks: &[Hook],
        schema: &str,
        values: Option<&Map<String, Value>>,
    ) -> Result<(), TaskError> {
        for (place, hook) in hooks.iter().enumerate() {
            let told = Told { time, node, hook, number: (hooks.len() > 1).then_some(place + 1) };
            let session = self.session(ade_engine::MemoryCatalog::new(), schema);
            let compiled = self.compile_hook(node, hook, &session, values)?;
            for message in compiled.messages {
                let node = node.map(ToString::to_string);
                self.workspace.observer.on(&Event::Notice { node, message });
            }
            for statement in split_statements(&compiled.text).map_err(|error| told.problem(None, error))? {
                let ran = async {
                    let mut rows = session.query(&statement.sql).await?;
                    while rows.try_next().await?.is_some() {}
                    Ok::<_, SqlError>(())
                };
                ran.await.map_err(|error| told.problem(Some(&statement), error))?;
            }
        }
        Ok(())
    }

    /// Refuses hooks that would change something before their node does any work: after its commit it would be too late.
    /// What else is wrong with them shows when they run.
    pub(crate) async fn refuse_writing_hooks(
        &self,
        node: &NodeId,
        hooks: &[Hook],
        schema: &str,
    ) -> Result<(), TaskError> {
        for (place, hook) in hooks.iter().enumerate() {
            let told =
                Told { time: HookTime::Post, node: Some(node), hook, number: (hooks.len() > 1).then_some(place + 1) };
            let session = self.session(ade_engine::MemoryCatalog::new(), schema);
            let Ok(compiled) = self.compile_hook(Some(node), hook, &session, None) else { continue };
            for statement in split_statements(&compiled.text).into_iter().flatten() {
                match session.schema_of(&statement.sql).await {
                    Err(error) if error.kind == SqlErrorKind::Refused => {
                        return Err(told.problem(Some(&statement), error));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// A hook as messages name it.
struct Told<'a> {
    time: HookTime,
    node: Option<&'a NodeId>,
    hook: &'a Hook,
    /// Its place among the node's hooks, when there are several.
    number: Option<usize>,
}

impl Told<'_> {
    fn problem(&self, statement: Option<&SqlText>, error: SqlError) -> TaskError {
        let number = self.number.map(|number| format!(" {number}")).unwrap_or_default();
        let of = match self.node {
            Some(node) => format!(" of {} `{}`", node.kind().as_str(), node.name()),
            None => String::new(),
        };
        let message = format!("{}{number}{of}: {}", self.time.as_str(), error.message);
        let mut problem = Diagnostic::error(&rule::SQL_ERROR, message).at(self.hook.origin.clone());
        if let Some(statement) = statement {
            problem = problem.note(format!("the statement is `{}`", beginning(&statement.sql)));
        }
        if let Some(hint) = error.hint {
            problem = problem.hint(hint);
        }
        if error.kind == SqlErrorKind::Refused {
            problem = problem
                .hint("hooks may only read; what another program writes or grants does not belong into a build: take the hook out")
                .hint("a dbt project that is also built elsewhere keeps it there with `{% if target.type != 'ade' %}…{% endif %}`");
        }
        TaskError::Diagnostics(vec![problem])
    }
}

/// The first words of a statement, on one line.
fn beginning(sql: &str) -> String {
    const MOST: usize = 60;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST { line } else { line.chars().take(MOST).chain(['…']).collect() }
}
