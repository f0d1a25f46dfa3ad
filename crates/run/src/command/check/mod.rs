//! `ade check`.
mod columns;
mod conditions;
mod doubts;
mod hard_coded;
mod known_tables;
mod settings;
mod sql;

use std::path::Path;

use ade_connect::Registry;
use ade_diagnostic::{Diagnostic, Diagnostics};

use self::doubts::Doubts;
use crate::source::{Obfuscation, check_connections};
use crate::workspace::{OpenOptions, load_project};
use crate::world::World;

pub(crate) use hard_coded::hard_coded;

/// Every problem of the project in `root` that can be known without any data, in reading order: of its files, of what they
/// refer to, of its SQL. Asks no source, opens no lake, and changes nothing.
///
/// Where something does not stand as it should, what depends on it is not known, and nothing is said of it.
pub async fn check_project(root: &Path, options: &OpenOptions, world: &World) -> Vec<Diagnostic> {
    let loaded = load_project(root, options, world);
    let doubts = Doubts::of(&loaded.diagnostics);
    let mut found = Vec::new();
    if let Some(project) = loaded.project.as_ref().or(loaded.draft.as_ref()) {
        found.extend(check_connections(&Registry::builtin(), project));
        let obfuscation = match Obfuscation::of(project) {
            Ok(obfuscation) => Some(obfuscation).filter(|_| !doubts.has_settings()),
            Err(problems) => {
                found.extend(problems);
                None
            }
        };
        if let Some(obfuscation) = &obfuscation {
            let sources = project.sources.values().filter(|source| !doubts.has(&source.path));
            found.extend(sources.flat_map(|source| obfuscation.check(source)));
        }
        found.extend(conditions::condition_problems(project, world).await);
        found.extend(sql::sql_problems(project, root, obfuscation.as_ref(), &doubts, world).await);
    }
    let mut problems: Diagnostics = loaded.diagnostics.iter().cloned().collect();
    problems.extend(found.into_iter().filter(|problem| !doubts.cover(problem)));
    problems.into_sorted()
}
