//! Conditions of a filter that scans use to leave out files and row groups.
//!
//! DataFusion's rule for this also moves filters below joins and aggregations, where the logical optimizer has done all
//! that can be done. It looks columns up by their name, and where both sides of a join have a column of the name, the
//! condition may be asked of the other one. So here the rule sees nothing but a filter and its scan.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

/// Tells each scan the filter right above it.
#[derive(Debug)]
pub(super) struct FilterAtScan(FilterPushdown);

impl FilterAtScan {
    /// In place of DataFusion's rule of the same name.
    pub(super) fn new() -> Self {
        Self(FilterPushdown::new())
    }
}

impl PhysicalOptimizerRule for FilterAtScan {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, options: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let filter = node.downcast_ref::<FilterExec>();
            let scan = filter.and_then(|filter| filter.input().downcast_ref::<DataSourceExec>());
            Ok(if scan.is_some() { Transformed::yes(self.0.optimize(node, options)?) } else { Transformed::no(node) })
        })
        .data()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        true
    }
}
