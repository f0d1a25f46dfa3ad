//! The same person joins across types, layouts and sources; different people and domains do not.

use std::sync::Arc;

use ade_privacy::{Domain, Obfuscator, Policy, decrypt, decrypt_text};
use arrow::{
    array::{Array, ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Field, Schema},
};
use proptest::prelude::*;

use crate::column::{decided, encrypt, keyring, pseudonym, text, texts, treat};

fn layouts(values: &StringArray) -> Vec<ArrayRef> {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int16), Box::new(DataType::Utf8));
    [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Binary, DataType::BinaryView, dictionary]
        .iter()
        .map(|layout| cast(values, layout).unwrap())
        .collect()
}

/// What is remembered of earlier rows and batches, and that batches are worked on side by side, changes nothing.
#[test]
fn a_value_has_the_same_pseudonym_in_every_row_batch_and_thread() {
    let schema = Arc::new(Schema::new(vec![Field::new("value", DataType::Utf8, true)]));
    let policy = Policy::new(vec![decided("value", pseudonym("customer"))]);
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring()).unwrap();
    // Values that repeat soon, late and never; NULL, empty and long ones.
    let value = |number: usize| match number % 11 {
        0 => None,
        1 => Some(String::new()),
        2 => Some("x".repeat(number % 150)),
        3 => Some(format!("rare {number}")),
        4 => Some(format!("late {}", number % 2_500)),
        _ => Some(format!("soon {}", number % 37)),
    };
    let alone =
        |value: Option<String>| treat(&(Arc::new(StringArray::from(vec![value])) as ArrayRef), pseudonym("customer"));
    let expected: std::collections::HashMap<Option<String>, Option<String>> =
        (0..6_000).map(|number| (value(number), texts(&alone(value(number))).remove(0))).collect();
    let of_batch = |batch: usize| {
        let numbers = batch * 1_500..(batch + 1) * 1_500;
        let array: ArrayRef = Arc::new(numbers.clone().map(value).collect::<StringArray>());
        let treated = obfuscator.apply(&RecordBatch::try_new(Arc::clone(&schema), vec![array]).unwrap()).unwrap();
        for (number, found) in numbers.zip(texts(treated.column(0))) {
            assert_eq!(found, expected[&value(number)], "row {number}");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let _ = scope.spawn(|| (0..4).for_each(of_batch));
        }
    });
    (0..4).for_each(of_batch);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_layout_gives_the_same_pseudonyms(values in prop::collection::vec(prop::option::of(".{0,80}"), 1..200)) {
        let array = StringArray::from(values);
        let mut results = layouts(&array).into_iter().map(|layout| texts(&treat(&layout, pseudonym("email"))));
        let first = results.next().unwrap();
        for other in results {
            prop_assert_eq!(&other, &first);
        }
        for (raw, result) in array.iter().zip(&first) {
            prop_assert_eq!(raw.is_none(), result.is_none());
            let length = result.as_ref().map_or(0, String::len);
            prop_assert_eq!(length == 0, raw.is_none_or(|raw| raw.trim().is_empty()));
            prop_assert!(length == 0 || length == 26);
        }
    }

    #[test]
    fn equal_rows_stay_equal_and_unequal_rows_unequal(values in prop::collection::vec("[a-e]{1,2}", 1..3_000)) {
        let array: ArrayRef = Arc::new(StringArray::from(values.clone()));
        let results = texts(&treat(&array, pseudonym("customer")));
        let mut seen = std::collections::HashMap::new();
        for (value, result) in values.iter().zip(&results) {
            prop_assert_eq!(seen.entry(value).or_insert(result), &result);
        }
        let distinct: std::collections::HashSet<_> = seen.values().collect();
        prop_assert_eq!(distinct.len(), seen.len());
    }

    #[test]
    fn an_email_joins_however_it_is_typed(local in "[a-z]{1,10}(\\.[a-z]{1,8})?", spaces in "[ \t]{0,3}", upper in any::<bool>()) {
        let plain = format!("{local}@example.com");
        let typed = format!("{spaces}{}{spaces}", if upper { plain.to_uppercase() } else { plain.clone() });
        let of = |text: String| texts(&treat(&(Arc::new(StringArray::from(vec![text])) as ArrayRef), pseudonym("email")));
        prop_assert_eq!(of(plain), of(typed));
    }

    #[test]
    fn integers_join_their_decimal_text(number in any::<i64>()) {
        let integer: ArrayRef = Arc::new(Int64Array::from(vec![number]));
        let written: ArrayRef = Arc::new(StringArray::from(vec![format!(" {number} ")]));
        prop_assert_eq!(text(&treat(&integer, pseudonym("customer"))), text(&treat(&written, pseudonym("customer"))));
    }

    #[test]
    fn encryption_is_reversible(values in prop::collection::vec(".{0,60}", 1..20), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let (domain, keyring) = (Domain::new("notes").unwrap(), keyring());
        let array: ArrayRef = Arc::new(StringArray::from(values.clone()));
        for (value, sealed) in values.iter().zip(texts(&treat(&array, encrypt("notes")))) {
            let plain = decrypt_text(&sealed.unwrap(), &domain, &keyring).unwrap();
            prop_assert_eq!(plain.as_str(), value);
        }
        let array: ArrayRef = Arc::new(BinaryArray::from(vec![bytes.as_slice()]));
        let sealed = text(&treat(&array, encrypt("notes")));
        let plain = decrypt(&sealed, &domain, &keyring).unwrap();
        prop_assert_eq!(plain.as_slice(), bytes.as_slice());
    }
}

#[test]
fn domains_do_not_join() {
    let array: ArrayRef = Arc::new(StringArray::from(vec!["ann"]));
    let results: std::collections::HashSet<_> =
        ["customer", "supplier", "email"].iter().map(|domain| text(&treat(&array, pseudonym(domain)))).collect();
    assert_eq!(results.len(), 3);
}

#[test]
fn null_stays_null_and_the_empty_text_empty() {
    let array: ArrayRef = Arc::new(StringArray::from(vec![None, Some(""), Some("  "), Some("x")]));
    let result = treat(&array, pseudonym("customer"));
    assert!(result.is_null(0));
    assert_eq!(texts(&result)[1..3], [Some(String::new()), Some(String::new())]);
    assert_eq!(texts(&result)[3].as_ref().map(String::len), Some(26));
}

#[test]
fn a_slice_of_a_column_is_treated_like_the_column() {
    let values: Vec<_> = (0..100).map(|row| (row % 7 != 0).then(|| format!("user{}", row % 13))).collect();
    for array in layouts(&StringArray::from(values)) {
        let whole = treat(&array, pseudonym("customer"));
        let part = treat(&array.slice(31, 40), pseudonym("customer"));
        assert_eq!(&part, &whole.slice(31, 40), "{}", array.data_type());
    }
}
