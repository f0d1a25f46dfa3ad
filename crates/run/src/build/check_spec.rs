//! From a declared check to one that can be evaluated.
use ade_engine::RelationName;
use ade_project::Relation;
use ade_project::resource::{Check, CheckKind, CheckSeverity, Freshness, IngestMode, Model, OnDelete, SourceTable};
use ade_quality as quality;
use ade_quality::{Condition, Contract, ContractColumn, DatePart, ExtraColumns, Severity, Subject};
use arrow::datatypes::Schema;
use chrono::TimeDelta;
use serde_json::Value;

use crate::source::{IS_DELETED, NOT_DELETED, may_be_missing, must_have_values};

pub(crate) fn relation_name(relation: &Relation) -> RelationName {
    RelationName::new(&relation.schema, &relation.table)
}

/// The check as the quality crate knows it. `sql` is the compiled query of generic and singular checks of the project.
pub(crate) fn check_spec(check: &Check, sql: Option<String>, store_failures: bool) -> quality::Check {
    let nowhere = || RelationName::new("", "");
    let relation = check.target.as_ref().map_or_else(nowhere, |target| relation_name(&target.relation));
    let filter = check.filter.clone();
    let column = |text: &String| Subject::parse(text);
    let kind = match &check.kind {
        CheckKind::Unique { expression } => quality::CheckKind::Unique { subject: column(expression) },
        CheckKind::NotNull { expression } => quality::CheckKind::NotNull { subject: column(expression) },
        CheckKind::AcceptedValues { expression, values, quote } => quality::CheckKind::AcceptedValues {
            subject: column(expression),
            values: values.iter().map(plain).collect(),
            quote: *quote,
        },
        CheckKind::Relationships { expression, to_relation, field, .. } => quality::CheckKind::Relationships {
            subject: column(expression),
            to: relation_name(to_relation),
            field: column(field),
        },
        CheckKind::ExpressionIsTrue { expression, column: subject } => quality::CheckKind::ExpressionIsTrue {
            subject: subject.as_ref().map(column),
            expression: expression.clone(),
        },
        CheckKind::AcceptedRange { expression, min, max, inclusive } => quality::CheckKind::AcceptedRange {
            subject: column(expression),
            min: min.clone(),
            max: max.clone(),
            inclusive: *inclusive,
        },
        CheckKind::Recency { field, datepart, interval, ignore_time_component, group_by } if group_by.is_empty() => {
            quality::CheckKind::Recency {
                subject: column(field),
                date_part: DatePart::parse(datepart).unwrap_or(DatePart::Day),
                interval: u32::try_from(*interval).unwrap_or(u32::MAX),
                ignore_time: *ignore_time_component,
            }
        }
        CheckKind::Recency { field, datepart, interval, ignore_time_component, group_by } => {
            let groups: Vec<String> = group_by.iter().map(|name| Subject::parse(name).sql()).collect();
            let groups = groups.join(", ");
            let at_day =
                |time: String| if *ignore_time_component { format!("date_trunc('day', {time})") } else { time };
            let latest = at_day(format!("cast(max({}) as timestamp)", column(field).sql()));
            let age = match DatePart::parse(datepart).unwrap_or(DatePart::Day) {
                DatePart::Quarter => format!("{} months", interval.saturating_mul(3)),
                part => format!("{interval} {part}s"),
            };
            let bound = at_day(format!("localtimestamp - interval '{age}'"));
            quality::CheckKind::Sql {
                sql: format!(
                    "select {groups}, {latest} as most_recent from {} group by {groups} having {latest} < {bound}",
                    from(&relation, filter.as_deref())
                ),
            }
        }
        CheckKind::UniqueCombination { columns } => {
            let columns: Vec<String> = columns.iter().map(|name| Subject::parse(name).sql()).collect();
            let columns = columns.join(", ");
            let from = from(&relation, filter.as_deref());
            quality::CheckKind::Sql { sql: combinations(&columns, &from) }
        }
        CheckKind::RowCount { min, max } => quality::CheckKind::RowCount { min: *min, max: *max },
        CheckKind::Generic { .. } | CheckKind::Singular { .. } => {
            quality::CheckKind::Sql { sql: sql.unwrap_or_default() }
        }
    };
    quality::Check {
        name: check.name.clone(),
        relation,
        kind,
        severity: match check.severity {
            CheckSeverity::Error => Severity::Error,
            CheckSeverity::Warn => Severity::Warn,
        },
        warn_if: Condition::parse(&check.warn_if.to_string()),
        error_if: Condition::parse(&check.error_if.to_string()),
        filter,
        limit: check.limit,
        fail_calc: Some(check.fail_calc.clone()),
        store_failures: check.store_failures.unwrap_or(store_failures),
    }
}

/// What to select from: the relation, or the part of it that `where` leaves.
fn from(relation: &RelationName, filter: Option<&str>) -> String {
    match filter {
        Some(filter) => format!("(select * from {} where {filter}\n) as dbt_subquery", relation.to_sql()),
        None => relation.to_sql(),
    }
}

/// As dbt, which is Python, prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// What a model with an enforced contract promises, as a check.
pub(crate) fn model_contract(model: &Model) -> Option<quality::Check> {
    let promised = model.columns.iter().map(|column| ContractColumn {
        name: column.name.clone(),
        data_type: column.data_type.clone().filter(|_| model.contract_enforced),
        nullable: column.nullable,
    });
    let extra = if model.contract_enforced { ExtraColumns::Refuse } else { return None };
    let contract = Contract { columns: promised.collect(), extra };
    let relation = relation_name(&model.relation);
    Some(quality::Check::new("contract", relation, quality::CheckKind::Contract(contract)))
}

/// What a source promised about NULLs, as a check of the columns that land `as_is`. Columns and types were held against the
/// contract before reading; what a treatment changes was looked at before it: a column that does not land owes nothing.
pub(crate) fn source_contract(source: &SourceTable, as_is: impl Fn(&str) -> bool) -> Option<quality::Check> {
    let columns: Vec<ContractColumn> = source
        .columns
        .iter()
        .filter(|column| must_have_values(source, column) && !may_be_missing(source, column) && as_is(&column.name))
        .map(|column| ContractColumn { name: column.name.clone(), data_type: None, nullable: false })
        .collect();
    if columns.is_empty() {
        return None;
    }
    let contract = Contract { columns, extra: ExtraColumns::Allow };
    let relation = relation_name(&source.relation);
    Some(quality::Check::new("contract", relation, quality::CheckKind::Contract(contract)))
}

/// The condition of rows that came, in a table with rows that a full load did not find: these have nothing in a column that
/// came after them.
pub(crate) fn only_what_came(source: &SourceTable, landed: &Schema) -> Option<String> {
    let is_full = source.ingest.as_ref().is_some_and(|declared| declared.mode == IngestMode::Full);
    let has_marks = source.on_delete == OnDelete::Mark && landed.field_with_name(IS_DELETED).is_ok();
    (is_full && has_marks).then(|| NOT_DELETED.to_owned())
}

/// What a source calls the key of a table of which all rows come each time, as a check. In mode `incremental` rows of one key
/// replace each other. `landed` are the columns of the table.
pub(crate) fn source_key(source: &SourceTable, landed: Option<&Schema>) -> Option<quality::Check> {
    let declared = source.ingest.as_ref().filter(|declared| declared.mode == IngestMode::Full)?;
    let spelled = |name: &String| {
        let field = landed?.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name))?;
        Some(field.name().clone())
    };
    let columns = declared.key.iter().map(|name| Subject::Column(spelled(name).unwrap_or_else(|| name.clone())));
    let columns: Vec<Subject> = columns.collect();
    let relation = relation_name(&source.relation);
    let kind = match columns.as_slice() {
        [] => return None,
        [column] => quality::CheckKind::Unique { subject: column.clone() },
        columns => {
            let columns = columns.iter().map(Subject::sql).collect::<Vec<_>>().join(", ");
            quality::CheckKind::Sql { sql: combinations(&columns, &relation.to_sql()) }
        }
    };
    Some(quality::Check::new("key", relation, kind))
}

/// What is said of keys that rows share.
pub(crate) fn shared_keys(source: &SourceTable, failures: u64) -> String {
    let key = source.ingest.iter().flat_map(|declared| &declared.key);
    let key: Vec<String> = key.map(|name| format!("`{name}`")).collect();
    let (keys, occur) = if failures == 1 { ("key", "occurs") } else { ("keys", "occur") };
    format!(
        "{failures} {keys} ({}) {occur} more than once; name the columns under `key` that tell all rows apart, or have the \
         source send each row once",
        key.join(", ")
    )
}

/// The values of `columns`, listed as SQL, that more than one row has.
fn combinations(columns: &str, from: &str) -> String {
    format!("select {columns}, count(*) as n_records from {from} group by {columns} having count(*) > 1")
}

/// How late a source may be, as a check.
pub(crate) fn freshness(source: &SourceTable, declared: &Freshness) -> quality::Check {
    let age = |threshold: Option<ade_project::resource::FreshnessThreshold>| {
        threshold.and_then(|threshold| TimeDelta::from_std(threshold.age).ok())
    };
    let loaded_at = declared.loaded_at.as_deref().unwrap_or("_ade_loaded_at");
    let kind = quality::CheckKind::Freshness {
        loaded_at: Subject::parse(loaded_at),
        warn_after: age(declared.warn_after),
        error_after: age(declared.error_after),
    };
    let mut check = quality::Check::new("freshness", relation_name(&source.relation), kind);
    check.filter.clone_from(&declared.filter);
    check
}
