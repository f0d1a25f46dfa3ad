//! What `on-run-end` hooks know of the run, in dbt's words: `results`, `schemas`, `database_schemas`.
//! See <https://docs.getdbt.com/reference/dbt-jinja-functions/on-run-end-context>.
use std::collections::BTreeSet;

use ade_project::{NodeId, Project};
use serde_json::{Map, Value, json};

use crate::event::{CheckReport, Status, TaskReport};

/// The names, each with its value.
pub(crate) fn values_at_end(project: &Project, reports: &[TaskReport]) -> Map<String, Value> {
    let nodes = reports.iter().filter(|report| report.kind != "test").map(|report| of_task(project, report));
    let checks = reports.iter().flat_map(|report| &report.checks).map(|check| of_check(project, check));
    let schemas: BTreeSet<&str> = reports
        .iter()
        .filter(|report| report.status.is_good())
        .filter_map(|report| Some(project.relation(&NodeId::parse(&report.node)?)?.schema.as_str()))
        .collect();
    // As in `target`, there is no name for the database.
    let pairs: Vec<[&str; 2]> = schemas.iter().map(|schema| ["", schema]).collect();
    let mut values = Map::new();
    values.insert("results".to_owned(), nodes.chain(checks).collect());
    values.insert("schemas".to_owned(), json!(schemas));
    values.insert("database_schemas".to_owned(), json!(pairs));
    values
}

fn of_task(project: &Project, report: &TaskReport) -> Value {
    let status = match report.status {
        Status::Success | Status::Warned | Status::Unchanged => "success",
        Status::Failed => "error",
        Status::Skipped | Status::Cancelled => "skipped",
    };
    json!({
        "unique_id": report.node,
        "node": node(project, &report.node, &report.name, report.kind),
        "status": status,
        "message": report.message,
        "failures": null,
        "execution_time": seconds(report.duration_ms),
        "thread_id": "main",
        "adapter_response": {"rows_affected": report.rows},
    })
}

fn of_check(project: &Project, check: &CheckReport) -> Value {
    json!({
        "unique_id": check.node,
        "node": node(project, &check.node, &check.name, "test"),
        "status": check.status,
        "message": check.message,
        "failures": check.failures,
        "execution_time": seconds(check.duration_ms),
        "thread_id": "main",
        "adapter_response": {},
    })
}

/// The node as `model` shows it, as far as it is known there; at least its id, name and kind.
fn node(project: &Project, id: &str, name: &str, kind: &str) -> Value {
    let mut about = NodeId::parse(id).map(|id| project.node_context(&id).model).unwrap_or_default();
    for (key, value) in [("unique_id", id), ("name", name), ("resource_type", kind)] {
        about.entry(key).or_insert_with(|| json!(value));
    }
    Value::Object(about)
}

#[expect(clippy::cast_precision_loss, reason = "durations of runs are far below 2^52 milliseconds")]
fn seconds(duration_ms: u64) -> f64 {
    duration_ms as f64 / 1000.0
}
