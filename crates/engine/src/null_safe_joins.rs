//! Joins where NULL equals NULL, beside joins where it does not.
//!
//! DataFusion takes a chain of inner joins apart and joins the tables anew. It treats NULL in all of them as in the
//! outermost one, so `a.k is not distinct from b.k` loses rows where another join follows with `=`, and the other way round
//! `=` gains some. Queries with such joins keep theirs as they were written; conditions are pushed into them all the same.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{JoinType, NullEquality, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::eliminate_cross_join::EliminateCrossJoin;
use datafusion::optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule};

use crate::mark_joins::MarkJoins;

/// DataFusion's rules, of which one leaves joins alone where NULL equals NULL, and [`MarkJoins`].
pub(crate) fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let careful = CrossJoins(EliminateCrossJoin::new());
    let mut rules = Optimizer::new().rules;
    if let Some(rule) = rules.iter_mut().find(|rule| rule.name() == careful.name()) {
        *rule = Arc::new(careful);
    }
    // beside the rule that does the same in filters
    let place = rules.iter().position(|rule| rule.name() == "decorrelate_predicate_subquery").unwrap_or(0);
    rules.insert(place, Arc::new(MarkJoins));
    rules
}

/// [`EliminateCrossJoin`] for plans where no NULL equals another.
#[derive(Debug)]
struct CrossJoins(EliminateCrossJoin);

impl OptimizerRule for CrossJoins {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let mut found = false;
        plan.apply_with_subqueries(|node| {
            let LogicalPlan::Join(join) = node else { return Ok(TreeNodeRecursion::Continue) };
            found |= join.join_type == JoinType::Inner && join.null_equality == NullEquality::NullEqualsNull;
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if found { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
    }
}
