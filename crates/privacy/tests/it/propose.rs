//! Proposals for columns as they are found in the wild.

use std::sync::Arc;

use ade_privacy::{Class, Confidence, DataFamily, Proposal, Treatment, propose};
use arrow::{
    array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, new_empty_array},
    datatypes::{DataType, TimeUnit},
};

fn of_texts<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Proposal {
    let sample: ArrayRef = Arc::new(StringArray::from_iter_values(values));
    propose(name, &DataType::Utf8, &sample)
}

fn of_type(name: &str, data_type: &DataType) -> Proposal {
    propose(name, data_type, &new_empty_array(data_type))
}

fn class(proposal: &Proposal) -> &str {
    proposal.class.as_ref().map_or("-", Class::name)
}

#[test]
fn names_in_several_languages() {
    for (name, expected) in [
        ("email", "email"),
        ("customerEmail", "email"),
        ("e_mail_adresse", "email"),
        ("Telefonnummer", "phone"),
        ("mobile", "phone"),
        ("vorname", "person_name"),
        ("apellidos", "person_name"),
        ("last_name", "person_name"),
        ("delivery_name", "person_name"),
        ("managerName", "person_name"),
        ("username", "username"),
        ("SSN", "government_id"),
        ("codice_fiscale", "government_id"),
        ("shipping_address_line_1", "address"),
        ("Straße", "address"),
        ("plz", "postcode"),
        ("zip_code", "postcode"),
        ("Geburtsdatum", "date_of_birth"),
        ("ip_address", "ip_address"),
        ("latitude", "coordinates"),
        ("card_number", "payment_card"),
        ("iban", "iban"),
        ("bank_account_iban", "iban"),
        ("account_number", "payment_card"),
        ("password_hash", "secret"),
        ("api_key", "secret"),
        ("order_id", "identifier"),
        ("uuid", "identifier"),
    ] {
        let proposal = of_type(name, &DataType::Utf8);
        assert_eq!(class(&proposal), expected, "{name}: {}", proposal.reason);
    }
}

#[test]
fn values_speak_louder_than_names() {
    for (name, values, expected) in [
        ("contact", vec!["a@x.example", "b@y.example", "c@z.example"], "email"),
        ("field_7", vec!["4111111111111111", "5555555555554444", "378282246310005"], "payment_card"),
        ("field_8", vec!["DE89370400440532013000", "GB29NWBK60161331926819", "NO9386011117947"], "iban"),
        ("source", vec!["203.0.113.1", "198.51.100.7", "2001:db8::5"], "ip_address"),
        ("contact", vec!["+44 20 7946 0958", "+49 30 901820", "+33 1 40 20 50 50"], "phone"),
        (
            "value",
            vec!["$2b$12$abcdefghijklmnopqrstuv", "$2b$12$bbcdefghijklmnopqrstuv", "$2a$12$cbcdefghijklmnopqrstuv"],
            "secret",
        ),
    ] {
        let proposal = of_texts(name, values);
        assert_eq!(class(&proposal), expected, "{}", proposal.reason);
        assert_eq!(proposal.confidence, Confidence::High);
    }
    // Numbers of accounts are told by their check whatever they are called, and those that fail it are told to.
    let accounts = ["DE89370400440532013000", "GB29NWBK60161331926819", "NO9386011117947"];
    assert_eq!(class(&of_texts("bank_account", accounts.to_vec())), "iban");
    let broken = of_texts("iban", accounts.map(|account| account.get(..14).unwrap()).to_vec());
    assert_eq!((class(&broken), broken.confidence), ("iban", Confidence::Low));
    let cards: ArrayRef =
        Arc::new(Int64Array::from(vec![4_111_111_111_111_111, 5_555_555_555_554_444, 378_282_246_310_005]));
    assert_eq!(class(&propose("field", &DataType::Int64, &cards)), "payment_card");
}

#[test]
fn free_text_is_recognised() {
    let notes: Vec<String> =
        (0..50).map(|n| format!("The customer number {n} wants to be called back in the week after next")).collect();
    assert_eq!(class(&of_texts("field", notes.iter().map(String::as_str))), "free_text");
    let slips: Vec<String> =
        (0..50).map(|n| if n == 7 { "write to ann@x.example".to_owned() } else { "ok".to_owned() }).collect();
    let proposal = of_texts("field", slips.iter().map(String::as_str));
    assert_eq!((class(&proposal), proposal.confidence), ("free_text", Confidence::High));
    assert_eq!(class(&of_type("comment", &DataType::Utf8)), "free_text");
}

#[test]
fn what_is_unsure_is_left_to_a_person() {
    let names: Vec<String> = (0..50).map(|n| format!("Item{n}")).collect();
    for proposal in [
        of_texts("name", names.iter().map(String::as_str)),
        of_texts("value", ["x", "y"]),
        of_texts("name", ["Bottle & Cork London 1", "Bottle & Cork Paris 2", "Wine & Beer Madrid 3", "x", "y"]),
        of_type("file_name", &DataType::Utf8),
        of_type("score", &DataType::Float64),
        of_type("gender", &DataType::Utf8),
        of_type("salary", &DataType::Int64),
        of_type("religion", &DataType::Boolean),
        of_type("value", &DataType::Date32),
        of_type("payload", &DataType::Binary),
    ] {
        assert_eq!((class(&proposal), &proposal.treatment), ("-", &None), "{}", proposal.reason);
        assert_eq!(proposal.confidence, Confidence::Low);
    }
}

#[test]
fn plain_facts_are_public() {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    for (name, data_type) in [
        ("created_at", &timestamp),
        ("email_sent_at", &timestamp),
        ("total_amount", &DataType::Decimal128(12, 2)),
        ("quantity", &DataType::Int32),
        ("is_active", &DataType::Boolean),
        ("phone_verified", &DataType::Boolean),
        ("order_date", &DataType::Date32),
    ] {
        let proposal = of_type(name, data_type);
        assert_eq!(class(&proposal), "public", "{name}: {}", proposal.reason);
        assert_eq!(proposal.treatment, Some(Treatment::Keep));
    }
    let states: Vec<&str> = (0..100).map(|n| if n % 3 == 0 { "paid" } else { "open" }).collect();
    assert_eq!(class(&of_texts("status", states)), "public");
}

#[test]
fn a_name_that_the_values_contradict_is_still_taken_seriously() {
    let proposal = of_texts("phone", ["yes", "no", "yes", "no"]);
    assert_eq!((class(&proposal), proposal.confidence), ("phone", Confidence::Low));
}

#[test]
fn the_treatment_fits_the_type() {
    for (name, data_type) in [
        ("date_of_birth", DataType::Int64),
        ("house_number", DataType::Int64),
        ("ip_address", DataType::Binary),
        ("zip", DataType::Int64),
        ("latitude", DataType::Float64),
        ("dob", DataType::Date32),
    ] {
        let proposal = of_type(name, &data_type);
        let treatment = proposal.treatment.unwrap();
        let array = new_empty_array(&data_type);
        assert!(crate::column::treat_batch(&array, treatment.clone()).is_ok(), "{treatment} for {name} {data_type}");
    }
}

#[test]
fn reasons_never_hold_values() {
    let arrays: [ArrayRef; 4] = [
        Arc::new(StringArray::from(vec!["canary@leak.example"; 30])),
        Arc::new(StringArray::from(vec!["canary wrote a long text about canary@leak.example yesterday"; 30])),
        Arc::new(Float64Array::from(vec![8071.25; 30])),
        Arc::new(BooleanArray::from(vec![true; 3])),
    ];
    for array in &arrays {
        for name in ["email", "x", "note", "id", "phone", "status"] {
            let reason = propose(name, array.data_type(), array).reason;
            assert!(!reason.contains("canary") && !reason.contains("8071"), "{reason}");
            assert!(!reason.is_empty() && DataFamily::of(array.data_type()) != DataFamily::Other);
        }
    }
}

#[test]
fn keys_hashes_and_flags_of_health_are_not_waved_through() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a8F3kq-20", "Zq81-0x", "9981kk-1"]));
    for (name, expected) in [
        ("encryption_key", Some(Class::Secret)),
        ("signing_key", Some(Class::Secret)),
        ("client_key", Some(Class::Secret)),
        ("reset_hash", Some(Class::Secret)),
        ("ni_key", Some(Class::GovernmentId)),
        ("partner_key", None),
        ("row_hash", None),
        ("sku", Some(Class::Identifier)),
    ] {
        assert_eq!(propose(name, &DataType::Utf8, &texts).class, expected, "{name}");
    }
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    assert_eq!(propose("customer_key", &DataType::Int64, &numbers).class, Some(Class::Identifier));
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    for name in ["hiv_positive", "smoker", "is_pregnant", "vaccinated"] {
        assert_eq!(propose(name, &DataType::Boolean, &flags).class, None, "{name}");
    }
    assert_eq!(propose("is_active", &DataType::Boolean, &flags).class, Some(Class::Public));
}
