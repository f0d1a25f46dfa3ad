//! What is not known of a project because its files have errors.
use std::collections::BTreeSet;
use std::path::Path;

use ade_diagnostic::{Diagnostic, Location};

/// Files that say whole projects what they are.
const ROOTS: [&str; 2] = ["ade.yml", "dbt_project.yml"];

/// The errors that reading a project has found.
#[derive(Debug, Default)]
pub(super) struct Doubts<'a> {
    files: BTreeSet<&'a str>,
    told: Vec<(&'a str, &'a Location)>,
}

impl<'a> Doubts<'a> {
    pub(super) fn of(problems: &'a [Diagnostic]) -> Self {
        let placed = |problem: &'a Diagnostic| Some((problem.rule.id, problem.location.as_ref()?));
        let told: Vec<_> = problems.iter().filter(|problem| problem.is_error()).filter_map(placed).collect();
        Self { files: told.iter().map(|(_, location)| location.path()).collect(), told }
    }

    /// Whether a file has an error: what it says of columns may be other than what is meant.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether some file of YAML has one: seeds get their types there.
    pub(super) fn has_properties(&self) -> bool {
        self.files.iter().any(|path| Path::new(path).extension().is_none_or(|extension| extension != "sql"))
    }

    /// Whether the project's own settings have one.
    pub(super) fn has_settings(&self) -> bool {
        ROOTS.iter().any(|root| self.has(root))
    }

    /// Whether a problem is one of them, found again.
    pub(super) fn cover(&self, problem: &Diagnostic) -> bool {
        let told = |(rule, location): &(&str, &Location)| {
            *rule == problem.rule.id && problem.location.as_ref() == Some(*location)
        };
        self.told.iter().any(told)
    }
}
