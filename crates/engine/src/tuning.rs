//! Every DataFusion setting that is not its default, with the reason.

use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use datafusion::prelude::SessionConfig;

use crate::lateral_unnest::LateralUnnest;
use crate::postgres::{Comparisons, FloatingOperands, Membership, PostgresOperators};
use crate::type_planner::PostgresTypes;
use crate::{EngineOptions, function, null_safe_joins, physical};

/// The session state that all sessions are made from.
pub(crate) fn session_state(options: &EngineOptions, runtime: Arc<RuntimeEnv>) -> SessionState {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.threads.max(1))
        // Names are looked up in our catalog, not in DataFusion's.
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false);
    let settings = config.options_mut();
    // `1.5` is exact in PostgreSQL.
    settings.sql_parser.parse_float_as_decimal = true;
    // Errors point into the text.
    settings.sql_parser.collect_spans = true;
    // Sessions answer in UTC, whatever the machine's zone: results must not depend on where they are made.
    settings.execution.time_zone = Some("UTC".to_owned());
    // Each sorting partition sets this aside for its merge. Ten megabytes is the default; of a small pool
    // it would leave nothing to sort in.
    let share = options.memory_bytes / (8 * options.threads.max(1));
    settings.execution.sort_spill_reservation_bytes = share.clamp(1 << 20, 10 << 20);
    SessionStateBuilder::new()
        // before DataFusion's own: the first planner that knows an operator plans it
        .with_expr_planners(vec![Arc::new(PostgresOperators::new(function::operators()))])
        .with_default_features()
        .with_table_factories(std::collections::HashMap::new())
        .with_config(config)
        .with_runtime_env(runtime)
        .with_type_planner(Arc::new(PostgresTypes))
        // before DataFusion's own rules: they check types, and correlated columns have none of the right kind
        .with_analyzer_rules(
            [
                Arc::new(LateralUnnest) as Arc<dyn AnalyzerRule + Send + Sync>,
                Arc::new(Membership),
                Arc::new(Comparisons),
                Arc::new(FloatingOperands),
            ]
            .into_iter()
            .chain(Analyzer::new().rules)
            .collect(),
        )
        .with_optimizer_rules(null_safe_joins::optimizer_rules())
        .with_physical_optimizer_rules(physical::rules())
        .build()
}
