//! What a template may ask for while its SQL is made.

use super::{Column, LookupError, QueryTable, Reference, TemplateRelation};

/// The world outside, as a template sees it when it is compiled (dbt's `execute` is true). The crate that runs a project
/// implements this over the lake and the engine; a dry run over the project alone may answer "nothing there".
///
/// All methods may be called any number of times and in any order; none may change anything.
pub trait CompileContext {
    /// The table of `ref(…)`; [`TemplateRelation::ephemeral`] for an ephemeral model.
    fn reference(&self, reference: &Reference) -> Result<TemplateRelation, LookupError>;

    /// The table of `source(source, table)`.
    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError>;

    /// Whether the node that is compiled adds to a table that is already there: `is_incremental()`.
    fn is_incremental(&self) -> bool {
        false
    }

    /// The relation with its kind if it exists now: `adapter.get_relation`, `load_relation`.
    fn existing(&self, relation: &TemplateRelation) -> Result<Option<TemplateRelation>, LookupError> {
        let _ = relation;
        Ok(None)
    }

    /// The columns of a relation, in order; none when it does not exist.
    fn columns(&self, relation: &TemplateRelation) -> Result<Vec<Column>, LookupError> {
        let _ = relation;
        Ok(Vec::new())
    }

    /// Runs a query that only reads: `run_query`, `{% call statement %}`.
    fn query(&self, sql: &str) -> Result<QueryTable, LookupError> {
        let _ = sql;
        Err(LookupError::new("queries from templates are not possible here"))
    }

    /// The id of the batch that this compilation is for; without one `batch_id()` stays a call of the SQL function.
    fn batch_id(&self) -> Option<String> {
        None
    }

    /// What a plain name means that only a run knows, such as `results` in `on-run-end` hooks.
    fn value(&self, name: &str) -> Option<serde_json::Value> {
        let _ = name;
        None
    }

    /// The text of a `{% docs %}` block, for `doc(…)`.
    fn document(&self, package: Option<&str>, name: &str) -> Option<String> {
        let _ = (package, name);
        None
    }
}
