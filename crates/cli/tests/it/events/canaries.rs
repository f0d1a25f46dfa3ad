//! Canaries in everything that clients may send, and in what cannot land: nothing that the collector writes or says holds one of
//! them, be it the log at rest, a reject, an answer, a line of its own log at its most talkative, or a number.
use std::process::Command;

use ade_testing::leaks;
use serde_json::{Value, json};

use super::http::Client;
use super::{ADE_YML, Collector, KEY, Shop, WEB};

const CANARIES: [&str; 12] = [
    "canary-user-1",
    "canary-anonymous-2",
    "canary.three@mail.example",
    "canary unlisted trait 4",
    "203.0.113.78",
    "canary agent 5",
    "canary misfit 6",
    "canary of nobody 7",
    "canary.change@mail.example",
    "canary key 8",
    "canary state 9",
    "canary without end 10",
];

/// The plan with rows of another system besides.
fn plan() -> String {
    format!(
        "{WEB}      - name: people\n        ingest: {{from: \"changes:people\", key: [id]}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: identifier}}\n          - {{name: email, data_type: varchar, privacy: email}}\n"
    )
}

/// Starts the collector with all that it can say in a file.
fn talkative(shop: &Shop, name: &str) -> Collector {
    let mut command = Command::new("sh");
    command.args(["-c", r#"said="$0"; exec "$@" 2> "$said""#]).arg(shop.folder.at(name)).arg(crate::program::path());
    command.args(["serve", "--output", "json", "--listen", "127.0.0.1:0", "--land-every", "86400", "--log", "trace"]);
    Collector::start(command, &shop.folder)
}

fn messages() -> Vec<Value> {
    let [user, anonymous, email, unlisted, ip, agent, misfit, nobody, ..] = CANARIES;
    let context = json!({"ip": ip, "userAgent": agent});
    vec![
        json!({"type": "identify", "userId": user, "anonymousId": anonymous, "context": context,
            "traits": {"email": email, "plan": "pro", "motto": unlisted, "deep": {"er": [unlisted]}}}),
        json!({"type": "track", "event": "Order Completed", "userId": user, "context": context, "properties": {"orderId": 1, "note": unlisted}}),
        json!({"type": "track", "event": "Order Completed", "userId": user, "properties": {"orderId": misfit}}),
        json!({"type": "track", "event": "Order Completed", "userId": user, "properties": {"total": misfit}}),
        json!({"type": "track", "event": "Unlisted", "userId": user, "properties": {"note": unlisted}}),
        json!({"type": "track", "event": "Order Completed", "properties": {"note": nobody}}),
        json!({"type": nobody, "userId": user}),
        json!({"type": "track", "event": "Order Completed", "userId": user, "properties": {"pad": nobody.repeat(3_000)}}),
        json!(nobody),
    ]
}

fn changes() -> Vec<Value> {
    let [.., email, key, state, _] = CANARIES;
    vec![
        json!({"table": "people", "after": {"id": 7_300_114, "email": email, "state": state}}),
        json!({"table": "people", "after": {"id": key, "email": email}}),
        json!({"table": "other", "after": {"id": 1, "email": email}}),
        json!({"table": "people", "op": state, "after": {"id": 2}}),
        json!({"after": {"email": email}}),
        json!(state),
    ]
}

#[test]
fn no_canary_sings_in_the_log_in_rejects_in_answers_or_anywhere_else() {
    let shop = Shop::with(ADE_YML, &plan());
    let mut said = Vec::new();
    let collector = talkative(&shop, "first.log");
    let mut client = Client::new(collector.address);
    let mut send = |path: &str, key: &str, body: &str| {
        let answer = client.post(path, key, body.as_bytes(), &[]).unwrap();
        said.push(format!("{}{}", answer.headers, answer.body));
        answer.status
    };
    assert_eq!(send("/v1/batch", KEY, &json!({ "batch": messages() }).to_string()), 200);
    assert_eq!(send("/v1/changes/web", KEY, &json!(changes()).to_string()), 200);
    // What is refused is answered without a word of it.
    let [user, .., endless] = CANARIES;
    assert_eq!(send("/v1/track", KEY, &format!(r#"{{"userId": "{user}", "{endless}"#)), 400);
    assert_eq!(send("/v1/track", endless, r#"{"event": "A", "userId": "u"}"#), 401);
    assert_eq!(send(&format!("/v1/{}", "canary-of-a-path"), KEY, "{}"), 404);
    assert_eq!(send("/v1/track", KEY, &json!({"userId": endless.repeat(3_000)}).to_string()), 400);
    for path in ["/metrics", "/health"] {
        said.push(Client::new(collector.address).get(path).unwrap().body);
    }
    let assert_silent = |said: &[String], step: &str| {
        let own = ["ade.yml", "sources"].map(|name| shop.folder.at(name));
        let written: Vec<_> =
            shop.folder.files().into_iter().filter(|path| !own.iter().any(|own| path.starts_with(own))).collect();
        assert!(written.iter().any(|path| path.ends_with("00000000000000000001.log") || step != "it waits"));
        let mut values = CANARIES.to_vec();
        values.extend([KEY, "canary-of-a-path"]);
        assert_eq!(leaks(&written, &values), [], "{step}");
        for text in said {
            assert!(!values.iter().any(|value| text.contains(value)), "{step}: {text}");
        }
    };
    assert_silent(&said, "it waits");
    collector.kill();
    assert_silent(&said, "it was killed");
    for point in
        ["run::source::batch_read", "run::source::kept_apart", "run::source::committed", "lake::commit::after_lease"]
    {
        let ended =
            shop.ade().env("FAILPOINTS", &format!("{point}=1*return(abort)")).run(&["ingest", "--log", "trace"]);
        assert_eq!(ended.signal, Some(6), "{point}");
        said.extend([ended.text(), ended.complaints()]);
        assert_silent(&said, point);
    }
    let collector = talkative(&shop, "second.log");
    let mut client = Client::new(collector.address);
    // Nothing of a table can land: it is set aside.
    shop.folder.replace(
        "sources/web.yml",
        "      - name: identifies\n",
        "      - name: identifies\n        drift: {new_column: stop}\n",
    );
    assert_eq!(
        client.post("/v1/batch", KEY, json!({ "batch": messages() }).to_string().as_bytes(), &[]).unwrap().status,
        200
    );
    for args in [
        &["ingest", "--log", "trace"][..],
        &["ingest", "--output", "json"],
        &["rejects", "list"],
        &["rejects", "show"],
        &["rejects", "show", "--output", "json"],
        &["rejects", "replay", "--log", "trace"],
        &["query", "select * from ade.rejects"],
        &["query", "select * from ade.tasks"],
        &["query", "select * from collector.event_counts"],
        &["history", "web.all_events"],
        &["inspect", "collector", "--source", "web"],
    ] {
        let ended = shop.ade().run(args);
        said.extend([ended.text(), ended.complaints()]);
    }
    said.push(collector.end());
    assert_silent(&said, "all of it");
    let [received, landed, rejected, ignored, duplicates] = shop.counts();
    assert_eq!(received, landed + rejected + ignored + duplicates);
    assert!(landed >= 3 && rejected >= 15, "{received} {landed} {rejected}");
    assert_eq!(shop.rows("select count(*) from web__quarantine.identifies where _ade_rule = 'stopped'"), ["2"]);
}
