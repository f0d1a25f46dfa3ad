//! `surrogate_key(a, b, …)`: the same natural key gives the same UUID, anywhere and at any time.
//!
//! The UUID is version 5 (RFC 9562) in ade's namespace over the values one after the other, each as
//!
//! ```text
//! n                      NULL
//! <kind><length>:<text>  any other value; length in bytes, in decimal
//! ```
//!
//! | kind | values | text |
//! |---|---|---|
//! | `s` | text | as it is |
//! | `i` | integers and exact numbers | decimal, without zeros at the end of a fraction: `1.50` is `1.5`, `2.0` is `2` |
//! | `f` | floating point | PostgreSQL's shortest text |
//! | `b` | boolean | `true`, `false` |
//! | `d` | date | `2024-02-29` |
//! | `t` | timestamp | `2024-02-29 12:00:00` |
//! | `z` | timestamptz | the same, in UTC, with `+00` |
//! | `x` | bytes | `\x` and hexadecimal digits |
//! | `o` | any other | PostgreSQL's text |
//!
//! So NULL differs from the empty text, `('a','bc')` from `('ab','c')`, and the number 1 from the text
//! '1', while a key does not change when a column becomes wider. This never changes: keys are stored.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use uuid::Uuid;

use super::scalar::{Scalar, gives_text};
use crate::text;

/// The namespace of all surrogate keys: version 5 of the URL namespace over `https://ade/surrogate_key`.
const NAMESPACE: Uuid = Uuid::from_u128(0x64a4_0086_e8b8_5982_9951_da8a_4d13_078b);

/// The function.
pub(super) fn all() -> Vec<Scalar> {
    vec![Scalar::new("surrogate_key", coerce, gives_text, |args, _| keys(args))]
}

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    if types.is_empty() {
        return Err(DataFusionError::Plan("surrogate_key takes the columns of the natural key".to_owned()));
    }
    let one_zone = |data_type: &DataType| match data_type {
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => other.clone(),
    };
    Ok(types.iter().map(one_zone).collect())
}

fn kind(data_type: &DataType) -> char {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => 's',
        DataType::Float16 | DataType::Float32 | DataType::Float64 => 'f',
        data_type if data_type.is_numeric() => 'i',
        DataType::Boolean => 'b',
        DataType::Date32 | DataType::Date64 => 'd',
        DataType::Timestamp(_, None) => 't',
        DataType::Timestamp(_, Some(_)) => 'z',
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => 'x',
        DataType::Dictionary(_, values) => kind(values),
        _ => 'o',
    }
}

fn keys(args: &[ArrayRef]) -> Result<ArrayRef> {
    let kinds = args.iter().map(|arg| kind(arg.data_type())).collect::<Vec<_>>();
    let rows = args[0].len();
    let mut builder = StringViewBuilder::with_capacity(rows);
    let (mut encoded, mut value) = (String::new(), String::new());
    let mut uuid = Uuid::encode_buffer();
    for row in 0..rows {
        encoded.clear();
        for (arg, kind) in args.iter().zip(&kinds) {
            if text::is_null(arg.as_ref(), row) {
                encoded.push('n');
                continue;
            }
            value.clear();
            text::write_value(arg.as_ref(), row, &mut value)?;
            let shown = if *kind == 'i' && value.contains('.') {
                value.trim_end_matches('0').trim_end_matches('.')
            } else {
                value.as_str()
            };
            let _ = write!(encoded, "{kind}{}:{shown}", shown.len());
        }
        builder.append_value(Uuid::new_v5(&NAMESPACE, encoded.as_bytes()).hyphenated().encode_lower(&mut uuid));
    }
    Ok(Arc::new(builder.finish()))
}
