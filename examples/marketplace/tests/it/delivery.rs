//! What a server is told of the app's data.

use ade_example_marketplace::{AppDelivery, AppServer, AppSystem, Settings, advance, generate, write_project};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::folder::settings;

const TABLES: [&str; 7] = ["markets", "stores", "skus", "customers", "orders", "order_items", "deleted_rows"];

/// Carries a delivery out in a database that stands for the server; gives how many rows it was told.
fn deliver(folder: &TempDir, server: &Connection) -> usize {
    let mut delivery = AppDelivery::open(folder.path()).unwrap().unwrap();
    let mut rows = 0;
    while let Some(statements) = delivery.next_statements().unwrap() {
        rows += statements.lines().filter(|line| line.starts_with('(')).count();
        server.execute_batch(&statements).unwrap();
    }
    delivery.done().unwrap();
    rows
}

fn contents(database: &Connection, schema: &str, table: &str) -> Vec<String> {
    let mut query = database.prepare(&format!("select * from {schema}.{table} order by id")).unwrap();
    let columns = query.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        (0..columns).map(|place| row.get_ref(place).map(|cell| format!("{cell:?} "))).collect()
    };
    query.query_map([], row).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn a_server_is_told_what_it_has_not_got() {
    let folder = TempDir::new().unwrap();
    generate(&Settings { app: AppSystem::Postgres, ..settings(0.2) }, folder.path()).unwrap();
    let server = Connection::open(folder.path().join("data/.app.db")).unwrap();
    server.execute_batch("attach ':memory:' as marketplace").unwrap();
    for table in TABLES {
        server
            .execute_batch(&format!(
                "create table marketplace.{table} as select * from main.{table} where false;
                 create unique index marketplace.{table}_key on {table} (id);"
            ))
            .unwrap();
    }
    let same =
        || TABLES.iter().all(|table| contents(&server, "main", table) == contents(&server, "marketplace", table));
    let all = deliver(&folder, &server);
    assert!(same());
    assert_eq!(deliver(&folder, &server), 0, "it has all of it");
    // One that fails is made up for by the next.
    advance(folder.path(), 1).unwrap();
    let mut broken_off = AppDelivery::open(folder.path()).unwrap().unwrap();
    assert!(broken_off.next_statements().unwrap().is_some() && !broken_off.is_first());
    drop(broken_off);
    advance(folder.path(), 4).unwrap();
    let days = deliver(&folder, &server);
    assert!(days > 0 && days * 4 < all, "{days} rows of {all}");
    assert!(same());
}

#[test]
fn files_have_nothing_to_deliver() {
    let folder = TempDir::new().unwrap();
    generate(&settings(0.05), folder.path()).unwrap();
    assert!(AppDelivery::open(folder.path()).unwrap().is_none());
}

#[test]
fn the_project_says_where_its_app_is() {
    let server = |tells_changes| AppServer {
        settings: vec![("host".to_owned(), "db".to_owned()), ("user".to_owned(), "o'neil".to_owned())],
        tells_changes,
    };
    for (tells_changes, expected) in [
        (true, "{from: marketplace.orders, mode: capture, key: [id]}"),
        (false, "{from: marketplace.orders, mode: incremental, cursor: updated_at, overlap: 1 hour, key: [id]}"),
    ] {
        let folder = TempDir::new().unwrap();
        write_project(folder.path(), Some(&server(tells_changes))).unwrap();
        let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
        assert!(read("ade.yml").contains("  app_db:\n    type: postgres\n    host: 'db'\n    user: 'o''neil'\n"));
        let app = read("sources/app.yml");
        assert!(app.contains(expected), "{app}");
        assert_eq!(app.matches("        ingest: {from: marketplace.").count(), TABLES.len());
        assert_eq!(app.matches("mode: capture").count(), if tells_changes { TABLES.len() } else { 0 });
        assert!(read("README.md").contains("| app database | PostgreSQL, schema `marketplace` |"));
    }
}
