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
async fn a_write_on_an_old_version_is_a_conflict_and_a_plain_append_moves_on() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let replace = test.stage(&table(), request(Write::Replace), vec![people(&[(5, "r")])], &lease).await.unwrap();
    let upsert = request(Write::Upsert(KeySpec::new(["id"])));
    let upsert = test.stage(&table(), upsert, vec![people(&[(1, "u")])], &lease).await.unwrap();
    let first = test.stage(&table(), request(Write::Append), vec![people(&[(2, "b")])], &lease).await.unwrap();
    let second = test.stage(&table(), request(Write::Append), vec![people(&[(3, "c")])], &lease).await.unwrap();
    let third = test.stage(&table(), request(Write::Append), vec![people(&[(4, "d")])], &lease).await.unwrap();
    let plain = |number| CommitNote::new(Uuid::from_u128(number));
    assert_eq!(second.commit(&note(1)).await.unwrap(), Committed::New { version: 1 });
    assert_eq!(first.commit(&plain(2)).await.unwrap(), Committed::New { version: 2 });
    let made_from = CommitNote { fingerprint: Some("model".into()), ..plain(4) };
    for note in [note(4), made_from] {
        let conflict = third.commit(&note).await;
        assert!(matches!(conflict, Err(LakeError::Conflict { .. })), "it was made on another version: {conflict:?}");
    }
    third.discard().await.unwrap();
    for staged in [&replace, &upsert] {
        let conflict = staged.commit(&note(3)).await;
        assert!(matches!(conflict, Err(LakeError::Conflict { ref found, .. }) if found == "2"), "{conflict:?}");
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
    let plain = CommitNote::new(Uuid::from_u128(2));
    assert!(matches!(append.commit(&plain).await, Err(LakeError::Conflict { .. })));
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
    let mut writes = Vec::new();
    for number in 0..12_u32 {
        let rows = vec![people(&[(number.into(), "x")])];
        writes.push((number, test.stage(&table(), request(Write::Append), rows, &lease).await.unwrap()));
    }
    let commit = |(number, staged): (u32, ade_lake::Staged)| {
        tokio::spawn(async move { staged.commit(&CommitNote::new(Uuid::from_u128(number.into()))).await.unwrap() })
    };
    let tasks: Vec<_> = writes.into_iter().map(commit).collect();
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

/// Another checkout: the same lake, leases of its own.
async fn elsewhere(test: &TestLake) -> ade_lake::Lake {
    let leases = std::sync::Arc::new(ade_lake::MemoryLeases::new(test.clock.clone(), TimeDelta::minutes(1)));
    let options = ade_lake::LakeOptions { leases, ..test.options.clone() };
    ade_lake::Lake::open(test.lake.url().as_str(), options).await.unwrap()
}

/// Writes elsewhere what the other one is about to write.
async fn write_elsewhere(lake: &ade_lake::Lake, rows: &[(i64, &str)], note: &CommitNote) {
    let lease = lake.lease(&table(), "elsewhere").await.unwrap();
    let mut writer = lake.stage(&table(), request(Write::Append), &lease).await.unwrap();
    writer.write(people(rows)).await.unwrap();
    writer.finish().await.unwrap().commit(note).await.unwrap();
    lake.release(&lease).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_two_keepers_do_not_double_rows() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let other = elsewhere(&test).await;
    // The other one commits between plan and stage, and then between stage and commit.
    let lease = test.lease(&table()).await;
    write_elsewhere(&other, &[(2, "b")], &note(2)).await;
    let late = test.lake.stage(&table(), request(Write::Append), &lease).await;
    assert!(late.is_err_and(|error| error.is_conflict()), "what was planned before is staged after");
    test.lake.release(&lease).await.unwrap();
    let lease = test.lease(&table()).await;
    let staged = test.stage(&table(), request(Write::Append), vec![people(&[(3, "c")])], &lease).await.unwrap();
    write_elsewhere(&other, &[(3, "c")], &note(3)).await;
    let late = staged.commit(&note(4)).await;
    assert!(late.is_err_and(|error| error.is_conflict()), "the same rows are there already");
    test.lake.release(&lease).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_stages_again_on_what_it_committed_or_dropped() {
    let test = TestLake::new().await;
    let lease = test.lease(&table()).await;
    for number in 0..3 {
        let rows = vec![people(&[(number, "x")])];
        let staged = test.stage(&table(), request(Write::Append), rows, &lease).await.unwrap();
        staged.commit(&note(u128::from(number.unsigned_abs()))).await.unwrap();
    }
    test.lake.restore(&table(), At::Version(1), None, &lease).await.unwrap();
    let rows = vec![people(&[(9, "x")])];
    let staged = test.stage(&table(), request(Write::Append), rows.clone(), &lease).await.unwrap();
    staged.commit(&note(9)).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["0|x", "1|x", "9|x"]);
    test.lake.drop_table(&table(), &lease).await.unwrap();
    test.stage(&table(), request(Write::Append), rows, &lease).await.unwrap().commit(&note(10)).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["9|x"]);
}
