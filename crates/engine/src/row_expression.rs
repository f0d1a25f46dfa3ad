//! An SQL expression over the columns of one row, for batches that are in no table.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::physical_plan::PhysicalExpr;

use crate::error::{from_execution, from_planning};
use crate::{MemoryCatalog, RelationName, Session, SqlError, SqlErrorKind};

/// What the rows are called while an expression over them is planned.
const ROWS: &str = "ade_row";

/// An SQL expression over the columns of one row. Its value depends on nothing else: not on other rows or tables, the time or
/// chance.
#[derive(Debug, Clone)]
pub struct RowExpression {
    physical: Arc<dyn PhysicalExpr>,
    data_type: DataType,
    columns: Vec<String>,
}

impl RowExpression {
    /// The type of its values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The columns that it names, by name.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The value for each row of a batch with the columns that it was planned for. The error's message may hold values of
    /// the rows.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef, SqlError> {
        let values = self.physical.evaluate(batch).and_then(|value| value.into_array(batch.num_rows()));
        values.map_err(from_execution)
    }
}

impl Session {
    /// Plans an expression over the columns of one row. Places in errors are those in a query around it, so they are left out.
    pub async fn row_expression(&self, sql: &str, columns: &Schema) -> Result<RowExpression, SqlError> {
        let planned = self.plan_row_expression(sql, columns).await;
        planned.map_err(|error| SqlError { position: None, ..error })
    }

    async fn plan_row_expression(&self, sql: &str, columns: &Schema) -> Result<RowExpression, SqlError> {
        let schema = self.search_schema().to_owned();
        let rows = Arc::new(EmptyTable::new(Arc::new(columns.clone())));
        let catalog = MemoryCatalog::new().with_table(RelationName::new(&schema, ROWS), rows);
        let query = format!("select (\n{sql}\n) from {ROWS}");
        let session = self.with_catalog(Arc::new(catalog));
        let plan = session.plan(&query).await?;
        let not_of_a_row = || {
            SqlError::new(SqlErrorKind::Invalid, "the expression is not one over the columns of a row alone")
                .with_hint("write one condition without subqueries, aggregates or window functions")
        };
        let LogicalPlan::Projection(projection) = &plan else { return Err(not_of_a_row()) };
        let ([expression], LogicalPlan::TableScan(_)) = (projection.expr.as_slice(), projection.input.as_ref()) else {
            return Err(not_of_a_row());
        };
        let expression = expression.clone().unalias();
        let (mut names, mut subqueries, mut volatile) = (BTreeSet::new(), false, false);
        // The closure never fails.
        let _ = expression.apply(|part| {
            match part {
                Expr::Column(column) => {
                    names.insert(column.name.clone());
                }
                Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => subqueries = true,
                Expr::ScalarFunction(call) => {
                    volatile |= call.func.signature().volatility != Volatility::Immutable;
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        if subqueries {
            return Err(not_of_a_row());
        }
        if volatile {
            let message =
                "the expression asks for the time or for chance, and rows must mean the same whenever they are read";
            return Err(SqlError::new(SqlErrorKind::Invalid, message).with_hint("name columns and fixed values alone"));
        }
        let physical =
            session.physical(expression, projection.input.schema()).map_err(|error| from_planning(sql, error))?;
        let data_type = physical.data_type(columns).map_err(|error| from_planning(sql, error))?;
        Ok(RowExpression { physical, data_type, columns: names.into_iter().collect() })
    }
}
