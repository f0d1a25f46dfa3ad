//! Opening: new, again, many at once, and files that are not what they should be.

use std::{fs, sync::Arc};

use ade_meta::{Meta, MetaError};

use crate::setup::{Fixture, peek};

#[tokio::test]
async fn folder_and_file_are_made_and_found_again() {
    let fixture = Fixture::new();
    fixture.open(1).await.close().await;
    let meta = fixture.open(2).await;
    assert!(meta.runs(10).await.unwrap().is_empty());
    meta.close().await;
    assert_eq!(peek(&fixture.path(), "select count(*) from ade_migrations"), 2);
    let mode: String = rusqlite::Connection::open(fixture.path())
        .unwrap()
        .query_row("pragma journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_database_at_once() {
    let fixture = Arc::new(Fixture::new());
    let opening: Vec<_> = (0..12)
        .map(|pid| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { fixture.open(pid).await })
        })
        .collect();
    for meta in opening {
        assert!(meta.await.unwrap().runs(1).await.unwrap().is_empty());
    }
    assert_eq!(peek(&fixture.path(), "select count(*) from ade_migrations"), 2);
}

#[tokio::test]
async fn what_cannot_be_written_to_can_be_read() {
    let fixture = Fixture::new();
    let open = async || {
        let (clock, machine) = (fixture.clock.clone(), Arc::new(fixture.machine.clone()));
        Meta::open_read_only(&fixture.path(), clock, machine).await.unwrap()
    };
    let writer = fixture.open(1).await;
    // While somebody else writes, and afterwards.
    for at_rest in [false, true] {
        if at_rest {
            writer.close().await;
        }
        let mut log = fixture.path().into_os_string();
        log.push("-wal");
        assert_eq!(std::path::Path::new(&log).exists(), !at_rest);
        let meta = open().await;
        assert!(meta.runs(10).await.unwrap().is_empty());
        let error = meta.forget_node_states("dev", &["model.shop.m"]).await.unwrap_err();
        assert!(matches!(error, MetaError::ReadOnly { .. }) && error.to_string().contains("cannot be written to"));
        meta.close().await;
    }
}

async fn refused(fixture: &Fixture) -> MetaError {
    Meta::open(&fixture.path(), fixture.clock.clone(), Arc::new(fixture.machine.clone())).await.unwrap_err()
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_not_touched() {
    let fixture = Fixture::new();
    fixture.open(1).await.close().await;
    let connection = rusqlite::Connection::open(fixture.path()).unwrap();
    connection.execute("insert into ade_migrations values (99, 'future', '7.1.0', 0)", []).unwrap();
    drop(connection);
    let error = refused(&fixture).await;
    assert!(matches!(&error, MetaError::Newer { found: 99, .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("meta.db") && message.contains("Use ade 7.1.0 or later"), "{message}");
    assert_eq!(peek(&fixture.path(), "select count(*) from ade_migrations"), 3);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_what_to_do() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path().parent().unwrap()).unwrap();
    fs::write(fixture.path(), "not a database, but a text that is long enough to be taken for one ".repeat(40))
        .unwrap();
    let before = fs::read(fixture.path()).unwrap();
    let error = refused(&fixture).await;
    assert!(matches!(error, MetaError::Corrupt { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("meta.db") && message.contains("Move the file away"), "{message}");
    assert_eq!(fs::read(fixture.path()).unwrap(), before);
}

#[tokio::test]
async fn damaged_pages_are_reported_as_damage() {
    let fixture = Fixture::new();
    fixture.open(1).await.close().await;
    let mut bytes = fs::read(fixture.path()).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(fixture.path(), bytes).unwrap();
    let error = match Meta::open(&fixture.path(), fixture.clock.clone(), Arc::new(fixture.machine.clone())).await {
        Ok(meta) => meta.runs(1).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, MetaError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path().parent().unwrap()).unwrap();
    rusqlite::Connection::open(fixture.path()).unwrap().execute("create table invoices (id int)", []).unwrap();
    let error = refused(&fixture).await;
    assert!(matches!(&error, MetaError::Foreign { table, .. } if table == "invoices"), "{error:?}");
    assert_eq!(peek(&fixture.path(), "select count(*) from sqlite_master"), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let fixture = Fixture::new();
    fs::write(fixture.path().parent().unwrap(), "in the way").unwrap();
    let error = refused(&fixture).await;
    assert!(matches!(&error, MetaError::Folder { path, .. } if path.ends_with(".ade")), "{error:?}");
}
