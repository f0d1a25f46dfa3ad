//! Operators whose meaning depends on the types of their operands.

use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, ScalarUDF, cast, lit};
use datafusion_functions_json::udfs::{json_as_text_udf, json_get_json_udf};
use sqlparser::ast::BinaryOperator;

use crate::function::timestamp;
use crate::text;

/// Plans arithmetic of moments, intervals and exact numbers, `||` and the JSON operators.
#[derive(Debug)]
pub(crate) struct PostgresOperators {
    functions: Vec<Arc<ScalarUDF>>,
}

impl PostgresOperators {
    /// `functions` are those of this crate.
    pub(crate) fn new(functions: Vec<Arc<ScalarUDF>>) -> Self {
        Self { functions }
    }

    fn call(&self, name: &str, args: Vec<Expr>) -> Result<Expr> {
        let function = self.functions.iter().find(|function| function.name() == name).ok_or_else(|| {
            datafusion::common::DataFusionError::Internal(format!("the function {name} is not registered"))
        })?;
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(function), args)))
    }

    fn plan(&self, raw: &RawBinaryExpr, left: &DataType, right: &DataType) -> Result<Option<Expr>> {
        let operands = || vec![raw.left.clone(), raw.right.clone()];
        let swapped = || vec![raw.right.clone(), raw.left.clone()];
        Ok(Some(match &raw.op {
            BinaryOperator::Plus if is_signed(left) && is_signed(right) => self.call("ade_plus", operands())?,
            BinaryOperator::Minus if is_signed(left) && is_signed(right) => self.call("ade_minus", operands())?,
            BinaryOperator::Multiply if is_signed(left) && is_signed(right) => self.call("ade_times", operands())?,
            BinaryOperator::Divide if is_exact(left) && is_exact(right) && (is_decimal(left) || is_decimal(right)) => {
                self.call("ade_exact_quotient", operands())?
            }
            BinaryOperator::Divide
                if left.is_numeric() && right.is_numeric() && (left.is_floating() || right.is_floating()) =>
            {
                if is_nonzero_literal(&raw.right) {
                    return Ok(None);
                }
                self.call("ade_float_quotient", operands())?
            }
            BinaryOperator::Divide if is_interval(left) && right.is_numeric() => {
                self.call("ade_interval_over", operands())?
            }
            BinaryOperator::Multiply if is_interval(left) && right.is_numeric() => {
                self.call("ade_interval_times", operands())?
            }
            BinaryOperator::Multiply if left.is_numeric() && is_interval(right) => {
                self.call("ade_interval_times", swapped())?
            }
            BinaryOperator::Minus if is_moment(left) && is_moment(right) && !(is_date(left) && is_date(right)) => {
                self.call("ade_between_moments", operands())?
            }
            BinaryOperator::Plus | BinaryOperator::Minus if is_date(left) && is_interval(right) => {
                moved_date(raw.left.clone(), operator(&raw.op), raw.right.clone())
            }
            // DataFusion knows these, too, but its analysis of ranges does not: it panics on filters over them
            BinaryOperator::Plus if is_date(left) && is_signed(right) => self.call("ade_days_later", operands())?,
            BinaryOperator::Plus if is_signed(left) && is_date(right) => self.call("ade_days_later", swapped())?,
            BinaryOperator::Minus if is_date(left) && is_signed(right) => self.call("ade_days_earlier", operands())?,
            BinaryOperator::Minus if is_date(left) && is_date(right) => self.call("ade_days_between", operands())?,
            BinaryOperator::Plus if is_interval(left) && is_date(right) => {
                moved_date(raw.right.clone(), Operator::Plus, raw.left.clone())
            }
            // `ts - '2 hours'` is no form that PostgreSQL takes for dates, but `interval` columns meet text in `=`
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => return self.compared(raw, left, right),
            BinaryOperator::StringConcat if is_list(left) || is_list(right) => return Ok(None),
            BinaryOperator::StringConcat if text::differs_from_arrow(left) || text::differs_from_arrow(right) => {
                let as_text = |expr: &Expr, data_type: &DataType| {
                    if text::differs_from_arrow(data_type) {
                        self.call("ade_text", vec![expr.clone()])
                    } else {
                        Ok(expr.clone())
                    }
                };
                let (left, right) = (as_text(&raw.left, left)?, as_text(&raw.right, right)?);
                Expr::BinaryExpr(BinaryExpr::new(Box::new(left), Operator::StringConcat, Box::new(right)))
            }
            _ if !is_text(left) => return Ok(None),
            BinaryOperator::Arrow => self.json_step(raw, "ade_json_path", json_get_json_udf)?,
            BinaryOperator::LongArrow => self.json_step(raw, "ade_json_path_text", json_as_text_udf)?,
            BinaryOperator::HashArrow => self.call("ade_json_path", operands())?,
            BinaryOperator::HashLongArrow => self.call("ade_json_path_text", operands())?,
            BinaryOperator::AtArrow => self.call("ade_json_contains", operands())?,
            BinaryOperator::ArrowAt => self.call("ade_json_contains", swapped())?,
            BinaryOperator::Question => self.call("ade_json_has_key", operands())?,
            BinaryOperator::QuestionPipe => {
                self.call("ade_json_has_any", vec![raw.left.clone(), self.as_keys(&raw.right, right)?])?
            }
            BinaryOperator::QuestionAnd => {
                self.call("ade_json_has_all", vec![raw.left.clone(), self.as_keys(&raw.right, right)?])?
            }
            _ => return Ok(None),
        }))
    }

    /// An array of keys as `{a,b}`.
    fn as_keys(&self, keys: &Expr, data_type: &DataType) -> Result<Expr> {
        if is_list(data_type) { self.call("ade_text", vec![keys.clone()]) } else { Ok(keys.clone()) }
    }

    /// `json -> key`. Steps one after the other become one call; an index from the end takes the long way.
    fn json_step(&self, raw: &RawBinaryExpr, long_way: &str, step: fn() -> Arc<ScalarUDF>) -> Result<Expr> {
        let negative = match &raw.right {
            Expr::Literal(value, _) => matches!(value, ScalarValue::Int64(Some(index)) if *index < 0),
            Expr::Negative(_) => true,
            _ => false,
        };
        if negative {
            let index = match &raw.right {
                Expr::Literal(value, _) => value.to_string(),
                Expr::Negative(inner) => match inner.as_ref() {
                    Expr::Literal(value, _) => format!("-{value}"),
                    other => other.to_string(),
                },
                other => other.to_string(),
            };
            return self.call(long_way, vec![raw.left.clone(), lit(format!("{{{index}}}"))]);
        }
        let mut args = match &raw.left {
            Expr::ScalarFunction(inner)
                if inner.func.name() == json_get_json_udf().name()
                    && inner.args.iter().skip(1).all(|key| matches!(key, Expr::Literal(..)))
                    && matches!(raw.right, Expr::Literal(..)) =>
            {
                inner.args.clone()
            }
            other => vec![other.clone()],
        };
        args.push(raw.right.clone());
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(step(), args)))
    }

    fn compared(&self, raw: &RawBinaryExpr, left: &DataType, right: &DataType) -> Result<Option<Expr>> {
        if is_interval(left) || is_interval(right) {
            let size = |expr: &Expr, data_type: &DataType| {
                let interval = if is_interval(data_type) {
                    expr.clone()
                } else {
                    cast(expr.clone(), DataType::Interval(IntervalUnit::MonthDayNano))
                };
                self.call("ade_interval_size", vec![interval])
            };
            return Ok(Some(compare(size(&raw.left, left)?, operator(&raw.op), size(&raw.right, right)?)));
        }
        // a date against a moved date: days compare as days, so that the filter reaches the scan
        let (left_date, right_date) = (date_inside(&raw.left), date_inside(&raw.right));
        match (is_date(left), left_date, is_date(right), right_date) {
            (true, _, _, Some(right)) => Ok(Some(compare(raw.left.clone(), operator(&raw.op), right))),
            (_, Some(left), true, _) => Ok(Some(compare(left, operator(&raw.op), raw.right.clone()))),
            _ => Ok(None),
        }
    }
}

impl ExprPlanner for PostgresOperators {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (Ok(left), Ok(right)) = (raw.left.get_type(schema), raw.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(raw));
        };
        Ok(match self.plan(&raw, &left, &right)? {
            Some(planned) => PlannerResult::Planned(planned),
            None => PlannerResult::Original(raw),
        })
    }
}

fn compare(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

fn operator(op: &BinaryOperator) -> Operator {
    match op {
        BinaryOperator::Minus => Operator::Minus,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        BinaryOperator::Eq => Operator::Eq,
        _ => Operator::Plus,
    }
}

/// A date and an interval make a timestamp. An interval of whole days moves the date before it
/// becomes one, so that a comparison with a date can do without the timestamp.
fn moved_date(date: Expr, operator: Operator, interval: Expr) -> Expr {
    let whole_days = matches!(&interval,
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(value)), _) if value.nanoseconds == 0);
    if whole_days {
        cast(compare(date, operator, interval), timestamp())
    } else {
        compare(cast(date, timestamp()), operator, interval)
    }
}

/// The moved date inside of what [`moved_date`] made.
fn date_inside(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Cast(Cast { expr, field }) if *field.data_type() == timestamp() => match expr.as_ref() {
            moved @ Expr::BinaryExpr(BinaryExpr { right, .. }) if matches!(right.as_ref(), Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(value)), _) if value.nanoseconds == 0) => {
                Some(moved.clone())
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_nonzero_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => {
            ScalarValue::new_zero(&value.data_type()).is_ok_and(|zero| zero != *value) && !value.is_null()
        }
        _ => false,
    }
}

fn is_signed(data_type: &DataType) -> bool {
    data_type.is_signed_integer()
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..))
}

fn is_exact(data_type: &DataType) -> bool {
    is_decimal(data_type) || data_type.is_integer()
}

fn is_interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Interval(_) | DataType::Duration(_))
}

fn is_date(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Date64)
}

fn is_moment(data_type: &DataType) -> bool {
    is_date(data_type) || matches!(data_type, DataType::Timestamp(..))
}

fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
