//! How a table's columns and the columns of arrivals come together.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::compute::can_cast_types;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::SchemaChange;

/// The columns of the table after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evolution {
    /// All columns, those of the table first, in their order.
    pub(crate) schema: SchemaRef,
    /// Whether they are not the table's any more.
    pub(crate) changed: bool,
    /// Columns that are gone or whose type is another than before: older files must be rewritten.
    pub(crate) rewritten: BTreeSet<String>,
}

/// Fits `arrivals` (stored types) to `table`.
///
/// # Errors
/// Every difference that `change` does not allow, in words.
pub(crate) fn evolve(table: &Schema, arrivals: &Schema, change: SchemaChange) -> Result<Evolution, Vec<String>> {
    let mut problems = Vec::new();
    let mut rewritten = BTreeSet::new();
    let may_add = change != SchemaChange::Refuse;
    let stays = |field: &Arc<Field>| change != SchemaChange::Sync || arrivals.field_with_name(field.name()).is_ok();
    let mut fields: Vec<Arc<Field>> = table.fields().iter().filter(|field| stays(field)).cloned().collect();
    let before = fields.len();
    rewritten.extend(table.fields().iter().filter(|field| !stays(field)).map(|field| field.name().clone()));
    for arrival in arrivals.fields() {
        let name = arrival.name();
        let Some(field) = fields[..before].iter_mut().find(|field| field.name() == name) else {
            match table.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name)) {
                Some(twin) => {
                    problems.push(format!("column `{name}` is called `{}` in the table", twin.name()));
                }
                None if may_add => fields.push(Arc::clone(arrival)),
                None => problems.push(format!("column `{name}` ({}) is new", arrival.data_type())),
            }
            continue;
        };
        let (old, new) = (field.data_type(), arrival.data_type());
        if old == new || fits(new, old) {
            continue;
        }
        match widen(old, new) {
            Some(wide) if may_add => {
                rewritten.insert(name.clone());
                *field = Arc::new(Field::new(name, wide, true));
            }
            None if change == SchemaChange::Sync && can_cast_types(old, new) => {
                rewritten.insert(name.clone());
                *field = Arc::new(Field::new(name, new.clone(), true));
            }
            _ => problems.push(format!("column `{name}` is {old} in the table and arrives as {new}")),
        }
    }
    if change == SchemaChange::Refuse {
        let missing = table.fields().iter().filter(|field| arrivals.field_with_name(field.name()).is_err());
        problems.extend(missing.map(|field| format!("column `{}` ({}) is missing", field.name(), field.data_type())));
    }
    if problems.is_empty() {
        let changed = fields.len() > before || !rewritten.is_empty();
        Ok(Evolution { schema: Arc::new(Schema::new(fields)), changed, rewritten })
    } else {
        Err(problems)
    }
}

/// Whether a value of `arrival` may be assigned to a column of type `column`, as SQL assigns: exactly, or an integer to
/// a float.
fn fits(arrival: &DataType, column: &DataType) -> bool {
    let float = matches!(column, DataType::Float32 | DataType::Float64);
    (float && arrival.is_integer()) || widen(arrival, column).is_some_and(|wide| wide == *column)
}

/// The narrowest type that holds every value of both exactly; `None` when there is none.
pub fn widen(from: &DataType, to: &DataType) -> Option<DataType> {
    use DataType::{Date32, Decimal128, Float32, Float64, Int8, Int16, Int32, Int64, Timestamp};
    let digits = |integer: &DataType| match integer {
        Int8 => Some(3_u8),
        Int16 => Some(5),
        Int32 => Some(10),
        Int64 => Some(19),
        _ => None,
    };
    match (from, to) {
        (a, b) if a == b => Some(a.clone()),
        (Int8 | Int16 | Int32 | Int64, Int8 | Int16 | Int32 | Int64) => {
            Some(if digits(from) >= digits(to) { from.clone() } else { to.clone() })
        }
        (Int8 | Int16, Float32) | (Float32, Int8 | Int16) => Some(Float32),
        (Int8 | Int16 | Int32 | Float32, Float64) | (Float64, Int8 | Int16 | Int32 | Float32) => Some(Float64),
        (Decimal128(p, s), Decimal128(q, t)) => {
            let scale = (*s).max(*t);
            let whole = (i16::from(*p) - i16::from(*s)).max(i16::from(*q) - i16::from(*t));
            decimal(whole + i16::from(scale), scale)
        }
        (Int8 | Int16 | Int32 | Int64, Decimal128(p, s)) | (Decimal128(p, s), Int8 | Int16 | Int32 | Int64) => {
            let whole = digits(from).or(digits(to))?;
            let whole = i16::from(whole).max(i16::from(*p) - i16::from(*s));
            decimal(whole + i16::from(*s), *s)
        }
        (Date32, Timestamp(TimeUnit::Microsecond, None)) | (Timestamp(TimeUnit::Microsecond, None), Date32) => {
            Some(Timestamp(TimeUnit::Microsecond, None))
        }
        _ => None,
    }
}

fn decimal(precision: i16, scale: i8) -> Option<DataType> {
    let precision = u8::try_from(precision).ok().filter(|precision| (1..=38).contains(precision))?;
    Some(DataType::Decimal128(precision, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: &[(&str, DataType)]) -> Schema {
        let fields = fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true));
        Schema::new(fields.collect::<Vec<_>>())
    }

    #[test]
    fn refusing_names_every_difference() {
        let table = schema(&[("a", DataType::Int32), ("b", DataType::Utf8View)]);
        let arrivals = schema(&[("a", DataType::Int64), ("c", DataType::Int32)]);
        let problems = evolve(&table, &arrivals, SchemaChange::Refuse).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(evolve(&table, &table, SchemaChange::Refuse).is_ok_and(|evolution| !evolution.changed));
    }

    #[test]
    fn a_narrower_arrival_is_no_change() {
        let table = schema(&[("a", DataType::Int64)]);
        let arrivals = schema(&[("a", DataType::Int16)]);
        assert!(!evolve(&table, &arrivals, SchemaChange::Refuse).unwrap().changed);
    }

    #[test]
    fn evolving_adds_and_widens_and_never_narrows() {
        let table = schema(&[("a", DataType::Int32), ("d", DataType::Decimal128(10, 2)), ("s", DataType::Utf8View)]);
        let arrivals = schema(&[("n", DataType::Date32), ("a", DataType::Int64), ("d", DataType::Decimal128(8, 4))]);
        let evolution = evolve(&table, &arrivals, SchemaChange::Evolve).unwrap();
        assert_eq!(
            *evolution.schema,
            schema(&[
                ("a", DataType::Int64),
                ("d", DataType::Decimal128(12, 4)),
                ("s", DataType::Utf8View),
                ("n", DataType::Date32)
            ])
        );
        assert_eq!(evolution.rewritten.len(), 2);
        let text = schema(&[("a", DataType::Utf8View)]);
        assert!(evolve(&table, &text, SchemaChange::Evolve).is_err());
        assert!(evolve(&table, &schema(&[("A", DataType::Int32)]), SchemaChange::Evolve).is_err());
        assert_eq!(widen(&DataType::Int64, &DataType::Float64), None);
        assert_eq!(widen(&DataType::Int64, &DataType::Decimal128(38, 20)), None);
    }

    #[test]
    fn syncing_leaves_exactly_the_arrivals_columns() {
        let table = schema(&[("gone", DataType::Int32), ("a", DataType::Int32), ("s", DataType::Utf8View)]);
        let arrivals = schema(&[("n", DataType::Date32), ("s", DataType::Int64), ("a", DataType::Int16)]);
        let evolution = evolve(&table, &arrivals, SchemaChange::Sync).unwrap();
        let expected = schema(&[("a", DataType::Int32), ("s", DataType::Int64), ("n", DataType::Date32)]);
        assert_eq!(*evolution.schema, expected);
        assert_eq!(evolution.rewritten, BTreeSet::from(["gone".to_owned(), "s".to_owned()]));
        let same = evolve(&table, &table, SchemaChange::Sync).unwrap();
        assert!(!same.changed && same.rewritten.is_empty());
        assert!(evolve(&table, &schema(&[("A", DataType::Int32)]), SchemaChange::Sync).is_err());
    }
}
