//! The grammar of tags.

use std::sync::Arc;

use ade_diagnostic::Span;
use minijinja::machinery::Token;

use super::ast::{Arg, Body, Expr, ExprKind, Filter, For, StmtKind, Target};
use super::parser::{Mistake, Parsed, Parser};
use crate::template::macro_definition::{MacroDefinition, MacroKind, Parameter};

impl Parser<'_> {
    /// A statement whose `{%` at `opened` has been read, up to the last `%}` that belongs to it.
    pub(super) fn statement(&mut self, opened: Span) -> Parsed<StmtKind> {
        let (word, span) = self.name("a statement")?;
        match word.as_ref() {
            "if" => self.if_statement(opened),
            "for" => self.for_statement(opened),
            "set" => self.set_statement(opened),
            "with" => self.with_statement(opened),
            "do" => {
                let expr = self.tuple()?;
                self.tag_end()?;
                Ok(StmtKind::Do(expr))
            }
            "filter" => {
                let filters = self.filters()?;
                self.tag_end()?;
                Ok(StmtKind::FilterBlock(filters, self.block(self.since(opened), &["endfilter"])?))
            }
            "break" | "continue" => {
                if self.loops == 0 {
                    return Err(Mistake::new(span, format!("`{word}` stands outside of a loop")));
                }
                self.tag_end()?;
                Ok(if word.as_ref() == "break" { StmtKind::Break } else { StmtKind::Continue })
            }
            "call" => self.call_statement(opened),
            "macro" => self.macro_statement(opened, MacroKind::Macro, &["endmacro"]),
            "test" => self.macro_statement(opened, MacroKind::Test, &["endtest"]),
            "data_test" => self.macro_statement(opened, MacroKind::Test, &["enddata_test"]),
            "materialization" => self.materialization(opened),
            "snapshot" => {
                let (name, name_span) = self.name("the snapshot's name")?;
                self.tag_end()?;
                self.definition(opened, MacroKind::Snapshot, (name, name_span), Vec::new(), &["endsnapshot"])
            }
            other => Err(Self::unknown_tag(other, span)),
        }
    }

    fn if_statement(&mut self, mut opened: Span) -> Parsed<StmtKind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.condition();
            let condition = self.forgive(condition, |span| Expr { kind: ExprKind::Bool(false), span })?;
            if branches.is_empty() {
                opened = self.since(opened);
            }
            let body = self.body(&["elif", "else", "endif"])?;
            branches.push((condition, body));
            if self.take_word("elif") {
                continue;
            }
            let otherwise = if self.take_word("else") {
                let end = self.tag_end();
                self.forgive(end, |_| ())?;
                self.body(&["endif"])?
            } else {
                Body::new()
            };
            self.close(opened, &["endif"])?;
            return Ok(StmtKind::If { branches, otherwise });
        }
    }

    fn condition(&mut self) -> Parsed<Expr> {
        let condition = self.tuple()?;
        self.tag_end()?;
        Ok(condition)
    }

    fn for_statement(&mut self, opened: Span) -> Parsed<StmtKind> {
        let target = self.target(false)?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let iter = self.loop_source()?;
        let condition = if self.take_word("if") { Some(self.expression()?) } else { None };
        let recursive = self.take_word("recursive");
        self.tag_end()?;
        let opened = self.since(opened);
        self.loops += 1;
        let body = self.body(&["else", "endfor"])?;
        self.loops -= 1;
        let otherwise = if self.take_word("else") {
            let end = self.tag_end();
            self.forgive(end, |_| ())?;
            self.body(&["endfor"])?
        } else {
            Body::new()
        };
        self.close(opened, &["endfor"])?;
        Ok(StmtKind::For(Arc::new(For { target, iter, condition, recursive, body, otherwise })))
    }

    fn set_statement(&mut self, opened: Span) -> Parsed<StmtKind> {
        let target = self.target(true)?;
        if self.take(|token| matches!(token, Token::Assign)) {
            let value = self.tuple()?;
            self.tag_end()?;
            return Ok(StmtKind::Set(target, value));
        }
        let filters = if self.take(|token| matches!(token, Token::Pipe)) { self.filters()? } else { Vec::new() };
        if !matches!(self.peek(), Some(Token::BlockEnd)) {
            return Err(self.unexpected("`=` or `%}`"));
        }
        self.tag_end()?;
        Ok(StmtKind::SetBlock(target, filters, self.block(self.since(opened), &["endset"])?))
    }

    fn with_statement(&mut self, opened: Span) -> Parsed<StmtKind> {
        let mut assignments = Vec::new();
        while !matches!(self.peek(), Some(Token::BlockEnd) | None) {
            if !assignments.is_empty() {
                self.expect(|token| matches!(token, Token::Comma), "`,`")?;
            }
            let target = self.target(false)?;
            self.expect(|token| matches!(token, Token::Assign), "`=`")?;
            assignments.push((target, self.expression()?));
        }
        self.tag_end()?;
        Ok(StmtKind::With(assignments, self.block(self.since(opened), &["endwith"])?))
    }

    fn call_statement(&mut self, opened: Span) -> Parsed<StmtKind> {
        let name = (Arc::from("caller"), self.last());
        let parameters =
            if self.take(|token| matches!(token, Token::ParenOpen)) { self.parameters()? } else { Vec::new() };
        let call = self.expression()?;
        if !matches!(call.kind, ExprKind::Call(..)) {
            return Err(Mistake::new(call.span, "a `call` block needs a call, for instance `statement('name')`"));
        }
        self.tag_end()?;
        let StmtKind::Define(definition) = self.definition(opened, MacroKind::Macro, name, parameters, &["endcall"])?
        else {
            return Err(self.unexpected("a block"));
        };
        Ok(StmtKind::Call(call, definition))
    }

    fn macro_statement(&mut self, opened: Span, kind: MacroKind, closing: &[&str]) -> Parsed<StmtKind> {
        let name = self.name("a name")?;
        self.expect(|token| matches!(token, Token::ParenOpen), "`(` and the parameters")?;
        let parameters = self.parameters()?;
        self.tag_end()?;
        self.definition(opened, kind, name, parameters, closing)
    }

    /// `{% materialization name, default %}`, `{% materialization name, adapter='duckdb', supported_languages=[…] %}`.
    fn materialization(&mut self, opened: Span) -> Parsed<StmtKind> {
        let name = self.name("the materialization's name")?;
        while self.take(|token| matches!(token, Token::Comma)) {
            self.name("`default` or `adapter=`")?;
            if self.take(|token| matches!(token, Token::Assign)) {
                self.expression()?;
            }
        }
        self.tag_end()?;
        self.definition(opened, MacroKind::Materialization, name, Vec::new(), &["endmaterialization"])
    }

    fn definition(
        &mut self,
        opened: Span,
        kind: MacroKind,
        (name, name_span): (Arc<str>, Span),
        parameters: Vec<Parameter>,
        closing: &[&str],
    ) -> Parsed<StmtKind> {
        let loops = std::mem::take(&mut self.loops);
        let first = self.at;
        let body = self.block(self.since(opened), closing)?;
        self.loops = loops;
        let says = |word: &str| {
            self.tokens[first..self.at].iter().any(|(token, _)| matches!(token, Token::Ident(found) if *found == word))
        };
        Ok(StmtKind::Define(Arc::new(MacroDefinition {
            file: Arc::clone(self.file),
            kind,
            name,
            parameters,
            takes_varargs: says("varargs"),
            takes_kwargs: says("kwargs"),
            body,
            span: self.since(opened),
            name_span,
        })))
    }

    /// Parameters after `(`, with the closing bracket.
    fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        let mut parameters: Vec<Parameter> = Vec::new();
        loop {
            if self.take(|token| matches!(token, Token::ParenClose)) {
                return Ok(parameters);
            }
            if !parameters.is_empty() {
                self.expect(|token| matches!(token, Token::Comma), "`,` or `)`")?;
                if self.take(|token| matches!(token, Token::ParenClose)) {
                    return Ok(parameters);
                }
            }
            let (name, span) = self.name("a parameter's name or `)`")?;
            if parameters.iter().any(|known| known.name == name) {
                return Err(Mistake::new(span, format!("the parameter `{name}` is there twice")));
            }
            let default =
                if self.take(|token| matches!(token, Token::Assign)) { Some(self.expression()?) } else { None };
            if default.is_none() && parameters.last().is_some_and(|before| before.default.is_some()) {
                let mistake =
                    Mistake::new(span, format!("the parameter `{name}` follows one with a default and has none"));
                return Err(mistake.hint("parameters without a default come first"));
            }
            parameters.push(Parameter { name, default });
        }
    }

    fn target(&mut self, namespaces: bool) -> Parsed<Target> {
        let mut targets = vec![self.single_target(namespaces)?];
        let mut tuple = false;
        while self.take(|token| matches!(token, Token::Comma)) {
            tuple = true;
            if !matches!(self.peek(), Some(Token::Ident(_) | Token::ParenOpen)) || self.word_is("in") {
                break;
            }
            targets.push(self.single_target(namespaces)?);
        }
        match targets.pop() {
            Some(single) if !tuple => Ok(single),
            last => Ok(Target::Tuple(targets.into_iter().chain(last).collect())),
        }
    }

    fn single_target(&mut self, namespaces: bool) -> Parsed<Target> {
        if self.take(|token| matches!(token, Token::ParenOpen)) {
            let inner = self.target(namespaces)?;
            self.expect(|token| matches!(token, Token::ParenClose), "`)`")?;
            return Ok(inner);
        }
        let (name, span) = self.name("a name to assign to")?;
        if ["true", "True", "false", "False", "none", "None"].contains(&name.as_ref()) {
            return Err(Mistake::new(span, format!("`{name}` cannot be assigned to")));
        }
        if namespaces && self.take(|token| matches!(token, Token::Dot)) {
            let (attribute, _) = self.name("an attribute of the namespace")?;
            return Ok(Target::Attribute(name, attribute, self.since(span)));
        }
        Ok(Target::Name(name))
    }

    /// `upper|replace('a', 'b')`.
    fn filters(&mut self) -> Parsed<Vec<Filter>> {
        let mut filters = Vec::new();
        loop {
            let (name, span) = self.filter_name()?;
            let args: Vec<Arg> =
                if self.take(|token| matches!(token, Token::ParenOpen)) { self.arguments()? } else { Vec::new() };
            filters.push(Filter { name, args, span: self.since(span) });
            if !self.take(|token| matches!(token, Token::Pipe)) {
                return Ok(filters);
            }
        }
    }
}
