//! The state in which each node was last built: what a build compares to find what is to do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;

use crate::{
    Meta, MetaError,
    record::{Columns, count, json, micros},
    step,
};

/// What a node was built from at its last success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeState {
    /// Id of the node, such as `model.shop.orders`.
    pub node: String,
    /// Fingerprint of its own definition.
    pub fingerprint: String,
    /// What it read, by node id.
    pub upstream: BTreeMap<String, UpstreamState>,
    /// Its relation, as `schema.table`; empty if it has none.
    pub relation: String,
    /// When it succeeded.
    pub succeeded_at: DateTime<Utc>,
    /// The version of its table after that; none for views and what has no table.
    pub table_version: Option<u64>,
    /// Names the rows that the node gives: it changes exactly when they may have changed. Whoever reads the node compares it.
    pub data_state: String,
}

/// What was read of one upstream node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamState {
    /// Fingerprint of its definition, with what that itself read where it has no table (a view's upstream).
    #[serde(rename = "f")]
    pub fingerprint: String,
    /// The version of its table that was read.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub table_version: Option<u64>,
}

impl Meta {
    /// Records states, all or none.
    pub async fn record_node_states(&self, environment: &str, states: &[NodeState]) -> Result<(), MetaError> {
        if states.is_empty() {
            return Ok(());
        }
        let mut write = self.database.begin(&step::NODE_STATES).await?;
        for state in states {
            let upstream = json(&state.upstream).map_err(|source| write.error(source))?;
            let upsert = sqlx::query(
                "insert into node_states
                     (environment, node, fingerprint, upstream, relation, succeeded_at, table_version, data_state)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)
                 on conflict (environment, node) do update set fingerprint = excluded.fingerprint,
                     upstream = excluded.upstream, relation = excluded.relation,
                     succeeded_at = excluded.succeeded_at, table_version = excluded.table_version,
                     data_state = excluded.data_state",
            )
            .bind(environment)
            .bind(&state.node)
            .bind(&state.fingerprint)
            .bind(upstream)
            .bind(&state.relation)
            .bind(micros(state.succeeded_at))
            .bind(state.table_version.map(count))
            .bind(&state.data_state);
            write.run(upsert).await?;
        }
        write.commit().await
    }

    /// Forgets nodes, so that they are built anew whatever they look like.
    pub async fn forget_node_states(&self, environment: &str, nodes: &[&str]) -> Result<(), MetaError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let mut write = self.database.begin(&step::NODE_STATES).await?;
        for node in nodes {
            let delete = sqlx::query("delete from node_states where environment = $1 and node = $2");
            write.run(delete.bind(environment).bind(*node)).await?;
        }
        write.commit().await
    }

    /// The states of all nodes of an environment, by node id.
    pub async fn node_states(&self, environment: &str) -> Result<BTreeMap<String, NodeState>, MetaError> {
        let select = sqlx::query("select * from node_states where environment = $1").bind(environment);
        let states = self.database.records("read the state of nodes", select, node_state).await?;
        Ok(states.into_iter().map(|state| (state.node.clone(), state)).collect())
    }
}

fn node_state(row: &SqliteRow) -> sqlx::Result<NodeState> {
    let columns = Columns(row);
    Ok(NodeState {
        node: columns.text("node")?,
        fingerprint: columns.text("fingerprint")?,
        upstream: columns.json("upstream")?,
        relation: columns.text("relation")?,
        succeeded_at: columns.instant("succeeded_at")?,
        table_version: columns.optional_count("table_version")?,
        data_state: columns.text("data_state")?,
    })
}
