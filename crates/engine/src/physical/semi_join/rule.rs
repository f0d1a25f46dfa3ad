//! Finds the joins that only ask whether there is a partner.

use std::sync::Arc;

use arrow::row::{RowConverter, SortField};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};

use super::exec::RepeatedKeysExec;

/// Leaves repeated keys out of the side of a semi, anti or mark join that is only asked.
#[derive(Debug)]
pub(crate) struct SemiJoinKeys;

impl PhysicalOptimizerRule for SemiJoinKeys {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<HashJoinExec>() else { return Ok(Transformed::no(node)) };
            let Some(asked) = asked_side(join) else { return Ok(Transformed::no(node)) };
            let (mut left, mut right) = (Arc::clone(join.left()), Arc::clone(join.right()));
            let side = if asked == JoinSide::Left { &mut left } else { &mut right };
            let keys: Vec<_> =
                join.on().iter().map(|(l, r)| Arc::clone(if asked == JoinSide::Left { l } else { r })).collect();
            // A group by gives each of its keys once.
            if side.downcast_ref::<AggregateExec>().is_some() || !is_comparable(&keys, side) {
                return Ok(Transformed::no(node));
            }
            *side = Arc::new(RepeatedKeysExec::new(Arc::clone(side), keys));
            Ok(Transformed::yes(replace_children_if_necessary(node, vec![left, right])?))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "semi_join_keys"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The side of which only the keys count; nothing for other joins, and for those with a condition on other columns.
fn asked_side(join: &HashJoinExec) -> Option<JoinSide> {
    if join.filter().is_some() {
        return None;
    }
    match join.join_type() {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => Some(JoinSide::Right),
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => Some(JoinSide::Left),
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => None,
    }
}

fn is_comparable(keys: &[Arc<dyn PhysicalExpr>], input: &Arc<dyn ExecutionPlan>) -> bool {
    let fields = keys.iter().map(|key| key.data_type(&input.schema()).map(SortField::new));
    fields.collect::<Result<Vec<_>>>().is_ok_and(|fields| RowConverter::supports_fields(&fields))
}
