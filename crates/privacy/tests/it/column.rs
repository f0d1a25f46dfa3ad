//! One column through an obfuscator.

use std::sync::Arc;

use ade_privacy::{Class, ColumnPolicy, Domain, Keyring, Obfuscator, Origin, Policy, PrivacyError, Treatment};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Field, Schema},
};

/// The key of all tests: the bytes 0 to 31.
pub(crate) fn keyring() -> Keyring {
    let mut key = [0; 32];
    for (byte, value) in key.iter_mut().zip(0..) {
        *byte = value;
    }
    Keyring::generate(key)
}

pub(crate) fn pseudonym(domain: &str) -> Treatment {
    Treatment::Pseudonym { domain: Domain::new(domain).unwrap() }
}

pub(crate) fn encrypt(domain: &str) -> Treatment {
    Treatment::Encrypt { domain: Domain::new(domain).unwrap() }
}

pub(crate) fn decided(column: &str, treatment: Treatment) -> ColumnPolicy {
    ColumnPolicy { column: column.to_owned(), class: Class::Public, treatment, origin: Origin::Column }
}

/// The batch with `array` as its only column, treated.
pub(crate) fn treat_batch(array: &ArrayRef, treatment: Treatment) -> Result<RecordBatch, PrivacyError> {
    let schema = Arc::new(Schema::new(vec![Field::new("value", array.data_type().clone(), true)]));
    let policy = Policy::new(vec![decided("value", treatment)]);
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring())?;
    obfuscator.apply(&RecordBatch::try_new(schema, vec![Arc::clone(array)]).unwrap())
}

/// The array, treated.
pub(crate) fn treat(array: &ArrayRef, treatment: Treatment) -> ArrayRef {
    Arc::clone(treat_batch(array, treatment).unwrap().column(0))
}

/// An array of any type that casts to text, as texts.
pub(crate) fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let texts = cast(array, &DataType::LargeUtf8).unwrap();
    texts.as_string::<i64>().iter().map(|text| text.map(str::to_owned)).collect()
}

/// The only text of an array of one row.
pub(crate) fn text(array: &ArrayRef) -> String {
    assert_eq!(array.len(), 1);
    texts(array).remove(0).expect("a value")
}
