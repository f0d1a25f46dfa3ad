//! `show tables`, `show columns`, `describe` and `information_schema`: what there is.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use datafusion::catalog::TableProvider;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col};
use sqlparser::ast::{Ident, ObjectName, ShowStatementFilter, ShowStatementFilterPosition, Statement};

use crate::error::from_execution;
use crate::planning::Planning;
use crate::{Catalog, RelationName, SqlError, SqlErrorKind, type_name};

/// A statement that lists names instead of reading rows.
pub(crate) enum Listing {
    /// All tables and views, or those of a schema.
    Tables(Option<String>),
    /// The columns of one relation: its schema, when written, and its name.
    Columns(Option<String>, String),
    /// All schemas.
    Schemas,
    /// The value of a setting.
    Setting(String),
}

const INFORMATION_SCHEMA: &str = "information_schema";

impl Listing {
    /// What `statement` lists, when it is one of those.
    pub(crate) fn of(statement: &Statement) -> Option<Self> {
        match statement {
            Statement::ShowTables { show_options, .. } => {
                let schema = show_options.show_in.as_ref().and_then(|clause| clause.parent_name.as_ref());
                let named = match &show_options.filter_position {
                    Some(ShowStatementFilterPosition::Suffix(ShowStatementFilter::NoKeyword(name))) => {
                        Some(name.to_lowercase())
                    }
                    _ => None,
                };
                Some(Self::Tables(schema.and_then(parts).map(|(_, name)| name).or(named)))
            }
            Statement::ShowSchemas { .. } => Some(Self::Schemas),
            Statement::ShowColumns { show_options, .. } => {
                let (schema, name) =
                    show_options.show_in.as_ref().and_then(|clause| clause.parent_name.as_ref()).and_then(parts)?;
                Some(Self::Columns(schema, name))
            }
            Statement::ExplainTable { table_name, .. } => {
                let (schema, name) = parts(table_name)?;
                Some(Self::Columns(schema, name))
            }
            Statement::ShowVariable { variable } => {
                Some(Self::Setting(variable.iter().map(|part| part.value.to_lowercase()).collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        }
    }

    pub(crate) async fn plan(self, planning: &mut Planning<'_>, schema: &str) -> Result<LogicalPlan, SqlError> {
        match self {
            Self::Tables(only) => {
                let names = planning.catalog_names().await?;
                let names = names.into_iter().filter(|name| only.as_ref().is_none_or(|only| *only == name.schema));
                let (schemas, tables) = names.map(|name| (name.schema, name.name)).unzip::<_, _, Vec<_>, Vec<_>>();
                let rows = batch([("schema", texts(schemas)), ("name", texts(tables))])?;
                sorted(rows, &["schema", "name"])
            }
            Self::Schemas => {
                let mut schemas =
                    planning.catalog_names().await?.into_iter().map(|name| name.schema).collect::<Vec<_>>();
                schemas.sort();
                schemas.dedup();
                sorted(batch([("schema", texts(schemas))])?, &["schema"])
            }
            Self::Columns(written, name) => {
                let name = RelationName::new(written.unwrap_or_else(|| schema.to_owned()), name);
                let source = planning.source_of(&name).await?;
                let fields = source.schema();
                let fields = fields.fields();
                let rows = batch([
                    ("position", Arc::new(Int32Array::from_iter_values(1..=to_i32(fields.len()))) as ArrayRef),
                    ("column", texts(fields.iter().map(|field| field.name().clone()).collect())),
                    ("type", texts(fields.iter().map(|field| type_name(field.data_type())).collect())),
                    ("nullable", texts(fields.iter().map(|field| yes(field.is_nullable())).collect())),
                ])?;
                sorted(rows, &["position"])
            }
            Self::Setting(setting) => {
                let value = match setting.as_str() {
                    "timezone" | "time zone" | "datafusion.execution.time_zone" => "UTC".to_owned(),
                    "search_path" => schema.to_owned(),
                    "server_version" => "15 (ade)".to_owned(),
                    other => {
                        return Err(SqlError::new(SqlErrorKind::Unknown, format!("there is no setting {other}"))
                            .with_hint("show tables | show columns from t | show schemas | show timezone"));
                    }
                };
                sorted(batch([("value", texts(vec![value]))])?, &["value"])
            }
        }
    }

    /// A table of `information_schema`, or `None` when `name` is not one.
    pub(crate) async fn table(
        catalog: &dyn Catalog,
        name: &RelationName,
    ) -> Option<Result<Arc<dyn TableProvider>, SqlError>> {
        if name.schema != INFORMATION_SCHEMA || name.name != "tables" {
            return None;
        }
        let rows = async {
            let names = catalog.names().await?;
            let mut kinds = Vec::with_capacity(names.len());
            for name in &names {
                kinds.push(if catalog.is_view(name).await? { "VIEW" } else { "BASE TABLE" }.to_owned());
            }
            let catalogs = vec!["ade".to_owned(); names.len()];
            let (schemas, tables) =
                names.into_iter().map(|name| (name.schema, name.name)).unzip::<_, _, Vec<_>, Vec<_>>();
            batch([
                ("table_catalog", texts(catalogs)),
                ("table_schema", texts(schemas)),
                ("table_name", texts(tables)),
                ("table_type", texts(kinds)),
            ])
        };
        Some(rows.await.and_then(in_memory))
    }
}

fn parts(name: &ObjectName) -> Option<(Option<String>, String)> {
    let mut parts = name.0.iter().rev().filter_map(|part| part.as_ident()).map(folded);
    let name = parts.next()?;
    Some((parts.next(), name))
}

fn folded(part: &Ident) -> String {
    if part.quote_style.is_some() { part.value.clone() } else { part.value.to_lowercase() }
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}

fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn texts(values: Vec<String>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch, SqlError> {
    RecordBatch::try_from_iter(columns).map_err(|error| SqlError::new(SqlErrorKind::Failed, error.to_string()))
}

fn in_memory(rows: RecordBatch) -> Result<Arc<dyn TableProvider>, SqlError> {
    let table = MemTable::try_new(rows.schema(), vec![vec![rows]]).map_err(from_execution)?;
    Ok(Arc::new(table))
}

fn sorted(rows: RecordBatch, keys: &[&str]) -> Result<LogicalPlan, SqlError> {
    LogicalPlanBuilder::scan("listing", provider_as_source(in_memory(rows)?), None)
        .and_then(|plan| plan.sort(keys.iter().map(|key| col(*key).sort(true, false)).collect::<Vec<_>>()))
        .and_then(LogicalPlanBuilder::build)
        .map_err(from_execution)
}
