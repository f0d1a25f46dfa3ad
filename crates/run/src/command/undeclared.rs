//! Tables and views that this environment made for nodes which the project no longer has: they stay readable, and grow old.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ade_diagnostic::did_you_mean;
use ade_engine::RelationName;
use ade_lake::TableName;
use ade_meta::{NodeState, ViewChange};
use ade_project::resource::Materialization;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::RunError;
use crate::event::Event;
use crate::source::beside;
use crate::workspace::Workspace;

/// Names of relations in one line.
const SHOWN: usize = 8;

/// A table or view that the project no longer declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undeclared {
    /// `schema.table`.
    pub relation: String,
    /// `table` or `view`.
    pub kind: &'static str,
    /// When it was last built, where that is known.
    pub built_at: Option<DateTime<Utc>>,
    /// What is recorded of it.
    #[serde(skip)]
    nodes: Vec<String>,
}

impl Workspace {
    /// Those that are still there, by name. Asks the lake only about what is recorded and not declared: as a rule, nothing.
    async fn undeclared(&self, recorded: &BTreeMap<String, NodeState>) -> Result<Vec<Undeclared>, RunError> {
        let declared = self.declared();
        let mut found: BTreeMap<String, Undeclared> = BTreeMap::new();
        for record in recorded.values().filter(|record| record.relation.contains('.')) {
            if declared.contains(&record.relation) {
                continue;
            }
            let one = found.entry(record.relation.clone()).or_insert_with(|| Undeclared {
                relation: record.relation.clone(),
                kind: "table",
                built_at: None,
                nodes: Vec::new(),
            });
            one.built_at = one.built_at.max(Some(record.succeeded_at));
            one.nodes.push(record.node.clone());
        }
        for name in self.views.names() {
            let relation = name.to_string();
            if declared.contains(&relation) {
                continue;
            }
            let one = Undeclared { relation: relation.clone(), kind: "view", built_at: None, nodes: Vec::new() };
            found.entry(relation).or_insert(one).kind = "view";
        }
        let mut there = Vec::new();
        for one in found.into_values() {
            if one.kind == "view" || self.is_made_table(&one.relation).await? {
                there.push(one);
            }
        }
        Ok(there)
    }

    /// Every relation that some node of the project makes or reads.
    fn declared(&self) -> BTreeSet<String> {
        let project = &self.project;
        let sources = project.sources.values().map(|source| &source.relation);
        let seeds = project.seeds.values().map(|seed| &seed.relation);
        let models = project.models.values().filter(|model| model.materialized != Materialization::Ephemeral);
        let models = models.map(|model| &model.relation);
        sources.chain(seeds).chain(models).map(ToString::to_string).collect()
    }

    /// Whether the lake has this table, and a batch of ours in it.
    async fn is_made_table(&self, relation: &str) -> Result<bool, RunError> {
        let Some(table) = table_name(relation) else { return Ok(false) };
        Ok(self.lake.newest(&table).await?.is_some_and(|(_, state)| state.batch_id.is_some()))
    }

    /// Tells what is still there of nodes that are not.
    pub(crate) async fn tell_undeclared(&self, recorded: &BTreeMap<String, NodeState>) -> Result<(), RunError> {
        let there = self.undeclared(recorded).await?;
        let Some(first) = there.first() else { return Ok(()) };
        let one = |one: &Undeclared| match one.built_at {
            Some(at) => format!("{} ({}, last built {})", one.relation, one.kind, at.format("%Y-%m-%d %H:%M UTC")),
            None => format!("{} ({})", one.relation, one.kind),
        };
        let mut names: Vec<String> = there.iter().take(SHOWN).map(one).collect();
        if there.len() > SHOWN {
            names.push(format!("and {} more", there.len() - SHOWN));
        }
        let message = format!(
            "no longer declared, and still readable: {}; `ade maintain --drop {}` removes {}",
            names.join(", "),
            first.relation,
            if there.len() == 1 { "it" } else { "one" }
        );
        self.observer.on(&Event::Notice { node: None, message });
        Ok(())
    }

    /// The table or view of this name that [`Workspace::drop_undeclared`] would remove.
    pub async fn find_undeclared(&self, name: &str) -> Result<Undeclared, RunError> {
        let declared = self.declared();
        let node = self.find_node(name).ok();
        let relation = node.as_ref().and_then(|node| self.project.relation(node)).map(ToString::to_string);
        if let Some(relation) = relation.filter(|relation| declared.contains(relation)) {
            return Err(RunError::usage(
                format!("`{relation}` is declared: what the project makes is not dropped"),
                "remove what declares it first, or switch it off with `enabled: false`".to_owned(),
            ));
        }
        let recorded = self.meta.node_states(self.environment()).await?;
        let there = self.undeclared(&recorded).await?;
        if let Some(found) = there.iter().find(|one| one.relation == name) {
            return Ok(found.clone());
        }
        let names: Vec<&str> = there.iter().map(|one| one.relation.as_str()).collect();
        let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| match names.as_slice() {
            [] => "there is nothing here that the project no longer declares".to_owned(),
            names => format!("there are {}", names.join(", ")),
        });
        let environment = self.environment();
        let message =
            format!("environment `{environment}` has made no table or view `{name}` that is no longer declared");
        Err(RunError::usage(message, hint))
    }

    /// Removes a table, with all its versions, or a view that the project no longer declares.
    pub async fn drop_undeclared(&self, name: &str, patience: Duration) -> Result<Undeclared, RunError> {
        self.must_be_writable("ade maintain")?;
        let found = self.find_undeclared(name).await?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, "ade maintain", patience);
        let Some(table) = table_name(&found.relation) else { return Ok(found) };
        let view = RelationName::new(table.schema(), table.table());
        if self.views.get(&view).is_some() {
            let guard = self.keeper.hold(&format!("view {view}")).await?;
            let change = ViewChange::Drop { schema: view.schema.clone(), name: view.name.clone() };
            let held = [guard.lease().clone()];
            self.meta.switch_views(self.environment(), Some(run_id), &[change], &held).await?;
            self.views.remove(&view);
            guard.release().await?;
        }
        // The table goes last: while it is there, it is found, and what a crash left behind goes when it is dropped again.
        for table in [beside(&table)?, table] {
            let newest = self.lake.newest(&table).await?;
            if newest.is_none_or(|(_, state)| state.batch_id.is_some()) {
                let lease = self.lake.lease(&table, "ade maintain").await?;
                let dropped = self.lake.drop_table(&table, &lease).await;
                self.lake.release(&lease).await?;
                dropped?;
            }
        }
        let nodes: Vec<&str> = found.nodes.iter().map(String::as_str).collect();
        self.meta.forget_node_states(self.environment(), &nodes).await?;
        Ok(found)
    }
}

fn table_name(relation: &str) -> Option<TableName> {
    let (schema, table) = relation.split_once('.')?;
    TableName::new(schema, table).ok()
}
