//! Operators whose meaning depends on the types of their operands.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue, TableReference};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, ScalarUDF, cast, lit};
use datafusion_functions_json::udfs::{json_as_text_udf, json_get_json_udf};
use sqlparser::ast::BinaryOperator;

use super::literal::{typed, untyped};
use crate::function::timestamp;
use crate::json::{JSON, is_json};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, text};

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
            // beside text, JSON is its text
            BinaryOperator::StringConcat if joins_json(raw, left, right) => self.call("ade_json_concat", operands())?,
            BinaryOperator::Minus if is_json(left) && is_text(right) => self.call("ade_json_without", operands())?,
            BinaryOperator::Minus if is_json(left) && is_list(right) => {
                self.call("ade_json_without_keys", vec![raw.left.clone(), self.as_keys(&raw.right, right)?])?
            }
            BinaryOperator::Minus if is_json(left) && is_signed(right) => {
                self.call("ade_json_without_place", operands())?
            }
            BinaryOperator::StringConcat if is_bytes(left) && is_bytes(right) => return Ok(None),
            BinaryOperator::StringConcat => {
                let as_text = |expr: &Expr, data_type: &DataType| {
                    if text::differs_from_arrow(data_type) {
                        self.call("ade_text", vec![expr.clone()])
                    } else {
                        Ok(expr.clone())
                    }
                };
                self.call("ade_concat", vec![as_text(&raw.left, left)?, as_text(&raw.right, right)?])?
            }
            _ if !is_text(left) => return Ok(None),
            BinaryOperator::HashMinus => self.call("ade_json_without_path", operands())?,
            BinaryOperator::Arrow => cast(self.json_step(raw, "ade_json_path", json_get_json_udf)?, JSON),
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
        let stepped = match &raw.left {
            Expr::Cast(Cast { expr, field }) if is_json(field.data_type()) => expr.as_ref(),
            other => other,
        };
        let mut args = match stepped {
            Expr::ScalarFunction(inner)
                if inner.func.name() == json_get_json_udf().name()
                    && inner.args.iter().skip(1).all(|key| matches!(key, Expr::Literal(..)))
                    && matches!(raw.right, Expr::Literal(..)) =>
            {
                inner.args.clone()
            }
            _ => vec![raw.left.clone()],
        };
        args.push(raw.right.clone());
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(step(), args)))
    }

    /// Equal values are equal however they are written; PostgreSQL's order of values is nothing to rely on.
    fn compared_json(&self, raw: &RawBinaryExpr) -> Result<Option<Expr>> {
        match raw.op {
            BinaryOperator::Eq | BinaryOperator::NotEq => {
                let key = |expr: &Expr| self.call("ade_json_key", vec![expr.clone()]);
                Ok(Some(compare(key(&raw.left)?, operator(&raw.op), key(&raw.right)?)))
            }
            _ => Err(carried(
                SqlError::new(SqlErrorKind::Unsupported, format!("{} does not compare JSON", raw.op))
                    .with_hint("compare a value inside of it: (j->>'key')::numeric, or its text: j::text"),
            )),
        }
    }

    fn compared(&self, raw: &RawBinaryExpr, left: &DataType, right: &DataType) -> Result<Option<Expr>> {
        if (is_json(left) && is_json(right))
            || (is_json(left) && untyped(&raw.right).is_some())
            || (is_json(right) && untyped(&raw.left).is_some())
        {
            return self.compared_json(raw);
        }
        if (is_json(left) && is_text(right)) || (is_json(right) && is_text(left)) {
            return Err(carried(
                SqlError::new(SqlErrorKind::Invalid, "JSON is not compared with text")
                    .with_hint("take the text out with ->>, or cast one side: ::jsonb or ::text"),
            ));
        }
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
    /// `a.b` with a column `a`: its field `b`, or a table `a` of an outer query.
    fn plan_compound_identifier(
        &self,
        field: &Field,
        _: Option<&TableReference>,
        names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        if matches!(field.data_type(), DataType::Struct(_) | DataType::Map(..)) {
            return Ok(PlannerResult::Original(vec![]));
        }
        let names = [field.name().as_str()].into_iter().chain(names.iter().map(String::as_str));
        Ok(PlannerResult::Planned(self.call(NO_FIELD, names.map(lit).collect())?))
    }

    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (Ok(mut left), Ok(mut right)) = (raw.left.get_type(schema), raw.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(raw));
        };
        let mut raw = raw;
        if let Some(text) = untyped(&raw.right)
            && let Some(value) = beside(&raw.op, text, &left)?
        {
            right = value.get_type(schema)?;
            raw.right = value;
        } else if let Some(text) = untyped(&raw.left)
            && let Some(value) = beside(&raw.op, text, &right)?
        {
            left = value.get_type(schema)?;
            raw.left = value;
        }
        Ok(match self.plan(&raw, &left, &right)? {
            Some(planned) => PlannerResult::Planned(planned),
            None => PlannerResult::Original(raw),
        })
    }
}

/// Whether both are JSON, or one is and the other a literal.
fn joins_json(raw: &RawBinaryExpr, left: &DataType, right: &DataType) -> bool {
    (is_json(left) && (is_json(right) || untyped(&raw.right).is_some()))
        || (is_json(right) && untyped(&raw.left).is_some())
}

/// The literal `text` with the type that it has beside an operand of `data_type`.
fn beside(op: &BinaryOperator, text: &str, data_type: &DataType) -> Result<Option<Expr>> {
    use BinaryOperator::{Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Modulo, Multiply, NotEq, Plus};
    let interval = DataType::Interval(IntervalUnit::MonthDayNano);
    match op {
        Eq | NotEq | Lt | LtEq | Gt | GtEq if !is_json(data_type) => typed(text, data_type),
        Plus | Minus | Multiply | Divide | Modulo if data_type.is_numeric() => typed(text, data_type),
        Plus | Minus if is_interval(data_type) => typed(text, &interval),
        Plus if matches!(data_type, DataType::Timestamp(..)) => typed(text, &interval),
        Minus if is_moment(data_type) => typed(text, data_type),
        Plus if is_date(data_type) => Err(carried(
            SqlError::new(
                SqlErrorKind::Invalid,
                format!("a date plus '{text}': is that a number of days or an interval?"),
            )
            .with_hint(format!("write interval '{text}', or a number without quotes")),
        )),
        _ => Ok(None),
    }
}

/// What `a.b` becomes where `a` is a column without fields.
const NO_FIELD: &str = "ade_no_field";

/// Whether a table's name in `plan` was taken for a column's.
pub(crate) fn has_misread_name(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expr| {
            found |=
                expr.exists(|expr| Ok(matches!(expr, Expr::ScalarFunction(call) if call.func.name() == NO_FIELD)))?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(found)
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

fn is_bytes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
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
