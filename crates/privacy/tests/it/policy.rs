//! Who decides about a column.

use std::{collections::BTreeMap, sync::Arc};

use ade_privacy::{Class, Classes, DataFamily, Declaration, Obfuscator, Origin, Policy, PrivacyError, Rule, Treatment};
use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StructArray},
    datatypes::{DataType, Field, Fields, Schema, TimeUnit},
};

use crate::column::{decided, keyring, pseudonym};

fn declared(column: &str, class: Class, treatment: Option<Treatment>) -> (String, Declaration) {
    (column.to_owned(), Declaration { class, treatment })
}

fn rule(column: &str, table: Option<&str>, types: &[DataFamily], class: Class) -> Rule {
    Rule { column: column.to_owned(), table: table.map(str::to_owned), types: types.to_vec(), class, treatment: None }
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("email", DataType::Utf8, true),
        Field::new("created_at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("updated_at", DataType::Utf8, true),
        Field::new("note", DataType::Utf8, true),
    ])
}

#[test]
fn the_column_wins_then_the_first_rule_that_matches() {
    let rules = [
        rule("*_at", Some("app.*"), &[DataFamily::Timestamp], Class::Public),
        rule("ID", None, &[], Class::Identifier),
        rule("e*", None, &[], Class::FreeText),
        rule("e*", None, &[], Class::Public),
    ];
    let columns = BTreeMap::from([declared("note", Class::FreeText, Some(Treatment::Null))]);
    let policy = Policy::resolve("app.users", &schema(), &columns, &rules, &Classes::builtin()).unwrap();
    let found: Vec<_> =
        policy.columns().iter().map(|c| (c.column.as_str(), c.class.name(), c.treatment.name(), c.origin)).collect();
    assert_eq!(
        found,
        [
            ("id", "identifier", "keep", Origin::Rule(1)),
            ("email", "free_text", "redact", Origin::Rule(2)),
            ("created_at", "public", "keep", Origin::Rule(0)),
            ("note", "free_text", "null", Origin::Column),
        ]
    );
    // Text is no timestamp, so the rule is silent and nobody has decided.
    let unclassified: Vec<_> = policy.unclassified().iter().map(|left| left.column.as_str()).collect();
    assert_eq!(unclassified, ["updated_at"]);
    let crm = Policy::resolve("crm.users", &schema(), &columns, &rules, &Classes::builtin()).unwrap();
    assert!(crm.column("created_at").is_none());
}

#[test]
fn unclassified_columns_stop_the_table_or_are_settled() {
    let mut policy = Policy::resolve(
        "app.users",
        &schema(),
        &BTreeMap::new(),
        &[rule("*", None, &[DataFamily::Integer], Class::Public)],
        &Classes::builtin(),
    )
    .unwrap();
    let error = Obfuscator::new(&schema(), &policy, &keyring()).unwrap_err();
    let columns = ["email", "created_at", "updated_at", "note"].map(str::to_owned).to_vec();
    assert_eq!(error, PrivacyError::Unclassified { columns });
    policy.settle_unclassified(&Class::Public, &Treatment::Drop);
    let obfuscator = Obfuscator::new(&schema(), &policy, &keyring()).unwrap();
    let names: Vec<_> = obfuscator.output_schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id"]);
}

#[test]
fn a_class_must_be_defined() {
    let columns = BTreeMap::from([declared("id", Class::Custom("loyalty".to_owned()), None)]);
    let error = Policy::resolve("t", &schema(), &columns, &[], &Classes::builtin()).unwrap_err();
    assert!(matches!(error, PrivacyError::UnknownClass { .. }));
}

#[test]
fn structs_are_decided_whole_or_field_by_field() {
    let fields = Fields::from(vec![
        Field::new("ip", DataType::Utf8, false),
        Field::new("user", DataType::Utf8, false),
        Field::new("size", DataType::Int64, false),
    ]);
    let schema = Schema::new(vec![Field::new("context", DataType::Struct(fields.clone()), false)]);
    let columns: BTreeMap<_, _> =
        BTreeMap::from([declared("context.ip", Class::Secret, None), declared("context.user", Class::Username, None)]);
    let policy = Policy::resolve("t", &schema, &columns, &[], &Classes::builtin()).unwrap();
    assert_eq!(policy.unclassified()[0].column, "context.size");
    let error = Obfuscator::new(&schema, &policy, &keyring()).unwrap_err();
    assert_eq!(error, PrivacyError::Unclassified { columns: vec!["context.size".to_owned()] });

    let none = Policy::resolve("t", &schema, &BTreeMap::new(), &[], &Classes::builtin()).unwrap();
    assert_eq!(none.unclassified()[0].column, "context");

    let rules = [rule("context.size", None, &[], Class::Public)];
    let policy = Policy::resolve("t", &schema, &columns, &rules, &Classes::builtin()).unwrap();
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring()).unwrap();
    let children: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["203.0.113.9"])),
        Arc::new(StringArray::from(vec!["AnnLee"])),
        Arc::new(Int64Array::from(vec![3])),
    ];
    let array: ArrayRef = Arc::new(StructArray::new(fields, children, None));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
    let result = obfuscator.apply(&batch).unwrap();
    let result = result.column(0).as_struct();
    assert_eq!(result.column_names(), ["user", "size"]);
    assert_eq!(result.column(0).as_string::<i32>().value(0), "iemnq2kay5w6trpah4afs62oc4");
}

#[test]
fn batches_must_have_the_schema_that_was_promised() {
    let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true), Field::new("b", DataType::Int64, true)]);
    let policy = Policy::new(vec![decided("a", pseudonym("email")), decided("b", Treatment::Keep)]);
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring()).unwrap();
    let text: ArrayRef = Arc::new(StringArray::from(vec!["secret"]));
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    for batch in [
        RecordBatch::try_from_iter([("a", Arc::clone(&text))]).unwrap(),
        RecordBatch::try_from_iter([("a", Arc::clone(&text)), ("b", Arc::clone(&text))]).unwrap(),
        RecordBatch::try_from_iter([("b", Arc::clone(&number)), ("a", Arc::clone(&text))]).unwrap(),
        RecordBatch::try_from_iter([("a", Arc::clone(&text)), ("b", number), ("c", text)]).unwrap(),
    ] {
        let error = obfuscator.apply(&batch).unwrap_err();
        assert!(matches!(error, PrivacyError::SchemaMismatch { .. }), "{error}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn a_table_whose_columns_are_all_dropped_keeps_its_row_count() {
    let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true)]);
    let policy = Policy::new(vec![decided("a", Treatment::Drop)]);
    let obfuscator = Obfuscator::new(&schema, &policy, &keyring()).unwrap();
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![text]).unwrap();
    assert_eq!(obfuscator.apply(&batch).unwrap().num_rows(), 2);
}
