//! Servers, logins, logs and tables that cannot be followed.

use serde_json::json;

use super::{Copy, TABLES, logging};
use crate::source::Source;

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
