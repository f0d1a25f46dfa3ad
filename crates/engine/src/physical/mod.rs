//! How plans run: rules of our own, after DataFusion's.

mod decimal_arithmetic;
mod filter_at_scan;
mod filter_order;
mod ranking;
mod runtime_filter;
mod semi_join;
mod sieve;

use std::sync::Arc;

use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

use self::decimal_arithmetic::DecimalArithmetic;
use self::filter_at_scan::FilterAtScan;
use self::filter_order::FilterOrder;
use self::ranking::Ranking;
use self::runtime_filter::{FiltersAstray, RuntimeFilters};
use self::semi_join::SemiJoinKeys;

/// The rules, in the order in which they run: DataFusion's, and then ours. Ours spare work, but for [`FiltersAstray`],
/// which keeps answers right; [`FilterOrder`] also keeps PostgreSQL's guards.
pub(crate) fn rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let at_scan = FilterAtScan::new();
    let mut rules = PhysicalOptimizer::new().rules;
    if let Some(rule) = rules.iter_mut().find(|rule| rule.name() == at_scan.name()) {
        *rule = Arc::new(at_scan);
    }
    rules.extend([
        // first: it follows what DataFusion has handed down
        Arc::new(FiltersAstray) as Arc<dyn PhysicalOptimizerRule + Send + Sync>,
        Arc::new(FilterOrder),
        Arc::new(DecimalArithmetic),
        Arc::new(Ranking),
        Arc::new(SemiJoinKeys),
        // last: when every filter has been handed down
        Arc::new(RuntimeFilters),
    ]);
    rules
}
