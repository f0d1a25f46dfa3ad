//! Conditions over the rows of a source, as `rows:` and `deleted:` declare them: planned over its columns, held against its
//! values. What a condition fails on is never told: it would be a value.
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{RowExpression, Session, SqlError, SqlErrorKind, type_name};
use ade_project::resource::{RowAction, RowCondition, SourceTable};
use arrow::array::{AsArray, BooleanArray, RecordBatch, Scalar};
use arrow::compute::kernels::cmp::neq;
use arrow::compute::{cast, is_not_null};
use arrow::datatypes::{DataType, Int64Type, Schema};

use super::contract::promised;
use super::sieve::{Rule, certain};
use crate::build::TaskError;
use crate::error::RunError;

/// What `deleted` is called in messages.
const DELETED: &str = "deleted";

/// The conditions of a table, planned over the columns that are read.
#[derive(Default)]
pub(crate) struct Conditions {
    pub(super) rules: Vec<Rule>,
    pub(super) deleted: Option<RowExpression>,
}

impl Conditions {
    /// Whether a table has any.
    pub(crate) fn are_declared(source: &SourceTable) -> bool {
        !source.rows.is_empty() || source.deleted.is_some()
    }

    /// Plans all of them over columns with their names in the lake; every problem is a diagnostic.
    pub(crate) async fn plan(
        source: &SourceTable,
        session: &Session,
        columns: &Schema,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut conditions, mut problems) = (Self::default(), Vec::new());
        for declared in &source.rows {
            let what = format!("rule `{}`", declared.name);
            match planned(source, session, &what, &declared.condition, columns).await {
                Ok(condition) if is_condition(condition.data_type()) => {
                    let (name, then): (String, RowAction) = (declared.name.clone(), declared.then);
                    conditions.rules.push(Rule { name, condition, then });
                }
                Ok(other) => {
                    let given = type_name(other.data_type());
                    let message = format!("{what} of `{}.{}` gives {given}, no condition", source.source, source.name);
                    let problem = Diagnostic::error(&rule::INVALID_INGEST, message);
                    problems.push(problem.at(declared.condition.origin.clone()).hint("compare it with something"));
                }
                Err(problem) => problems.push(*problem),
            }
        }
        if let Some(declared) = &source.deleted {
            match planned(source, session, "`deleted`", declared, columns).await {
                Ok(expression) if says_deleted(expression.data_type()) => conditions.deleted = Some(expression),
                Ok(other) => {
                    let given = type_name(other.data_type());
                    let message = format!(
                        "`deleted` of `{}.{}` gives {given}, which does not say what it means",
                        source.source, source.name
                    );
                    let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(declared.origin.clone());
                    problems.push(problem.hint(
                        "write a condition, such as `status = 'deleted'`; a column alone may be a boolean, a whole number \
                         (0 is not deleted) or a time (NULL is not deleted)",
                    ));
                }
                Err(problem) => problems.push(*problem),
            }
        }
        if problems.is_empty() { Ok(conditions) } else { Err(problems) }
    }

    /// What can be known to be wrong with them without asking the source: it may have columns and types that are not listed.
    pub(crate) async fn check(source: &SourceTable, session: &Session) -> Vec<Diagnostic> {
        let Ok(promised) = promised(source) else { return Vec::new() };
        let is_listed = promised.is_some();
        let columns = promised.unwrap_or_else(|| Arc::new(Schema::empty()));
        let typed = is_listed && columns.fields().iter().all(|field| *field.data_type() != DataType::Null);
        let rules = source.rows.iter().map(|rule| (format!("rule `{}`", rule.name), &rule.condition));
        let deleted = source.deleted.iter().map(|deleted| ("`deleted`".to_owned(), deleted));
        let mut problems = Vec::new();
        for (what, condition) in rules.chain(deleted) {
            let planned = session.row_expression(&condition.sql, &columns).await;
            let Err(error) = planned else { continue };
            let is_known = match error.kind {
                SqlErrorKind::Syntax => true,
                SqlErrorKind::Unknown => is_listed,
                _ => typed,
            };
            if is_known {
                problems.push(problem(source, &what, condition, error));
            }
        }
        if problems.is_empty() && typed {
            problems.extend(Self::plan(source, session, &columns).await.err().into_iter().flatten());
        }
        problems
    }

    /// The columns that they name.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().flat_map(|rule| rule.condition.columns());
        rules.chain(self.deleted.iter().flat_map(RowExpression::columns)).map(String::as_str)
    }
}

async fn planned(
    source: &SourceTable,
    session: &Session,
    what: &str,
    condition: &RowCondition,
    columns: &Schema,
) -> Result<RowExpression, Box<Diagnostic>> {
    let planned = session.row_expression(&condition.sql, columns).await;
    planned.map_err(|error| Box::new(problem(source, what, condition, error)))
}

fn problem(source: &SourceTable, what: &str, condition: &RowCondition, error: SqlError) -> Diagnostic {
    let message = format!("{what} of `{}.{}`: {}", source.source, source.name, error.message);
    let mut problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(condition.origin.clone());
    problem.hints.extend(error.hint);
    problem
}

fn is_condition(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Boolean | DataType::Null)
}

fn says_deleted(data_type: &DataType) -> bool {
    is_condition(data_type) || data_type.is_integer() || data_type.is_temporal()
}

/// For each row whether a rule's condition is met: NULL is not.
pub(super) fn matched(
    table: &str,
    rule: &str,
    condition: &RowExpression,
    batch: &RecordBatch,
) -> Result<BooleanArray, TaskError> {
    let values = condition.evaluate(batch).map_err(|_| failed(table, rule))?;
    let values = cast(&values, &DataType::Boolean).map_err(|_| failed(table, rule))?;
    Ok(certain(values.as_boolean()))
}

/// For each row whether the source means it as deleted.
pub(super) fn deleted(table: &str, condition: &RowExpression, batch: &RecordBatch) -> Result<BooleanArray, TaskError> {
    let values = condition.evaluate(batch).map_err(|_| failed(table, DELETED))?;
    let told = match condition.data_type() {
        data_type if data_type.is_integer() => {
            let zero = arrow::array::PrimitiveArray::<Int64Type>::from_value(0, 1);
            cast(&values, &DataType::Int64).and_then(|values| neq(&values, &Scalar::new(zero)))
        }
        data_type if data_type.is_temporal() => is_not_null(&values),
        _ => cast(&values, &DataType::Boolean).map(|values| values.as_boolean().clone()),
    };
    told.map(|told| certain(&told)).map_err(|_| failed(table, DELETED))
}

/// The engine's own words may hold values: they stay here.
fn failed(table: &str, rule: &str) -> TaskError {
    let message =
        format!("the condition `{rule}` of `{table}` cannot be computed for some row; nothing of it has landed");
    let hint = "a value that cannot be cast, or a division by zero, does that: make the condition NULL there, for instance with \
                `case when`";
    RunError::usage(message, hint.to_owned()).into()
}
