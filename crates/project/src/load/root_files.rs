//! `ade.yml` and `dbt_project.yml`.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::Relation;
use crate::file::{AdeFile, DbtProjectFile, FolderConfig, HookDeclaration};
use crate::resource::Hook;
use crate::yaml::{self, Mapping, Node, NodeValue, Shape, Spanned};

use super::config;
use super::layout::{Layout, folders};

/// A file and what it says.
#[derive(Debug)]
pub(super) struct Root<T> {
    pub(super) file: Arc<SourceFile>,
    pub(super) says: T,
}

/// Both files; at least one is there.
#[derive(Debug)]
pub(super) struct RootFiles {
    pub(super) ade: Option<Root<AdeFile>>,
    pub(super) dbt: Option<Root<DbtProjectFile>>,
}

/// The tree of a root file; an empty mapping when there is none that one could read.
pub(super) fn read_tree(file: &Arc<SourceFile>, problems: &mut Diagnostics) -> Node {
    let empty = || Node::new(NodeValue::Mapping(Mapping::default()), ade_diagnostic::Span::at(0));
    match yaml::read(file, problems) {
        Some(node) if !node.is_null() => node,
        _ => empty(),
    }
}

/// What a file says; nothing when it cannot be understood at all.
pub(super) fn decode<T: DeserializeOwned + Default + JsonSchema>(
    file: &Arc<SourceFile>,
    tree: Node,
    problems: &mut Diagnostics,
) -> T {
    yaml::validate(file, tree, &Shape::of::<T>(), problems)
        .map_or_else(T::default, |tree| decode_checked(file, &tree, problems))
}

/// What a tree without differences from its schema says.
pub(super) fn decode_checked<T: DeserializeOwned + Default>(
    file: &Arc<SourceFile>,
    tree: &Node,
    problems: &mut Diagnostics,
) -> T {
    yaml::decode(tree).unwrap_or_else(|error| {
        let at = file.location(error.span.unwrap_or(tree.span));
        problems.push(Diagnostic::error(&rule::INVALID_VALUE, error.message).at(at));
        T::default()
    })
}

impl RootFiles {
    /// The project's name.
    pub(super) fn name(&self, problems: &mut Diagnostics) -> String {
        let ade = self.ade.as_ref().and_then(|root| Some((&root.file, root.says.name.as_ref()?)));
        let dbt = self.dbt.as_ref().and_then(|root| Some((&root.file, root.says.name.as_ref()?)));
        if let (Some((file, ours)), Some((dbt_file, theirs))) = (ade, dbt)
            && ours.value != theirs.value
        {
            let message =
                format!("the project is called `{}` here and `{}` in `{}`", ours.value, theirs.value, dbt_file.path());
            let problem = Diagnostic::error(&rule::NAME_MISMATCH, message).at(file.location(ours.span));
            problems.push(
                problem.related(dbt_file.location(theirs.span), "the other name").hint("use one name in both files"),
            );
        }
        if let Some((file, name)) = ade.or(dbt) {
            check_name("project", &name.value, || file.location(name.span), problems);
            return name.value.clone();
        }
        let file = self.ade.as_ref().map(|root| &root.file).or(self.dbt.as_ref().map(|root| &root.file));
        let mut problem =
            Diagnostic::error(&rule::MISSING_KEY, "the project has no name").hint("add `name: my_project`");
        if let Some(file) = file {
            problem = problem.at(file.top());
        }
        problems.push(problem);
        String::new()
    }

    /// The project's folders.
    pub(super) fn layout(&self) -> Layout {
        let mut layout = Layout::new();
        if let Some(Root { says: ade, .. }) = &self.ade {
            layout.models = folders(&ade.model_paths, layout.models);
            layout.seeds = folders(&ade.seed_paths, layout.seeds);
            layout.tests = folders(&ade.test_paths, layout.tests);
            layout.macros = folders(&ade.macro_paths, layout.macros);
        }
        if let Some(Root { says: dbt, .. }) = &self.dbt {
            layout.models = folders(&dbt.model_paths, layout.models);
            layout.seeds = folders(&dbt.seed_paths, layout.seeds);
            layout.tests = folders(&dbt.test_paths, layout.tests);
            layout.macros = folders(&dbt.macro_paths, layout.macros);
            layout.snapshots = folders(&dbt.snapshot_paths, layout.snapshots);
            layout.docs = folders(&dbt.docs_paths, layout.docs);
        }
        layout
    }

    /// Folder-level configuration of one kind, dbt's file first: ours is laid over it.
    pub(super) fn folder_config(
        &self,
        ade: impl Fn(&AdeFile) -> Option<&FolderConfig>,
        dbt: impl Fn(&DbtProjectFile) -> Option<&FolderConfig>,
    ) -> Vec<(&Arc<SourceFile>, &FolderConfig)> {
        let theirs = self.dbt.as_ref().and_then(|root| Some((&root.file, dbt(&root.says)?)));
        let ours = self.ade.as_ref().and_then(|root| Some((&root.file, ade(&root.says)?)));
        theirs.into_iter().chain(ours).collect()
    }

    /// Hooks of a run, dbt's file first.
    pub(super) fn hooks(
        &self,
        ade: impl Fn(&AdeFile) -> &[HookDeclaration],
        dbt: impl Fn(&DbtProjectFile) -> &[HookDeclaration],
    ) -> Vec<Hook> {
        let theirs = self.dbt.iter().flat_map(|root| config::hooks(&root.file, dbt(&root.says)));
        let ours = self.ade.iter().flat_map(|root| config::hooks(&root.file, ade(&root.says)));
        theirs.chain(ours).collect()
    }

    /// Variables: those for all, over them the project's own, over them those of `ade.yml`.
    pub(super) fn vars(&self, project: &str) -> serde_json::Map<String, serde_json::Value> {
        let mut vars = serde_json::Map::new();
        let theirs = self.dbt.as_ref().and_then(|root| root.says.vars.as_ref());
        if let Some(theirs) = theirs.and_then(Node::as_mapping) {
            vars.extend(theirs.to_json());
            if let Some(scoped) = theirs.get(project).and_then(Node::as_mapping) {
                vars.shift_remove(project);
                vars.extend(scoped.to_json());
            }
        }
        let ours = self.ade.as_ref().and_then(|root| root.says.vars.as_ref());
        vars.extend(ours.and_then(Node::as_mapping).map(Mapping::to_json).unwrap_or_default());
        vars
    }
}

/// The name of a dbt project before the file is rendered.
pub(super) fn raw_name(tree: &Node) -> Option<&str> {
    tree.as_mapping()?.get("name")?.as_text()
}

/// Names become parts of ids, tables and files.
pub(super) fn check_name(
    what: &str,
    name: &str,
    location: impl FnOnce() -> Location,
    problems: &mut Diagnostics,
) -> bool {
    let mut bytes = name.bytes();
    let good = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !good {
        let message = format!("`{name}` cannot be the name of a {what}");
        let problem = Diagnostic::error(&rule::INVALID_NAME, message).at(location());
        problems.push(problem.hint("use letters, digits and `_`, and do not begin with a digit"));
    }
    good
}

/// Names of files become names of tables: as in dbt they may begin with a digit, and have letters of any language and
/// `-` in them. A dot would make ids ambiguous.
pub(super) fn check_file_name(what: &str, name: &str, location: impl FnOnce() -> Location, problems: &mut Diagnostics) {
    if !can_be_a_file(name) {
        let message = format!("`{name}` cannot be the name of a {what}");
        let problem = Diagnostic::error(&rule::INVALID_NAME, message).at(location());
        problems.push(problem.hint("rename the file: use letters, digits, `_` and `-`"));
    }
}

fn can_be_a_file(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

/// Says that the name of a file makes a table whose name must be quoted wherever somebody writes it in SQL. `ref()` does so by
/// itself.
pub(super) fn warn_of_quotes(relation: &Relation, location: impl FnOnce() -> Location, problems: &mut Diagnostics) {
    let table = &relation.table;
    let is_small = |letter: char| letter == '_' || (letter.is_alphabetic() && !letter.is_uppercase());
    let mut letters = table.chars();
    let is_plain =
        letters.next().is_some_and(is_small) && letters.all(|letter| is_small(letter) || letter.is_ascii_digit());
    if !is_plain && can_be_a_file(table) {
        let message = format!("`{table}` needs quotes in SQL: \"{table}\"");
        let problem = Diagnostic::warning(&rule::INVALID_NAME, message).at(location());
        problems.push(
            problem.hint("rename the file or give it an `alias`: small letters, digits and `_`, and no digit first"),
        );
    }
}

/// The value of a spanned text.
pub(super) fn text(declared: Option<&Spanned<String>>) -> Option<&str> {
    declared.map(|text| text.value.as_str())
}
