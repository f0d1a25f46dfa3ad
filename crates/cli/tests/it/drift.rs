//! Sources that are no longer what was promised: each kind of difference, with each word that a project can say about it.
use ade_testing::{Folder, MariaDb, Postgres, Program};

use crate::program::program;

const PROJECT: &str = r"
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  db: {type: postgres, host: 127.0.0.1, port: PORT, user: postgres, database: postgres}
";

const TABLE: &str = "
    create schema app;
    create table app.people(id int primary key, email text not null, age int, at timestamp not null default '2026-01-01');
    insert into app.people(id, email, age) select i, 'p' || i || '@example.org', i from generate_series(1, 9) i;";

/// A project that reads one table of a real PostgreSQL.
struct Source {
    server: Postgres,
    folder: Folder,
    ade: Program,
}

impl Source {
    fn new(ingest: &str, drift: &str) -> Self {
        let server = Postgres::start().unwrap();
        server.psql(TABLE).unwrap();
        let folder = Folder::new();
        folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()));
        folder.write(
            "sources/app.yml",
            format!(
                "sources:\n  - name: app\n    connection: db\n    tables:\n      - name: people\n        ingest: {{from: app.people, {ingest}}}\n{drift}        columns:\n          - {{name: id, data_type: integer, privacy: public}}\n          - {{name: email, data_type: varchar, nullable: false, privacy: email}}\n          - {{name: age, data_type: integer, privacy: public}}\n          - {{name: at, data_type: timestamp, privacy: public}}\n"
            ),
        );
        folder.write("models/ages.sql", "select id, age from {{ source('app', 'people') }}");
        folder.write("models/all.sql", "select * from {{ source('app', 'people') }}");
        folder.write(
            "models/e.yml",
            "exposures:\n  - {name: weekly, type: dashboard, owner: {name: x, email: x@y.z}, depends_on: [ref('ages')]}\n",
        );
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let source = Self { server, folder, ade };
        source.ingest(0);
        source
    }

    fn psql(&self, statements: &str) {
        self.server.psql(statements).unwrap();
    }

    #[track_caller]
    fn ingest(&self, code: i32) -> String {
        self.ade.run(&["ingest"]).exits(code).all()
    }

    fn rows(&self, sql: &str) -> String {
        self.ade.rows(sql).join(" ")
    }
}

#[track_caller]
fn tells(all: &str, words: &[&str]) {
    for words in words {
        assert!(all.contains(words), "{words}: {all}");
    }
}

const INCREMENTAL: &str = "mode: incremental, cursor: at, key: [id]";

#[test]
fn everything_that_differs_is_told_at_once_with_who_uses_it() {
    let source = Source::new("mode: full", "");
    source.psql(
        "alter table app.people drop column email, alter column age type text, add column phone text;
         insert into app.people(id) values (10)",
    );
    let all = source.ingest(1);
    tells(
        &all,
        &[
            "column `email` of `app.people` is gone from the source",
            "column `age` of `app.people` was promised as integer and now is varchar",
            "column `phone` (varchar) of `app.people` is not classified",
            "used by models `ages`, `all`; exposure `weekly` in the end",
            "used by model `all`\n",
            "app.people stays at version",
        ],
    );
    assert_eq!(source.rows("select count(*) from app.people"), "9", "nothing has landed");
}

#[test]
fn evolve_follows_the_source_as_far_as_nothing_is_lost() {
    for ingest in ["mode: full", INCREMENTAL, "mode: capture, key: [id]"] {
        let source = Source::new(ingest, "        drift: evolve\n");
        source.psql(
            "alter table app.people alter column age type bigint, alter column email drop not null, add column phone text;
             insert into app.people values (10, null, 3000000000, '2026-01-02', '1')",
        );
        let all = source.ingest(0);
        tells(
            &all,
            &[
                "column `age` of `app.people` was promised as integer and lands as bigint",
                "new column `phone` (varchar) is left out until somebody classifies it: list it with `privacy: phone`",
                "1 row has no `email`, which was promised (`nullable: false`), and lands all the same",
            ],
        );
        assert_eq!(source.rows("select id, age from app.people where email is null"), "10,3000000000", "{ingest}");
        assert_eq!(source.rows("select count(*), sum(age) from app.people where id < 10"), "9,45");
        assert!(!source.rows("select * from app.people").contains("phone"));
        // It is told until somebody writes it down, and the column does not fall back.
        source.psql("insert into app.people values (11, 'x', 4000000000, '2026-01-03', '1')");
        tells(&source.ingest(0), &["lands as bigint"]);
        source.folder.replace("sources/app.yml", "age, data_type: integer", "age, data_type: bigint");
        source.psql("insert into app.people values (12, 'x', 5000000000, '2026-01-04', '1')");
        assert!(!source.ingest(0).contains("lands as bigint"));
        assert_eq!(source.rows("select count(*) from app.people"), "12");
        // A missing column is NULL from then on.
        source
            .psql("alter table app.people drop column age; insert into app.people values (13, 'x', '2026-01-05', '1')");
        tells(
            &source.ingest(0),
            &["column `age` of `app.people` is gone from the source", "used by models `ages`, `all`"],
        );
        assert_eq!(source.rows("select count(*), count(age) from app.people where id = 13"), "1,0");
    }
}

#[test]
fn evolve_stops_where_rows_of_before_do_not_fit() {
    let source = Source::new(INCREMENTAL, "        drift: evolve\n");
    source.psql(
        "alter table app.people alter column age type text; update app.people set age = 'old', at = '2026-02-01'",
    );
    tells(&source.ingest(1), &["was promised as integer and now is varchar", "no column holds rows of both types"]);
    // All of them again fit, and so does what comes after.
    source.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(source.rows("select distinct age from app.people"), "old");
    source.psql("update app.people set age = 'older', at = '2026-02-02' where id = 1");
    source.ingest(0);
    assert_eq!(source.rows("select age from app.people where id = 1"), "older");
    // The key is never done without.
    source.psql("alter table app.people rename column id to number");
    assert!(source.ingest(1).contains("`id`"));
}

#[test]
fn rows_that_break_a_promise_are_kept_apart_and_come_back_when_they_are_mended() {
    for ingest in ["mode: full", INCREMENTAL] {
        let source = Source::new(ingest, "        drift: quarantine_rows\n");
        let apart = "select id, age, _ade_reason from app__quarantine.people order by id";
        source.psql(
            "alter table app.people alter column age type text, alter column email drop not null, add column extra text;
             insert into app.people values (10, null, '10', '2026-01-02', null), (11, 'x', 'eleven', '2026-01-02', null),
               (12, 'x', '12', '2026-01-02', 'more'), (13, null, 'thirteen', '2026-01-02', null), (14, 'x', '14', '2026-01-02', null);
             update app.people set age = 'five', at = '2026-01-02' where id = 5",
        );
        let all = source.ingest(0);
        tells(&all, &["rows kept apart in app__quarantine.people: ", "2 × no `email`", "3 × `age` is no integer"]);
        assert!(!all.contains("eleven") && !all.contains("thirteen"), "no value is told: {all}");
        assert!(!all.contains("for the first time"), "`extra` is looked at, and does not land: {all}");
        assert_eq!(source.rows("select id from app.people where id > 9 or id = 5"), "14", "{ingest}");
        assert_eq!(
            source.rows(apart),
            "5,,`age` is no integer 10,10,no `email` 11,,`age` is no integer 12,12,a value in the new column `extra` \
             13,,\"`age` is no integer, no `email`\"",
            "{ingest}"
        );
        // What is kept apart is treated like everything else.
        assert_eq!(source.rows("select count(*) from app__quarantine.people where email = 'x'"), "0");
        source.psql("update app.people set age = '5', at = '2026-01-03' where id = 5; update app.people set extra = null, at = '2026-01-03'");
        source.ingest(0);
        assert_eq!(
            source.rows("select id, age from app.people where id in (5, 12)  order by id"),
            "5,5 12,12",
            "{ingest}"
        );
        assert_eq!(source.rows("select id from app__quarantine.people order by id"), "10 11 13", "{ingest}");
        let versions = || source.ade.run(&["history", "app__quarantine.people"]).succeeds().text().lines().count();
        let before = versions();
        source.ingest(0);
        assert_eq!(versions(), before, "what is there already is not written again");
    }
}

#[test]
fn what_is_ignored_is_left_out_without_a_word_and_types_have_words_of_their_own() {
    let source = Source::new("mode: full", "        drift: {types: {jsonb: ignore}, missing_column: ignore}\n");
    source.psql("alter table app.people add column extra jsonb, drop column age; update app.people set extra = '{}'");
    let all = source.ingest(0);
    assert!(!all.contains("extra") && !all.contains("age"), "{all}");
    assert_eq!(source.rows("select count(*), count(age) from app.people"), "9,0");
    source.psql("alter table app.people add column other text");
    tells(&source.ingest(1), &["`other`", "not classified"]);
}

#[test]
fn a_column_that_a_condition_names_is_never_done_without() {
    let source = Source::new(
        "mode: full",
        "        drift: {missing_column: evolve}\n        deleted: age is distinct from id\n",
    );
    source.psql("alter table app.people drop column age");
    let conditions = ["deleted: age is distinct from id", "rows: [{name: old, where: Age is null, then: drop}]"];
    for condition in conditions {
        source.folder.replace("sources/app.yml", conditions[0], condition);
        let all = source.ingest(1);
        tells(
            &all,
            &["column `age` of `app.people` is gone from the source", "a condition of `rows` or `deleted` names it"],
        );
        assert_eq!(source.rows("select count(*) from app.people"), "9", "{condition}");
    }
}

#[test]
fn renames_are_proposed_by_what_is_in_the_columns() {
    let source = Source::new("mode: full", "");
    // Two new columns could be it by type; the one whose values are known is, whatever its place and name.
    source.psql(
        "alter table app.people add column contact text, add column remark text;
         update app.people set contact = email, remark = 'note ' || id; alter table app.people drop column email",
    );
    let all = source.ingest(1);
    tells(
        &all,
        &[
            "it looks renamed: the source has a new column `contact` (varchar); of 9 different values in its first 9 rows, 9 are in `email` already",
            "write `from: \"contact\"` at the column",
        ],
    );
    assert!(!all.contains("@example.org"), "{all}");
    source.folder.replace("sources/app.yml", "name: email,", "name: email, from: contact,");
    source.folder.replace(
        "sources/app.yml",
        "        columns:\n",
        "        drift: {new_column: ignore}\n        columns:\n",
    );
    source.ingest(0);
    // Nobody carries one out by itself, and it can be taken for two columns.
    source.psql("alter table app.people rename column age to years");
    source.folder.replace(
        "sources/app.yml",
        "drift: {new_column: ignore}",
        "drift: {new_column: ignore, renamed_column: ignore, missing_column: evolve}",
    );
    tells(&source.ingest(0), &["column `age` of `app.people` is gone from the source"]);
    assert_eq!(source.rows("select count(age) from app.people"), "0");
}

#[test]
fn values_of_files_that_do_not_fit_are_kept_apart() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: data}\n"),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    drift: {retyped_column: quarantine_rows}\n    tables:\n      - name: t\n        ingest: {from: '*.csv', mode: incremental}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: day, data_type: date, privacy: public}\n",
        ),
        ("data/1.csv", "id,day\n1,2026-01-01\ntwo,2026-01-02\n3,yesterday\n"),
        ("data/2.csv", "id,day\n4,2026-01-04\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let all = ade.run(&["ingest"]).succeeds().all();
    tells(&all, &["1 × `day` is no date", "1 × `id` is no bigint"]);
    assert_eq!(ade.rows("select id, day from feed.t order by id"), ["1,2026-01-01", "4,2026-01-04"]);
    let apart = "select id, day from feed__quarantine.t order by id nulls first";
    assert_eq!(ade.rows(apart), [",2026-01-02", "3,"]);
    // The file is mended: its rows take the place of those that came before, on both sides.
    folder.write("data/1.csv", "id,day\n1,2026-01-01\n2,2026-01-02\n3,tomorrow\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select count(*) from feed.t"), ["3"]);
    assert_eq!(ade.rows(apart), ["3,"]);
    folder.write("data/1.csv", "id,day\n1,2026-01-01\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select count(*) from feed__quarantine.t"), ["0"]);
}

#[test]
fn tables_of_mysql_drift_alike() {
    let server = MariaDb::start().unwrap();
    server
        .sql("create table people(id int primary key, age int, at int); insert into people values (1, 1, 1)")
        .unwrap();
    let port = server.port();
    let folder = Folder::with(&[
        (
            "ade.yml",
            &format!(
                "name: shop\nconnections:\n  db: {{type: mysql, host: 127.0.0.1, port: {port}, user: root, database: app}}\n"
            ),
        ),
        (
            "sources/s.yml",
            "sources:\n  - name: app\n    connection: db\n    drift: {retyped_column: evolve, types: {longtext: ignore}}\n    tables:\n      - name: people\n        ingest: {mode: incremental, cursor: at, key: [id]}\n        columns:\n          - {name: id, data_type: integer, privacy: public}\n          - {name: age, data_type: integer, privacy: public}\n          - {name: at, data_type: integer, privacy: public}\n",
        ),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    server
        .sql("alter table people modify age bigint, add extra longtext; insert into people values (2, 3000000000, 2, '{}')")
        .unwrap();
    let all = ade.run(&["ingest"]).succeeds().all();
    tells(&all, &["column `age` of `app.people` was promised as integer and lands as bigint"]);
    assert!(!all.contains("extra"), "{all}");
    assert_eq!(ade.rows("select id, age from app.people order by id"), ["1,1", "2,3000000000"]);
    folder.replace("sources/s.yml", "retyped_column: evolve", "retyped_column: quarantine_rows");
    server.sql("insert into people values (3, 3, 3, null)").unwrap();
    tells(&ade.run(&["ingest"]).exits(1).all(), &["landed as `bigint: keep` and would now land as `integer: keep`"]);
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select id from app.people order by id"), ["1", "3"]);
    assert_eq!(ade.rows("select id, _ade_reason from app__quarantine.people"), ["2,`age` is no integer"]);
}

#[test]
fn a_new_column_that_a_rule_classifies_lands_and_is_told_once() {
    let source = Source::new("mode: full", "");
    source.folder.replace("ade.yml", "connections:", "privacy: {rules: [{column: phone, class: phone}]}\nconnections:");
    source.psql("alter table app.people add column phone text; update app.people set phone = '+1 555 0100'");
    tells(&source.ingest(0), &["new column `phone` lands for the first time"]);
    assert_eq!(source.rows("select count(phone), count(distinct phone) from app.people"), "9,1");
    assert_eq!(source.rows("select count(*) from app.people where phone = '+1 555 0100'"), "0");
    source.psql("insert into app.people values (10, 'x', 1, '2026-01-02', null)");
    assert!(!source.ingest(0).contains("for the first time"));
}
