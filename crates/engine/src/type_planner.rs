//! Types in SQL text as PostgreSQL means them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::planner::TypePlanner;
use sqlparser::ast;

use crate::sql_type::{SqlTypeError, arrow_type};

/// Plans `… :: type`: timestamps are microseconds as in PostgreSQL and in the lake, `numeric`
/// without digits is wide, `json` and `uuid` are text.
#[derive(Debug)]
pub(crate) struct PostgresTypes;

impl TypePlanner for PostgresTypes {
    fn plan_type_field(&self, sql_type: &ast::DataType) -> Result<Option<FieldRef>> {
        match arrow_type(sql_type) {
            Ok(data_type) => Ok(Some(Arc::new(Field::new("", as_view(data_type), true)))),
            // Structs, maps and the like: DataFusion knows, or says that it does not.
            Err(SqlTypeError::Unknown(_)) => Ok(None),
            Err(error) => Err(DataFusionError::Plan(error.to_string())),
        }
    }
}

/// Text in plans is what scans of Parquet give: views.
pub(crate) fn as_view(data_type: DataType) -> DataType {
    match data_type {
        DataType::Utf8 => DataType::Utf8View,
        other => other,
    }
}
