//! A test of a value against a subquery.

use datafusion::logical_expr::expr::{InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::{Expr, Operator, Subquery};

/// `value op any|all (subquery)`
pub(super) struct Test {
    pub(super) value: Expr,
    pub(super) operator: Operator,
    pub(super) all: bool,
    pub(super) subquery: Subquery,
}

impl Test {
    pub(super) fn of(expr: Expr) -> std::result::Result<Self, Expr> {
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

    pub(super) fn is_in(&self) -> bool {
        !self.all && self.operator == Operator::Eq
    }

    pub(super) fn is_not_in(&self) -> bool {
        self.all && self.operator == Operator::NotEq
    }

    /// As DataFusion has it; only of those that are `in` or `not in`.
    pub(super) fn into_in(self) -> Expr {
        Expr::InSubquery(InSubquery::new(Box::new(self.value), self.subquery, self.all))
    }

    /// As it was.
    pub(super) fn into_expr(self) -> Expr {
        if self.is_in() || self.is_not_in() {
            return self.into_in();
        }
        let quantifier = if self.all { SetQuantifier::All } else { SetQuantifier::Any };
        Expr::SetComparison(SetComparison::new(Box::new(self.value), self.subquery, self.operator, quantifier))
    }
}
