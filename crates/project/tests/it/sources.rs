//! Sources and seeds.

use std::time::Duration;

use crate::support::{good, problems};
use ade_project::Relation;
use ade_project::resource::{DriftKind, DriftPolicy, IngestMode, OnDelete, Overlap, RowAction, SourceTable, Sweep};
use serde_json::json;

const PROJECT: &str = r#"
== ade.yml
name: shop
environments: {dev: {schema_prefix: dev_}}
connections:
  app_db: {type: sqlite, path: data/app.db}
  inventory: {type: files, path: data}
== sources/app.yml
sources:
  - name: app
    connection: app_db
    schema: raw_app
    drift: {new_column: evolve, missing_column: ignore}
    tags: [app]
    meta: {team: core}
    loaded_at_field: updated_at
    freshness:
      warn_after: {count: 6, period: hour}
      error_after: {count: 1, period: day}
    tables:
      - name: customers
        description: People who buy.
        ingest:
          mode: incremental
          cursor: updated_at
          overlap: 1 hour
          key: id
          batch_rows: 1000
        contract: {enforced: true}
        drift: {new_column: stop}
        tags: pii
        columns:
          - {name: id, data_type: bigint, nullable: false, privacy: identifier, data_tests: [unique, not_null]}
          - name: email
            data_type: varchar
            privacy: {class: email, domain: person}
          - {name: updated_at, data_type: timestamp, privacy: public}
      - name: stores
        freshness: null
  - name: files
    connection: inventory
    tables:
      - name: stock
        ingest: {from: "stock/*.csv", mode: incremental, format: csv, delimiter: ";"}
== models/legacy.yml
sources:
  - name: erp
    tables: [{name: prices, identifier: PRICES_V2}]
== models/a.sql
select * from {{ source('app', 'customers') }} join {{ source('erp', 'prices') }} using (id)
"#;

#[test]
fn what_a_source_says_holds_for_its_tables_unless_they_say_otherwise() {
    let project = good(PROJECT);
    let customers = &project.sources["source.shop.app.customers"];
    assert_eq!(customers.relation, Relation::new("dev_raw_app", "customers"));
    let policy = |table: &SourceTable, kind| table.drift.policy(kind, "x", &[]);
    assert_eq!(policy(customers, DriftKind::NewColumn), DriftPolicy::Stop);
    assert_eq!(policy(customers, DriftKind::MissingColumn), DriftPolicy::Ignore);
    assert!(customers.contract_enforced);
    assert_eq!(customers.tags, ["app", "pii"]);
    assert_eq!(json!(customers.meta), json!({"team": "core"}));
    let freshness = customers.freshness.as_ref().expect("freshness");
    assert_eq!(freshness.warn_after.map(|limit| limit.age), Some(Duration::from_hours(6)));
    assert_eq!(freshness.loaded_at.as_deref(), Some("updated_at"));
    let stores = &project.sources["source.shop.app.stores"];
    assert_eq!((policy(stores, DriftKind::NewColumn), &stores.freshness), (DriftPolicy::Evolve, &None));
    assert_eq!(
        stores.ingest.as_ref().map(|ingest| (ingest.from.as_str(), ingest.mode)),
        Some(("stores", IngestMode::Full))
    );
}

#[test]
fn ingest_settings_and_options_of_the_connector_are_told_apart() {
    let project = good(PROJECT);
    let ingest = project.sources["source.shop.app.customers"].ingest.as_ref().expect("ingested");
    assert_eq!((ingest.mode, ingest.cursor.as_deref()), (IngestMode::Incremental, Some("updated_at")));
    assert_eq!(ingest.overlap, Some(Overlap::Time(Duration::from_hours(1))));
    assert_eq!(ingest.key, ["id"]);
    assert_eq!(json!(ingest.options), json!({"batch_rows": 1000}));
    assert_eq!(ingest.option_origins["batch_rows"].text(), "batch_rows");
    let stock = project.sources["source.shop.files.stock"].ingest.as_ref().expect("ingested");
    assert_eq!((stock.from.as_str(), &stock.cursor), ("stock/*.csv", &None));
    assert_eq!(json!(stock.options), json!({"format": "csv", "delimiter": ";"}));
}

#[test]
fn a_source_without_a_connection_is_there_already() {
    let project = good(PROJECT);
    let prices = &project.sources["source.shop.erp.prices"];
    assert_eq!((prices.relation.to_string(), prices.ingest.is_none()), ("dev_erp.PRICES_V2".to_owned(), true));
    let parents: Vec<&str> = project.graph.parents("model.shop.a").map(|node| node.id.as_str()).collect();
    assert_eq!(parents, ["source.shop.app.customers", "source.shop.erp.prices"]);
}

#[test]
fn columns_carry_types_nullability_and_privacy() {
    let project = good(PROJECT);
    let customers = &project.sources["source.shop.app.customers"];
    let id = customers.column("ID").expect("a column");
    assert_eq!((id.data_type.as_deref(), id.nullable), (Some("bigint"), false));
    let privacy = customers.columns[1].privacy.as_ref().expect("classified");
    assert_eq!((privacy.class.as_deref(), json!(privacy.settings)), (Some("email"), json!({"domain": "person"})));
    let names: Vec<&str> = project.checks.values().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["source_unique_app_customers_id", "source_not_null_app_customers_id"]);
}

#[test]
fn seeds_have_types_and_a_delimiter() {
    let text = r#"
== dbt_project.yml
name: shop
seeds:
  shop:
    raw:
      +delimiter: ";"
      +column_types: {id: bigint}
== seeds/raw/bottles.csv
id;label
1;Riesling
== seeds/raw.yml
seeds:
  - name: bottles
    config:
      quote_columns: true
      column_types: {label: varchar}
    columns: [{name: id, data_tests: [unique]}]
"#;
    let project = good(text);
    let seed = &project.seeds["seed.shop.bottles"];
    assert_eq!((seed.delimiter, seed.quote_columns), (';', Some(true)));
    assert_eq!(json!(seed.column_types), json!({"id": "bigint", "label": "varchar"}));
    assert_eq!(seed.content_hash, *blake3::hash(b"id;label\n1;Riesling\n").as_bytes());
}

#[test]
fn what_a_draft_leaves_open_has_a_place() {
    let text = r"
== ade.yml
name: shop
== sources/a.yml
sources:
  - name: app
    tables:
      - name: people
        columns:
          - name: status # privacy: is open
            privacy: # TODO classify
            data_type: varchar
          - {name: nick, privacy: , data_type: integr}
          - {name: mail, privacy: email}
          - name: last
            privacy:
";
    let project = good(text);
    let columns = &project.sources[0].columns;
    let open: Vec<_> = columns.iter().map(|column| column.undecided.as_ref().map(ToString::to_string)).collect();
    let at = |place: &str| Some(format!("sources/a.yml:{place}"));
    assert_eq!(open, [at("7:13"), at("9:26"), None, at("12:13")]);
    assert!(columns.iter().all(|column| column.privacy.is_some() == (column.name == "mail")));
    let typed = columns[1].data_type_origin.as_ref().map(|place| (place.to_string(), place.text().to_owned()));
    assert_eq!(typed, Some(("sources/a.yml:9:48".to_owned(), "integr".to_owned())));
}

const APART: &str = r#"
== ade.yml
name: shop
connections: {db: {type: sqlite, path: data/app.db}}
== sources/app.yml
sources:
  - name: app
    connection: db
    drift: {types: {jsonb: ignore, "decimal(12,2)": {retyped_column: evolve}}}
    tables:
      - name: customers
        ingest: {mode: incremental, cursor: at, key: id, sweep: 1 day}
        deleted: deleted_at
        on_delete: mark
        rows:
          - {name: test_accounts, where: "email like '%@example.com'", then: quarantine}
        columns:
          - {name: id, drift: {newly_nullable: quarantine_rows}}
          - {name: email}
          - {name: at}
"#;

#[test]
fn what_is_kept_apart_is_declared_on_the_table() {
    let project = good(APART);
    let table = &project.sources["source.shop.app.customers"];
    let ingest = table.ingest.as_ref().expect("ingest");
    assert_eq!(ingest.sweep, Sweep::After(Duration::from_hours(24)));
    assert_eq!((table.rows[0].then, table.on_delete), (RowAction::Quarantine, OnDelete::Mark));
    assert_eq!(table.deleted.as_ref().map(|deleted| deleted.sql.as_str()), Some("deleted_at"));
    let policy = |kind, column, types: &[&str]| table.drift.policy(kind, column, types);
    assert_eq!(policy(DriftKind::NewColumn, "x", &["varchar", "jsonb"]), DriftPolicy::Ignore);
    assert_eq!(policy(DriftKind::RetypedColumn, "x", &["decimal(12,2)"]), DriftPolicy::Evolve);
    assert_eq!(policy(DriftKind::NewlyNullable, "id", &[]), DriftPolicy::QuarantineRows);
}

#[test]
fn words_without_meaning_say_why() {
    for (from, to, told) in [
        (
            "drift: {newly_nullable: quarantine_rows}",
            "drift: {new_column: ignore}",
            "a column that is listed is not new",
        ),
        ("{types:", "{renamed_column: evolve, types:", "never carried out by itself"),
        ("{types:", "{missing_column: quarantine_rows, types:", "every row lacks the column"),
        ("{types:", "{retyped_colum: evolve, types:", "unknown key `retyped_colum`"),
        ("drift: {newly_nullable: quarantine_rows}", "drift: quarantine", "`quarantine` is not a value of `drift`"),
        ("sweep: 1 day", "sweep: daily", "does not say how often to sweep"),
        (", key: id, sweep: 1 day", ", sweep: 1 day", "no `key` to compare"),
        ("mode: incremental, cursor: at, key: id, sweep: 1 day", "mode: full, sweep: every", "has no effect"),
        ("then: quarantine", "then: quarantin", "`quarantin` is not a value of `then`"),
        ("deleted: deleted_at", "descripton: x", "unknown key `descripton`"),
        (", sweep: 1 day}\n        deleted: deleted_at", "}", "nothing tells what is deleted"),
    ] {
        let all = problems(&APART.replacen(from, to, 1));
        assert!(all.contains(told), "{told}: {all}");
    }
}

#[test]
fn drift_of_a_model_is_told_to_do_nothing() {
    let all = problems(
        "== ade.yml\nname: shop\n== models/m.sql\nselect 1 as a\n== models/m.yml\nmodels:\n  - name: m\n    columns:\n      - {name: a, drift: evolve}\n",
    );
    assert!(all.contains("`drift` of `a` has no effect"), "{all}");
}
