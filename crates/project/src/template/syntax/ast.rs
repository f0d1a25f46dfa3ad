//! The tree of a template.

use std::sync::Arc;

use ade_diagnostic::Span;

use crate::template::MacroDefinition;

/// Statements in a row.
pub(crate) type Body = Vec<Stmt>;

/// A statement or a stretch of text, with the bytes of its tag or text.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) kind: StmtKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum StmtKind {
    /// The text at the statement's span.
    Text,
    Emit(Expr),
    If {
        branches: Vec<(Expr, Body)>,
        otherwise: Body,
    },
    For(Arc<For>),
    Set(Target, Expr),
    SetBlock(Target, Vec<Filter>, Body),
    With(Vec<(Target, Expr)>, Body),
    /// A macro, test, materialization or snapshot block.
    Define(Arc<MacroDefinition>),
    /// `{% call(…) f(…) %}`: the call and the block as a macro named `caller`.
    Call(Expr, Arc<MacroDefinition>),
    FilterBlock(Vec<Filter>, Body),
    Do(Expr),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iter: Expr,
    pub(crate) condition: Option<Expr>,
    pub(crate) recursive: bool,
    pub(crate) body: Body,
    pub(crate) otherwise: Body,
}

/// What an assignment sets.
#[derive(Debug)]
pub(crate) enum Target {
    Name(Arc<str>),
    /// `namespace.attribute`.
    Attribute(Arc<str>, Arc<str>, Span),
    Tuple(Vec<Target>),
}

/// A filter of a block, without its input.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) name: Arc<str>,
    pub(crate) args: Vec<Arg>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    Name(Arc<str>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attribute(Box<Expr>, Arc<str>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, Box<[Option<Expr>; 3]>),
    Call(Box<Expr>, Vec<Arg>),
    Filter(Box<Expr>, Arc<str>, Vec<Arg>),
    Test(Box<Expr>, Arc<str>, Vec<Arg>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    Concat(Vec<Expr>),
    If(Box<(Expr, Expr, Option<Expr>)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

/// One argument of a call.
#[derive(Debug)]
pub(crate) enum Arg {
    Positional(Expr),
    Named(Arc<str>, Expr),
    /// `*list`.
    Spread(Expr),
    /// `**dict`.
    SpreadNamed(Expr),
}

impl Arg {
    pub(crate) fn expr(&self) -> &Expr {
        match self {
            Self::Positional(expr) | Self::Named(_, expr) | Self::Spread(expr) | Self::SpreadNamed(expr) => expr,
        }
    }
}

impl Expr {
    /// The text of a literal string.
    pub(crate) fn as_str(&self) -> Option<&Arc<str>> {
        match &self.kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        }
    }
}
