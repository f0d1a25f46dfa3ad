//! Names of types.

use ade_engine::{sql_type, type_name};
use arrow::datatypes::{DataType, TimeUnit};

use crate::support::{ask, catalog, session};

#[test]
fn names_and_types() {
    let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    for (name, data_type, back) in [
        ("bigint", DataType::Int64, "bigint"),
        ("INT8", DataType::Int64, "bigint"),
        ("int", DataType::Int32, "integer"),
        ("smallint", DataType::Int16, "smallint"),
        ("double", DataType::Float64, "double"),
        ("double precision", DataType::Float64, "double"),
        ("float", DataType::Float64, "double"),
        ("real", DataType::Float32, "real"),
        ("numeric(12,2)", DataType::Decimal128(12, 2), "numeric(12,2)"),
        ("decimal(5)", DataType::Decimal128(5, 0), "numeric(5,0)"),
        ("numeric", DataType::Decimal128(38, 10), "numeric(38,10)"),
        ("varchar", DataType::Utf8, "varchar"),
        ("varchar(20)", DataType::Utf8, "varchar"),
        ("character varying(3)", DataType::Utf8, "varchar"),
        ("text", DataType::Utf8, "varchar"),
        ("uuid", DataType::Utf8, "varchar"),
        ("json", DataType::Utf8, "varchar"),
        ("jsonb", DataType::Utf8, "varchar"),
        ("interval", DataType::Utf8, "varchar"),
        ("bool", DataType::Boolean, "boolean"),
        ("date", DataType::Date32, "date"),
        ("time", DataType::Time64(TimeUnit::Microsecond), "time"),
        ("timestamp", micros(None), "timestamp"),
        ("timestamp without time zone", micros(None), "timestamp"),
        ("timestamptz", micros(Some("UTC")), "timestamptz"),
        ("timestamp with time zone", micros(Some("UTC")), "timestamptz"),
        ("bytea", DataType::Binary, "bytea"),
        ("blob", DataType::Binary, "bytea"),
        ("text[]", DataType::new_list(DataType::Utf8, true), "varchar[]"),
        ("int[][]", DataType::new_list(DataType::new_list(DataType::Int32, true), true), "integer[][]"),
    ] {
        let found = sql_type(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found, data_type, "{name}");
        assert_eq!(type_name(&found), back, "{name}");
        assert_eq!(sql_type(back).ok(), Some(data_type), "{back}");
    }
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    for (name, hint) in [("bigiant", "did you mean bigint?"), ("timestmap", "did you mean timestamp?")] {
        assert_eq!(sql_type(name).expect_err("no type").hint.as_deref(), Some(hint));
    }
    for name in ["", "int int", "numeric(39,2)", "numeric(5,6)", "select 1"] {
        assert!(sql_type(name).is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_cast_gives_the_type_that_a_column_would_have() {
    let session = session(catalog());
    for name in [
        "bigint",
        "integer",
        "double",
        "numeric(12,2)",
        "boolean",
        "date",
        "timestamp",
        "timestamptz",
        "varchar",
        "bytea",
    ] {
        let schema = session.schema_of(&format!("select null::{name} as x")).await.expect("a schema");
        assert_eq!(type_name(schema.field(0).data_type()), name);
    }
    assert_eq!(ask(&session, "select pg_typeof(now()), pg_typeof(1.5)").await, "timestamp with time zone|numeric");
}
