//! How plans run: rules of our own, after DataFusion's.

mod decimal_arithmetic;
mod filter_order;
mod ranking;
mod runtime_filter;
mod semi_join;

use std::sync::Arc;

use datafusion::physical_optimizer::PhysicalOptimizerRule;

use self::decimal_arithmetic::DecimalArithmetic;
use self::filter_order::FilterOrder;
use self::ranking::Ranking;
use self::runtime_filter::{FiltersAstray, RuntimeFilters};
use self::semi_join::SemiJoinKeys;

/// The rules, in the order in which they run. Each spares work, but for [`FiltersAstray`], which keeps answers
/// right; [`FilterOrder`] also keeps PostgreSQL's guards.
pub(crate) fn rules() -> [Arc<dyn PhysicalOptimizerRule + Send + Sync>; 6] {
    [
        // first: it follows what DataFusion has handed down
        Arc::new(FiltersAstray),
        Arc::new(FilterOrder),
        Arc::new(DecimalArithmetic),
        Arc::new(Ranking),
        Arc::new(SemiJoinKeys),
        // last: when every filter has been handed down
        Arc::new(RuntimeFilters),
    ]
}
