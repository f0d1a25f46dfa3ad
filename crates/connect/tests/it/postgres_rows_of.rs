//! Single rows of PostgreSQL by their keys.

use serde_json::json;

use crate::source::{Source, drain, rows};

/// Keys of every kind of type that has its own way to be written.
#[tokio::test]
async fn rows_are_found_by_keys_as_they_were_read() {
    let source = Source::postgres(
        "create type mood as enum ('it''s', 'b\\c');
         create table t (a int, b text, c bytea, d date, e timestamptz, f numeric(9, 3), g uuid, h mood, i boolean, j double precision,
           k timestamp, l time, n text);
         insert into t select n, 'it''s \"' || n, decode(lpad(to_hex(n), 4, '0'), 'hex'), date '2024-01-01' + n,
           timestamptz '2024-01-01 00:00:00.000001+00' + n * interval '1 hour', n / 7.0, md5(n::text)::uuid,
           case when n % 2 = 0 then 'it''s' else 'b\\c' end::mood, n % 3 = 0, 1.0 / n, timestamp '1999-12-31 23:59:59.999999',
           time '00:00:00.5', n
         from generate_series(1, 1200) n;",
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
    let (all, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    let all = arrow::compute::concat_batches(&plan.schema, &all).unwrap();
    let wanted = all.slice(100, 700);
    let columns: Vec<usize> = (0..12).collect();
    for key in columns.iter().map(|column| vec![*column]).chain([columns.clone()]) {
        let keys = wanted.project(&key).unwrap();
        let found = snapshot.rows_of(&plan, &keys).await.unwrap().unwrap();
        let (mut found, mut expected) = (rows(&found), rows(std::slice::from_ref(&wanted)));
        found.sort();
        expected.sort();
        // Keys that several rows have bring all of them.
        assert!(expected.iter().all(|row| found.binary_search(row).is_ok()), "{key:?}");
        if key.len() > 1 || [0, 1, 2, 3, 4, 5, 6, 9].contains(&key[0]) {
            assert_eq!(found, expected, "{key:?}");
        }
    }
}
