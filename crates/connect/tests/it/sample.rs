//! Samples of tables that hold values which cannot be read, and how many sessions it takes to look at many tables.

use ade_connect::{Connection, Sample};
use futures::StreamExt;
use serde_json::json;

use crate::source::{Source, columns, rows};

async fn sample(source: &Source, opened: &dyn Connection, from: &str) -> Sample {
    opened.sample(from, &source.options(json!({})), 100).await.unwrap()
}

fn types(sample: &Sample) -> Vec<String> {
    let mut types = columns(&sample.rows.schema());
    types.sort();
    types
}

#[tokio::test(flavor = "multi_thread")]
async fn around_values_that_postgresql_types_allow_and_ours_do_not() {
    let source = Source::postgres(
        "create table odd (id int primary key, amount numeric(10,2), born date, grid int[], label text);
         insert into odd values (1, 1.50, '1990-01-01', '{1}', 'canary'), (2, 'NaN', '0044-03-15 BC', '{{1,2},{3,4}}', 'canary');
         create function fails(i int) returns int language plpgsql immutable as $$ begin
           if i > 1 then raise exception 'canary %', i; end if; return i; end $$;
         create view halves as select id, label, 10 / (id - 2) as ratio, fails(id) as failing from odd;
         create view nothing as select 1 / (id - 2) as ratio from odd;",
    );
    let opened = source.open().await;
    let odd = sample(&source, opened.as_ref(), "odd").await;
    assert_eq!(odd.rows.num_rows(), 2);
    assert_eq!(types(&odd), ["amount varchar", "born varchar", "grid varchar", "id integer", "label varchar"]);
    let read = rows(&[odd.rows.project(&[0, 1, 2]).unwrap()]);
    assert!(read[1].contains("NaN") && read[1].contains("BC") && read[1].contains("{{1,2},{3,4}}"), "{read:?}");
    let told = odd.notes.join("\n");
    assert_eq!(odd.notes.len(), 3, "{told}");
    assert!(
        told.contains("`odd`, ctid (0,2), column `amount`: expected decimal(10,2), found NaN or infinity"),
        "{told}"
    );
    assert!(told.contains("its values are looked at as text"), "{told}");

    // Of a view, the server does not say which column it was.
    let halves = sample(&source, opened.as_ref(), "halves").await;
    assert_eq!(
        (halves.rows.num_rows(), types(&halves)),
        (2, vec!["id integer".to_owned(), "label varchar".to_owned()])
    );
    let told = halves.notes.join("\n");
    assert!(told.contains("column `ratio` is not looked at: ") && told.contains("division by zero"), "{told}");
    assert!(told.contains("column `failing` is not looked at: "), "{told}");
    assert!(!told.contains("canary"), "{told}");
    assert!(opened.sample("nothing", &source.options(json!({})), 100).await.is_err());
    // What failed does not stand in the way of the next one.
    assert_eq!(sample(&source, opened.as_ref(), "odd").await.rows.num_rows(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn around_values_that_mysql_types_allow_and_ours_do_not() {
    let source = Source::mysql(
        "create table odd (id int primary key, flag tinyint(1), label text);
         insert into odd values (1, 1, 'canary'), (2, 7, 'canary');
         create view computed as select id, cast(id as unsigned) - 3 as below, (select label from odd) as several from odd;",
    );
    let opened = source.open().await;
    let odd = sample(&source, opened.as_ref(), "odd").await;
    assert_eq!(odd.rows.num_rows(), 2);
    assert_eq!(types(&odd), ["flag varchar", "id integer", "label varchar"]);
    let told = odd.notes.join("\n");
    assert!(told.contains("column `flag`: expected boolean, found a whole number other than 0 and 1"), "{told}");

    // Of a view, the server does not say which column it was.
    let computed = sample(&source, opened.as_ref(), "computed").await;
    assert_eq!((computed.rows.num_rows(), types(&computed)), (2, vec!["id integer".to_owned()]));
    let told = format!("{told}\n{}", computed.notes.join("\n"));
    assert!(told.contains("column `below` is not looked at: ") && told.contains("error 1690"), "{told}");
    assert!(told.contains("column `several` is not looked at: ") && told.contains("error 1242"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

/// Looks at all tables `t1` to `t20` at once.
async fn look_at_all(source: &Source) {
    let opened = source.open().await;
    let tables: Vec<String> = (1..=20).map(|number| format!("t{number}")).collect();
    let looks = futures::stream::iter(&tables).map(|table| sample(source, opened.as_ref(), table));
    let samples: Vec<Sample> = looks.buffer_unordered(8).collect().await;
    assert!(samples.iter().all(|sample| sample.rows.num_rows() == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tables_are_looked_at_through_as_many_sessions_as_a_postgresql_login_has() {
    let mut source = Source::postgres(
        "create role reader login connection limit 2;
         do $$ begin for i in 1..20 loop
           execute format('create table t%1$s (id int primary key); insert into t%1$s values (1)', i);
         end loop; end $$; grant select on all tables in schema public to reader;",
    );
    source.set("user", json!("reader"));
    source.set("database", json!("postgres"));
    look_at_all(&source).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tables_are_looked_at_through_as_many_sessions_as_a_mysql_login_has() {
    let tables: Vec<String> = (1..=20)
        .map(|number| format!("create table t{number} (id int primary key); insert into t{number} values (1);"))
        .collect();
    let mut source = Source::mysql(&tables.concat());
    source.execute(
        "create user reader identified by 'secret' with max_user_connections 2; grant select on app.* to reader",
    );
    let port = source.mariadb.as_ref().unwrap().port();
    source.set("url", json!(format!("mysql://reader:secret@127.0.0.1:{port}/app")));
    look_at_all(&source).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_emptied_while_others_are_looked_at_is_looked_at_anew() {
    let source = Source::postgres("create table a (id int); create table b (id int); insert into a values (1);");
    let opened = source.open().await;
    assert_eq!(sample(&source, opened.as_ref(), "a").await.rows.num_rows(), 1);
    source.execute("truncate b; insert into b values (1), (2)");
    assert_eq!(sample(&source, opened.as_ref(), "b").await.rows.num_rows(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mysql_table_that_is_changed_while_others_are_looked_at_is_looked_at_anew() {
    let source = Source::mysql(
        "create table a (id int primary key); insert into a values (1);
         create table b (id int primary key); insert into b values (7);",
    );
    let opened = source.open().await;
    assert_eq!(sample(&source, opened.as_ref(), "a").await.rows.num_rows(), 1);
    source.execute("truncate table a; insert into a values (1), (2)");
    assert_eq!(sample(&source, opened.as_ref(), "a").await.rows.num_rows(), 2);
    source.execute("alter table b add column came text, algorithm=copy");
    assert_eq!(types(&sample(&source, opened.as_ref(), "b").await), ["came varchar", "id integer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_left_open_between_tables_and_a_session_that_was_ended_is_replaced() {
    const IDLE: &str = "from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    let source = Source::postgres("create table a (id int); insert into a values (1);");
    let opened = source.open().await;
    assert_eq!(sample(&source, opened.as_ref(), "a").await.rows.num_rows(), 1);
    assert_eq!(source.query(&format!("select state {IDLE}")), ["idle"]);
    assert_eq!(source.query(&format!("select pg_terminate_backend(pid) {IDLE}")), ["t"]);
    assert_eq!(sample(&source, opened.as_ref(), "a").await.rows.num_rows(), 1);
}
