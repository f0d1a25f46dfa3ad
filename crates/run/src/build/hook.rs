//! Statements before and after a node.
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::split_statements;
use ade_project::NodeId;
use ade_project::resource::Hook;
use futures::TryStreamExt;

use super::{Build, TaskError};

impl Build {
    /// Runs hooks: queries, whose rows nobody sees. Statements that would change something are refused: tables change by
    /// models only.
    pub(crate) async fn run_hooks(&self, node: Option<&NodeId>, hooks: &[Hook], schema: &str) -> Result<(), TaskError> {
        for hook in hooks {
            let session = self.session(ade_engine::MemoryCatalog::new(), schema);
            let compiled = self.compile_hook(node, hook, &session)?;
            let statements = split_statements(&compiled.text)?;
            for statement in statements {
                let ran = async {
                    let mut rows = session.query(&statement.sql).await?;
                    while rows.try_next().await?.is_some() {}
                    Ok::<_, ade_engine::SqlError>(())
                };
                if let Err(error) = ran.await {
                    let of = node.map_or_else(|| "the run".to_owned(), |node| format!("`{}`", node.name()));
                    let mut problem = Diagnostic::error(&rule::SQL_ERROR, format!("a hook of {of}: {}", error.message))
                        .at(hook.origin.clone());
                    if let Some(hint) = error.hint {
                        problem = problem.hint(hint);
                    }
                    return Err(TaskError::Diagnostics(vec![problem]));
                }
            }
        }
        Ok(())
    }
}
