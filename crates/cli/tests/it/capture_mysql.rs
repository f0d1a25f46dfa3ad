//! Change capture from a real MariaDB: whatever happens to its tables, and whoever is killed when, the lake holds in the end
//! what the source holds.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use ade_testing::{Dice, Folder, MariaDb, Program, leaks};

use crate::capture_kills::kills;
use crate::handbook::root;
use crate::program::program;

/// How often somebody is killed. `ADE_TEST_KILLS` says another number.
const KILLS: u64 = 40;

/// Tables with what tells their rows apart: a plain key, two columns, and a table without primary key.
const TABLES: &str = "
    create table accounts(
      id bigint primary key, email varchar(60), note longtext, amount decimal(12, 2), at datetime, flag boolean,
      size enum('small', 'large'));
    create table items(number int, item varchar(40) collate utf8mb4_bin, count int, primary key (number, item));
    create table codes(code varchar(40) not null unique, data varbinary(40), day date);
    create table idle(id int primary key);";

const PROJECT: &str = r#"
name: captured
connections:
  db: {type: mysql, host: 127.0.0.1, port: PORT, user: root, database: app}
privacy:
  rules: [{column: "*", class: public}]
"#;

const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - {name: accounts, ingest: {mode: capture, key: [id]}}
      - {name: items, ingest: {mode: capture, key: [number, item]}}
      - {name: codes, ingest: {mode: capture, key: [code]}}
      - {name: idle, ingest: {mode: capture, key: [id]}}
";

/// What both sides write alike: for each table the source's words, and the lake's.
const QUERIES: [(&str, &str, &str); 3] = [
    (
        "accounts",
        "id, ifnull(email, '-'), ifnull(length(note), '-'), ifnull(md5(note), '-'), ifnull(amount, '-'), \
         ifnull(date_format(at, '%Y-%m-%d %H:%i:%s'), '-'), if(flag is null, '-', if(flag, 'true', 'false')), ifnull(size, '-')",
        "id::text, coalesce(email, '-'), coalesce(length(note)::text, '-'), coalesce(md5(note), '-'), \
         coalesce(amount::text, '-'), coalesce(at::text, '-'), coalesce(flag::text, '-'), coalesce(size, '-')",
    ),
    ("items", "number, item, ifnull(count, '-')", "number::text, item, coalesce(count::text, '-')"),
    (
        "codes",
        "code, ifnull(lower(hex(data)), '-'), ifnull(day, '-')",
        "code, coalesce(encode(data, 'hex'), '-'), coalesce(day::text, '-')",
    ),
];

pub(crate) struct Captured {
    server: MariaDb,
    pub(crate) folder: Folder,
    pub(crate) ade: Program,
}

impl Captured {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let server = MariaDb::start_with_log(arguments).unwrap();
        let folder = Folder::new();
        folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()));
        folder.write("sources/app.yml", SOURCES);
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        server.sql(TABLES).unwrap();
        Self { server, folder, ade }
    }

    pub(crate) fn sql(&self, statements: &str) -> Vec<String> {
        self.server.sql(statements).unwrap()
    }

    pub(crate) fn ingest(&self) -> String {
        self.ade.run(&["ingest"]).succeeds().all()
    }

    /// Removes all files of the log but the last: the server keeps those that somebody still reads, or that it may need itself.
    fn purge(&self) {
        let files = || self.sql("show binary logs");
        let begin = std::time::Instant::now();
        while let [_, .., last] = files().as_slice() {
            self.sql(&format!("purge binary logs to '{}'", last.split('|').next().unwrap()));
            assert!(begin.elapsed() < Duration::from_secs(30), "the server keeps its log: {:?}", files());
        }
    }

    pub(crate) fn assert_same(&self) {
        for (table, theirs, ours) in QUERIES {
            let mut theirs = self.sql(&format!("select concat_ws(',', {theirs}) from {table}"));
            let mut ours = self.ade.rows(&format!("select {ours} from app.{table}"));
            theirs.sort();
            ours.sort();
            assert_eq!(ours, theirs, "{table}");
        }
    }
}

/// A statement or a transaction that something can happen in.
fn happening(dice: &mut Dice) -> String {
    let id = dice.below(40);
    let (other, number, item) = (dice.below(40), dice.below(8), dice.pick(&["a", "B", "ü|x"]));
    let large = 3000 + dice.below(9000);
    match dice.below(16) {
        0..3 => format!(
            "insert ignore into accounts(id, email, note, amount, at, flag, size) values ({id}, 'a{id}@example.org', \
             repeat(md5('{large}'), {large} / 32), {id}.{other:02}, '2024-01-01' + interval {large} second, {id} % 2, \
             1 + {other} % 2)"
        ),
        3..6 => format!("update accounts set amount = amount + 1, flag = not flag where id between {id} and {id} + 5"),
        6 => format!("update accounts set note = repeat(md5('{large}'), {large} / 32), email = null where id = {id}"),
        7 => format!("update ignore accounts set id = {other} where id = {id}"),
        8 => format!("delete from accounts where id in ({id}, {other})"),
        9 => format!(
            "begin; insert into items(number, item, count) values ({number}, '{item}', 1) on duplicate key update count = count + 1; \
             update ignore items set number = number + 100 where number = {number}; commit"
        ),
        10 => format!(
            "update ignore items set count = {other}, item = concat(item, 'x') where number = {number} + 100 and length(item) < 20"
        ),
        11 => format!("delete from items where number = {number} + 100"),
        12 => format!(
            "replace into codes(code, data, day) values ('c{id}', unhex(md5('{large}')), '2024-01-01' + interval {other} day), \
             ('d{other}', null, null)"
        ),
        13 => format!(
            "delete from codes where code = 'c{id}'; update codes set code = concat(code, 'y') where code = 'c{other}'"
        ),
        14 => format!(
            "begin; delete from accounts; savepoint s; insert into items(number, item) values (1000, 'never'); rollback to s; rollback; \
             begin; delete from accounts where id = {id}; insert into accounts(id, note) values ({id}, 'new'); commit"
        ),
        _ => match dice.below(8) {
            0 => "truncate items".to_owned(),
            1 => "truncate accounts; insert into accounts(id, amount) select seq, seq from seq_1_to_20".to_owned(),
            2 => format!("alter table accounts add column if not exists extra{} text", id % 3),
            3 => format!("alter table items add column if not exists more{} int default {other}", id % 3),
            4 => format!("alter table accounts drop column if exists extra{}", id % 3),
            5 => "alter table items modify count bigint; alter table items modify count int".to_owned(),
            6 => "alter table accounts add index by_email (email); alter table accounts drop index by_email".to_owned(),
            _ => "flush binary logs".to_owned(),
        },
    }
}

fn happens(source: &Captured, dice: &mut Dice, times: u64) {
    for _ in 0..times {
        // What fails has not happened.
        if let Err(error) = source.server.sql(&happening(dice)) {
            assert!(error.to_string().contains("Duplicate entry"), "{error}");
        }
    }
}

fn the_lake_follows(metadata: &str, seed: u64) {
    let source = Captured::new(&[&format!("--binlog-row-metadata={metadata}")]);
    let mut dice = Dice::new(seed);
    happens(&source, &mut dice, 40);
    source.ingest();
    source.assert_same();
    for _ in 0..12 {
        let times = 1 + dice.below(40);
        happens(&source, &mut dice, times);
        source.ingest();
        source.assert_same();
    }
    // Nothing happened: nothing is done.
    let said = source.ingest();
    assert!(said.contains("unchanged") && !said.contains("success"), "{said}");
}

#[test]
fn the_lake_follows_whatever_happens() {
    the_lake_follows("MINIMAL", 3);
}

#[test]
fn the_lake_follows_whatever_happens_by_names() {
    the_lake_follows("FULL", 4);
}

#[test]
fn nothing_is_lost_whoever_is_killed() {
    let mut source = Captured::new(&["--binlog-row-metadata=FULL"]);
    let mut dice = Dice::new(11);
    happens(&source, &mut dice, 60);
    for round in 0..kills(KILLS) {
        // Somebody else goes on all the while.
        let is_over = Arc::new(AtomicBool::new(false));
        let (url, seed, over) = (source.server.url(), dice.roll(), Arc::clone(&is_over));
        let writer = std::thread::spawn(move || {
            let mut dice = Dice::new(seed);
            while !over.load(Ordering::Relaxed) {
                // A server that is killed answers nobody.
                let _ = MariaDb::sql_at(&url, &happening(&mut dice));
            }
        });
        let mut victim = source.ade.start(&["ingest"]);
        sleep(Duration::from_millis(dice.below(400)));
        if dice.below(4) == 0 {
            source.server.crash().unwrap();
        } else {
            victim.kill();
        }
        victim.wait();
        is_over.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        if round % 8 == 7 {
            source.ingest();
            source.assert_same();
        }
    }
    source.ingest();
    source.assert_same();
}

#[test]
fn a_log_that_was_not_kept_means_a_new_copy() {
    let source = Captured::new(&[]);
    let mut dice = Dice::new(5);
    happens(&source, &mut dice, 30);
    source.ingest();
    happens(&source, &mut dice, 30);
    source.sql("flush binary logs");
    source.purge();
    let said = source.ingest();
    assert!(said.contains("has not kept its log"), "{said}");
    source.assert_same();
    happens(&source, &mut dice, 30);
    let said = source.ingest();
    assert!(!said.contains("has not kept its log"), "{said}");
    source.assert_same();
}

#[test]
fn a_table_in_which_nothing_happens_keeps_up_with_the_log() {
    let source = Captured::new(&[]);
    source.sql("insert into idle values (1)");
    source.ingest();
    source.sql("insert into codes(code) values ('a'); flush binary logs");
    source.ingest();
    source.purge();
    source.sql("insert into idle values (2)");
    let said = source.ingest();
    assert!(!said.contains("read again"), "{said}");
    assert_eq!(source.ade.rows("select id from app.idle order by id"), ["1", "2"]);
}

#[test]
fn a_server_that_cannot_be_followed_says_what_to_do() {
    let source = Captured::new(&[]);
    source.sql("set global binlog_row_image = 'MINIMAL'");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("set global binlog_row_image = 'FULL'"), "{said}");
    source.sql("set global binlog_row_image = 'FULL'; insert into codes(code) values ('a')");
    source.ingest();
    source.assert_same();
}

#[test]
fn rows_are_obfuscated_on_their_way_also_by_their_key() {
    let source = Captured::new(&[]);
    let private = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - name: accounts
        ingest: {mode: capture, key: [email]}
        columns:
          - {name: email, privacy: {class: email, treatment: pseudonym, form: exact}}
          - {name: note, privacy: {class: free_text, treatment: redact}}
";
    source.folder.write("sources/app.yml", private);
    source.sql("insert into accounts(id, email, note, amount) select seq, concat('canary', seq), repeat('raw', 3000), seq from seq_1_to_9");
    source.ingest();
    source.sql(
        "set session binlog_row_image = 'NOBLOB'; update accounts set amount = 0 where id = 1;
         set session binlog_row_image = 'FULL'; update accounts set email = 'canary-new' where id = 2;
         delete from accounts where id = 3",
    );
    let said = source.ingest();
    assert!(!said.contains("read again"), "{said}");
    let rows = source.ade.rows(
        "select count(*), sum(amount)::int, count(distinct email), max(length(note)) is not null from app.accounts",
    );
    assert_eq!(rows, ["8,41,8,true"]);
    assert_eq!(leaks(&source.folder.files(), &["canary", "rawraw"]), []);
}

/// The text behind the line `begin` of a page, up to the line `end`.
fn shown(page: &str, begin: &str, end: &str) -> String {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let text = text.split_once(begin).unwrap_or_else(|| panic!("{page} has no `{begin}`")).1;
    text.split_once(end).unwrap().0.to_owned()
}

#[test]
fn the_guides_say_what_to_ask_for() {
    let settings = shown("docs/guide/change-capture.md", "[mysqld]\n", "```");
    let settings: Vec<String> =
        settings.lines().map(|line| format!("--{}", line.replace(" = ", "=").replace('_', "-"))).collect();
    let server = MariaDb::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    server.sql(TABLES).unwrap();
    server.sql(&shown("docs/guide/mysql.md", "```sql\n", "```").replace("shop", "app")).unwrap();
    let folder = Folder::new();
    let project = PROJECT.replace("user: root", "user: ade, password: '${env:DB_PASSWORD}'");
    folder.write("ade.yml", project.replace("PORT", &server.port().to_string()));
    folder.write("sources/app.yml", SOURCES);
    let ade = program(&folder).env("DB_PASSWORD", "…");
    ade.run(&["init", "."]).succeeds();
    let refused = ade.run(&["ingest"]).exits(1).all();
    let grant = shown("docs/guide/change-capture.md", "a user that may read it: `", ";`");
    assert!(refused.contains(&grant), "{grant}: {refused}");
    server.sql(&grant).unwrap();
    ade.run(&["ingest"]).succeeds();
    server
        .sql("alter table accounts add column more text; insert into accounts(id, more) values (1, 'a'), (2, 'b')")
        .unwrap();
    server.sql("update accounts set amount = 1 where id = 1; delete from accounts where id = 2").unwrap();
    let said = ade.run(&["ingest"]).succeeds().all();
    assert!(!said.contains("read again"), "{said}");
    let recent = "_ade_changed_at between _ade_loaded_at - interval '1 hour' and _ade_loaded_at + interval '1 hour'";
    assert_eq!(ade.rows(&format!("select id, amount, more, {recent} from app.accounts")), ["1,1.00,a,true"]);
}
