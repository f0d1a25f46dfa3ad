//! `x in (select …)`, `x op any (select …)`, `x op all (select …)`, true, false or NULL as PostgreSQL has it.
//!
//! DataFusion knows two values: a row is in a subquery or not. That is enough where `in` is a condition of its own, and
//! `not in` of an uncorrelated subquery is a join that minds NULLs. Both stay, for they are fast. Everywhere else (under
//! `or` and `not`, in `case`, in the select list, correlated) NULL is told from false here:
//!
//! - `x op any (S)` is true if a row of S makes `x op s` true, else NULL if one makes it NULL, else false.
//! - `x op all (S)` is false if a row makes it false, else NULL if one makes it NULL, else true.
//! - Whether a row makes it NULL, an uncorrelated S tells once for all `x`: by whether it has rows, and NULLs.
//! - Whether a row makes it true, tells `exists (S where s = x)`, or S's least and greatest value where `op` is an order.
//!
//! The values of S get a name of their own, so that `x` is never taken for one of them.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ExprSchema, JoinType, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::{bool_and, bool_or, count, max, min};
use datafusion::logical_expr::expr::{Case, Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, merge_schema, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Distinct, Expr, ExprSchemable, Filter, Limit, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit,
    not, when,
};
use datafusion::optimizer::AnalyzerRule;

use super::correlation::{is_one_row, outer_columns, outer_columns_in, subquery_of, without_aliases};
use crate::function;

/// What the values of a subquery are called.
const MEMBER: &str = "ade_member";

/// Rewrites tests of values against subqueries.
#[derive(Debug)]
pub(crate) struct Membership;

impl AnalyzerRule for Membership {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(rewrite_plan)?.data)
    }

    fn name(&self) -> &'static str {
        "membership"
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let plan = without_aliases(plan)?.data;
    let mut found = false;
    plan.apply_expressions(|expr| {
        found |= expr.exists(|part| Ok(is_test(part)))?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    if !found {
        return Ok(Transformed::no(plan));
    }
    let plan = conditions_on_top(plan)?;
    let schema = merge_schema(&plan.inputs());
    let scope = Scope { schema: &schema };
    if let LogicalPlan::Filter(filter) = plan {
        let conditions = split_conjunction_owned(filter.predicate).into_iter().map(|part| scope.condition(part, true));
        let predicate = conjunction(conditions.collect::<Result<Vec<_>>>()?).unwrap_or_else(|| lit(true));
        return Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)));
    }
    let names = NamePreserver::new(&plan);
    let plan = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(scope.value(expr)?.update_data(|expr| name.restore(expr)))
    })?;
    plan.map_data(LogicalPlan::recompute_schema)
}

fn is_test(expr: &Expr) -> bool {
    matches!(expr, Expr::InSubquery(_) | Expr::SetComparison(_) | Expr::Exists(_))
}

/// Conditions of an inner join that ask a subquery stand above the join: only there they can be planned.
fn conditions_on_top(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Join(mut join) = plan else { return Ok(plan) };
    if join.join_type != JoinType::Inner {
        return Ok(LogicalPlan::Join(join));
    }
    let (above, within) = split_conjunction_owned(join.filter.take().unwrap_or_else(|| lit(true)))
        .into_iter()
        .partition::<Vec<_>, _>(|part| part.exists(|part| Ok(is_test(part))).unwrap_or(false));
    join.filter = conjunction(within);
    match conjunction(above) {
        Some(above) => Ok(LogicalPlan::Filter(Filter::try_new(above, Arc::new(LogicalPlan::Join(join)))?)),
        None => Ok(LogicalPlan::Join(join)),
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

/// `value op any|all (subquery)`
struct Test {
    value: Expr,
    operator: Operator,
    all: bool,
    subquery: Subquery,
}

impl Test {
    fn of(expr: Expr) -> std::result::Result<Self, Expr> {
        match expr {
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => Ok(Self {
                value: *expr,
                operator: if negated { Operator::NotEq } else { Operator::Eq },
                all: negated,
                subquery,
            }),
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                Ok(Self { value: *expr, operator: op, all: quantifier == SetQuantifier::All, subquery })
            }
            other => Err(other),
        }
    }

    fn is_in(&self) -> bool {
        !self.all && self.operator == Operator::Eq
    }

    fn is_not_in(&self) -> bool {
        self.all && self.operator == Operator::NotEq
    }

    /// As DataFusion has it; only of those that are `in` or `not in`.
    fn into_in(self) -> Expr {
        Expr::InSubquery(InSubquery::new(Box::new(self.value), self.subquery, self.all))
    }

    /// As it was.
    fn into_expr(self) -> Expr {
        if self.is_in() || self.is_not_in() {
            return self.into_in();
        }
        let quantifier = if self.all { SetQuantifier::All } else { SetQuantifier::Any };
        Expr::SetComparison(SetComparison::new(Box::new(self.value), self.subquery, self.operator, quantifier))
    }
}

/// The columns of the query in which tests stand.
struct Scope<'a> {
    schema: &'a DFSchema,
}

impl Scope<'_> {
    /// `expr` where only true is told from the rest. `alone`: it is one of the conditions of a filter.
    fn condition(&self, expr: Expr, alone: bool) -> Result<Expr> {
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
    fn value(&self, expr: Expr) -> Result<Transformed<Expr>> {
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

fn member() -> Expr {
    Expr::Column(Column::from_name(MEMBER))
}

fn subquery(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: datafusion::common::Spans::new() }
}

/// The value of `plan`'s only row, which may be missing.
fn scalar(plan: LogicalPlan) -> Expr {
    let value = Expr::ScalarSubquery(subquery(plan));
    match function::named("ade_scalar") {
        Some(mark) => mark.call(vec![value]),
        None => value,
    }
}

/// What [`Members::content`] says: there are rows, and there is a NULL among them. Without rows it is 0.
const ROWS: i64 = 1;
const NULLS: i64 = 2;

/// The values of a subquery, in a column called [`MEMBER`].
struct Members {
    plan: LogicalPlan,
}

impl Members {
    fn new(subquery: &Subquery) -> Result<Self> {
        let mut plan = subquery.subquery.as_ref();
        // neither order nor how often there is a value matters
        loop {
            plan = match plan {
                LogicalPlan::Sort(sort) if sort.fetch.is_none() => &sort.input,
                LogicalPlan::Distinct(Distinct::All(input)) => input,
                _ => break,
            };
        }
        let (table, field) = plan.schema().qualified_field(0);
        let column = Expr::Column(Column::new(table.cloned(), field.name()));
        let plan = LogicalPlanBuilder::from(plan.clone()).project(vec![column.alias(MEMBER)])?.build()?;
        Ok(Self { plan })
    }

    fn data_type(&self) -> &DataType {
        self.plan.schema().field(0).data_type()
    }

    fn nullable(&self) -> bool {
        self.plan.schema().field(0).is_nullable()
    }

    fn exists(&self, filter: Option<Expr>) -> Result<Expr> {
        let mut builder = LogicalPlanBuilder::from(self.plan.clone());
        if let Some(filter) = filter {
            builder = builder.filter(filter)?;
        }
        Ok(Expr::Exists(Exists { subquery: subquery(builder.build()?), negated: false }))
    }

    /// An aggregate of the values, and an expression over it.
    fn aggregate(&self, aggregates: Vec<Expr>, over: impl FnOnce(Vec<Expr>) -> Result<Expr>) -> Result<Expr> {
        let made = LogicalPlanBuilder::from(self.plan.clone()).aggregate(Vec::<Expr>::new(), aggregates)?;
        let columns = made.schema().columns().into_iter().map(Expr::Column).collect();
        Ok(scalar(made.project(vec![over(columns)?.alias(MEMBER)])?.build()?))
    }

    fn least(&self) -> Result<Expr> {
        self.aggregate(vec![min(member())], |mut columns| Ok(columns.remove(0)))
    }

    fn greatest(&self) -> Result<Expr> {
        self.aggregate(vec![max(member())], |mut columns| Ok(columns.remove(0)))
    }

    /// 0, [`ROWS`] or [`NULLS`].
    fn content(&self) -> Result<Expr> {
        self.aggregate(vec![count(lit(1_i64)), count(member())], |columns| {
            let (rows, values) = (columns[0].clone(), columns[1].clone());
            when(rows.clone().eq(lit(0_i64)), lit(0_i64)).when(values.lt(rows), lit(NULLS)).otherwise(lit(ROWS))
        })
    }

    /// The answer of a test that is the same for all rows around.
    fn answer(&self, holds: Expr, all: bool) -> Result<Expr> {
        let decided = if all { bool_and(holds.clone()) } else { bool_or(holds.clone()) };
        self.aggregate(vec![decided, count(lit(1_i64)), count(holds)], |columns| {
            let decided = if all { not(columns[0].clone()) } else { columns[0].clone() };
            let unknown = columns[2].clone().lt(columns[1].clone());
            when(decided, lit(!all)).when(unknown, Expr::Literal(ScalarValue::Boolean(None), None)).otherwise(lit(all))
        })
    }
}
