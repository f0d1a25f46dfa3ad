//! Topics of a real broker in the lake: each message once, whatever happens on the way.
mod access;
mod avro;
mod broken;

use ade_testing::{Folder, Kafka, Program};

use crate::program::program;

/// A project that takes the topic `orders`.
struct Shop {
    kafka: Kafka,
    folder: Folder,
    ade: Program,
}

/// What is taken of it: `ingest:` and further columns.
fn declared(ingest: &str, columns: &str) -> String {
    format!(
        "sources:\n  - name: shop\n    connection: bus\n    tables:\n      - name: orders\n        ingest: {{{ingest}}}\n        \
         columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n          - {{name: email, data_type: varchar, \
         privacy: email}}\n{columns}"
    )
}

impl Shop {
    fn new(partitions: u32, ingest: &str, columns: &str) -> Self {
        Self::with(Kafka::start().unwrap(), partitions, &declared(ingest, columns))
    }

    fn with(kafka: Kafka, partitions: u32, sources: &str) -> Self {
        kafka.topic("orders", partitions).unwrap();
        let folder = Folder::with(&[("ade.yml", "name: shop\n"), ("sources/shop.yml", sources)]);
        let ade = program(&folder);
        let shop = Self { kafka, folder, ade };
        shop.connect("");
        shop.ade.run(&["init", "."]).succeeds();
        shop
    }

    /// The broker as a connection, with further settings.
    fn connect(&self, settings: &str) {
        let bus = format!("type: kafka, brokers: '{}', {settings}", self.kafka.address());
        self.folder.write("ade.yml", format!("name: shop\nconnections:\n  bus: {{{bus}}}\n"));
    }

    /// Writes orders with these ids to a partition.
    fn order(&self, partition: u32, ids: std::ops::Range<u32>) {
        let texts: Vec<String> = ids.map(|id| format!("{{\"id\": {id}, \"email\": \"a{id}@example.org\"}}")).collect();
        self.kafka.produce("orders", texts.iter().map(|text| (partition, None, Some(text.as_str())))).unwrap();
    }

    fn count(&self) -> String {
        self.ade.rows("select count(*), count(distinct id), count(distinct email) from shop.orders").join(" ")
    }
}

/// Columns that every message has.
const OWN: &str = "          - {name: _partition, data_type: integer, privacy: public}\n          - {name: _offset, data_type: bigint, privacy: public}\n";

#[test]
fn each_message_lands_once_in_the_order_of_its_partition() {
    let shop = Shop::new(3, "mode: incremental", OWN);
    shop.order(0, 0..2_000);
    shop.order(2, 2_000..2_500);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.count(), "2500,2500,2500");
    assert!(shop.ade.run(&["ingest"]).succeeds().text().contains("unchanged"));
    shop.order(1, 2_500..2_600);
    shop.order(0, 2_600..2_610);
    let told = shop.ade.run(&["ingest"]).succeeds().text();
    assert!(told.contains("110"), "only what is new is read: {told}");
    assert_eq!(shop.count(), "2610,2610,2610");
    let order = "select count(*) from (select id, lag(id) over (partition by _partition order by _offset) as before \
                 from shop.orders) as o where before > id";
    assert_eq!(shop.ade.rows(order), ["0"]);
    assert_eq!(shop.ade.rows("select max(_offset) from shop.orders where _partition = 0"), ["2009"]);
    assert_eq!(shop.ade.rows("select count(*) from shop.orders where email like '%@%'"), ["0"]);
}

#[test]
fn a_first_read_may_begin_at_the_end() {
    let shop = Shop::new(2, "mode: incremental, start: latest", "");
    shop.order(0, 0..5);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.count(), "0,0,0");
    shop.order(0, 5..8);
    // Of this partition nobody had read anything.
    shop.order(1, 8..10);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.count(), "5,5,5");
    assert_eq!(shop.ade.rows("select min(id) from shop.orders"), ["5"]);
    shop.order(1, 10..11);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.count(), "6,6,6");
}

#[test]
fn a_death_before_or_behind_the_commit_costs_no_message_and_doubles_none() {
    for point in ["lake::commit::after_lease", "lake::commit::written"] {
        let shop = Shop::new(2, "mode: incremental", "");
        shop.order(0, 0..300);
        shop.ade.run(&["ingest"]).succeeds();
        shop.order(1, 300..700);
        let died = shop.ade.env("FAILPOINTS", &format!("{point}=1*return(abort)")).run(&["ingest"]);
        assert!(died.signal.is_some(), "the point {point} is not passed");
        shop.order(0, 700..750);
        shop.ade.run(&["ingest"]).succeeds();
        assert_eq!(shop.count(), "750,750,750");
    }
}

#[test]
fn a_key_keeps_the_last_message_and_a_tombstone_removes_it() {
    let ingest = "mode: incremental, key: [id], message_key: text, message_key_column: id}\n        deleted: _is_tombstone\n        meta: {";
    let columns = "          - {name: _is_tombstone, data_type: boolean, privacy: public}\n";
    let shop = Shop::new(2, ingest, columns);
    let value = |text: &'static str| Some(text);
    let first = [
        (0, Some("1"), value("{\"email\": \"a@example.org\"}")),
        (0, Some("2"), value("{\"email\": \"b@example.org\"}")),
        (1, Some("3"), value("{\"id\": 3, \"email\": \"c@example.org\"}")),
        (0, Some("1"), value("{\"email\": null}")),
    ];
    shop.kafka.produce("orders", first).unwrap();
    shop.ade.run(&["ingest"]).succeeds();
    let rows = || shop.ade.rows("select id, email is null from shop.orders order by id").join(" ");
    assert_eq!(rows(), "1,true 2,false 3,false");
    shop.kafka.produce("orders", [(0, Some("2"), None), (1, Some("4"), value("{}"))]).unwrap();
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(), "1,true 3,false 4,true");
}

#[test]
fn a_message_that_cannot_be_read_is_told_by_its_place_and_not_quoted() {
    let shop = Shop::new(2, "mode: incremental", "");
    shop.order(1, 0..5);
    shop.kafka.produce("orders", [(1, None, Some("{\"id\": canary-7f3a}"))]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1);
    let place = "`orders, partition 1, offset 5`: not an object of JSON: expected a value";
    assert!(failed.all().contains(place), "{}", failed.all());
    assert!(!failed.all().contains("canary"), "{}", failed.all());
    let shop = Shop::new(1, "mode: incremental", "");
    shop.kafka.produce("orders", [(0, None, Some("{\"id\": 1}")), (0, None, Some("{\"id\": \"canary\"}"))]).unwrap();
    let failed = shop.ade.run(&["ingest"]).exits(1);
    let place = "`orders, partition 0, offset 1`, column `id`: expected bigint, found";
    assert!(failed.all().contains(place) && !failed.all().contains("canary"), "{}", failed.all());
}

#[test]
fn a_key_that_nobody_decided_about_stops_its_table_before_it_lands() {
    let shop = Shop::new(1, "mode: incremental", "");
    shop.kafka.produce("orders", [(0, None, Some("{\"id\": 1, \"phone\": \"canary\"}"))]).unwrap();
    let stopped = shop.ade.run(&["ingest"]).exits(1);
    assert!(stopped.all().contains("`phone`") && !stopped.all().contains("canary"), "{}", stopped.all());
}

#[test]
fn another_topic_of_the_name_is_noticed_and_read() {
    let shop = Shop::new(1, "mode: incremental", "");
    shop.order(0, 0..40);
    shop.ade.run(&["ingest"]).succeeds();
    // Another cluster, with a shorter topic: as when somebody made it anew.
    let other = Kafka::start().unwrap();
    other.topic("orders", 1).unwrap();
    other.produce("orders", [(0, None, Some("{\"id\": 90}"))]).unwrap();
    let shop = Shop { kafka: other, ..shop };
    shop.connect("");
    let told = shop.ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("is another topic than the one that was read before"), "{told}");
    assert_eq!(shop.ade.rows("select count(*), max(id) from shop.orders"), ["41,90"]);
}

#[test]
fn inspect_drafts_what_goes_on_where_it_ended() {
    let shop = Shop::new(2, "mode: incremental", "");
    shop.order(1, 0..30);
    let draft = shop.ade.run(&["inspect", "bus"]).succeeds().text();
    for line in ["- name: orders", "mode: incremental", "privacy: email", "- name: _offset"] {
        assert!(draft.contains(line), "{line} is not in {draft}");
    }
    let missing = declared("from: order, mode: incremental", "");
    shop.folder.write("sources/shop.yml", missing);
    let failed = shop.ade.run(&["ingest"]).exits(1);
    assert!(failed.all().contains("there is no topic `order`") && failed.all().contains("orders"), "{}", failed.all());
}

#[test]
fn a_cluster_that_is_away_is_told_by_its_address() {
    let shop = Shop::new(1, "mode: incremental", "");
    let address = shop.kafka.address();
    drop(shop.kafka);
    let failed = shop.ade.run(&["ingest"]).exits(1);
    assert!(failed.all().contains(&address) && failed.all().contains("Kafka cluster"), "{}", failed.all());
}
