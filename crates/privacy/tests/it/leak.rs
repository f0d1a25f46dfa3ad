//! Canaries through every type and treatment: what comes out, bytes under NULLs included, does not hold them, and neither
//! do the errors.

use std::sync::Arc;

use ade_privacy::{Bucket, Mask, MaskPattern, PrivacyError, Redact, Treatment, Truncate, TruncateTo};
use arrow::{
    array::{
        Array, ArrayData, ArrayRef, FixedSizeBinaryArray, Int64Array, ListArray, NullArray, StringArray, StructArray,
    },
    buffer::{NullBuffer, OffsetBuffer},
    compute::cast,
    datatypes::{DataType, Field, Fields, Int32Type, IntervalUnit, TimeUnit, i256},
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::column::{encrypt, pseudonym, treat_batch};

const WORD: &str = "canary-7f3a@leak.example 555123987";
const NUMBER: i64 = 8_071_234_567_891;

/// A column with a canary in a row, and another one hidden under a NULL.
struct Case {
    array: ArrayRef,
    /// What must not be found in what comes out.
    raw: Vec<Vec<u8>>,
}

fn hidden(array: &dyn Array) -> ArrayRef {
    let nulls = NullBuffer::from(vec![true, false, true]);
    let data = array.to_data().into_builder().nulls(Some(nulls)).build().unwrap();
    arrow::array::make_array(data)
}

fn texts() -> StringArray {
    StringArray::from(vec![WORD, "hidden-canary-7f3a", WORD])
}

fn cases() -> Vec<Case> {
    let words = || vec![WORD.as_bytes().to_vec(), b"hidden-canary".to_vec()];
    let text = hidden(&texts());
    let mut cases = Vec::new();
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    for layout in [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Binary,
        DataType::LargeBinary,
        DataType::BinaryView,
        dictionary,
    ] {
        cases.push(Case { array: cast(&text, &layout).unwrap(), raw: words() });
    }
    cases.push(Case { array: Arc::clone(&text), raw: words() });
    let fixed = FixedSizeBinaryArray::try_from_iter([WORD, WORD, WORD].iter()).unwrap();
    cases.push(Case { array: hidden(&fixed), raw: words() });

    let numbers = Int64Array::from(vec![NUMBER, NUMBER, NUMBER]);
    for layout in
        [DataType::Int64, DataType::UInt64, DataType::Float64, DataType::Decimal128(20, 2), DataType::Decimal256(40, 2)]
    {
        let array = cast(&numbers, &layout).unwrap();
        let raw = match layout {
            DataType::Float64 => 8_071_234_567_891_f64.to_le_bytes().to_vec(),
            DataType::Decimal128(..) => (i128::from(NUMBER) * 100).to_le_bytes().to_vec(),
            DataType::Decimal256(..) => i256::from_i128(i128::from(NUMBER) * 100).to_le_bytes().to_vec(),
            _ => NUMBER.to_le_bytes().to_vec(),
        };
        cases.push(Case { array: hidden(&array), raw: vec![raw, NUMBER.to_string().into_bytes()] });
    }
    for (layout, value, raw) in [
        (DataType::Int32, 1_987_654_321, 1_987_654_321_i32.to_le_bytes().to_vec()),
        (DataType::Float32, 16_777_213, 16_777_213_f32.to_le_bytes().to_vec()),
        (DataType::Decimal32(9, 2), 7_654_321, 765_432_100_i32.to_le_bytes().to_vec()),
        (DataType::Decimal64(18, 2), NUMBER, (NUMBER * 100).to_le_bytes().to_vec()),
    ] {
        let array = cast(&Int64Array::from(vec![value; 3]), &layout).unwrap();
        cases.push(Case { array: hidden(&array), raw: vec![raw, value.to_string().into_bytes()] });
    }

    // The afternoon of 1987-06-25, in each unit.
    let days = Int64Array::from(vec![6_384; 3]);
    let day = cast(&cast(&days, &DataType::Int32).unwrap(), &DataType::Date32).unwrap();
    cases.push(Case { array: hidden(&day), raw: vec![6_384_i32.to_le_bytes().to_vec(), b"1987-06-25".to_vec()] });
    let seconds = 6_384 * 86_400 + 55_555;
    for (layout, per_second) in [
        (DataType::Date64, 1_000),
        (DataType::Timestamp(TimeUnit::Second, None), 1),
        (DataType::Timestamp(TimeUnit::Millisecond, None), 1_000),
        (DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())), 1_000_000),
        (DataType::Timestamp(TimeUnit::Nanosecond, None), 1_000_000_000),
        (DataType::Duration(TimeUnit::Second), 1),
    ] {
        let value: i64 = seconds * per_second;
        let array = cast(&Int64Array::from(vec![value; 3]), &layout).unwrap();
        cases.push(Case { array: hidden(&array), raw: vec![value.to_le_bytes().to_vec(), b"1987-06-25".to_vec()] });
    }
    let time = cast(&Int64Array::from(vec![55_555_123_456_i64; 3]), &DataType::Time64(TimeUnit::Microsecond)).unwrap();
    cases.push(Case { array: hidden(&time), raw: vec![55_555_123_456_i64.to_le_bytes().to_vec()] });
    let interval = arrow::array::IntervalYearMonthArray::from(vec![1_987_654; 3]);
    assert_eq!(interval.data_type(), &DataType::Interval(IntervalUnit::YearMonth));
    cases.push(Case { array: hidden(&interval), raw: vec![1_987_654_i32.to_le_bytes().to_vec()] });

    let element = Arc::new(Field::new("item", DataType::Utf8, true));
    let list = ListArray::new(element, OffsetBuffer::from_lengths([1, 1, 1]), Arc::clone(&text), None);
    let list: ArrayRef = hidden(&list);
    let large = cast(&list, &DataType::LargeList(Arc::new(Field::new("item", DataType::Utf8View, true)))).unwrap();
    let fixed =
        cast(&list.slice(0, 1), &DataType::FixedSizeList(Arc::new(Field::new("item", DataType::Utf8, true)), 1))
            .unwrap();
    let nested = ListArray::from_iter_primitive::<arrow::datatypes::Int64Type, _, _>(vec![Some(vec![Some(NUMBER)]); 3]);
    for array in [list, large, fixed] {
        cases.push(Case { array, raw: words() });
    }
    cases.push(Case {
        array: hidden(&nested),
        raw: vec![NUMBER.to_le_bytes().to_vec(), NUMBER.to_string().into_bytes()],
    });
    let fields = Fields::from(vec![Field::new("a", DataType::Utf8, true), Field::new("b", DataType::Int64, true)]);
    let parts: Vec<ArrayRef> = vec![Arc::new(texts()), Arc::new(numbers)];
    let mut raw = words();
    raw.push(NUMBER.to_le_bytes().to_vec());
    cases.push(Case { array: hidden(&StructArray::new(fields, parts, None)), raw });
    let mut map =
        arrow::array::MapBuilder::new(None, arrow::array::StringBuilder::new(), arrow::array::StringBuilder::new());
    map.keys().append_value("k");
    map.values().append_value(WORD);
    map.append(true).unwrap();
    cases.push(Case { array: Arc::new(map.finish()), raw: words() });
    cases.push(Case { array: Arc::new(NullArray::new(3)), raw: vec![] });
    cases.push(Case { array: hidden(&arrow::array::BooleanArray::from(vec![true, false, true])), raw: vec![] });
    cases
}

fn treatments() -> Vec<Treatment> {
    let mut treatments = vec![
        Treatment::Drop,
        Treatment::Null,
        pseudonym("email"),
        pseudonym("phone"),
        pseudonym("person_name"),
        pseudonym("government_id"),
        pseudonym("customer"),
        encrypt("email"),
        Treatment::Redact(Redact { detect: false }),
        Treatment::Redact(Redact { detect: true }),
        Treatment::Bucket(Bucket::width(1_000.0).unwrap()),
        Treatment::Bucket(Bucket::edges(vec![0.0, 1e6]).unwrap()),
        Treatment::Truncate(Truncate::Outward),
        Treatment::Truncate(Truncate::First(3)),
        Treatment::Truncate(Truncate::Network { v4_bits: 24, v6_bits: 48 }),
    ];
    for pattern in [MaskPattern::Fixed, MaskPattern::Length, MaskPattern::Shape] {
        treatments.push(Treatment::Mask(Mask { keep_first: 1, keep_last: 2, pattern }));
    }
    for unit in TruncateTo::NAMES {
        treatments.push(Treatment::Truncate(Truncate::Time(unit.1)));
    }
    treatments
}

/// Every byte of the array: buffers, children, dictionaries, and the printed values.
fn everything(array: &ArrayRef) -> Vec<u8> {
    fn collect(data: &ArrayData, bytes: &mut Vec<u8>) {
        for buffer in data.buffers() {
            bytes.extend_from_slice(buffer.as_slice());
        }
        data.child_data().iter().for_each(|child| collect(child, bytes));
    }
    let mut bytes = Vec::new();
    collect(&array.to_data(), &mut bytes);
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options).unwrap();
    for row in 0..array.len() {
        bytes.extend_from_slice(formatter.value(row).to_string().as_bytes());
    }
    bytes
}

fn contains(bytes: &[u8], raw: &[u8]) -> bool {
    bytes.windows(raw.len()).any(|window| window == raw)
}

#[test]
fn the_search_finds_what_is_there() {
    for case in cases().iter().filter(|case| !case.raw.is_empty()) {
        let kept = treat_batch(&case.array, Treatment::Keep).unwrap();
        let bytes = everything(kept.column(0));
        assert!(case.raw.iter().any(|raw| contains(&bytes, raw)), "{}", case.array.data_type());
    }
}

#[test]
fn no_treatment_lets_a_value_through() {
    for case in cases() {
        let data_type = case.array.data_type();
        let mut fitting = std::collections::BTreeSet::from(["keep"]);
        let mut refused = Vec::new();
        for treatment in treatments() {
            // A date stays a date of the same beginning when it is truncated to its own unit.
            let same_day = matches!(treatment, Treatment::Truncate(Truncate::Time(TruncateTo::Hour | TruncateTo::Day)));
            match treat_batch(&case.array, treatment.clone()) {
                Ok(batch) => {
                    fitting.insert(treatment.name());
                    assert_eq!(batch.num_rows(), case.array.len());
                    for column in batch.columns() {
                        let bytes = everything(column);
                        for raw in case.raw.iter().filter(|raw| !(same_day && raw.starts_with(b"1987"))) {
                            assert!(!contains(&bytes, raw), "{treatment} of {data_type} lets {raw:?} through");
                        }
                    }
                }
                Err(error) => {
                    let message = error.to_string();
                    assert!(!message.contains("canary") && !message.contains(&NUMBER.to_string()), "{message}");
                    let PrivacyError::DoesNotFit { fits, column, .. } = error else { panic!("{message}") };
                    assert_eq!(column, "value");
                    refused.push((treatment.name(), fits));
                }
            }
        }
        // What the message offers is what works. Decimals are the one kind of truncation that is not among the above.
        for (name, fits) in refused {
            let fits: std::collections::BTreeSet<_> = fits.into_iter().collect();
            let mut expected = fitting.clone();
            if treat_batch(&case.array, Treatment::Truncate(Truncate::Decimals(0))).is_ok() {
                expected.insert("truncate");
            }
            assert_eq!(fits, expected, "offered for {data_type} in place of {name}");
        }
    }
}

#[test]
fn dictionaries_with_values_that_no_row_uses() {
    let keys = arrow::array::Int32Array::from(vec![Some(0), None]);
    let values: ArrayRef = Arc::new(texts());
    let array: ArrayRef = Arc::new(arrow::array::DictionaryArray::<Int32Type>::new(keys, values));
    let result = treat_batch(&array, pseudonym("email")).unwrap();
    let bytes = everything(result.column(0));
    assert!(!contains(&bytes, b"canary"));
    assert!(result.column(0).is_null(1));
}
