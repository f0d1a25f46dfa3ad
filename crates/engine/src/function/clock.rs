//! `now()` and its kind: the start of the query, in microseconds.

use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::cast::{timestamp, timestamptz};

/// `now()` with a zone, or `localtimestamp` without.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Clock {
    name: &'static str,
    aliases: Vec<String>,
    signature: Signature,
    data_type: DataType,
}

impl Clock {
    pub(super) fn all() -> [Self; 2] {
        let make = |name, aliases: &[&str], data_type| Self {
            name,
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            signature: Signature::nullary(Volatility::Stable),
            data_type,
        };
        [
            make(
                "now",
                &["current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp"],
                timestamptz(),
            ),
            make("localtimestamp", &[], timestamp()),
        ]
    }
}

impl ScalarUDFImpl for Clock {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let Some(now) = info.query_execution_start_time() else { return Ok(ExprSimplifyResult::Original(args)) };
        let zone = if self.data_type == timestamptz() { Some("UTC".into()) } else { None };
        let now = ScalarValue::TimestampMicrosecond(Some(now.timestamp_micros()), zone);
        Ok(ExprSimplifyResult::Simplified(Expr::Literal(now, None)))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal(format!("{}() was not replaced before the query ran", self.name)))
    }
}
