//! Two writers, lost leases, and writers that do not know that they are dead.

use ade_lake::{At, CommitNote, Committed, KeySpec, LakeError, LeaseError, StageRequest, Write};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::support::{TestLake, people, table};

fn request(write: Write) -> StageRequest {
    StageRequest::new(people(&[]).schema(), write)
}

fn note(number: u128) -> CommitNote {
    CommitNote { position: Some(json!(number.to_string())), ..CommitNote::new(Uuid::from_u128(number)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_one_writer() {
    let test = TestLake::new().await;
    let lease = test.lease(&table()).await;
    let second = test.lake.lease(&table(), "another").await;
    let Err(LakeError::Lease(LeaseError::Held { holder, .. })) = second else { panic!("{second:?}") };
    assert_eq!(holder, "test");
    let other = ade_lake::TableName::new("shop", "other").unwrap();
    let elsewhere = test.lake.lease(&other, "another").await.unwrap();
    assert!(matches!(
        test.lake.stage(&table(), request(Write::Append), &elsewhere).await,
        Err(LakeError::BadRequest { .. })
    ));
    test.lake.release(&lease).await.unwrap();
    assert!(test.lake.lease(&table(), "another").await.unwrap().token > lease.token);
    assert!(matches!(test.lake.stage(&table(), request(Write::Append), &lease).await, Err(LakeError::Lease(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_whose_lease_ended_cannot_commit() {
    let test = TestLake::new().await;
    for write in [Write::Replace, Write::Append, Write::Upsert(KeySpec::new(["id"]))] {
        let old = test.lease(&table()).await;
        let staged = test.stage(&table(), request(write.clone()), vec![people(&[(1, "old")])], &old).await.unwrap();
        test.clock.advance(TimeDelta::minutes(2));
        let expired = staged.commit(&note(1)).await;
        assert!(matches!(expired, Err(LakeError::Lease(LeaseError::Lost { .. }))), "{expired:?}");
        let new = test.lease(&table()).await;
        let taken = staged.commit(&note(1)).await;
        assert!(matches!(taken, Err(LakeError::Lease(LeaseError::Lost { .. }))), "{taken:?}");
        test.lake.release(&new).await.unwrap();
    }
    assert!(test.lake.list().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_with_a_lower_token_is_refused_even_if_the_keeper_forgot() {
    let test = TestLake::new().await;
    for _ in 0..3 {
        test.write(&table(), Write::Append, vec![people(&[(1, "a")])]).await.unwrap();
    }
    // The database of leases is lost, and with it the count of tokens.
    let leases = std::sync::Arc::new(ade_lake::MemoryLeases::new(test.clock.clone(), TimeDelta::minutes(1)));
    let options = ade_lake::LakeOptions { leases: leases.clone(), ..test.options.clone() };
    let lake = ade_lake::Lake::open(test.lake.url().as_str(), options).await.unwrap();
    let scope = test.lease(&table()).await.scope;
    let low = ade_lake::LeaseKeeper::acquire(leases.as_ref(), &scope, "careless", 0).await.unwrap();
    let mut writer = lake.stage(&table(), request(Write::Append), &low).await.unwrap();
    writer.write(people(&[(2, "b")])).await.unwrap();
    let refused = writer.finish().await.unwrap().commit(&note(9)).await;
    assert!(matches!(refused, Err(LakeError::Fenced { token: 1, found: 3, .. })), "{refused:?}");
    ade_lake::LeaseKeeper::release(leases.as_ref(), &low).await.unwrap();
    // Asked through the lake, the keeper is told what the table knows.
    let lease = lake.lease(&table(), "careful").await.unwrap();
    assert_eq!(lease.token, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_on_an_old_version_is_a_conflict_and_an_append_moves_on() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let replace = test.stage(&table(), request(Write::Replace), vec![people(&[(5, "r")])], &lease).await.unwrap();
    let upsert = request(Write::Upsert(KeySpec::new(["id"])));
    let upsert = test.stage(&table(), upsert, vec![people(&[(1, "u")])], &lease).await.unwrap();
    let first = test.stage(&table(), request(Write::Append), vec![people(&[(2, "b")])], &lease).await.unwrap();
    let second = test.stage(&table(), request(Write::Append), vec![people(&[(3, "c")])], &lease).await.unwrap();
    assert_eq!(second.commit(&note(1)).await.unwrap(), Committed::New { version: 1 });
    assert_eq!(first.commit(&note(2)).await.unwrap(), Committed::New { version: 2 });
    for staged in [&replace, &upsert] {
        let conflict = staged.commit(&note(3)).await;
        assert!(matches!(conflict, Err(LakeError::Conflict { found: 2, .. })), "{conflict:?}");
    }
    replace.discard().await.unwrap();
    upsert.discard().await.unwrap();
    assert_eq!(test.data_files().len(), 3, "the files of a refused write are discarded");
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_does_not_move_on_over_other_columns() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let append = test.stage(&table(), request(Write::Append), vec![people(&[(2, "b")])], &lease).await.unwrap();
    let ids = people(&[(7, "x")]).project(&[0]).unwrap();
    let replace = StageRequest::new(ids.schema(), Write::Replace);
    test.stage(&table(), replace, vec![ids], &lease).await.unwrap().commit(&note(1)).await.unwrap();
    assert!(matches!(append.commit(&note(2)).await, Err(LakeError::Conflict { .. })));
    assert_eq!(test.rows(&table()).await, ["7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_a_table_twice_is_a_conflict() {
    let test = TestLake::new().await;
    let lease = test.lease(&table()).await;
    let one = test.stage(&table(), request(Write::Append), vec![people(&[(1, "a")])], &lease).await.unwrap();
    let two = test.stage(&table(), request(Write::Append), vec![people(&[(2, "b")])], &lease).await.unwrap();
    one.commit(&note(1)).await.unwrap();
    assert!(matches!(two.commit(&note(2)).await, Err(LakeError::Conflict { .. })));
    assert_eq!(test.rows(&table()).await, ["1|a"]);
}

/// Both hold the same lease, as two tasks of one program might by mistake: no row may get lost all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_appends_all_arrive_once() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let mut tasks = Vec::new();
    for number in 0..12_u32 {
        let staged =
            test.stage(&table(), request(Write::Append), vec![people(&[(number.into(), "x")])], &lease).await.unwrap();
        tasks.push(tokio::spawn(async move { staged.commit(&note(number.into())).await.unwrap() }));
    }
    let mut versions = Vec::new();
    for task in tasks {
        versions.push(task.await.unwrap().version());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=12).collect::<Vec<_>>());
    assert_eq!(test.rows(&table()).await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_keeps_its_version() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let pinned = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    test.write(&table(), Write::Replace, vec![people(&[(2, "b")])]).await.unwrap();
    assert_eq!(test.query(pinned.provider(), "select * from t").await, ["1|a"]);
    assert_eq!(pinned.version(), 0);
}
