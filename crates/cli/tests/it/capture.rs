//! Change capture from a real PostgreSQL: whatever happens to its tables, and whoever is killed when, the lake holds in the
//! end what the source holds.
use std::thread::sleep;
use std::time::{Duration, Instant};

use ade_testing::{Dice, Folder, Postgres, Program, leaks};

use crate::program::program;

/// Tables with what tells their rows apart: a plain key, two columns, and a table without primary key.
const TABLES: &str = "
    create schema app;
    create table app.accounts(
      id bigint primary key, email text, note text, amount numeric(12, 2), at timestamptz, flag boolean, tags int[]);
    alter table app.accounts alter column note set storage external;
    create table app.lines(number int, item text, count int, primary key (number, item));
    create table app.codes(code text unique not null, data bytea, day date);
    alter table app.codes replica identity full;
    create table app.idle(id int primary key);";

const PROJECT: &str = r#"
name: captured
connections:
  db: {type: postgres, host: 127.0.0.1, port: PORT, user: postgres, database: postgres}
privacy:
  rules: [{column: "*", class: public}]
"#;

const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - {name: accounts, ingest: {from: app.accounts, mode: capture, key: [id]}}
      - {name: lines, ingest: {from: app.lines, mode: capture, key: [number, item]}}
      - {name: codes, ingest: {from: app.codes, mode: capture, key: [code]}}
      - {name: idle, ingest: {from: app.idle, mode: capture, key: [id]}}
";

/// Every column as text: both sides write it alike.
const QUERIES: [(&str, &str); 3] = [
    (
        "accounts",
        "select id::text, email, length(note)::text, md5(note), amount::text, at::text, flag::text, \
         array_to_string(tags, ',', '-') from app.accounts order by id",
    ),
    ("lines", "select number::text, item, count::text from app.lines order by number, item"),
    ("codes", "select code, encode(data, 'hex'), day::text from app.codes order by code"),
];

/// A server, and a project that captures from it.
pub(crate) struct Captured {
    pub(crate) server: Postgres,
    pub(crate) folder: Folder,
    pub(crate) ade: Program,
}

impl Captured {
    fn new() -> Self {
        Self::of(TABLES, SOURCES)
    }

    /// With these tables, declared so.
    pub(crate) fn of(tables: &str, sources: &str) -> Self {
        Self::on(Postgres::start().unwrap(), tables, sources)
    }

    /// The same on a server that runs.
    pub(crate) fn on(server: Postgres, tables: &str, sources: &str) -> Self {
        let folder = Folder::new();
        folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()));
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        server.psql(tables).unwrap();
        let captured = Self { server, folder, ade };
        captured.declare(sources);
        captured
    }

    /// Declares the tables otherwise. A partitioned one is read whole where it cannot be captured.
    pub(crate) fn declare(&self, sources: &str) {
        let sources = if self.captures_partitions() {
            sources.to_owned()
        } else {
            sources.replace("events, mode: capture", "events, mode: full")
        };
        self.folder.write("sources/app.yml", sources);
    }

    /// Whether its server gives the changes of a partitioned table as one.
    pub(crate) fn captures_partitions(&self) -> bool {
        self.server.major_version().unwrap() >= 13
    }

    pub(crate) fn psql(&self, statements: &str) -> String {
        self.server.psql(statements).unwrap()
    }

    pub(crate) fn ingest(&self) -> String {
        self.ade.run(&["ingest"]).succeeds().all()
    }

    fn assert_same(&self) {
        for (table, query) in QUERIES {
            self.assert_same_rows(table, query);
        }
    }

    /// Both sides give the same rows for a query that both understand.
    pub(crate) fn assert_same_rows(&self, table: &str, query: &str) {
        let theirs = self.psql(&format!("copy ({query}) to stdout with (format csv)"));
        let ours = self.ade.run(&["query", "--format", "csv", query]).succeeds().text();
        let ours = ours.split_once('\n').map_or("", |(_, rows)| rows);
        assert_eq!(ours, theirs, "{table}");
    }
}

/// A statement or a transaction that something can happen in.
fn happening(dice: &mut Dice) -> String {
    let id = dice.below(40);
    let (other, number, item) = (dice.below(40), dice.below(8), dice.pick(&["a", "b", "ü|,\"x"]));
    let large = 3000 + dice.below(9000);
    match dice.below(16) {
        0..3 => format!(
            "insert into app.accounts values ({id}, 'a{id}@example.org', repeat(md5('{large}'), {large} / 32), {id}.{other:02}, \
             timestamptz '2024-01-01' + interval '{large} seconds', {}, array[{id}, null, {other}]) on conflict (id) do nothing",
            id.is_multiple_of(2)
        ),
        // The large note stays as it is.
        3..6 => format!("update app.accounts set amount = amount + 1, flag = not flag where id between {id} and {id} + 5"),
        6 => format!("update app.accounts set note = repeat(md5('{large}'), {large} / 32), email = null where id = {id}"),
        7 => format!("update app.accounts set id = {other} where id = {id} and not exists (select 1 from app.accounts where id = {other})"),
        8 => format!("delete from app.accounts where id in ({id}, {other})"),
        9 => format!(
            "begin; insert into app.lines values ({number}, '{item}', 1) on conflict (number, item) do update set count = \
             app.lines.count + 1; update app.lines set number = number + 100 where number = {number}; commit"
        ),
        10 => format!("update app.lines set count = {other}, item = item || 'x' where number = {number} + 100 and length(item) < 20"),
        11 => format!("delete from app.lines where number = {number} + 100"),
        12 => format!(
            "insert into app.codes values ('c{id}', decode(md5('{large}'), 'hex'), date '2024-01-01' + {other}) \
             on conflict (code) do update set day = null, data = null"
        ),
        13 => format!("delete from app.codes where code = 'c{id}'; update app.codes set code = code || 'y' where code = 'c{other}'"),
        14 => format!(
            "begin; delete from app.accounts; savepoint s; truncate app.lines; rollback to s; rollback; \
             begin; delete from app.accounts where id = {id}; insert into app.accounts(id, note) values ({id}, 'new'); commit"
        ),
        _ => match dice.below(6) {
            0 => "truncate app.lines".to_owned(),
            1 => "truncate app.accounts; insert into app.accounts(id, amount) select i, i from generate_series(1, 20) i".to_owned(),
            2 => format!("alter table app.accounts add column if not exists extra{} text", id % 3),
            3 => format!("alter table app.lines add column if not exists more{} int default {other}", id % 3),
            4 => format!("alter table app.accounts drop column if exists extra{}", id % 3),
            _ => "alter table app.lines alter column count type bigint; alter table app.lines alter column count type int".to_owned(),
        },
    }
}

fn happens(source: &Captured, dice: &mut Dice, times: u64) {
    for _ in 0..times {
        // What fails has not happened.
        if let Err(error) = source.server.psql(&happening(dice)) {
            assert!(error.to_string().contains("duplicate key"), "{error}");
        }
    }
}

#[test]
fn the_lake_follows_whatever_happens() {
    let source = Captured::new();
    let mut dice = Dice::new(3);
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
fn the_first_copy_and_the_changes_meet_without_gap_or_overlap() {
    let source = Captured::new();
    source.psql("insert into app.accounts(id, amount) select i, 0 from generate_series(1, 20000) i");
    // Transactions that run while the tables are copied: begun before, ended after.
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let statements = format!(
                "begin; update app.accounts set amount = amount + 1 where id % 4 = {writer}; select pg_sleep(0.5 + {writer} * 0.3); \
                 insert into app.accounts(id, amount) values (30000 + {writer}, 1); commit;"
            )
            .repeat(3);
            let url = source.server.connection_string();
            std::thread::spawn(move || ade_testing::psql(&url, &statements))
        })
        .collect();
    while !writers.iter().all(std::thread::JoinHandle::is_finished) {
        source.ingest();
    }
    // Only the first of three insertions can succeed.
    for writer in writers {
        let _ = writer.join().unwrap();
    }
    source.ingest();
    source.assert_same();
    let total = source.psql("select sum(amount) from app.accounts");
    assert_eq!(total.trim(), "20004.00");
}

#[test]
fn nothing_is_lost_whoever_is_killed() {
    let source = Captured::new();
    let mut dice = Dice::new(11);
    happens(&source, &mut dice, 60);
    for round in 0..16 {
        let times = 1 + dice.below(10);
        happens(&source, &mut dice, times);
        let mut victim = source.ade.start(&["ingest"]);
        sleep(Duration::from_millis(dice.below(400)));
        if dice.below(3) == 0 {
            // The server's side of it.
            source.psql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ade'");
        } else {
            victim.kill();
        }
        victim.wait();
        if round % 8 == 7 {
            source.ingest();
            source.assert_same();
        }
    }
    source.ingest();
    source.assert_same();
}

#[test]
fn a_slot_that_is_gone_is_made_anew_and_the_tables_are_read_again() {
    let source = Captured::new();
    let mut dice = Dice::new(5);
    happens(&source, &mut dice, 30);
    source.ingest();
    source.psql("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    happens(&source, &mut dice, 30);
    let said = source.ingest();
    assert!(said.contains("has not kept its log"), "{said}");
    source.assert_same();
    happens(&source, &mut dice, 30);
    source.ingest();
    source.assert_same();
}

#[test]
fn a_key_that_does_not_tell_rows_apart_stops_its_table() {
    let source = Captured::new();
    source.psql("create table app.twice(k int, v text); alter table app.twice replica identity full");
    source.psql("insert into app.twice values (1, 'a'), (1, 'b'), (2, 'c')");
    let declared = "      - {name: twice, ingest: {from: app.twice, mode: capture, key: [k]}}\n";
    source.folder.write("sources/app.yml", SOURCES.to_owned() + declared);
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("1 of 3 rows of `app.twice` has a key (k) that others have, too"), "{said}");
    source.assert_same();
    source.psql("delete from app.twice where v = 'a'");
    source.ingest();
    assert_eq!(source.ade.rows("select v from app.twice order by k"), ["b", "c"]);
}

/// A log tells nothing of what was written before it was to tell of a table.
#[test]
fn a_table_that_joins_the_others_misses_nothing_of_those_who_are_writing_to_it() {
    let source = Captured::new();
    source.psql("create table app.late(id int primary key)");
    source.ingest();
    let connection = source.server.connection_string();
    let writer = std::thread::spawn(move || {
        let sql =
            "begin; insert into app.late values (1); select pg_sleep(1.5); insert into app.late values (2); commit";
        ade_testing::psql(&connection, sql).unwrap();
    });
    while source.psql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'").trim() == "0" {
        std::thread::yield_now();
    }
    let declared = "      - {name: late, ingest: {from: app.late, mode: capture, key: [id]}}\n";
    source.folder.write("sources/app.yml", SOURCES.to_owned() + declared);
    source.ingest();
    writer.join().unwrap();
    source.ingest();
    assert_eq!(source.ade.rows("select id from app.late order by id"), ["1", "2"]);

    // Who writes for longer is not waited for: the others go on.
    let project = source.folder.read("ade.yml").replace("type: postgres", "type: postgres, lock_timeout_ms: 200");
    source.folder.write("ade.yml", &project);
    source.psql("create table app.later(id int primary key)");
    let connection = source.server.connection_string();
    let writer = std::thread::spawn(move || {
        let sql = "begin; insert into app.later values (1); select pg_sleep(600)";
        // ended from outside
        let _ = ade_testing::psql(&connection, sql);
    });
    while source.psql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'").trim() == "0" {
        std::thread::yield_now();
    }
    let declared = declared.to_owned() + &declared.replace("late", "later");
    source.folder.write("sources/app.yml", SOURCES.to_owned() + &declared);
    let said = source.ade.run(&["ingest"]).exits(1).all();
    source.psql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'");
    writer.join().unwrap();
    assert!(said.contains("still writes to it") && said.contains("run again when that has ended"), "{said}");
    source.ingest();
    assert_eq!(source.ade.rows("select count(*) from app.later"), ["0"]);
}

#[test]
fn the_source_keeps_no_more_log_than_is_needed() {
    let source = Captured::new();
    source.psql("insert into app.idle values (1)");
    source.ingest();
    let kept = || -> i64 {
        let sql = "select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint from pg_replication_slots";
        source.psql(sql).trim().parse().unwrap()
    };
    // Much happens elsewhere.
    source.psql(
        "create table app.other(t text); insert into app.other select repeat('x', 1000) from generate_series(1, 40000)",
    );
    assert!(kept() > 40_000_000);
    source.ingest();
    // The server takes our word a moment after we have gone.
    let end = Instant::now() + Duration::from_secs(20);
    while kept() >= 1_000_000 {
        assert!(Instant::now() < end, "{} bytes are kept for tables in which nothing happens", kept());
        std::thread::yield_now();
    }
}

#[test]
fn a_table_that_cannot_be_captured_does_not_stop_the_others() {
    let source = Captured::new();
    source.psql("create table app.keyless(id int); insert into app.codes values ('c', null, null)");
    let declared = "      - {name: keyless, ingest: {from: app.keyless, mode: capture, key: [id]}}\n";
    source.folder.write("sources/app.yml", SOURCES.to_owned() + declared);
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("alter table \"app\".\"keyless\" replica identity full"), "{said}");
    source.assert_same();
    source.psql("alter table app.keyless replica identity full; insert into app.keyless values (1)");
    source.ingest();
    assert_eq!(source.ade.rows("select id from app.keyless"), ["1"]);
}

#[test]
fn rows_are_obfuscated_on_their_way_also_by_their_key() {
    let source = Captured::new();
    let private = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - name: accounts
        ingest: {from: app.accounts, mode: capture, key: [email]}
        columns:
          - {name: email, privacy: {class: email, treatment: pseudonym, form: exact}}
          - {name: note, privacy: {class: free_text, treatment: redact}}
";
    source.folder.write("sources/app.yml", private);
    source.psql(
        "alter table app.accounts replica identity full;
         insert into app.accounts(id, email, note, amount) select i, 'canary' || i, repeat('raw', 3000), i from generate_series(1, 9) i",
    );
    source.ingest();
    source.psql(
        "update app.accounts set amount = 0 where id = 1; update app.accounts set email = 'canary-new' where id = 2;
         delete from app.accounts where id = 3",
    );
    source.ingest();
    let rows = source.ade.rows(
        "select count(*), sum(amount)::int, count(distinct email), max(length(note)) is not null from app.accounts",
    );
    assert_eq!(rows, ["8,41,8,true"]);
    assert_eq!(leaks(&source.folder.files(), &["canary", "rawraw"]), []);
}
