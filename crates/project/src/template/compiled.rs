//! The text that a template became.

use ade_diagnostic::Diagnostic;

use super::source_map::Piece;
use super::{SourceMap, Uses};

/// SQL (or other text), where it came from, what it used, and what its author wanted to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compiled {
    /// The text.
    pub text: String,
    /// From the text back to the template.
    pub source_map: SourceMap,
    /// What was asked for on the way.
    pub uses: Uses,
    /// `exceptions.warn(…)`.
    pub warnings: Vec<Diagnostic>,
    /// `log(…, info=true)` and `print(…)`, in order.
    pub messages: Vec<String>,
}

impl Compiled {
    /// Puts the common table expressions of ephemeral models before this statement: `(name, its compiled SQL)`, those that
    /// others use first. They join a `with` that is there already. The source map stays right, and finds errors inside
    /// the ephemeral models in their own files.
    pub fn with_ctes(self, ctes: Vec<(String, Self)>) -> Self {
        if ctes.is_empty() {
            return self;
        }
        let head = StatementHead::find(&self.text);
        let mut out = Builder::default();
        out.copy(&self, 0..head.insert_at);
        out.push(if head.has_with { " " } else { "with " });
        let count = ctes.len();
        for (index, (name, cte)) in ctes.into_iter().enumerate() {
            out.push(&format!("{} as (\n", super::template_relation::quote_identifier(&name)));
            let text_end = cte.text.trim_end().len();
            out.copy(&cte, 0..text_end);
            out.push(if index + 1 < count { "\n), " } else { "\n)" });
        }
        out.push(if head.has_with { "," } else { "\n" });
        out.copy(&self, head.insert_at..self.text.len());
        Self { text: out.text, source_map: SourceMap { pieces: out.pieces }, ..self }
    }
}

#[derive(Default)]
struct Builder {
    text: String,
    pieces: Vec<Piece>,
}

impl Builder {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn copy(&mut self, from: &Compiled, range: std::ops::Range<usize>) {
        let base = self.text.len();
        self.text.push_str(&from.text[range.clone()]);
        for piece in &from.source_map.pieces {
            let output = piece.output.start.max(range.start)..piece.output.end.min(range.end);
            if output.start >= output.end {
                continue;
            }
            let mut part = piece.clone();
            if piece.exact {
                let inner = output.start - piece.output.start..output.end - piece.output.start;
                part.origin = piece.origin.inner(inner.into());
            }
            part.output = output.start - range.start + base..output.end - range.start + base;
            self.pieces.push(part);
        }
    }
}

/// Where common table expressions go in a statement.
struct StatementHead {
    /// Just after `with` (and `recursive`) if there is one, else where the statement begins.
    insert_at: usize,
    has_with: bool,
}

impl StatementHead {
    fn find(sql: &str) -> Self {
        let start = skip_blank(sql, 0);
        let Some(after) = word(sql, start, "with") else { return Self { insert_at: start, has_with: false } };
        let next = skip_blank(sql, after);
        Self { insert_at: word(sql, next, "recursive").unwrap_or(after), has_with: true }
    }
}

/// Skips white space and comments.
fn skip_blank(sql: &str, mut at: usize) -> usize {
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

fn word(sql: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let found = sql.get(at..end)?.eq_ignore_ascii_case(word);
    let ends = !sql[end..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
    (found && ends).then_some(end)
}

#[cfg(test)]
mod tests {
    use ade_diagnostic::{SourceFile, Span};

    use super::*;

    fn literal(path: &str, text: &str) -> Compiled {
        let origin = SourceFile::new(path, text).location(Span::new(0, text.len()));
        let piece = Piece { output: 0..text.len(), origin, exact: true, site: None };
        Compiled { text: text.to_owned(), source_map: SourceMap { pieces: vec![piece] }, ..Compiled::default() }
    }

    #[test]
    fn ctes_go_before_a_plain_statement_and_into_a_with() {
        let ctes = || {
            vec![
                ("e1".to_owned(), literal("e1.sql", "select 1 as a\n")),
                ("e2".to_owned(), literal("e2.sql", "select 2")),
            ]
        };
        insta::assert_snapshot!(literal("m.sql", "-- with\nselect * from e1").with_ctes(ctes()).text, @r#"
        -- with
        with "e1" as (
        select 1 as a
        ), "e2" as (
        select 2
        )
        select * from e1
        "#);
        insta::assert_snapshot!(literal("m.sql", "WITH recursive x as (select 1) select * from x").with_ctes(ctes()).text, @r#"
        WITH recursive "e1" as (
        select 1 as a
        ), "e2" as (
        select 2
        ), x as (select 1) select * from x
        "#);
        assert_eq!(literal("m.sql", "without").with_ctes(ctes()).text.matches("with ").count(), 1);
    }

    #[test]
    fn the_source_map_survives() {
        let whole = literal("m.sql", "with x as (select bad) select * from x")
            .with_ctes(vec![("e".to_owned(), literal("e.sql", "select 1 as worse"))]);
        for (needle, place) in [("bad", "m.sql:1:19"), ("worse", "e.sql:1:13")] {
            let at = whole.text.find(needle).unwrap();
            let mapped = whole.source_map.locate(at..at + needle.len()).unwrap();
            assert_eq!(mapped.location.text(), needle);
            assert_eq!(mapped.location.to_string(), place);
        }
        let made = whole.text.find("\"e\"").unwrap();
        assert_eq!(whole.source_map.locate(made..made + 1), None);
    }
}
