//! The grammar of expressions, with Jinja2's precedence.

use std::sync::Arc;

use ade_diagnostic::Span;
use minijinja::machinery::Token;

use super::ast::{Arg, BinaryOp, CompareOp, Expr, ExprKind};
use super::parser::{Mistake, Parsed, Parser};

impl Parser<'_> {
    /// An expression; with commas at its top level a tuple.
    pub(super) fn tuple(&mut self) -> Parsed<Expr> {
        self.tuple_of(Self::expression)
    }

    /// What a `for` walks over: an `if` after it is the loop's filter.
    pub(super) fn loop_source(&mut self) -> Parsed<Expr> {
        self.tuple_of(Self::or)
    }

    fn tuple_of(&mut self, item: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
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

    fn primary(&mut self) -> Parsed<Expr> {
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

    fn items<T>(
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

    fn postfix(&mut self, start: Span, mut expr: Expr) -> Parsed<Expr> {
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

    fn filters_and_tests(&mut self, start: Span, mut expr: Expr) -> Parsed<Expr> {
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
