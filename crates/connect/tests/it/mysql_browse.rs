//! What browsing a MariaDB database finds out.

use ade_connect::{RowCount, TableInfo, TableKind};

use crate::source::Source;

fn names(table: &TableInfo) -> Vec<String> {
    let name = |column: &ade_connect::ColumnInfo| {
        let null = if column.nullable { " null" } else { "" };
        format!("{} {} {}{null}", column.name, column.source_type, ade_connect::type_name(&column.data_type))
    };
    table.columns.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_keys_references_and_cursors() {
    let source = Source::mysql(
        "create table Customers (
             id bigint unsigned not null auto_increment primary key, email varchar(200) not null comment 'as given',
             region int, code char(2), changed datetime null,
             touched timestamp not null default current_timestamp on update current_timestamp,
             updated_at datetime not null, unique (email), unique (region, code), index (updated_at)
         ) comment 'who buys';
         insert into Customers (email, updated_at) select seq, now() from seq_1_to_1000;
         create table orders (id int, line int, customer_id bigint unsigned, primary key (line, id),
             foreign key (customer_id) references Customers (id));
         create view v as select id from Customers;
         create table gone (x int); create view broken as select x from gone; drop table gone;
         create database other; create table other.t (id int);
         create sequence s; analyze table Customers;",
    );
    let tables = source.open().await.browse().await.unwrap();
    let listed: Vec<(&str, &str, TableKind)> =
        tables.iter().map(|table| (table.name.as_str(), table.from.as_str(), table.kind)).collect();
    assert_eq!(
        listed,
        [
            ("broken", "broken", TableKind::View),
            ("customers", "Customers", TableKind::Table),
            ("orders", "orders", TableKind::Table),
            ("v", "v", TableKind::View)
        ]
    );
    let [broken, customers, orders, view] = tables.as_slice() else { panic!("four tables") };
    assert_eq!(
        names(customers),
        [
            "id bigint(20) unsigned decimal(20,0)",
            "email varchar(200) varchar",
            "region int(11) integer null",
            "code char(2) varchar null",
            "changed datetime timestamp null",
            "touched timestamp timestamptz",
            "updated_at datetime timestamp"
        ]
    );
    assert_eq!(customers.comment.as_deref(), Some("who buys"));
    assert_eq!(customers.columns[1].comment.as_deref(), Some("as given"));
    assert_eq!(customers.primary_key, ["id"]);
    assert_eq!(customers.unique_keys, [vec!["email".to_owned()], vec!["region".to_owned(), "code".to_owned()]]);
    assert!(matches!(customers.rows, Some(RowCount::Estimated(900..=1_100))), "{:?}", customers.rows);
    assert!(customers.size_bytes.is_some_and(|size| size > 0));
    let cursors: Vec<String> =
        customers.cursors.iter().map(|cursor| format!("{}: {}", cursor.column, cursor.reason)).collect();
    assert_eq!(
        cursors,
        [
            "touched: the server sets it with every change of the row; not indexed, so every read looks at all rows",
            "updated_at: its name says that it changes with the row; indexed"
        ]
    );
    assert_eq!(orders.primary_key, ["line", "id"]);
    let reference = &orders.foreign_keys[0];
    assert_eq!(
        (reference.to_table.as_str(), &reference.columns[0], &reference.to_columns[0]),
        ("Customers", &"customer_id".to_owned(), &"id".to_owned())
    );
    assert_eq!(names(view), ["id bigint(20) unsigned decimal(20,0)"]);
    assert!(view.rows.is_none() && view.comment.is_none() && view.notes.is_empty());
    assert!(broken.columns.is_empty() && broken.notes[0].starts_with("cannot be read"), "{:?}", broken.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_login_may_read_is_listed() {
    let mut source = Source::mysql(
        "create table t (id int, secret int); create table hidden (id int);
         create user reader@'%'; grant select (id) on t to reader@'%';",
    );
    let port = source.mariadb.as_ref().unwrap().port();
    source.set("url", serde_json::json!(format!("mysql://reader@127.0.0.1:{port}/app")));
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(tables.len(), 1);
    assert_eq!(names(&tables[0]), ["id int(11) integer null"]);
}
