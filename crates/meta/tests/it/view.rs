//! Views switch together or not at all, and keep their history.

use std::time::Duration;

use ade_meta::{Clock, LeaseAttempt, LeaseRequest, Meta, MetaError, ViewChange, ViewColumn, ViewDefinition};

use crate::setup::{Fixture, id};

fn view(name: &str, sql: &str) -> ViewDefinition {
    ViewDefinition {
        schema: "main".to_owned(),
        name: name.to_owned(),
        sql: sql.to_owned(),
        columns: vec![ViewColumn { name: "id".to_owned(), data_type: "bigint".to_owned(), nullable: false }],
        fingerprint: format!("f:{sql}"),
    }
}

async fn names(meta: &Meta) -> Vec<String> {
    let views = meta.views("dev").await.unwrap();
    views.into_iter().map(|view| format!("{}={}", view.definition.name, view.definition.sql)).collect()
}

#[tokio::test]
async fn several_views_switch_and_the_past_is_kept() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let first = [ViewChange::Put(view("a", "select 1")), ViewChange::Put(view("b", "select 2"))];
    assert_eq!(meta.switch_views("dev", Some(id(1)), &first, &[]).await.unwrap(), 2);
    let then = fixture.clock.now();
    fixture.clock.advance(Duration::from_mins(1));
    // Nothing new: nothing changes.
    assert_eq!(meta.switch_views("dev", Some(id(2)), &first, &[]).await.unwrap(), 0);

    let second = [
        ViewChange::Put(view("a", "select 10")),
        ViewChange::Drop { schema: "main".to_owned(), name: "b".to_owned() },
        ViewChange::Drop { schema: "main".to_owned(), name: "never_there".to_owned() },
    ];
    assert_eq!(meta.switch_views("dev", Some(id(3)), &second, &[]).await.unwrap(), 2);
    assert_eq!(names(&meta).await, ["a=select 10"]);
    assert!(meta.views("prod").await.unwrap().is_empty());

    let past = meta.views_at("dev", then).await.unwrap();
    assert_eq!(past.iter().map(|view| view.definition.sql.as_str()).collect::<Vec<_>>(), ["select 1", "select 2"]);
    assert_eq!(meta.views_at("dev", fixture.clock.now()).await.unwrap(), meta.views("dev").await.unwrap());
    assert!(meta.views_at("dev", then - Duration::from_secs(1)).await.unwrap().is_empty());

    let all = meta.all_views().await.unwrap();
    let history: Vec<_> = all.iter().filter(|view| view.definition.name == "a").collect();
    assert_eq!(
        history.iter().map(|view| (view.version, view.run_id)).collect::<Vec<_>>(),
        [(2, Some(id(3))), (1, Some(id(1)))]
    );
    // A dropped view comes back with the next number.
    meta.switch_views("dev", None, &[ViewChange::Put(view("b", "select 2"))], &[]).await.unwrap();
    let all = meta.all_views().await.unwrap();
    assert_eq!(all.iter().find(|view| view.definition.name == "b").unwrap().version, 2);
    assert_eq!(names(&meta).await, ["a=select 10", "b=select 2"]);
    meta.switch_views("prod", None, &[ViewChange::Put(view("a", "select 3"))], &[]).await.unwrap();
    let all = meta.all_views().await.unwrap();
    let of = |environment: &str| all.iter().filter(|view| view.environment == environment).count();
    assert_eq!((of("dev"), of("prod")), (4, 1));
}

#[tokio::test]
async fn whoever_lost_a_lease_switches_nothing() {
    let fixture = Fixture::new();
    let (slow, fast) = (fixture.open(1).await, fixture.open(2).await);
    let request = LeaseRequest::new("dev", None, "ade build");
    let LeaseAttempt::Acquired(lost) = slow.try_acquire_lease(&request).await.unwrap() else { panic!() };
    fixture.clock.advance(LeaseRequest::DEFAULT_TTL + Duration::from_secs(1));
    let LeaseAttempt::Acquired(held) = fast.try_acquire_lease(&request).await.unwrap() else { panic!() };

    let change = [ViewChange::Put(view("a", "select 1"))];
    let error = slow.switch_views("dev", None, &change, &[lost]).await.unwrap_err();
    assert!(matches!(error, MetaError::LeaseLost { .. }), "{error:?}");
    assert!(names(&slow).await.is_empty());
    assert_eq!(fast.switch_views("dev", None, &change, &[held]).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_half_a_switch() {
    let fixture = Fixture::new();
    let (writer, reader) = (fixture.open(1).await, fixture.open(2).await);
    let both = |sql: &str| [ViewChange::Put(view("a", sql)), ViewChange::Put(view("b", sql))];
    writer.switch_views("dev", None, &both("select 0"), &[]).await.unwrap();
    let writing = tokio::spawn(async move {
        for number in 1..60 {
            let sql = format!("select {number}");
            let both = [ViewChange::Put(view("a", &sql)), ViewChange::Put(view("b", &sql))];
            writer.switch_views("dev", None, &both, &[]).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let views = reader.views("dev").await.unwrap();
        assert_eq!(views.len(), 2);
        assert_eq!(views[0].definition.sql, views[1].definition.sql);
    }
    writing.await.unwrap();
}
