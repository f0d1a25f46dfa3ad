//! Ranks are counted, over any number of batches, and say what their definition says.

use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName, Session};
use arrow::array::{Array, Int64Array, RecordBatch, StringArray};

use crate::support::ask;

/// `t`: 3,000 rows of 40 keys, NULL among them, whose `day` repeats, in batches of 700 rows.
fn session() -> Session {
    let batch = |rows: std::ops::Range<i64>| {
        let key = rows.clone().map(|row| (row % 41 != 0).then(|| format!("k{}", row * 7919 % 40)));
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from_iter_values(rows.clone())) as Arc<dyn Array>),
            ("key", Arc::new(key.collect::<StringArray>()) as _),
            ("day", Arc::new(rows.map(|row| (row % 53 != 0).then_some(row * 31 % 17)).collect::<Int64Array>()) as _),
        ])
        .expect("rows")
    };
    let batches: Vec<_> = (0..5).map(|part| batch(part * 700..(part * 700 + 700).min(3_000))).collect();
    let table = MemTable::try_new(batches[0].schema(), vec![batches]).expect("a table");
    crate::support::session(MemoryCatalog::new().with_table(RelationName::new("main", "t"), Arc::new(table)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_row_of_each_key_is_found_by_counting() {
    let session = session();
    let sql = "select * from (select *, row_number() over (partition by key order by day desc, id) as n from t) r where n = 1";
    let plan = session.explain(sql, false).await.expect("a plan");
    assert!(plan.contains("RankingExec: [RowNumber]") && !plan.contains("WindowAggExec"), "{plan}");
    let newest = format!("select count(*), count(distinct coalesce(key, '-')), sum(id) from ({sql}) x");
    let same = "select count(*), count(distinct coalesce(key, '-')), sum(id)
        from (select distinct on (key) key, id from t order by key, day desc, id) x";
    assert_eq!(ask(&session, &newest).await, ask(&session, same).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_say_what_their_definition_says() {
    let session = session();
    let ranked = "select id, key, day,
            row_number() over (partition by key order by day, id) as number,
            rank() over (partition by key order by day) as rank,
            dense_rank() over (partition by key order by day) as dense
        from t";
    let lower = "coalesce(b.day, 99) < coalesce(r.day, 99)";
    for (column, definition) in [
        ("rank", format!("1 + count(b.id) filter (where {lower})")),
        ("dense", format!("1 + count(distinct coalesce(b.day, 99)) filter (where {lower})")),
        ("number", format!("count(b.id) filter (where {lower} or b.day is not distinct from r.day and b.id <= r.id)")),
    ] {
        let both = format!(
            "select r.id, r.{column} as counted, {definition} as defined
             from ({ranked}) r join t b on coalesce(b.key, '-') = coalesce(r.key, '-') group by r.id, r.{column}"
        );
        let wrong = format!("select count(*), count(*) filter (where counted <> defined) from ({both}) x");
        assert_eq!(ask(&session, &wrong).await, "3000|0", "{column}");
    }
    // Without keys, and mixed with what is no rank.
    let whole = "select sum(n), max(n) from (select row_number() over () as n from t) r";
    assert_eq!(ask(&session, whole).await, "4501500|3000");
    let mixed = "select count(*) from (select row_number() over (order by id) as n, lag(id) over (order by id) as l, id
        from t) r where n = id + 1 and (l = id - 1 or id = 0)";
    assert_eq!(ask(&session, mixed).await, "3000");
}
