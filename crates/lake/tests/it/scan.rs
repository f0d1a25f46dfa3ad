//! Reading: plans, pruning, statistics, limits.

use std::sync::Arc;

use ade_lake::{At, CommitNote, StageRequest, Write};
use arrow::array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::catalog::TableProvider;
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::physical_plan::displayable;
use uuid::Uuid;

use super::support::{TestLake, people, table};

async fn plan(test: &TestLake, provider: Arc<dyn TableProvider>, sql: &str) -> String {
    let session = test.session();
    session.register_table("t", provider).unwrap();
    let plan = session.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    displayable(plan.as_ref()).indent(false).to_string()
}

async fn three_files(test: &TestLake) -> Arc<dyn TableProvider> {
    for (from, name) in [(0, "a"), (10, "b"), (20, "c")] {
        let rows: Vec<_> = (from..from + 10).map(|id| (id, name)).collect();
        test.write(&table(), Write::Append, vec![people(&rows)]).await.unwrap();
    }
    test.lake.snapshot(&table(), At::Latest).await.unwrap().provider()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_plain_parquet_over_the_files_that_matter() {
    let test = TestLake::new().await;
    let provider = three_files(&test).await;
    let whole = plan(&test, provider.clone(), "select id from t").await;
    assert_eq!((whole.matches(".parquet").count(), whole.matches("DataSourceExec").count()), (3, 1), "{whole}");
    let one = plan(&test, provider.clone(), "select name from t where id = 15").await;
    assert_eq!(one.matches(".parquet").count(), 1, "{one}");
    let text = plan(&test, provider.clone(), "select id from t where name > 'b'").await;
    assert_eq!(text.matches(".parquet").count(), 1, "{text}");
    let none = plan(&test, provider.clone(), "select id from t where id > 100").await;
    assert!(!none.contains("parquet"), "{none}");
    let limited = plan(&test, provider.clone(), "select id from t limit 5").await;
    assert_eq!(limited.matches(".parquet").count(), 1, "{limited}");
    assert_eq!(test.query(provider.clone(), "select id from t limit 15").await.len(), 15);
    assert_eq!(test.query(provider.clone(), "select name, id from t where id = 15").await, ["b|15"]);
    let counted = plan(&test, provider.clone(), "select count(*), min(id), max(id) from t").await;
    assert!(!counted.contains("parquet"), "the statistics were not used: {counted}");
    assert_eq!(test.query(provider, "select count(*), min(id), max(id) from t").await, ["30|0|29"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_reach_the_planner() {
    let test = TestLake::new().await;
    let provider = three_files(&test).await;
    let Statistics { num_rows, column_statistics, .. } = provider.statistics().unwrap();
    assert_eq!(num_rows, Precision::Exact(30));
    assert_eq!(column_statistics[0].min_value, Precision::Exact(ScalarValue::from(0_i64)));
    assert_eq!(column_statistics[0].max_value, Precision::Exact(ScalarValue::from(29_i64)));
    assert_eq!(column_statistics[0].null_count, Precision::Exact(0));
    // Texts may be cut off, so they only bound.
    assert!(matches!(column_statistics[1].min_value, Precision::Inexact(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn partition_columns_prune_and_keep_their_place() {
    let test = TestLake::new().await;
    let regions = StringArray::from(vec!["n", "s", "n", "w"]);
    let batch = RecordBatch::try_from_iter([
        ("a", Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef),
        ("region", Arc::new(regions) as ArrayRef),
        ("b", Arc::new(Int64Array::from(vec![10, 20, 30, 40])) as ArrayRef),
    ])
    .unwrap();
    let request = StageRequest::new(batch.schema(), Write::Replace).partition_by(["region"]);
    test.submit(&table(), request, vec![batch], &CommitNote::new(Uuid::from_u128(1))).await.unwrap();
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    assert_eq!(test.query(provider.clone(), "select * from t").await, ["1|n|10", "2|s|20", "3|n|30", "4|w|40"]);
    assert_eq!(test.query(provider.clone(), "select b, region from t where region = 'n'").await, ["10|n", "30|n"]);
    let pruned = plan(&test, provider.clone(), "select b, region from t where region = 'n'").await;
    assert_eq!(pruned.matches(".parquet").count(), 1, "{pruned}");
    let counted = "select region, count(*), sum(b) from t where b > 10 group by region";
    assert_eq!(test.query(provider, counted).await, ["n|1|30", "s|1|20", "w|1|40"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nan_null_and_long_text_are_never_pruned_away() {
    let test = TestLake::new().await;
    let long = "x".repeat(300);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("f", Arc::new(Float64Array::from(vec![Some(1.0), Some(f64::NAN), None])) as ArrayRef, true),
        ("s", Arc::new(StringArray::from(vec![Some(long.as_str()), Some(""), None])) as ArrayRef, true),
        (
            "t",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None, Some(-1)])) as ArrayRef,
            true,
        ),
        (
            "d",
            Arc::new(
                Decimal128Array::from(vec![Some(12_345_678_901_234_567), Some(-1), None])
                    .with_precision_and_scale(18, 2)
                    .unwrap(),
            ) as ArrayRef,
            true,
        ),
    ])
    .unwrap();
    test.write(&table(), Write::Replace, vec![batch]).await.unwrap();
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    let count = |sql: &'static str| {
        let (test, provider) = (&test, provider.clone());
        async move { test.query(provider, &format!("select count(*) from t where {sql}")).await[0].clone() }
    };
    assert_eq!(count("f > 5").await, "1", "NaN is greater than every number");
    assert_eq!(count("s like 'xxx%' and length(s) = 300").await, "1");
    assert_eq!(count("s = ''").await, "1");
    assert_eq!(count("f is null").await, "1");
    assert_eq!(count("t = timestamp '2023-11-14 22:13:20.123456'").await, "1");
    assert_eq!(count("t < timestamp '1970-01-01 00:00:00'").await, "1");
    assert_eq!(count("d > cast('123456789012345.66' as decimal(18, 2))").await, "1");
    assert_eq!(count("d = cast('123456789012345.67' as decimal(18, 2))").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn decimals_are_stored_as_integers() {
    use parquet::basic::{Compression, Type};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let test = TestLake::new().await;
    let decimal = |digits| {
        let column = Decimal128Array::from(vec![1, 2]).with_precision_and_scale(digits, 2).unwrap();
        Arc::new(column) as ArrayRef
    };
    let text = Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("small", decimal(9)), ("large", decimal(18)), ("text", text)]).unwrap();
    test.write(&table(), Write::Replace, vec![batch]).await.unwrap();
    let file = test.folder.path().join("lake/shop/orders").join(&test.data_files()[0]);
    let reader = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    let group = reader.metadata().row_group(0);
    assert_eq!(group.column(0).column_type(), Type::INT32);
    assert_eq!(group.column(1).column_type(), Type::INT64);
    assert_eq!(group.column(0).compression(), Compression::UNCOMPRESSED, "numbers are read as they are");
    assert_eq!(group.column(2).compression(), Compression::LZ4_RAW, "text shrinks");
    assert!(group.column(0).column_index_offset().is_some(), "no page index");
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    assert!(pairs.is_none_or(|pairs| pairs.iter().all(|pair| pair.key != "ARROW:schema")));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_compressed_and_has_bounds_where_that_is_worth_it() {
    use parquet::basic::Compression;
    use parquet::file::metadata::ColumnChunkMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let test = TestLake::new().await;
    // Six letters of every 32 bits, without repetitions.
    let codes = (0..20_000_u64).map(|row| {
        let random = row.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let random = u128::from((random ^ random >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)) * 0x94d0_49bb_1331_11eb;
        (0..24).map(|letter| char::from(b'a' + (random >> (letter * 5) & 15) as u8)).collect::<String>()
    });
    let codes = Arc::new(StringArray::from_iter_values(codes)) as ArrayRef;
    let words = (0..20_000).map(|row| format!("order {} of a day, carefully", row % 9_973));
    let words = Arc::new(StringArray::from_iter_values(words)) as ArrayRef;
    let nothing = Arc::new(StringArray::from(vec![None::<&str>; 20_000])) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("codes", codes, true),
        ("words", words, true),
        ("nothing", nothing, true),
    ])
    .unwrap();
    test.write(&table(), Write::Replace, vec![batch]).await.unwrap();
    let file = test.folder.path().join("lake/shop/orders").join(&test.data_files()[0]);
    let reader = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    let compression: Vec<_> =
        reader.metadata().row_group(0).columns().iter().map(ColumnChunkMetaData::compression).collect();
    assert_eq!(compression, [Compression::UNCOMPRESSED, Compression::LZ4_RAW, Compression::LZ4_RAW]);
    let has_bounds: Vec<_> =
        reader.metadata().row_group(0).columns().iter().map(|column| column.statistics().is_some()).collect();
    assert_eq!(has_bounds, [false, true, true]);
    let commit = test.folder.path().join("lake/shop/orders/_delta_log/00000000000000000000.json");
    let commit = std::fs::read_to_string(commit).unwrap().replace('\\', "");
    assert!(commit.contains(r#""nullCount":{"codes":0,"nothing":20000,"words":0}"#), "{commit}");
    assert!(commit.contains(r#""minValues":{"words":"order 0 of a day, carefully"}"#), "{commit}");
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    let found =
        test.query(provider, "select count(distinct codes), count(distinct words), count(nothing) from t").await;
    assert_eq!(found, ["20000|9973|0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_row_groups_and_files_come_back_whole() {
    let test = TestLake::with(|options| options.target_file_bytes = 1 << 20).await;
    let mut batches = Vec::new();
    for part in 0..30_i64 {
        let ids: Vec<i64> = (part * 50_000..(part + 1) * 50_000).collect();
        let texts: Vec<String> =
            ids.iter().map(|id| format!("row {}", id.wrapping_mul(2_654_435_761) % 1_000_003)).collect();
        batches.push(
            RecordBatch::try_from_iter([
                ("id", Arc::new(Int64Array::from(ids)) as ArrayRef),
                ("s", Arc::new(StringArray::from(texts)) as ArrayRef),
            ])
            .unwrap(),
        );
    }
    let lease = test.lease(&table()).await;
    let request = StageRequest::new(batches[0].schema(), Write::Replace);
    let staged = test.stage(&table(), request, batches, &lease).await.unwrap();
    assert!(staged.new_files().len() > 3, "{} files", staged.new_files().len());
    staged.commit(&CommitNote::new(Uuid::from_u128(1))).await.unwrap();
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    let sql = "select count(*), count(distinct id), sum(id) from t where id >= 0 and s like 'row%'";
    assert_eq!(test.query(provider, sql).await, ["1500000|1500000|1124999250000"]);
}
