//! `ade check`.
mod columns;
mod conditions;
mod hard_coded;
mod known_tables;
mod settings;
mod sql;

use std::path::Path;

use ade_connect::Registry;
use ade_diagnostic::{Diagnostic, Diagnostics};

use crate::source::{Obfuscation, check_connections};
use crate::workspace::{OpenOptions, load_project};
use crate::world::World;

pub(crate) use hard_coded::hard_coded;

/// Every problem of the project in `root` that can be known without any data, in reading order: of its files, of what they
/// refer to, of its SQL. Asks no source, opens no lake, and changes nothing.
pub async fn check_project(root: &Path, options: &OpenOptions, world: &World) -> Vec<Diagnostic> {
    let loaded = load_project(root, options, world);
    let mut problems: Diagnostics = loaded.diagnostics.into_iter().collect();
    if let Some(project) = &loaded.project {
        problems.extend(check_connections(&Registry::builtin(), project));
        let obfuscation = match Obfuscation::of(project) {
            Ok(obfuscation) => Some(obfuscation),
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        if let Some(obfuscation) = &obfuscation {
            problems.extend(project.sources.values().flat_map(|source| obfuscation.check(source)));
        }
        problems.extend(conditions::condition_problems(project, world).await);
        problems.extend(sql::sql_problems(project, root, obfuscation.as_ref(), world).await);
    }
    problems.into_sorted()
}
