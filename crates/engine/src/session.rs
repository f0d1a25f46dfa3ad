//! Plans and runs queries over one catalog.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::{PhysicalExpr, execute_stream};

use crate::error::{from_execution, from_planning};
use crate::planning::Planning;
use crate::{Catalog, Rows, SessionOptions, SqlError, SqlErrorKind, function};

/// A view of the lake in which SQL can be asked. Cheap to clone; queries run side by side.
#[derive(Clone)]
pub struct Session {
    state: Arc<SessionState>,
    catalog: Arc<dyn Catalog>,
    options: Arc<SessionOptions>,
}

impl Session {
    pub(crate) fn new(base: &SessionState, catalog: Arc<dyn Catalog>, options: SessionOptions) -> Self {
        let state = function::register_session(base.clone(), &options);
        Self { state: Arc::new(state), catalog, options: Arc::new(options) }
    }

    /// The same session with `catalog` in place of its own, for example an
    /// [`Overlay`](crate::Overlay) with a staged table.
    pub fn with_catalog(&self, catalog: Arc<dyn Catalog>) -> Self {
        Self { state: Arc::clone(&self.state), catalog, options: Arc::clone(&self.options) }
    }

    /// What names mean in this session.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// The logical plan of one query, not yet optimized. Reads no rows.
    pub async fn plan(&self, sql: &str) -> Result<LogicalPlan, SqlError> {
        self.plan_in(&self.started(), sql).await
    }

    async fn plan_in(&self, state: &SessionState, sql: &str) -> Result<LogicalPlan, SqlError> {
        Planning::new(state, self.catalog.as_ref(), &self.options).plan(sql).await
    }

    /// Names and types of the columns that a query gives. Reads no rows.
    pub async fn schema_of(&self, sql: &str) -> Result<SchemaRef, SqlError> {
        let state = self.started();
        let plan = self.plan_in(&state, sql).await?;
        let plan = state
            .analyzer()
            .execute_and_check(plan, state.config_options(), |_, _| {})
            .map_err(|error| from_planning(sql, error))?;
        Ok(Arc::new(unqualified(plan.schema())))
    }

    /// Runs one query and gives its rows as they are made.
    pub async fn query(&self, sql: &str) -> Result<Rows, SqlError> {
        self.query_at_most(sql, None).await
    }

    /// Runs one query and gives its rows as they are made; with `limit`, no more than so many. What is no query but tells
    /// of one, like `explain`, is told whole.
    pub async fn query_at_most(&self, sql: &str, limit: Option<usize>) -> Result<Rows, SqlError> {
        let state = self.started();
        let mut plan = self.plan_in(&state, sql).await?;
        let tells = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        if let Some(limit) = limit.filter(|_| !tells) {
            let limited = LogicalPlanBuilder::from(plan).limit(0, Some(limit)).and_then(LogicalPlanBuilder::build);
            plan = limited.map_err(|error| from_planning(sql, error))?;
        }
        run(&state, &plan).await.map_err(|error| match error {
            Failure::Planning(error) => from_planning(sql, error),
            Failure::Running(error) => from_execution(error),
        })
    }

    /// Runs a plan that [`Session::plan`] gave.
    pub async fn execute(&self, plan: &LogicalPlan) -> Result<Rows, SqlError> {
        run(&self.started(), plan).await.map_err(|failure| match failure {
            Failure::Planning(error) | Failure::Running(error) => from_execution(error),
        })
    }

    /// How a query would run, as text; with `analyze`, it is run and the text holds what each step took.
    pub async fn explain(&self, sql: &str, analyze: bool) -> Result<String, SqlError> {
        let prefix = if analyze { "explain analyze " } else { "explain " };
        let rows = self.query(&format!("{prefix}{sql}")).await?.collect().await?;
        let mut text = String::new();
        for batch in &rows {
            let options = FormatOptions::default();
            let failed = |error: arrow::error::ArrowError| SqlError::new(SqlErrorKind::Failed, error.to_string());
            let kinds = ArrayFormatter::try_new(batch.column(0), &options).map_err(failed)?;
            let plans = ArrayFormatter::try_new(batch.column(1), &options).map_err(failed)?;
            for row in 0..batch.num_rows() {
                let _ = writeln!(text, "{}:\n{}", kinds.value(row), plans.value(row).to_string().trim_end());
            }
        }
        Ok(text)
    }

    /// The schema in which names without one are looked up.
    pub(crate) fn search_schema(&self) -> &str {
        &self.options.default_schema
    }

    /// An expression over the columns of `schema`, ready to be carried out.
    pub(crate) fn physical(
        &self,
        expression: Expr,
        schema: &DFSchema,
    ) -> datafusion::common::Result<Arc<dyn PhysicalExpr>> {
        self.started().create_physical_expr(expression, schema)
    }

    /// A plan without what it does not need.
    pub(crate) fn optimize(&self, plan: &LogicalPlan) -> datafusion::common::Result<LogicalPlan> {
        self.started().optimize(plan)
    }

    /// The state with its clock set.
    fn started(&self) -> SessionState {
        let mut state = self.state.as_ref().clone();
        state.mark_start_execution();
        if let Some(now) = self.options.now {
            state.execution_props_mut().query_execution_start_time = Some(now);
        }
        state
    }
}

async fn run(state: &SessionState, plan: &LogicalPlan) -> Result<Rows, Failure> {
    let plan = state.create_physical_plan(plan).await.map_err(Failure::Planning)?;
    let stream = execute_stream(Arc::clone(&plan), state.task_ctx()).map_err(Failure::Running)?;
    Ok(Rows::new(stream, plan))
}

enum Failure {
    Planning(datafusion::common::DataFusionError),
    Running(datafusion::common::DataFusionError),
}

fn unqualified(schema: &DFSchema) -> Schema {
    schema.as_arrow().clone()
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("catalog", &self.catalog)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
