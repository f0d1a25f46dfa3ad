//! The sources file that is drafted from browsing.

use ade_connect::{ColumnInfo, Draft, DraftPrivacy, TableInfo};
use arrow::datatypes::DataType;

use crate::source::{Source, promise};

fn propose(_: &TableInfo, column: &ColumnInfo) -> DraftPrivacy {
    let proposed = |class: &str| DraftPrivacy::Proposed { class: class.to_owned(), reason: "by its name".to_owned() };
    match column.name.as_str() {
        "id" => proposed("identifier"),
        "email" => proposed("email"),
        "updated_at" => DraftPrivacy::Decided { class: "public".to_owned(), by: "the rule `*_at`".to_owned() },
        _ => DraftPrivacy::Open,
    }
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
          - name: updated_at # public, by the rule `*_at`
            data_type: timestamp
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
    let text = Draft::new("inventory", "inventory", &tables, |_, _| DraftPrivacy::Open).to_yaml();
    let expected = "
      - name: stock
        ingest:
          from: \"daily/stock_*.csv\"
          mode: incremental
          delimiter: \"|\"
        columns:
          - name: sku
            data_type: varchar
            privacy: # TODO classify
          - name: qty_per_unit
            from: \"qty per unit\"
            data_type: bigint
            privacy: # TODO classify
";
    assert!(text.ends_with(expected), "{text}");
}

#[tokio::test]
async fn files_promise_nothing_and_money_is_pointed_out() {
    let source = Source::files();
    source.write("orders.csv", "id,unit_price,weight,fees\n1,42.50,0.5,1\n2,17.00,1.25,2.5\n");
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(
        tables[0].notes,
        [
            "`unit_price` is read as double, whose sums are rounded; `data_type: decimal(18, 2)` is exact",
            "`fees` is read as double, whose sums are rounded; `data_type: decimal(18, 2)` is exact",
        ]
    );
    let text = Draft::new("shop", "files", &tables, propose).to_yaml();
    assert!(!text.contains("nullable"), "nobody promised what no field of two rows denies:\n{text}");
    assert!(text.contains("      # `unit_price` is read as double"), "{text}");

    // What the note says can be done.
    let mut promised = source.request("orders.csv", serde_json::json!({}));
    promised.promised = promise(&[("id", DataType::Int64), ("unit_price", DataType::Decimal128(18, 2))]);
    let load = source.read(&promised).await.unwrap();
    assert_eq!(load.plan.schema.field(1).data_type(), &DataType::Decimal128(18, 2));
}

#[tokio::test]
async fn a_pseudonym_in_a_key_is_exact_and_a_cursor_without_a_key_is_told() {
    let source = Source::sqlite(
        "create table account (login text primary key, updated_at datetime not null);
         create table change (line text, changed_at datetime not null);
         insert into account values ('ann', '2024-01-01'); insert into change values ('x', '2024-01-01');",
    );
    let tables = source.open().await.browse().await.unwrap();
    let draft = Draft::new("app", "app", &tables, |_, column| match column.name.as_str() {
        "login" => DraftPrivacy::ProposedKey {
            class: "username".to_owned(),
            domain: "username".to_owned(),
            reason: "the name says username".to_owned(),
        },
        _ => DraftPrivacy::Open,
    });
    let text = draft.to_yaml();
    let line = "privacy: {class: username, treatment: pseudonym, domain: username, form: exact} # proposed: the name says \
                username; exact, as part of the key\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("# `changed_at` could be its cursor, but nothing declares a key"), "{text}");
}
