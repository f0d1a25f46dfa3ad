//! Functions of DataFusion with other argument types, or with limits on what they may make.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::functions::datetime::date_trunc;
use datafusion::functions::string::repeat;
use datafusion::functions::unicode::{lpad, rpad};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::cast::{timestamp, timestamptz};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// Characters or copies that one value may be asked to have.
const MOST: i64 = 10_000_000;

/// `date_trunc` in microseconds also for dates: nanoseconds end in 2262, and 9999-12-31 is a common
/// "for ever".
#[derive(Debug)]
pub(super) struct DateTrunc {
    signature: Signature,
    inner: Arc<ScalarUDF>,
}

impl DateTrunc {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), inner: date_trunc() }
    }
}

impl PartialEq for DateTrunc {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for DateTrunc {}

impl Hash for DateTrunc {
    fn hash<H: Hasher>(&self, state: &mut H) {
        "date_trunc".hash(state);
    }
}

impl ScalarUDFImpl for DateTrunc {
    fn name(&self) -> &'static str {
        "date_trunc"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [_, moment] = types else {
            return Err(DataFusionError::Plan("date_trunc takes a unit and a timestamp".to_owned()));
        };
        let moment = match moment {
            DataType::Timestamp(TimeUnit::Microsecond, _) => moment.clone(),
            DataType::Timestamp(_, Some(_)) => timestamptz(),
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null => timestamp(),
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => timestamp(),
            other => {
                return Err(carried(
                    SqlError::new(
                        SqlErrorKind::Invalid,
                        format!("date_trunc takes a date or timestamp, not {}", crate::type_name(other)),
                    )
                    .with_hint("cast it: ::timestamp"),
                ));
            }
        };
        Ok(vec![DataType::Utf8, moment])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[1].clone())
    }

    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        // DataFusion's own knows how filters on it reach the scan
        Ok(ExprSimplifyResult::Simplified(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&self.inner), args))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.inner.invoke_with_args(args)
    }
}

/// A function of text whose second argument says how long the result is.
#[derive(Debug)]
pub(super) struct Capped {
    inner: Arc<ScalarUDF>,
}

impl Capped {
    pub(super) fn all() -> [Self; 3] {
        [repeat(), lpad(), rpad()].map(|inner| Self { inner })
    }

    fn refuse_more(&self, length: &ColumnarValue) -> Result<()> {
        let lengths = match length {
            ColumnarValue::Scalar(value) => value.to_array()?,
            ColumnarValue::Array(array) => Arc::clone(array),
        };
        let lengths = arrow::compute::cast(&lengths, &DataType::Int64)?;
        let most = arrow::compute::max(arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(&lengths));
        if most.is_some_and(|most| most > MOST) {
            return Err(carried(SqlError::new(
                SqlErrorKind::Limit,
                format!("{} may ask for at most {MOST} characters", self.inner.name()),
            )));
        }
        Ok(())
    }
}

impl PartialEq for Capped {
    fn eq(&self, other: &Self) -> bool {
        self.inner.name() == other.inner.name()
    }
}

impl Eq for Capped {}

impl Hash for Capped {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.name().hash(state);
    }
}

impl ScalarUDFImpl for Capped {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let Some(length) = args.args.get(1)
            && !matches!(length, ColumnarValue::Scalar(ScalarValue::Null))
        {
            self.refuse_more(length)?;
        }
        self.inner.invoke_with_args(args)
    }
}
