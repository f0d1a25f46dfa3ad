//! What a MariaDB server answers.

use ade_connect::Topic;
use ade_testing::MariaDb;
use serde_json::json;

use super::{answers, checklist, modes, questions, statements};
use crate::source::Source;

const TABLES: &str = "
    create table customers (
        id bigint not null auto_increment primary key, email varchar(200), is_test tinyint(1) not null default 0,
        created_at datetime not null, touched timestamp not null default current_timestamp on update current_timestamp,
        deleted_at datetime null, settings json, doubled bigint as (score * 2) virtual, tier varchar(20), state enum('new','paid'), score int check (score <= 100),
        index (touched)) comment 'who buys';
    insert into customers (email, is_test, created_at, deleted_at, settings, tier, state, score)
        select if(seq % 50 = 0, concat('a', seq, '@example.com'), concat('canary', seq, '@shop.de')), seq % 100 = 0,
            '2024-01-01' + interval seq minute, if(seq % 20 = 0, now(), null),
            json_object('plan', 'canary-plan', 'seats', seq), concat('canary-tier', seq % 4), 'new', seq % 100
        from seq_1_to_1000;
    create table keyless (line text);
    create table coded (code varchar(20) not null unique, label text, updated_at datetime not null);
    create table cached (id int primary key) engine = memory;
    create table odd (id int primary key, line varchar(20) character set koi8r);
    create view v as select id from customers;
    analyze table customers;";

#[tokio::test(flavor = "multi_thread")]
async fn server_and_tables_are_described_and_no_value_is_told() {
    let source = Source::mysql(TABLES);
    let (list, tables) = checklist(&source).await;
    let server = answers(&list, Topic::Server).remove(0);
    assert!(server.starts_with("MariaDB 10.") && server.ends_with(", utf8mb4"), "{server}");
    assert_eq!(answers(&list, Topic::Role), ["takes writes: a primary"]);
    assert_eq!(answers(&list, Topic::TimeZone), ["+05:30, for programs that do not say one"]);
    assert!(answers(&list, Topic::Login)[0].starts_with("'root'@'"), "{:?}", answers(&list, Topic::Login));
    assert_eq!(answers(&list, Topic::Keys), ["no key: keyless"]);
    let updated = answers(&list, Topic::Updated);
    assert!(updated.contains(&"customers: `touched`, indexed".to_owned()), "{updated:?}");
    assert!(updated.contains(&"coded: `updated_at`, not indexed".to_owned()), "{updated:?}");
    // What the server sets needs no question.
    assert!(questions(&list, Topic::Updated)[0].starts_with("Does every change set coded.updated_at, "));
    assert_eq!(answers(&list, Topic::NaiveTime), ["coded: updated_at", "customers: created_at and deleted_at"]);
    assert_eq!(
        answers(&list, Topic::SoftDelete),
        ["customers.deleted_at: 50 of 1000 rows looked at: `deleted_at is not null`"]
    );
    assert_eq!(answers(&list, Topic::Json), ["customers.settings: plan: text, seats: integer"]);
    let enumerations = answers(&list, Topic::Enumeration);
    assert!(enumerations.contains(&"customers.state: enum('new','paid')".to_owned()), "{enumerations:?}");
    assert!(enumerations.contains(&"customers.tier: 4 different values".to_owned()), "{enumerations:?}");
    let documented = answers(&list, Topic::Documentation);
    assert!(documented.iter().any(|answer| answer.starts_with("customers: CHECK (`score` <= 100)")), "{documented:?}");
    let tests = answers(&list, Topic::TestRows);
    assert!(
        tests[0].starts_with("customers.email: 20 of 1000 rows looked at: `lower(email) ~ '@(example"),
        "{tests:?}"
    );
    assert_eq!(tests[1], "customers.is_test: 10 of 1000 rows looked at: `is_test`");

    assert_eq!(list.capture.clone().unwrap().missing, ["a binary log (log_bin is off)"]);
    assert!(statements(&list).iter().any(|sql| sql.starts_with("-- [mysqld] log_bin = binlog")));
    assert_eq!(
        modes(&list, &tables),
        ["cached Full", "coded Full", "customers Incremental", "keyless Full", "odd Full", "v Full"]
    );
    let told = serde_json::to_string(&list).unwrap();
    assert!(!told.contains("canary"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_capture_is_told_in_statements_that_help() {
    let server =
        MariaDb::start_with(&["--log-bin=binlog", "--binlog-format=MIXED", "--binlog-row-image=MINIMAL"]).unwrap();
    let mut source = Source::mysql_on(server, TABLES);
    source.execute("create user 'the reader'@'%' identified by 'canary'; grant select on app.* to 'the reader'@'%'");
    let port = source.mariadb.as_ref().unwrap().port();
    source.set("url", json!(format!("mysql://the%20reader:canary@127.0.0.1:{port}/app")));
    let (list, _) = checklist(&source).await;
    assert_eq!(
        list.capture.clone().unwrap().missing,
        [
            "binlog_format = ROW (it is MIXED)",
            "binlog_row_image = FULL (it is MINIMAL)",
            "the right replication slave and replication client"
        ]
    );
    let login = answers(&list, Topic::Login).remove(0);
    assert_eq!(login, "'the reader'@'%': SELECT on app.*");
    assert!(!serde_json::to_string(&list).unwrap().contains("canary"));
    for statement in list.statements.iter().filter(|statement| statement.topic == Topic::Capture) {
        source.execute(statement.sql.split(" --").next().unwrap());
    }
    let (list, tables) = checklist(&source).await;
    assert!(!statements(&list).iter().any(|sql| sql.contains("binlog")), "{:?}", statements(&list));
    let readiness = list.capture.clone().unwrap();
    assert!(readiness.is_ready(), "{:?}", readiness.missing);
    assert_eq!(readiness.table("customers").unwrap().obstacle, None);
    assert_eq!(readiness.table("customers").unwrap().not_in_log, ["doubled"]);
    let obstacle = |table: &str| readiness.table(table).unwrap().obstacle.clone().unwrap();
    assert!(obstacle("cached").starts_with("it is stored in memory"), "{}", obstacle("cached"));
    let odd = obstacle("odd");
    assert!(odd.contains("`line`") && odd.contains("character set"), "{odd}");
    assert!(readiness.table("keyless").unwrap().obstacle.is_some() && readiness.table("v").unwrap().obstacle.is_some());
    assert!(modes(&list, &tables).contains(&"customers Capture".to_owned()), "{:?}", modes(&list, &tables));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_told_for_each_table_and_column() {
    let mut source = Source::mysql(
        "create table customers (id int primary key, email text, iban text); create table orders (id int primary key, note text);
         create user reader identified by 'canary'; grant select (id, email), insert (iban) on app.customers to reader;
         grant select, update on app.orders to reader;",
    );
    let port = source.mariadb.as_ref().unwrap().port();
    source.set("url", json!(format!("mysql://reader:canary@127.0.0.1:{port}/app")));
    let (list, _) = checklist(&source).await;
    let rights = answers(&list, Topic::Rights);
    assert_eq!(
        rights,
        [
            "may do more than ade needs: INSERT and UPDATE",
            "may read 2 tables and views of `app`",
            "may also write to customers and orders: more than ade needs",
            "customers: may not read iban",
            "customers: may read only the columns that are listed: the server does not tell it of others",
        ]
    );
    let sql = "grant select (`iban`) on `app`.`customers` to 'reader'@'%';";
    assert!(statements(&list).contains(&sql), "{:?}", statements(&list));
    source.execute(sql);
    let (list, _) = checklist(&source).await;
    assert!(!answers(&list, Topic::Rights).contains(&rights[3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_rows_may_be_without_is_not_drafted() {
    let source = Source::mysql(
        "create table a (id int primary key, created_at datetime not null, updated_at datetime null, index (updated_at));
         create table b (id int primary key, updated_at datetime not null, index (updated_at));",
    );
    let (list, tables) = checklist(&source).await;
    assert_eq!(modes(&list, &tables), ["a Full", "b Incremental"]);
}
