//! Which columns of which tables a query reads: asked of its plan, after what it does not need has been cut away.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::TableReference;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};

use crate::error::from_planning;
use crate::{RelationName, Session, SqlError};

impl Session {
    /// The columns that a query reads of each table, by the tables' names; through views, too. What it names and does not need,
    /// as a column of a subquery that nobody asks for, is not among them. Reads no rows.
    pub async fn columns_read(&self, sql: &str) -> Result<BTreeMap<RelationName, BTreeSet<String>>, SqlError> {
        let plan = self.optimized(sql).await?;
        let mut read: BTreeMap<RelationName, BTreeSet<String>> = BTreeMap::new();
        // The closure never fails.
        let _ = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                read.entry(self.relation_of(&scan.table_name)).or_default().extend(columns(scan));
            }
            Ok(TreeNodeRecursion::Continue)
        });
        Ok(read)
    }

    fn relation_of(&self, name: &TableReference) -> RelationName {
        RelationName::new(name.schema().unwrap_or(self.search_schema()), name.table())
    }

    async fn optimized(&self, sql: &str) -> Result<LogicalPlan, SqlError> {
        let plan = self.plan(sql).await?;
        self.optimize(&plan).map_err(|error| from_planning(sql, error))
    }
}

/// Those that a scan gives, and those that it filters by.
fn columns(scan: &TableScan) -> BTreeSet<String> {
    let mut columns: BTreeSet<String> =
        scan.projected_schema.fields().iter().map(|field| field.name().clone()).collect();
    for filter in &scan.filters {
        // The closure never fails.
        let _ = filter.apply(|part| {
            if let Expr::Column(column) = part {
                columns.insert(column.name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
    columns
}
