//! Checks over a table as it would become, before anybody sees it.
use std::num::NonZeroUsize;
use std::sync::Arc;

use ade_engine::{MemoryCatalog, Overlay, RelationName, Session, SessionOptions};
use ade_lake::{At, CommitNote, StageRequest, Staged, TableName, Write};
use ade_project::resource::{CheckKind, IngestMode};
use ade_project::{NodeId, Relation};
use ade_quality::{self as quality, CheckStatus};
use chrono::DateTime;
use futures::TryStreamExt;

use super::check_spec::{
    check_spec, freshness, model_contract, only_what_came, relation_name, shared_keys, source_contract, source_key,
};
use super::reads::Reads;
use super::{Build, TaskError};
use crate::event::CheckReport;
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

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
        let session = self.session(front, &relation.schema);
        if let Some(source) = source {
            let name = relation_name(relation).to_sql();
            let landed = session.schema_of(&format!("select * from {name}")).await.ok();
            let as_is = |column: &str| landed.as_ref().is_none_or(|landed| self.lands_as_is(source, landed, column));
            if let Some(mut contract) = source_contract(source, as_is) {
                contract.filter = landed.as_deref().and_then(|landed| only_what_came(source, landed));
                nodes.push(format!("contract.{}.{}.{}", project.name, source.source, source.name));
                specs.push(contract);
            }
            if let Some(key) = source_key(source, landed.as_deref()) {
                nodes.push(format!("key.{}.{}.{}", project.name, source.source, source.name));
                specs.push(key);
            }
        }
        for id in checks {
            let Some(check) = project.checks.get(id) else { continue };
            let sql = match check.kind {
                CheckKind::Generic { .. } | CheckKind::Singular { .. } => Some(self.compile_check(check, &session)?),
                _ => None,
            };
            let spec = check_spec(check, sql, self.options.store_failures);
            if asks_the_time(&session, &spec, &relation.schema).await {
                self.note_timely(id.as_str());
            }
            nodes.push(id.to_string());
            specs.push(spec);
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
            let declared = project.checks.iter().find(|(id, _)| id.as_str() == node).map(|(_, check)| &check.failures);
            let mut stored_in = None;
            if let Some(kept) = declared.filter(|_| spec.store_failures && outcome.status != CheckStatus::Error) {
                // What failed yesterday is no failure of today: the empty set takes its place.
                if failed || self.workspace.lake.version(&Workspace::table_name(kept)?).await?.is_some() {
                    stored_in = Some(self.store_failures(&session, spec, kept).await?).filter(|_| failed);
                }
            }
            let mut message = match source.filter(|_| failed && node.starts_with("key.")) {
                Some(source) => shared_keys(source, outcome.failures.unwrap_or(0)),
                None => outcome.message,
            };
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

    /// What a node itself promises that is a check of its own, by the names of these checks.
    pub(crate) fn promises(&self, id: &NodeId) -> impl Iterator<Item = String> {
        let project = &self.workspace.project;
        let of_model = project.models.get(id).and_then(model_contract);
        let source = project.sources.get(id);
        let of_source = source.and_then(|source| source_contract(source, |_| true));
        let key = source.and_then(|source| source_key(source, None));
        of_model.into_iter().chain(of_source).chain(key).map(|check| check.name)
    }

    /// How late a source is.
    pub(crate) async fn check_freshness(&self, id: &NodeId) -> Result<Option<CheckReport>, TaskError> {
        let Some(source) = self.workspace.project.sources.get(id) else { return Ok(None) };
        let Some(declared) = &source.freshness else { return Ok(None) };
        let node = format!("freshness.{}.{}.{}", self.workspace.project.name, source.source, source.name);
        let reads_all = source.ingest.as_ref().is_some_and(|ingest| ingest.mode == IngestMode::Full);
        if declared.loaded_at.is_none() && source.connection.is_some() && reads_all {
            // All of it was read a moment ago: that nothing was different does not make it old.
            return Ok(Some(CheckReport {
                node,
                name: "freshness".to_owned(),
                status: CheckStatus::Pass.to_string(),
                failures: 0,
                message: "read in this run".to_owned(),
                stored_in: None,
                duration_ms: 0,
            }));
        }
        let spec = freshness(source, declared);
        let session = self.session(MemoryCatalog::new(), &source.relation.schema);
        let now = self.workspace.world.clock.now();
        let outcomes = quality::run_checks(&session, std::slice::from_ref(&spec), now, CONCURRENCY).await;
        Ok(outcomes.into_iter().next().map(|outcome| CheckReport {
            node,
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

/// Whether the same rows may pass the check at one time and fail it at another.
async fn asks_the_time(session: &Session, check: &quality::Check, schema: &str) -> bool {
    use quality::CheckKind as Kind;
    let has_own_text = match &check.kind {
        Kind::Recency { .. } | Kind::Freshness { .. } => return true,
        Kind::Sql { .. } | Kind::ExpressionIsTrue { .. } | Kind::AcceptedRange { .. } => true,
        Kind::NotNull { subject } | Kind::Unique { subject } => matches!(subject, quality::Subject::Expression(_)),
        _ => false,
    };
    if !has_own_text && check.filter.is_none() {
        return false;
    }
    match session.plan(&check.sql(DateTime::UNIX_EPOCH)).await {
        Ok(plan) => Reads::of(&plan, schema).volatile,
        Err(_) => false,
    }
}
