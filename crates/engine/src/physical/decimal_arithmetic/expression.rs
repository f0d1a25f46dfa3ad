//! The expression that takes the place of DataFusion's.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::kernels::numeric::{add, mul, sub};
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_expr_common::datum::apply;

use super::kernel::Operation;

/// A sum, difference or product of two decimals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NarrowDecimal {
    expression: BinaryExpr,
    operation: Operation,
    /// Of the result.
    precision: u8,
    scale: i8,
}

impl NarrowDecimal {
    /// The same as `expression`; nothing when that is something else.
    pub(super) fn of(expression: &BinaryExpr, schema: &Schema) -> Option<Self> {
        let decimal = |data_type: DataType| match data_type {
            DataType::Decimal128(precision, scale) => Some((precision, scale)),
            _ => None,
        };
        let (left, right) = (expression.left(), expression.right());
        let (_, left_scale) = decimal(left.data_type(schema).ok()?)?;
        let (_, right_scale) = decimal(right.data_type(schema).ok()?)?;
        let (precision, scale) = decimal(expression.data_type(schema).ok()?)?;
        let factor = |from: i8| 10_i64.checked_pow(u32::try_from(scale.checked_sub(from)?).ok()?);
        // A factor fits 64 bits too, so the values that are brought to one scale fit 124 bits, and so does their sum.
        let factors = || Some((factor(left_scale)?, factor(right_scale)?));
        let operation = match expression.op() {
            Operator::Plus => factors().map(|(left, right)| Operation::Sum { left, right }),
            Operator::Minus => factors().map(|(left, right)| Operation::Difference { left, right }),
            Operator::Multiply => (left_scale.checked_add(right_scale) == Some(scale)).then_some(Operation::Product),
            _ => None,
        }?;
        Some(Self { expression: expression.clone(), operation, precision, scale })
    }
}

impl fmt::Display for NarrowDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expression, f)
    }
}

impl PhysicalExpr for NarrowDecimal {
    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        self.expression.return_field(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let (left, right) = (self.expression.left().evaluate(batch)?, self.expression.right().evaluate(batch)?);
        if let Some(array) = self.operation.compute(&left, &right, (self.precision, self.scale))? {
            return Ok(ColumnarValue::Array(Arc::new(array)));
        }
        match self.expression.op() {
            Operator::Plus => apply(&left, &right, add),
            Operator::Minus => apply(&left, &right, sub),
            Operator::Multiply => apply(&left, &right, mul),
            other => internal_err!("{other} is no arithmetic of decimals"),
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![self.expression.left(), self.expression.right()]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let Ok([left, right]) = <[_; 2]>::try_from(children) else {
            return internal_err!("arithmetic has two sides");
        };
        Ok(Arc::new(Self { expression: BinaryExpr::new(left, *self.expression.op(), right), ..(*self).clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt_sql(f)
    }
}
