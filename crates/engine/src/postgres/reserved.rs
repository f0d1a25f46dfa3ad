//! Functions that statements are rewritten to. Users do not call them.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Statement, Visit, Visitor};

use super::build::{function_name, place};
use crate::{SqlError, SqlErrorKind};

/// What the names of our inner functions begin with.
const PREFIX: &str = "ade_";

/// Refuses calls of inner functions in a statement as it was written.
pub(super) fn refuse(statement: &Statement) -> Result<(), SqlError> {
    match statement.visit(&mut Calls) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct Calls;

impl Visitor for Calls {
    type Break = Box<SqlError>;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let Some(name) = function_name(function).filter(|name| name.starts_with(PREFIX)) else {
            return ControlFlow::Continue(());
        };
        ControlFlow::Break(Box::new(
            SqlError::new(SqlErrorKind::Unknown, format!("there is no function {name}"))
                .with_hint("names that begin with ade_ are ade's own: use PostgreSQL's functions and operators")
                .at(place(&function.name)),
        ))
    }
}
