//! Keyed writes against a naive model, in random orders and with repetitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use ade_lake::{KeySpec, LakeOptions, Write};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use super::support::{TestLake, table};

/// Key, order, value, deleted.
type Arrival = (i64, i64, u8, bool);

fn arrival() -> impl Strategy<Value = Arrival> {
    (0..12_i64, 0..6_i64, any::<u8>(), prop::bool::weighted(0.2))
}

fn batch(rows: &[Arrival]) -> RecordBatch {
    let column = |array: ArrayRef| array;
    RecordBatch::try_from_iter_with_nullable([
        ("k", column(Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>())), true),
        ("o", column(Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())), true),
        ("v", column(Arc::new(rows.iter().map(|row| Some(row.2.to_string())).collect::<StringArray>())), true),
        ("d", column(Arc::new(rows.iter().map(|row| Some(row.3)).collect::<BooleanArray>())), true),
    ])
    .unwrap()
}

/// What the table should be: each write lets the winner of each key replace the row.
fn model(writes: &[Vec<Vec<Arrival>>], ordered: bool) -> Vec<String> {
    let mut table = BTreeMap::new();
    for write in writes {
        let mut winners: BTreeMap<i64, Arrival> = BTreeMap::new();
        for arrival in write.iter().flatten() {
            let loses = winners.get(&arrival.0).is_some_and(|winner| ordered && arrival.1 < winner.1);
            if !loses {
                winners.insert(arrival.0, *arrival);
            }
        }
        for (key, winner) in winners {
            if winner.3 {
                table.remove(&key);
            } else {
                table.insert(key, winner);
            }
        }
    }
    let rows = table.values().map(|(key, order, value, gone)| format!("{key}|{order}|{value}|{gone}"));
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

/// Memory so small that arrivals spill at once, and enough of it.
fn memory(tiny: bool) -> impl FnOnce(&mut LakeOptions) {
    move |options| {
        if tiny {
            options.memory_bytes = 1;
            options.target_file_bytes = 1;
        }
    }
}

async fn play(writes: &[Vec<Vec<Arrival>>], ordered: bool, tiny: bool) -> Vec<String> {
    let test = TestLake::with(memory(tiny)).await;
    let spec = KeySpec::new(["k"]).delete_when("d");
    let spec = if ordered { spec.order_by("o") } else { spec };
    for write in writes {
        let batches = write.iter().map(|rows| batch(rows)).collect();
        test.write(&table(), Write::Upsert(spec.clone()), batches).await.unwrap();
    }
    test.rows(&table()).await
}

fn writes() -> impl Strategy<Value = Vec<Vec<Vec<Arrival>>>> {
    let write = prop::collection::vec(prop::collection::vec(arrival(), 0..12), 1..4);
    prop::collection::vec(write, 1..4)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_upsert_is_what_a_map_would_be(writes in writes(), ordered: bool, tiny: bool) {
        prop_assert_eq!(run(play(&writes, ordered, tiny)), model(&writes, ordered));
    }

    /// With an order that tells arrivals apart, batches may come in any order and more than once.
    #[test]
    fn batches_may_be_shuffled_and_repeated(
        (rows, shuffled) in prop::collection::vec((0..8_i64, any::<u8>()), 1..40).prop_flat_map(|rows| {
            let rows: Vec<Arrival> =
                (0..).zip(rows).map(|(at, (key, value))| (key, at, value, false)).collect();
            let batches: Vec<Vec<Arrival>> = rows.chunks(5).map(<[_]>::to_vec).collect();
            let mut twice = batches.clone();
            twice.extend(batches);
            (Just(rows), Just(twice).prop_shuffle())
        }),
        tiny: bool,
    ) {
        let once = model(&[vec![rows]], true);
        prop_assert_eq!(run(play(&[shuffled], true, tiny)), once);
    }
}
