//! The sources file that is drafted from browsing.

use ade_connect::{ColumnInfo, Draft, DraftPrivacy, TableInfo};

use crate::source::Source;

fn propose(_: &TableInfo, column: &ColumnInfo) -> Option<DraftPrivacy> {
    let class = match column.name.as_str() {
        "id" => "identifier",
        "email" => "email",
        _ => return None,
    };
    Some(DraftPrivacy { class: class.to_owned(), reason: "by its name".to_owned() })
}

#[tokio::test]
async fn ready_but_for_what_a_person_must_decide() {
    let source = Source::sqlite(
        "create table customer (id integer primary key, email text not null, \"on\" text, updated_at datetime);
         insert into customer values (1, 'a@example.com', 'x', '2024-01-01 10:00:00');
         create table log (line text); create view v as select 1 as one;",
    );
    let tables = source.open().await.browse().await.unwrap();
    let draft = Draft::new("app", "app_db", &tables, propose);
    assert_eq!(
        draft.to_yaml(),
        "\
# Drafted by `ade inspect`. Before it can land, every column needs a class: complete each line that ends
# in `TODO classify`, look over the proposals, and run `ade check`.
version: 2
sources:
  - name: app
    connection: app_db
    tables:
      # 1 row
      # cursor `updated_at`: its name says that it changes with the row; not indexed, so every read looks at all rows
      - name: customer
        ingest:
          mode: incremental
          cursor: updated_at
          key: [id]
        columns:
          - name: id
            data_type: bigint
            nullable: false
            privacy: identifier # proposed: by its name
          - name: email
            data_type: varchar
            nullable: false
            privacy: email # proposed: by its name
          - name: \"on\"
            data_type: varchar
            privacy: # TODO classify
          - name: updated_at
            data_type: timestamp
            privacy: # TODO classify
      # 0 rows
      - name: log
        columns:
          - name: line
            data_type: varchar
            privacy: # TODO classify
      # 1 row
      - name: v
        columns:
          - name: one
            data_type: bigint
            privacy: # TODO classify
"
    );
}

#[tokio::test]
async fn files_with_their_options() {
    let source = Source::files();
    source.write("daily/stock_2024-01-01.csv", "sku|qty per unit\nA|1\n");
    let tables = source.open().await.browse().await.unwrap();
    let text = Draft::new("inventory", "inventory", &tables, |_, _| None).to_yaml();
    let expected = "
      # 1 row
      - name: stock
        ingest:
          from: \"daily/stock_*.csv\"
          mode: incremental
          delimiter: \"|\"
        columns:
          - name: sku
            data_type: varchar
            nullable: false
            privacy: # TODO classify
          - name: \"qty per unit\"
            data_type: bigint
            nullable: false
            privacy: # TODO classify
";
    assert!(text.ends_with(expected), "{text}");
}
