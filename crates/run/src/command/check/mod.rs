//! `ade check`.
use std::path::Path;

use ade_connect::Registry;
use ade_diagnostic::{Diagnostic, Diagnostics};

use crate::source::{Obfuscation, check_connections};
use crate::workspace::{OpenOptions, load_project};
use crate::world::World;

/// Every problem of the project in `root`, in reading order. Touches nothing.
pub fn check_project(root: &Path, options: &OpenOptions, world: &World) -> Vec<Diagnostic> {
    let loaded = load_project(root, options, world);
    let mut problems: Diagnostics = loaded.diagnostics.into_iter().collect();
    if let Some(project) = &loaded.project {
        problems.extend(check_connections(&Registry::builtin(), project));
        match Obfuscation::of(project) {
            Ok(obfuscation) => {
                problems.extend(project.sources.values().flat_map(|source| obfuscation.check(source)));
            }
            Err(found) => problems.extend(found),
        }
    }
    problems.into_sorted()
}
