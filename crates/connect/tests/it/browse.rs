//! What tables the files of a folder make.

use std::sync::Arc;

use ade_connect::{RowCount, TableInfo};
use arrow::array::{Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use serde_json::json;

use crate::source::Source;

fn columns(table: &TableInfo) -> Vec<String> {
    table
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {}{}",
                column.name,
                ade_connect::type_name(&column.data_type),
                if column.nullable { "" } else { " not null" }
            )
        })
        .collect()
}

#[tokio::test]
async fn a_number_without_digits_may_have_a_fraction_tomorrow() {
    let source = Source::sqlite(
        "create table t(id numeric primary key, amount numeric, price decimal, exact decimal(10, 2), n integer, code number unique);
         insert into t values (1, 12, 3.5, 7, 4, 9)",
    );
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(
        columns(&tables[0]),
        ["id bigint not null", "amount double", "price double", "exact decimal(10,2)", "n bigint", "code bigint"]
    );
    assert_eq!(
        tables[0].notes,
        [
            "column `amount` is declared as numeric and holds whole numbers only so far; `data_type: decimal(18, 2)` is exact where it \
          is money, `bigint` where it counts"
        ]
    );
}

#[tokio::test]
async fn groups_of_files_with_types_over_all_of_them() {
    let source = Source::files();
    source.write("stock_2024-01-01.csv", "sku;qty;at\nA;1;2024-01-01\n");
    source.write("stock_2024-01-02.csv", "sku;qty;at;note\nA;2.5;2024-01-02;\n\"\";3;;x\n");
    source.write("events/web.jsonl", "{\"id\":1,\"user\":\"a\"}\n{\"id\":2}\n");
    source.write("empty.parquet", "");
    source.write("readme.md", "# no data");
    source.write(".hidden.csv", "a\n1\n");
    let batch = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as _)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    source.write("ids.parquet", writer.into_inner().unwrap());

    let tables = source.open().await.browse().await.unwrap();
    let summary: Vec<_> = tables.iter().map(|table| (table.name.as_str(), table.from.as_str(), table.rows)).collect();
    assert_eq!(
        summary,
        [
            ("empty", "empty.parquet", None),
            ("web", "events/web.jsonl", Some(RowCount::Exact(2))),
            ("ids", "ids.parquet", Some(RowCount::Exact(3))),
            ("stock", "stock_*.csv", Some(RowCount::Exact(3))),
        ]
    );
    assert_eq!(
        tables[0].notes,
        [
            "cannot be read: `empty.parquet`: the file is empty (0 bytes), which no Parquet file is; have it written again; if it is written right now, run again later"
        ]
    );
    assert_eq!(columns(&tables[1]), ["id bigint not null", "user varchar"]);
    assert_eq!(columns(&tables[2]), ["id bigint not null"]);
    assert_eq!(columns(&tables[3]), ["sku varchar not null", "qty double not null", "at date", "note varchar"]);
    assert_eq!(tables[3].options, [("delimiter".to_owned(), json!(";"))]);
    assert_eq!(tables[3].notes, ["from `stock_2024-01-02.csv` on there is also note"]);

    // What browsing says can be read.
    for table in &tables[1..] {
        let options = table.options.iter().cloned().collect();
        let load = source.read(&source.request(&table.from, serde_json::Value::Object(options))).await.unwrap();
        let read: Vec<_> = load.plan.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        let browsed: Vec<_> = table.columns.iter().map(|column| column.data_type.clone()).collect();
        assert_eq!(read, browsed);
    }
}
