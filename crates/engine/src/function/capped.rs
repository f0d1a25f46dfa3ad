//! Functions of DataFusion with limits on what they may make. How much that could be is known from the lengths
//! of their arguments. Where it depends on more, a batch that could be large is worked on in slices, and the sum
//! of the slices is capped.
//! So a query ends in an error, never in the end of the process.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::functions::regex::regexp_replace;
use datafusion::functions::string::{concat, concat_ws, repeat, replace};
use datafusion::functions::unicode::{lpad, rpad};
use datafusion::functions_nested::range::{gen_series_udf, range_udf};
use datafusion::functions_nested::repeat::array_repeat_udf;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use super::size::{self, Sizes};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// Bytes that one value may have, and that are made at once.
const MOST_AT_ONCE: u64 = 128 << 20;

/// Bytes that one batch may have.
const MOST_IN_A_BATCH: u64 = 512 << 20;

/// Bytes that a text may have that is the same for all rows: it is written out for each of a batch.
pub(crate) const MOST_IN_A_CONSTANT: usize = 128 << 10;

/// Characters that one value of text may be asked to have.
const MOST_CHARACTERS: i64 = 10_000_000;

/// Bytes that the value in a row cannot exceed.
type Most = fn(&Sizes, usize) -> u64;

/// A function that makes more than it is given.
#[derive(Debug)]
pub(super) struct Capped {
    inner: Arc<ScalarUDF>,
    most: Most,
}

impl Capped {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let functions: [(Arc<ScalarUDF>, Most); 10] = [
            (repeat(), size::of_repeat),
            (lpad(), size::of_pad),
            (rpad(), size::of_pad),
            (replace(), size::of_replace),
            (regexp_replace(), size::of_regexp_replace),
            (concat(), size::of_concat),
            (concat_ws(), size::of_concat_ws),
            (array_repeat_udf(), size::of_array_repeat),
            (gen_series_udf(), size::of_series),
            (range_udf(), size::of_series),
        ];
        functions.into_iter().map(|(inner, most)| Self { inner, most })
    }

    /// The number that says how long a text will be.
    fn refuse_more(&self, length: &ColumnarValue) -> Result<()> {
        let lengths = match length {
            ColumnarValue::Scalar(value) => value.to_array()?,
            ColumnarValue::Array(array) => Arc::clone(array),
        };
        let lengths = arrow::compute::cast(&lengths, &DataType::Int64)?;
        let most = arrow::compute::max(arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(&lengths));
        if most.is_some_and(|most| most > MOST_CHARACTERS) {
            let message = format!("{} may ask for at most {MOST_CHARACTERS} characters", self.inner.name());
            return Err(carried(SqlError::new(SqlErrorKind::Limit, message).with_hint("ask for fewer")));
        }
        Ok(())
    }

    fn invoke(&self, args: &ScalarFunctionArgs, rows: std::ops::Range<usize>) -> Result<ColumnarValue> {
        let slice = |arg: &ColumnarValue| match arg {
            ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(rows.start, rows.len())),
            scalar @ ColumnarValue::Scalar(_) => scalar.clone(),
        };
        self.inner.invoke_with_args(ScalarFunctionArgs {
            args: args.args.iter().map(slice).collect(),
            arg_fields: args.arg_fields.clone(),
            number_rows: rows.len(),
            return_field: Arc::clone(&args.return_field),
            config_options: Arc::<ConfigOptions>::clone(&args.config_options),
        })
    }

    /// Slices one after the other, each of which makes at most what is made at once.
    fn in_slices(&self, args: &ScalarFunctionArgs, sizes: &Sizes, rows: usize) -> Result<ColumnarValue> {
        let mut parts: Vec<ArrayRef> = Vec::new();
        let (mut start, mut pending, mut made) = (0, 0_u64, 0_u64);
        for row in 0..=rows {
            let size = if row < rows { (self.most)(sizes, row) } else { 0 };
            if size > MOST_AT_ONCE {
                return Err(too_much(self.inner.name(), "a value", size, MOST_AT_ONCE));
            }
            if row > start && (row == rows || pending + size > MOST_AT_ONCE) {
                let part = self.invoke(args, start..row)?.into_array(row - start)?;
                made += part.to_data().get_slice_memory_size().map_or(0, |bytes| bytes as u64);
                if made > MOST_IN_A_BATCH {
                    return Err(too_much(self.inner.name(), "a batch of rows", made, MOST_IN_A_BATCH));
                }
                parts.push(part);
                (start, pending) = (row, 0);
            }
            pending += size;
        }
        let parts = parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>();
        Ok(ColumnarValue::Array(arrow::compute::concat(&parts)?))
    }
}

/// The error for a function that would make more than the limits allow.
pub(super) fn too_much(name: &str, what: &str, bytes: u64, most: u64) -> DataFusionError {
    let name = name.trim_start_matches("ade_");
    let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
    let message = format!("{name} would make {what} of {} MB, more than {} MB", megabytes(bytes), megabytes(most));
    carried(
        SqlError::new(SqlErrorKind::Limit, message)
            .with_hint("make shorter values, or filter the rows before they are made long"),
    )
}

/// Refuses a batch of text that would be larger than the limit.
pub(super) fn refuse_batch(name: &str, bytes: u64) -> Result<()> {
    if bytes > MOST_IN_A_BATCH { Err(too_much(name, "a batch of rows", bytes, MOST_IN_A_BATCH)) } else { Ok(()) }
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

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
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

    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        // what it would be simplified to has no limits
        Ok(ExprSimplifyResult::Original(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if matches!(self.inner.name(), "repeat" | "lpad" | "rpad")
            && let Some(length) = args.args.get(1)
            && !matches!(length, ColumnarValue::Scalar(ScalarValue::Null))
        {
            self.refuse_more(length)?;
        }
        let sizes = Sizes::new(&args.args)?;
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let mut all = 0_u64;
        for row in 0..rows {
            all = all.saturating_add((self.most)(&sizes, row));
        }
        if constant {
            // arrays are unfolded, mostly from a single row
            let most =
                if args.return_field.data_type().is_nested() { MOST_AT_ONCE / 4 } else { MOST_IN_A_CONSTANT as u64 };
            return if all <= most {
                self.inner.invoke_with_args(args)
            } else {
                Err(too_much(self.inner.name(), "a constant", all, most))
            };
        }
        let is_estimate = matches!(self.inner.name(), "replace" | "regexp_replace");
        if all <= MOST_AT_ONCE || !is_estimate {
            refuse_batch(self.inner.name(), all)?;
            return self.inner.invoke_with_args(args);
        }
        self.in_slices(&args, &sizes, rows)
    }
}
