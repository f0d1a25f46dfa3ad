//! The values of a subquery, and what is asked of them.

use arrow::datatypes::DataType;
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::{bool_and, bool_or, count, max, min};
use datafusion::logical_expr::expr::Exists;
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan, LogicalPlanBuilder, Subquery, lit, not, when};

use super::{MEMBER, member, scalar, subquery};

/// What [`Members::content`] says: there are rows, and there is a NULL among them. Without rows it is 0.
pub(super) const ROWS: i64 = 1;
pub(super) const NULLS: i64 = 2;

/// The values of a subquery, in a column called [`MEMBER`].
pub(super) struct Members {
    plan: LogicalPlan,
}

impl Members {
    pub(super) fn new(subquery: &Subquery) -> Result<Self> {
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

    pub(super) fn data_type(&self) -> &DataType {
        self.plan.schema().field(0).data_type()
    }

    pub(super) fn nullable(&self) -> bool {
        self.plan.schema().field(0).is_nullable()
    }

    pub(super) fn exists(&self, filter: Option<Expr>) -> Result<Expr> {
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

    pub(super) fn least(&self) -> Result<Expr> {
        self.aggregate(vec![min(member())], |mut columns| Ok(columns.remove(0)))
    }

    pub(super) fn greatest(&self) -> Result<Expr> {
        self.aggregate(vec![max(member())], |mut columns| Ok(columns.remove(0)))
    }

    /// 0, [`ROWS`] or [`NULLS`].
    pub(super) fn content(&self) -> Result<Expr> {
        self.aggregate(vec![count(lit(1_i64)), count(member())], |columns| {
            let (rows, values) = (columns[0].clone(), columns[1].clone());
            when(rows.clone().eq(lit(0_i64)), lit(0_i64)).when(values.lt(rows), lit(NULLS)).otherwise(lit(ROWS))
        })
    }

    /// The answer of a test that is the same for all rows around.
    pub(super) fn answer(&self, holds: Expr, all: bool) -> Result<Expr> {
        let decided = if all { bool_and(holds.clone()) } else { bool_or(holds.clone()) };
        self.aggregate(vec![decided, count(lit(1_i64)), count(holds)], |columns| {
            let decided = if all { not(columns[0].clone()) } else { columns[0].clone() };
            let unknown = columns[2].clone().lt(columns[1].clone());
            when(decided, lit(!all)).when(unknown, Expr::Literal(ScalarValue::Boolean(None), None)).otherwise(lit(all))
        })
    }
}
