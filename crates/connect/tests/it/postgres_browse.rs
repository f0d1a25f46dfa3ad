//! What browsing a PostgreSQL database finds out.

use ade_connect::{CursorProposal, RowCount, TableInfo, TableKind};
use serde_json::json;

use crate::source::Source;

fn columns(table: &TableInfo) -> Vec<String> {
    let text = |column: &ade_connect::ColumnInfo| {
        let null = if column.nullable { "" } else { " not null" };
        format!("{} {} as {}{null}", column.name, column.source_type, ade_connect::type_name(&column.data_type))
    };
    table.columns.iter().map(text).collect()
}

#[tokio::test]
async fn tables_views_keys_and_rights() {
    let mut source = Source::postgres(
        "create schema sales; create schema secret;
         create domain positive as numeric(10,2) check (value > 0);
         create type mood as enum ('sad', 'ok');
         create table customers (id bigint generated always as identity primary key, email varchar(80) not null unique,
           mood mood, notes text, updated_at timestamptz not null default now(), internal text);
         create index on customers (updated_at);
         comment on table customers is 'who buys'; comment on column customers.email is 'how to reach them';
         create table sales.\"Order Items\" (customer_id bigint references customers, line int, price positive not null,
           amount numeric, tags text[], primary key (customer_id, line));
         create table sales.log (at timestamp not null) partition by range (at);
         create table sales.log_2024 partition of sales.log for values from ('2024-01-01') to ('2025-01-01');
         create view public.recent as select id from customers;
         create materialized view public.counted as select count(*) as n from customers;
         create table secret.salaries (id int);
         insert into customers (email) select n || '@example.org' from generate_series(1, 500) n;
         insert into sales.log select '2024-01-01'::timestamp + n * interval '1 hour' from generate_series(1, 700) n;
         analyze;
         create role app login; grant usage on schema public, sales to app;
         grant select on all tables in schema sales to app; grant select on recent, counted to app;
         grant select (id, email, mood, updated_at) on customers to app;",
    );
    source.set("user", json!("app"));
    source.set("database", json!("postgres"));
    let tables = source.open().await.browse().await.unwrap();
    let names: Vec<_> = tables.iter().map(|table| (table.name.as_str(), table.from.as_str(), table.kind)).collect();
    assert_eq!(
        names,
        [
            ("counted", "counted", TableKind::View),
            ("customers", "customers", TableKind::Table),
            ("recent", "recent", TableKind::View),
            ("order_items", "sales.\"Order Items\"", TableKind::Table),
            ("log", "sales.log", TableKind::Table),
        ]
    );
    let customers = &tables[1];
    assert_eq!(
        columns(customers),
        [
            "id bigint as bigint not null",
            "email character varying(80) as varchar not null",
            "mood mood as varchar",
            "updated_at timestamp with time zone as timestamptz not null",
        ]
    );
    assert_eq!(customers.primary_key, ["id"]);
    assert_eq!(customers.unique_keys, [["email"]]);
    assert_eq!(customers.rows, Some(RowCount::Estimated(500)));
    assert!(customers.size_bytes.is_some_and(|size| size > 16_384));
    assert_eq!(customers.comment.as_deref(), Some("who buys"));
    assert_eq!(customers.columns[1].comment.as_deref(), Some("how to reach them"));
    assert_eq!(customers.notes, ["this user may not read notes, internal"]);
    let proposal = CursorProposal {
        column: "updated_at".to_owned(),
        reason: "its name says that it changes with the row; indexed".to_owned(),
        indexed: true,
        has_gaps: false,
    };
    assert_eq!(customers.keyed_cursor(), Some(&proposal));

    let items = &tables[3];
    assert_eq!(
        columns(items),
        [
            "customer_id bigint as bigint not null",
            "line integer as integer not null",
            "price positive as decimal(10,2) not null",
            "amount numeric as varchar",
            "tags text[] as varchar[]",
        ]
    );
    assert_eq!(items.primary_key, ["customer_id", "line"]);
    assert_eq!(items.foreign_keys[0].to_table, "customers");
    assert_eq!(
        (&items.foreign_keys[0].columns[0][..], &items.foreign_keys[0].to_columns[0][..]),
        ("customer_id", "id")
    );
    assert!(items.notes[0].contains("`amount` is `numeric`"), "{:?}", items.notes);
    // Of all its partitions.
    assert_eq!(tables[4].rows, Some(RowCount::Estimated(700)));

    // What browsing says can be read, as it says.
    for table in &tables {
        let load = source.read(&source.request(&table.from, json!({}))).await.unwrap();
        let read: Vec<_> = load.plan.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        let browsed: Vec<_> = table.columns.iter().map(|column| column.data_type.clone()).collect();
        assert_eq!(read, browsed);
    }
}

#[tokio::test]
async fn names_are_found_as_postgresql_finds_them() {
    let source = Source::postgres(
        "create schema sales; create table orders (id int); create table \"Orders\" (id int, big int);
         create table \"Mixed\" (a int); create table sales.parts (b int); create table \"a.b\" (c int);",
    );
    for (from, expected) in [
        ("orders", Some("id integer")),
        ("ORDERS", Some("id integer")),
        ("\"Orders\"", Some("id integer,big integer")),
        ("Mixed", Some("a integer")),
        ("public.Mixed", Some("a integer")),
        ("sales.parts", Some("b integer")),
        ("a.b", Some("c integer")),
        ("parts", None),
        ("pg_catalog.pg_am", Some("oid bigint,amname varchar,amhandler varchar,amtype varchar")),
    ] {
        match source.plan(&source.request(from, json!({}))).await {
            Ok(plan) => assert_eq!(Some(crate::source::columns(&plan.schema).join(",").as_str()), expected, "{from}"),
            Err(error) => {
                assert!(expected.is_none(), "{from}: {error}");
                assert!(error.to_string().ends_with("did you mean `sales.parts`?"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn answers_that_are_longer_than_a_buffer_arrive_whole() {
    let source = Source::postgres(
        "do $$ begin for i in 1..40 loop
           execute format('create table t%s (id int primary key)', i);
           execute format('comment on table t%s is %L', i, repeat('x', 1000 * i * i));
         end loop; end $$;",
    );
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(tables.len(), 40);
    for table in tables {
        let number: usize = table.name[1..].parse().unwrap();
        assert_eq!(table.comment.unwrap().len(), 1000 * number * number);
    }
}
