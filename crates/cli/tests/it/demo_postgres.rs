//! The example with the app's database in a PostgreSQL server: its story is the same there, and nothing that is not its own is
//! written over.
use ade_testing::{Folder, Postgres, Program, leaks};

use crate::program::program;

const TABLES: [&str; 7] = ["markets", "stores", "skus", "customers", "orders", "order_items", "deleted_rows"];

/// What identifies the state of a row on both sides; nothing of it is obfuscated.
fn states(table: &str) -> String {
    let changed = if table == "deleted_rows" { "deleted_at" } else { "updated_at" };
    format!("select id::text, {changed}::text from SCHEMA.{table} order by id")
}

fn assert_same(server: &Postgres, ade: &Program) {
    for table in TABLES {
        let query = states(table);
        let theirs = format!("copy ({}) to stdout with (format csv)", query.replace("SCHEMA", "marketplace"));
        let theirs: Vec<String> = server.psql(&theirs).unwrap().lines().map(str::to_owned).collect();
        assert!(!theirs.is_empty() || table == "deleted_rows", "{table}");
        assert_eq!(ade.rows(&query.replace("SCHEMA", "app")), theirs, "{table}");
    }
}

fn url(server: &Postgres) -> String {
    format!("postgres://postgres@127.0.0.1:{}/postgres", server.port())
}

#[test]
fn the_story_of_the_example_goes_on_in_postgresql() {
    let server = Postgres::start().unwrap();
    let folder = Folder::new();
    let ade = program(&folder);
    ade.run(&["demo", ".", "--scale", "0.05", "--postgres", &url(&server)]).succeeds();
    assert!(folder.read("sources/app.yml").contains("{from: marketplace.orders, mode: capture, key: [id]}"));
    ade.run(&["build"]).succeeds();
    assert_same(&server, &ade);
    for _ in 0..4 {
        ade.run(&["demo", ".", "--next-day"]).succeeds();
    }
    ade.run(&["build"]).succeeds();
    assert_same(&server, &ade);
    let gone = "select count(*) from marketplace.deleted_rows d where table_name = 'customers' and not exists (select from \
                marketplace.customers c where c.id = d.row_id)";
    assert_ne!(server.psql(gone).unwrap().trim(), "0", "some customers were erased");

    ade.run(&["demo", ".", "--break", "inventory"]).succeeds();
    let stopped = ade.run(&["build"]).exits(1).text();
    assert!(stopped.contains("column `on_hand` of `inventory.stock` is gone from the source"), "{stopped}");
    assert_same(&server, &ade);
    ade.run(&["demo", ".", "--mend", "inventory"]).succeeds();
    ade.run(&["build"]).succeeds();
    ade.run(&["test"]).succeeds();

    // Another demo finds the schema of this one.
    let other = Folder::new();
    let refused = program(&other).run(&["demo", ".", "--postgres", &url(&server)]).exits(2).all();
    assert!(refused.contains("`marketplace` already, of another demo"), "{refused}");
    assert!(!other.path().join("ade.yml").exists());
    assert_same(&server, &ade);
}

#[test]
fn a_server_that_tells_no_changes_is_read_by_change_times() {
    let server = Postgres::start_with(&["wal_level=replica"]).unwrap();
    let folder = Folder::new();
    // A password, which no file may hold.
    server.psql("create role app login password 'canary-password'; grant create on database postgres to app").unwrap();
    server.demand_passwords(false).unwrap();
    let ade = program(&folder).env("PGPASSWORD", "canary-password");
    let url = format!("postgres://app:canary-password@127.0.0.1:{}/postgres", server.port());
    let said = program(&folder).run(&["demo", ".", "--scale", "0.02", "--postgres", &url]).succeeds().text();
    assert!(said.contains("by change times") && said.contains("PGPASSWORD"), "{said}");
    ade.run(&["ingest"]).succeeds();
    assert_same(&server, &ade);
    ade.run(&["demo", ".", "--next-day"]).succeeds();
    ade.run(&["build"]).succeeds();
    let newest = "select max(updated_at)::text from SCHEMA.orders";
    let theirs = server.psql(&newest.replace("SCHEMA", "marketplace")).unwrap();
    assert_eq!(ade.rows(&newest.replace("SCHEMA", "app")), [theirs.trim()]);
    assert_eq!(leaks(&folder.files(), &["canary-password"]), []);
}

#[test]
fn nothing_that_is_not_its_own_is_written_over() {
    let server = Postgres::start().unwrap();
    server.psql("create schema marketplace; create table marketplace.orders(id int)").unwrap();
    let folder = Folder::new();
    let ade = program(&folder);
    let refused = ade.run(&["demo", ".", "--postgres", &url(&server)]).exits(2).all();
    assert!(refused.contains("`marketplace` already, that is not of a demo"), "{refused}");
    assert!(!folder.path().join("ade.yml").exists());
    server.psql("drop schema marketplace cascade").unwrap();
    ade.run(&["demo", ".", "--scale", "0.02", "--postgres", &url(&server)]).succeeds();
    // Somebody puts other data there.
    server.psql("comment on schema marketplace is 'ours'; update marketplace.orders set status = 'lost'").unwrap();
    let refused = ade.run(&["demo", ".", "--next-day"]).exits(2).all();
    assert!(refused.contains("is not the one that this demo wrote"), "{refused}");
    let changed = server.psql("select count(*) from marketplace.orders where status <> 'lost'").unwrap();
    assert_eq!(changed.trim(), "0");
}
