//! Observations that grow with every run, as tables: of each, a query reads the columns and rows that it asks for, and never
//! more than a page of them at once.
use std::fmt;
use std::sync::Arc;

use ade_engine::datafusion::catalog::{Session, TableProvider};
use ade_engine::datafusion::common::{DataFusionError, Result, ScalarValue};
use ade_engine::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use ade_engine::datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use ade_engine::datafusion::physical_plan::ExecutionPlan;
use ade_engine::datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use ade_engine::datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use ade_meta::{
    Comparison, Meta, Observation, ObservationQuery, ObservedCondition, ObservedKind, ObservedPage, ObservedValue,
    ObservedValues, PageKey,
};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use futures::stream::try_unfold;

/// One kind of observation.
pub(super) struct ObservationTable {
    meta: Meta,
    observed: Observation,
    schema: SchemaRef,
}

impl ObservationTable {
    pub(super) fn new(meta: Meta, observed: Observation) -> Self {
        let fields = observed.columns().iter().map(|column| Field::new(column.name, data_type(column.kind), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self { meta, observed, schema }
    }

    /// A filter as the metadata database can tell: a column beside a value of its own type.
    fn condition(&self, filter: &Expr) -> Option<ObservedCondition> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
        let comparison = match op {
            Operator::Eq => Comparison::Equal,
            Operator::Lt => Comparison::Less,
            Operator::LtEq => Comparison::AtMost,
            Operator::Gt => Comparison::Greater,
            Operator::GtEq => Comparison::AtLeast,
            _ => return None,
        };
        let (name, value, comparison) = match (left.as_ref(), right.as_ref()) {
            (Expr::Column(column), Expr::Literal(value, _)) => (&column.name, value, comparison),
            (Expr::Literal(value, _), Expr::Column(column)) => (&column.name, value, turned(comparison)),
            _ => return None,
        };
        let column = self.schema.index_of(name).ok()?;
        let value = match (self.observed.columns()[column].kind, value) {
            // Only whether texts are the same: which of two is the less depends on the collation.
            (
                ObservedKind::Text,
                ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)),
            ) if comparison == Comparison::Equal => ObservedValue::Text(text.clone()),
            (ObservedKind::Count, ScalarValue::Int64(Some(number)))
            | (ObservedKind::Instant, ScalarValue::TimestampMicrosecond(Some(number), Some(_))) => {
                ObservedValue::Number(*number)
            }
            _ => return None,
        };
        Some(ObservedCondition { column, comparison, value })
    }
}

fn data_type(kind: ObservedKind) -> DataType {
    match kind {
        ObservedKind::Text => DataType::Utf8,
        ObservedKind::Count => DataType::Int64,
        ObservedKind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The same with its sides exchanged.
fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
    }
}

impl fmt::Debug for ObservationTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObservationTable").field("observed", &self.observed).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for ObservationTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let supported = filters.iter().map(|filter| match self.condition(filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Unsupported,
        });
        Ok(supported.collect())
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let conditions = filters.iter().filter_map(|filter| self.condition(filter)).collect();
        let query = ObservationQuery { table: self.observed, columns, conditions, limit };
        let pages = Pages { meta: self.meta.clone(), query, schema: Arc::clone(&schema) };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(pages)], None, [], false, limit)?))
    }
}

/// What one scan asks for.
struct Pages {
    meta: Meta,
    query: ObservationQuery,
    schema: SchemaRef,
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("query", &self.query).finish_non_exhaustive()
    }
}

/// Where a scan is.
enum Next {
    First,
    After(PageKey),
    Nothing,
}

impl PartitionStream for Pages {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (meta, query, schema) = (self.meta.clone(), self.query.clone(), Arc::clone(&self.schema));
        let pages = try_unfold(Next::First, move |next| {
            let (meta, query, schema) = (meta.clone(), query.clone(), Arc::clone(&schema));
            async move {
                let after = match &next {
                    Next::First => None,
                    Next::After(key) => Some(key),
                    Next::Nothing => return Ok(None),
                };
                let page =
                    meta.observe(&query, after).await.map_err(|error| DataFusionError::External(error.into()))?;
                let next = page.next.clone().map_or(Next::Nothing, Next::After);
                Ok::<_, DataFusionError>(Some((batch(page, &schema)?, next)))
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), pages))
    }
}

fn batch(page: ObservedPage, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = page.columns.into_iter().zip(schema.fields()).map(|(values, field)| -> ArrayRef {
        match values {
            ObservedValues::Texts(texts) => Arc::new(StringArray::from(texts)),
            ObservedValues::Numbers(numbers) if field.data_type() == &DataType::Int64 => {
                Arc::new(Int64Array::from(numbers))
            }
            ObservedValues::Numbers(instants) => {
                Arc::new(TimestampMicrosecondArray::from(instants).with_timezone("UTC"))
            }
        }
    });
    let options = RecordBatchOptions::new().with_row_count(Some(page.rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options)?)
}
