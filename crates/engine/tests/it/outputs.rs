//! Rows for people and programs.

use ade_engine::{CsvOptions, JsonLayout, write_csv, write_json, write_parquet, write_table};
use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::support::{catalog, session};

const VALUES: &str = "select 1 as id, 'Ann, \"A\"' as name, null::int as nothing, '' as empty, 2.50 as price, 0.1::float8 as share,
    date '2024-02-29' as d, timestamp '2024-02-29 12:00' as ts, timestamptz '2024-02-29 12:00+00' as tz, true as yes, array[1, null] as list
    union all select 22, E'two\\nlines', 3, 'x', -1, 1e20::float8, null, null, null, false, array[]::bigint[] order by id";

#[tokio::test]
async fn a_table_for_people() {
    let session = session(catalog());
    let mut out = Vec::new();
    let rows = session.query("select id, name, id * 1.5 as n from customers order by id").await.expect("rows");
    assert_eq!(write_table(rows, &mut out, None).await.expect("written"), 2);
    assert_eq!(
        String::from_utf8(out).expect("text"),
        " id | name | n\n----+------+-----\n  1 | Ann  | 1.5\n  2 | Bob  | 3.0\n(2 rows)\n"
    );
}

#[tokio::test]
async fn a_table_shows_only_the_first_rows_and_counts_all() {
    let session = session(catalog());
    let mut out = Vec::new();
    let rows = session.query("select x from generate_series(1, 20000) as x order by x").await.expect("rows");
    assert_eq!(write_table(rows, &mut out, Some(2)).await.expect("written"), 20_000);
    let text = String::from_utf8(out).expect("text");
    assert!(text.ends_with(" 1\n 2\n(20000 rows, the first 2 shown)\n"), "{text}");
}

#[tokio::test]
async fn wide_letters_and_line_breaks_keep_the_columns_in_line() {
    let session = session(catalog());
    let mut out = Vec::new();
    let rows = session.query("select '日本' as a, E'x\\ny' as b").await.expect("rows");
    write_table(rows, &mut out, None).await.expect("written");
    assert_eq!(String::from_utf8(out).expect("text"), " a    | b\n------+------\n 日本 | x\\ny\n(1 row)\n");
}

#[tokio::test]
async fn csv_keeps_null_and_empty_apart() {
    let session = session(catalog());
    let mut out = Vec::new();
    let rows = session.query(VALUES).await.expect("rows");
    assert_eq!(write_csv(rows, &mut out, &CsvOptions::default()).await.expect("written"), 2);
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "id,name,nothing,empty,price,share,d,ts,tz,yes,list\n\
         1,\"Ann, \"\"A\"\"\",,\"\",2.50,0.1,2024-02-29,2024-02-29 12:00:00,2024-02-29 12:00:00+00,true,\"{1,NULL}\"\n\
         22,\"two\nlines\",3,x,-1.00,1e+20,,,,false,{}\n"
    );
}

#[tokio::test]
async fn json_has_every_column_in_every_object() {
    let session = session(catalog());
    for (layout, expected) in [
        (
            JsonLayout::Lines,
            "{\"id\":1,\"name\":\"Ann\",\"d\":\"2024-02-29\",\"t\":\"2024-02-29T12:00:00\",\"n\":null}\n",
        ),
        (
            JsonLayout::Array,
            "[{\"id\":1,\"name\":\"Ann\",\"d\":\"2024-02-29\",\"t\":\"2024-02-29T12:00:00\",\"n\":null}]",
        ),
    ] {
        let sql = "select id, name, date '2024-02-29' as d, timestamp '2024-02-29 12:00' as t, null::int as n from customers where id = 1";
        let mut out = Vec::new();
        let rows = session.query(sql).await.expect("rows");
        assert_eq!(write_json(rows, &mut out, layout).await.expect("written"), 1);
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }
}

#[tokio::test]
async fn numbers_that_json_has_not_got_are_texts_and_no_nulls() {
    let session = session(catalog());
    let sql = "select x, x::real as y, array[x, 1.5] as l from (values (1, 'NaN'::double precision), (2, 'Infinity'), \
               (3, '-Infinity'), (4, null), (5, 0.5)) v(i, x) order by i";
    let mut out = Vec::new();
    write_json(session.query(sql).await.expect("rows"), &mut out, JsonLayout::Lines).await.expect("written");
    let lines = ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "null", "0.5"];
    let expected = lines.map(|value| format!("{{\"x\":{value},\"y\":{value},\"l\":[{value},1.5]}}\n")).concat();
    assert_eq!(String::from_utf8(out).expect("text"), expected);
}

#[tokio::test]
async fn parquet_reads_back_as_it_was() {
    let session = session(catalog());
    let mut out = Vec::new();
    let rows = session.query(VALUES).await.expect("rows");
    let schema = rows.schema();
    assert_eq!(write_parquet(rows, &mut out).await.expect("written"), 2);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(out)).expect("Parquet");
    assert_eq!(reader.schema().fields().len(), schema.fields().len());
    let batches = reader.build().expect("a reader").collect::<Result<Vec<_>, _>>().expect("rows");
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

#[tokio::test]
async fn an_error_in_the_middle_is_an_error() {
    let session = session(catalog());
    let rows = session.query("select 1 / (id - 2) as x from customers").await.expect("a plan");
    let error = write_csv(rows, &mut Vec::new(), &CsvOptions::default()).await.expect_err("a division by zero");
    assert!(error.to_string().contains("division by zero"), "{error}");
}

#[tokio::test]
async fn columns_that_are_called_alike_get_a_number() {
    let session = session(catalog());
    for (sql, expected) in [
        (
            "select a.id, b.id from customers a join customers b on a.id = b.id where a.id = 1",
            "{\"id\":1,\"id_1\":1}\n",
        ),
        (
            "select * from customers a join customers b on a.id = b.id where a.id = 1",
            "{\"id\":1,\"name\":\"Ann\",\"id_1\":1,\"name_1\":\"Ann\"}\n",
        ),
        (
            "select id, count(*), id, count(id) from customers where id = 1 group by id",
            "{\"id\":1,\"count\":1,\"id_1\":1,\"count_1\":1}\n",
        ),
    ] {
        let mut out = Vec::new();
        let rows = session.query(sql).await.expect("rows");
        write_json(rows, &mut out, JsonLayout::Lines).await.expect("written");
        assert_eq!(String::from_utf8(out).expect("text"), expected, "{sql}");
    }
}

#[tokio::test]
async fn json_comes_out_as_text() {
    let session = session(catalog());
    let rows =
        session.query("select jsonb_build_object('a', 1) as j, array_agg(to_jsonb(id)) as l from customers").await;
    let rows = rows.expect("rows");
    let types = rows.schema().fields().iter().map(|field| field.data_type().to_string()).collect::<Vec<_>>();
    assert_eq!(types, ["Utf8View", "List(Utf8View)"]);
}

#[tokio::test]
async fn intervals_come_out_as_postgresql_writes_them() {
    let session = session(catalog());
    let sql = "select interval '1 day 2 hours' as a, id * interval '1 mon' as b from customers where id = 2";
    let batches = session.query(sql).await.expect("rows").collect().await.expect("rows");
    for (column, text) in batches[0].columns().iter().zip(["1 day 02:00:00", "2 mons"]) {
        assert_eq!(column.data_type(), &arrow::datatypes::DataType::Utf8View);
        assert_eq!(arrow::array::AsArray::as_string_view(column).value(0), text);
    }
}
