//! Messages of Avro, with the schemas that a registry knows.
use ade_testing::{WebFile, WebServer};
use serde_json::{Value, json};

use super::Shop;

/// A registry that knows these schemas by their ids.
fn registry(schemas: &[(u32, Value)]) -> WebServer {
    let registry = WebServer::start().unwrap();
    for (id, answer) in schemas {
        registry.put(&format!("/schemas/ids/{id}"), WebFile::new(answer.to_string(), &id.to_string()));
    }
    registry
}

fn answer(schema: &Value) -> Value {
    json!({ "schema": schema.to_string() })
}

fn record(fields: &[(&str, Value)]) -> Value {
    let fields: Vec<Value> = fields.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    json!({"type": "record", "name": "o", "fields": fields})
}

/// What a registry's serializer writes before a value.
fn framed(id: u8, value: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, id], value].concat()
}

/// A message of Avro: a 0, the id of its schema, and a record of a number, a text and, from the second schema on, another number.
fn avro(schema: u8, id: i64, email: &str, points: Option<i64>) -> Vec<u8> {
    let zigzag = |number: i64| u8::try_from(number << 1).expect("small numbers are one byte");
    let mut bytes = vec![0, 0, 0, 0, schema, zigzag(id), zigzag(i64::try_from(email.len()).unwrap())];
    bytes.extend_from_slice(email.as_bytes());
    bytes.extend(points.map(zigzag));
    bytes
}

#[test]
fn avro_is_read_with_the_schemas_that_messages_name() {
    let registry = WebServer::start().unwrap();
    let field = |name: &str, kind: &str| format!("{{\"name\": \"{name}\", \"type\": \"{kind}\"}}");
    let schema = |fields: &[String]| {
        let text = format!("{{\"type\": \"record\", \"name\": \"o\", \"fields\": [{}]}}", fields.join(","));
        json!({ "schema": text }).to_string()
    };
    let first = [field("id", "long"), field("email", "string")];
    let second = [field("id", "long"), field("email", "string"), field("points", "int")];
    registry.put("/schemas/ids/1", WebFile::new(schema(&first), "1"));
    registry.put("/schemas/ids/2", WebFile::new(schema(&second), "2"));
    let ingest = "mode: incremental, format: avro, key: [id], message_key: text, message_key_column: id}\n        \
                  deleted: _is_tombstone\n        meta: {";
    let columns = "          - {name: points, data_type: bigint, privacy: public}\n          - {name: _is_tombstone, data_type: \
                   boolean, privacy: public}\n";
    let shop = Shop::new(1, ingest, columns);
    shop.connect(&format!("schema_registry: '{}'", registry.url("")));
    let messages = [avro(1, 1, "a@x.org", None), avro(2, 2, "b@x.org", Some(5)), avro(1, 3, "c@x.org", None)];
    shop.kafka.produce_bytes("orders", messages.iter().map(|bytes| (0, None, bytes.as_slice()))).unwrap();
    shop.ade.run(&["ingest"]).succeeds();
    let rows = || shop.ade.rows("select id, points, email like '%@%' from shop.orders order by id").join(" ");
    assert_eq!(rows(), "1,,false 2,5,false 3,,false");
    shop.kafka.produce("orders", [(0, Some("3"), None)]).unwrap();
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(), "1,,false 2,5,false");
    let draft = shop.ade.run(&["inspect", "bus"]).succeeds().text();
    assert!(draft.contains("format: avro") && draft.contains("- name: points"), "{draft}");

    let broken: &[u8] = &[0, 0, 0, 0, 1, 2, 9, b'c'];
    shop.kafka.produce_bytes("orders", [(0, None, broken)]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1);
    let told = "`orders, partition 0, offset 4`: it cannot be read with schema 1, which it names";
    assert!(failed.all().contains(told), "{}", failed.all());
    let shop = Shop::new(1, "mode: incremental, format: avro", "");
    shop.kafka.produce_bytes("orders", [(0, None, messages[0].as_slice())]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1);
    assert!(failed.all().contains("give the connection a `schema_registry`"), "{}", failed.all());
}

#[test]
fn a_key_of_avro_says_what_a_tombstone_removes() {
    let id = [("id", json!("long"))];
    let registry = registry(&[
        (1, answer(&record(&[("email", json!("string"))]))),
        (2, answer(&record(&id))),
        (3, answer(&json!("long"))),
    ]);
    for (key, setting) in [(2, "message_key: avro"), (3, "message_key: avro, message_key_column: id")] {
        let columns = "          - {name: _is_tombstone, data_type: boolean, privacy: public}\n          - {name: _key, data_type: varchar, privacy: public}\n";
        let ingest = format!(
            "mode: incremental, format: avro, key: [id], {setting}}}\n        deleted: _is_tombstone\n        meta: {{"
        );
        let shop = Shop::new(1, &ingest, columns);
        shop.connect(&format!("schema_registry: '{}'", registry.url("")));
        // 64 and 65, of which Avro makes bytes that are no text.
        let (one, two) = (framed(key, &[0x80, 1]), framed(key, &[0x82, 1]));
        let value = framed(1, &[2, b'a']);
        let pairs = [
            (0, one.as_slice(), Some(value.as_slice())),
            (0, two.as_slice(), Some(value.as_slice())),
            (0, one.as_slice(), None),
        ];
        shop.kafka.produce_pairs("orders", pairs[..2].to_vec()).unwrap();
        shop.ade.run(&["ingest"]).succeeds();
        // What is no text is told apart by its bytes.
        let rows = shop.ade.rows("select id, _key from shop.orders order by id").join(" ");
        assert_eq!(rows, format!("64,\\x000000000{key}8001 65,\\x000000000{key}8201"));
        shop.kafka.produce_pairs("orders", pairs[2..].to_vec()).unwrap();
        shop.ade.run(&["ingest"]).succeeds();
        assert_eq!(shop.ade.rows("select id from shop.orders"), ["65"]);
    }
    let shop = Shop::new(1, "mode: incremental, message_key: avro", "");
    let refused = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(refused.contains("`message_key: avro` is for values of Avro alone"), "{refused}");
}

#[test]
fn a_schema_may_refer_to_others() {
    let place = json!({"type": "record", "name": "shop.Place", "fields": [{"name": "city", "type": "string"}]});
    let order = json!({"type": "record", "name": "shop.Order", "fields": [
        {"name": "id", "type": "long"}, {"name": "email", "type": "string"}, {"name": "to", "type": "Place"}]});
    let references = json!([{"name": "shop.Place", "subject": "place", "version": 3}]);
    let registry = registry(&[(7, json!({"schema": order.to_string(), "references": references}))]);
    let columns = "          - {name: to.city, data_type: varchar, privacy: public}\n";
    let shop = Shop::new(1, "mode: incremental, format: avro", columns);
    shop.connect(&format!("schema_registry: '{}'", registry.url("")));
    let message = framed(7, &[2, 2, b'a', 6, b'U', b'l', b'm']);
    shop.kafka.produce_bytes("orders", [(0, None, message.as_slice())]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(failed.contains("it refers to version 3 of `place`, which the registry does not know"), "{failed}");
    registry.put("/subjects/place/versions/3", WebFile::new(answer(&place).to_string(), "3"));
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.ade.rows("select id, \"to\"['city'] from shop.orders"), ["1,Ulm"]);
}
