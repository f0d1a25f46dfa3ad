//! `coalesce` that takes a text in quotes beside a value of another type.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::functions::core::coalesce;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::json::is_json;

/// DataFusion's function with another look at types. Literals are typed by [`crate::postgres::FloatingOperands`]
/// once all types are known; until then they must not stand in the way.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Coalesce {
    inner: Arc<ScalarUDF>,
}

impl Coalesce {
    pub(super) fn new() -> Self {
        Self { inner: coalesce() }
    }
}

/// Literals are `Utf8`; columns and what functions give are views.
fn is_literal(data_type: &DataType) -> bool {
    *data_type == DataType::Utf8
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::Null)
}

impl ScalarUDFImpl for Coalesce {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let others = types.iter().filter(|data_type| !is_literal(data_type)).cloned().collect::<Vec<_>>();
        if others.len() == types.len() || others.iter().all(is_text) || others.iter().any(is_json) {
            return self.inner.coerce_types(types);
        }
        let mut others = self.inner.coerce_types(&others)?.into_iter();
        let common = others.next().unwrap_or(DataType::Utf8View);
        Ok(vec![common; types.len()])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        self.inner.simplify(args, info)
    }

    fn conditional_arguments<'a>(&self, args: &'a [Expr]) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        args.split_first().map(|(first, rest)| (vec![first], rest.iter().collect()))
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.inner.invoke_with_args(args)
    }
}
