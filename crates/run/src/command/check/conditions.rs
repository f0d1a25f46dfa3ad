//! Conditions over the rows of sources, held against the columns that are listed.
use std::sync::Arc;

use ade_diagnostic::Diagnostic;
use ade_engine::{Engine, EngineOptions, MemoryCatalog, SessionOptions};
use ade_project::Project;

use crate::source::Conditions;
use crate::world::World;

/// What is wrong with `rows` and `deleted` of every source table, as far as it can be known without asking the source.
pub(super) async fn condition_problems(project: &Project, world: &World) -> Vec<Diagnostic> {
    let declared: Vec<_> = project.sources.values().filter(|source| Conditions::are_declared(source)).collect();
    let options = EngineOptions {
        memory_bytes: world.memory_bytes,
        threads: world.cores.max(1),
        spill_dir: None,
        spill_bytes: 0,
    };
    let Some(engine) = (!declared.is_empty()).then(|| Engine::new(&options).ok()).flatten() else { return Vec::new() };
    let mut problems = Vec::new();
    for source in declared {
        let options = SessionOptions::new(&source.relation.schema).with_now(world.clock.now());
        let session = engine.session(Arc::new(MemoryCatalog::new()), options);
        problems.extend(Conditions::check(source, &session).await);
    }
    problems
}
