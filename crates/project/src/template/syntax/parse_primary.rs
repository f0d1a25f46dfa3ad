//! What expressions are made of: names, literals, and what is in brackets.

use std::sync::Arc;

use minijinja::machinery::Token;

use super::ast::{Expr, ExprKind};
use super::parser::{Mistake, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let kind = match self.peek() {
            Some(Token::Ident(name)) => match *name {
                "true" | "True" => ExprKind::Bool(true),
                "false" | "False" => ExprKind::Bool(false),
                "none" | "None" => ExprKind::None,
                name => ExprKind::Name(Arc::from(name)),
            },
            Some(Token::Str(_) | Token::String(_)) => return Ok(self.string()),
            Some(Token::Int(number)) => match i64::try_from(*number) {
                Ok(number) => ExprKind::Int(number),
                Err(_) => return Err(Mistake::new(start, "this number is too large")),
            },
            Some(Token::Int128(_)) => return Err(Mistake::new(start, "this number is too large")),
            Some(Token::Float(number)) => ExprKind::Float(*number),
            Some(Token::ParenOpen) => return self.parenthesis(),
            Some(Token::BracketOpen) => {
                self.at += 1;
                let items = self.items(|token| matches!(token, Token::BracketClose), "`]`", Self::expression)?;
                return Ok(Expr { kind: ExprKind::List(items), span: self.since(start) });
            }
            Some(Token::BraceOpen) => {
                self.at += 1;
                let entry = |parser: &mut Self| {
                    let key = parser.expression()?;
                    parser.expect(|token| matches!(token, Token::Colon), "`:`")?;
                    Ok((key, parser.expression()?))
                };
                let entries = self.items(|token| matches!(token, Token::BraceClose), "`}`", entry)?;
                return Ok(Expr { kind: ExprKind::Dict(entries), span: self.since(start) });
            }
            _ => return Err(self.unexpected("an expression")),
        };
        self.at += 1;
        Ok(Expr { kind, span: start })
    }

    /// One or more literal strings in a row, which are one.
    fn string(&mut self) -> Expr {
        let start = self.span();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(Token::Str(part)) => text.push_str(part),
                Some(Token::String(part)) => text.push_str(part),
                _ => break,
            }
            self.at += 1;
        }
        Expr { kind: ExprKind::Str(text.into()), span: self.since(start) }
    }

    fn parenthesis(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.at += 1;
        if self.take(|token| matches!(token, Token::ParenClose)) {
            return Ok(Expr { kind: ExprKind::Tuple(Vec::new()), span: self.since(start) });
        }
        let mut inner = self.tuple()?;
        self.expect(|token| matches!(token, Token::ParenClose), "`)`")?;
        inner.span = self.since(start);
        Ok(inner)
    }

    pub(super) fn items<T>(
        &mut self,
        end: fn(&Token<'_>) -> bool,
        closing: &str,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        loop {
            if self.take(end) {
                return Ok(items);
            }
            if !items.is_empty() {
                self.expect(|token| matches!(token, Token::Comma), &format!("`,` or {closing}"))?;
                if self.take(end) {
                    return Ok(items);
                }
            }
            items.push(item(self)?);
        }
    }
}
