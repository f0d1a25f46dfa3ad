//! `{% docs %}` blocks of Markdown files.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile, Span, rule};

/// A named piece of documentation, for `doc()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocsBlock {
    /// Its name.
    pub name: String,
    /// Its Markdown, without white space at both ends.
    pub text: String,
    /// Where the name stands.
    pub span: Span,
}

impl DocsBlock {
    /// All blocks of a Markdown file. What stands inside of a block is not read as Jinja, and text outside of blocks is
    /// none of ours.
    pub fn find(file: &Arc<SourceFile>) -> (Vec<Self>, Vec<Diagnostic>) {
        let text = file.text();
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(open) = next_tag(text, at) {
            at = open.end;
            let (first, rest) = open.words(text);
            if first != "docs" {
                continue;
            }
            if rest.is_empty() {
                let problem = Diagnostic::error(&rule::TEMPLATE_SYNTAX, "a `docs` block has no name");
                problems
                    .push(problem.at(file.location(Span::new(open.start, open.end))).hint("write `{% docs orders %}`"));
            }
            let mut close = next_tag(text, at);
            while let Some(tag) = &close {
                if tag.words(text).0 == "enddocs" {
                    break;
                }
                close = next_tag(text, tag.end);
            }
            let Some(close) = close else {
                let problem = Diagnostic::error(&rule::TEMPLATE_SYNTAX, "`{% enddocs %}` is missing");
                problems.push(
                    problem.at(file.location(Span::new(open.start, open.end))).label("this block is never closed"),
                );
                break;
            };
            if !rest.is_empty() {
                let name_at = rest.as_ptr() as usize - text.as_ptr() as usize;
                let span = Span::new(name_at, name_at + rest.len());
                found.push(Self { name: rest.to_owned(), text: text[open.end..close.start].trim().to_owned(), span });
            }
            at = close.end;
        }
        (found, problems)
    }
}

struct Tag {
    start: usize,
    end: usize,
}

impl Tag {
    /// First word and the rest of a tag.
    fn words<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        let inner =
            text[self.start + 2..self.end - 2].trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        inner.split_once(char::is_whitespace).map_or((inner, ""), |(first, rest)| (first, rest.trim()))
    }
}

fn next_tag(text: &str, at: usize) -> Option<Tag> {
    let start = at + text[at..].find("{%")?;
    let end = start + 2 + text[start + 2..].find("%}")? + 2;
    Some(Tag { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> String {
        let (found, problems) = DocsBlock::find(&SourceFile::new("docs.md", text));
        let mut lines: Vec<String> = found.iter().map(|block| format!("{}: {:?}", block.name, block.text)).collect();
        lines.extend(
            problems.iter().map(|problem| format!("{} {}", problem.location.as_ref().unwrap(), problem.message)),
        );
        lines.join("\n")
    }

    #[test]
    fn blocks_between_prose() {
        let text = "# Title {{ not read }}\n{% docs one %}\nText {{ x }} {% if %}\n{% enddocs %}\n{%- docs two -%}b{%- enddocs -%} 100 %}";
        insta::assert_snapshot!(find(text), @r#"
        one: "Text {{ x }} {% if %}"
        two: "b"
        "#);
    }

    #[test]
    fn mistakes() {
        insta::assert_snapshot!(find("{% docs %}x{% enddocs %}\n\n  {% docs open %} text"), @r"
        docs.md:1:1 a `docs` block has no name
        docs.md:3:3 `{% enddocs %}` is missing
        ");
    }
}
