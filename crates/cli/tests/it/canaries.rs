//! Canaries in every kind of column, and every kind of failure: afterwards nothing that the program wrote holds one of
//! them, be it printed, logged, in the lake, in the metadata, spilled or temporary. The key is in its file alone.
mod streams;

use std::path::PathBuf;

use ade_testing::{Finished, Folder, Program, leaks};
use rusqlite::{Connection, params};

use crate::program::program;

/// Values that no analyst may see, one for each kind of column.
const CANARIES: [&str; 19] = [
    "canary.one@mail.example",
    "+49 30 5550127",
    "Kanarina Vogelsang",
    "kanarina_v",
    "19841231-5566",
    "Cage Street 77b",
    "likes yellow millet",
    "4929123456781234",
    "hunter2-canary",
    "203.0.113.77",
    "7358914602117",
    "8.471960533",
    "canary in json",
    "canary nobody classified",
    "KEY-CANARY-1",
    "CURSOR-CANARY-9",
    "bucket 918273645546",
    "canary-blob-bytes",
    "SECRET-IN-A-PATH",
];

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  app: {type: sqlite, path: data/app.db}
  feed: {type: files, path: data/feed}
";
const SOURCES: &str = "
sources:
  - name: app
    connection: app
    drift: {new_column: ignore}
    tables:
      - name: people
        ingest: {mode: incremental, cursor: seen, key: [code]}
        columns:
          - {name: code, data_type: varchar, privacy: {treatment: pseudonym, domain: code, form: exact}, data_tests: [unique]}
          - {name: seen, data_type: bigint, privacy: public}
          - {name: last_login, data_type: varchar, privacy: {treatment: pseudonym, domain: login_time}}
          - {name: email, data_type: varchar, privacy: email}
          - {name: phone, data_type: varchar, privacy: phone}
          - {name: name, data_type: varchar, privacy: person_name}
          - {name: login, data_type: varchar, privacy: username}
          - {name: person_number, data_type: varchar, privacy: government_id}
          - {name: street, data_type: varchar, privacy: address}
          - {name: note, data_type: varchar, privacy: free_text}
          - {name: card, data_type: varchar, privacy: payment_card}
          - {name: password, data_type: varchar, privacy: secret}
          - {name: ip, data_type: varchar, privacy: ip_address}
          - {name: account, data_type: bigint, privacy: {treatment: pseudonym, domain: account}}
          - {name: score, data_type: double, privacy: {treatment: bucket, width: 10}}
          - {name: profile, data_type: varchar, privacy: {treatment: encrypt, domain: profile}}
          - {name: photo, data_type: blob, privacy: {treatment: 'null'}}
  - name: feed
    connection: feed
    tables:
      - name: people
        ingest: {from: '*.csv', mode: incremental}
        columns:
          - {name: email, data_type: varchar, privacy: email, data_tests: [not_null]}
          - {name: account, data_type: bigint, privacy: {treatment: pseudonym, domain: account}}
          - {name: note, data_type: varchar, privacy: {treatment: mask}}
";

struct Aviary {
    folder: Folder,
    ade: Program,
    said: Vec<Finished>,
}

impl Aviary {
    fn new() -> Self {
        let folder = Folder::with(&[
            ("ade.yml", PROJECT),
            ("sources/s.yml", SOURCES),
            (
                "models/people.sql",
                "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by=['email']) }}\nselect email, code, account from {{ source('app', 'people') }}",
            ),
            ("tests/nobody.sql", "select * from {{ source('app', 'people') }} where code is null"),
            ("tmp/README", "temporary files of the program go here"),
        ]);
        folder.write(
            "data/feed/one.csv",
            format!("email,account,note\n{},{},{}\n", CANARIES[0], CANARIES[10], CANARIES[6]),
        );
        let database = Connection::open(folder.at("data/app.db")).unwrap();
        database
            .execute_batch(
                "create table people (code text primary key, seen integer, last_login text, email text, phone text, name text, login text,
                   person_number text, street text, note text, card text, password text, ip text, account integer,
                   score real, profile text, photo blob, unclassified text);",
            )
            .unwrap();
        let [
            email,
            phone,
            name,
            login,
            number,
            street,
            note,
            card,
            password,
            ip,
            account,
            score,
            json,
            other,
            key,
            cursor,
            _,
            blob,
            _,
        ] = CANARIES;
        let account: i64 = account.parse().unwrap();
        let score: f64 = score.parse().unwrap();
        let profile = format!("{{\"about\": \"{json}\"}}");
        for (seen, suffix) in ["", "b", "c"].into_iter().enumerate() {
            let seen = i64::try_from(seen).unwrap();
            let code = format!("{key}{suffix}");
            let login_time = format!("{cursor}{suffix}");
            database
                .execute(
                    "insert into people values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    params![
                        code,
                        seen,
                        login_time,
                        email,
                        phone,
                        name,
                        login,
                        number,
                        street,
                        note,
                        card,
                        password,
                        ip,
                        account,
                        score,
                        profile,
                        blob.as_bytes(),
                        other
                    ],
                )
                .unwrap();
        }
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let ade = ade.env("TMPDIR", folder.at("tmp").to_str().unwrap());
        Self { folder, ade, said: Vec::new() }
    }

    fn run(&mut self, args: &[&str]) -> Finished {
        let ended = self.ade.run(args);
        self.said.push(ended.clone());
        ended
    }

    fn run_failing(&mut self, failpoints: &str, args: &[&str]) -> Finished {
        let ended = self.ade.env("FAILPOINTS", failpoints).run(args);
        self.said.push(ended.clone());
        ended
    }

    /// Everything in the folder but the systems themselves and what people wrote.
    fn written(&self) -> Vec<PathBuf> {
        let not = ["data", "sources", "models", "tests", "ade.yml"].map(|name| self.folder.at(name));
        self.folder.files().into_iter().filter(|path| !not.iter().any(|other| path.starts_with(other))).collect()
    }

    /// No canary sings, and the key is where it belongs.
    #[track_caller]
    fn assert_silent(&self) {
        let written = self.written();
        assert!(written.iter().any(|path| path.extension().is_some_and(|extension| extension == "parquet")));
        let mut values = CANARIES.to_vec();
        // What is in a number is looked for as text and as bytes; its scaled forms too.
        values.push("8471960533");
        assert_eq!(leaks(&written, &values), []);
        for ended in &self.said {
            for value in &values {
                assert!(!ended.text().contains(value), "`{value}` was printed: {}", ended.all());
                assert!(!ended.complaints().contains(value), "`{value}` was logged: {}", ended.all());
            }
        }
        let path = self.folder.at(".ade/keys/dev.key");
        let key = std::fs::read_to_string(&path).unwrap().trim().to_owned();
        assert_eq!(key.len(), 64);
        let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap()).collect();
        for other in written.iter().filter(|other| **other != path) {
            let content = std::fs::read(other).unwrap_or_default();
            let holds = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
            assert!(!holds(key.as_bytes()) && !holds(&bytes), "the key is in {}", other.display());
        }
        for ended in &self.said {
            assert!(!ended.text().contains(&key) && !ended.complaints().contains(&key), "{}", ended.args);
        }
    }
}

#[test]
fn a_build_that_goes_well() {
    let mut aviary = Aviary::new();
    aviary.run(&["build", "--log", "trace"]).succeeds();
    aviary.run(&["build", "--full-refresh", "--output", "json", "--log", "trace"]).succeeds();
    aviary.run(&["query", "select * from app.people"]).succeeds();
    aviary.run(&["query", "select * from ade.tasks"]).succeeds();
    aviary.run(&["show", "app.people"]).succeeds();
    aviary.run(&["history", "app.people"]).succeeds();
    aviary.run(&["maintain", "--retention-hours", "0"]).succeeds();
    aviary.assert_silent();
    // The same person joins across sources.
    assert_eq!(
        aviary.ade.rows(
            "select count(*) from app.people as a join feed.people as f on f.email = a.email and f.account = a.account"
        ),
        ["3"]
    );
    // Nothing new: the cursor stood where it was.
    aviary.run(&["build"]).succeeds();
    let database = Connection::open(aviary.folder.at("data/app.db")).unwrap();
    database.execute("update people set seen = 9 where code = 'KEY-CANARY-1'", []).unwrap();
    aviary.run(&["build", "--log", "trace"]).succeeds();
    assert_eq!(aviary.ade.rows("select count(*) from app.people"), ["3"]);
    aviary.assert_silent();
}

#[test]
fn inspecting_a_source() {
    let mut aviary = Aviary::new();
    aviary.run(&["build"]).succeeds();
    aviary.run(&["inspect", "app", "--log", "trace"]).succeeds();
    aviary.run(&["inspect", "feed", "--log", "trace"]).succeeds();
    aviary.run(&["inspect", "app", "--output", "json"]).succeeds();
    aviary.assert_silent();
}

#[test]
fn values_of_the_wrong_type() {
    let mut aviary = Aviary::new();
    aviary.run(&["build"]).succeeds();
    let bad = [
        format!("email,account,note\na@b.example,{},x\n", CANARIES[13]),
        format!("email,account,note\na@b.example,1,x,{}\n", CANARIES[13]),
        format!("email,account,note\na@b.example,1,\"{}\n", CANARIES[13]),
        format!("email,account,note,{}\na@b.example,1,x,{}\n", "more", CANARIES[13]),
        format!("email,account\na@b.example,{}\n", CANARIES[10]),
    ];
    for text in bad {
        aviary.folder.write("data/feed/two.csv", &text);
        aviary.run(&["build", "--log", "trace"]).exits(1);
        aviary.run(&["build", "--output", "json"]).exits(1);
    }
    let mut bytes = format!("email,account,note\n{},1,x", CANARIES[13]).into_bytes();
    bytes.extend(b"\xff\xfe\n");
    aviary.folder.write("data/feed/two.csv", bytes);
    aviary.run(&["build", "--log", "trace"]).exits(1);
    aviary.folder.remove("data/feed/two.csv");
    let database = Connection::open(aviary.folder.at("data/app.db")).unwrap();
    database.execute("update people set account = ?, seen = 10", [CANARIES[13]]).unwrap();
    aviary.run(&["build", "--log", "trace"]).exits(1);
    aviary.assert_silent();
}

#[test]
fn lines_that_do_not_end_as_expected() {
    let mut aviary = Aviary::new();
    let row = format!("{},{},{}", CANARIES[0], CANARIES[10], CANARIES[2]);
    // A line end that is taken for none makes names of values.
    for text in [
        format!("email,account,5\" note\r{row}\r{row}\n"),
        format!("email,account,note\r{row}\n{row}\n"),
        format!("email,account,note\r\r\n{row}\r\r\n"),
    ] {
        aviary.folder.write("data/feed/two.csv", &text);
        aviary.run(&["build", "--log", "trace"]).exits(1);
        aviary.run(&["build", "--output", "json"]).exits(1);
        aviary.run(&["inspect", "feed"]).succeeds();
    }
    aviary.folder.write("data/feed/two.csv", format!("email,account,note\r{row}\r{row}\r"));
    aviary.run(&["build", "--log", "trace"]).succeeds();
    aviary.assert_silent();
    assert_eq!(aviary.ade.rows("select count(*) from feed.people"), ["3"]);
}

#[test]
fn checks_that_fail() {
    let mut aviary = Aviary::new();
    let sources = aviary.folder.read("sources/s.yml");
    let checks = "data_tests: [{accepted_values: {arguments: {values: [a, b]}}}, {dbt_utils.expression_is_true: {arguments: {expression: \"= 'x'\"}}}]";
    aviary.folder.write("sources/s.yml", sources.replace("privacy: email}", &format!("privacy: email, {checks}}}")));
    aviary.run(&["build", "--store-failures", "--log", "trace"]).exits(1);
    aviary.run(&["build", "--store-failures", "--output", "json"]).exits(1);
    let kept = aviary.ade.rows("select table_schema || '.' || table_name from information_schema.tables");
    assert!(kept.iter().any(|name| name.contains("accepted_values")), "failing rows are kept: {kept:?}");
    aviary.run(&["test", "--store-failures"]);
    aviary.assert_silent();
}

#[test]
fn a_cursor_that_nobody_may_see() {
    let mut aviary = Aviary::new();
    aviary.folder.replace("sources/s.yml", "cursor: seen", "cursor: last_login");
    let told = aviary.run(&["build", "--log", "trace"]).exits(1).text();
    let reason = "cursor column `last_login` of `app.people` is treated by `pseudonym in domain login_time`, and its highest \
                  value would be stored as it is";
    assert!(told.contains(reason), "{told}");
    aviary.folder.replace("sources/s.yml", "cursor: last_login", "cursor: unclassified");
    aviary.run(&["build", "--log", "trace"]).exits(2);
    aviary.assert_silent();
}

#[test]
fn columns_that_nobody_classified() {
    for policy in ["stop", "evolve", "quarantine_rows"] {
        let mut aviary = Aviary::new();
        aviary.folder.replace(
            "sources/s.yml",
            "drift: {new_column: ignore}",
            &format!("drift: {{new_column: {policy}}}"),
        );
        let code = i32::from(policy == "stop");
        aviary.run(&["build", "--log", "trace"]).exits(code);
        aviary.run(&["build", "--output", "json"]).exits(code);
        aviary.assert_silent();
    }
}

#[test]
fn failures_and_bugs_in_mid_air() {
    let mut aviary = Aviary::new();
    for point in [
        "run::source::batch_read",
        "run::source::batch_obfuscated",
        "run::source::unit_read",
        "run::audit::begin",
        "lake::stage::write",
        "lake::store::before_sync",
        "lake::commit::after_lease",
    ] {
        aviary.run_failing(&format!("{point}=return"), &["build", "--log", "trace"]).exits(1);
        aviary.run_failing(&format!("{point}=return(full)"), &["build", "--output", "json"]).exits(1);
        let crashed = aviary.run_failing(&format!("{point}=return(abort)"), &["build", "--log", "trace"]);
        assert_eq!(crashed.signal, Some(6));
        let bug = aviary.run_failing(&format!("{point}=panic"), &["build", "--log", "trace"]);
        // Threads that write files give a panic back to the task as an error.
        let expected: &[i32] = if point.starts_with("run::") { &[101] } else { &[1, 101] };
        assert!(bug.code.is_some_and(|code| expected.contains(&code)), "{}", bug.all());
    }
    aviary.run(&["build"]).succeeds();
    aviary.assert_silent();
}
