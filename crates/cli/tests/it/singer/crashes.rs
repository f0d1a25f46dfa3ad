//! Taps that die, programs that are killed, and tables that fail: nothing is lost and nothing comes twice.
use serde_json::json;

use super::scripted::{SOURCES, Scripted};

const BEGIN: &str = "
for stream in ('orders', 'visits', 'countries'):
    schema(stream, id=INTEGER, v=TEXT)
";

/// A tap that goes on from where it is told to, ten rows of two streams in each round, up to round 6.
const ROUNDS: &str = "
for round in range(min(at('orders'), at('visits')), 6):
    for place in range(10):
        if round >= at('orders'):
            row('orders', id=round * 10 + place, v='o')
        if round >= at('visits'):
            row('visits', id=round * 10 + place, v='v')
    mark(orders=max(round + 1, at('orders')), visits=max(round + 1, at('visits')))
";

fn is_complete(shop: &Scripted) {
    let counts = "select count(*), count(distinct id), min(id), max(id) from shop.";
    assert_eq!(shop.ade.rows(&format!("{counts}orders")), ["60,60,0,59"]);
    assert_eq!(shop.ade.rows(&format!("{counts}visits")), ["60,60,0,59"], "a table without a key has each row once");
}

#[test]
fn after_dying_between_any_two_commits_nothing_is_lost_or_doubled() {
    for point in ["run::source::committed", "run::source::unit_read"] {
        for passed in 0..8 {
            let shop = Scripted::new(SOURCES);
            shop.plan(&format!("{BEGIN}{ROUNDS}"));
            let dying = shop.ade.env("FAILPOINTS", &format!("{point}={passed}*off->1*return(abort)"));
            let died = dying.run(&["ingest"]);
            assert!(died.signal.is_some(), "{point} {passed}: {}", died.all());
            assert_nothing_raw_is_left(&shop);
            shop.ade.run(&["ingest"]).succeeds();
            is_complete(&shop);
            // Once more from the end: the last round stays as it is.
            shop.ade.run(&["ingest"]).succeeds();
            is_complete(&shop);
        }
    }
}

/// A tap's files are gone with the next run, and what it was told of rows was never in one.
fn assert_nothing_raw_is_left(shop: &Scripted) {
    for file in shop.folder.files() {
        let name = file.to_string_lossy();
        assert!(!name.ends_with("state.json"), "{name}");
    }
}

#[test]
fn a_program_that_is_killed_goes_on_where_all_tables_were() {
    let shop = Scripted::new(SOURCES);
    // It waits behind its third round for somebody to kill the program.
    shop.plan(&format!(
        "{BEGIN}{}",
        ROUNDS.replace(
            "    mark(",
            "    if round == 3 and not os.path.exists('again'):\n        sys.stdout.flush()\n        open('waits', 'w').close()\n        signal.pause()\n    mark("
        )
    ));
    let mut running = shop.ade.start(&["ingest"]);
    // Three rounds have landed of both tables.
    let landed =
        |table: &str| shop.folder.at(&format!("lake/shop/{table}/_delta_log/00000000000000000002.json")).exists();
    while !(shop.folder.at("waits").exists() && landed("visits") && landed("orders")) {
        assert!(!running.has_ended());
        std::thread::yield_now();
    }
    running.kill();
    drop(running);
    assert_eq!(shop.ade.rows("select count(*) from shop.visits"), ["30"]);
    shop.folder.write("again", "");
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 3}, "visits": {"at": 3}}}));
    is_complete(&shop);
    let left = shop.folder.files().into_iter().filter(|file| file.to_string_lossy().contains(".ade/taps/"));
    assert_eq!(left.count(), 0, "what the killed program left for its tap");
}

#[test]
fn a_table_that_fails_holds_the_state_and_the_others_land_on() {
    let tested = SOURCES.replace(
        "        ingest: {mode: incremental}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}",
        "        ingest: {mode: incremental}\n        columns:\n          - {name: id, data_type: bigint, privacy: public, data_tests: [{accepted_values: {arguments: {values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}}]}",
    );
    assert_ne!(tested, SOURCES);
    let shop = Scripted::new(&tested);
    shop.fails(&format!("{BEGIN}{ROUNDS}"));
    assert_eq!(shop.ade.rows("select count(*) from shop.visits"), ["10"]);
    assert_eq!(shop.ade.rows("select count(*), max(id) from shop.orders"), ["60,59"]);
    // It still fails: what the other has stays, and its tap begins where both were.
    shop.ade.run(&["ingest"]).exits(1);
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 1}, "visits": {"at": 1}}}));
    assert_eq!(shop.ade.rows("select count(*), max(id) from shop.orders"), ["60,59"]);
    shop.folder.write("sources/s.yml", SOURCES);
    shop.ade.run(&["ingest"]).succeeds();
    is_complete(&shop);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 6}, "visits": {"at": 6}}}));
}

#[test]
fn a_table_begins_anew_alone() {
    let shop = Scripted::new(SOURCES);
    shop.ingests(&format!("{BEGIN}{ROUNDS}"));
    shop.ade.run(&["ingest", "--select", "source:shop.visits", "--full-refresh"]).succeeds();
    assert_eq!(shop.last_state(), json!({"bookmarks": {"orders": {"at": 6}}}));
    assert_eq!(shop.calls().last().unwrap()["selected"], json!(["visits"]));
    is_complete(&shop);
    shop.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(shop.last_state(), json!({}));
    is_complete(&shop);
}
