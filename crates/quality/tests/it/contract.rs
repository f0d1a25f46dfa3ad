//! Promised and actual columns.

use std::sync::Arc;

use ade_quality::{
    Check, CheckKind, CheckStatus, Contract, ContractColumn, ContractViolation, Deviation, ExtraColumns,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

use crate::setup::{check, integers, run, run_one, session, table, texts};

fn promised(columns: &[(&str, &str)]) -> Contract {
    let column = |(name, data_type): &(&str, &str)| ContractColumn {
        name: (*name).to_owned(),
        data_type: (!data_type.is_empty()).then(|| (*data_type).to_owned()),
        nullable: !data_type.contains("bigint"),
    };
    Contract { columns: columns.iter().map(column).collect(), extra: ExtraColumns::Refuse }
}

fn actual(columns: Vec<(&str, DataType)>) -> Schema {
    Schema::new(columns.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect::<Vec<_>>())
}

fn words(violations: &[ContractViolation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_as_promised_has_no_violation() {
    let contract = promised(&[
        ("id", "bigint"),
        ("name", "TEXT"),
        ("long_name", "varchar(20)"),
        ("price", "decimal(12,2)"),
        ("any_price", "numeric"),
        ("at", "timestamp"),
        ("at_zone", "timestamptz"),
        ("whatever", ""),
    ]);
    let actual = actual(vec![
        ("whatever", DataType::Boolean),
        ("_ade_batch_id", DataType::Utf8),
        ("at", DataType::Timestamp(TimeUnit::Nanosecond, None)),
        ("at_zone", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("id", DataType::Int64),
        ("name", DataType::Utf8View),
        ("long_name", DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))),
        ("price", DataType::Decimal128(12, 2)),
        ("any_price", DataType::Decimal128(20, 5)),
    ]);
    assert_eq!(contract.compare(&actual), []);
}

#[test]
fn a_renamed_column_is_recognised() {
    let contract = promised(&[("sku", "varchar"), ("store_id", "bigint"), ("quantity", "bigint")]);
    let renamed = actual(vec![
        ("sku_code", DataType::Utf8),
        ("store_id", DataType::Int64),
        ("qty_on_hand", DataType::Int64),
        ("note", DataType::Utf8),
    ]);
    let violations = contract.compare(&renamed);
    assert_eq!(
        words(&violations),
        [
            "`sku` is missing (renamed to `sku_code`?)",
            "`quantity` is missing (renamed to `qty_on_hand`?)",
            "`sku_code` (varchar) was not promised",
            "`qty_on_hand` (bigint) was not promised",
            "`note` (varchar) was not promised",
        ]
    );
    assert_eq!(
        violations[0].hint.as_deref(),
        Some("if `sku_code` is what was `sku`, say so in the query or in the contract")
    );
    let allowing = Contract { extra: ExtraColumns::Allow, ..contract };
    assert_eq!(allowing.compare(&renamed).len(), 2);
}

#[test]
fn the_only_new_column_of_the_type_that_is_gone_is_taken_for_it() {
    let contract = promised(&[("sku", "varchar"), ("stock", "bigint")]);
    let same_type = actual(vec![("sku", DataType::Utf8), ("on_hand", DataType::Int64)]);
    assert_eq!(words(&contract.compare(&same_type))[0], "`stock` is missing (renamed to `on_hand`?)");
    let other_type = actual(vec![("sku", DataType::Utf8), ("on_hand", DataType::Utf8)]);
    assert_eq!(words(&contract.compare(&other_type))[0], "`stock` is missing");
    let case = actual(vec![("SKU", DataType::Utf8), ("stock", DataType::Int64)]);
    assert_eq!(words(&contract.compare(&case))[0], "`sku` is missing (renamed to `SKU`?)");
}

#[test]
fn no_column_is_the_new_name_of_two() {
    let contract = promised(&[("order_id", "bigint"), ("order_ids", "bigint")]);
    let violations = contract.compare(&actual(vec![("orderid", DataType::Int64)]));
    assert_eq!(words(&violations)[..2], ["`order_id` is missing (renamed to `orderid`?)", "`order_ids` is missing"]);
}

#[test]
fn other_types_and_types_that_do_not_exist_are_named() {
    let contract = promised(&[("id", "bigint"), ("price", "decimal(12,2)"), ("name", "varchr")]);
    let violations = contract.compare(&actual(vec![
        ("id", DataType::Int32),
        ("price", DataType::Decimal128(10, 2)),
        ("name", DataType::Utf8),
    ]));
    assert_eq!(
        words(&violations),
        [
            "`id` is integer, promised is bigint",
            "`price` is numeric(10,2), promised is decimal(12,2)",
            "`name` is promised as varchr, which is no type",
        ]
    );
    assert_eq!(violations[0].hint.as_deref(), Some("cast it to bigint, or promise integer"));
    assert_eq!(violations[2].hint.as_deref(), Some("did you mean varchar?"));
}

#[tokio::test]
async fn as_a_check_it_also_counts_missing_values() {
    let rows = table(vec![
        ("id", integers(&[Some(1), None, None])),
        ("name", texts(&[None, Some("b"), None])),
        ("size", integers(&[Some(1), Some(1), Some(1)])),
    ]);
    let session = session(vec![("orders", rows)]);
    let contract = promised(&[("id", "bigint"), ("name", "varchar"), ("size", "bigint")]);
    let outcome = run_one(&session, check(CheckKind::Contract(contract.clone()))).await;
    assert_eq!((outcome.status, outcome.failures), (CheckStatus::Fail, Some(1)));
    assert_eq!(outcome.message, "main.orders is not as promised: 2 of 3 rows have no `id`");
    assert_eq!(outcome.violations[0].deviation, Deviation::Nulls { rows: 2, total: 3 });
    assert_eq!(outcome.hints.len(), 1);

    let gone = promised(&[("id", "bigint"), ("nam", "varchar"), ("colour", "bigint")]);
    let other = Check::new("rows", crate::setup::relation("orders"), CheckKind::RowCount { min: Some(1), max: None });
    let outcomes = run(&session, &[check(CheckKind::Contract(gone)), other]).await;
    assert_eq!(outcomes[0].failures, Some(5), "{outcomes:?}");
    assert_eq!(outcomes[1].status, CheckStatus::Pass);

    let filled = Check { filter: Some("id is not null".to_owned()), ..check(CheckKind::Contract(contract)) };
    assert_eq!(run_one(&session, filled).await.status, CheckStatus::Pass);
}

#[test]
fn violations_are_structured_for_machines() {
    let contract = promised(&[("sku", "varchar")]);
    let violations = contract.compare(&Arc::new(actual(vec![("sku_code", DataType::Utf8)])));
    assert!(
        matches!(&violations[0].deviation, Deviation::Missing { renamed_to: Some(name), .. } if name == "sku_code")
    );
}
