//! Sessions only read.

use ade_engine::SqlErrorKind;

use crate::support::{ask, catalog, fail, session};

#[tokio::test]
async fn everything_that_would_change_something_is_refused() {
    let session = session(catalog());
    for sql in [
        "insert into customers values (3, 'Cid')",
        "update customers set name = 'x'",
        "delete from customers",
        "merge into customers c using customers d on c.id = d.id when matched then delete",
        "create table t as select 1",
        "create view v as select 1",
        "create external table t stored as csv location '/etc/passwd'",
        "create function f() returns int return 1",
        "create schema s",
        "drop table customers",
        "alter table customers add column x int",
        "truncate table customers",
        "copy customers to '/tmp/out.csv'",
        "copy (select 1) to '/tmp/out.csv'",
        "set timezone = 'Europe/Berlin'",
        "begin",
        "commit",
        "grant select on customers to public",
        "prepare p as select 1",
        "vacuum",
        "explain insert into customers values (3, 'x')",
        "explain analyze delete from customers",
        "with gone as (delete from customers returning *) select * from gone",
        "select * into t from customers",
    ] {
        let error = fail(&session, sql).await;
        assert!(
            matches!(error.kind, SqlErrorKind::Refused | SqlErrorKind::Syntax),
            "{sql} ended in {:?}: {error}",
            error.kind
        );
    }
    let error = fail(&session, "  drop table customers").await;
    assert_eq!(error.kind, SqlErrorKind::Refused);
    assert_eq!(error.position.map(|place| place.column), Some(3));
    assert!(error.hint.is_some());
    assert_eq!(ask(&session, "select count(*) from customers").await, "2");
}

#[tokio::test]
async fn no_file_and_no_host_can_be_read() {
    let session = session(catalog());
    for sql in [
        "select * from '/etc/passwd'",
        "select * from \"/etc/passwd\"",
        "select * from \"file:///etc/passwd\"",
        "select * from \"http://localhost/x.parquet\"",
        "select * from read_parquet('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from parquet_metadata('/etc/passwd')",
        "select pg_read_file('/etc/passwd')",
    ] {
        let error = fail(&session, sql).await;
        assert!(
            matches!(error.kind, SqlErrorKind::Unknown | SqlErrorKind::Syntax | SqlErrorKind::Invalid),
            "{sql}: {error}"
        );
    }
}

#[tokio::test]
async fn queries_of_every_form_are_answered() {
    let session = session(catalog());
    for (sql, rows) in [
        ("select 1;", "1"),
        ("values (1), (2)", "1\n2"),
        ("with a as (select 1 as x) select x from a", "1"),
        ("(select 1) union all (select 2) order by 1", "1\n2"),
        ("-- a note\nselect /* inside */ 1", "1"),
    ] {
        assert_eq!(ask(&session, sql).await, rows, "{sql}");
    }
    assert!(
        session
            .explain("select * from customers where id = 1", false)
            .await
            .expect("a plan")
            .contains("DataSourceExec")
    );
    assert!(
        session
            .explain("select id + 1 from customers where id > 1", true)
            .await
            .expect("a plan")
            .contains("output_rows")
    );
}
