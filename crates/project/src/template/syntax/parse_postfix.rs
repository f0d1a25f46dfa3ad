//! What follows an expression: attributes, indexes, calls, filters and tests.

use std::sync::Arc;

use ade_diagnostic::Span;
use minijinja::machinery::Token;

use super::ast::{Arg, Expr, ExprKind};
use super::parser::{Mistake, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn postfix(&mut self, start: Span, mut expr: Expr) -> Parsed<Expr> {
        loop {
            let kind = match self.peek() {
                Some(Token::Dot) => {
                    self.at += 1;
                    if let Some(Token::Int(index)) = self.peek() {
                        let index = i64::try_from(*index).unwrap_or(i64::MAX);
                        self.at += 1;
                        let index = Expr { kind: ExprKind::Int(index), span: self.last() };
                        ExprKind::Item(Box::new(expr), Box::new(index))
                    } else {
                        let (name, _) = self.name("a name after `.`")?;
                        ExprKind::Attribute(Box::new(expr), name)
                    }
                }
                Some(Token::BracketOpen) => {
                    self.at += 1;
                    self.subscript(expr)?
                }
                Some(Token::ParenOpen) => {
                    self.at += 1;
                    ExprKind::Call(Box::new(expr), self.arguments()?)
                }
                _ => return Ok(expr),
            };
            expr = Expr { kind, span: self.since(start) };
        }
    }

    fn subscript(&mut self, expr: Expr) -> Parsed<ExprKind> {
        let is_end = |token: &Token<'_>| matches!(token, Token::BracketClose);
        let mut parts = [None, None, None];
        let mut colons = 0;
        loop {
            if self.take(|token| matches!(token, Token::Colon)) {
                colons += 1;
                if colons > 2 {
                    return Err(Mistake::new(self.last(), "a slice has at most three parts"));
                }
            } else if self.take(is_end) {
                break;
            } else if parts[colons].is_none() {
                parts[colons] = Some(self.tuple_of(Self::expression)?);
            } else {
                return Err(self.unexpected("`]`"));
            }
        }
        if colons > 0 {
            return Ok(ExprKind::Slice(Box::new(expr), Box::new(parts)));
        }
        match parts {
            [Some(index), _, _] => Ok(ExprKind::Item(Box::new(expr), Box::new(index))),
            _ => Err(Mistake::new(self.last(), "an index is missing between `[` and `]`")),
        }
    }

    /// Arguments after `(`, with the closing bracket.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Arg>> {
        let argument = |parser: &mut Self| {
            if parser.take(|token| matches!(token, Token::Mul)) {
                return Ok(Arg::Spread(parser.expression()?));
            }
            if parser.take(|token| matches!(token, Token::Pow)) {
                return Ok(Arg::SpreadNamed(parser.expression()?));
            }
            if matches!(parser.peek(), Some(Token::Ident(_))) && matches!(parser.peek_after(), Some(Token::Assign)) {
                let (name, _) = parser.name("a name")?;
                parser.at += 1;
                return Ok(Arg::Named(name, parser.expression()?));
            }
            Ok(Arg::Positional(parser.expression()?))
        };
        let args = self.items(|token| matches!(token, Token::ParenClose), "`)`", argument)?;
        let first_named = args.iter().position(|arg| matches!(arg, Arg::Named(..) | Arg::SpreadNamed(_)));
        let late = args.iter().skip(first_named.unwrap_or(args.len())).find(|arg| matches!(arg, Arg::Positional(_)));
        match late {
            Some(late) => Err(Mistake::new(late.expr().span, "an argument without a name follows one with a name")),
            None => Ok(args),
        }
    }

    /// A filter's or test's name; dots are part of it.
    pub(super) fn filter_name(&mut self) -> Parsed<(Arc<str>, Span)> {
        let (mut name, span) = self.name("a filter's name")?;
        while self.take(|token| matches!(token, Token::Dot)) {
            let (part, _) = self.name("a name after `.`")?;
            name = Arc::from(format!("{name}.{part}"));
        }
        Ok((name, self.since(span)))
    }

    pub(super) fn filters_and_tests(&mut self, start: Span, mut expr: Expr) -> Parsed<Expr> {
        loop {
            let kind = match self.peek() {
                Some(Token::Pipe) => {
                    self.at += 1;
                    let (name, _) = self.filter_name()?;
                    let args = if self.take(|token| matches!(token, Token::ParenOpen)) {
                        self.arguments()?
                    } else {
                        Vec::new()
                    };
                    ExprKind::Filter(Box::new(expr), name, args)
                }
                Some(Token::Ident("is")) => {
                    self.at += 1;
                    self.test(start, expr)?
                }
                Some(Token::ParenOpen | Token::Dot | Token::BracketOpen) => {
                    expr = self.postfix(start, expr)?;
                    continue;
                }
                _ => return Ok(expr),
            };
            expr = Expr { kind, span: self.since(start) };
        }
    }

    fn test(&mut self, start: Span, expr: Expr) -> Parsed<ExprKind> {
        let negated = self.take_word("not");
        let (name, _) = self.filter_name()?;
        let args = match self.peek() {
            Some(Token::ParenOpen) => {
                self.at += 1;
                self.arguments()?
            }
            Some(Token::Ident("else" | "or" | "and" | "is" | "if" | "in" | "not" | "recursive")) => Vec::new(),
            Some(
                Token::Ident(_)
                | Token::Str(_)
                | Token::String(_)
                | Token::Int(_)
                | Token::Float(_)
                | Token::BracketOpen
                | Token::BraceOpen,
            ) => {
                let at = self.span();
                let primary = self.primary()?;
                vec![Arg::Positional(self.postfix(at, primary)?)]
            }
            _ => Vec::new(),
        };
        let kind = ExprKind::Test(Box::new(expr), name, args);
        if !negated {
            return Ok(kind);
        }
        let inner = Expr { kind, span: self.since(start) };
        Ok(ExprKind::Not(Box::new(inner)))
    }
}
