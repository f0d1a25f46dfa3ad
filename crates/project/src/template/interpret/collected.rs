//! All failures of a template in one run.
//!
//! While a project is parsed, a statement that fails is noted and the next one runs. What the failed statement would have set
//! is in doubt from then on, and a failure of a statement that mentions something in doubt is an echo: it is left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::Diagnostic;

use crate::template::discover;
use crate::template::syntax::ast::Stmt;

use super::{Interpreter, Outcome, Raise};

/// The failures so far.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) failures: Vec<Diagnostic>,
    /// Names that statements which failed, or could not be read, may have set.
    pub(crate) doubtful: BTreeSet<Arc<str>>,
    /// Whether the template itself said that it cannot go on.
    pub(crate) stopped: bool,
}

/// More are not worth reading.
const MOST: usize = 100;

impl Interpreter<'_> {
    /// From now on failures of the outermost template are noted.
    pub(crate) fn collect(&mut self, doubtful: impl IntoIterator<Item = Arc<str>>) {
        self.collected = Some(Collected { doubtful: doubtful.into_iter().collect(), ..Collected::default() });
    }

    /// Notes a failure, if that is asked for and another statement can run.
    pub(super) fn note(&mut self, outcome: Outcome<()>, statement: &Stmt) -> Outcome<()> {
        let problem = match outcome {
            Err(Raise::Located(problem)) if self.path.is_empty() && self.collected.is_some() => problem,
            other => return other,
        };
        let file = Arc::clone(&self.file);
        let broken = problem.location.as_ref().is_some_and(|at| self.set.is_broken(at.path()));
        let set = self.set;
        let Some(collected) = &mut self.collected else { return Err(Raise::Located(problem)) };
        if collected.stopped || collected.failures.len() >= MOST {
            return Err(Raise::Located(problem));
        }
        let (mentions, sets) = discover::names_of(statement, &file);
        let echo = mentions.iter().any(|name| collected.doubtful.contains(name) || set.is_doubtful(name));
        collected.doubtful.extend(sets);
        if !echo && !broken && !collected.failures.contains(&problem) {
            collected.failures.push(*problem);
        }
        Ok(())
    }

    /// The template itself says that it cannot go on: what follows would only be an echo.
    pub(crate) fn stop_collecting(&mut self) {
        if let Some(collected) = &mut self.collected {
            collected.stopped = true;
        }
    }
}
