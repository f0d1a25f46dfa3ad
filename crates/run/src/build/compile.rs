//! Templates into SQL, with the lake behind what they ask.
use std::future::Future;

use ade_diagnostic::{Diagnostic, Location, rule};
use ade_engine::{Session, SqlError, SqlErrorKind, format_cell, type_name};
use ade_project::resource::{Check, Hook, Model};
use ade_project::template::{
    Column, CompileContext, Compiled, LookupError, QueryTable, Reference, RelationKind, TemplateRelation,
};
use ade_project::{NodeId, Project};
use arrow::array::Array;
use futures::TryStreamExt;
use serde_json::{Map, Value};

use super::check_spec::relation_name;
use super::{Build, TaskError};

/// Rows that a template's own query may bring.
const MOST_ROWS: usize = 100_000;

/// The lake as a template sees it.
struct LakeContext<'a> {
    project: &'a Project,
    session: &'a Session,
    incremental: bool,
    batch_id: Option<String>,
    /// Further names, for hooks at the end of a run.
    values: Option<&'a Map<String, Value>>,
}

/// Templates ask synchronously; the lake answers asynchronously.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}

fn lookup(error: &SqlError) -> LookupError {
    LookupError { message: error.message.clone(), hints: error.hint.clone().into_iter().collect() }
}

impl CompileContext for LakeContext<'_> {
    fn reference(&self, reference: &Reference) -> Result<TemplateRelation, LookupError> {
        self.project.reference_relation(reference)
    }

    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        self.project.source_relation(source, table)
    }

    fn is_incremental(&self) -> bool {
        self.incremental
    }

    fn existing(&self, relation: &TemplateRelation) -> Result<Option<TemplateRelation>, LookupError> {
        let name = ade_engine::RelationName::new(relation.schema.clone().unwrap_or_default(), &relation.identifier);
        let found = wait(self.session.catalog().relation(&name)).map_err(|error| lookup(&error))?;
        Ok(found.map(|found| {
            let kind = match found {
                ade_engine::Relation::Table(_) => RelationKind::Table,
                ade_engine::Relation::View { .. } => RelationKind::View,
            };
            relation.clone().with_kind(kind)
        }))
    }

    fn columns(&self, relation: &TemplateRelation) -> Result<Vec<Column>, LookupError> {
        if self.existing(relation)?.is_none() {
            return Ok(Vec::new());
        }
        let schema =
            wait(self.session.schema_of(&format!("select * from {relation}"))).map_err(|error| lookup(&error))?;
        let columns = schema
            .fields()
            .iter()
            .map(|field| Column { name: field.name().clone(), data_type: type_name(field.data_type()) });
        Ok(columns.collect())
    }

    fn query(&self, sql: &str) -> Result<QueryTable, LookupError> {
        let answer = async {
            let mut rows = self.session.query(sql).await?;
            let schema = rows.schema();
            let (mut batches, mut count) = (Vec::new(), 0);
            // No further than needed to know that it is too much.
            while let Some(batch) = rows.try_next().await? {
                count += batch.num_rows();
                batches.push(batch);
                if count > MOST_ROWS {
                    break;
                }
            }
            Ok::<_, SqlError>((schema, batches, count))
        };
        let (schema, batches, count) = wait(answer).map_err(|error| lookup(&error))?;
        if count > MOST_ROWS {
            let message =
                format!("a query in a template gave more than {MOST_ROWS} rows; aggregate in it, or limit it");
            return Err(LookupError::new(message));
        }
        let columns = schema
            .fields()
            .iter()
            .map(|field| Column { name: field.name().clone(), data_type: type_name(field.data_type()) });
        let rows = batches.iter().flat_map(|batch| {
            (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column.as_ref(), row)).collect())
        });
        Ok(QueryTable { columns: columns.collect(), rows: rows.collect() })
    }

    fn batch_id(&self) -> Option<String> {
        self.batch_id.clone()
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.values?.get(name).cloned()
    }

    fn document(&self, _package: Option<&str>, name: &str) -> Option<String> {
        self.project.document(name).map(str::to_owned)
    }
}

fn cell(column: &dyn Array, row: usize) -> Value {
    use arrow::datatypes::DataType;
    if column.is_null(row) {
        return Value::Null;
    }
    let Ok(Some(text)) = format_cell(column, row) else { return Value::Null };
    match column.data_type() {
        DataType::Boolean => Value::Bool(text == "t" || text == "true"),
        data_type if data_type.is_integer() || data_type.is_floating() => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        _ => Value::String(text),
    }
}

impl Build {
    /// The SQL of a model, with the ephemeral models that it uses as common table expressions.
    pub(crate) fn compile_model(
        &self,
        model: &Model,
        session: &Session,
        incremental: bool,
        batch_id: Option<String>,
    ) -> Result<Compiled, TaskError> {
        let project = &self.workspace.project;
        let context = LakeContext { project, session, incremental, batch_id, values: None };
        project.compile(&model.id, &context).map_err(problem)
    }

    /// The SQL of a generic or singular check.
    pub(crate) fn compile_check(&self, check: &Check, session: &Session) -> Result<String, TaskError> {
        let project = &self.workspace.project;
        let context = LakeContext { project, session, incremental: false, batch_id: None, values: None };
        Ok(project.compile(&check.id, &context).map_err(problem)?.text)
    }

    /// The text of a hook of a node, or of the run. `values` are names that mean something in it besides those of every
    /// template.
    pub(crate) fn compile_hook(
        &self,
        node: Option<&NodeId>,
        hook: &Hook,
        session: &Session,
        values: Option<&Map<String, Value>>,
    ) -> Result<Compiled, TaskError> {
        let project = &self.workspace.project;
        let context = LakeContext { project, session, incremental: false, batch_id: None, values };
        project.compile_text(&hook.sql, &hook.origin, node, &context).map_err(problem)
    }
}

#[expect(clippy::boxed_local, reason = "the argument is what compiling gives as its error")]
fn problem(diagnostic: Box<Diagnostic>) -> TaskError {
    TaskError::Diagnostics(vec![*diagnostic])
}

/// An SQL error at its place in the user's file.
pub(crate) fn sql_problem(build: &Build, model: &Model, compiled: &Compiled, error: SqlError) -> TaskError {
    let what = format!("model `{}`", model.name);
    let error = match build.workspace.how_to_make(&error, Some(&model.name)) {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    TaskError::Diagnostics(vec![sql_diagnostic(&what, &model.file.top(), compiled, &error)])
}

/// An SQL error of `what` (`` model `orders` ``) at its place in the template that it was compiled from, else at `place`.
pub(crate) fn sql_diagnostic(what: &str, place: &Location, compiled: &Compiled, error: &SqlError) -> Diagnostic {
    let rule = if error.kind == SqlErrorKind::Syntax { &rule::SQL_SYNTAX } else { &rule::SQL_ERROR };
    let message = match &error.view {
        Some(view) => format!("{what} reads view {view}: {}", error.message),
        None => format!("{what}: {}", error.message),
    };
    let mut problem = Diagnostic::error(rule, message);
    let position = error.position.filter(|_| error.view.is_none());
    let mapped = position.and_then(|at| compiled.source_map.locate(at.offset..at.offset + at.length));
    match mapped {
        Some(mapped) => {
            problem = problem.at(mapped.location);
            if let Some(inside) = mapped.inside {
                problem = problem.related(inside, "made by this macro");
            }
        }
        // A value was met somewhere: to point at one line of the file would be a guess.
        None if error.kind == SqlErrorKind::Data => problem = problem.note(format!("the SQL is in {}", place.path())),
        None => problem = problem.at(beginning(compiled).unwrap_or_else(|| place.clone())),
    }
    match &error.hint {
        Some(hint) => problem.hint(hint.clone()),
        None => problem,
    }
}

/// The first word of the SQL, after `config()` and comments of the template.
fn beginning(compiled: &Compiled) -> Option<Location> {
    let start = compiled.text.len() - compiled.text.trim_start().len();
    let word = compiled.text[start..].split(|letter: char| !letter.is_alphanumeric()).next()?;
    Some(compiled.source_map.locate(start..start + word.len())?.location)
}

/// The relation of a model as SQL names it.
pub(crate) fn sql_name(model: &Model) -> String {
    relation_name(&model.relation).to_sql()
}
