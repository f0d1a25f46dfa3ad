//! A captured table that cannot be read stops alone: the others of its connection go on, and it has missed nothing when it
//! goes on itself.
use std::time::{Duration, Instant};

use crate::capture::Captured;

const TABLES: &str = "
    create schema app;
    create table app.good(id int primary key, a int);
    create table app.bad(id int primary key, a int, b text);
    insert into app.good select i, i from generate_series(1, 3) i;
    insert into app.bad select i, i, 'b' from generate_series(1, 3) i;
    create role ade login replication;
    grant usage on schema app to ade;
    grant select on all tables in schema app to ade;
    create publication narrow for table app.good, app.bad;";

const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - {name: good, ingest: {from: app.good, mode: capture, key: [id]}}
      - name: bad
        ingest: {from: app.bad, mode: capture, key: [id]}
        columns: [{name: id, data_type: integer}, {name: a, data_type: integer}, {name: b, data_type: varchar}]
";

impl Captured {
    /// With a user that owns nothing, and a publication that somebody else made.
    fn by_a_guest() -> Self {
        let source = Self::of(TABLES, SOURCES);
        source.folder.replace("ade.yml", "user: postgres,", "user: ade, publication: narrow,");
        source
    }

    /// Changes both tables, and captures while the bad one cannot be: gives what was said.
    fn while_one_is_stopped(&self) -> String {
        self.psql("update app.good set a = a + 1; update app.bad set a = a + 1; delete from app.bad where id = 3");
        let said = self.ade.run(&["ingest"]).exits(1).all();
        self.assert_same_rows("good", "select id, a from app.good order by id");
        said
    }

    fn assert_both(&self) {
        self.assert_same_rows("good", "select id, a from app.good order by id");
        self.assert_same_rows("bad", "select id, a, b from app.bad order by id");
    }

    /// How much of the log is kept for us.
    fn kept_bytes(&self) -> i64 {
        let sql = "select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint from pg_replication_slots";
        self.psql(sql).trim().parse().unwrap()
    }

    /// Much happens elsewhere.
    fn much_happens(&self) {
        self.psql(
            "create table if not exists app.other(t text);
             insert into app.other select repeat('x', 1000) from generate_series(1, 20000)",
        );
    }

    /// The server takes our word a moment after we have gone.
    fn assert_log_goes(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.kept_bytes() >= 10_000_000 {
            assert!(Instant::now() < end, "{} bytes are kept for nobody", self.kept_bytes());
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_table_that_the_publication_does_not_give_stops_alone_and_is_read_again() {
    let source = Captured::by_a_guest();
    source.psql("alter publication narrow drop table app.bad");
    let said = source.while_one_is_stopped();
    let statement = "alter publication \"narrow\" add table \"app\".\"bad\"";
    assert!(said.contains("does not give what changes there") && said.contains(statement), "{said}");
    source.psql(statement);
    source.ingest();
    source.assert_both();
    if source.server.major_version().unwrap() < 15 {
        return;
    }
    // Rows, or columns, that are left out: what was given meanwhile is of no use, and is not kept either.
    for (part, told) in [("where (id > 1)", "some of its rows"), ("(id, a)", "some of its columns")] {
        source.psql(&format!("alter publication narrow set table app.good, app.bad {part}"));
        source.much_happens();
        let said = source.while_one_is_stopped();
        assert!(said.contains(told), "{said}");
        source.assert_log_goes();
        source.psql("alter publication narrow set table app.good, app.bad; insert into app.bad values (3, 3, 'new')");
        let said = source.ingest();
        assert!(said.contains("all of `app.bad` is read again"), "{said}");
        source.assert_both();
    }
}

#[test]
fn what_a_publication_left_out_for_a_while_is_noticed() {
    let source = Captured::by_a_guest();
    source.ingest();
    source.psql("alter publication narrow set (publish = 'insert')");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("leaves out update, delete, truncate"), "{said}");
    source.psql(
        "update app.good set a = 9; delete from app.bad where id = 1;
         alter publication narrow set (publish = 'insert, update, delete, truncate')",
    );
    source.ingest();
    source.assert_both();
}

#[test]
fn a_table_without_the_right_to_read_it_stops_alone_until_its_first_copy() {
    let source = Captured::by_a_guest();
    source.psql("revoke select on app.bad from ade");
    let said = source.while_one_is_stopped();
    assert!(said.contains("grant select on app.bad to \"ade\""), "{said}");
    source.psql("grant select on app.bad to ade");
    source.ingest();
    source.assert_both();
}

#[test]
fn a_stopped_table_goes_on_where_it_stopped_and_its_log_is_kept() {
    let source = Captured::by_a_guest();
    source.ingest();
    source.psql("alter table app.bad drop b");
    source.much_happens();
    let said = source.while_one_is_stopped();
    assert!(said.contains("column `b` of `app.bad` is gone from the source"), "{said}");
    assert!(source.kept_bytes() > 20_000_000, "the log is kept for the table that waits");
    source.folder.replace("sources/app.yml", ", {name: b, data_type: varchar}", "");
    let said = source.ingest();
    assert!(!said.contains("read again"), "{said}");
    source.assert_same_rows("good", "select id, a from app.good order by id");
    source.assert_same_rows("bad", "select id, a from app.bad order by id");
    source.assert_log_goes();
}

#[test]
fn a_table_that_is_gone_stops_alone_and_keeps_no_log() {
    let source = Captured::by_a_guest();
    source.ingest();
    source.psql("alter table app.bad rename to hidden; insert into app.hidden values (4, 4, 'meanwhile')");
    source.much_happens();
    source.psql("update app.good set a = a + 1");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("there is no such table"), "{said}");
    source.assert_same_rows("good", "select id, a from app.good order by id");
    source.assert_log_goes();
    // It comes back, and nobody knows what happened to it.
    source.psql("alter table app.hidden rename to bad; delete from app.bad where id = 1");
    source.ingest();
    source.assert_both();
    // The last one that goes takes the log with it.
    source.psql("drop table app.bad, app.good");
    source.much_happens();
    source.ade.run(&["ingest"]).exits(1);
    source.assert_log_goes();
}

#[test]
fn nothing_is_left_in_the_database_when_no_table_can_be_captured() {
    let source = Captured::by_a_guest();
    source.psql("alter publication narrow drop table app.bad, app.good");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    let statement = "alter publication \"narrow\" add table \"app\".\"good\", \"app\".\"bad\"";
    assert!(said.contains(statement), "{said}");
    assert_eq!(source.psql("select count(*) from pg_replication_slots").trim(), "0");
    // The statement is for all of them, also where there is no publication.
    source.psql("drop publication narrow");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    let begin = said.find("create publication \"narrow\"").unwrap_or_else(|| panic!("{said}"));
    let statement = said[begin..].lines().next().unwrap();
    source.psql(statement);
    source.ingest();
    source.assert_both();
}

#[test]
fn a_stored_position_that_nobody_understands_has_its_table_read_again() {
    let source = Captured::by_a_guest();
    source.ingest();
    source.folder.replace("lake/app/bad/_delta_log/00000000000000000000.json", "\"shape\":", "\"form\":");
    source.psql("delete from app.bad where id = 2; update app.good set a = 9 where id = 1");
    let said = source.ingest();
    assert!(said.contains("all of `app.bad` is read again: its stored position is none of a captured table"), "{said}");
    assert!(!said.contains("all of `app.good`"), "{said}");
    source.assert_both();
}

/// Whoever cannot be asked where it was read to may need all that is there.
#[test]
fn a_table_of_the_lake_that_cannot_be_read_stops_alone_and_keeps_its_log() {
    let source = Captured::by_a_guest();
    source.ingest();
    let log = "lake/app/bad/_delta_log/00000000000000000000.json";
    let whole = source.folder.read(log);
    source.folder.write(log, "{");
    source.much_happens();
    let said = source.while_one_is_stopped();
    assert!(said.contains("app.bad"), "{said}");
    assert!(source.kept_bytes() > 20_000_000, "the log is kept");
    source.folder.write(log, &whole);
    let said = source.ingest();
    assert!(!said.contains("read again"), "{said}");
    source.assert_both();
}
