//! Random CSV against an independent reader (arrow-csv).

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use proptest::prelude::*;
use serde_json::json;

use crate::source::{Source, promise, rows};

/// A field as RFC 4180 writes it; without CR, which stands for itself in neither reader's terms.
fn field() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9 é]{0,6}", "[a-z,\n\"é]{0,6}".prop_map(|text| format!("\"{}\"", text.replace('"', "\"\""))),]
}

fn table() -> impl Strategy<Value = String> {
    (2_usize..5).prop_flat_map(|columns| {
        let row = proptest::collection::vec(field(), columns);
        let line_end = prop_oneof![Just("\n"), Just("\r\n")];
        (proptest::collection::vec(row, 0..30), line_end, any::<bool>(), Just(columns)).prop_map(
            |(rows, line_end, ends, columns)| {
                let header: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
                let lines = std::iter::once(header).chain(rows).map(|row| row.join(","));
                let mut text = lines.collect::<Vec<_>>().join(line_end);
                if ends {
                    text.push_str(line_end);
                }
                text
            },
        )
    })
}

fn theirs(text: &str, columns: usize) -> Vec<String> {
    let fields = (0..columns).map(|column| Field::new(format!("c{column}"), DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let never = regex_that_matches_nothing();
    let reader = arrow_csv::ReaderBuilder::new(schema).with_header(true).with_null_regex(never).build(text.as_bytes());
    let batches: Vec<_> = reader.unwrap().collect::<Result<_, _>>().unwrap();
    rows(&batches)
}

fn regex_that_matches_nothing() -> regex::Regex {
    regex::Regex::new("$.^").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rows_are_those_of_an_independent_reader(text in table()) {
        let columns = text.lines().next().unwrap().split(',').count();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let source = Source::files();
        source.write("t.csv", &text);
        let mut request = source.request("t.csv", json!({ "null": [] , "delimiter": "," }));
        let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
        let promised: Vec<(&str, DataType)> = names.iter().map(|name| (name.as_str(), DataType::Utf8)).collect();
        request.promised = promise(&promised);
        let ours = runtime.block_on(source.read(&request)).unwrap().rows();
        prop_assert_eq!(ours, theirs(&text, columns));
    }

    /// Whatever is in a file: rows or an error, never a panic or a hang.
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b','), Just(b'\n'), Just(b'1')], 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let source = Source::files();
        for name in ["t.csv", "t.jsonl", "t.parquet", "t.csv.gz"] {
            source.write(name, &bytes);
            if let Err(error) = runtime.block_on(source.read(&source.request(name, json!({})))) {
                prop_assert!(!error.to_string().contains("unexpectedly"), "{}", error);
            }
        }
    }
}
