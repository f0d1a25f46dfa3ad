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

async fn one(source: &Source, from: &str) -> TableInfo {
    source.open().await.browse_one(from).await.unwrap().unwrap()
}

#[tokio::test]
async fn encodings_are_guessed_where_nobody_says_and_all_files_agree() {
    let source = Source::files();
    let russian = "id;город\n1;Москва\n2;Санкт-Петербург\n3;Екатеринбург\n";
    let (cyrillic, ..) = encoding_of("windows-1251", russian);
    source.write("cyrillic.csv", cyrillic);
    source.write("latin.csv", b"id;city\n1;Z\xfcrich\n2;K\xf6ln\n3;D\xfcsseldorf\n");
    source.write("mixed_1.csv", "id;city\n1;Zürich\n");
    source.write("mixed_2.csv", b"id;city\n1;Z\xfcrich\n");
    source.write("plain.csv", "id;city\n1;Zürich\n");
    let wide: Vec<u8> = "id;city\n1;Bern\n2;Rom\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    source.write("wide.csv", wide);
    for (from, name) in [("cyrillic.csv", "windows-1251"), ("latin.csv", "windows-1252"), ("wide.csv", "utf-16le")] {
        let table = one(&source, from).await;
        assert!(table.options.contains(&("encoding".to_owned(), json!(name))), "{from}: {:?}", table.options);
        assert!(table.notes.iter().any(|note| note.contains(&format!("seems to be {name}"))), "{:?}", table.notes);
        assert_eq!(columns(&table)[0], "id bigint not null", "{from}");
        let options = table.options.iter().cloned().collect();
        source.read(&source.request(from, serde_json::Value::Object(options))).await.unwrap();
    }
    assert_eq!(one(&source, "plain.csv").await.notes, Vec::<String>::new());
    // One option is for all files: where some are UTF-8, none is right.
    let mixed = one(&source, "mixed_*.csv").await;
    assert!(mixed.notes.iter().any(|note| note.contains("these bytes are not UTF-8")), "{:?}", mixed.notes);
    assert!(!mixed.options.iter().any(|(name, _)| name == "encoding"), "{:?}", mixed.options);
}

fn encoding_of(label: &str, text: &str) -> (Vec<u8>, bool) {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    let (bytes, _, lossy) = encoding.encode(text);
    (bytes.into_owned(), lossy)
}

#[tokio::test]
async fn forms_are_found_out_where_all_of_a_column_has_them() {
    let source = Source::files();
    let options = |table: &TableInfo| {
        let options = table.options.iter().filter(|(name, _)| name != "delimiter");
        options.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    source.write("both.csv", "a;b\n1,5;1.5\n2,5;2.5\n");
    source.write("comma.csv", "a;b;ip\n1,5;10;192.168.100.200\n2.000,5;20;10.20.30.40\n");
    source.write("two.csv", "a;b;c\n27.12.2026;12/31/2026;28.12.2026\n1.2.2027;01/02/2027;\n");
    let late: String = std::iter::repeat_n("27.12.2026\n", 20_000).chain(["soon\n"]).collect();
    source.write("late.csv", format!("a\n{late}"));
    source.write("ids.csv", "a;b\n1.234;x\n5.678;y\n");
    source.write("iso.csv", "a,b\n2026-12-27,2026-12-27 13:30:00\n");

    // A decimal comma would make text of the other column's numbers.
    let table = one(&source, "both.csv").await;
    assert_eq!((options(&table), columns(&table)[1].as_str()), (vec![], "b double not null"));
    let table = one(&source, "comma.csv").await;
    assert_eq!(options(&table), ["decimal: \",\""]);
    assert_eq!(columns(&table), ["a double not null", "b bigint not null", "ip varchar not null"]);
    let table = one(&source, "two.csv").await;
    assert_eq!(options(&table), ["date_format: \"%d.%m.%Y\"", "date_formats: {\"b\":\"%m/%d/%Y\"}"]);
    assert_eq!(columns(&table), ["a date not null", "b date not null", "c date"]);
    // The last of many says that it is none.
    let table = one(&source, "late.csv").await;
    assert_eq!((options(&table), columns(&table)), (vec![], vec!["a varchar not null".to_owned()]));
    for from in ["ids.csv", "iso.csv"] {
        assert_eq!(options(&one(&source, from).await), Vec::<String>::new(), "{from}");
    }

    // What browsing says can be read.
    for from in ["comma.csv", "two.csv"] {
        let table = one(&source, from).await;
        let request = source.request(from, serde_json::Value::Object(table.options.iter().cloned().collect()));
        let load = source.read(&request).await.unwrap();
        let read: Vec<_> = load.plan.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        assert_eq!(read, table.columns.iter().map(|column| column.data_type.clone()).collect::<Vec<_>>());
        assert!(load.rows()[0].contains(if from == "comma.csv" { "1.5" } else { "2026-12-27" }), "{:?}", load.rows());
    }
}

#[tokio::test]
async fn forms_are_read_in_fixed_width_too() {
    let source = Source::files();
    source.write("fixed.txt", "1  79,52 27.12.2026\n2        1.2.2026  \n");
    let options = json!({
        "widths": [3, 6, 10], "names": ["id", "amount", "due"], "decimal": ",", "date_format": "%d.%m.%Y"
    });
    let load = source.read(&source.request("fixed.txt", options)).await.unwrap();
    let types: Vec<_> =
        load.plan.schema.fields().iter().map(|field| ade_connect::type_name(field.data_type())).collect();
    assert_eq!(types, ["bigint", "double", "date"]);
    assert!(load.rows()[0].contains("79.52") && load.rows()[0].contains("2026-12-27"), "{:?}", load.rows());
}
