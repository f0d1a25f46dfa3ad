//! `ade inspect` of a real database: its answers, and a draft that lands as it stands once a person has classified what is open.
use ade_testing::{Finished, Folder, MariaDb, Postgres, leaks};

use crate::program::program;

/// Names, types and keys as nobody would want them.
const POSTGRES: &str = r#"
    create schema "Sales Dept";
    create type "Order State" as enum ('new', 'paid', 'a "b"');
    create table "Sales Dept"."Customers" (
      "E-Mail" text primary key, "full name" text, "Größe" numeric(5,2), "is_test" boolean not null default false,
      "on" date, "select" text, profile jsonb, created_at timestamp not null default now(), "Updated At" timestamptz not null);
    create index on "Sales Dept"."Customers" ("Updated At");
    comment on column "Sales Dept"."Customers"."on" is E'day of "birth":\n not always known';
    insert into "Sales Dept"."Customers" select 'canary' || i || '@shop.de', 'Canary Person', i, i < 3, date '1990-01-01' + i, 'x',
      '{"plan": "canary", "seats": 3}', '2024-01-01', '2024-01-01' from generate_series(1, 40) i;
    create table "Sales Dept"."Order.Lines" (
      "order" int, "line#" int, "unit price, EUR" numeric(10,2), customer text references "Sales Dept"."Customers",
      state "Order State", total numeric(12,2) generated always as ("unit price, EUR" * 2) stored, primary key ("order", "line#"));
    insert into "Sales Dept"."Order.Lines" ("order", "line#", "unit price, EUR", customer, state)
      select i, 1, i, 'canary' || i || '@shop.de', 'paid' from generate_series(1, 30) i;
    create table orders (id int primary key, parent_id int references orders, "Id" int);
    insert into orders values (1, null, 1), (2, 1, 2);
    create table "Orders" (id bigint unique not null, note text);
    insert into "Orders" values (7, 'canary note');
    create table zones (id int primary key, name text);
    create table a_first (id int primary key, zone int references zones);
    insert into zones select i, repeat(md5(i::text), 20) from generate_series(1, 40000) i;
    insert into a_first values (1, 40000);
    create table keyless (id int);
    create view "view of it" as select id from orders;
    create table days (id int, day date, primary key (id, day)) partition by range (day);
    create table days_2024 partition of days for values from ('2024-01-01') to ('2025-01-01');
    insert into days values (1, '2024-05-01');
"#;

const PROJECT: &str = "
name: shop
connections:
  db: {type: postgres, host: 127.0.0.1, port: PORT, user: USER, database: postgres}
";

/// What a person would do with a draft: everything that is open is public here.
fn classified(folder: &Folder, source: &str) {
    let path = format!("sources/{source}.yml");
    let decided = folder.read(&path).replace("privacy: # TODO classify", "privacy: public");
    folder.write(&path, decided);
}

fn mode(draft: &str, table: &str) -> String {
    let lines = draft.lines().skip_while(|line| line.trim() != format!("- name: {table}")).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with("      - name: "));
    lines.find_map(|line| line.trim().strip_prefix("mode: ")).unwrap_or("full").to_owned()
}

fn none_leaks(finished: &Finished) {
    let text = finished.all();
    assert!(!text.to_lowercase().contains("canary"), "{text}");
}

#[test]
fn a_postgresql_database_is_inspected_and_captured_as_drafted() {
    let server = Postgres::start().unwrap();
    server.psql(POSTGRES).unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()).replace("USER", "postgres"));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "db", "--write"]).succeeds();
    none_leaks(&told);
    let text = told.text();
    let version = server.major_version().unwrap();
    for line in [
        &*format!("PostgreSQL {version}."),
        "own server, as far as it shows",
        "UTC for programs that do not say one",
        "possible, and nothing is missing",
        "questions for a person",
        "plan: text, seats: integer",
        "2 of 40 rows looked at: `is_test`",
        "Order State\": new, paid and a \"b\"",
        "no key: keyless",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let draft = folder.read("sources/db.yml");
    for (table, expected) in [
        ("customers", "capture"),
        ("order_lines", "capture"),
        ("orders", "capture"),
        ("days", if version < 13 { "full" } else { "capture" }),
        ("keyless", "full"),
        ("view_of_it", "full"),
    ] {
        assert_eq!(mode(&draft, table), expected, "{table}\n{draft}");
    }
    assert!(draft.contains("# capture: the database's log tells every change, also deletions\n"), "{draft}");
    assert!(draft.contains("privacy: {class: public, treatment: drop} # the database computes it"), "{draft}");
    assert!(draft.contains("arguments: {to: \"source('db', 'orders')\", field: id}"), "{draft}");
    assert!(!draft.contains("canary"), "{draft}");

    classified(&folder, "db");
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n", "{draft}");
    // Also a table whose test reads a large one that is captured beside it.
    let said = ade.run(&["build"]).succeeds().all();
    assert!(!said.contains("warned"), "{said}");
    assert_eq!(ade.rows("select count(*), count(distinct e_mail) from db.customers"), ["40,40"]);
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["30"]);
    server
        .psql(
            "delete from \"Sales Dept\".\"Order.Lines\" where \"order\" > 20; update orders set \"Id\" = 5 where id = 2;
             insert into days values (2, '2024-06-01')",
        )
        .unwrap();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["20"]);
    assert_eq!(ade.rows("select max(id_2) from db.orders"), ["5"]);
    assert_eq!(ade.rows("select count(*) from db.days"), ["2"]);
    assert_eq!(leaks(&folder.files(), &["canary1@shop.de", "Canary Person"]), []);
}

#[test]
fn a_table_is_named_as_the_database_has_it() {
    let server = Postgres::start().unwrap();
    server.psql(POSTGRES).unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()).replace("USER", "postgres"));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let found = |name: &str| {
        let report = ade.run(&["inspect", "db", "--table", name, "--output", "json"]).succeeds().json_lines().remove(0);
        let tables = report["tables"].as_array().unwrap().clone();
        tables.iter().map(|table| table["from"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // Two tables that differ by case; the draft's name of one is `orders_2`.
    for (name, from) in [
        ("orders", "orders"),
        ("public.orders", "orders"),
        ("\"Orders\"", "\"Orders\""),
        ("orders_2", "\"Orders\""),
        ("Sales Dept.Customers", "\"Sales Dept\".\"Customers\""),
        ("customers", "\"Sales Dept\".\"Customers\""),
        // What browsing takes for a part of another table.
        ("days_2024", "days_2024"),
    ] {
        assert_eq!(found(name), [from], "{name}");
    }
    // What the project calls it.
    folder.write(
        "sources/db.yml",
        "version: 2\nsources:\n  - name: db\n    connection: db\n    tables:\n      - name: buyers\n        ingest: {from: '\"Sales \
         Dept\".\"Customers\"'}\n",
    );
    assert_eq!(found("buyers"), ["\"Sales Dept\".\"Customers\""]);
    let told = ade.run(&["inspect", "db", "--table", "ordrs"]).exits(2).complaints();
    assert!(told.contains("has no table `ordrs`") && told.contains("did you mean `orders`?"), "{told}");
}

#[test]
fn one_value_that_does_not_fit_leaves_the_others_of_its_table_to_be_looked_at() {
    let server = Postgres::start().unwrap();
    server
        .psql(
            "create table payments (id int primary key, email text, iban text, amount numeric(10,2));
             insert into payments select i, 'canary' || i || '@shop.de', 'DE89370400440532013000', i from generate_series(1, 30) i;
             update payments set amount = 'NaN' where id = 7",
        )
        .unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()).replace("USER", "postgres"));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "db", "--write"]).succeeds();
    none_leaks(&told);
    assert!(
        told.text().contains("100 % of the sampled values are e-mail addresses, as the name says"),
        "{}",
        told.text()
    );
    let draft = folder.read("sources/db.yml");
    assert!(
        draft.contains("privacy: iban # proposed: 100 % of the sampled values are bank account numbers"),
        "{draft}"
    );
    assert!(draft.contains("privacy: public # proposed: a number whose name says amount or count"), "{draft}");
    assert!(draft.contains("column `amount`: expected decimal(10,2), found NaN or infinity"), "{draft}");
}

#[test]
fn without_the_right_to_replicate_a_cursor_with_an_index_is_drafted() {
    let server = Postgres::start().unwrap();
    server.psql(POSTGRES).unwrap();
    server
        .psql(
            "create role reader login; grant usage on schema public, \"Sales Dept\" to reader; grant select on all tables in schema \
             public, \"Sales Dept\" to reader; revoke select on keyless from reader",
        )
        .unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", PROJECT.replace("PORT", &server.port().to_string()).replace("USER", "reader"));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "db", "--write"]).succeeds();
    none_leaks(&told);
    let text = told.text();
    assert!(text.contains("alter role \"reader\" replication;"), "{text}");
    assert!(text.contains("may not read keyless"), "{text}");
    assert!(text.contains("create publication \"ade_shop_dev\" for table "), "{text}");
    let draft = folder.read("sources/db.yml");
    assert_eq!((mode(&draft, "customers"), mode(&draft, "orders")), ("incremental".to_owned(), "full".to_owned()));
    assert!(draft.contains("# not capture, for want of the right to replicate, "), "{draft}");
    assert!(draft.contains("# full: no column tells what has changed\n"), "{draft}");
    classified(&folder, "db");
    // What is proposed for test rows can be taken as it stands.
    let proposed = draft.split("to keep them apart: `").nth(1).unwrap().split('`').next().unwrap();
    folder.replace(
        "sources/db.yml",
        "      - name: customers\n",
        &format!("      - name: customers\n        {proposed}\n"),
    );
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n", "{draft}");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["30"]);
    assert_eq!(ade.rows("select count(*) from db.customers"), ["38"], "{proposed}");

    // The same as JSON.
    let report = ade.run(&["inspect", "db", "--output", "json"]).succeeds();
    none_leaks(&report);
    let list = report.json_lines().remove(0)["checklist"].clone();
    assert_eq!(list["findings"][0]["topic"], "server");
    assert_eq!(list["capture"]["missing"][0], "the right to replicate");
    assert!(list["questions"].as_array().unwrap().iter().all(|question| question["reason"].is_string()));
    let sql = &list["statements"].as_array().unwrap().iter().find(|one| one["topic"] == "capture").unwrap()["sql"];
    assert_eq!(sql, "alter role \"reader\" replication;");
}

const MARIADB_PROJECT: &str =
    "name: shop\nconnections:\n  db: {type: mysql, host: 127.0.0.1, port: PORT, user: root, database: app}\n";

const MARIADB: &str = r#"
    create table `Customers` (
      `E-Mail` varchar(100) primary key, `full name` varchar(80), `select` int, is_test tinyint(1) not null, profile json,
      updated_at timestamp not null default current_timestamp on update current_timestamp, index (updated_at));
    insert into `Customers` select concat('canary', seq, '@shop.de'), 'Canary Person', seq, seq < 3,
      '{"plan": "canary", "seats": 3}', now() from seq_1_to_40;
    create table `Order.Lines` (
      `order` int, `line#` int, `unit price, EUR` decimal(10,2), customer varchar(100), state enum('new','a "b"'),
      total decimal(12,2) as (`unit price, EUR` * 2) virtual, at datetime not null, primary key (`order`, `line#`),
      foreign key (customer) references `Customers` (`E-Mail`));
    insert into `Order.Lines` (`order`, `line#`, `unit price, EUR`, customer, state, at)
      select seq, 1, seq, concat('canary', seq, '@shop.de'), 'new', now() from seq_1_to_30;
    create table keyless (id int);
    create view `view of it` as select `order` from `Order.Lines`;
"#;

#[test]
fn a_mariadb_database_is_inspected_and_lands_as_drafted() {
    let server = MariaDb::start().unwrap();
    server.sql(MARIADB).unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", MARIADB_PROJECT.replace("PORT", &server.port().to_string()));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "db", "--write"]).succeeds();
    none_leaks(&told);
    let text = told.text();
    for line in [
        "MariaDB 10.",
        "takes writes: a primary",
        "+05:30, for programs that do not say one",
        "a binary log (log_bin is off)",
        "plan: text, seats: integer",
        "2 of 40 rows looked at: `is_test`",
        "enum('new','a \"b\"')",
        "no key: keyless",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let draft = folder.read("sources/db.yml");
    assert_eq!((mode(&draft, "customers"), mode(&draft, "order_lines")), ("incremental".to_owned(), "full".to_owned()));
    classified(&folder, "db");
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n", "{draft}");
    ade.run(&["build"]).succeeds();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*), count(distinct e_mail) from db.customers"), ["40,40"]);
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["30"]);
    assert_eq!(leaks(&folder.files(), &["canary1@shop.de", "Canary Person"]), []);
}

#[test]
fn a_mariadb_database_with_a_log_is_captured_as_drafted() {
    let server = MariaDb::start_with_log(&[]).unwrap();
    server.sql(MARIADB).unwrap();
    let folder = Folder::new();
    folder.write("ade.yml", MARIADB_PROJECT.replace("PORT", &server.port().to_string()));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "db", "--write"]).succeeds();
    none_leaks(&told);
    assert!(told.text().contains("possible, and nothing is missing"), "{}", told.text());
    let draft = folder.read("sources/db.yml");
    for (table, expected) in
        [("customers", "capture"), ("order_lines", "capture"), ("keyless", "full"), ("view_of_it", "full")]
    {
        assert_eq!(mode(&draft, table), expected, "{table}\n{draft}");
    }
    assert!(draft.contains("privacy: {class: public, treatment: drop} # the database computes it"), "{draft}");
    classified(&folder, "db");
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n", "{draft}");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["30"]);
    server.sql("delete from `Order.Lines` where `order` > 20; update `Customers` set `select` = 0").unwrap();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*) from db.order_lines"), ["20"]);
    assert_eq!(ade.rows("select count(*), max(\"select\") from db.customers"), ["40,0"]);
    assert_eq!(leaks(&folder.files(), &["canary1@shop.de", "Canary Person"]), []);
}
