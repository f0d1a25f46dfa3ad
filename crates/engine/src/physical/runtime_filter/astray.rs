//! Filters that DataFusion has handed down to the wrong column.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::datasource::physical_plan::{FileScanConfig, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::conjunction;
use datafusion::physical_expr::expressions::{Column, DynamicFilterPhysicalExpr};
use datafusion::physical_expr::utils::split_conjunction;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};

use super::path::{is_same, replaced, through};

/// Takes runtime filters away from scans where they are asked of another column than the one that they are about.
///
/// DataFusion looks a filter's column up in the next operator by its name. Where two columns have the same name, which is
/// so above each join of tables that both have an `id`, it finds the first of them, and rows are lost. Here each filter is
/// followed by the places of its columns; what a scan was told must be the same. Runs before rules that change the plan.
#[derive(Debug)]
pub(crate) struct FiltersAstray;

impl PhysicalOptimizerRule for FiltersAstray {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        checked(plan, &HashMap::new())
    }

    fn name(&self) -> &'static str {
        "filters_astray"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// By the identity of a filter: what it is about, over the columns of an operator.
type Handed = HashMap<u64, Vec<Arc<dyn PhysicalExpr>>>;

fn checked(node: Arc<dyn ExecutionPlan>, handed: &Handed) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = node.downcast_ref::<DataSourceExec>() {
        return Ok(checked_scan(scan, handed).unwrap_or(node));
    }
    // A join asks the other side for what it knows of the first.
    let asked = usize::from(node.downcast_ref::<HashJoinExec>().is_some());
    let mut children = Vec::new();
    for (place, child) in node.children().into_iter().enumerate() {
        let below = |(id, about): (&u64, &Vec<_>)| {
            Some((*id, about.iter().map(|part| through(&node, place, part)).collect::<Option<_>>()?))
        };
        let mut below: Handed = handed.iter().filter_map(below).collect();
        if place == asked {
            for filter in node.dynamic_expressions_produced() {
                if let Some(id) = filter.expression_id() {
                    below.insert(id, filter.children().into_iter().cloned().collect());
                }
            }
        }
        children.push(checked(Arc::clone(child), &below)?);
    }
    replace_children_if_necessary(node, children)
}

/// The scan without the filters that went astray; nothing when there is none.
fn checked_scan(scan: &DataSourceExec, handed: &Handed) -> Option<Arc<dyn ExecutionPlan>> {
    let config = scan.data_source().downcast_ref::<FileScanConfig>()?;
    let source = config.file_source().downcast_ref::<ParquetSource>()?;
    let predicate = config.file_source().filter()?;
    let projection = config.file_source().projection();
    let is_right = |part: &Arc<dyn PhysicalExpr>| {
        if part.downcast_ref::<DynamicFilterPhysicalExpr>().is_none() {
            return true;
        }
        let about = part.expression_id().and_then(|id| handed.get(&id));
        about.is_some_and(|about| {
            let told = part.children();
            about.len() == told.len()
                && about.iter().zip(told).all(|(about, told)| match projection {
                    Some(projection) => {
                        let given = |column: &Column| Some(Arc::clone(&projection.as_ref().get(column.index())?.expr));
                        replaced(about, &given).is_some_and(|about| is_same(&about, told))
                    }
                    None => is_same(about, told),
                })
        })
    };
    let parts = split_conjunction(&predicate);
    let right: Vec<_> = parts.iter().filter(|part| is_right(part)).map(|part| Arc::clone(part)).collect();
    if right.len() == parts.len() {
        return None;
    }
    let source = source.with_predicate(conjunction(right));
    let config = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)).build();
    Some(DataSourceExec::from_data_source(config))
}
