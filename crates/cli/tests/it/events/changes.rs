//! Change documents keep the rows of another system as they are now, and where asked, all that became of them.
use serde_json::{Value, json};

use super::{ADE_YML, Shop};

const SHOP: &str = r#"
version: 2
sources:
  - name: web
    connection: collector
    tables:
      - name: orders
        ingest: {from: "changes:orders", key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: state, data_type: varchar, privacy: public}
          - {name: buyer_email, data_type: varchar, privacy: email}
      - name: orders_history
        ingest: {from: "history:orders"}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: state, data_type: varchar, privacy: public}
"#;

fn row(id: i64, state: &str) -> Value {
    json!({"id": id, "state": state, "buyer": {"email": "canary-77@example.com"}})
}

#[test]
fn rows_are_kept_as_they_are_now_from_documents_of_every_shape() {
    let shop = Shop::with(ADE_YML, SHOP);
    let collector = shop.serve(&["--no-landing"]);
    let send = |document: &Value| {
        let answer = collector.send("/v1/changes/web", &document.to_string());
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let land = || shop.ade().run(&["ingest"]).succeeds();
    let now = || shop.rows("select id, state, change_op from web.orders order by id");
    let debezium = json!({"payload": {"op": "c", "after": row(1, "new"), "source": {"table": "orders", "lsn": 10}, "ts_ms": 1_767_225_600_000_i64}});
    send(&debezium);
    send(&debezium);
    send(&json!([
        {"table": "orders", "after": row(2, "new")},
        {"table": "orders", "before": row(2, "new"), "after": row(2, "paid")},
        {"table": "orders", "after": row(3, "new")},
    ]));
    land();
    assert_eq!(now(), ["1,new,create", "2,paid,update", "3,new,create"]);
    assert_eq!(shop.rows("select changed_at from web.orders where id = 1"), ["2026-01-01 00:00:00+00"]);
    // Of DynamoDB: one goes, one changes, one comes and goes.
    let image = |id: &str, state: &str| json!({"id": {"N": id}, "state": {"S": state}});
    let record = |event: &str, name: &str, id: &str, state: &str| {
        json!({"eventID": event, "eventName": name, "eventSourceARN": "arn:aws:dynamodb:x:1:table/orders/stream/y",
            "dynamodb": {"Keys": {"id": {"N": id}}, "NewImage": image(id, state)}})
    };
    send(
        &json!({"Records": [record("e1", "REMOVE", "1", "x"), record("e2", "MODIFY", "3", "sent"), record("e3", "INSERT", "4", "new"),
        record("e4", "REMOVE", "4", "x"), record("e2", "MODIFY", "3", "twice")]}),
    );
    // Another key: the row is the same one.
    send(&json!({"table": "orders", "before": row(2, "paid"), "after": row(20, "paid")}));
    land();
    assert_eq!(now(), ["3,sent,update", "20,paid,update"]);
    send(&json!({"table": "orders", "op": "d", "key": {"id": 20}}));
    send(&json!({"table": "other", "after": {"id": 1}}));
    send(&json!({"table": "orders", "after": {"id": "no number"}}));
    land();
    assert_eq!(now(), ["3,sent,update"]);
    let history =
        "select id, change_op, state from web.orders_history where id in (1, 2, 20) order by changed_at, id, change_op";
    assert_eq!(
        shop.rows(history),
        ["1,create,new", "2,create,new", "2,update,paid", "1,delete,", "20,update,paid", "20,delete,"]
    );
    // Kept apart: a number that is none, in both tables, and a table that nobody listed.
    assert_eq!(shop.counts(), [14, 10, 2, 0, 2]);
    assert_eq!(
        shop.rows("select _ade_rule from web__quarantine.orders order by 1"),
        ["retyped_column(id)", "unknown_event"]
    );
    for path in shop.folder.files() {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"canary-77"), "{}", path.display());
    }
}

#[test]
fn documents_are_taken_for_the_source_of_their_key_alone_and_a_table_needs_a_key() {
    let shop = Shop::with(ADE_YML, SHOP);
    let collector = shop.serve(&["--no-landing"]);
    assert_eq!(collector.send("/v1/changes/app", "{}").status, 401);
    assert_eq!(collector.send("/v1/changes/web", "7").status, 400);
    let large = json!({"table": "orders", "after": {"id": 1, "pad": "x".repeat(600_000)}}).to_string();
    assert_eq!(collector.send("/v1/changes/web", &large).status, 200, "a row may be larger than an event");
    shop.folder.replace("sources/web.yml", r#"{from: "changes:orders", key: [id]}"#, r#"{from: "changes:orders"}"#);
    let said = shop.ade().run(&["check"]).exits(2).all();
    assert!(said.contains("holds rows of another system and has no `key`"), "{said}");
}
