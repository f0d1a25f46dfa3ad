//! Rows that arrive by key lie in the table as they came, however many they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use ade_lake::{At, KeySpec, RowCounts, Write};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use serde_json::Value;

use super::support::{TestLake, people, table};

/// The bounds of `id` in each file, by the least.
async fn bounds(test: &TestLake) -> Vec<(i64, i64)> {
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let bounds = snapshot.files().iter().map(|file| {
        let stats: Value = serde_json::from_str(file.stats.as_deref().unwrap()).unwrap();
        (stats["minValues"]["id"].as_i64().unwrap(), stats["maxValues"]["id"].as_i64().unwrap())
    });
    let mut bounds: Vec<_> = bounds.collect();
    bounds.sort_unstable();
    bounds
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_memory_keeps_its_order() {
    let spec = || KeySpec::new(["id"]);
    let batch =
        |part: i64, text| people(&(part * 10_000..(part + 1) * 10_000).map(|id| (id, text)).collect::<Vec<_>>());
    // The table begins by them, they replace it, they come beside others, and several with a key may come.
    for (write, base) in [
        (Write::Upsert(spec()), false),
        (Write::ReplaceByKey(spec()), true),
        (Write::Upsert(spec()), true),
        (Write::DeleteInsert(spec()), true),
    ] {
        let test = TestLake::with(|options| {
            options.memory_bytes = 256 << 10;
            options.target_file_bytes = 64 << 10;
        })
        .await;
        if base {
            test.write(&table(), Write::Replace, vec![people(&[(-2, "before"), (-1, "before")])]).await.unwrap();
        }
        // Twenty thousand rows arrive a second time at the end.
        let arrivals = (0..40).map(|part| batch(part, "first")).chain([batch(38, "second"), batch(39, "second")]);
        let (_, counted) = test.write(&table(), write.clone(), arrivals.collect()).await.unwrap();
        let (all, removed) = (matches!(write, Write::DeleteInsert(_)), matches!(write, Write::ReplaceByKey(_)));
        let (added, removed) = (if all { 420_000 } else { 400_000 }, if removed { 2 } else { 0 });
        let total = 2 * u64::from(base) - removed + added;
        assert_eq!(counted, RowCounts { arrived: 420_000, added, removed, total }, "{write:?}");
        let bounds = bounds(&test).await;
        // The end came twice.
        let wide = bounds.windows(2).filter(|two| two[0].1 >= two[1].0).count();
        assert!(bounds.len() > 2 && wide <= 1, "{write:?}: {bounds:?}");
        let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
        let summary =
            test.query(provider, "select name, count(*), count(distinct id) from t where id >= 0 group by name");
        let first = if all { "first|400000|400000" } else { "first|380000|380000" };
        assert_eq!(summary.await, [first, "second|20000|20000"], "{write:?}");
        let spilled = std::fs::read_dir(test.folder.path().join("spill")).map_or(0, Iterator::count);
        assert_eq!(spilled, 0, "{write:?}: spilled arrivals are left behind");
        let former = usize::from(removed > 0);
        assert_eq!(
            test.data_files().len(),
            bounds.len() + former,
            "{write:?}: files that were written twice are left behind"
        );
    }
}

/// The files of a first copy are written again where rows of them do not stay, wherever those are.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_stay_are_found_in_every_file() {
    let test = TestLake::with(|options| {
        options.memory_bytes = 64 << 10;
        options.target_file_bytes = 64 << 10;
    })
    .await;
    // Each row has the number of its arrival; the mark deletes.
    let batch = |rows: &[(i64, i64, bool)]| {
        RecordBatch::try_from_iter([
            ("id", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>()) as ArrayRef),
            ("gone", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<BooleanArray>()) as ArrayRef),
            ("at", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>()) as ArrayRef),
        ])
        .unwrap()
    };
    // Every 97th key comes again, every 1,009th is deleted, in the middle of the others and before some of them.
    let rows: Vec<_> = (0..300_000_i64)
        .map(|at| match at {
            _ if at % 1_009 == 0 => ((at / 2).wrapping_mul(3) % 300_000, at, true),
            _ if at % 97 == 0 => (at / 3, at, false),
            _ => (at, at, false),
        })
        .collect();
    let spec = KeySpec::new(["id"]).delete_when("gone");
    for ordered in [false, true] {
        let spec = if ordered { spec.clone().order_by("at") } else { spec.clone() };
        let mut expected = BTreeMap::new();
        for (id, at, gone) in &rows {
            if *gone {
                expected.remove(id)
            } else {
                expected.insert(*id, *at)
            };
        }
        let arrivals = rows.chunks(7_001).map(batch).collect();
        let (_, counted) = test.evolve(&table(), Write::ReplaceByKey(spec), arrivals).await.unwrap();
        assert_eq!((counted.arrived, counted.added), (300_000, expected.len() as u64));
        assert!(bounds(&test).await.len() > 2);
        let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
        let sums = test.query(provider, "select count(*), count(distinct id), sum(id * (at % 1013)), sum(at) from t");
        let weighted: i64 = expected.iter().map(|(id, at)| id * (at % 1013)).sum();
        let all: i64 = expected.values().sum();
        assert_eq!(sums.await, [format!("{0}|{0}|{weighted}|{all}", expected.len())]);
    }
}
