//! MariaDB's binary log: what happens to tables comes to their copies, and what cannot be followed is told or read again.

mod copy;
mod definitions;
mod logs;
mod refusals;

use std::thread::JoinHandle;

use serde_json::json;

pub(crate) use self::copy::{Copy, logging};
use crate::source::Source;

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
