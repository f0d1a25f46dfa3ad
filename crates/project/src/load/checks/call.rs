//! A data test as it is written: which one, with which arguments and configuration.

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, Span, rule, suggest};
use serde_json::{Map, Value};

use super::Context;
use crate::file::ColumnDeclaration;
use crate::load::yaml_templates::{Render, is_template, render_tree};
use crate::yaml::{Entry, Mapping, Node, NodeValue};

/// Configuration that dbt also accepts beside the arguments.
const CONFIG_KEYS: [&str; 14] = [
    "enabled",
    "severity",
    "warn_if",
    "error_if",
    "fail_calc",
    "where",
    "limit",
    "store_failures",
    "store_failures_as",
    "tags",
    "meta",
    "alias",
    "schema",
    "database",
];

/// One entry of `data_tests:`.
pub(super) struct CheckCall {
    pub(super) file: Arc<SourceFile>,
    /// Package of the test when it is named.
    pub(super) package: Option<String>,
    /// The test.
    pub(super) name: String,
    pub(super) name_span: Span,
    /// `name:`: what to call the check.
    pub(super) custom_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) column: Option<String>,
    pub(super) arguments: Vec<Entry>,
    /// All arguments, also those that were taken out.
    given: Vec<(String, Value)>,
    pub(super) config: Vec<Entry>,
    /// A condition that a test takes as an argument and that is a filter.
    pub(super) row_condition: Option<String>,
}

impl CheckCall {
    /// Reads an entry; what is wrong with its shape is reported.
    pub(super) fn read(
        file: &Arc<SourceFile>,
        declared: &Node,
        column: Option<&ColumnDeclaration>,
        render: &Render<'_>,
        problems: &mut Diagnostics,
    ) -> Option<Self> {
        let mut call = Self {
            file: Arc::clone(file),
            package: None,
            name: String::new(),
            name_span: declared.span,
            custom_name: None,
            description: None,
            column: column.map(|column| column.name.value.clone()),
            arguments: Vec::new(),
            given: Vec::new(),
            config: Vec::new(),
            row_condition: None,
        };
        match &declared.value {
            NodeValue::Text(name, _) => call.set_name(name, declared.span),
            NodeValue::Mapping(mapping) => call.read_mapping(mapping, declared, problems)?,
            _ => return None,
        }
        for entry in call.arguments.iter_mut().chain(&mut call.config) {
            render_tree(&mut entry.value, file, render, problems);
            reread_list(&mut entry.value);
        }
        call.given = call.arguments.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect();
        Some(call)
    }

    /// All arguments by name.
    pub(super) fn named_arguments(&self) -> Vec<(String, Value)> {
        self.given.clone()
    }

    fn set_name(&mut self, text: &str, span: Span) {
        let (package, name) = match text.split_once('.') {
            // dbt's own four tests live in a package called `dbt`.
            Some(("dbt", name)) => (None, name),
            Some((package, name)) => (Some(package.to_owned()), name),
            None => (None, text),
        };
        (self.package, self.name, self.name_span) = (package, name.to_owned(), span);
    }

    fn read_mapping(&mut self, mapping: &Mapping, declared: &Node, problems: &mut Diagnostics) -> Option<()> {
        if let Some(named) = mapping.get("test_name") {
            self.set_name(named.as_text()?, named.span);
            self.read_entries(mapping.entries().iter().filter(|entry| entry.key != "test_name"));
            return Some(());
        }
        match mapping.entries() {
            [only] => {
                self.set_name(&only.key, only.key_span);
                match &only.value.value {
                    NodeValue::Mapping(inner) => self.read_entries(inner.entries().iter()),
                    NodeValue::Null => {}
                    _ => {
                        let message =
                            format!("the arguments of `{}` must be a mapping, not {}", only.key, only.value.kind());
                        let problem = Diagnostic::error(&rule::INVALID_CHECK, message).at(self.at(only.value.span));
                        problems.push(problem.hint(format!("write `{}: {{arguments: {{…}}}}`", only.key)));
                        return None;
                    }
                }
                Some(())
            }
            [first, second, ..] => {
                let message =
                    format!("`{}` stands beside the data test `{}` instead of below it", second.key, first.key);
                let problem = Diagnostic::error(&rule::INVALID_CHECK, message).at(self.at(second.key_span));
                problems.push(problem.hint(format!("indent what belongs to `{}` by two more spaces", first.key)));
                None
            }
            [] => {
                let problem = Diagnostic::error(&rule::INVALID_CHECK, "a data test has no name");
                problems.push(problem.at(self.at(declared.span)));
                None
            }
        }
    }

    fn read_entries<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) {
        for entry in entries {
            let text = || entry.value.as_text().map(str::to_owned);
            match (entry.key.as_str(), entry.value.as_mapping()) {
                ("config", Some(inner)) => self.config.extend(inner.entries().iter().cloned()),
                ("arguments", Some(inner)) => self.arguments.extend(inner.entries().iter().cloned()),
                ("name", _) => self.custom_name = text(),
                ("description", _) => self.description = text(),
                ("config" | "arguments", _) if entry.value.is_null() => {}
                (key, _) if CONFIG_KEYS.contains(&key) => self.config.push(entry.clone()),
                _ => self.arguments.push(entry.clone()),
            }
        }
    }

    /// `package.name`, or the name alone.
    pub(super) fn full_name(&self) -> String {
        match &self.package {
            Some(package) => format!("{package}.{}", self.name),
            None => self.name.clone(),
        }
    }

    pub(super) fn at(&self, span: Span) -> Location {
        self.file.location(span)
    }

    /// Takes an argument out.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let at = self.arguments.iter().position(|entry| entry.key == key)?;
        Some(self.arguments.remove(at))
    }

    /// The arguments that are left.
    pub(super) fn arguments_json(&self) -> Map<String, Value> {
        self.arguments.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
    }

    /// Holds the arguments against the parameters of the project's own test.
    pub(super) fn check_parameters(&self, context: &Context<'_>, problems: &mut Diagnostics) {
        let Some(test) = context.templates.set.generic_test(&self.full_name()) else { return };
        let known: BTreeSet<&str> = test.parameters().collect();
        for entry in self.arguments.iter().filter(|entry| !known.contains(entry.key.as_str())) {
            if !test.takes_kwargs {
                problems.push(self.unknown_argument(entry, known.iter().copied()));
            }
        }
        let given = |name: &str| self.arguments.iter().any(|entry| entry.key == name);
        for name in test.parameters().filter(|name| !test.has_default(name) && !given(name)) {
            let provided = name == "model" || (name == "column_name" && self.column.is_some());
            let slip = || self.arguments.iter().any(|entry| suggest(&entry.key, [name]).is_some());
            if !provided && !slip() {
                problems.push(self.missing_argument(name));
            }
        }
    }

    pub(super) fn unknown_argument<'k>(&self, entry: &Entry, known: impl Iterator<Item = &'k str>) -> Diagnostic {
        let message = format!("the data test `{}` has no argument `{}`", self.full_name(), entry.key);
        let problem = Diagnostic::error(&rule::INVALID_CHECK, message).at(self.at(entry.key_span));
        problem.suggestion(&entry.key, known.chain(CONFIG_KEYS).chain(["config", "name", "description"]))
    }

    pub(super) fn missing_argument(&self, name: &str) -> Diagnostic {
        let message = format!("the data test `{}` needs `{name}`", self.full_name());
        Diagnostic::error(&rule::INVALID_CHECK, message).at(self.at(self.name_span))
    }
}

/// `"{{ var('statuses') }}"` may come to the text of a list.
fn reread_list(node: &mut Node) {
    if let NodeValue::Text(text, crate::yaml::TextStyle::Rendered) = &node.value
        && text.trim_start().starts_with('[')
        && !is_template(text)
    {
        let file = SourceFile::new("", text.as_str());
        if let Some(read) = crate::yaml::read(&file, &mut Diagnostics::new()) {
            *node = Node::from_json(&read.to_json(), node.span);
        }
    }
}
