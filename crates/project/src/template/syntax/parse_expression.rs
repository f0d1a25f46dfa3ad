//! The grammar of expressions, with Jinja2's precedence: operators, from the loosest to the tightest.

use minijinja::machinery::Token;

use super::ast::{BinaryOp, CompareOp, Expr, ExprKind};
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    /// An expression; with commas at its top level a tuple.
    pub(super) fn tuple(&mut self) -> Parsed<Expr> {
        self.tuple_of(Self::expression)
    }

    /// What a `for` walks over: an `if` after it is the loop's filter.
    pub(super) fn loop_source(&mut self) -> Parsed<Expr> {
        self.tuple_of(Self::or)
    }

    pub(super) fn tuple_of(&mut self, item: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        let start = self.span();
        let first = item(self)?;
        if !matches!(self.peek(), Some(Token::Comma)) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.take(|token| matches!(token, Token::Comma)) {
            let ends = matches!(self.peek(), Some(Token::BlockEnd | Token::VariableEnd | Token::ParenClose) | None);
            if ends || self.word_is("recursive") {
                break;
            }
            items.push(item(self)?);
        }
        Ok(Expr { kind: ExprKind::Tuple(items), span: self.since(start) })
    }

    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut expr = self.or()?;
        while self.take_word("if") {
            let condition = self.or()?;
            let otherwise = if self.take_word("else") { Some(self.expression()?) } else { None };
            let kind = ExprKind::If(Box::new((condition, expr, otherwise)));
            expr = Expr { kind, span: self.since(start) };
        }
        Ok(expr)
    }

    fn or(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut left = self.and()?;
        while self.take_word("or") {
            let right = self.and()?;
            left = Expr { kind: ExprKind::Or(Box::new(left), Box::new(right)), span: self.since(start) };
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut left = self.not()?;
        while self.take_word("and") {
            let right = self.not()?;
            left = Expr { kind: ExprKind::And(Box::new(left), Box::new(right)), span: self.since(start) };
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.take_word("not") {
            let inner = self.nested(Self::not)?;
            return Ok(Expr { kind: ExprKind::Not(Box::new(inner)), span: self.since(start) });
        }
        self.compare()
    }

    fn compare(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let op = match self.peek() {
                Some(Token::Eq) => CompareOp::Eq,
                Some(Token::Ne) => CompareOp::Ne,
                Some(Token::Lt) => CompareOp::Lt,
                Some(Token::Lte) => CompareOp::Le,
                Some(Token::Gt) => CompareOp::Gt,
                Some(Token::Gte) => CompareOp::Ge,
                Some(Token::Ident("in")) => CompareOp::In,
                Some(Token::Ident("not")) if matches!(self.peek_after(), Some(Token::Ident("in"))) => {
                    self.at += 1;
                    CompareOp::NotIn
                }
                Some(Token::Assign) => {
                    return Err(self.unexpected("`==` to compare"));
                }
                _ => break,
            };
            self.at += 1;
            rest.push((op, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: ExprKind::Compare(Box::new(first), rest), span: self.since(start) })
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.binary(Self::concat, |token| match token {
            Token::Plus => Some(BinaryOp::Add),
            Token::Minus => Some(BinaryOp::Sub),
            _ => None,
        })
    }

    fn concat(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let first = self.product()?;
        if !matches!(self.peek(), Some(Token::Tilde)) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take(|token| matches!(token, Token::Tilde)) {
            parts.push(self.product()?);
        }
        Ok(Expr { kind: ExprKind::Concat(parts), span: self.since(start) })
    }

    fn product(&mut self) -> Parsed<Expr> {
        self.binary(Self::power, |token| match token {
            Token::Mul => Some(BinaryOp::Mul),
            Token::Div => Some(BinaryOp::Div),
            Token::FloorDiv => Some(BinaryOp::FloorDiv),
            Token::Mod => Some(BinaryOp::Rem),
            _ => None,
        })
    }

    fn power(&mut self) -> Parsed<Expr> {
        self.binary(Self::unary, |token| matches!(token, Token::Pow).then_some(BinaryOp::Pow))
    }

    fn binary(&mut self, next: fn(&mut Self) -> Parsed<Expr>, op: fn(&Token<'_>) -> Option<BinaryOp>) -> Parsed<Expr> {
        let start = self.span();
        let mut left = next(self)?;
        while let Some(op) = self.peek().and_then(op) {
            self.at += 1;
            let right = next(self)?;
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span: self.since(start) };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let inner = self.signed()?;
        self.filters_and_tests(start, inner)
    }

    fn signed(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.take(|token| matches!(token, Token::Minus)) {
            let inner = self.nested(Self::signed)?;
            return Ok(Expr { kind: ExprKind::Negate(Box::new(inner)), span: self.since(start) });
        }
        if self.take(|token| matches!(token, Token::Plus)) {
            let inner = self.nested(Self::signed)?;
            return Ok(Expr { kind: ExprKind::Plus(Box::new(inner)), span: self.since(start) });
        }
        let primary = self.primary()?;
        self.postfix(start, primary)
    }
}
