//! What a PostgreSQL server answers.

use ade_connect::{ChecklistRequest, Draft, DraftPrivacy, Topic};
use ade_testing::Postgres;
use serde_json::json;

use super::{answers, checklist, modes, questions, statements};
use crate::source::Source;

const TABLES: &str = r#"
    create type state as enum ('new', 'paid', 'it''s "odd"');
    create table countries (code char(2) primary key, label text not null);
    insert into countries select chr(65 + i / 26) || chr(65 + i % 26), 'canary-label' || i from generate_series(0, 99) i;
    create table customers (
      id bigint primary key, email text, is_test boolean, country char(2) references countries, legacy_no text,
      created_at timestamp not null, updated_at timestamptz not null, deleted_at timestamptz,
      settings jsonb, tier text, score int check (score between 0 and 100));
    comment on table customers is 'who buys';
    create index on customers (updated_at);
    insert into customers select i, case when i % 50 = 0 then 'a' || i || '@example.com' else 'canary' || i || '@shop.de' end,
      i % 100 = 0, chr(65 + i % 100 / 26) || chr(65 + i % 100 % 26), case when i < 10 then 'canary-old' || i end,
      case when i <= 300 then timestamp '2020-01-01' else timestamp '2020-01-01' + i * interval '1 hour' end,
      timestamptz '2024-01-01' + i * interval '1 minute', case when i % 20 = 0 then now() end,
      jsonb_build_object('plan', 'canary-plan', 'seats', i, 'limits', jsonb_build_object('users', 3.5),
        'by_mail', jsonb_build_object('canary' || i || '@shop.de', true)),
      'canary-tier' || i % 4, i % 100 from generate_series(1, 1000) i;
    create table orders (
      id bigint generated always as identity primary key, customer_id bigint not null references customers, state state,
      amount numeric(12, 2), gross numeric(12, 2) generated always as (amount * 1.19) stored, "Updated At" timestamptz not null);
    create table events (id int primary key, created_at timestamptz not null, updated_at timestamptz not null);
    insert into events select i, timestamptz '2024-01-01' + i * interval '1 day', timestamptz '2024-01-01' + i * interval '1 day'
      from generate_series(1, 60) i;
    create table keyless (line text);
    create table coded (code text not null, label text);
    create unique index coded_by_code on coded (code);
    create unlogged table scratch (id int primary key);
    create view v as select id from orders;
    create table audit_log (id bigint primary key, table_name text, action text, old_value text, created_at timestamptz);
    insert into audit_log select i, 'canary', 'canary', null, now() from generate_series(1, 2000) i;
    create table parts (id int, day date, primary key (id, day)) partition by range (day);
    create table parts_1 partition of parts for values from ('2024-01-01') to ('2025-01-01');
    insert into keyless values ('x'); delete from keyless;
    analyze;
"#;

/// A server with these tables, and with statistics that know what happened to them.
fn source() -> Source {
    let source = Source::postgres(TABLES);
    while source.query("select n_tup_del from pg_stat_user_tables where relname = 'keyless'") != ["1"] {
        std::thread::yield_now();
    }
    source
}

#[tokio::test(flavor = "multi_thread")]
async fn server_and_tables_are_described_and_no_value_is_told() {
    let source = source();
    source.execute("alter database postgres set timezone = 'Europe/Berlin'");
    let (list, tables) = checklist(&source).await;
    let server = answers(&list, Topic::Server).remove(0);
    let version = source.postgres_version();
    assert!(server.starts_with(&format!("PostgreSQL {version}.")) && server.ends_with(", UTF8"), "{server}");
    assert_eq!(answers(&list, Topic::Hosting), ["own server, as far as it shows"]);
    assert_eq!(answers(&list, Topic::Role), ["primary"]);
    assert_eq!(answers(&list, Topic::TimeZone), ["Europe/Berlin for programs that do not say one; its log is in UTC"]);
    let login = answers(&list, Topic::Login).remove(0);
    assert!(login.starts_with("`postgres`: is a superuser, may make roles"), "{login}");
    let rights = answers(&list, Topic::Rights);
    assert_eq!(rights[0], "may read 10 of 10 tables and views");
    assert!(rights[1].starts_with("may also write to audit_log, coded, "), "{rights:?}");

    assert_eq!(answers(&list, Topic::Keys), ["no key: keyless"]);
    let created = answers(&list, Topic::Created);
    assert!(created.contains(&"customers: `created_at`, not indexed".to_owned()), "{created:?}");
    assert!(created.iter().any(|answer| answer.starts_with("no such column: coded, countries, ")), "{created:?}");
    let updated = answers(&list, Topic::Updated);
    assert!(updated.contains(&"customers: `updated_at`, indexed".to_owned()), "{updated:?}");
    assert!(updated.contains(&"orders: `Updated At`, not indexed".to_owned()), "{updated:?}");
    assert_eq!(
        questions(&list, Topic::Updated),
        [
            "Does every change set customers.updated_at, events.updated_at and orders.Updated At, also one by hand, by a \
             migration or by a batch job?",
            "Do rows of events never change, or is their last-updated column not set then?"
        ]
    );
    assert_eq!(answers(&list, Topic::NaiveTime), ["customers: created_at"]);
    assert_eq!(
        answers(&list, Topic::SoftDelete),
        [
            "keyless: rows are deleted for good: 1 so far",
            "customers.deleted_at: 50 of 1000 rows looked at: `deleted_at is not null`"
        ]
    );
    assert_eq!(
        answers(&list, Topic::Json),
        ["customers.settings: by_mail: object, limits.users: number, plan: text, seats: integer; 200 keys are not shown: \
          they look like data"
            .to_owned()]
        .map(|text| text.replace("200", &hidden(&list)))
    );
    let enumerations = answers(&list, Topic::Enumeration);
    assert!(enumerations.contains(&"orders.state: state: new, paid and it's \"odd\"".to_owned()), "{enumerations:?}");
    assert!(enumerations.contains(&"customers.tier: 4 different values".to_owned()), "{enumerations:?}");
    assert_eq!(answers(&list, Topic::Lookup), ["countries: about 100 rows that customers refers to"]);
    assert_eq!(
        answers(&list, Topic::Documentation),
        ["customers: CHECK (score >= 0 AND score <= 100)", "customers: a comment, and 0 of 11 columns have one"]
    );
    let logs = answers(&list, Topic::ChangeLog);
    assert!(
        logs.contains(&"audit_log: looks like a log of what happened, to which rows are only added".to_owned()),
        "{logs:?}"
    );
    let migrated = answers(&list, Topic::MigratedRows);
    assert!(
        migrated.contains(&"customers.legacy_no: 9 of 1000 rows looked at: `legacy_no is not null`".to_owned()),
        "{migrated:?}"
    );
    assert!(migrated.iter().any(|answer| answer.starts_with("customers.created_at: 30 % of the rows")), "{migrated:?}");
    let tests = answers(&list, Topic::TestRows);
    assert!(
        tests[0].starts_with("customers.email: 20 of 1000 rows looked at: `lower(email) ~ '@(example"),
        "{tests:?}"
    );
    assert_eq!(tests[1], "customers.is_test: 10 of 1000 rows looked at: `is_test`");

    assert!(list.capture.as_ref().unwrap().is_ready());
    assert_eq!(
        modes(&list, &tables),
        [
            "audit_log Capture",
            "coded Full",
            "countries Capture",
            "customers Capture",
            "events Capture",
            "keyless Full",
            "orders Capture",
            if version < 13 { "parts Full" } else { "parts Capture" },
            "scratch Full",
            "v Full"
        ]
    );
    let told = serde_json::to_string(&list).unwrap();
    assert!(!told.contains("canary"), "{told}");

    // A partition, which browsing does not list.
    let opened = source.open().await;
    let partition = [opened.browse_one("parts_1").await.unwrap().unwrap()];
    let request = ChecklistRequest { tables: &partition, consumer: "ade_shop_dev" };
    let list = opened.checklist(&request).await.unwrap().unwrap();
    assert_eq!(modes(&list, &partition), ["parts_1 Capture"]);
}

/// How many keys of documents are not told: as many as there are customers in the sample, up to a limit.
fn hidden(list: &ade_connect::Checklist) -> String {
    let answer = answers(list, Topic::Json).remove(0);
    let number = answer.split("; ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(number.parse::<usize>().unwrap() >= 200, "{answer}");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_capture_is_told_in_statements_that_help() {
    let mut source = source();
    source.execute(
        "create role \"Reader\" login; grant usage on schema public to \"Reader\"; grant select on all tables in schema public to \
         \"Reader\"; revoke select on scratch from \"Reader\"",
    );
    source.set("user", json!("Reader"));
    source.set("database", json!("postgres"));
    let (list, tables) = checklist(&source).await;
    let readiness = list.capture.clone().unwrap();
    assert_eq!(readiness.missing, ["the right to replicate", "a publication `ade_shop_dev` of its tables"]);
    assert!(modes(&list, &tables).contains(&"customers Incremental".to_owned()), "no right, no capture");
    let needed = statements(&list);
    assert!(needed.contains(&"alter role \"Reader\" replication;"), "{needed:?}");
    assert!(
        needed.contains(&"alter table \"public\".\"coded\" replica identity using index \"coded_by_code\";"),
        "{needed:?}"
    );
    assert!(needed.contains(&"alter table \"public\".\"keyless\" replica identity full;"), "{needed:?}");
    assert!(needed.contains(&"grant select on \"public\".\"scratch\" to \"Reader\";"), "{needed:?}");
    let mut list = list;
    // As its owner would; what tells rows apart comes first, and what publishes them in the next round.
    for _ in 0..2 {
        for statement in list.statements.iter().filter(|statement| statement.topic == Topic::Capture) {
            source.execute(&statement.sql);
        }
        list = checklist(&source).await.0;
    }
    source.execute("insert into coded values ('a', 'b'); update coded set code = 'c'; delete from coded");
    let readiness = list.capture.clone().unwrap();
    assert!(readiness.is_ready(), "{:?}", readiness.missing);
    let coded = readiness.table("coded").unwrap();
    assert_eq!(coded.obstacle, None);
    assert_eq!(readiness.table("orders").unwrap().not_in_log, ["gross"]);
    let modes = modes(&list, &tables);
    assert!(modes.contains(&"coded Capture".to_owned()) && modes.contains(&"keyless Full".to_owned()), "{modes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_logical_log_says_what_it_needs() {
    let server = Postgres::start_with(&["wal_level=replica", "max_replication_slots=0"]).unwrap();
    let source = Source::postgres_on(
        server,
        "create table t (id int primary key, updated_at timestamptz not null); create index on t (updated_at)",
    );
    let (list, tables) = checklist(&source).await;
    let missing = list.capture.clone().unwrap().missing;
    assert_eq!(missing, ["wal_level = logical (it is replica)", "a free replication slot (0 of 0 are taken)"]);
    let needed = statements(&list);
    assert!(
        needed.contains(&"alter system set wal_level = 'logical'; -- counts from the next restart of the server"),
        "{needed:?}"
    );
    assert!(needed.iter().any(|sql| sql.starts_with("alter system set max_replication_slots = 2;")), "{needed:?}");
    assert_eq!(modes(&list, &tables), ["t Incremental"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_not_kept_busy() {
    let source = Source::postgres(
        "create function slow(int) returns text language sql as 'select pg_sleep(60)::text';
         create view stuck as select slow(1) as email; create table t (id int primary key, email text)",
    );
    let opened = source.open().await;
    let tables = opened.browse().await.unwrap();
    let begun = std::time::Instant::now();
    let view = tables.iter().find(|table| table.name == "stuck").unwrap();
    assert!(opened.count(view, &ade_connect::RowPredicate::of_table(view)).await.is_err());
    assert!(begun.elapsed().as_secs() < 30, "a statement of the checklist has ten seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_told_for_each_table_and_column() {
    let mut source = Source::postgres(
        "create schema sales; create schema hr;
         create table customers (id int primary key, email text, iban text, note text); create table closed (id int primary key);
         create table sales.orders (id int primary key); create table hr.people (id int primary key);
         create role \"Reader\" login; grant usage on schema public, sales to \"Reader\";
         grant select (id, email), update (email) on customers to \"Reader\"; grant select on sales.orders to \"Reader\";",
    );
    source.set("user", json!("Reader"));
    source.set("database", json!("postgres"));
    let (list, _) = checklist(&source).await;
    assert_eq!(
        answers(&list, Topic::Rights),
        [
            "may read 2 of 4 tables and views",
            "may not read hr.people and closed",
            "may also write to customers: more than ade needs",
            "customers: may not read iban and note",
        ]
    );
    let needed: Vec<&str> = statements(&list).into_iter().filter(|sql| sql.contains("grant select")).collect();
    assert_eq!(
        needed,
        [
            "grant usage on schema \"hr\" to \"Reader\"; grant select on all tables in schema \"hr\" to \"Reader\";",
            "grant select on \"public\".\"closed\" to \"Reader\";",
            "grant select (\"iban\", \"note\") on \"public\".\"customers\" to \"Reader\";",
        ]
    );
    // What is asked for helps.
    for sql in needed {
        source.execute(sql);
    }
    let (list, tables) = checklist(&source).await;
    assert_eq!(answers(&list, Topic::Rights)[0], "may read 4 of 4 tables and views");
    assert_eq!(tables.iter().map(|table| table.columns.len()).sum::<usize>(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_rows_may_be_without_is_not_drafted() {
    let server = Postgres::start_with(&["wal_level=replica"]).unwrap();
    let source = Source::postgres_on(
        server,
        r#"create table a (id int primary key, created_at timestamptz not null, updated_at timestamptz);
         create table b (id int primary key, updated_at timestamptz, modified_at timestamptz not null);
         create table c (id int primary key, updated_at timestamptz);
         create table d (id int primary key, "Created At" timestamptz not null, "Updated At" timestamptz);
         create index on a (updated_at); create index on b (updated_at); create index on b (modified_at);"#,
    );
    let (list, tables) = checklist(&source).await;
    assert_eq!(modes(&list, &tables), ["a Full", "b Incremental", "c Full", "d Full"]);
    let draft = Draft::new("app", "app", &tables, |_, _| DraftPrivacy::Open).advised(&tables, &list);
    let comments = |place: usize| draft.tables[place].comments.join("\n");
    assert!(comments(0).contains("gives `coalesce(updated_at, created_at)`, with an index on that"), "{}", comments(0));
    assert!(comments(0).contains("its `key:` must be written"), "{}", comments(0));
    assert!(comments(3).contains("gives `coalesce(\"Updated At\", \"Created At\")`"), "{}", comments(3));
    assert!(comments(0).contains("full: rows may be without `updated_at`"), "{}", comments(0));
    assert_eq!(draft.tables[1].cursor.as_deref(), Some("modified_at"));
    assert!(comments(2).contains("have it set in all rows, and declared `not null`"), "{}", comments(2));
}
