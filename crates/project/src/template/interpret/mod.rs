//! Runs a template's tree.

mod args;
mod call;
mod collected;
mod expression;
mod interpreter;
mod output;
mod raise;
mod scope;
mod statement;

pub(crate) use args::Args;
pub(crate) use call::Function;
pub(crate) use collected::Collected;
pub(crate) use interpreter::{Interpreter, Surroundings};
pub(crate) use output::Output;
pub(crate) use raise::{Outcome, Raise};
pub(crate) use scope::Scope;
