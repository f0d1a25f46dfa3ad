//! What the configuration of a resource comes to: what files say, and for keys that they leave out, what holds then. Selectors
//! go by it, so that `config.materialized:view` finds models that are views by default.

use serde_json::{Map, Value, json};

use crate::resource::{Check, Materialization, Model, Seed, SourceTable};

/// Of a model.
pub(super) fn of_model(model: &Model) -> Map<String, Value> {
    let mut resolved = vec![
        ("enabled", json!(true)),
        ("materialized", json!(model.materialized)),
        ("access", json!(model.access)),
        ("maturity", json!(model.maturity)),
        ("contract", json!({"enforced": model.contract_enforced})),
        ("tags", json!(model.tags)),
        ("meta", json!(model.meta)),
        ("group", json!(model.group)),
        ("full_refresh", json!(model.full_refresh)),
    ];
    if matches!(model.materialized, Materialization::Table | Materialization::Incremental) {
        resolved.push(("partition_by", json!(model.partition_by)));
    }
    if let Some(incremental) = &model.incremental {
        resolved.push(("incremental_strategy", json!(incremental.strategy)));
        resolved.push(("unique_key", json!(incremental.unique_key)));
        resolved.push(("on_schema_change", json!(incremental.on_schema_change)));
        if let Some(interval) = &incremental.interval {
            resolved.push(("lookback", json!(interval.lookback)));
        }
    }
    over(resolved, &model.config)
}

/// Of a seed.
pub(super) fn of_seed(seed: &Seed) -> Map<String, Value> {
    let resolved = [
        ("enabled", json!(true)),
        ("materialized", json!("seed")),
        ("delimiter", json!(seed.delimiter)),
        ("tags", json!(seed.tags)),
        ("meta", json!(seed.meta)),
    ];
    over(resolved, &seed.config)
}

/// Of a source's table.
pub(super) fn of_source(source: &SourceTable) -> Map<String, Value> {
    over([("enabled", json!(true)), ("tags", json!(source.tags)), ("meta", json!(source.meta))], &source.config)
}

/// Of a check.
pub(super) fn of_check(check: &Check) -> Map<String, Value> {
    let resolved = [
        ("enabled", json!(true)),
        ("materialized", json!("test")),
        ("severity", json!(check.severity)),
        ("fail_calc", json!(check.fail_calc)),
        ("tags", json!(check.tags)),
        ("meta", json!(check.meta)),
        ("store_failures", json!(check.store_failures.unwrap_or(false))),
    ];
    over(resolved, &check.config)
}

/// What is said, and beneath it what holds.
fn over(resolved: impl IntoIterator<Item = (&'static str, Value)>, said: &Map<String, Value>) -> Map<String, Value> {
    let mut config = said.clone();
    for (key, value) in resolved {
        config.entry(key).or_insert(value);
    }
    config
}
