//! `packages.yml` and `dependencies.yml`: packages are not read.

use ade_diagnostic::{Diagnostic, Diagnostics, rule};

use super::files::Files;
use crate::FileTree;
use crate::yaml::{self, Node};

/// Warns of packages: what they define is not there.
pub(super) fn report(tree: &dyn FileTree, paths: &[String], files: &mut Files, problems: &mut Diagnostics) {
    for name in ["packages.yml", "dependencies.yml"] {
        if !paths.iter().any(|path| path == name) {
            continue;
        }
        let Some(file) = files.read_text(tree, name, problems) else { continue };
        let Some(node) = yaml::read(&file, problems) else { continue };
        let entry = node.as_mapping().and_then(|mapping| mapping.entry("packages"));
        let Some(entry) = entry.filter(|entry| entry.value.as_sequence().is_some_and(|items| !items.is_empty())) else {
            continue;
        };
        let names = entry.value.as_sequence().unwrap_or_default().iter().filter_map(package_name);
        let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let problem = Diagnostic::warning(&rule::UNSUPPORTED, format!("packages are not read: {names}"));
        let problem = problem.at(file.location(entry.key_span));
        problems.push(
            problem
                .note("the common data tests of dbt_utils and dbt_expectations are built in")
                .hint("copy the macros that you use into `macros/`"),
        );
    }
}

fn package_name(node: &Node) -> Option<&str> {
    let mapping = node.as_mapping()?;
    ["package", "git", "local", "tarball"].into_iter().find_map(|key| mapping.get(key)?.as_text())
}
