//! Types, nullability and values of what comes out.

use std::sync::Arc;

use ade_privacy::{Mask, MaskPattern, Obfuscator, Policy, Redact, Treatment, Truncate, TruncateTo};
use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray},
    buffer::OffsetBuffer,
    compute::cast,
    datatypes::{DataType, Field, Schema, TimeUnit, TimestampMicrosecondType},
};

use crate::column::{decided, encrypt, keyring, pseudonym, text, texts, treat, treat_batch};

fn output(data_type: DataType, treatment: Treatment) -> (DataType, bool) {
    let schema = Schema::new(vec![Field::new("value", data_type, false)]);
    let obfuscator = Obfuscator::new(&schema, &Policy::new(vec![decided("value", treatment)]), &keyring()).unwrap();
    let field = obfuscator.output_schema().field(0).clone();
    (field.data_type().clone(), field.is_nullable())
}

#[test]
fn text_keeps_its_layout_and_codes_are_text() {
    for layout in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
        assert_eq!(output(layout.clone(), pseudonym("email")), (layout.clone(), false));
        assert_eq!(output(layout.clone(), encrypt("email")), (layout, false));
    }
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::LargeUtf8));
    assert_eq!(output(dictionary, pseudonym("email")), (DataType::LargeUtf8, false));
    assert_eq!(output(DataType::Int64, pseudonym("email")), (DataType::Utf8, false));
    assert_eq!(output(DataType::BinaryView, pseudonym("email")), (DataType::Utf8, false));
}

#[test]
fn columns_become_nullable_where_values_can_vanish() {
    assert_eq!(output(DataType::Int64, Treatment::Null), (DataType::Int64, true));
    let year = Treatment::Truncate(Truncate::Time(TruncateTo::Year));
    assert_eq!(output(DataType::Utf8, year.clone()), (DataType::Utf8, true));
    assert_eq!(output(DataType::Date32, year), (DataType::Date32, false));
}

#[test]
fn metadata_of_fields_and_schema_stays() {
    let field = Field::new("value", DataType::Utf8, true).with_metadata([("k".to_owned(), "v".to_owned())].into());
    let schema = Schema::new(vec![field]).with_metadata([("s".to_owned(), "t".to_owned())].into());
    let policy = Policy::new(vec![decided("value", pseudonym("email"))]);
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring()).unwrap();
    assert_eq!(obfuscator.output_schema().metadata(), schema.metadata());
    assert_eq!(obfuscator.output_schema().field(0).metadata(), schema.field(0).metadata());
}

#[test]
fn timestamps_keep_unit_and_zone() {
    let zoned = TimestampMicrosecondArray::from(vec![Some(1_723_723_200_123_456), None]).with_timezone("Europe/Berlin");
    let array: ArrayRef = Arc::new(zoned);
    let result = treat(&array, Treatment::Truncate(Truncate::Time(TruncateTo::Month)));
    assert_eq!(result.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into())));
    assert_eq!(result.as_primitive::<TimestampMicrosecondType>().value(0), 1_722_470_400_000_000);
    assert!(result.is_null(1));
}

#[test]
fn text_that_is_not_understood_becomes_null() {
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some("1984-07-23"), Some("July '84"), None]));
    let result = treat(&array, Treatment::Truncate(Truncate::Time(TruncateTo::Year)));
    assert_eq!(texts(&result), [Some("1984-01-01".to_owned()), None, None]);
}

#[test]
fn lists_are_treated_element_by_element() {
    let element = Arc::new(Field::new("item", DataType::Utf8, false));
    let values: ArrayRef = Arc::new(StringArray::from(vec!["x", "Ann.Lee@example.com", "y"]));
    let list: ArrayRef = Arc::new(ListArray::new(element, OffsetBuffer::from_lengths([1, 1, 0, 1]), values, None));
    let result = treat(&list.slice(1, 2), pseudonym("email"));
    let first = result.as_list::<i32>().value(0);
    assert_eq!(text(&first), "j4tzp4zsxnauc4fo4wdyii5ez3");
    assert_eq!(result.as_list::<i32>().value(1).len(), 0);
}

#[test]
fn numbers_are_masked_as_text() {
    let array: ArrayRef = Arc::new(Int64Array::from(vec![4_111_111_111_111_234]));
    let mask = Mask { keep_first: 0, keep_last: 4, pattern: MaskPattern::Fixed };
    assert_eq!(text(&treat(&array, Treatment::Mask(mask))), "****1234");
}

#[test]
fn structs_become_json_under_a_code() {
    let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let array: ArrayRef = Arc::new(arrow::array::StructArray::from(batch));
    let sealed = text(&treat(&array, encrypt("doc")));
    let plain = ade_privacy::decrypt_text(&sealed, &ade_privacy::Domain::new("doc").unwrap(), &keyring()).unwrap();
    assert_eq!(plain.as_str(), r#"{"a":1}"#);
    assert_eq!(text(&treat(&array, Treatment::Redact(Redact { detect: false }))), "[redacted]");
}

#[test]
fn large_and_empty_batches() {
    let empty: ArrayRef = Arc::new(StringArray::from(Vec::<Option<&str>>::new()));
    assert_eq!(treat_batch(&empty, pseudonym("email")).unwrap().num_rows(), 0);
    let many: ArrayRef =
        Arc::new((0..20_000).map(|row| Some(format!("user{row}@example.com"))).collect::<StringArray>());
    let view = cast(&many, &DataType::Utf8View).unwrap();
    assert_eq!(texts(&treat(&many, pseudonym("email"))), texts(&treat(&view, pseudonym("email"))));
}

#[test]
fn what_a_treatment_does_not_understand_is_counted() {
    let year = || Treatment::Truncate(Truncate::Time(TruncateTo::Year));
    let days = ["1980-02-01", "01.02.1980", "", "1.2.80"].map(|day| (!day.is_empty()).then_some(day));
    let days: ArrayRef = Arc::new(StringArray::from_iter(days));
    let lists: ArrayRef = Arc::new(ListArray::new(
        Arc::new(Field::new("item", DataType::Utf8, true)),
        OffsetBuffer::from_lengths([2, 1, 0, 1]),
        Arc::clone(&days),
        None,
    ));
    let packed = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let nested = arrow::array::StructArray::from(vec![
        (Arc::new(Field::new("gone", DataType::Utf8, true)), Arc::clone(&days)),
        (Arc::new(Field::new("day", DataType::Utf8, true)), Arc::clone(&days)),
    ]);
    let batch = RecordBatch::try_from_iter([
        ("gone", Arc::clone(&days)),
        ("day", Arc::clone(&days)),
        ("kept", Arc::clone(&days)),
        ("emptied", Arc::clone(&days)),
        ("packed", cast(&days, &packed).unwrap()),
        ("lists", lists),
        ("nested", Arc::new(nested)),
        ("none", arrow::array::new_null_array(&DataType::Utf8, 4)),
    ])
    .unwrap();
    let policy = Policy::new(vec![
        decided("gone", Treatment::Drop),
        decided("day", year()),
        decided("kept", Treatment::Keep),
        decided("emptied", Treatment::Null),
        decided("packed", year()),
        decided("lists", year()),
        decided("nested.gone", Treatment::Drop),
        decided("nested.day", year()),
        decided("none", year()),
    ]);
    let obfuscator = Obfuscator::new(&batch.schema(), &policy, &keyring()).unwrap();
    let treated = obfuscator.apply(&batch).unwrap();
    let losses: Vec<_> = obfuscator.losses(&batch, &treated);
    let said: Vec<_> =
        losses.iter().map(|loss| (loss.column.as_str(), loss.treatment, loss.lost, loss.values)).collect();
    assert_eq!(said, ["day", "packed", "lists", "nested.day"].map(|column| (column, "truncate", 2, 3)));
}
