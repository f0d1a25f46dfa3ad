//! Checks over a table as it would become, before anybody sees it.
use std::num::NonZeroUsize;
use std::sync::Arc;

use ade_engine::{MemoryCatalog, Overlay, RelationName, Session, SessionOptions};
use ade_lake::{At, CommitNote, StageRequest, Staged, TableName, Write};
use ade_project::resource::CheckKind;
use ade_project::{NodeId, Relation};
use ade_quality as quality;
use futures::TryStreamExt;

use super::check_spec::{check_spec, freshness, model_contract, relation_name, source_contract};
use super::{Build, TaskError};
use crate::event::CheckReport;
use crate::failpoint::{self, hit};

/// Queries of one audit side by side.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(2).expect("not zero");

impl Build {
    /// A session over the lake as it is now, with `front` shown before it.
    pub(crate) fn session(&self, front: MemoryCatalog, schema: &str) -> Session {
        let options = SessionOptions::new(schema).with_now(self.workspace.world.clock.now());
        let base = self.workspace.catalog(At::Latest);
        self.workspace.engine.session(Arc::new(Overlay::new(front, base)), options)
    }

    /// Audits a staged table.
    pub(crate) async fn audit_table(
        &self,
        relation: &Relation,
        checks: &[NodeId],
        staged: &Staged,
    ) -> Result<Vec<CheckReport>, TaskError> {
        let front = MemoryCatalog::new().with_table(relation_name(relation), staged.provider());
        self.audit(relation, checks, front).await
    }

    /// Carries out the checks of a node with `front` shown before the lake.
    pub(crate) async fn audit(
        &self,
        relation: &Relation,
        checks: &[NodeId],
        front: MemoryCatalog,
    ) -> Result<Vec<CheckReport>, TaskError> {
        let project = &self.workspace.project;
        let mut nodes: Vec<String> = Vec::new();
        let mut specs = Vec::new();
        let model = project.models.values().find(|model| &model.relation == relation);
        if let Some((model, contract)) = model.and_then(|model| Some((model, model_contract(model)?))) {
            nodes.push(format!("contract.{}.{}", project.name, model.name));
            specs.push(contract);
        }
        let source = project.sources.values().find(|source| &source.relation == relation);
        if let Some((source, contract)) = source.and_then(|source| Some((source, source_contract(source)?))) {
            nodes.push(format!("contract.{}.{}.{}", project.name, source.source, source.name));
            specs.push(contract);
        }
        let session = self.session(front, &relation.schema);
        for id in checks {
            let Some(check) = project.checks.get(id) else { continue };
            let sql = match check.kind {
                CheckKind::Generic { .. } | CheckKind::Singular { .. } => Some(self.compile_check(check, &session)?),
                _ => None,
            };
            nodes.push(id.to_string());
            specs.push(check_spec(check, sql, self.options.store_failures));
        }
        if specs.is_empty() {
            return Ok(Vec::new());
        }
        hit(failpoint::AUDIT_BEGIN)?;
        let now = self.workspace.world.clock.now();
        let outcomes = quality::run_checks(&session, &specs, now, CONCURRENCY).await;
        let mut reports = Vec::new();
        for ((node, spec), outcome) in nodes.into_iter().zip(&specs).zip(outcomes) {
            let failed = outcome.failures.unwrap_or(0) > 0;
            let stored_in = if spec.store_failures && failed {
                let declared = project.checks.iter().find(|(id, _)| id.as_str() == node).map(|(_, check)| check);
                match declared {
                    Some(check) => Some(self.store_failures(&session, spec, &check.failures).await?),
                    None => None,
                }
            } else {
                None
            };
            let mut message = outcome.message;
            for hint in outcome.hints {
                message.push_str("; ");
                message.push_str(&hint);
            }
            reports.push(CheckReport {
                node,
                name: spec.name.clone(),
                status: outcome.status.to_string(),
                failures: outcome.failures.unwrap_or(0),
                message,
                stored_in,
                duration_ms: outcome.duration_ms,
            });
        }
        hit(failpoint::AUDIT_END)?;
        Ok(reports)
    }

    /// Whether what a node promises of its columns is a check of its own.
    pub(crate) fn has_contract(&self, id: &NodeId) -> bool {
        let project = &self.workspace.project;
        project.models.get(id).is_some_and(|model| model_contract(model).is_some())
            || project.sources.get(id).is_some_and(|source| source_contract(source).is_some())
    }

    /// How late a source is.
    pub(crate) async fn check_freshness(&self, id: &NodeId) -> Result<Option<CheckReport>, TaskError> {
        let Some(source) = self.workspace.project.sources.get(id) else { return Ok(None) };
        let Some(declared) = &source.freshness else { return Ok(None) };
        let spec = freshness(source, declared);
        let session = self.session(MemoryCatalog::new(), &source.relation.schema);
        let now = self.workspace.world.clock.now();
        let outcomes = quality::run_checks(&session, std::slice::from_ref(&spec), now, CONCURRENCY).await;
        Ok(outcomes.into_iter().next().map(|outcome| CheckReport {
            node: format!("freshness.{}.{}.{}", self.workspace.project.name, source.source, source.name),
            name: spec.name,
            status: outcome.status.to_string(),
            failures: outcome.failures.unwrap_or(0),
            message: outcome.message,
            stored_in: None,
            duration_ms: outcome.duration_ms,
        }))
    }

    /// Keeps the complete set of failing rows in a table of their own; gives its name.
    async fn store_failures(
        &self,
        session: &Session,
        check: &quality::Check,
        relation: &Relation,
    ) -> Result<String, TaskError> {
        let lake = &self.workspace.lake;
        let table = TableName::new(&relation.schema, &relation.table)?;
        let mut rows = match quality::failing_rows(session, check, self.workspace.world.clock.now()).await {
            Ok(rows) => rows,
            Err(error) => return Err(crate::error::RunError::usage(error.to_string(), None).into()),
        };
        let lease = lake.lease(&table, "ade").await?;
        let writing = async {
            let mut writer = lake.stage(&table, StageRequest::new(rows.schema(), Write::Replace), &lease).await?;
            while let Some(batch) = rows.try_next().await? {
                writer.write(batch).await?;
            }
            let staged = writer.finish().await?;
            hit(failpoint::FAILURES_STAGED)?;
            let note = CommitNote { run_id: Some(self.run_id), ..CommitNote::new(self.workspace.world.ids.next()) };
            staged.commit(&note).await?;
            Ok::<_, TaskError>(())
        };
        let written = writing.await;
        lake.release(&lease).await?;
        written.map(|()| RelationName::new(&relation.schema, &relation.table).to_string())
    }
}
