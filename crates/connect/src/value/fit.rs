//! Values of one type as those of another, one by one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, StringArray, new_null_array};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{CastOptions, and, can_cast_types, cast_with_options, is_not_null, not, nullif};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::util::display::FormatOptions;

use super::{ColumnBuilder, ColumnForm, is_text};

/// A column as another type, value by value.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The column in the wanted type; NULL where a value does not fit.
    pub column: ArrayRef,
    /// For each row whether it has a value that does not fit.
    pub misfits: BooleanArray,
}

/// Whether values of type `found` can be held against the type `wanted` one by one.
pub fn can_fit(found: &DataType, wanted: &DataType) -> bool {
    found == wanted
        || (is_text(found) && ColumnBuilder::new(wanted, 0).is_some())
        || (!found.is_nested() && !wanted.is_nested() && can_cast_types(found, wanted) && can_cast_types(wanted, found))
}

/// The values of `column` as `wanted`. Nothing is lost on the way: a value that would be rounded, cut or overflow does not
/// fit. Text is read as text files are.
pub fn fit(column: &ArrayRef, wanted: &DataType) -> Result<Fitted, ArrowError> {
    let found = column.data_type();
    if found == wanted {
        return Ok(Fitted { column: ArrayRef::clone(column), misfits: BooleanArray::from(vec![false; column.len()]) });
    }
    if *found == DataType::Null {
        let column = new_null_array(wanted, column.len());
        return Ok(Fitted { misfits: BooleanArray::from(vec![false; column.len()]), column });
    }
    if let (Some(texts), Some(builder)) = (column.as_string_opt::<i32>(), ColumnBuilder::new(wanted, column.len())) {
        return parse(texts.iter(), builder);
    }
    let options = CastOptions { safe: true, format_options: FormatOptions::default() };
    let converted = cast_with_options(column, wanted, &options)?;
    // Casts also cut off digits: what comes back must be the same.
    let back = cast_with_options(&converted, found, &options)?;
    let lost = not(&not_distinct(&back, column)?)?;
    let misfits = and(&lost, &is_not_null(column)?)?;
    Ok(Fitted { column: nullif(&converted, &misfits)?, misfits })
}

/// The same of texts that are written as `form` says.
pub fn fit_in(column: &ArrayRef, wanted: &DataType, form: Option<&ColumnForm>) -> Result<Fitted, ArrowError> {
    match (form.filter(|form| form.is_of(wanted)), column.as_string_opt::<i32>()) {
        (Some(form), Some(texts)) => {
            let usual: ArrayRef = Arc::new(form.usual(wanted, texts.iter()).iter().collect::<StringArray>());
            fit(&usual, wanted)
        }
        _ => fit(column, wanted),
    }
}

fn parse<'a>(
    texts: impl ExactSizeIterator<Item = Option<&'a str>>,
    mut builder: ColumnBuilder,
) -> Result<Fitted, ArrowError> {
    let mut misfits = BooleanBuilder::with_capacity(texts.len());
    for text in texts {
        let fits = builder.extend(std::iter::once(text)).is_ok();
        if !fits {
            // One text that does not fit leaves the builder as it was: nothing was appended.
            let _ = builder.extend(std::iter::once(None));
        }
        misfits.append_value(!fits);
    }
    Ok(Fitted { column: builder.finish()?, misfits: misfits.finish() })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array, Int64Array};

    use super::*;

    fn fitted(column: impl Array + 'static, wanted: &DataType) -> (Vec<bool>, usize) {
        let column: ArrayRef = Arc::new(column);
        assert!(can_fit(column.data_type(), wanted));
        let fitted = fit(&column, wanted).unwrap();
        assert_eq!(fitted.column.data_type(), wanted);
        (fitted.misfits.iter().map(|misfit| misfit == Some(true)).collect(), fitted.column.null_count())
    }

    #[test]
    fn values_that_would_lose_something_do_not_fit() {
        let wide = Int64Array::from(vec![Some(7), None, Some(i64::MAX)]);
        assert_eq!(fitted(wide, &DataType::Int32), (vec![false, false, true], 2));
        let floats = Float64Array::from(vec![Some(1.0), Some(1.5), Some(f64::INFINITY)]);
        assert_eq!(fitted(floats, &DataType::Int64), (vec![false, true, true], 2));
        let cents = Decimal128Array::from(vec![150, 155]).with_precision_and_scale(10, 2).unwrap();
        assert_eq!(fitted(cents, &DataType::Decimal128(10, 1)), (vec![false, true], 1));
        let texts = StringArray::from(vec![Some("007"), Some("seven"), None, Some("8")]);
        assert_eq!(fitted(texts, &DataType::Int64), (vec![false, true, false, false], 2));
        let numbers = Int64Array::from(vec![7]);
        assert_eq!(fitted(numbers, &DataType::Utf8), (vec![false], 0));
    }
}
