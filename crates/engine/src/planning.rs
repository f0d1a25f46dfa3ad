//! One statement from text to a logical plan: its names looked up, its views expanded.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DataFusionError, TableReference};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableSource, cast};
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::planner::{ParserOptions, SqlToRel};
use datafusion::sql::resolve::resolve_table_references;
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlparser::ast::Statement;

use crate::error::from_planning;
use crate::json::is_json;
use crate::listing::Listing;
use crate::plan_context::PlanContext;
use crate::postgres::same_names;
use crate::statement::parse_query;
use crate::suggest::closest;
use crate::{Catalog, Relation, RelationName, SessionOptions, SqlError, SqlErrorKind, function, hint, postgres};

/// How deep views may stand on views.
const MAX_VIEW_DEPTH: usize = 64;

/// What is known while one statement is planned. A view that is named several times is planned once.
pub(crate) struct Planning<'a> {
    state: &'a SessionState,
    catalog: &'a dyn Catalog,
    options: &'a SessionOptions,
    found: HashMap<RelationName, Result<Arc<dyn TableSource>, SqlError>>,
    open_views: Vec<RelationName>,
}

impl<'a> Planning<'a> {
    pub(crate) fn new(state: &'a SessionState, catalog: &'a dyn Catalog, options: &'a SessionOptions) -> Self {
        Self { state, catalog, options, found: HashMap::new(), open_views: Vec::new() }
    }

    pub(crate) async fn plan(mut self, sql: &str) -> Result<LogicalPlan, SqlError> {
        let schema = self.options.default_schema.clone();
        let plan = self.plan_text(sql, &schema).await?;
        outputs(plan).map_err(|error| from_planning(sql, error))
    }

    fn plan_text<'s>(&'s mut self, sql: &'s str, schema: &'s str) -> BoxFuture<'s, Result<LogicalPlan, SqlError>> {
        async move {
            let statement = parse_query(sql)?;
            if let Some(listing) = Listing::of(&statement) {
                return listing.plan(self, schema).await;
            }
            let plan = match self.plan_statement(sql, statement.clone(), schema, false).await {
                Err(error) if error.message.starts_with(hint::SAME_NAMES) => {
                    let mut marked = statement.clone();
                    same_names::mark(&mut marked);
                    match self.plan_statement(sql, marked, schema, false).await {
                        Ok(plan) => return same_names::numbered(plan).map_err(|error| from_planning(sql, error)),
                        Err(_) => return Err(error),
                    }
                }
                plan => plan?,
            };
            let misread =
                |plan: &LogicalPlan| postgres::has_misread_name(plan).map_err(|error| from_planning(sql, error));
            if !misread(&plan)? {
                return Ok(plan);
            }
            // a table outside and a column inside of the same name
            let plan = self.plan_statement(sql, statement, schema, true).await?;
            if misread(&plan)? {
                return Err(SqlError::new(SqlErrorKind::Invalid, "a column without fields is asked for a field")
                    .with_hint("before the dot stands a table of from, or a column with fields; JSON has ->> 'key'"));
            }
            Ok(plan)
        }
        .boxed()
    }

    fn plan_statement<'s>(
        &'s mut self,
        sql: &'s str,
        mut statement: Statement,
        schema: &'s str,
        rename: bool,
    ) -> BoxFuture<'s, Result<LogicalPlan, SqlError>> {
        async move {
            postgres::rewrite(&mut statement, schema, rename).map_err(|error| error.located(sql))?;
            let statement = PlannedStatement::Statement(Box::new(statement));
            let (references, _) =
                resolve_table_references(&statement, true).map_err(|error| from_planning(sql, error))?;
            let mut tables = HashMap::with_capacity(references.len());
            for reference in references {
                let source = self.source(&reference, schema).await;
                tables.insert(reference, source);
            }
            let context = PlanContext::new(self.state, tables);
            SqlToRel::new_with_options(&context, parser_options(self.state))
                .statement_to_plan(statement)
                .and_then(postgres::aggregated)
                .and_then(postgres::ordered_by_inputs)
                .map_err(|error| self.known_functions(from_planning(sql, error)))
        }
        .boxed()
    }

    fn known_functions(&self, error: SqlError) -> SqlError {
        let scalars = self.state.scalar_functions().keys();
        let others = self.state.aggregate_functions().keys().chain(self.state.window_functions().keys());
        hint::for_function(error, scalars.chain(others).map(String::as_str))
    }

    /// What `reference` stands for. An `Err` only counts when the planner asks for the table: names
    /// of table functions come by here too.
    async fn source(&mut self, reference: &TableReference, schema: &str) -> Result<Arc<dyn TableSource>, SqlError> {
        let name = relation_name(reference, schema)?;
        self.source_of(&name).await
    }

    pub(crate) async fn source_of(&mut self, name: &RelationName) -> Result<Arc<dyn TableSource>, SqlError> {
        if let Some(found) = self.found.get(name) {
            return found.clone();
        }
        let source = match self.catalog.relation(name).await {
            Ok(Some(Relation::Table(provider))) => Ok(provider_as_source(provider)),
            Ok(Some(Relation::View { sql, search_schema })) => self.view(name, &sql, &search_schema).await,
            Ok(None) => match Listing::table(self.catalog, name).await {
                Some(provider) => provider.map(provider_as_source),
                None => Err(self.unknown(name).await),
            },
            Err(error) => Err(error),
        };
        self.found.insert(name.clone(), source.clone());
        source
    }

    async fn view(&mut self, name: &RelationName, sql: &str, schema: &str) -> Result<Arc<dyn TableSource>, SqlError> {
        if let Some(start) = self.open_views.iter().position(|open| open == name) {
            let circle = self.open_views[start..].iter().chain([name]).map(ToString::to_string).collect::<Vec<_>>();
            return Err(SqlError::new(
                SqlErrorKind::Invalid,
                format!("views stand on each other: {}", circle.join(" → ")),
            )
            .with_hint("make one of them read a table instead"));
        }
        if self.open_views.len() >= MAX_VIEW_DEPTH {
            return Err(SqlError::new(
                SqlErrorKind::Limit,
                format!("{name} stands on more than {MAX_VIEW_DEPTH} views, one on the other"),
            )
            .with_hint("materialize one of them as a table"));
        }
        self.open_views.push(name.clone());
        let plan = self.plan_text(sql, schema).await;
        self.open_views.pop();
        let plan = plan.map_err(|error| error.in_view(name))?;
        Ok(provider_as_source(Arc::new(ViewTable::new(plan, None))))
    }

    pub(crate) async fn catalog_names(&self) -> Result<Vec<RelationName>, SqlError> {
        self.catalog.names().await
    }

    async fn unknown(&self, name: &RelationName) -> SqlError {
        let error = SqlError::new(SqlErrorKind::Unknown, format!("there is no table or view {name}"));
        let names = self.catalog.names().await.unwrap_or_default();
        if let Some(elsewhere) = names.iter().find(|other| other.name == name.name) {
            return error.with_hint(format!("did you mean {}?", elsewhere.to_sql()));
        }
        let in_schema = names.iter().filter(|other| other.schema == name.schema).map(|other| other.name.as_str());
        if let Some(near) = closest(&name.name, in_schema) {
            return error.with_hint(format!("did you mean {}?", RelationName::new(&name.schema, near).to_sql()));
        }
        let texts = names.iter().map(RelationName::to_sql).collect::<Vec<_>>();
        match closest(&name.to_string(), texts.iter().map(String::as_str)) {
            Some(near) => error.with_hint(format!("did you mean {near}?")),
            None => error.with_hint("`show tables` lists what there is"),
        }
    }
}

fn relation_name(reference: &TableReference, schema: &str) -> Result<RelationName, SqlError> {
    match reference {
        TableReference::Bare { table } => Ok(RelationName::new(schema, table.as_ref())),
        TableReference::Partial { schema, table } => Ok(RelationName::new(schema.as_ref(), table.as_ref())),
        TableReference::Full { schema, table, .. } => {
            Err(SqlError::new(SqlErrorKind::Unsupported, format!("{reference} has three parts"))
                .with_hint(format!("tables are named schema.table: write {schema}.{table}")))
        }
    }
}

fn parser_options(state: &SessionState) -> ParserOptions {
    let options = &state.config_options().sql_parser;
    ParserOptions {
        parse_float_as_decimal: options.parse_float_as_decimal,
        enable_ident_normalization: options.enable_ident_normalization,
        enable_options_value_normalization: false,
        support_varchar_with_length: options.support_varchar_with_length,
        map_string_types_to_utf8view: options.map_string_types_to_utf8view,
        collect_spans: options.collect_spans,
        default_null_ordering: options.default_null_ordering.as_str().into(),
    }
}

/// What comes out of a statement: columns that are called alike get a number, and JSON and intervals, which tables
/// cannot hold as such, are text.
fn outputs(plan: LogicalPlan) -> datafusion::common::Result<LogicalPlan> {
    let to = |data_type: &DataType| match data_type {
        data_type if is_json(data_type) => Some(DataType::Utf8View),
        DataType::List(item) if is_json(item.data_type()) => {
            Some(DataType::List(Arc::new(item.as_ref().clone().with_data_type(DataType::Utf8View))))
        }
        _ => None,
    };
    let fields = plan.schema().fields();
    let is_interval = |field: &Field| matches!(field.data_type(), DataType::Interval(_) | DataType::Duration(_));
    let written = fields.iter().map(|field| field.name()).collect::<HashSet<_>>();
    if written.len() == fields.len()
        && fields.iter().all(|field| to(field.data_type()).is_none() && !is_interval(field))
    {
        return Ok(plan);
    }
    let names = same_names::unique(fields.iter().map(|field| field.name().as_str()));
    let columns = plan.schema().iter().zip(names).map(|((table, field), name)| {
        let column = Expr::Column(Column::new(table.cloned(), field.name()));
        let column = match to(field.data_type()) {
            Some(data_type) => cast(column, data_type),
            None if is_interval(field) => match function::named("ade_text") {
                Some(text) => text.call(vec![column]),
                None => column,
            },
            None => column,
        };
        if name == *field.name() { column.alias_qualified(table.cloned(), name) } else { column.alias(name) }
    });
    let columns = columns.collect::<Vec<_>>();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// `error` as DataFusion carries it, so that it comes out of the planner as it went in.
pub(crate) fn carried(error: SqlError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
