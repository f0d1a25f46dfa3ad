//! Captured tables whose changes come under another name, and servers that cannot tell changes.
use ade_testing::Postgres;

use crate::capture::Captured;

const TABLES: &str = "
    create schema app;
    create table app.accounts(id int primary key);
    insert into app.accounts select generate_series(1, 20);
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
";

const WHOLE: &str = "      - {name: days, ingest: {from: app.events, mode: capture, key: [id, part]}}\n";
const PART: &str = "      - {name: part, ingest: {from: app.events_0, mode: capture, key: [id, part]}}\n";

#[test]
fn a_partition_beside_its_table_is_refused_and_alone_it_is_captured() {
    let source = Captured::of(TABLES, &format!("{SOURCES}{PART}"));
    source.ingest();
    source.psql("insert into app.events values (100, 0), (101, 1); delete from app.accounts where id = 1");
    source.ingest();
    assert_eq!(source.ade.rows("select max(id), count(*) from app.part"), ["100,11"]);
    if !source.captures_partitions() {
        return;
    }
    // From now on PostgreSQL tells its changes as those of the whole.
    source.declare(&format!("{SOURCES}{PART}{WHOLE}"));
    for round in 0..2 {
        source.psql(&format!(
            "insert into app.events values ({}, 0); insert into app.accounts values ({round} + 50)",
            round + 200
        ));
        let said = source.ade.run(&["ingest"]).exits(1).all();
        assert!(said.contains("gives its changes as those of `app.events`, whose partition it is"), "{said}");
        source.assert_same_rows("accounts", "select id from app.accounts order by id");
        assert_eq!(source.ade.rows("select max(id) from app.days"), [format!("{}", round + 200)]);
    }
}

#[test]
fn a_partitioned_table_whose_changes_are_given_apart_is_refused_with_what_helps() {
    let source = Captured::of(TABLES, &format!("{SOURCES}{WHOLE}"));
    if !source.captures_partitions() {
        source.folder.write("sources/app.yml", format!("{SOURCES}{WHOLE}"));
        let said = source.ade.run(&["ingest"]).exits(1).all();
        assert!(
            said.contains("versions of PostgreSQL before 13 do not give the changes of a partitioned table"),
            "{said}"
        );
        source.assert_same_rows("accounts", "select id from app.accounts order by id");
        return;
    }
    source.psql("create publication ade_captured_dev for table app.accounts, app.events");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("publication `ade_captured_dev` gives its changes as those of its partitions"), "{said}");
    source.assert_same_rows("accounts", "select id from app.accounts order by id");
    let (_, statement) = said.split_once("have its owner run: ").unwrap();
    source.psql(statement.lines().next().unwrap());
    source.ingest();
    source.psql("insert into app.events values (100, 0), (101, 1)");
    source.ingest();
    assert_eq!(source.ade.rows("select max(id), count(*) from app.days"), ["101,22"]);
}

#[test]
fn a_replica_is_read_but_does_not_tell_changes() {
    let mut server = Postgres::start().unwrap();
    server.psql(TABLES).unwrap();
    server.demote().unwrap();
    let source = Captured::on(server, "", SOURCES);
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("this server is a replica, and changes are captured from the primary"), "{said}");
    source.declare(&SOURCES.replace("mode: capture", "mode: full"));
    source.ingest();
    assert_eq!(source.ade.rows("select count(*) from app.accounts"), ["20"]);
}

#[test]
fn a_slot_that_its_owner_made_is_kept() {
    let source = Captured::of(TABLES, SOURCES);
    let lasts = source.server.major_version().unwrap() >= 17;
    let failover = if lasts { ", failover => true" } else { "" };
    source.psql(&format!(
        "create publication ade_captured_dev for table app.accounts;
         select pg_create_logical_replication_slot('ade_captured_dev', 'pgoutput'{failover})"
    ));
    for id in 100..102 {
        source.ingest();
        source.psql(&format!("insert into app.accounts values ({id}); delete from app.accounts where id = {id} - 99"));
    }
    let said = source.ingest();
    assert!(!said.contains("made anew"), "{said}");
    source.assert_same_rows("accounts", "select id from app.accounts order by id");
    if lasts {
        assert_eq!(source.psql("select failover from pg_replication_slots").trim(), "t");
    }
}

/// Who began to write before a run need not end for a table to be read anew, where its log has been told all the time.
#[test]
fn a_full_refresh_does_not_wait_for_those_who_write() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    let connection = source.server.connection_string();
    let holder = std::thread::spawn(move || {
        // ended from outside
        let _ = ade_testing::psql(&connection, "select pg_advisory_lock(1); select pg_sleep(600)");
    });
    let locks = |granted: &str| {
        source.psql(&format!("select count(*) from pg_locks where locktype = 'advisory' and {granted}"))
    };
    while locks("granted").trim() == "0" {
        std::thread::yield_now();
    }
    let connection = source.server.connection_string();
    let writer = std::thread::spawn(move || {
        let sql = "begin; insert into app.accounts values (100); select pg_advisory_lock_shared(1); commit";
        ade_testing::psql(&connection, sql).unwrap();
    });
    while locks("not granted").trim() == "0" {
        std::thread::yield_now();
    }
    source.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(source.ade.rows("select max(id) from app.accounts"), ["20"]);
    source.psql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()");
    writer.join().unwrap();
    holder.join().unwrap();
    source.ingest();
    assert_eq!(source.ade.rows("select max(id), count(*) from app.accounts"), ["100,21"]);
}
