//! Messages that no row can be made of: kept apart by policy, and an end otherwise.
use ade_testing::{Kafka, WebFile, WebServer, leaks};

use super::{Shop, declared};

/// Sources whose broken messages are kept apart.
fn lenient(ingest: &str, columns: &str) -> String {
    let kept = "    connection: bus\n    drift: {broken_record: quarantine_rows}\n    max_rejects: 10\n";
    let sources = declared(ingest, columns).replace("    connection: bus\n", kept);
    assert!(sources.contains(kept));
    sources
}

impl Shop {
    /// What is kept apart: where each was, and why.
    fn rejects(&self) -> Vec<String> {
        self.ade.rows("select place || ': ' || reason from ade.rejects order by 1")
    }
}

#[test]
fn broken_messages_are_kept_apart_and_the_others_land() {
    let shop = Shop::with(Kafka::start().unwrap(), 2, &lenient("mode: incremental", super::OWN));
    let messages: [&[u8]; 7] = [
        b"{\"id\": 1, \"email\": \"a@x.example\"}",
        b"{\"id\": canary-7f3a}",
        b"",
        b"{\"id\": 2, \"email\": \"\xff canary-7f3b\"}",
        b"[\"canary-7f3c\"]",
        b"null",
        b"{\"id\": 3}",
    ];
    shop.kafka.produce_bytes("orders", messages.map(|value| (1, None, value))).unwrap();
    let said = shop.ade.run(&["ingest"]).succeeds().all();
    assert!(said.contains("5 ") && !said.contains("canary"), "{said}");
    assert_eq!(shop.ade.rows("select id, _offset from shop.orders order by id"), ["1,0", "3,6"]);
    let rejects = shop.rejects();
    assert_eq!(rejects.len(), 5, "{rejects:?}");
    for (reject, expected) in rejects.iter().zip([
        "orders, partition 1, offset 1: not an object of JSON: expected a value",
        "orders, partition 1, offset 2: the message is empty",
        "orders, partition 1, offset 3: the message is not UTF-8",
        "orders, partition 1, offset 4: not an object of JSON: expected an object",
        "orders, partition 1, offset 5: not an object of JSON: expected an object",
    ]) {
        assert!(reject.contains(expected), "{reject}");
    }
    assert_eq!(leaks(&shop.folder.files(), &["canary-7f3"]), []);
    // They are behind us.
    assert!(shop.ade.run(&["ingest"]).succeeds().text().contains("unchanged"));
    shop.order(0, 10..12);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!((shop.count().as_str(), shop.rejects().len()), ("4,4,3", 5));
}

#[test]
fn more_than_a_load_may_have_stop_it() {
    let shop = Shop::with(Kafka::start().unwrap(), 1, &lenient("mode: incremental", ""));
    shop.order(0, 0..5);
    let broken = ["{"; 11];
    shop.kafka.produce("orders", broken.map(|value| (0, None, Some(value)))).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(failed.contains("11 of 16 records of `shop.orders` would be rejected"), "{failed}");
}

#[test]
fn a_tombstone_without_a_key_says_nothing_of_what_is_gone() {
    let ingest = "mode: incremental, key: [id], message_key: text, message_key_column: id}\n        deleted: _is_tombstone\n        meta: {";
    let columns = "          - {name: _is_tombstone, data_type: boolean, privacy: public}\n";
    for (sources, is_kept) in [(declared(ingest, columns), false), (lenient(ingest, columns), true)] {
        let shop = Shop::with(Kafka::start().unwrap(), 1, &sources);
        let messages = [(0, Some("1"), Some("{\"email\": \"a@x.example\"}")), (0, None, None)];
        shop.kafka.produce("orders", messages).unwrap();
        let told = shop.ade.run(&["ingest"]);
        let why = "the message has neither a value nor a key";
        if is_kept {
            told.succeeds();
            assert!(shop.rejects()[0].contains(why), "{:?}", shop.rejects());
            assert_eq!(shop.ade.rows("select id from shop.orders"), ["1"]);
        } else {
            let said = told.exits(1).all();
            assert!(said.contains(why) && said.contains("`orders, partition 0, offset 1`"), "{said}");
        }
    }
}

#[test]
fn what_is_no_avro_of_a_known_schema_is_kept_apart_and_a_registry_that_is_away_is_not_its_fault() {
    let registry = WebServer::start().unwrap();
    let schema = "{\"type\": \"record\", \"name\": \"o\", \"fields\": [{\"name\": \"id\", \"type\": \"long\"}, \
                  {\"name\": \"email\", \"type\": \"string\"}]}";
    registry.put("/schemas/ids/1", WebFile::new(serde_json::json!({ "schema": schema }).to_string(), "1"));
    let protobuf = serde_json::json!({ "schema": "message o {}", "schemaType": "PROTOBUF" });
    registry.put("/schemas/ids/3", WebFile::new(protobuf.to_string(), "3"));
    let shop = Shop::with(Kafka::start().unwrap(), 1, &lenient("mode: incremental, format: avro", ""));
    shop.connect(&format!("schema_registry: '{}'", registry.url("")));
    let messages: [&[u8]; 6] = [
        &[0, 0, 0, 0, 1, 2, 2, b'a'],
        &[0, 0, 0, 0, 1, 2, 9, b'c'],
        &[0, 0, 0, 0, 2, 2, 2, b'a'],
        &[0, 0, 0, 0, 3, 2, 2, b'a'],
        b"{}",
        &[0, 0, 0, 0, 1, 4, 2, b'b'],
    ];
    shop.kafka.produce_bytes("orders", messages.map(|value| (0, None, value))).unwrap();
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.ade.rows("select id from shop.orders order by id"), ["1", "2"]);
    let rejects = shop.rejects();
    for (reject, expected) in rejects.iter().zip([
        "offset 1: it cannot be read with schema 1, which it names",
        "offset 2: it names schema 2: the registry does not know it",
        "offset 3: it names schema 3: it is of PROTOBUF, which is not read; only Avro is",
        "offset 4: it does not begin with a 0 and the id of a schema",
    ]) {
        assert!(reject.contains(expected), "{reject}");
    }
    assert_eq!(rejects.len(), 4);
    shop.connect("schema_registry: 'http://127.0.0.1:9'");
    shop.kafka.produce_bytes("orders", [(0, None, messages[0])]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(failed.contains("schema 1"), "{failed}");
    assert_eq!(shop.rejects().len(), 4);
}
