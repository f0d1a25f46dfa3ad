//! What all our scalar functions have in common, so that each is only its name, types and loop.

use std::hash::{Hash, Hasher};

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Types that arguments are cast to before the function sees them.
pub(crate) type Coerce = fn(&[DataType]) -> Result<Vec<DataType>>;
/// Type of the result for coerced arguments.
pub(crate) type Returns = fn(&[DataType]) -> Result<DataType>;
/// The values: arguments of the same length, and the type that [`Returns`] gave.
pub(crate) type Run = fn(&[ArrayRef], &DataType) -> Result<ArrayRef>;
/// A cheaper expression for these arguments, if there is one.
pub(crate) type Simplify = fn(&[Expr], &SimplifyContext) -> Result<Option<Expr>>;

/// A scalar function. Two are the same when their names are: names are unique in this crate.
#[derive(Debug)]
pub(crate) struct Scalar {
    name: &'static str,
    aliases: Vec<String>,
    signature: Signature,
    coerce: Coerce,
    returns: Returns,
    run: Run,
    simplify: Option<Simplify>,
}

impl Scalar {
    /// A function whose answer depends on its arguments alone.
    pub(crate) fn new(name: &'static str, coerce: Coerce, returns: Returns, run: Run) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { name, aliases: Vec::new(), signature, coerce, returns, run, simplify: None }
    }

    /// Replaces calls for which `simplify` has a cheaper expression.
    pub(crate) fn simplified(mut self, simplify: Simplify) -> Self {
        self.simplify = Some(simplify);
        self
    }

    /// Answers to another name, too.
    pub(crate) fn alias(mut self, name: &str) -> Self {
        self.aliases.push(name.to_owned());
        self
    }

    /// As DataFusion registers it.
    pub(crate) fn udf(self) -> ScalarUDF {
        ScalarUDF::new_from_impl(self)
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Scalar {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        (self.coerce)(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        (self.returns)(types)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match self.simplify {
            Some(simplify) => match simplify(&args, info)? {
                Some(expression) => Ok(ExprSimplifyResult::Simplified(expression)),
                None => Ok(ExprSimplifyResult::Original(args)),
            },
            None => Ok(ExprSimplifyResult::Original(args)),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let result = (self.run)(&arrays, args.return_field.data_type())?;
        if constant {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?))
        } else {
            Ok(ColumnarValue::Array(result))
        }
    }
}

/// An argument as text.
pub(crate) fn text_of(array: &ArrayRef) -> Result<StringArray> {
    let text = arrow::compute::cast(array, &DataType::Utf8)?;
    Ok(arrow::array::AsArray::as_string::<i32>(&text).clone())
}

/// The value in `row`, or `None` for NULL.
pub(crate) fn text_at(array: &StringArray, row: usize) -> Option<&str> {
    (!array.is_null(row)).then(|| array.value(row))
}

/// Takes arguments as they come.
pub(crate) fn any(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(types.to_vec())
}

/// Casts all arguments to text.
pub(crate) fn all_text(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![DataType::Utf8; types.len()])
}

/// Gives text.
pub(crate) fn gives_text(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Utf8View)
}

/// Whether values of this type are text.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
