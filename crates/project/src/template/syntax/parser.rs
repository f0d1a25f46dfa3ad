//! The token stream and what both halves of the grammar need.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile, Span, did_you_mean, rule};
use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use super::ast::{Body, Stmt, StmtKind};
use super::recover::Recovery;

/// Reads some bytes of a file as a template. Reading stops at the first mistake; [`super::recover`] goes on.
pub(crate) fn parse(file: &Arc<SourceFile>, part: Span) -> Result<Body, Box<Diagnostic>> {
    let tokens = tokens(file.slice(part), part.start);
    let body = tokens.and_then(|tokens| Parser::new(file, tokens, part.end).template());
    body.map_err(|mistake| Box::new(mistake.report(file)))
}

/// A place where the text is not Jinja.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) hint: Option<String>,
}

pub(super) type Parsed<T> = Result<T, Mistake>;

impl Mistake {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: None, hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn report(self, file: &Arc<SourceFile>) -> Diagnostic {
        let mut problem = Diagnostic::error(&rule::TEMPLATE_SYNTAX, self.message).at(file.location(self.span));
        problem.label = self.label;
        problem.hints.extend(self.hint);
        problem
    }
}

/// The tokens of a text that begins at `base` in its file.
pub(super) fn tokens(text: &str, base: usize) -> Parsed<Vec<(Token<'_>, Span)>> {
    let mut config = SyntaxConfig::builder();
    config.keep_trailing_newline(true);
    let config = config.build().map_err(|error| Mistake::new(Span::at(0), error.to_string()))?;
    let mut tokenizer = Tokenizer::new(text, "", false, config);
    let mut tokens = Vec::new();
    loop {
        match tokenizer.next_token() {
            Ok(Some((token, span))) => {
                let mut place = Span::new(span.start_offset as usize, span.end_offset as usize);
                if let Token::TemplateData(data) = token {
                    // The lexer's span of a raw block includes white space that was trimmed from the data.
                    let start = data.as_ptr() as usize - text.as_ptr() as usize;
                    place = Span::new(start, start + data.len());
                }
                tokens.push((token, place.shifted(base)));
            }
            Ok(None) => return Ok(tokens),
            Err(error) => return Err(lexer_mistake(text, base, &tokens, &error)),
        }
    }
}

fn lexer_mistake(text: &str, base: usize, tokens: &[(Token<'_>, Span)], error: &minijinja::Error) -> Mistake {
    let detail = error.detail().unwrap_or("unexpected character");
    let after = tokens.last().map_or(0, |(_, span)| span.end - base);
    let span = |start: usize, end: usize| Span::new(start, end).shifted(base);
    let rest = text[after..].len() - text[after..].trim_start().len();
    let place = after + rest;
    let (marker, what, closing) = match detail {
        "unexpected end of comment" => ("{#", "comment", "#}"),
        "unexpected end of raw block" => ("{%", "raw block", "{% endraw %}"),
        "unexpected end of string" => {
            let end = text[place..].find('\n').map_or(text.len(), |end| place + end);
            return Mistake::new(span(place, end), "a text is not closed").hint("put the same quote at its end");
        }
        _ => {
            let end = text[place..].chars().next().map_or(place, |character| place + character.len_utf8());
            let character = &text[place..end];
            return Mistake::new(span(place, end), format!("`{character}` means nothing inside a Jinja tag"));
        }
    };
    let start = text[after..].find(marker).map_or(place, |at| after + at);
    Mistake::new(span(start, start + marker.len()), format!("a {what} is not closed"))
        .hint(format!("close it with `{closing}`"))
}

pub(super) struct Parser<'s> {
    pub(super) file: &'s Arc<SourceFile>,
    pub(super) tokens: Vec<(Token<'s>, Span)>,
    /// Where the text ends in the file.
    end: usize,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// How many loops are open in this macro.
    pub(super) loops: usize,
    /// Whether reading goes on after a mistake.
    pub(super) recovery: Option<Recovery>,
}

/// Nesting of expressions and blocks that is certainly a mistake.
const DEEPEST: usize = 50;

impl<'s> Parser<'s> {
    pub(super) fn new(file: &'s Arc<SourceFile>, tokens: Vec<(Token<'s>, Span)>, end: usize) -> Self {
        Self { file, end, tokens, at: 0, depth: 0, loops: 0, recovery: None }
    }

    pub(super) fn peek(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    pub(super) fn peek_after(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.at + 1).map(|(token, _)| token)
    }

    /// The span of the next token; at the end, the end of the text.
    pub(super) fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(Span::at(self.end), |(_, span)| *span)
    }

    /// The span of the token before.
    pub(super) fn last(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(Span::at(0), |(_, span)| *span)
    }

    /// From a first byte to the end of the token before.
    pub(super) fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.last().end)
    }

    pub(super) fn take(&mut self, accept: impl Fn(&Token<'s>) -> bool) -> bool {
        let found = self.peek().is_some_and(accept);
        self.at += usize::from(found);
        found
    }

    pub(super) fn word_is(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Ident(found)) if *found == word)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.word_is(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, accept: impl Fn(&Token<'s>) -> bool, what: &str) -> Parsed<Span> {
        if self.take(accept) { Ok(self.last()) } else { Err(self.unexpected(what)) }
    }

    pub(super) fn name(&mut self, what: &str) -> Parsed<(Arc<str>, Span)> {
        let Some(Token::Ident(name)) = self.peek() else { return Err(self.unexpected(what)) };
        let name = Arc::from(*name);
        self.at += 1;
        Ok((name, self.last()))
    }

    pub(super) fn unexpected(&self, expected: &str) -> Mistake {
        let span = self.span();
        let text = self.file.text();
        let ends = text[..span.end].ends_with("%}") || text[span.start..].starts_with("}}");
        if matches!(self.peek(), Some(Token::BraceClose)) && ends {
            // Between brackets the lexer does not know the tag's end.
            let mistake = Mistake::new(span, "a bracket is still open at the end of the tag");
            return mistake.hint(format!("expected {expected}"));
        }
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some(Token::BlockEnd | Token::VariableEnd) => "the end of the tag".to_owned(),
            Some(Token::TemplateData(_)) => "text".to_owned(),
            Some(_) => format!("`{}`", self.file.slice(self.span())),
        };
        Mistake::new(self.span(), format!("expected {expected}, found {found}"))
    }

    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Mistake::new(self.span(), "this is nested too deeply"));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn template(&mut self) -> Parsed<Body> {
        let body = self.body(&[])?;
        match self.peek() {
            None => Ok(body),
            Some(_) => Err(self.unexpected("a statement")),
        }
    }

    /// Statements up to one of the closing words, which is left as the next token (after `{%`). Without closing words: up to
    /// the end.
    pub(super) fn body(&mut self, until: &[&str]) -> Parsed<Body> {
        self.open_block(until);
        let body = self.statements(until);
        self.leave_block();
        body
    }

    fn statements(&mut self, until: &[&str]) -> Parsed<Body> {
        let mut body = Body::new();
        loop {
            let start = self.span();
            match self.peek() {
                None => return Ok(body),
                Some(Token::TemplateData(_)) => {
                    self.at += 1;
                    body.push(Stmt { kind: StmtKind::Text, span: start });
                }
                Some(Token::VariableStart) => {
                    self.at += 1;
                    let emit = self.emit(start).map(Some);
                    body.extend(self.forgive(emit, |_| None)?);
                }
                Some(Token::BlockStart) => {
                    let tag = self.at;
                    self.at += 1;
                    if until.iter().any(|word| self.word_is(word)) || self.ends_block(until) {
                        return Ok(body);
                    }
                    let before = (self.depth, self.loops);
                    let statement = match self.unreadable(tag) {
                        Some(mistake) => Err(mistake),
                        None => self.nested(|parser| parser.statement(start)),
                    };
                    match statement {
                        Ok(kind) => body.push(Stmt { kind, span: self.since(start) }),
                        Err(mistake) if self.recovery.is_some() => {
                            (self.depth, self.loops) = before;
                            body.extend(self.recovered(tag, mistake));
                        }
                        Err(mistake) => return Err(mistake),
                    }
                }
                Some(_) => return Err(self.unexpected("text or a tag")),
            }
        }
    }

    fn emit(&mut self, start: Span) -> Parsed<Stmt> {
        let expr = self.tuple()?;
        self.expect(|token| matches!(token, Token::VariableEnd), "`}}`")?;
        Ok(Stmt { kind: StmtKind::Emit(expr), span: self.since(start) })
    }

    /// A body with its closing tag.
    pub(super) fn block(&mut self, opened: Span, closing: &[&str]) -> Parsed<Body> {
        let body = self.body(closing)?;
        self.close(opened, closing)?;
        Ok(body)
    }

    pub(super) fn close(&mut self, opened: Span, closing: &[&str]) -> Parsed<()> {
        if self.take_slip() {
            return Ok(());
        }
        if !closing.iter().any(|word| self.take_word(word)) {
            return self.unclosed_here(Self::unclosed(opened, closing));
        }
        let end = self.tag_end();
        self.forgive(end, |_| ())
    }

    fn unclosed(opened: Span, closing: &[&str]) -> Mistake {
        let word = closing.last().copied().unwrap_or_default();
        let mut mistake = Mistake::new(opened, format!("`{{% {word} %}}` is missing"));
        mistake.label = Some("this block is never closed".to_owned());
        mistake
    }

    pub(super) fn tag_end(&mut self) -> Parsed<()> {
        self.expect(|token| matches!(token, Token::BlockEnd), "`%}`").map(drop)
    }

    pub(super) fn unknown_tag(word: &str, span: Span) -> Mistake {
        const TAGS: [&str; 17] = [
            "if",
            "for",
            "set",
            "macro",
            "call",
            "do",
            "with",
            "filter",
            "raw",
            "break",
            "continue",
            "test",
            "data_test",
            "materialization",
            "snapshot",
            "endif",
            "endfor",
        ];
        if ["elif", "else"].contains(&word) || word.starts_with("end") {
            return Mistake::new(span, format!("`{word}` closes nothing that is open here"));
        }
        let mistake = Mistake::new(span, format!("there is no tag `{word}`"));
        match (word, did_you_mean(word, TAGS)) {
            ("include" | "import" | "from" | "extends" | "block", _) => {
                mistake.hint("macros of the project can be called from every file, without an import")
            }
            ("docs", _) => mistake.hint("`{% docs %}` blocks belong into `.md` files"),
            (_, Some(hint)) => mistake.hint(hint),
            (_, None) => mistake,
        }
    }
}
