//! Sums, differences and products of integers that end in an error instead of wrapping around.

use arrow::array::ArrayRef;
use arrow::compute::kernels::numeric::{add, mul, sub};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result};

use super::scalar::Scalar;
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, type_name};

/// What `+`, `-` and `*` become for integers.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_plus", wider, first, |args, _| checked(args, add(&args[0], &args[1]))),
        Scalar::new("ade_minus", wider, first, |args, _| checked(args, sub(&args[0], &args[1]))),
        Scalar::new("ade_times", wider, first, |args, _| checked(args, mul(&args[0], &args[1]))),
    ]
}

fn wider(types: &[DataType]) -> Result<Vec<DataType>> {
    let widest = types.iter().filter_map(DataType::primitive_width).max();
    let data_type = match widest {
        Some(1) => DataType::Int8,
        Some(2) => DataType::Int16,
        Some(4) => DataType::Int32,
        _ => DataType::Int64,
    };
    Ok(vec![data_type; types.len()])
}

fn first(types: &[DataType]) -> Result<DataType> {
    Ok(types[0].clone())
}

fn checked(args: &[ArrayRef], result: Result<ArrayRef, ArrowError>) -> Result<ArrayRef> {
    result.map_err(|error| match error {
        ArrowError::ArithmeticOverflow(_) => {
            let data_type = args[0].data_type();
            let wider = if *data_type == DataType::Int64 { "::numeric" } else { "::bigint or ::numeric" };
            carried(
                SqlError::new(SqlErrorKind::Data, format!("{} out of range", type_name(data_type)))
                    .with_hint(format!("cast one side to a wider type: {wider}")),
            )
        }
        other => DataFusionError::from(other),
    })
}
