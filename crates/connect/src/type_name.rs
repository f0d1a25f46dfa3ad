//! SQL names of Arrow types.

use arrow::datatypes::{DataType, TimeUnit};

/// The SQL name of a type, as written after `data_type:`. Nested types are shown as `bigint[]`, `struct(a bigint)` and
/// `map(varchar, bigint)`.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => "smallint".to_owned(),
        DataType::Int32 | DataType::UInt16 => "integer".to_owned(),
        DataType::Int64 | DataType::UInt32 => "bigint".to_owned(),
        DataType::UInt64 => "decimal(20,0)".to_owned(),
        DataType::Float16 | DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => "varchar".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytea".to_owned()
        }
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            zone,
        ) => {
            if zone.is_some() {
                "timestamptz".to_owned()
            } else {
                "timestamp".to_owned()
            }
        }
        DataType::Dictionary(_, values) => type_name(values),
        DataType::List(inner)
        | DataType::LargeList(inner)
        | DataType::ListView(inner)
        | DataType::LargeListView(inner)
        | DataType::FixedSizeList(inner, _) => format!("{}[]", type_name(inner.data_type())),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| format!("{} {}", field.name(), type_name(field.data_type())));
            format!("struct({})", fields.collect::<Vec<_>>().join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => {
                let pair = pair.iter().map(|field| type_name(field.data_type()));
                format!("map({})", pair.collect::<Vec<_>>().join(", "))
            }
            _ => "map".to_owned(),
        },
        DataType::RunEndEncoded(_, values) => type_name(values.data_type()),
        DataType::Interval(_) | DataType::Duration(_) => "interval".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Fields};

    use super::*;

    #[test]
    fn nested_types_are_told_in_sql() {
        let field = |name: &str, data_type: DataType| Field::new(name, data_type, true);
        let list = DataType::List(Arc::new(field("item", DataType::Int64)));
        let fields = Fields::from(vec![field("sku", DataType::Utf8View), field("counts", list.clone())]);
        let entries = Fields::from(vec![field("key", DataType::Utf8), field("value", DataType::Date32)]);
        let map = DataType::Map(Arc::new(field("entries", DataType::Struct(entries))), false);
        assert_eq!(type_name(&list), "bigint[]");
        let all = DataType::LargeList(Arc::new(field("item", DataType::Struct(fields))));
        assert_eq!(type_name(&all), "struct(sku varchar, counts bigint[])[]");
        assert_eq!(type_name(&map), "map(varchar, date)");
    }
}
