//! `{% docs name %}` blocks, and `{{ doc('name') }}` in descriptions.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use regex::Regex;

use crate::template::DocsBlock;
use crate::yaml::Spanned;

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant, and the tests use it")]
    Regex::new(r#"\{\{-?\s*doc\(\s*(?:['"]\w+['"]\s*,\s*)?['"]([^'"]+)['"]\s*\)\s*-?\}\}"#)
        .expect("a pattern of this file")
});

/// All blocks of a project by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Docs {
    blocks: BTreeMap<String, (String, Location)>,
}

impl Docs {
    /// Adds the blocks of a file.
    pub(super) fn read(&mut self, file: &Arc<SourceFile>, problems: &mut Diagnostics) {
        let (blocks, found) = DocsBlock::find(file);
        problems.extend(found);
        for block in blocks {
            let location = file.location(block.span);
            if let Some((_, first)) = self.blocks.insert(block.name.clone(), (block.text, location.clone())) {
                let message = format!("the docs block `{}` is here twice", block.name);
                problems.push(
                    Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(location).related(first, "first here"),
                );
            }
        }
    }

    /// The text of a block.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.blocks.get(name).map(|(text, _)| text.as_str())
    }

    /// All blocks, for fingerprints and `doc()` in templates.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        self.blocks.iter().map(|(name, (text, _))| (name.clone(), text.clone())).collect()
    }

    /// A description with its calls of `doc()` replaced.
    pub(super) fn resolve(
        &self,
        file: &Arc<SourceFile>,
        description: Option<&Spanned<String>>,
        problems: &mut Diagnostics,
    ) -> String {
        let Some(description) = description else { return String::new() };
        if !description.value.contains("{{") {
            return description.value.clone();
        }
        let replaced = CALL.replace_all(&description.value, |call: &regex::Captures<'_>| {
            let name = &call[1];
            if let Some(text) = self.get(name) {
                return text.to_owned();
            }
            let message = format!("there is no docs block `{name}`");
            let problem = Diagnostic::error(&rule::UNKNOWN_DOC, message).at(within(file, description, &call[0]));
            let known = self.blocks.keys().map(String::as_str);
            problems.push(problem.suggestion(name, known));
            String::new()
        });
        replaced.into_owned()
    }
}

/// Where a part of a YAML text stands; the whole text when escapes hide it.
fn within(file: &Arc<SourceFile>, text: &Spanned<String>, part: &str) -> Location {
    let whole = file.location(text.span);
    match whole.text().find(part) {
        Some(start) => whole.inner((start..start + part.len()).into()),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_replace_calls_and_unknown_names_are_shown_in_place() {
        let page = SourceFile::new(
            "models/docs.md",
            "# x\n{% docs status %}\n a | b \n{% enddocs %}\n{%- docs other -%}x{%- enddocs -%}",
        );
        let (mut docs, mut problems) = (Docs::default(), Diagnostics::new());
        docs.read(&page, &mut problems);
        assert!(problems.is_empty());
        let file = SourceFile::new("a.yml", r#"description: "{{ doc('status') }}, {{ doc("shop", "othr") }}""#);
        let text = Spanned::new(file.text()[14..file.text().len() - 1].to_owned(), (13..file.text().len()).into());
        assert_eq!(docs.resolve(&file, Some(&text), &mut problems), "a | b, ");
        let problem = problems.into_sorted().remove(0);
        assert_eq!(problem.location.expect("a place").text(), r#"{{ doc("shop", "othr") }}"#);
        assert_eq!(problem.hints, ["did you mean `other`?"]);
    }

    #[test]
    fn an_open_block_is_a_problem() {
        let (mut docs, mut problems) = (Docs::default(), Diagnostics::new());
        docs.read(&SourceFile::new("a.md", "{% docs a %} text"), &mut problems);
        assert_eq!(problems.into_sorted()[0].id(), "template-syntax");
    }
}
