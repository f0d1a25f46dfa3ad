//! What comes through a tap lands, table by table, and the next run goes on from there.
use ade_testing::leaks;
use serde_json::json;

use super::scripted::{SOURCES, Scripted};

const BEGIN: &str = "
for stream in ('orders', 'visits', 'countries'):
    schema(stream, id=INTEGER, v=TEXT)
";

#[test]
fn streams_land_from_one_process_and_the_state_goes_on() {
    let shop = Scripted::new(SOURCES);
    let said = shop.ingests(&format!(
        "{BEGIN}
row('countries', id=1, v='de')
row('orders', id=1, v='a')
row('visits', id=1, v='x')
mark(orders=1, visits=1)
row('orders', id=2, v='b')
row('orders', id=1, v='c')
mark(orders=2, visits=1)
row('countries', id=2, v='fr')
"
    ));
    assert!(said.contains("3 tasks") || said.contains("shop.orders"), "{said}");
    assert_eq!(shop.rows("orders"), "1:c 2:b");
    assert_eq!(shop.rows("visits"), "1:x");
    assert_eq!(shop.rows("countries"), "1:de 2:fr");
    assert_eq!(shop.calls().len(), 1, "one process serves all tables");
    shop.ingests(&format!(
        "{BEGIN}
row('countries', id=3, v='it')
row('visits', id=1, v='again')
row('orders', id=3, v='d')
mark(orders=3, visits=2)
"
    ));
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 2}, "visits": {"at": 1}}}));
    assert_eq!(shop.rows("orders"), "1:c 2:b 3:d");
    assert_eq!(shop.rows("visits"), "1:again 1:x");
    assert_eq!(shop.rows("countries"), "3:it");
    // Nothing new: nothing is committed.
    let said = shop.ingests(&format!("{BEGIN}\nrow('countries', id=3, v='it')\nmark(orders=3, visits=2)"));
    assert!(said.contains("unchanged"), "{said}");
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 3}, "visits": {"at": 2}}}));
}

#[test]
fn a_tap_that_dies_keeps_what_was_committed_and_says_why() {
    let shop = Scripted::new(SOURCES);
    let said = shop.fails(&format!(
        "{BEGIN}
row('orders', id=1, v='a')
mark(orders=1)
row('orders', id=2, v='lost')
row('countries', id=1, v='de')
sys.stderr.write('CRITICAL the quota of stream orders is used up\\n')
die(3)
"
    ));
    assert!(said.contains("exit code 3") && said.contains("the quota of stream orders is used up"), "{said}");
    assert_eq!(shop.rows("orders"), "1:a");
    shop.ingests(&format!("{BEGIN}\nrow('orders', id=2, v='b')\nrow('countries', id=1, v='de')\nmark(orders=2)"));
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 1}}}));
    assert_eq!((shop.rows("orders"), shop.rows("countries")), ("1:a 2:b".to_owned(), "1:de".to_owned()));
}

#[test]
fn what_a_check_reads_of_the_same_round_lands_before() {
    let sources = SOURCES.replace(
        "        ingest: {mode: incremental, key: [id]}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}",
        "        ingest: {mode: incremental, key: [id]}\n        columns:\n          - {name: id, data_type: bigint, privacy: public, data_tests: [{relationships: {arguments: {to: \"source('shop', 'visits')\", field: id}}}, {relationships: {arguments: {to: \"source('shop', 'countries')\", field: id}, config: {severity: warn}}}]}",
    );
    assert_ne!(sources, SOURCES);
    let shop = Scripted::new(&sources);
    let rows = "
for id in range(4):
    for stream in ('orders', 'visits', 'countries'):
        row(stream, id=id)
    mark(orders=id)
";
    let said = shop.ingests(&format!("{BEGIN}{rows}"));
    assert_eq!(
        (shop.rows("orders").as_str(), shop.rows("visits").as_str()),
        ("0:- 1:- 2:- 3:-", "0:- 1:- 2:- 3:-"),
        "{said}"
    );
}

#[test]
fn a_state_may_hold_values_and_is_nowhere_in_clear() {
    let shop = Scripted::new(SOURCES);
    shop.ingests(&format!("{BEGIN}row('orders', id=1)\nmark(orders='canary-bookmark')"));
    shop.ingests(&format!("{BEGIN}row('orders', id=2)\nmark(orders='canary-bookmark')"));
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": "canary-bookmark"}}}));
    // The tap's own files are the test's.
    shop.folder.remove("calls.log");
    shop.folder.remove("plan.py");
    assert_eq!(leaks(&shop.folder.files(), &["canary-bookmark"]), []);
}
