//! Two rows of a source stay two rows, however much alike their keys look after obfuscation.
use ade_testing::{Folder, Program};
use rusqlite::Connection;

use crate::program::program;

/// A table whose key is `code`, treated as `privacy` says.
fn project(code: &str) -> (Folder, Program, Connection) {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  app: {type: sqlite, path: data/app.db}\n",
        ),
        ("data/README", "the application's database"),
    ]);
    folder.write(
        "sources/s.yml",
        format!(
            "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: members\n        ingest: {{mode: incremental, cursor: seen, key: [code]}}\n        columns:\n          - {code}\n          - {{name: seen, data_type: bigint, privacy: public}}\n"
        ),
    );
    let database = Connection::open(folder.at("data/app.db")).unwrap();
    database
        .execute_batch("create table members (code text primary key, seen integer); insert into members values ('AB-1', 1), ('ab1', 2), ('ab1 ', 3);")
        .unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade, database)
}

#[test]
fn a_key_under_a_form_that_makes_keys_equal_is_refused_before_anything_is_read() {
    for (privacy, form) in [
        ("email", "email"),
        ("government_id", "code"),
        ("{treatment: pseudonym, domain: member}", "text"),
        ("{treatment: pseudonym, domain: member, form: phone}", "phone"),
    ] {
        let (folder, ade, _) = project(&format!("{{name: code, data_type: varchar, privacy: {privacy}}}"));
        let check = ade.run(&["check"]).exits(2);
        for told in ["invalid-ingest", "key column `code` of `app.members`", "form: exact", "sources/s.yml:8:"] {
            assert!(check.all().contains(told), "{told}: {}", check.all());
        }
        assert!(check.all().contains(&format!("whose form `{form}` makes different keys equal")), "{}", check.all());
        ade.run(&["build"]).exits(1);
        assert!(!folder.at("lake/app/members/_delta_log").exists(), "nothing may land");
    }
    // Where the type is only known when the source is asked, it is refused then.
    let (folder, ade, _) = project("{name: code, privacy: email}");
    ade.run(&["check"]).succeeds();
    let build = ade.run(&["build"]).exits(1);
    assert!(build.all().contains("whose form `email` makes different keys equal"), "{}", build.all());
    assert!(!folder.at("lake/app/members/_delta_log").exists(), "nothing may land");
}

#[test]
fn keys_that_look_alike_stay_apart_in_one_batch_and_in_several() {
    for privacy in [
        "{class: email, treatment: pseudonym, domain: email, form: exact}",
        "{class: email, treatment: encrypt, domain: email}",
        "public",
    ] {
        let (_folder, ade, database) = project(&format!("{{name: code, data_type: varchar, privacy: {privacy}}}"));
        ade.run(&["build"]).succeeds();
        assert_eq!(ade.rows("select count(*), count(distinct code) from app.members"), ["3,3"], "{privacy}");
        database
            .execute_batch("insert into members values ('Ab-1', 4); update members set seen = 5 where code = 'ab1';")
            .unwrap();
        ade.run(&["build"]).succeeds();
        let rows = ade.rows("select count(*), count(distinct code), max(seen) from app.members");
        assert_eq!(rows, ["4,4,5"], "{privacy}");
    }
}

#[test]
fn another_form_is_another_pseudonym_and_needs_a_load_from_nothing() {
    let (folder, ade, database) = project(
        "{name: code, data_type: varchar, privacy: {class: email, treatment: pseudonym, domain: email, form: exact}}",
    );
    ade.run(&["build"]).succeeds();
    folder.replace("sources/s.yml", "key: [code]", "key: [seen]");
    folder.replace("sources/s.yml", ", form: exact", "");
    database.execute_batch("insert into members values ('new', 9);").unwrap();
    let build = ade.run(&["build"]).exits(1);
    for told in ["pseudonym in domain email as exact", "--full-refresh"] {
        assert!(build.all().contains(told), "{told}: {}", build.all());
    }
    ade.run(&["build", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select count(*) from app.members"), ["4"]);
}

#[test]
fn rows_with_null_in_their_key_stop_the_table_and_repeated_keys_are_told() {
    let (_folder, ade, database) = project("{name: code, data_type: varchar, privacy: public}");
    ade.run(&["build"]).succeeds();
    // SQLite lets a primary key be NULL.
    database.execute_batch("insert into members values (null, 4), (null, 5), ('c', 6);").unwrap();
    let all = ade.run(&["build"]).exits(1).all();
    for told in ["at least 2 rows of `app.members` have NULL in `code` of their key", "in members", "sources/s.yml:6:"]
    {
        assert!(all.contains(told), "{told}: {all}");
    }
    assert_eq!(ade.rows("select count(*) from app.members"), ["3"]);
    database.execute_batch("delete from members where code is null; drop table members; create table members (code text, seen integer); insert into members values ('c', 7), ('c', 8), ('d', 9);").unwrap();
    let all = ade.run(&["build"]).succeeds().all();
    assert!(all.contains("1 of 3 rows came with a key (code) that a later row of them has, too"), "{all}");
    assert!(all.contains("! warned") && all.contains("name columns in `key` that tell all rows apart"), "{all}");
    assert_eq!(ade.rows("select code, seen from app.members where seen > 6 order by 2"), ["c,8", "d,9"]);
}

#[test]
fn the_key_of_a_table_that_is_read_whole_is_audited() {
    for (key, rows, told) in [
        (
            "[id]",
            "(1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (2, 2, 'd'), (3, 1, 'e')",
            "2 keys (`id`) occur more than once",
        ),
        ("[id, day]", "(1, 1, 'a'), (1, 1, 'secret'), (1, 2, 'c')", "1 key (`id`, `day`) occurs more than once"),
    ] {
        let folder = Folder::with(&[
            (
                "ade.yml",
                "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  app: {type: sqlite, path: data/app.db}\n\
                 privacy: {rules: [{column: '*', class: public}]}\n",
            ),
            ("data/README", "the application's database"),
        ]);
        let sources = |key: &str| {
            format!("sources:\n  - name: app\n    connection: app\n    tables: [{{name: t, ingest: {{{key}}}}}]\n")
        };
        folder.write("sources/s.yml", sources(&format!("key: {key}")));
        let database = Connection::open(folder.at("data/app.db")).unwrap();
        database.execute_batch("create table t (ID integer, day integer, name text)").unwrap();
        database.execute_batch(&format!("insert into t values {rows}")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let build = ade.run(&["build"]).exits(1);
        assert!(build.text().contains(&format!("fail key: {told}")), "{}", build.all());
        assert!(!build.all().contains("secret"), "{}", build.all());
        assert!(!folder.at("lake/app/t/_delta_log").exists(), "nothing may land");

        // What landed without a key is audited when it gets one, and lands when its source is right.
        folder.write("sources/s.yml", sources(""));
        ade.run(&["build"]).succeeds();
        folder.write("sources/s.yml", sources(&format!("key: {key}")));
        let build = ade.run(&["build"]).exits(1).text();
        assert!(
            build.contains(told) && build.contains("app.t: version 0, which is visible, fails it: fail key"),
            "{build}"
        );
        database
            .execute_batch("delete from t where rowid not in (select min(rowid) from t group by id, 1 + 0 * day)")
            .unwrap();
        let build = ade.run(&["build"]).succeeds().text();
        assert!(build.contains("v1 · 1 of 1 check"), "{build}");
        database.execute_batch("insert into t values (null, 9, 'x')").unwrap();
        let build = ade.run(&["build"]).exits(1).all();
        assert!(build.contains("NULL in `id` of its key"), "{build}");
    }
}
