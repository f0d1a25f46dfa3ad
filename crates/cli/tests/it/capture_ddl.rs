//! What is done to captured tables, and not to their rows: the log does not tell of it, and the lake holds what the source
//! holds all the same.
use ade_testing::Postgres;

use crate::capture::Captured;

const TABLES: &str = "
    create schema app;
    create table app.accounts(id int primary key, a int, b text);
    insert into app.accounts select i, i, 'b' || i from generate_series(1, 20) i;
    create table app.events(id int, part int, primary key (id, part)) partition by list (part);
    create table app.events_0 partition of app.events for values in (0);
    create table app.events_1 partition of app.events for values in (1);
    insert into app.events select i, i % 2 from generate_series(1, 20) i;";

const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - {name: accounts, ingest: {from: app.accounts, mode: capture, key: [id]}}
      - {name: events, ingest: {from: app.events, mode: capture, key: [id, part]}}
";

impl Captured {
    /// Does something to the tables, captures, and holds these columns of the accounts against each other. Gives what was
    /// said.
    fn after(&self, statements: &str, columns: &str) -> String {
        self.psql(statements);
        let said = self.ingest();
        self.assert_same_rows("accounts", &format!("select {columns} from app.accounts order by id"));
        self.assert_same_rows("events", "select id, part from app.events order by id, part");
        said
    }
}

#[test]
fn columns_that_are_renamed_or_made_anew_bring_their_values() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    let said = source.after("alter table app.accounts rename b to c", "id, a, c");
    assert!(said.contains("its column `b` is called `c` now"), "{said}");
    // In one round, and back again, with changes between: the log tells names alone.
    let there_and_back = "
        update app.accounts set a = 0 where id = 1;
        alter table app.accounts rename c to d;
        update app.accounts set a = 0 where id = 2;
        alter table app.accounts rename d to c;
        update app.accounts set a = 0 where id = 3;";
    let said = source.after(there_and_back, "id, a, c");
    assert!(said.contains("its column `c` went when `d` came"), "{said}");
    let said = source.after("alter table app.accounts drop c, add c text", "id, a, c");
    assert!(said.contains("its column `c` was dropped and made anew"), "{said}");
}

#[test]
fn a_broken_promise_is_told_though_no_row_changes() {
    let source = Captured::of(TABLES, SOURCES);
    let promised = SOURCES.replace(
        "      - {name: events",
        "        columns: [{name: id, data_type: integer}, {name: a, data_type: integer}, {name: b, data_type: varchar}]\n      \
         - {name: events",
    );
    let promised = promised.replace(
        "- {name: accounts, ingest: {from: app.accounts, mode: capture, key: [id]}}",
        "- name: accounts\n        ingest: {from: app.accounts, mode: capture, key: [id]}",
    );
    source.declare(&promised);
    source.ingest();
    source.psql("alter table app.accounts drop b");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("column `b` of `app.accounts` is gone from the source"), "{said}");
}

#[test]
fn a_table_that_is_captured_twice_is_told() {
    let source = Captured::of(TABLES, SOURCES);
    let twice = "      - {name: again, ingest: {from: app.accounts, mode: capture, key: [id]}}\n";
    source.declare(&(SOURCES.to_owned() + twice));
    let said = source.ade.run(&["check"]).succeeds().all();
    assert!(said.contains("captures `app.accounts` of connection `db`, as `app.accounts` does"), "{said}");
    // It costs time, and nothing else.
    for _ in 0..2 {
        source.after("update app.accounts set a = a + 1; delete from app.accounts where id = 3", "id, a, b");
    }
    assert_eq!(
        source.ade.rows("select count(*), sum(a) from app.again"),
        source.ade.rows("select count(*), sum(a) from app.accounts")
    );
}

#[test]
fn rows_that_are_written_anew_are_read_again_where_their_values_are_others() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    let said = source.after("alter table app.accounts alter a type int using a * 10", "id, a, b");
    assert!(said.contains("its rows were written anew when a column was changed"), "{said}");
    for same in ["vacuum full app.accounts", "alter table app.accounts alter a set not null"] {
        let said = source.after(&format!("{same}; update app.accounts set b = 'c' where id = 1"), "id, a, b");
        assert!(said.contains("1 row") && !said.contains("read again"), "{same}: {said}");
    }
}

#[test]
fn partitions_come_and_go_with_their_rows() {
    let source = Captured::of(TABLES, SOURCES);
    if !source.captures_partitions() {
        return;
    }
    source.ingest();
    let said = source.after(
        "create table app.events_2 partition of app.events for values in (2); insert into app.events values (1, 2)",
        "id, a, b",
    );
    assert!(!said.contains("read again"), "{said}");
    for unseen in [
        "alter table app.events detach partition app.events_0",
        "insert into app.events_0 values (99, 0); alter table app.events attach partition app.events_0 for values in (0)",
        "truncate app.events_1",
        "drop table app.events_2",
        "begin; create table app.events_3 (like app.events including all); insert into app.events_3 values (70, 3); \
         alter table app.events attach partition app.events_3 for values in (3); commit",
    ] {
        let said = source.after(unseen, "id, a, b");
        assert!(said.contains("one of its partitions was"), "{unseen}: {said}");
    }
}

#[test]
fn a_publication_that_leaves_out_columns_is_refused() {
    let source = Captured::of(TABLES, SOURCES);
    if source.server.major_version().unwrap() < 15 {
        return;
    }
    source.psql("create publication narrow for table app.accounts (id, a), app.events");
    let project = source.folder.read("ade.yml").replace("user: postgres,", "user: postgres, publication: narrow,");
    source.folder.write("ade.yml", project);
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("publication `narrow` leaves out some of its columns"), "{said}");
}

#[test]
fn a_transaction_that_runs_for_long_does_not_hold_a_run_for_ever() {
    let source = Captured::of(TABLES, SOURCES);
    let project =
        source.folder.read("ade.yml").replace("user: postgres,", "user: postgres, statement_timeout_ms: 700,");
    source.folder.write("ade.yml", project);
    let (began, is_running) = std::sync::mpsc::channel();
    let connection = source.server.connection_string();
    let writer = std::thread::spawn(move || {
        began.send(()).unwrap();
        // It ends when its session is ended.
        let _ = ade_testing::psql(&connection, "begin; insert into app.accounts values (100); select pg_sleep(600)");
    });
    is_running.recv().unwrap();
    let sleeping =
        "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()";
    while source.psql(sleeping).trim() == "0" {
        std::thread::yield_now();
    }
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("all transactions that are running have ended"), "{said}");
    source.psql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()");
    writer.join().unwrap();
    source.after("insert into app.accounts values (101)", "id, a, b");
}

#[test]
fn a_publication_that_was_not_there_all_the_time_is_noticed() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    let said = source.after(
        "drop publication ade_captured_dev; update app.accounts set a = 0 where id = 1; delete from app.events where id = 1",
        "id, a, b",
    );
    assert!(said.contains("its publication was made after it"), "{said}");
    let said = source.after("update app.accounts set a = 1 where id = 1", "id, a, b");
    assert!(!said.contains("read again"), "{said}");
    // By somebody else, with changes before it and after it.
    let said = source.after(
        &"drop publication ade_captured_dev; update app.accounts set a = 2 where id = 1;
         create publication ade_captured_dev for all tables WITH;
         delete from app.events where id = 2"
            .replace(
                "WITH",
                if source.captures_partitions() { "with (publish_via_partition_root = true)" } else { "" },
            ),
        "id, a, b",
    );
    assert!(said.contains("read again"), "{said}");
    let said = source.after("update app.accounts set a = 3 where id = 1", "id, a, b");
    assert!(!said.contains("read again"), "{said}");
}

#[test]
fn a_table_that_was_taken_out_of_the_publication_for_a_while_is_read_again() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    let said = source.after(
        "alter publication ade_captured_dev drop table app.accounts; update app.accounts set a = 0 where id = 1;
         alter publication ade_captured_dev add table app.accounts; update app.accounts set a = 0 where id = 2",
        "id, a, b",
    );
    assert!(said.contains("the publication has not given its changes all the time"), "{said}");
}

#[test]
fn what_a_crash_takes_back_has_never_landed() {
    // A transaction is shown long before it is on the disk.
    let server = Postgres::start_with(&["wal_writer_delay=10s", "bgwriter_delay=10s"]).unwrap();
    let mut source = Captured::on(server, TABLES, SOURCES);
    source.ingest();
    source.psql("insert into app.accounts values (100, 1, 'shown')");
    source.ade.run(&["ingest", "--full-refresh"]).succeeds();
    source.server.crash().unwrap();
    // Its number may be given to another one.
    source.after("insert into app.accounts values (101, 1, 'another')", "id, a, b");
}
