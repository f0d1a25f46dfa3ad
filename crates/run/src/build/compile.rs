//! Templates into SQL, with the lake behind what they ask.
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{Catalog, Session, SqlError, SqlErrorKind, format_cell, type_name};
use ade_project::resource::{Check, Hook, Materialization, Model};
use ade_project::template::{
    Column, CompileContext, Compiled, LookupError, QueryTable, Reference, RelationKind, TemplateRelation,
};
use ade_project::{NodeId, Project};
use arrow::array::{Array, RecordBatch};
use serde_json::Value;

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
    /// Ephemeral models that were referred to, in order.
    ephemeral: Mutex<Vec<NodeId>>,
}

impl<'a> LakeContext<'a> {
    fn new(project: &'a Project, session: &'a Session, incremental: bool, batch_id: Option<String>) -> Self {
        Self { project, session, incremental, batch_id, ephemeral: Mutex::default() }
    }
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
        let project = self.project;
        let Some(id) = project.resolve(reference) else {
            let names = project.models.values().map(|model| model.name.as_str());
            let names = names.chain(project.seeds.values().map(|seed| seed.name.as_str()));
            return Err(LookupError::unknown("model or seed", &reference.name, names));
        };
        if let Some(model) = project.models.get(&id)
            && model.materialized == Materialization::Ephemeral
        {
            let mut known = self.ephemeral.lock().unwrap_or_else(PoisonError::into_inner);
            if !known.contains(&id) {
                known.push(id);
            }
            return Ok(TemplateRelation::ephemeral(&model.name));
        }
        let relation = project.relation(&id).ok_or_else(|| LookupError::new(format!("`{id}` is no table")))?;
        Ok(TemplateRelation::of(relation))
    }

    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        let found = self.project.sources.values().find(|found| found.source == source && found.name == table);
        found.map(|found| TemplateRelation::of(&found.relation)).ok_or_else(|| {
            let names: Vec<String> =
                self.project.sources.values().map(|found| format!("{}.{}", found.source, found.name)).collect();
            LookupError::unknown("source table", &format!("{source}.{table}"), names.iter().map(String::as_str))
        })
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
        let schema = wait(self.session.schema_of(&format!("select * from {relation}"))).map_err(|error| lookup(&error))?;
        let columns = schema.fields().iter().map(|field| Column {
            name: field.name().clone(),
            data_type: type_name(field.data_type()),
        });
        Ok(columns.collect())
    }

    fn query(&self, sql: &str) -> Result<QueryTable, LookupError> {
        let answer = async {
            let rows = self.session.query(sql).await?;
            let schema = rows.schema();
            let batches = rows.collect().await?;
            Ok::<_, SqlError>((schema, batches))
        };
        let (schema, batches) = wait(answer).map_err(|error| lookup(&error))?;
        let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if count > MOST_ROWS {
            let message = format!("a query in a template gave {count} rows; at most {MOST_ROWS} are possible");
            return Err(LookupError::new(message));
        }
        let columns = schema.fields().iter().map(|field| Column {
            name: field.name().clone(),
            data_type: type_name(field.data_type()),
        });
        let rows = batches.iter().flat_map(|batch| {
            (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column.as_ref(), row)).collect())
        });
        Ok(QueryTable { columns: columns.collect(), rows: rows.collect() })
    }

    fn batch_id(&self) -> Option<String> {
        self.batch_id.clone()
    }

    fn document(&self, package: Option<&str>, name: &str) -> Option<String> {
        self.project.document(package, name)
    }
}

fn cell(column: &dyn Array, row: usize) -> Value {
    use arrow::datatypes::DataType;
    if column.is_null(row) {
        return Value::Null;
    }
    let text = format_cell(column, row);
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
        let context = LakeContext::new(&self.workspace.project, session, incremental, batch_id);
        self.compile_with(&context, |project| project.compile(&model.id, &context))
    }

    /// The SQL of a generic or singular check.
    pub(crate) fn compile_check(&self, check: &Check, session: &Session) -> Result<String, TaskError> {
        let context = LakeContext::new(&self.workspace.project, session, false, None);
        Ok(self.compile_with(&context, |project| project.compile(&check.id, &context))?.text)
    }

    /// The text of a hook of a node, or of the run.
    pub(crate) fn compile_hook(
        &self,
        node: Option<&NodeId>,
        hook: &Hook,
        session: &Session,
    ) -> Result<Compiled, TaskError> {
        let context = LakeContext::new(&self.workspace.project, session, false, None);
        self.compile_with(&context, |project| project.compile_hook(node, hook, &context))
    }

    fn compile_with(
        &self,
        context: &LakeContext<'_>,
        compile: impl FnOnce(&Project) -> Result<Compiled, Vec<Diagnostic>>,
    ) -> Result<Compiled, TaskError> {
        let project = &self.workspace.project;
        let compiled = compile(project).map_err(TaskError::Diagnostics)?;
        // Each ephemeral model once, those that others use first.
        let mut ordered: Vec<(NodeId, Compiled)> = Vec::new();
        let direct = std::mem::take(&mut *context.ephemeral.lock().unwrap_or_else(PoisonError::into_inner));
        for id in direct {
            ephemeral(project, context, id, &mut ordered)?;
        }
        let ctes = ordered.into_iter().filter_map(|(id, compiled)| {
            let name = &project.models.get(&id)?.name;
            Some((TemplateRelation::ephemeral(name).identifier, compiled))
        });
        Ok(compiled.with_ctes(ctes.collect()))
    }
}

fn ephemeral(
    project: &Project,
    context: &LakeContext<'_>,
    id: NodeId,
    ordered: &mut Vec<(NodeId, Compiled)>,
) -> Result<(), TaskError> {
    if ordered.iter().any(|(known, _)| known == &id) {
        return Ok(());
    }
    let compiled = project.compile(&id, context).map_err(TaskError::Diagnostics)?;
    let inner = std::mem::take(&mut *context.ephemeral.lock().unwrap_or_else(PoisonError::into_inner));
    for id in inner {
        ephemeral(project, context, id, ordered)?;
    }
    ordered.push((id, compiled));
    Ok(())
}

/// An SQL error at its place in the user's file.
pub(crate) fn sql_problem(model: &Model, compiled: &Compiled, error: &SqlError) -> TaskError {
    let rule = if error.kind == SqlErrorKind::Syntax { &rule::SQL_SYNTAX } else { &rule::SQL_ERROR };
    let mut message = format!("model `{}`: {}", model.name, error.message);
    if let Some(view) = &error.view {
        message = format!("model `{}` reads view {view}: {}", model.name, error.message);
    }
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
        None => problem = problem.at(model.file.top()),
    }
    if let Some(hint) = &error.hint {
        problem = problem.hint(hint.clone());
    }
    TaskError::Diagnostics(vec![problem])
}

/// The relation of a model as SQL names it.
pub(crate) fn sql_name(model: &Model) -> String {
    relation_name(&model.relation).to_sql()
}
