//! Every number of what became of events is counted by itself, so that what is missing shows.
use serde_json::json;

use super::{ADE_YML, Shop, WEB};

fn track(number: u64) -> String {
    json!({"event": "Order Completed", "userId": "u", "properties": {"orderId": number}}).to_string()
}

#[test]
fn a_row_that_is_lost_on_its_way_shows_in_the_counts() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    (0..3).for_each(|number| assert_eq!(collector.send("/v1/track", &track(number)).status, 200));
    let said = shop.ade().env("FAILPOINTS", "run::source::row_lost=return").run(&["ingest"]).succeeds().all();
    assert!(said.contains("3 events were received and 2 are accounted for"), "{said}");
    let counts = "select received, landed, rejected, ignored, erased, duplicates from collector.event_counts";
    assert_eq!(shop.rows(counts), ["3,2,0,0,0,0"], "what is missing is in no other number");
    collector.send("/v1/track", &track(4));
    let said = shop.ade().run(&["ingest"]).succeeds().all();
    assert!(!said.contains("accounted"), "{said}");
}

#[test]
fn what_rules_leave_out_and_what_is_too_long_is_counted_where_it_happens() {
    let web = WEB.replace(
        "      - name: order_completed\n",
        "      - name: order_completed\n        rows: [{name: free, where: total = 0, then: drop}]\n",
    );
    let shop = Shop::with(ADE_YML, &web);
    let collector = shop.serve(&["--no-landing"]);
    let order = |total: f64, pad: usize| {
        json!({"type": "track", "event": "Order Completed", "userId": "u",
            "properties": {"orderId": 1, "total": total, "pad": "x".repeat(pad)}})
    };
    let batch = json!({"context": {"app": "y".repeat(5_000)}, "batch": [order(1.0, 0), order(0.0, 0), order(2.0, 32_300), order(3.0, 33_000)]});
    assert_eq!(collector.send("/v1/batch", &batch.to_string()).status, 200);
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.rows("select total from web.order_completed order by 1"), ["1", "2"]);
    let of =
        |rule: &str| shop.rows(&format!("select count(*) from web__quarantine.all_events where _ade_rule = '{rule}'"));
    assert_eq!(of("too_long"), ["1"]);
    assert_eq!(shop.counts(), [4, 2, 1, 1, 0]);
}

#[test]
fn events_of_people_who_were_erased_are_counted_as_theirs() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    let identify = |user: &str, email: &str| {
        let body = json!({"userId": user, "traits": {"email": email, "plan": "pro"}}).to_string();
        assert_eq!(collector.send("/v1/identify", &body).status, 200);
    };
    identify("u1", "ada@example.com");
    identify("u2", "bob@example.com");
    shop.ade().run(&["ingest"]).succeeds();
    shop.folder.write("request.txt", "email=ada@example.com\n");
    // The collector's log holds what has landed until it turns.
    let said = shop.ade().run(&["privacy", "erase", "--subject-file", "request.txt"]).exits(1).all();
    assert!(said.contains("web.users: 1 row gone") && said.contains("run it again"), "{said}");
    identify("u1", "ada@example.com");
    identify("u2", "bob@example.com");
    // Of nobody's type, and of her all the same.
    let dance = json!({"type": "dance", "userId": "u1", "traits": {"email": "ada@example.com"}});
    collector.send("/v1/batch", &json!({ "batch": [dance] }).to_string());
    shop.ade().run(&["ingest"]).succeeds();
    let counts = "select sum(received), sum(landed), sum(rejected), sum(ignored), sum(erased), sum(duplicates) from collector.event_counts";
    assert_eq!(shop.rows(counts), ["5,3,0,0,2,0"]);
}

#[test]
fn a_source_with_a_write_key_and_no_table_is_not_served() {
    let shop = Shop::with(&ADE_YML.replace("{web:", "{nobody: \"${file:nobody.key}\", web:"), WEB);
    shop.folder.write("nobody.key", "another");
    let said = shop.ade().run(&["serve", "--listen", "127.0.0.1:0"]).exits(2).all();
    assert!(said.contains("source `nobody` of connection `collector` has a write key and no table"), "{said}");
}

#[test]
fn no_write_key_is_written_out_beside_others_that_are_not() {
    let shop = Shop::with(&ADE_YML.replace("{web:", "{app: key-of-app, web:"), WEB);
    let said = shop.ade().run(&["check"]).exits(2).all();
    assert!(said.contains("`write_keys.app` is a secret and must not be written here"), "{said}");
}
