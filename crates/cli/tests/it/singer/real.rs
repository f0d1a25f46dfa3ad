//! Taps from PyPI: one of an API of any kind, one of a database.
use ade_testing::Postgres;
use serde_json::{Value, json};

use super::recorded::{Recorded, tap};
use super::scripted::Scripted;

const API_SOURCES: &str = "
sources:
  - name: shop
    connection: tap
    tables:
      - name: people
        ingest: {mode: incremental, cursor: changed, key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: public}
          - {name: email, data_type: varchar, privacy: email}
          - {name: address, data_type: varchar, privacy: {treatment: encrypt, domain: address}}
          - {name: changed, data_type: timestamptz, privacy: public}
";

fn person(id: u64, changed: &str) -> Value {
    json!({"id": id, "email": format!("person{id}@mail.example"), "address": {"city": "Ulm", "lines": [id]}, "changed": changed})
}

#[test]
fn an_api_is_read_from_its_bookmark() {
    let shop = Scripted::new(API_SOURCES);
    let recording = |people: Vec<Value>| json!([{"path": "/people", "answer": {"data": people}}]);
    let first = [person(1, "2026-01-01T00:00:00Z"), person(2, "2026-01-02T00:00:00Z")];
    let server = Recorded::start(&shop.folder, &recording(first.to_vec()));
    let ade_yml = format!(
        "name: shop\nenvironments:\n  dev: {{lake: lake, schema: main, custom_schema: replace}}\nconnections:\n  tap:\n    type: singer\n    command: {}\n    config:\n      api_url: {}\n      streams:\n        - {{name: people, path: /people, records_path: '$.data[*]', primary_keys: [id], replication_key: changed, except_keys: [address]}}\n",
        tap("tap-rest-api-msdk", "tap-rest-api-msdk").display(),
        server.url,
    );
    shop.folder.write("ade.yml", ade_yml);
    let drafted = shop.ade.run(&["inspect", "tap"]).succeeds().all();
    assert!(drafted.contains("key: [id]") && drafted.contains("cursor: changed"), "{drafted}");
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.ade.rows("select id, address is not null from shop.people order by id"), ["1,true", "2,true"]);
    let next = [person(2, "2026-01-02T00:00:00Z"), person(3, "2026-01-03T00:00:00Z")];
    shop.folder.write("recording.json", recording(next.to_vec()).to_string());
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.ade.rows("select id, changed from shop.people order by id").len(), 3);
    shop.folder.remove("recording.json");
    assert_eq!(ade_testing::leaks(&shop.folder.files(), &["person1@mail.example", "\"city\""]), []);
}

#[test]
fn a_database_is_read_whole_each_time() {
    let server = Postgres::start().unwrap();
    let items = "create table items (id int primary key, name text, price numeric(8,2)); \
                 insert into items select i, 'item ' || i, i / 4.0 from generate_series(1, 5000) i";
    server.psql(items).unwrap();
    let sources = "
sources:
  - name: shop
    connection: tap
    tables:
      - name: items
        ingest: {from: public-items, mode: full}
        columns:
          - {name: id, data_type: bigint, privacy: public}
          - {name: name, data_type: varchar, privacy: public}
          - {name: price, data_type: 'decimal(38,2)', privacy: public}
";
    let shop = Scripted::new(sources);
    let ade_yml = format!(
        "name: shop\nenvironments:\n  dev: {{lake: lake, schema: main, custom_schema: replace}}\nconnections:\n  tap:\n    type: singer\n    command: {}\n    catalog_option: --properties\n    commit_mb: 0\n    config: {{host: 127.0.0.1, port: {}, user: postgres, password: \"${{env:PASSWORD}}\", dbname: postgres}}\n",
        tap("pipelinewise-tap-postgres", "tap-postgres").display(),
        server.port(),
    );
    shop.folder.write("ade.yml", ade_yml);
    let ade = shop.ade.env("PASSWORD", "any");
    for count in ["5000", "4999"] {
        ade.run(&["ingest"]).succeeds();
        assert_eq!(ade.rows("select count(*) from shop.items"), [count]);
        server.psql("delete from items where id = 1").unwrap();
    }
}
