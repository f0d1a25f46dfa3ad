//! Where DataFusion would do something else than PostgreSQL.
//!
//! Three places, each for what only it can see. The parsed statement is rewritten (`names`, `expression`,
//! `call`, `relation`): forms that DataFusion does not know, casts, names of output columns. Operators are
//! planned where the types of their operands are known (`operators`). The rest is functions of our own
//! under PostgreSQL's names ([`crate::function`]).

mod array_of_rows;
mod build;
mod call;
mod cast;
mod comparison;
mod correlation;
mod expression;
mod floating;
mod literal;
mod membership;
mod names;
mod operators;
mod order;
mod outer_alias;
mod outer_using;
pub(crate) mod pattern;
pub(crate) mod regex;
mod relation;
mod reserved;
mod row_function;
pub(crate) mod same_names;
mod select;
mod set_operation;
mod single_row;
mod tokens;
mod unsupported;
mod using;

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Select, Statement, TableFactor, VisitMut, VisitorMut};

use crate::SqlError;

pub(crate) use self::comparison::{Comparisons, TIME_BESIDE_NUMBER};
pub(crate) use self::floating::FloatingOperands;
pub(crate) use self::literal::{typed, untyped};
pub(crate) use self::membership::Membership;
pub(crate) use self::operators::{PostgresOperators, has_misread_name};
pub(crate) use self::order::ordered_by_inputs;
pub(crate) use self::single_row::aggregated;
pub(crate) use self::tokens::normalize as normalize_tokens;
pub(crate) use self::unsupported::advice as unsupported_advice;

/// Rewrites `statement` so that DataFusion does what PostgreSQL does, or says why it cannot. `schema` is
/// the schema of names without one; `rename` gives tables names that no column has.
pub(crate) fn rewrite(statement: &mut Statement, schema: &str, rename: bool) -> Result<(), SqlError> {
    reserved::refuse(statement)?;
    if rename {
        outer_alias::rename(statement);
    }
    let mut rewriter = Rewriter { schema };
    match statement.visit(&mut rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct Rewriter<'a> {
    schema: &'a str,
}

fn flow(result: Result<(), SqlError>) -> ControlFlow<Box<SqlError>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(Box::new(error)),
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = Box<SqlError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        relation::type_values(query);
        flow(
            set_operation::refuse_counting(query)
                .and_then(|()| relation::fetch_as_limit(query))
                .and_then(|()| row_function::in_query(query))
                .and_then(|()| outer_using::qualify_order(query))
                .map(|()| order::mark_inputs(query)),
        )
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if let Err(error) = names::refuse_text_names(select) {
            return flow(Err(error));
        }
        select::flatten_groups(select);
        select::resolve_distinct_places(select);
        names::name_outputs(select);
        let merged = if outer_using::is_there(select) {
            outer_using::rewrite(select)
        } else if outer_using::expand_star(select) {
            Ok(())
        } else {
            using::qualify_merged_columns(select);
            Ok(())
        };
        flow(merged.and_then(|()| row_function::in_select(select).map(|_| ())))
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        call::unnest_in_outputs(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        flow(relation::name_function_columns(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow(expression::rewrite_whole(expr))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow(expression::rewrite(expr, self.schema))
    }
}
