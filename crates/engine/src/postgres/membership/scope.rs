//! The query in which tests stand: each is rewritten as its place asks.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ExprSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Case, Exists, InSubquery};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, Limit, LogicalPlan, Operator, Subquery, lit, not, when,
};

use super::super::correlation::{is_one_row, outer_columns, outer_columns_in, subquery_of};
use super::members::{Members, NULLS, ROWS};
use super::test::Test;
use super::{member, scalar};

/// The columns of the query in which tests stand.
pub(super) struct Scope<'a> {
    pub(super) schema: &'a DFSchema,
}

impl Scope<'_> {
    /// `expr` where only true is told from the rest. `alone`: it is one of the conditions of a filter.
    pub(super) fn condition(&self, expr: Expr, alone: bool) -> Result<Expr> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let alone = alone && op == Operator::And;
                let left = self.condition(*left, alone)?;
                let right = self.condition(*right, alone)?;
                Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
            }
            Expr::Not(inner) => match *inner {
                Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                    self.condition(Expr::InSubquery(InSubquery::new(expr, subquery, !negated)), alone)
                }
                Expr::Exists(Exists { subquery, negated }) => {
                    self.condition(Expr::Exists(Exists { subquery, negated: !negated }), alone)
                }
                other => Ok(self.value(Expr::Not(Box::new(other)))?.data),
            },
            Expr::Case(case) => match decided(case) {
                Ok((decided, unknown)) => {
                    let decided = self.condition(decided, alone)?;
                    Ok(match unknown {
                        Some(unknown) => decided.and(self.condition(unknown, alone)?),
                        None => decided,
                    })
                }
                Err(case) => Ok(self.value(Expr::Case(case))?.data),
            },
            other => match Test::of(other) {
                Ok(test) => self.test_condition(test, alone),
                Err(other) => Ok(self.value(other)?.data),
            },
        }
    }

    fn test_condition(&self, mut test: Test, alone: bool) -> Result<Expr> {
        test.value = self.value(test.value)?.data;
        let correlated = is_correlated(&test.subquery)?;
        if !self.can_be_planned(&test, correlated)? {
            return Ok(test.into_expr());
        }
        if correlated && is_one_row(&test.subquery.subquery) {
            return Ok(compared(test));
        }
        if test.is_in() {
            return Ok(test.into_in());
        }
        // the anti join that minds NULLs takes one pair of keys, each from its side
        if alone && test.is_not_in() && !correlated && !test.value.column_refs().is_empty() {
            return Ok(test.into_in());
        }
        if !correlated {
            return self.test_value(test, correlated);
        }
        let members = Members::new(&test.subquery)?;
        let holds = self.holds(&test);
        Ok(if test.all {
            not(members.exists(Some(Expr::IsNotTrue(Box::new(holds))))?)
        } else {
            members.exists(Some(holds))?
        })
    }

    /// `expr` with true, false and NULL.
    pub(super) fn value(&self, expr: Expr) -> Result<Transformed<Expr>> {
        expr.transform_up(|part| match Test::of(part) {
            Ok(test) => {
                let correlated = is_correlated(&test.subquery)?;
                if !self.can_be_planned(&test, correlated)? {
                    return Ok(Transformed::no(test.into_expr()));
                }
                if correlated && is_one_row(&test.subquery.subquery) {
                    return Ok(Transformed::yes(compared(test)));
                }
                self.test_value(test, correlated).map(Transformed::yes)
            }
            // DataFusion loses the row that an aggregate gives for no rows
            Err(Expr::Exists(Exists { subquery, negated }))
                if is_one_row(&subquery.subquery) && is_correlated(&subquery)? =>
            {
                Ok(Transformed::yes(lit(!negated)))
            }
            Err(other) => Ok(Transformed::no(other)),
        })
    }

    /// Whether DataFusion can plan what the test would become. What it cannot is refused by it, with its reason.
    fn can_be_planned(&self, test: &Test, correlated: bool) -> Result<bool> {
        let value_is_plain = outer_columns_in(&test.value, self.schema)?.is_empty()
            && !test.value.exists(|part| {
                Ok(match subquery_of(part) {
                    Some(subquery) => is_correlated(subquery)?,
                    None => false,
                })
            })?;
        let limited = correlated
            && test.subquery.subquery.exists(|node| match node {
                LogicalPlan::Limit(Limit { input, .. }) => Ok(!outer_columns(input)?.is_empty()),
                _ => Ok(false),
            })?;
        Ok(value_is_plain && !limited && test.subquery.subquery.schema().fields().len() == 1)
    }

    fn test_value(&self, test: Test, correlated: bool) -> Result<Expr> {
        let members = Members::new(&test.subquery)?;
        let holds = self.holds(&test);
        let decides = !test.all;
        let answer = |decided: Expr, unknown: Expr| {
            when(decided, lit(decides))
                .when(unknown, Expr::Literal(ScalarValue::Boolean(None), None))
                .otherwise(lit(!decides))
        };
        let decisive = |holds: Expr| if test.all { not(holds) } else { holds };
        if correlated || members.data_type() == &DataType::Null {
            return answer(members.exists(Some(decisive(holds.clone())))?, members.exists(Some(holds.is_null()))?);
        }
        if test.value.column_refs().is_empty() {
            return members.answer(holds, test.all);
        }
        let (value, operator) = (test.value.clone(), test.operator);
        let against = |bound: Expr| binary(value.clone(), operator, bound);
        let decided = match (operator, test.all) {
            (Operator::Eq, false) | (Operator::NotEq, true) => members.exists(Some(decisive(holds)))?,
            (Operator::Eq, true) => not(against(members.least()?).and(against(members.greatest()?))),
            (Operator::NotEq, false) => against(members.least()?).or(against(members.greatest()?)),
            (Operator::Lt | Operator::LtEq, false) => against(members.greatest()?),
            (Operator::Gt | Operator::GtEq, false) => against(members.least()?),
            (Operator::Lt | Operator::LtEq, true) => not(against(members.least()?)),
            (Operator::Gt | Operator::GtEq, true) => not(against(members.greatest()?)),
            _ => return answer(members.exists(Some(decisive(holds.clone())))?, members.exists(Some(holds.is_null()))?),
        };
        if !test.value.nullable(self.schema)? && !members.nullable() {
            return when(decided, lit(decides)).otherwise(lit(!decides));
        }
        let enough = when(test.value.is_null(), lit(ROWS)).otherwise(lit(NULLS))?;
        answer(decided, members.content()?.gt_eq(enough))
    }

    /// The comparison of one value of the subquery, inside of it.
    fn holds(&self, test: &Test) -> Expr {
        let value = test.value.clone().transform_up(|part| {
            Ok(match part {
                Expr::Column(column) => match self.schema.field_from_column(&column) {
                    Ok(field) => Transformed::yes(Expr::OuterReferenceColumn(Arc::clone(field), column)),
                    Err(_) => Transformed::no(Expr::Column(column)),
                },
                other => Transformed::no(other),
            })
        });
        binary(value.map_or_else(|_| test.value.clone(), |value| value.data), test.operator, member())
    }
}

/// What makes `case when … then true when … then null else false end` true, and the same with false and true: two
/// conditions.
fn decided(case: Case) -> std::result::Result<(Expr, Option<Expr>), Case> {
    let truth = |expr: &Expr| match expr {
        Expr::Literal(ScalarValue::Boolean(Some(value)), _) => Some(*value),
        _ => None,
    };
    let is_null = |expr: &Expr| matches!(expr, Expr::Literal(value, _) if value.is_null());
    let answers = (case.expr.is_none(), case.when_then_expr.as_slice(), case.else_expr.as_deref());
    let (true, [(_, first), (_, second)], Some(last)) = answers else { return Err(case) };
    let (Some(first), Some(last)) = (truth(first).filter(|_| is_null(second)), truth(last)) else { return Err(case) };
    if first == last {
        return Err(case);
    }
    let mut conditions = case.when_then_expr.into_iter().map(|(condition, _)| *condition);
    match (conditions.next(), conditions.next()) {
        (Some(decided), _) if first => Ok((decided, None)),
        (Some(decided), Some(unknown)) => Ok((not(decided), Some(not(unknown)))),
        _ => Ok((lit(false), None)),
    }
}

fn is_correlated(subquery: &Subquery) -> Result<bool> {
    Ok(!outer_columns(&subquery.subquery)?.is_empty())
}

fn binary(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

/// Against one row, all tests are the comparison itself.
fn compared(test: Test) -> Expr {
    binary(test.value, test.operator, scalar(Arc::unwrap_or_clone(test.subquery.subquery)))
}
