//! What becomes of PostgreSQL's types.

use ade_connect::ConnectError;
use arrow::array::AsArray;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use serde_json::json;

use crate::source::{Load, Source, TIMESTAMP, promise, timestamptz};

/// Each case in a table of its own, of one column `c`.
async fn load(
    source: &Source,
    table: &str,
    declared: &str,
    values: &str,
    promised: Option<DataType>,
) -> Result<Load, ConnectError> {
    source.execute(&format!("create table {table} (c {declared}); insert into {table} values {values};"));
    let mut request = source.request(table, json!({}));
    request.promised = promised.and_then(|data_type| promise(&[("c", data_type)]));
    source.read(&request).await
}

#[tokio::test]
async fn every_built_in_type_is_read_as_its_nearest() {
    let source = Source::postgres(
        "create extension hstore; create extension citext; create type mood as enum ('sad', 'it''s ok');
         create domain cents as numeric(8,2); create domain deep as cents check (value > 0);
         create type pair as (a int, b text); create domain word as text;",
    );
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("boolean", "(true), (null), (false)", "boolean", &["true", "NULL", "false"]),
        ("smallint", "(-32768), (null)", "smallint", &["-32768", "NULL"]),
        ("integer", "(2147483647), (-1)", "integer", &["2147483647", "-1"]),
        ("bigint", "(-9223372036854775808)", "bigint", &["-9223372036854775808"]),
        ("oid", "(4294967295)", "bigint", &["4294967295"]),
        ("real", "(1.5), ('NaN'), ('-Infinity')", "real", &["1.5", "NaN", "-inf"]),
        ("double precision", "(0.1), (1e300)", "double", &["0.1", "1e300"]),
        (
            "numeric(12,2)",
            "(19.99), (-0.01), (1e9), (null)",
            "decimal(12,2)",
            &["19.99", "-0.01", "1000000000.00", "NULL"],
        ),
        (
            "numeric(38,0)",
            "(99999999999999999999999999999999999999)",
            "decimal(38,0)",
            &["99999999999999999999999999999999999999"],
        ),
        (
            "numeric(38,38)",
            "(0.00000000000000000000000000000000000001)",
            "decimal(38,38)",
            &["0.00000000000000000000000000000000000001"],
        ),
        ("numeric(3,-2)", "(12345)", "decimal(5,0)", &["12300"]),
        ("numeric(2,4)", "(0.0012)", "decimal(4,4)", &["0.0012"]),
        (
            "numeric",
            "(1.50), ('NaN'), (1e40)",
            "varchar",
            &["1.50", "NaN", "10000000000000000000000000000000000000000"],
        ),
        ("numeric(60,2)", "(1)", "varchar", &["1.00"]),
        ("deep", "(7.5)", "decimal(8,2)", &["7.50"]),
        (
            "money",
            "(-12.34::numeric), (92233720368547758.07::numeric)",
            "decimal(19,2)",
            &["-12.34", "92233720368547758.07"],
        ),
        ("text", "('ä\nb'), (''), ('NULL')", "varchar", &["ä\nb", "", "NULL"]),
        ("varchar(3)", "('abc')", "varchar", &["abc"]),
        ("char(5)", "('ab  '), ('     ')", "varchar", &["ab", ""]),
        ("\"char\"", "('x')", "varchar", &["x"]),
        ("name", "('n')", "varchar", &["n"]),
        ("citext", "('MiXed')", "varchar", &["MiXed"]),
        ("word", "('w')", "varchar", &["w"]),
        ("mood", "('it''s ok')", "varchar", &["it's ok"]),
        ("uuid", "('F47AC10B-58CC-4372-A567-0E02B2C3D479')", "varchar", &["f47ac10b-58cc-4372-a567-0e02b2c3d479"]),
        ("json", "('{\"a\": 1}')", "varchar", &["{\"a\": 1}"]),
        ("jsonb", "('{\"a\":1}'), ('null')", "varchar", &["{\"a\": 1}", "null"]),
        ("xml", "('<a/>')", "varchar", &["<a/>"]),
        ("bytea", "('\\x00ff'), ('')", "bytea", &["00ff", ""]),
        ("date", "('2024-02-29'), ('0001-01-01'), ('9999-12-31')", "date", &["2024-02-29", "0001-01-01", "9999-12-31"]),
        ("time", "('23:59:59.999999'), ('00:00')", "time", &["23:59:59.999999", "00:00:00"]),
        ("timetz", "('10:00+02')", "varchar", &["10:00:00+02"]),
        (
            "timestamp",
            "('2024-01-01 10:00:00.5'), ('1900-01-01')",
            "timestamp",
            &["2024-01-01T10:00:00.500", "1900-01-01T00:00:00"],
        ),
        ("timestamptz", "('2024-01-01 12:00+02')", "timestamptz", &["2024-01-01T10:00:00Z"]),
        ("interval", "('1 year 2 days 03:04:05.6')", "varchar", &["1 year 2 days 03:04:05.6"]),
        ("inet", "('10.0.0.1'), ('10.0.0.0/8'), (null)", "varchar", &["10.0.0.1", "10.0.0.0/8", "NULL"]),
        ("cidr", "('10.0.0.0/8')", "varchar", &["10.0.0.0/8"]),
        ("macaddr", "('08:00:2b:01:02:03')", "varchar", &["08:00:2b:01:02:03"]),
        ("bit(3)", "('101')", "varchar", &["101"]),
        ("bit varying", "('1')", "varchar", &["1"]),
        ("hstore", "('a=>1')", "varchar", &["\"a\"=>\"1\""]),
        ("int4range", "('[1,5)')", "varchar", &["[1,5)"]),
        ("pair", "('(1,x)')", "varchar", &["(1,x)"]),
        ("point", "('(1,2)')", "varchar", &["(1,2)"]),
        ("tsvector", "('a b')", "varchar", &["'a' 'b'"]),
        (
            "integer[]",
            "('{1,NULL,3}'), ('{}'), (null), ('[2:3]={7,8}')",
            "integer[]",
            &["[1, , 3]", "[]", "NULL", "[7, 8]"],
        ),
        ("text[]", "('{a,\"b,c\",NULL}')", "varchar[]", &["[a, b,c, ]"]),
        ("numeric(6,2)[]", "('{1.5}')", "decimal(6,2)[]", &["[1.50]"]),
        (
            "uuid[]",
            "('{f47ac10b-58cc-4372-a567-0e02b2c3d479}')",
            "varchar[]",
            &["[f47ac10b-58cc-4372-a567-0e02b2c3d479]"],
        ),
        ("mood[]", "('{sad}')", "varchar[]", &["[sad]"]),
        ("integer[][]", "('{{1,2},{3,4}}')", "varchar", &["{{1,2},{3,4}}"]),
        ("interval[]", "('{1 day}')", "varchar", &["{\"1 day\"}"]),
        ("cents[]", "('{1}')", "varchar", &["{1.00}"]),
        ("numeric[]", "('{1.5,NaN}')", "varchar", &["{1.5,NaN}"]),
    ];
    for (index, (declared, values, data_type, expected)) in cases.iter().enumerate() {
        // Digits left of the point, and more after it than there are, came with version 15.
        if matches!(*declared, "numeric(3,-2)" | "numeric(2,4)") && source.postgres_version() < 15 {
            continue;
        }
        let load = load(&source, &format!("t{index}"), declared, values, None).await.unwrap();
        assert_eq!(
            (load.columns()[0].as_str(), load.rows()),
            (&*format!("c {data_type}"), expected.iter().map(|row| (*row).to_owned()).collect()),
            "{declared}"
        );
        let told = load.plan.notes.iter().any(|note| note.id == "numeric-as-text");
        assert_eq!(told, matches!(*declared, "numeric" | "numeric(60,2)"), "{declared}");
    }
}

#[tokio::test]
async fn a_promise_that_fits_is_kept() {
    let source = Source::postgres("");
    let cases: &[(&str, &str, DataType, &[&str])] = &[
        ("smallint", "(7)", DataType::Int64, &["7"]),
        ("integer", "(7)", DataType::Float64, &["7.0"]),
        ("integer", "(-7)", DataType::Decimal128(12, 2), &["-7.00"]),
        ("bigint", "(7)", DataType::Decimal128(20, 0), &["7"]),
        ("real", "(0.5)", DataType::Float64, &["0.5"]),
        ("numeric", "(1.5), (null)", DataType::Decimal128(10, 3), &["1.500", "NULL"]),
        ("numeric", "(15)", DataType::Int64, &["15"]),
        ("numeric", "(1.5), ('NaN')", DataType::Float64, &["1.5", "NaN"]),
        ("numeric(6,2)", "(1.5)", DataType::Decimal128(10, 3), &["1.500"]),
        ("boolean", "(true), (null)", DataType::Utf8, &["true", "NULL"]),
        ("integer", "(7)", DataType::Utf8, &["7"]),
        ("numeric(6,2)", "(7)", DataType::Utf8, &["7.00"]),
        (
            "date",
            "('2024-01-01'), ('infinity'), ('0044-03-15 BC')",
            DataType::Utf8,
            &["2024-01-01", "infinity", "0044-03-15 BC"],
        ),
        ("timestamptz", "('2024-01-01 12:00+02')", DataType::Utf8, &["2024-01-01 10:00:00+00"]),
        ("date", "('2024-01-01')", TIMESTAMP, &["2024-01-01T00:00:00"]),
        ("timestamp", "('2024-01-01')", timestamptz(), &["2024-01-01T00:00:00Z"]),
        ("timestamptz", "('2024-01-01 12:00+02')", TIMESTAMP, &["2024-01-01T10:00:00"]),
        ("integer[]", "('{1}')", DataType::Utf8, &["{1}"]),
        ("bytea", "('\\x00ff')", DataType::Utf8, &["\\x00ff"]),
        ("text", "('a')", DataType::Utf8View, &["a"]),
        ("bytea", "('\\x00ff')", DataType::LargeBinary, &["00ff"]),
    ];
    for (index, (declared, values, promised, expected)) in cases.iter().enumerate() {
        let load = load(&source, &format!("t{index}"), declared, values, Some(promised.clone())).await.unwrap();
        assert!(load.plan.drift().is_empty(), "{declared} {promised}");
        assert_eq!(load.plan.schema.field(0).data_type(), promised);
        assert_eq!(
            load.rows(),
            expected.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>(),
            "{declared} {promised}"
        );
    }
}

#[tokio::test]
async fn a_promise_that_cannot_be_kept_is_drift() {
    let source = Source::postgres(
        "create table t (i bigint, x text, n numeric(12,2), d double precision, new int, at timestamp); insert into t values (1);",
    );
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[
        ("i", DataType::Int32),
        ("gone", DataType::Utf8),
        ("x", DataType::Int64),
        ("n", DataType::Decimal128(12, 3)),
        ("d", DataType::Decimal128(12, 2)),
        ("at", DataType::Date32),
    ]);
    let plan = source.plan(&request).await.unwrap();
    let drift = plan.drift();
    let retyped: Vec<_> =
        drift.retyped.iter().map(|column| format!("{} {} {}", column.name, column.promised, column.found)).collect();
    assert_eq!(
        retyped,
        [
            "i integer bigint",
            "x bigint varchar",
            "n decimal(12,3) decimal(12,2)",
            "d decimal(12,2) double",
            "at date timestamp"
        ]
    );
    assert_eq!((drift.missing[0].name.as_str(), drift.new[0].name.as_str()), ("gone", "new"));
    assert!(source.read_error(&request).await.to_string().contains("column `i` is promised as integer"));
    // The others can be read without them.
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap().keeping(|name| matches!(name, "gone" | "new"));
    let (batches, _) = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(crate::source::rows(&batches), ["NULL|NULL"]);
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_at_its_cell() {
    let source = Source::postgres("");
    for (index, (declared, values, promised, expected)) in [
        (
            "numeric(6,2)",
            "(1), ('NaN')",
            None,
            "`t0`, ctid (0,2), column `c`: expected decimal(6,2), found NaN or infinity",
        ),
        (
            "numeric",
            "(1.5), (1.55)",
            Some(DataType::Decimal128(10, 1)),
            "`t1`, ctid (0,2), column `c`: expected decimal(10,1), found a number with more digits",
        ),
        ("numeric", "(1e18), (1e19)", Some(DataType::Int64), "expected bigint, found a number with more digits"),
        ("numeric", "(1000)", Some(DataType::Decimal128(5, 2)), "found a number with more digits"),
        (
            "date",
            "('0001-01-01 BC')",
            None,
            "found a date outside of the years 1 to 9999; correct it in the source, or promise",
        ),
        ("date", "('10000-01-01')", None, "expected date, found a date outside"),
        ("timestamp", "('294276-01-01')", None, "expected timestamp, found a date outside"),
        ("time", "('24:00:00')", None, "expected time, found the time of the end of a day"),
        ("integer[]", "('{1}'), ('{{1,2},{3,4}}')", None, "found an array of 2 dimensions"),
    ]
    .into_iter()
    .enumerate()
    {
        let Err(error) = load(&source, &format!("t{index}"), declared, values, promised).await else {
            panic!("{declared} {values} is read");
        };
        assert!(matches!(error, ConnectError::Value { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    // Deep in a large table, and in a view, where there is only a number.
    source.execute(
        "create table deep (c numeric); insert into deep select n from generate_series(1, 50000) n;
         update deep set c = 0.5 where c = 40000; create view seen as select c from deep order by c;",
    );
    let ctid = source.query("select ctid from deep where c = 0.5");
    for (from, place) in [("deep", format!("ctid {}", ctid[0])), ("seen", "row 1,".to_owned())] {
        let mut request = source.request(from, json!({}));
        request.promised = promise(&[("c", DataType::Int64)]);
        let error = source.read_error(&request).await.to_string();
        assert!(error.contains(&place), "{error}");
    }
}

#[tokio::test]
async fn infinity_is_the_last_day_and_is_told() {
    let source = Source::postgres(
        "create table t (d date, at timestamp, tz timestamptz[]);
         insert into t values ('infinity', '-infinity', '{infinity,2024-01-01Z}'), ('-infinity', '2024-01-01', null);",
    );
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert_eq!(
        load.rows(),
        [
            "9999-12-31|0001-01-01T00:00:00|[9999-12-31T23:59:59.999999Z, 2024-01-01T00:00:00Z]",
            "0001-01-01|2024-01-01T00:00:00|NULL"
        ]
    );
    let notes = &load.ends[0].notes;
    assert!(notes.iter().all(|note| note.id == "infinite-time" && note.is_warning()));
    let told: Vec<_> = notes.iter().map(|note| note.message.split(" infinite").next().unwrap()).collect();
    assert_eq!(
        told,
        ["2 values of column `d` of `t` are", "1 value of column `at` of `t` is", "1 value of column `tz` of `t` is"]
    );
}

/// Random values against what PostgreSQL itself writes.
#[tokio::test]
async fn what_is_read_is_what_postgresql_writes() {
    let source = Source::postgres(
        "select setseed(0.5);
         create table t as select n as id,
           ((random() - 0.5) * power(10, (n % 30)))::numeric(38,9) as dec,
           ((random() - 0.5) * 1e6)::numeric(15,2) as price,
           (random() * 9e18 - 4e18)::bigint as big,
           '0001-01-01'::date + (random() * 3652058)::int as day,
           '0001-01-01'::timestamp + random() * 3652058 * interval '1 day' as at,
           case when n % 3 > 0 then ('x' || md5(n::text))::text end as word,
           md5(n::text)::uuid as id2,
           (random() - 0.5) * power(10, (n % 600) - 300) as dbl,
           decode(repeat(md5(n::text), n % 5), 'hex') as raw,
           chr(200 + n % 50000 + case when 200 + n % 50000 between 55296 and 57343 then 3000 else 0 end) as sign
         from generate_series(1, 20000) n;",
    );
    let mut load = source.read(&source.request("t", json!({}))).await.unwrap();
    let batch = arrow::compute::concat_batches(&load.plan.schema, &std::mem::take(&mut load.batches)).unwrap();
    let options = arrow::util::display::FormatOptions::default();
    for (column, text) in [
        ("dec", "dec"),
        ("price", "price"),
        ("big", "big"),
        ("day", "day"),
        ("word", "coalesce(word, 'NULL')"),
        ("id2", "id2"),
        ("raw", "encode(raw, 'hex')"),
        ("sign", "sign"),
    ] {
        let expected = source.query(&format!("select {text} from t order by ctid"));
        let array = batch.column_by_name(column).unwrap();
        let formatter = arrow::util::display::ArrayFormatter::try_new(array, &options).unwrap();
        for (row, expected) in expected.iter().enumerate() {
            let found = if array.is_null(row) { "NULL".to_owned() } else { formatter.value(row).to_string() };
            assert_eq!(found, *expected, "{column} {row}");
        }
    }
    // Before version 14, `extract` gives doubles, which have no room for the microseconds of all times.
    let micros = source.query(
        "select extract(epoch from date_trunc('second', at))::bigint * 1000000 + extract(microseconds from at)::bigint % 1000000 \
         from t order by ctid",
    );
    let at = arrow::compute::cast(batch.column_by_name("at").unwrap(), &DataType::Int64).unwrap();
    let found: Vec<String> = at.as_primitive::<Int64Type>().values().iter().map(i64::to_string).collect();
    assert_eq!(found, micros);
    let doubles = source.query("select dbl from t order by ctid");
    for (found, expected) in
        batch.column_by_name("dbl").unwrap().as_primitive::<Float64Type>().values().iter().zip(doubles)
    {
        assert_eq!(found.to_bits(), expected.parse::<f64>().unwrap().to_bits());
    }
}
