//! What a query reads, and whether it gives the same rows at another time: asked of its plan, not of its words.
use std::collections::BTreeSet;

use ade_engine::RelationName;
use ade_engine::datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use ade_engine::datafusion::common::{Result, TableReference};
use ade_engine::datafusion::logical_expr::{Expr, LogicalPlan, Volatility};

/// What a plan says of its query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Whether the same tables may give other rows at another time: it asks for the time, or draws lots. Views that it reads
    /// count as if their text stood in the query.
    pub(crate) volatile: bool,
    /// The tables that it scans, also through views, and the views that it names with their schema.
    pub(crate) relations: BTreeSet<RelationName>,
}

impl Reads {
    /// Of a plan whose names without a schema are of this one.
    pub(crate) fn of(plan: &LogicalPlan, schema: &str) -> Self {
        let mut reads = Self::default();
        // The closures never fail.
        let _ = plan.apply_with_subqueries(|node| {
            match node {
                LogicalPlan::TableScan(scan) => reads.add(&scan.table_name, Some(schema)),
                LogicalPlan::SubqueryAlias(named) => reads.add(&named.alias, None),
                _ => {}
            }
            node.apply_expressions(|expression| reads.look_at(expression))
        });
        reads
    }

    fn add(&mut self, name: &TableReference, default: Option<&str>) {
        if let Some(schema) = name.schema().or(default) {
            self.relations.insert(RelationName::new(schema, name.table()));
        }
    }

    fn look_at(&mut self, expression: &Expr) -> Result<TreeNodeRecursion> {
        expression.apply(|expression| {
            let volatility = match expression {
                // The batch that is being made: another one each time, and no reason to make one.
                Expr::ScalarFunction(call) if call.name() == "batch_id" => Volatility::Immutable,
                Expr::ScalarFunction(call) => call.func.signature().volatility,
                Expr::AggregateFunction(call) => call.func.signature().volatility,
                _ => Volatility::Immutable,
            };
            self.volatile |= volatility != Volatility::Immutable;
            Ok(TreeNodeRecursion::Continue)
        })
    }
}
