//! A person who is erased is in no log of events either, whether theirs have landed or wait.
use std::path::PathBuf;

use ade_testing::leaks;
use serde_json::json;

use super::Shop;

const ERASE: [&str; 4] = ["privacy", "erase", "--subject", "email=canary@example.com"];

/// Segments of the log: what they hold is sealed, so a file that is as it was still holds it.
fn segments(shop: &Shop) -> Vec<(PathBuf, Vec<u8>)> {
    let files = shop.folder.files().into_iter().filter(|path| path.extension().is_some_and(|found| found == "log"));
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn identify(user: &str, email: &str) -> String {
    json!({"type": "identify", "userId": user, "messageId": format!("m-{user}"), "traits": {"email": email, "plan": "pro"}})
        .to_string()
}

#[test]
fn events_that_wait_land_without_her_and_leave_the_log() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    assert_eq!(collector.send("/v1/identify", &identify("u1", "Canary@Example.com")).status, 200);
    assert_eq!(collector.send("/v1/identify", &identify("u2", "other@example.com")).status, 200);
    collector.end();
    let waiting = segments(&shop);
    assert!(waiting.iter().any(|(_, bytes)| bytes.len() > 8));

    let refused = shop.ade().run(&ERASE).exits(1).all();
    assert!(refused.contains("holds 1 events of the person") && refused.contains("have not been read"), "{refused}");
    assert!(refused.contains("`ade ingest --select source:web`"), "{refused}");
    assert!(!refused.contains("Canary@Example"), "{refused}");
    shop.ade().run(&["ingest", "--select", "source:web"]).succeeds();
    shop.ade().run(&ERASE).succeeds();
    assert_eq!(shop.rows("select plan, email is not null from web.users"), ["pro,true"]);
    let left = segments(&shop);
    assert!(
        waiting.iter().filter(|(_, bytes)| bytes.len() > 8).all(|file| !left.contains(file)),
        "sealed events are gone"
    );
    assert_eq!(leaks(&shop.folder.files(), &["canary@example.com", "Canary@Example.com"]), []);

    // She writes again, after she was erased.
    let collector = shop.serve(&["--no-landing"]);
    assert_eq!(collector.send("/v1/identify", &identify("u3", "canary@example.com")).status, 200);
    // The program that writes the log is asked to begin another segment, and nothing that waits is lost.
    let busy = shop.ade().run(&ERASE).exits(1).all();
    assert!(busy.contains("have not been read"), "{busy}");
    shop.ade().run(&["ingest", "--select", "source:web"]).succeeds();
    let busy = shop.ade().run(&ERASE).exits(1).all();
    assert!(busy.contains("`ade serve` lets them go with the next event"), "{busy}");
    assert_eq!(collector.send("/v1/identify", &identify("u4", "third@example.com")).status, 200);
    shop.ade().run(&["ingest", "--select", "source:web"]).succeeds();
    shop.ade().run(&ERASE).succeeds();
    assert_eq!(shop.rows("select count(*) from web.users"), ["2"]);
    collector.end();
}

#[test]
fn tables_that_appeared_by_themselves_are_told_by_the_audit() {
    let shop = Shop::new();
    shop.folder.replace("sources/web.yml", "    events:\n", "    events:\n      on_new_event: evolve\n");
    let collector = shop.serve(&["--no-landing"]);
    let body = json!({"type": "track", "event": "Coupon Used", "userId": "u1", "messageId": "m1", "properties": {}});
    assert_eq!(collector.send("/v1/track", &body.to_string()).status, 200);
    collector.end();
    shop.ade().run(&["ingest", "--select", "source:web"]).succeeds();
    let audited = shop.ade().run(&["privacy", "audit", "--output", "json"]).succeeds().json_lines();
    let column = |table: &str, column: &str| {
        audited.iter().find(|found| found["table"] == table && found["column"] == column).cloned().unwrap()
    };
    for table in ["web.coupon_used", "web.all_events"] {
        let user = column(table, "user_id");
        assert_eq!(user["landed_as"], "pseudonym in domain user as exact", "{user}");
        assert!(user["key"].is_string() && user["since"].is_string() && user["place"].is_string(), "{user}");
    }
    assert_eq!(column("web.coupon_used", "user_id")["decided_by"], "the column");
    assert_eq!(
        column("web.identifies", "email")["landed_as"].as_str().unwrap_or("pseudonym in domain email"),
        "pseudonym in domain email"
    );
}
