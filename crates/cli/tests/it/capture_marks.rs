//! Captured tables tell when their rows changed, keep deleted ones where they are to, and tell rows apart like others.
use ade_testing::{Folder, Postgres, Program};

use crate::program::program;

const TABLE: &str = "
    create schema app;
    create table app.people(id int primary key, email text, kind text, note text, gone boolean not null default false);
    alter table app.people alter column note set storage external;
    insert into app.people select i, 'p' || i || '@example.org', 'user', repeat('x', 5000) from generate_series(1, 6) i;";

struct Captured {
    server: Postgres,
    folder: Folder,
    ade: Program,
}

impl Captured {
    fn new(rest: &str) -> Self {
        let server = Postgres::start().unwrap();
        server.psql(TABLE).unwrap();
        let folder = Folder::new();
        let port = server.port();
        folder.write(
            "ade.yml",
            format!("name: marked\nconnections:\n  db: {{type: postgres, host: 127.0.0.1, port: {port}, user: postgres, database: postgres}}\nprivacy:\n  rules: [{{column: '*', class: public}}]\n"),
        );
        folder.write(
            "sources/app.yml",
            format!("sources:\n  - name: app\n    connection: db\n    tables:\n      - name: people\n        ingest: {{from: app.people, mode: capture, key: [id]}}\n{rest}"),
        );
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        ade.run(&["ingest"]).succeeds();
        Self { server, folder, ade }
    }

    fn psql(&self, statements: &str) {
        self.server.psql(statements).unwrap();
        self.ade.run(&["ingest"]).succeeds();
    }

    fn rows(&self, sql: &str) -> String {
        self.ade.rows(sql).join(" ")
    }
}

#[test]
fn changes_have_their_time_and_deleted_rows_go() {
    let captured = Captured::new("");
    assert_eq!(captured.rows("select count(*), count(_ade_changed_at) from app.people"), "6,0");
    captured.psql("update app.people set email = null where id = 1; delete from app.people where id = 2");
    let recent = "select id from app.people where _ade_changed_at between _ade_loaded_at - interval '1 hour' and _ade_loaded_at + interval '1 hour'";
    assert_eq!(captured.rows(recent), "1");
    assert_eq!(captured.rows("select count(*), min(length(note)) from app.people"), "5,5000");
}

#[test]
fn deleted_rows_stay_as_they_were_with_a_mark() {
    let captured = Captured::new("        on_delete: mark\n        deleted: gone\n");
    captured.psql("delete from app.people where id = 2; update app.people set gone = true where id = 3");
    let rows = "select id, _ade_is_deleted, email, length(note) from app.people where id < 4 order by id";
    assert_eq!(
        captured.rows(rows),
        "1,false,p1@example.org,5000 2,true,p2@example.org,5000 3,true,p3@example.org,5000"
    );
    assert_eq!(captured.rows("select id from app.people where _ade_changed_at is not null order by id"), "2 3");
    // What came and went between two runs was never here; what comes back is here again.
    captured.psql(
        "insert into app.people values (9, 'x', 'user', 'short'); delete from app.people where id = 9;
         insert into app.people values (2, 'again', 'user', 'short'); update app.people set gone = false where id = 3",
    );
    assert_eq!(captured.rows("select count(*) from app.people"), "6");
    assert_eq!(captured.rows(rows), "1,false,p1@example.org,5000 2,false,again,5 3,false,p3@example.org,5000");
    // A key that changes leaves the old one behind as deleted.
    captured.psql("update app.people set id = 7 where id = 1");
    assert_eq!(
        captured.rows("select id, _ade_is_deleted, length(note) from app.people where id in (1, 7) order by id"),
        "1,true,5000 7,false,5000"
    );
}

#[test]
fn rows_that_change_sides_are_on_one_of_them() {
    let rules = "        rows:\n          - {name: tests, where: \"kind = 'test'\", then: quarantine}\n          - {name: staff, where: \"email like '%@shop.org'\", then: mark}\n";
    let captured = Captured::new(rules);
    captured.psql("update app.people set kind = 'test' where id in (1, 2); update app.people set email = 'a@shop.org' where id = 3");
    assert_eq!(captured.rows("select id, _ade_marks from app.people order by id"), "3,staff 4, 5, 6,");
    assert_eq!(captured.rows("select id from app__quarantine.people order by id"), "1 2");
    captured
        .psql("delete from app.people where id = 2; update app.people set kind = 'user', note = 'new' where id = 1");
    assert_eq!(captured.rows("select id from app.people order by id"), "1 3 4 5 6");
    assert_eq!(captured.rows("select count(*) from app__quarantine.people"), "0");
    assert_eq!(captured.rows("select length(note) from app.people where id = 3"), "5000");
}

fn columns(email: &str, note: &str) -> String {
    format!(
        "        columns:\n          - {{name: id, data_type: integer, privacy: public}}\n          - {{name: email, data_type: varchar, {email}}}\n          - {{name: kind, data_type: varchar, privacy: public}}\n          - {{name: note, data_type: varchar, {note}}}\n          - {{name: gone, data_type: boolean, privacy: public}}\n"
    )
}

/// The server leaves out a long value that did not change: it is neither NULL nor lost.
#[test]
fn changed_rows_that_leave_values_out_keep_the_promises_of_those_they_send() {
    let rest = columns("nullable: false, privacy: email", "nullable: false, privacy: username");
    let captured = Captured::new(&rest);
    captured.psql("update app.people set kind = 'test' where id = 1");
    assert_eq!(captured.rows("select count(*), count(note), count(email) from app.people"), "6,6,6");
    captured.server.psql("update app.people set email = null where id = 2").unwrap();
    let all = captured.ade.run(&["ingest"]).exits(1).all();
    assert!(all.contains("at least 1 row of `app.people` has no `email`"), "{all}");
    assert_eq!(captured.rows("select count(email) from app.people"), "6", "nothing has landed");
    captured.psql("update app.people set email = 'back@example.org' where id = 2");
    assert_eq!(captured.rows("select count(*), count(note), count(email) from app.people"), "6,6,6");
}

#[test]
fn rows_take_along_what_they_leave_out_when_they_change_sides() {
    let rules = "        rows:\n          - {name: tests, where: \"kind = 'test'\", then: quarantine}\n          - {name: bots, where: \"kind = 'bot'\", then: drop}\n";
    let captured = Captured::new(&format!("{rules}{}", columns("privacy: public", "privacy: public")));
    let (here, apart) = (
        "select id, email, length(note) from app.people where id < 4 order by id",
        "select id, email, length(note) from app__quarantine.people order by id",
    );
    captured.psql(
        "update app.people set kind = 'test' where id in (1, 2); update app.people set kind = 'bot' where id = 3",
    );
    assert_eq!(captured.rows(here), "");
    assert_eq!(captured.rows(apart), "1,p1@example.org,5000 2,p2@example.org,5000");
    captured.psql("update app.people set email = 'b' where id = 2; update app.people set kind = 'user' where id = 1");
    assert_eq!(captured.rows(here), "1,p1@example.org,5000");
    assert_eq!(captured.rows(apart), "2,b,5000");
    // Whoever dies between the two tables finds the same changes again, and the row is in neither.
    captured
        .server
        .psql("update app.people set kind = 'user' where id = 2; update app.people set kind = 'test' where id = 1")
        .unwrap();
    for _ in 0..2 {
        let crashing = captured.ade.env("FAILPOINTS", "run::source::kept_apart=1*return(abort)");
        assert_eq!(crashing.run(&["ingest"]).signal, Some(6), "SIGABRT");
    }
    captured.psql("update app.people set email = 'c' where id = 2");
    assert_eq!(captured.rows(here), "2,c,5000");
    assert_eq!(captured.rows(apart), "1,p1@example.org,5000");
    captured.psql("update app.people set kind = 'test', email = 'b' where id = 2; update app.people set kind = 'user' where id = 1");
    assert_eq!(captured.rows(apart), "2,b,5000");
    // The key may change, too.
    captured.psql("update app.people set id = 0, kind = 'user' where id = 2");
    assert_eq!(captured.rows(here), "0,b,5000 1,p1@example.org,5000");
    assert_eq!(captured.rows(apart), "");
}

#[test]
fn rows_stay_apart_for_what_they_leave_out() {
    let rest =
        format!("        drift: {{new_column: quarantine_rows}}\n{}", columns("privacy: public", "privacy: public"));
    let captured = Captured::new(&rest);
    captured.folder.replace("ade.yml", "column: '*'", "column: 'none'");
    let apart = "select id, email, length(note), _ade_reason from app__quarantine.people order by id";
    captured.psql(
        "alter table app.people add column extra text; alter table app.people alter column extra set storage external;
         update app.people set extra = repeat('y', 5000) where id = 1",
    );
    assert_eq!(captured.rows(apart), "1,p1@example.org,5000,a value in the new column `extra`");
    captured.psql("update app.people set email = 'a' where id = 1");
    assert_eq!(captured.rows(apart), "1,a,5000,a value in the new column `extra`");
    assert_eq!(captured.rows("select count(*) from app.people"), "5");
    captured.psql("update app.people set extra = null where id = 1");
    assert_eq!(captured.rows(apart), "");
    assert_eq!(captured.rows("select id, email, length(note) from app.people where id = 1"), "1,a,5000");
}

/// A value that was kept apart is nowhere else, and a change of something else does not send it again.
#[test]
fn values_stay_apart_when_a_change_leaves_them_out() {
    let rest =
        format!("        drift: {{new_column: quarantine_value}}\n{}", columns("privacy: public", "privacy: public"));
    let captured = Captured::new(&rest);
    captured.folder.replace("ade.yml", "column: '*'", "column: 'none'");
    let apart = "select id, email, _ade_kind, _ade_rule, length(_ade_sealed) > 5000, _ade_state from app__quarantine.people order by id";
    captured.psql(
        "alter table app.people add column extra text; alter table app.people alter column extra set storage external;
         update app.people set extra = repeat('y', 5000) where id in (1, 2)",
    );
    let kept = "value,new_column(extra),true,open";
    assert_eq!(captured.rows(apart), format!("1,p1@example.org,{kept} 2,p2@example.org,{kept}"));
    captured.psql("update app.people set email = 'a' where id = 1");
    assert_eq!(captured.rows(apart), format!("1,a,{kept} 2,p2@example.org,{kept}"));
    captured.psql("update app.people set email = 'b' where id = 1; update app.people set extra = null where id = 2");
    assert_eq!(captured.rows(apart), format!("1,b,{kept}"));
    captured.folder.replace(
        "sources/app.yml",
        "          - {name: gone,",
        "          - {name: extra, data_type: varchar, privacy: public}\n          - {name: gone,",
    );
    // A row that leaves out what the table has not got yet is read from its source.
    captured.server.psql("update app.people set extra = repeat('z', 6000) where id = 3").unwrap();
    captured.psql("update app.people set email = 'c' where id = 3");
    assert_eq!(captured.rows("select id, length(extra) from app.people where extra is not null"), "3,6000");
    captured.ade.run(&["rejects", "replay"]).succeeds();
    let extra = "select id, email, length(extra) from app.people where extra is not null order by id";
    assert_eq!(captured.rows(extra), "1,b,5000 3,c,6000");
    // What was replayed is in its row.
    captured.psql("update app.people set email = 'd' where id = 1");
    assert_eq!(captured.rows(extra), "1,d,5000 3,c,6000");
    assert_eq!(captured.rows("select count(*) from app__quarantine.people where _ade_state = 'open'"), "0");
}

/// Long values that do not change are not sent, and a rule has left out the row before.
#[test]
fn rows_that_nobody_knows_any_more_are_read_from_the_source() {
    let rules = "        rows:\n          - {name: bots, where: \"kind = 'bot'\", then: drop}\n          - {name: long, where: \"length(note) > 6000\", then: quarantine}\n";
    let captured = Captured::new(rules);
    let rows = "select id, email, length(note) from app.people order by id";
    captured.psql("update app.people set kind = 'bot' where id in (1, 2, 3)");
    assert_eq!(captured.rows(&format!("select count(*) from ({rows}) r")), "3");
    // Their notes are not sent: neither the lake nor the change has them, and a rule asks for them.
    captured.psql(
        "update app.people set kind = 'user' where id in (1, 2); update app.people set email = 'x' where id = 4;
         update app.people set id = 33, kind = 'user' where id = 3",
    );
    assert_eq!(
        captured.rows(rows),
        "1,p1@example.org,5000 2,p2@example.org,5000 4,x,5000 5,p5@example.org,5000 6,p6@example.org,5000 33,p3@example.org,5000"
    );
    captured.psql("update app.people set note = repeat('y', 7000) where id = 1");
    captured.psql("update app.people set email = 'y' where id = 1; update app.people set kind = 'bot' where id = 2");
    assert_eq!(captured.rows("select id, email, length(note) from app__quarantine.people"), "1,y,7000");
    // Gone again before anybody looked.
    captured.psql("update app.people set kind = 'user' where id = 2; delete from app.people where id = 2");
    assert_eq!(captured.rows("select count(*) from app.people where id in (1, 2)"), "0");
}

#[test]
fn a_table_that_was_emptied_says_so_and_its_rows_have_their_times() {
    let captured = Captured::new("");
    captured
        .server
        .psql("truncate app.people; insert into app.people select i, 'new', 'user', 'n' from generate_series(1, 3) i")
        .unwrap();
    let all = captured.ade.run(&["ingest"]).succeeds().all();
    assert!(all.contains("`app.people` was emptied in the source at ") && all.contains("(truncate)"), "{all}");
    assert_eq!(captured.rows("select count(*), count(_ade_changed_at) from app.people"), "3,3");
    let history = captured.ade.run(&["history", "app.people"]).succeeds().all();
    assert!(history.contains("replace") && history.contains("was emptied in the source at "), "{history}");
    let json = captured.ade.run(&["history", "app.people", "--output", "json"]).succeeds().text();
    assert!(json.contains("\"reason\""), "{json}");
    // Every other version is plain.
    captured.psql("update app.people set email = 'other' where id = 1");
    let history = captured.ade.run(&["history", "app.people"]).succeeds().all();
    assert_eq!(history.matches("emptied").count(), 1, "{history}");
}
