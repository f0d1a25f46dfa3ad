//! What dbt projects may say and nothing here carries out. What changes rows, who sees them or what is promised of them is
//! said, once for each place, and never left out in silence; what only tunes another database is accepted without a word.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use super::config::Config;
use crate::file::{ColumnDeclaration, ConstraintDeclaration, ConstraintKind};
use crate::resource::Incremental;
use crate::yaml::{Node, NodeValue};

/// Keys about who may see rows, which no lake knows.
const ACCESS: [&str; 5] = ["grants", "grant_access_to", "row_access_policy", "kms_key_name", "secure"];
/// Keys that remove rows by age.
const EXPIRY: [&str; 2] = ["hours_to_expiration", "partition_expiration_days"];

/// Configuration of a model, seed or check.
pub(super) fn config(config: &Config, problems: &mut Diagnostics) {
    let mut report = |key: &str, problem: Diagnostic| {
        if let Some(at) = config.key(key).filter(|_| config.value(key).is_some_and(says_something)) {
            problems.push(problem.at(at.clone()));
        }
    };
    let header =
        Diagnostic::error(&rule::UNSUPPORTED, "`sql_header` is not carried out: models and checks are queries alone");
    report("sql_header", header.hint("put what it says into the query, or into a macro that the query calls"));
    for key in ACCESS {
        let problem = Diagnostic::warning(&rule::UNSUPPORTED, format!("`{key}` protects nothing here"));
        report(key, problem.hint("who may read the lake is decided where its files are"));
    }
    for key in EXPIRY {
        let problem = Diagnostic::warning(&rule::UNSUPPORTED, format!("`{key}` removes nothing here"));
        report(key, problem.hint("leave old rows out in the query of the model"));
    }
}

/// Conditions on the old rows of an incremental model.
pub(super) fn predicates(config: &Config, incremental: Option<&Incremental>, problems: &mut Diagnostics) {
    if incremental.is_none_or(|incremental| incremental.unique_key.is_empty()) {
        return;
    }
    for key in ["incremental_predicates", "predicates"] {
        let Some(at) = config.key(key).filter(|_| config.value(key).is_some_and(says_something)) else { continue };
        let message = format!("`{key}` has no effect: a row replaces the one with the same key wherever that is");
        let problem = Diagnostic::warning(&rule::UNSUPPORTED, message).at(at.clone());
        problems.push(problem.hint("remove it: only files that hold such keys are read and written again"));
    }
}

/// What holds what is said of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A model with an enforced contract: names, types and nullability.
    Contract,
    /// The door of a source: nullability.
    Source,
    /// Nothing, but for data tests.
    Nothing,
}

/// Promises about columns.
pub(super) fn promises(
    file: &Arc<SourceFile>,
    columns: &[ColumnDeclaration],
    constraints: &[ConstraintDeclaration],
    holder: Holder,
    problems: &mut Diagnostics,
) {
    if holder != Holder::Source {
        for drift in columns.iter().filter(|column| column.drift.is_some()) {
            let message = format!("`drift` of `{}` has no effect: it is for columns of sources", drift.name.value);
            problems.push(Diagnostic::warning(&rule::UNSUPPORTED, message).at(file.location(drift.name.span)));
        }
    }
    if holder == Holder::Nothing {
        for column in columns.iter().filter(|column| column.nullable == Some(false) && !has_test(column, "not_null")) {
            let message = format!("nothing holds `nullable: false` of `{}`", column.name.value);
            let problem = Diagnostic::warning(&rule::UNSUPPORTED, message).at(file.location(column.name.span));
            problems.push(problem.hint("add the data test `not_null`, or to a model `contract: {enforced: true}`"));
        }
        // As in dbt, constraints are a part of contracts.
        return;
    }
    let of_columns = columns.iter().flat_map(|column| column.constraints.iter().map(move |one| (Some(column), one)));
    for (column, constraint) in of_columns.chain(constraints.iter().map(|one| (None, one))) {
        let (word, test) = match constraint.r#type.value {
            ConstraintKind::Unique => ("unique", "unique"),
            ConstraintKind::PrimaryKey => ("primary_key", "unique"),
            ConstraintKind::ForeignKey => ("foreign_key", "relationships"),
            ConstraintKind::Check => ("check", "dbt_utils.expression_is_true"),
            ConstraintKind::NotNull | ConstraintKind::Custom => continue,
        };
        if column.is_some_and(|column| has_test(column, test)) {
            continue;
        }
        let holds = if word == "primary_key" { "that keys differ" } else { "this constraint" };
        let problem = Diagnostic::warning(&rule::UNSUPPORTED, format!("`{word}`: nothing holds {holds}"));
        let problem = problem.at(file.location(constraint.r#type.span));
        problems.push(problem.hint(match (column, test) {
            (None, "unique") => "add the data test `dbt_utils.unique_combination_of_columns`".to_owned(),
            _ => format!("add the data test `{test}`"),
        }));
    }
}

fn has_test(column: &ColumnDeclaration, name: &str) -> bool {
    let named = |test: &Node| match &test.value {
        NodeValue::Text(text, _) => text == name,
        NodeValue::Mapping(mapping) => {
            mapping.get(name).is_some() || mapping.get("test_name").and_then(Node::as_text) == Some(name)
        }
        _ => false,
    };
    column.data_tests.iter().chain(column.tests.iter()).any(named)
}

fn says_something(value: &Node) -> bool {
    match &value.value {
        NodeValue::Null | NodeValue::Bool(false) => false,
        NodeValue::Text(text, _) => !text.trim().is_empty(),
        NodeValue::Sequence(items) => !items.is_empty(),
        NodeValue::Mapping(mapping) => !mapping.entries().is_empty(),
        _ => true,
    }
}
