//! `batch_id()`: the batch that a session's rows belong to.

use std::hash::{Hash, Hasher};

use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// Answers with what the session was given.
#[derive(Debug, Eq)]
pub(super) struct BatchId {
    signature: Signature,
    value: Option<String>,
}

impl BatchId {
    pub(super) fn new(value: Option<String>) -> Self {
        Self { signature: Signature::nullary(Volatility::Stable), value }
    }

    fn scalar(&self) -> Result<ScalarValue> {
        match &self.value {
            Some(value) => Ok(ScalarValue::Utf8View(Some(value.clone()))),
            None => Err(carried(
                SqlError::new(SqlErrorKind::Invalid, "batch_id() has no answer here: no batch is being made")
                    .with_hint("it is for models that are tables, while `ade build` runs them"),
            )),
        }
    }
}

impl PartialEq for BatchId {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Hash for BatchId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl ScalarUDFImpl for BatchId {
    fn name(&self) -> &'static str {
        "batch_id"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn simplify(&self, _: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        Ok(ExprSimplifyResult::Simplified(Expr::Literal(self.scalar()?, None)))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(self.scalar()?))
    }
}
