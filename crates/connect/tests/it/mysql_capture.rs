//! MariaDB's binary log: what happens to tables comes to their copies, and what cannot be followed is told or read again.

use std::collections::BTreeMap;
use std::thread::JoinHandle;

use ade_connect::{Capture, CaptureRequest, CapturedTable, ChangeColumns, ConnectError, ReadMode};
use ade_testing::MariaDb;
use serde_json::{Value, json};

use crate::source::{Source, drain, rows};

/// A database of a server that writes a log, made by `sql`.
pub(crate) fn logging(arguments: &[&str], sql: &str) -> Source {
    Source::mysql_on(MariaDb::start_with_log(arguments).unwrap(), sql)
}

/// Copies of tables, whose first column is their key.
#[derive(Default)]
pub(crate) struct Copy {
    positions: BTreeMap<String, Value>,
    tables: BTreeMap<String, BTreeMap<String, String>>,
    memory_bytes: Option<usize>,
    /// Whether the last round said that there is more.
    has_more: bool,
    /// How many units the last round had.
    units: usize,
    /// Values that changed rows left out.
    left_out: usize,
}

impl Copy {
    pub(crate) fn rows(&self, table: &str) -> Vec<String> {
        self.tables[table].values().cloned().collect()
    }

    async fn capture(&self, source: &Source, tables: &[&str]) -> Result<Box<dyn Capture>, ConnectError> {
        let tables = tables.iter().map(|table| CapturedTable {
            from: (*table).to_owned(),
            key: vec!["id".to_owned()],
            position: self.positions.get(*table).cloned(),
            passed: None,
            is_read: true,
        });
        let memory_bytes = self.memory_bytes.unwrap_or(1 << 26);
        let request = CaptureRequest { consumer: "ade_test".to_owned(), tables: tables.collect(), memory_bytes };
        source.open().await.capture(&request).await
    }

    /// Brings the copies up to now. Gives what was said.
    pub(crate) async fn round(&mut self, source: &Source, tables: &[&str]) -> Vec<String> {
        self.try_round(source, tables).await.unwrap()
    }

    pub(crate) async fn try_round(&mut self, source: &Source, tables: &[&str]) -> Result<Vec<String>, ConnectError> {
        let capture = self.capture(source, tables).await?;
        let mut said = Vec::new();
        (self.units, self.left_out) = (0, 0);
        for table in tables {
            let mut request = source.request(table, json!({}));
            request.mode = ReadMode::Capture { key: vec!["id".to_owned()] };
            request.position = self.positions.get(*table).cloned();
            let plan = capture.plan(&request).await?;
            said.extend(plan.notes.iter().map(|note| note.message.clone()));
            let copy = self.tables.entry((*table).to_owned()).or_default();
            if plan.replaces_all {
                copy.clear();
            }
            for unit in &plan.units {
                let (batches, end) = drain(capture.read(&plan, unit).await?).await?;
                said.extend(end.notes.iter().map(|note| note.message.clone()));
                for batch in batches {
                    let (values, changes) = match ChangeColumns::split(&batch) {
                        Some((values, changes)) => (values, Some(changes)),
                        None => (batch, None),
                    };
                    for (row, text) in rows(&[values]).into_iter().enumerate() {
                        let key = text.split('|').next().unwrap().to_owned();
                        self.left_out += changes.as_ref().map_or(0, |changes| changes.left_out(row).len());
                        if changes.as_ref().is_some_and(|changes| changes.deleted.value(row)) {
                            copy.remove(&key);
                        } else {
                            copy.insert(key, text);
                        }
                    }
                }
                self.units += 1;
                let before = self.positions.get(*table).cloned().filter(|_| !plan.replaces_all);
                let position = end.position(before, "b").expect("a position");
                self.positions.insert((*table).to_owned(), position);
            }
        }
        self.has_more = capture.has_more();
        Ok(said)
    }

    pub(crate) async fn assert_same(&self, source: &Source, tables: &[&str]) {
        for table in tables {
            let mut theirs = source.read(&source.request(table, json!({}))).await.unwrap().rows();
            let mut ours = self.rows(table);
            theirs.sort();
            ours.sort();
            assert_eq!(ours, theirs, "{table}");
        }
    }
}

const TABLES: &str = "create table t (id int primary key, note varchar(50), large text, n int); \
                      create table u (id varchar(20) primary key, n int); \
                      create table m (id int primary key, n int) engine = MyISAM;";

#[tokio::test(flavor = "multi_thread")]
async fn rows_change_and_go() {
    let source = logging(&[], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', null, 2); insert into u values ('a', 1)");
    let tables = ["t", "u", "m"];
    let mut copy = Copy::default();
    copy.round(&source, &tables).await;
    copy.assert_same(&source, &tables).await;
    for happening in [
        "update t set n = n + 1; update t set n = n + 1 where id = 1; insert into t values (3, 'c', 'y', 3)",
        "update t set id = 20 where id = 2; update t set id = 2 where id = 3",
        "delete from t where id = 1; insert into t values (1, 'new', null, null)",
        "begin; delete from t; insert into u values ('b', 2); rollback",
        "begin; insert into t values (5, 'e', null, 5); savepoint s; delete from t; insert into m values (1, 1); rollback to s; commit",
        "insert into m values (2, 2), (3, 3); update m set n = 0; delete from m where id = 2",
        "begin; insert into t values (6, 'f', null, 5); insert into m values (9, 9); rollback",
        "update u set id = 'A' where id = 'a'",
        "truncate t; insert into t values (8, 'h', repeat('x', 40000), 8)",
        "insert into t select seq, 'many', 'x', seq from seq_100_to_1100",
        "replace into t values (8, 'i', null, 8), (100, null, null, null)",
        "insert into t values (8, 'j', null, 9) on duplicate key update n = -1",
        "delete from t where id > 500",
        "truncate table u",
        "create table other (id int); insert into other values (1); drop table other; flush binary logs; update t set n = 1",
        "begin; truncate t; insert into t values (1, 'a', null, null); rollback",
    ] {
        source.execute(happening);
        let said = copy.round(&source, &tables).await;
        // What is rolled back in part is read again.
        assert!(happening.contains("into m") || !said.iter().any(|note| note.contains("read again")), "{said:?}");
        copy.assert_same(&source, &tables).await;
    }
    assert_eq!(copy.round(&source, &tables).await, [copy_warning()]);
    assert_eq!(copy.units, 0, "nothing happened");
}

/// What is said of the table without transactions each time.
fn copy_warning() -> String {
    "`m` is stored by MyISAM, which knows no transactions: its rows are not of the moment of the other tables, and rows that \
     change while it is read may be missing or come twice"
        .to_owned()
}

fn writers(source: &Source, count: usize, statements: impl Fn(usize) -> String) -> Vec<JoinHandle<()>> {
    (0..count)
        .map(|writer| {
            let (url, sql) = (source.mariadb.as_ref().unwrap().url(), statements(writer));
            std::thread::spawn(move || ade_testing::MariaDb::sql_at(&url, &sql).map(drop).unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_copy_and_the_changes_meet_without_gap_or_overlap() {
    let source = logging(&[], TABLES);
    source.execute("insert into t select seq, 'a', null, 0 from seq_1_to_5000");
    let writers = writers(&source, 4, |writer| {
        let begin = format!("begin; update t set n = n + 1 where id % 4 = {writer}; ");
        let end = format!("do sleep(0.02); insert into u values (left(md5(uuid()), 20), {writer}); commit; ");
        format!("{begin}{end}").repeat(12)
    });
    let mut copies = Vec::new();
    while !writers.iter().all(JoinHandle::is_finished) {
        let mut copy = Copy::default();
        copy.round(&source, &["t", "u"]).await;
        // All of it is of one moment: each transaction changed both tables.
        let changed: usize =
            copy.rows("t").iter().map(|row| row.rsplit('|').next().unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(changed, copy.rows("u").len() * 1_250);
        copies.push(copy);
    }
    for writer in writers {
        writer.join().unwrap();
    }
    assert!(copies.len() > 1);
    for mut copy in copies {
        let said = copy.round(&source, &["t", "u"]).await;
        assert!(said.is_empty(), "{said:?}");
        copy.assert_same(&source, &["t", "u"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_that_change_are_followed_by_names_or_read_again() {
    for (metadata, is_followed) in [("FULL", true), ("MINIMAL", false)] {
        let source = logging(&[&format!("--binlog-row-metadata={metadata}"), "--sql-mode="], TABLES);
        source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', null, 2)");
        let mut copy = Copy::default();
        copy.round(&source, &["t"]).await;
        for (definition, can_be_followed) in [
            ("alter table t add more int null", true),
            ("alter table t drop large", true),
            ("alter table t add index (n), comment 'a table'", true),
            ("alter table t add filled int default 7", false),
            ("alter table t add must int not null", false),
            ("alter table t modify n bigint", false),
            ("alter table t rename column note to remark", false),
            ("alter table t drop more, add more int", false),
            ("rename table t to old; create table t like old", false),
            ("drop table t; create table t (id int primary key, n int)", false),
        ] {
            source.execute(&format!(
                "update t set n = 1 where id = 1; {definition}; insert into t(id, n) values (11, 1), (12, 3) \
                                     on duplicate key update n = n + 1; update t set n = 5 where id = 12"
            ));
            let said = copy.round(&source, &["t"]).await;
            let followed = !said.iter().any(|note| note.contains("all of `t` is read again"));
            let expected = can_be_followed && (is_followed || definition.contains("index"));
            assert_eq!(followed, expected, "{metadata}: {definition}: {said:?}");
            if followed {
                // Columns of rows that did not change are those of before in our copy: look at those that did.
                let ours = copy.rows("t").into_iter().filter(|row| row.starts_with("11|") || row.starts_with("12|"));
                assert_eq!(ours.count(), 2);
                copy = Copy::default();
                copy.round(&source, &["t"]).await;
            }
            copy.assert_same(&source, &["t"]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_came_is_null_in_the_rows_of_before() {
    let source = logging(&["--binlog-row-metadata=FULL"], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', null, 2)");
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute(
        "update t set n = 9 where id = 1; alter table t add more int after id; insert into t(id, more) values (3, 4)",
    );
    let said = copy.round(&source, &["t"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.rows("t"), ["1|NULL|a|x|9", "2|b|NULL|2", "3|4|NULL|NULL|NULL"]);
    // One that goes and comes again, without rows between: what was there is gone.
    source.execute("alter table t drop more");
    copy.round(&source, &["t"]).await;
    source.execute("alter table t add more int after id; update t set n = 10 where id = 3");
    let said = copy.round(&source, &["t"]).await.join("; ");
    assert!(said.contains("its columns were changed more than once"), "{said}");
    copy.assert_same(&source, &["t"]).await;
}

/// Removes the files before `file`: the server keeps those that somebody still reads, or that it may need itself.
fn purge(source: &Source, file: &str) {
    let begin = std::time::Instant::now();
    while source.query("show binary logs")[0].split('|').next() != Some(file) {
        source.execute(&format!("purge binary logs to '{file}'"));
        assert!(begin.elapsed().as_secs() < 30, "the server keeps its log: {:?}", source.query("show binary logs"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_gone_is_noticed() {
    let source = logging(&[], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1)");
    let mut copy = Copy::default();
    copy.round(&source, &["t", "u"]).await;
    source.execute("insert into t values (2, 'b', null, null); flush binary logs; flush binary logs");
    // One of the two goes on in time.
    copy.round(&source, &["u"]).await;
    assert_eq!(copy.units, 1, "a table in which nothing happens goes on, too, when files end");
    purge(&source, "binlog.000003");
    source.execute("insert into u values ('a', 1)");
    let said = copy.round(&source, &["t", "u"]).await;
    assert_eq!(said, ["all of `t` is read again: the server has not kept its log since it was last read"]);
    copy.assert_same(&source, &["t", "u"]).await;
    // Begun anew: the same names, other content.
    source.execute("insert into t values (3, 'b', null, null)");
    copy.round(&source, &["t", "u"]).await;
    let begun = source.query("select unix_timestamp()")[0].parse::<u64>().unwrap();
    while source.query("select unix_timestamp()")[0].parse::<u64>().unwrap() <= begun {
        tokio::task::yield_now().await;
    }
    source.execute(
        "delete from t where id = 1; reset master; flush binary logs; flush binary logs; delete from t where id = 2",
    );
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: the server has "), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
    // The file of the same name has grown: where its predecessor was read to is the midst of an event.
    source.execute("flush binary logs; insert into t values (5, 'b', null, null)");
    copy.round(&source, &["t", "u"]).await;
    let begun = source.query("select unix_timestamp()")[0].parse::<u64>().unwrap();
    while source.query("select unix_timestamp()")[0].parse::<u64>().unwrap() <= begun {
        tokio::task::yield_now().await;
    }
    source.execute(
        "delete from t where id = 5; reset master; flush binary logs; flush binary logs; flush binary logs;
         insert into t values (6, 'b', repeat('x', 5000), null)",
    );
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: the server has begun its log anew"), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
    // Another server has other places.
    source.execute("set global server_id = 2; insert into t values (4, null, null, null)");
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: it is another server"), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fits_comes_in_rounds_or_is_read_again() {
    let source = logging(&[], TABLES);
    let mut copy = Copy { memory_bytes: Some(20_000), ..Copy::default() };
    copy.round(&source, &["t", "u"]).await;
    for first in [1, 101, 201, 301, 401] {
        source.execute(&format!(
            "insert into t select seq, 'x', repeat('x', 100), 1 from seq_{first}_to_{}; insert into u values ('{first}', 1)",
            first + 99
        ));
    }
    let mut rounds = 0;
    loop {
        let said = copy.round(&source, &["t", "u"]).await;
        assert!(said.is_empty(), "{said:?}");
        rounds += 1;
        if !copy.has_more {
            break;
        }
    }
    assert!(rounds > 2, "{rounds}");
    copy.assert_same(&source, &["t", "u"]).await;
    source.execute(
        "insert into u values ('z', 1); insert into t select seq, 'x', repeat('x', 100), 1 from seq_1000_to_3000",
    );
    let said = copy.round(&source, &["t", "u"]).await;
    assert_eq!(said, ["all of `t` is read again: one of its transactions changes more rows than the memory holds"]);
    copy.assert_same(&source, &["t", "u"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_events_are_unpacked() {
    let source = logging(&["--log-bin-compress=ON", "--log-bin-compress-min-len=10"], TABLES);
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute(
        "insert into t select seq, 'x', repeat('x', 1000), 1 from seq_1_to_1000; update t set n = 2; \
                    delete from t where id > 10; alter table t add index by_a_long_name_that_is_compressed (n)",
    );
    let said = copy.round(&source, &["t"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.rows("t").len(), 10);
    copy.assert_same(&source, &["t"]).await;
    source.execute("truncate table t /* some more text, so that it is long enough to be compressed by the server */");
    copy.round(&source, &["t"]).await;
    copy.assert_same(&source, &["t"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sessions_log_otherwise_is_not_lost() {
    let source = logging(&[], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', 'y', 2)");
    let mut copy = Copy::default();
    copy.round(&source, &["t", "u"]).await;
    source.execute(
        "set session binlog_row_image = 'MINIMAL'; update t set n = 7 where id = 1; delete from t where id = 2",
    );
    let said = copy.round(&source, &["t", "u"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.left_out, 2, "two values did not change and were not sent");
    for (statement, reason) in [
        ("set session binlog_row_image = 'MINIMAL'; insert into t(id) values (3)", "leaves values out"),
        ("set session binlog_format = 'STATEMENT'; update t set n = n + 1 where id = 1", "its definition was changed"),
        ("xa start 'x'; insert into t(id) values (9); xa end 'x'; xa prepare 'x'; xa commit 'x'", "was prepared"),
        ("begin; insert into t(id) values (10); commit", ""),
    ] {
        source.execute(statement);
        let said = copy.round(&source, &["t", "u"]).await.join("; ");
        assert!(said.contains(reason) && said.is_empty() == reason.is_empty(), "{statement}: {said}");
        if !reason.is_empty() {
            copy.assert_same(&source, &["t", "u"]).await;
        }
    }
    copy.assert_same(&source, &["t", "u"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_and_logins_that_cannot_be_followed_are_told_what_to_do() {
    let error = |source: &Source| {
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(Copy::default().try_round(source, &["t"])))
            .unwrap_err()
            .to_string()
    };
    let silent = Source::mysql(TABLES);
    let said = error(&silent);
    assert!(said.contains("the server writes no binary log") && said.contains("`log_bin = binlog`"), "{said}");
    drop(silent);
    let mut source = logging(&[], TABLES);
    source.execute("set global binlog_format = 'MIXED'");
    assert!(error(&source).contains("set global binlog_format = 'ROW'"), "{}", error(&source));
    source.execute("set global binlog_format = 'ROW', binlog_row_image = 'NOBLOB'");
    assert!(error(&source).contains("set global binlog_row_image = 'FULL'"), "{}", error(&source));
    source.execute("set global binlog_row_image = 'FULL'; create user 'ade'@'%' identified by 'x'; grant select on app.* to 'ade'@'%'");
    source.set("user", json!("ade"));
    source.set("password", json!("x"));
    let said = error(&source);
    assert!(said.contains("grant replication slave on *.* to 'ade'@'%'"), "{said}");
    source.execute("grant replication slave on *.* to 'ade'@'%'");
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute("insert into t(id) values (1)");
    copy.round(&source, &["t"]).await;
    assert_eq!(copy.rows("t"), ["1|NULL|NULL|NULL"], "that right is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_cannot_be_followed_do_not_stop_the_others() {
    let source = logging(
        &[],
        "create table t (id int primary key, n int);
         create table computed (id int primary key, twice int as (id * 2) virtual, kept int as (id * 3) stored);
         create table foreign_text (id int primary key, note varchar(20) character set sjis);
         create table packed (id int primary key, note varchar(2000) compressed);
         create table old (id int primary key) with system versioning;
         create table fleeting (id int primary key) engine = memory;
         create table keyless (number int);
         create view v as select * from t;",
    );
    for (table, expected) in [
        ("computed", "its column `twice` is computed when it is read"),
        ("foreign_text", "its column `note` is in the character set `sjis`"),
        ("packed", "its column `note` is stored compressed"),
        ("old", "it is system-versioned"),
        ("fleeting", "it is stored in memory"),
        ("keyless", "it has no column `id`"),
        ("v", "it is a view"),
        ("absent", "there is no such table"),
    ] {
        let mut copy = Copy::default();
        let error = copy.try_round(&source, &["t", table]).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{table}: {error}");
        assert!(copy.positions.contains_key("t"), "the other one is read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn computed_columns_that_are_stored_come_as_others() {
    let source = logging(&[], "create table t (id int primary key, n int as (id * 3) stored, more int)");
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute("insert into t(id, more) values (1, 1), (2, 2); update t set id = 3 where id = 2");
    let said = copy.round(&source, &["t"]).await;
    assert!(said.is_empty(), "{said:?}");
    copy.assert_same(&source, &["t"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_foreign_keys_change_is_read_again() {
    let source = logging(
        &[],
        "create table t (id int primary key, note text);
         create table u (id int primary key, t int, foreign key (t) references t (id) on delete cascade on update cascade);
         create table v (id int primary key, u int, foreign key (u) references u (id) on delete set null);
         create table w (id int primary key, t int, foreign key (t) references t (id));
         insert into t values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); insert into u values (1, 1), (2, 2), (3, 3);
         insert into v values (1, 1), (2, 2); insert into w values (1, 4);
         create user 'ade'@'%'; grant replication slave on *.* to 'ade'@'%'; grant select on app.* to 'ade'@'%'",
    );
    let mut narrow = source;
    narrow.set("user", json!("ade"));
    let source = narrow;
    let tables = ["t", "u", "v", "w"];
    let mut copy = Copy::default();
    copy.round(&source, &tables).await;
    for (happening, expected) in [
        ("update t set note = 'x'; insert into t values (5, 'e'); delete from w; delete from v where id = 9", vec![]),
        ("update t set id = 30 where id = 3", vec!["u"]),
        ("delete from u where id = 3", vec!["v"]),
        ("delete from t where id = 1", vec!["u", "v"]),
        ("set foreign_key_checks = 0; delete from t where id = 5", vec![]),
        // The catalog tells no more of the keys by which these rows went.
        ("delete from t where id = 2; alter table u drop foreign key u_ibfk_1", vec!["u", "v"]),
    ] {
        source.execute(happening);
        let said = copy.round(&source, &tables).await;
        for table in ["t", "u", "v", "w"] {
            let is_read = said.iter().any(|note| note.starts_with(&format!("all of `{table}` is read again")));
            assert_eq!(is_read, expected.contains(&table), "{happening}: {said:?}");
        }
        copy.assert_same(&source, &tables).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_that_leave_changes_out_are_refused() {
    let mut source =
        logging(&["--binlog-ignore-db=quiet"], "create database quiet; create table quiet.t (id int primary key)");
    let error = Copy::default().try_round(&source, &["quiet.t"]).await.unwrap_err().to_string();
    assert!(error.contains("leaves the database `quiet` out of its log"), "{error}");
    source.execute("create table t (id int primary key); set global read_only = 1");
    let error = Copy::default().try_round(&source, &["t"]).await.unwrap_err().to_string();
    assert!(error.contains("log_slave_updates = ON"), "{error}");
    source.set("server_id", json!(7));
    source.execute("set global read_only = 0");
    Copy::default().round(&source, &["t"]).await;
}
