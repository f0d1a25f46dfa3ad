//! Pseudonyms and encrypted values that must never change. The expected texts were computed with Python 3: `hmac` and
//! `hashlib` for HKDF and HMAC, `base64.b32encode`, and `AESSIV` of the package `cryptography` 46.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array, StringArray, UInt64Array,
};

use crate::column::{encrypt, keyring, pseudonym, text, texts, treat};

fn string(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

#[test]
fn pseudonyms_of_canonical_forms() {
    for (domain, value, expected) in [
        ("email", " Ann.Lee@EXAMPLE.com", "j4tzp4zsxnauc4fo4wdyii5ez3"),
        ("phone", "+44 (0)20 7946 0958", "2lrhibyqb3ba2adpyv3ngk3b2i"),
        ("person_name", "JOSE\u{301}  Weiß", "jzqo6fnf6rscf3cm2ytrbiq6ry"),
        ("username", "AnnLee", "iemnq2kay5w6trpah4afs62oc4"),
        ("government_id", "ab 12 34 56 c", "lteqrvvtm67bv564jgwrca4cdb"),
        ("customer", "42", "yq3thzznttmt7nclyzbbqbacj7"),
        ("customer", "2024-02-29", "ra5kl7yqcb2rhxjftth7oy7fej"),
    ] {
        assert_eq!(text(&treat(&string(value), pseudonym(domain))), expected, "{domain} {value}");
    }
    assert_eq!(text(&treat(&string(&"a".repeat(200)), pseudonym("customer"))), "4hoexombacutsxpo7pbg7m6xg5");
}

#[test]
fn the_same_value_of_another_type_has_the_same_pseudonym() {
    let decimal = Decimal128Array::from(vec![4_200]).with_precision_and_scale(10, 2).unwrap();
    let arrays: [ArrayRef; 5] = [
        Arc::new(Int32Array::from(vec![42])),
        Arc::new(UInt64Array::from(vec![42])),
        Arc::new(Float64Array::from(vec![42.0])),
        Arc::new(decimal),
        Arc::new(BinaryArray::from(vec![b"42".as_slice()])),
    ];
    for array in arrays {
        let found = text(&treat(&array, pseudonym("customer")));
        assert_eq!(found, "yq3thzznttmt7nclyzbbqbacj7", "{}", array.data_type());
    }
    for array in [Arc::new(Int32Array::from(vec![-42])) as ArrayRef, string("-42")] {
        let found = texts(&treat(&array, pseudonym("customer")));
        assert_eq!(found, texts(&treat(&string(" -42 "), pseudonym("customer"))), "{}", array.data_type());
    }
    let gaps: ArrayRef = Arc::new(Int32Array::from(vec![Some(42), None, Some(42)]));
    let found = texts(&treat(&gaps, pseudonym("customer")));
    assert_eq!((found[0] == found[2], found[1].is_none()), (true, true));
    let leap_day: ArrayRef = Arc::new(Date32Array::from(vec![19_782]));
    assert_eq!(text(&treat(&leap_day, pseudonym("customer"))), "ra5kl7yqcb2rhxjftth7oy7fej");
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![[0xff, 0x00, 0x01].as_slice()]));
    assert_eq!(text(&treat(&bytes, pseudonym("customer"))), "gbfq2nlf2dggje37tjqvk3aocm");
}

#[test]
fn encrypted_values() {
    assert_eq!(keyring().id().to_string(), "0a43a65f");
    for (domain, value, expected) in [
        ("email", "Ann.Lee@Example.COM", "ade1:0a43a65f:APE_J-LHeb2g2YspB6qWib0I73ZrDnraIGd_MoegiPlEAXo"),
        ("customer", "42", "ade1:0a43a65f:WCPSdzAAZiiYhOl9D2mz7xq1"),
        ("customer", "", "ade1:0a43a65f:aKKqH84acEOCUe703CDL7A"),
    ] {
        assert_eq!(text(&treat(&string(value), encrypt(domain))), expected, "{domain}");
    }
}
