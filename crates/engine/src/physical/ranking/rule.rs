//! Finds the windows that only count.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::{StandardWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowUDFExpr};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};

use super::exec::RankingExec;
use super::ranks::RankingFunction;

/// Counts ranks where all functions of a window are ranks and its rows come sorted.
#[derive(Debug)]
pub(crate) struct Ranking;

impl PhysicalOptimizerRule for Ranking {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let ranking = node.downcast_ref::<BoundedWindowAggExec>().and_then(ranking);
            Ok(ranking.map_or_else(|| Transformed::no(node), |ranking| Transformed::yes(Arc::new(ranking) as _)))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "ranking"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn ranking(window: &BoundedWindowAggExec) -> Option<RankingExec> {
    if window.input_order_mode != InputOrderMode::Sorted || window.state_observer().is_some() {
        return None;
    }
    let first = window.window_expr().first()?;
    let (partition_by, order_by) = (first.partition_by(), first.order_by());
    let same = |other: &Arc<dyn WindowExpr>| other.partition_by() == partition_by && other.order_by() == order_by;
    if !window.window_expr().iter().all(same) {
        return None;
    }
    let ranks = window.window_expr().iter().map(rank).collect::<Option<Vec<_>>>()?;
    let order_by: Vec<_> = order_by.iter().map(|key| Arc::clone(&key.expr)).collect();
    let schema = window.input().schema();
    let is_plain = |key: &Arc<dyn PhysicalExpr>| key.data_type(&schema).is_ok_and(|data_type| !data_type.is_nested());
    if !partition_by.iter().chain(&order_by).all(is_plain) {
        return None;
    }
    let input = Arc::clone(window.input());
    Some(RankingExec::new(window, input, ranks, partition_by.to_vec(), order_by))
}

fn rank(expression: &Arc<dyn WindowExpr>) -> Option<RankingFunction> {
    let function = expression.as_any().downcast_ref::<StandardWindowExpr>()?.get_standard_func_expr();
    let function = function.as_any().downcast_ref::<WindowUDFExpr>()?;
    let counts = expression.field().is_ok_and(|field| *field.data_type() == DataType::UInt64);
    counts.then(|| RankingFunction::named(function.fun().name()))?
}
