//! `day_spine(start, end)`: a row for each day, both ends included.

use std::sync::Arc;

use arrow::array::{Date32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::Expr;

use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// About 2,700 years: more is a mistake in one of the ends.
const MOST_DAYS: i32 = 1_000_000;

/// Gives the column `day`.
#[derive(Debug)]
pub(super) struct DaySpine;

impl TableFunctionImpl for DaySpine {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let [start, end] = args.exprs() else {
            return Err(DataFusionError::Plan("day_spine takes the first and the last day".to_owned()));
        };
        let schema = Arc::new(Schema::new(vec![Field::new("day", DataType::Date32, false)]));
        let (Some(start), Some(end)) = (day(start)?, day(end)?) else {
            return Ok(Arc::new(MemTable::try_new(schema, vec![vec![]])?));
        };
        if end.saturating_sub(start) >= MOST_DAYS {
            return Err(carried(
                SqlError::new(SqlErrorKind::Limit, format!("day_spine would have more than {MOST_DAYS} days"))
                    .with_hint("check its first and last day"),
            ));
        }
        let days = Date32Array::from_iter_values(start..=end);
        let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(days)])?;
        Ok(Arc::new(MemTable::try_new(schema, vec![vec![rows]])?))
    }
}

/// Days since 1970; `None` for NULL.
fn day(argument: &Expr) -> Result<Option<i32>> {
    let Expr::Literal(value, _) = argument else {
        return Err(carried(
            SqlError::new(SqlErrorKind::Unsupported, "the ends of day_spine must be known before the query runs")
                .with_hint("write dates, current_date, or arithmetic with them; join to narrow the days down"),
        ));
    };
    let text = matches!(value.data_type(), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
    if let (true, Some(Some(written))) = (text, value.try_as_str()) {
        let parsed = crate::time::parse::parse(written).ok_or_else(|| {
            carried(
                SqlError::new(SqlErrorKind::Data, format!("\"{written}\" is no date"))
                    .with_hint("write it like 2024-02-29"),
            )
        })?;
        return Ok(Some(arrow::datatypes::Date32Type::from_naive_date(parsed.local.date())));
    }
    match value.cast_to(&DataType::Date32)? {
        ScalarValue::Date32(day) => Ok(day),
        other => Err(DataFusionError::Internal(format!("{other} is no date"))),
    }
}
