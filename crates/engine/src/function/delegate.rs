//! Functions of DataFusion with limits on what they may make.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions::string::repeat;
use datafusion::functions::unicode::{lpad, rpad};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// Characters or copies that one value may be asked to have.
const MOST: i64 = 10_000_000;

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
