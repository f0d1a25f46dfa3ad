//! What a table cannot land holds nobody up: it is set aside, sealed, and waits for somebody to decide.
use serde_json::json;

use super::{ADE_YML, Shop, WEB};

/// The plan with a check that not every event passes.
fn strict() -> String {
    WEB.replace(
        "{name: total, data_type: double, privacy: public}",
        "{name: total, data_type: double, privacy: public, data_tests: [not_null]}",
    )
}

fn order(id: u64, properties: &str) -> String {
    format!(
        r#"{{"event": "Order Completed", "userId": "u", "messageId": "m{id}", "properties": {{"orderId": {id}{properties}}}}}"#
    )
}

#[test]
fn a_table_that_cannot_land_sets_its_events_aside_and_the_others_go_on() {
    let shop = Shop::with(ADE_YML, &strict());
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/track", &order(1, ""));
    collector.send("/v1/track", r#"{"event": "Other", "userId": "u"}"#);
    let said = shop.ade().run(&["ingest"]).exits(1).all();
    let told = "1 event is set aside in web__quarantine.order_completed; mend what is wrong, then `ade rejects replay --source web --table order_completed`";
    assert!(said.contains(told), "{said}");
    // What comes next lands, as far as it can.
    collector.send("/v1/page", r#"{"name": "Home", "userId": "u"}"#);
    collector.send("/v1/track", &order(2, r#", "total": 5"#));
    shop.ade().run(&["ingest"]).succeeds();
    // Nothing waits in the log.
    collector.wait_until_landed();
    assert_eq!(shop.counts(), [4, 2, 2, 0, 0]);
    assert_eq!(shop.rows("select type, count(*) from web.all_events group by 1 order by 1"), ["page,1", "track,2"]);
    assert_eq!(shop.rows("select order_id from web.order_completed"), ["2"]);
    assert_eq!(
        shop.rows("select _ade_kind, _ade_rule from web__quarantine.order_completed"),
        ["record,stopped"],
        "once, and not in the other tables"
    );
    // Once it is mended, it comes back with the time at which it was received, and once however often that is asked for.
    let before = shop.rows("select min(received_at) from web.all_events where event = 'order_completed'");
    shop.folder.write("sources/web.yml", WEB);
    let said = shop.ade().run(&["rejects", "replay", "--source", "web", "--table", "order_completed"]).succeeds().all();
    assert!(said.contains("replayed: 1 event"), "{said}");
    shop.ade().run(&["rejects", "replay"]).succeeds();
    assert_eq!(shop.rows("select order_id from web.order_completed order by 1"), ["1", "2"]);
    assert_eq!(shop.rows("select received_at from web.order_completed where order_id = 1"), before);
    assert_eq!(shop.rows("select count(*) from web.tracks"), ["2"], "the other tables had it");
    assert_eq!(shop.counts(), [4, 3, 1, 0, 0]);
    // What lands next is counted as ever.
    collector.send("/v1/track", &order(3, ""));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.counts(), [5, 4, 1, 0, 0]);
}

#[test]
fn events_that_no_table_was_for_come_back_when_one_is_listed() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    let signed_up = |id: &str, plan: &str| {
        let body =
            json!({"event": "Signed Up", "userId": "u", "messageId": id, "properties": {"plan": plan}}).to_string();
        assert_eq!(collector.send("/v1/track", &body).status, 200);
    };
    signed_up("s1", "free");
    collector.send("/v1/track", r#"{"event": "Signed Up", "messageId": "s2"}"#);
    shop.ade().run(&["ingest"]).succeeds();
    signed_up("s3", "pro");
    collector.send("/v1/track", &order(1, ""));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.counts(), [4, 1, 3, 0, 0]);
    let said = shop.ade().run(&["rejects", "replay"]).succeeds().all();
    assert!(said.contains("3 events stay: 1 × nobody, 2 × unknown event"), "{said}");
    assert_eq!(shop.counts(), [4, 1, 3, 0, 0]);
    let table =
        "    tables:\n      - {name: signed_up, columns: [{name: plan, data_type: varchar, privacy: public}]}\n";
    shop.folder.replace("sources/web.yml", "    tables:\n", table);
    // Killed at every step, it goes on where it was.
    for point in ["run::events::resending", "run::events::resent_table", "run::events::resent"] {
        let ended = shop.ade().env("FAILPOINTS", &format!("{point}=return(abort)")).run(&["rejects", "replay"]);
        assert_eq!(ended.signal, Some(6), "{point}: {}", ended.all());
    }
    let said = shop.ade().run(&["rejects", "replay"]).succeeds().all();
    assert!(said.contains("replayed: 2 events") && said.contains("1 event stays: 1 × nobody"), "{said}");
    shop.ade().run(&["rejects", "replay"]).succeeds();
    assert_eq!(shop.rows("select id, plan from web.signed_up order by id"), ["s1,free", "s3,pro"]);
    assert_eq!(shop.rows("select id from web.tracks order by received_at"), ["s1", "s3", "m1"].map(str::to_owned));
    assert_eq!(shop.rows("select count(*) from web.all_events"), ["3"]);
    assert_eq!(shop.counts(), [4, 3, 1, 0, 0]);
    let by_name = "select table_name, sum(landed), sum(rejected) from collector.event_counts where table_name = 'signed_up' group by 1";
    assert_eq!(shop.rows(by_name), ["signed_up,2,0"]);
}

#[test]
fn rows_that_are_replayed_move_in_the_counts_too() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/track", &order(1, r#", "total": "12.5 EUR""#));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.counts(), [1, 0, 1, 0, 0]);
    shop.folder.replace(
        "sources/web.yml",
        "{name: total, data_type: double, privacy: public}",
        "{name: total, data_type: varchar, privacy: public}",
    );
    for point in ["run::rejects::set_aside", "run::rejects::committed"] {
        shop.ade().env("FAILPOINTS", &format!("{point}=return(abort)")).run(&["rejects", "replay"]);
    }
    shop.ade().run(&["rejects", "replay"]);
    let landed = shop.rows("select count(*) from web.order_completed");
    let moved = landed[0].parse::<u64>().unwrap();
    assert_eq!(shop.counts(), [1, moved, 1 - moved, 0, 0], "what the table says and what is counted is the same");
}

#[test]
fn rows_of_another_system_wait_for_those_before_them() {
    let orders = |state: &str| {
        format!(
            "version: 2\nsources:\n  - name: web\n    connection: collector\n    tables:\n      - name: orders\n        ingest: {{from: \"changes:orders\", key: [id]}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: identifier}}\n          - {{name: state, data_type: varchar, privacy: public{state}}}\n"
        )
    };
    let shop = Shop::with(ADE_YML, &orders(", data_tests: [not_null]"));
    let collector = shop.serve(&["--no-landing"]);
    let change =
        |document: serde_json::Value| assert_eq!(collector.send("/v1/changes/web", &document.to_string()).status, 200);
    change(json!({"table": "orders", "after": {"id": 1}}));
    shop.ade().run(&["ingest"]).exits(1);
    change(json!({"table": "orders", "before": {"id": 1}, "after": {"id": 1, "state": "paid"}}));
    change(json!({"table": "orders", "after": {"id": 2, "state": "new"}}));
    let said = shop.ade().run(&["ingest"]).exits(1).all();
    assert!(said.contains("1 event that came before waits to be replayed first"), "{said}");
    assert_eq!(shop.rows("select count(*) from web.orders"), ["0"]);
    shop.folder.write("sources/web.yml", orders(""));
    shop.ade().run(&["rejects", "replay"]).succeeds();
    assert_eq!(shop.rows("select id, state from web.orders order by id"), ["1,paid", "2,new"]);
    change(json!({"table": "orders", "op": "d", "key": {"id": 2}}));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.rows("select id from web.orders"), ["1"]);
    assert_eq!(shop.counts(), [4, 4, 0, 0, 0]);
}

#[test]
fn a_contract_that_says_stop_sets_aside_what_comes_until_it_is_changed() {
    let web = WEB.replace(
        "      - name: order_completed\n",
        "      - name: order_completed\n        drift: {retyped_column: stop}\n",
    );
    let shop = Shop::with(ADE_YML, &web);
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/track", &order(1, r#", "total": "much""#));
    let said = shop.ade().run(&["ingest"]).exits(1).all();
    assert!(said.contains("1 event is set aside") && !said.contains("much\""), "{said}");
    assert_eq!(shop.counts(), [1, 0, 1, 0, 0]);
    assert_eq!(shop.rows("select count(*) from web.tracks"), ["1"]);
}

#[test]
fn a_new_event_stops_its_source_where_the_project_says_so_and_no_other_source() {
    let stop = WEB.replace("    events:\n", "    events:\n      on_new_event: stop\n");
    let app = WEB.replace("version: 2\nsources:\n", "").replace("- name: web\n", "- name: app\n");
    let shop = Shop::with(
        &ADE_YML.replace(r#"{web: "${env:WEB_KEY}"}"#, r#"{web: "${env:WEB_KEY}", app: "${file:app.key}"}"#),
        &format!("{stop}{app}"),
    );
    shop.folder.write("app.key", "key-of-app\n");
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/track", &order(1, ""));
    collector.send("/v1/track", r#"{"event": "Signed Up", "userId": "u"}"#);
    let of_app =
        json!({"writeKey": "key-of-app", "event": "Order Completed", "userId": "u", "properties": {"orderId": 7}});
    let sent =
        super::http::Client::new(collector.address).post("/v1/track", "key-of-app", of_app.to_string().as_bytes(), &[]);
    assert_eq!(sent.unwrap().status, 200);
    let said = shop.ade().run(&["ingest"]).exits(1).all();
    assert!(said.contains("has a new event `Signed Up`") && said.contains("`- name: signed_up`"), "{said}");
    collector.wait_until_landed();
    assert_eq!(shop.rows("select order_id from app.order_completed"), ["7"]);
    assert_eq!(shop.rows("select count(*) from web.order_completed"), ["0"]);
    let all = "select source, received, landed, rejected from collector.event_counts order by source, table_name";
    assert_eq!(shop.rows(all), ["app,1,1,0", "web,1,0,1", "web,1,0,1"]);
    let listed = stop.replace("    tables:\n", "    tables:\n      - {name: signed_up}\n");
    shop.folder.write("sources/web.yml", format!("{listed}{app}"));
    shop.ade().run(&["rejects", "replay"]).succeeds();
    assert_eq!(
        shop.rows("select count(*) from web.signed_up union all select count(*) from web.order_completed"),
        ["1", "1"]
    );
    let ignored = stop.replace("on_new_event: stop", "on_new_event: ignore");
    shop.folder.write("sources/web.yml", format!("{ignored}{app}"));
    collector.send("/v1/track", r#"{"event": "Signed Up", "userId": "u"}"#);
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.counts(), [4, 3, 0, 1, 0]);
}

#[test]
fn names_of_events_are_told_where_they_are_public_and_nowhere_else() {
    let secret = WEB
        .replace(
            "{name: event, data_type: varchar, privacy: public}",
            "{name: event, data_type: varchar, privacy: free_text}",
        )
        .replace(
            "{name: event_text, data_type: varchar, privacy: public}",
            "{name: event_text, data_type: varchar, privacy: free_text}",
        );
    for (web, names) in [(WEB.to_owned(), "canary_ada"), (secret, "\"\"")] {
        let shop = Shop::with(ADE_YML, &web);
        let collector = shop.serve(&["--no-landing"]);
        collector.send("/v1/track", r#"{"event": "Canary Ada", "userId": "u"}"#);
        let said = shop.ade().run(&["ingest"]).succeeds().all();
        let counts = shop.rows("select coalesce(table_name, ''), rejected from collector.event_counts");
        assert_eq!(counts, [format!("{names},1")]);
        if names != "canary_ada" {
            let written = shop.folder.files();
            assert_eq!(ade_testing::leaks(&written, &["canary_ada", "Canary Ada"]), []);
            assert!(!said.to_lowercase().contains("canary"), "{said}");
        }
    }
}
