//! A source's table that is read together with others, and whose lease is held until all of them are done.
use std::collections::BTreeSet;

use ade_connect::{ConnectError, ConnectorSpec, Settings, Snapshot};
use ade_lake::{Lease, TableName};
use ade_project::NodeId;
use ade_project::resource::{Ingest, SourceTable};

use super::ingest::TableLanding;
use crate::build::{Build, Outcome, TaskError};
use crate::workspace::Workspace;

/// A source's table, whose lease is held.
pub(super) struct Held<'a> {
    pub(super) source: &'a SourceTable,
    pub(super) declared: &'a Ingest,
    pub(super) options: Settings,
    pub(super) table: TableName,
    checks: &'a [NodeId],
    lease: Lease,
}

impl<'a> Held<'a> {
    /// Takes the lease of a table; `None` where nothing says how it is read.
    pub(super) async fn take(
        build: &'a Build,
        spec: &ConnectorSpec,
        source: &'a SourceTable,
        checks: &'a [NodeId],
    ) -> Result<Option<Self>, TaskError> {
        let Some(declared) = &source.ingest else { return Ok(None) };
        let options = spec.table_options(&declared.options).map_err(|problems| ConnectError::Settings { problems })?;
        let table = Workspace::table_name(&source.relation)?;
        let lease = build.workspace.lake.lease(&table, "ade").await?;
        Ok(Some(Self { source, declared, options, table, checks, lease }))
    }

    /// Its node.
    pub(super) fn id(&self) -> &'a NodeId {
        &self.source.id
    }

    /// Lands what a snapshot has of it. `anew`: nothing that is there counts.
    pub(super) async fn land(&self, build: &Build, snapshot: &dyn Snapshot, anew: bool) -> Result<Outcome, TaskError> {
        let landing = TableLanding {
            build,
            source: self.source,
            declared: self.declared,
            table: &self.table,
            lease: &self.lease,
            checks: self.checks,
            anew,
        };
        Box::pin(landing.land(snapshot, self.options.clone())).await
    }

    /// The places among `others` of the tables that its checks read besides.
    pub(super) fn reads(&self, build: &Build, others: &[&Held<'_>]) -> BTreeSet<usize> {
        let graph = &build.workspace.project.graph;
        let parents = self.checks.iter().flat_map(|check| graph.parents(check.as_str())).map(|parent| &parent.id);
        let place = |parent: &NodeId| others.iter().position(|other| other.source.id == *parent);
        parents.filter(|parent| *parent != self.id()).filter_map(place).collect()
    }

    /// Gives the lease back.
    pub(super) async fn release(self, build: &Build) {
        build.workspace.release(&self.table, &self.lease).await;
    }
}
