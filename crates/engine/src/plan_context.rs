//! What DataFusion's SQL planner asks while it plans a statement.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::catalog::{TableFunctionArgs, TableProvider};
use datafusion::common::{Column, DFSchema, Result, TableReference, config::ConfigOptions};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner, TypePlanner};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    AggregateUDF, Expr, HigherOrderUDF, LogicalPlanBuilder, ScalarUDF, TableSource, WindowUDF, cast,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use crate::planning::carried;
use crate::postgres::{typed, unsupported_advice, untyped};
use crate::suggest::closest;
use crate::type_planner::PostgresTypes;
use crate::{SqlError, SqlErrorKind};

/// The tables of one statement, looked up before it is planned, and the functions of the session.
pub(crate) struct PlanContext<'a> {
    state: &'a SessionState,
    tables: HashMap<TableReference, Result<Arc<dyn TableSource>, SqlError>>,
}

impl<'a> PlanContext<'a> {
    pub(crate) fn new(
        state: &'a SessionState,
        tables: HashMap<TableReference, Result<Arc<dyn TableSource>, SqlError>>,
    ) -> Self {
        Self { state, tables }
    }
}

/// The end of a series in quotes has the type of its start, and the other way around.
fn same_types(mut args: Vec<Expr>) -> Result<Vec<Expr>> {
    for (literal, other) in [(0, 1), (1, 0)] {
        if let (Some(text), Some(Expr::Literal(value, _))) = (args.get(literal).and_then(untyped), args.get(other))
            && let Some(value) = typed(text, &value.data_type())?
        {
            args[literal] = value;
        }
    }
    Ok(args)
}

/// DataFusion's series of moments count in nanoseconds.
fn in_nanoseconds(arg: Expr) -> Result<Expr> {
    let Expr::Literal(value, metadata) = &arg else { return Ok(arg) };
    let zone = match value.data_type() {
        DataType::Date32 => None,
        DataType::Timestamp(_, zone) => zone,
        _ => return Ok(arg),
    };
    Ok(Expr::Literal(value.cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, zone))?, metadata.clone()))
}

/// Ours are in microseconds everywhere.
fn in_microseconds(provider: Arc<dyn TableProvider>) -> Result<Arc<dyn TableSource>> {
    let schema = provider.schema();
    let source = provider_as_source(provider);
    if !schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _))) {
        return Ok(source);
    }
    let columns = schema.fields().iter().map(|field| {
        let column = Expr::Column(Column::from_name(field.name()));
        match field.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                cast(column, DataType::Timestamp(TimeUnit::Microsecond, zone.clone())).alias(field.name())
            }
            _ => column,
        }
    });
    let plan = LogicalPlanBuilder::scan("series", source, None)?.project(columns)?.build()?;
    Ok(provider_as_source(Arc::new(ViewTable::new(plan, None))))
}

impl ContextProvider for PlanContext<'_> {
    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.state.relation_planners()
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(PostgresTypes))
    }

    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        match self.tables.get(&name) {
            Some(Ok(source)) => Ok(Arc::clone(source)),
            Some(Err(error)) => Err(carried(error.clone())),
            None => Err(carried(SqlError::new(SqlErrorKind::Unknown, format!("there is no table or view {name}")))),
        }
    }

    fn get_table_function_source(&self, name: &str, args: Vec<Expr>) -> Result<Arc<dyn TableSource>> {
        let functions = self.state.table_functions();
        let Some(function) = functions.get(&name.to_lowercase()) else {
            let error = SqlError::new(SqlErrorKind::Unknown, format!("there is no table function {name}"));
            if let Some(advice) = unsupported_advice(&name.to_lowercase()) {
                return Err(carried(error.with_hint(advice)));
            }
            return Err(carried(match closest(name, functions.keys().map(String::as_str)) {
                Some(near) => error.with_hint(format!("did you mean {near}?")),
                None => error,
            }));
        };
        let context = SimplifyContext::builder()
            .with_config_options(Arc::clone(self.state.config_options()))
            .with_query_execution_start_time(self.state.execution_props().query_execution_start_time)
            .build();
        let simplifier = ExprSimplifier::new(context);
        let schema = DFSchema::empty();
        let args = args
            .into_iter()
            .map(|arg| simplifier.coerce(arg, &schema).and_then(|arg| simplifier.simplify(arg)))
            .collect::<Result<Vec<_>>>()?;
        let args = if name == "generate_series" {
            same_types(args)?.into_iter().map(in_nanoseconds).collect::<Result<_>>()?
        } else {
            args
        };
        let provider = function.create_table_provider_with_args(TableFunctionArgs::new(&args, self.state))?;
        in_microseconds(provider)
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
