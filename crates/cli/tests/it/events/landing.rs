//! What is sent lands in the tables that the project lists, treated as it says.
use serde_json::json;

use super::{Shop, WEB};

const CANARY: &str = "canary-4f1c";

#[test]
fn every_call_lands_in_its_table_and_everything_is_counted() {
    let shop = Shop::new();
    let collector = shop.serve(&["--land-every", "1"]);
    let sent = |path: &str, body: &serde_json::Value| {
        let answer = collector.send(path, &body.to_string());
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"success":true}"#), "{body}");
    };
    let order = json!({"orderId": 7, "total": 9.5, "address": {"city": "Rome"}, "note": CANARY});
    sent(
        "/v1/track",
        &json!({"event": "Order Completed", "userId": "u1", "messageId": "m1", "properties": order,
        "context": {"ip": "10.20.30.40", "library": {"name": "mine"}},
        "timestamp": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T00:01:00Z"}),
    );
    sent("/v1/t", &json!({"event": "orderCompleted", "anonymousId": "a1", "messageId": "m1"}));
    for plan in ["free", "pro"] {
        sent(
            "/v1/identify",
            &json!({"userId": "u1", "traits": {"email": format!("{CANARY}@example.com"), "plan": plan}}),
        );
    }
    sent(
        "/v1/batch",
        &json!({"batch": [
            {"type": "page", "userId": "u1", "name": "Home", "properties": {"title": "Welcome"}},
            {"type": "screen", "userId": "u1", "name": "Start"},
            {"type": "group", "userId": "u1", "groupId": "g", "traits": {"name": "Initech"}},
            {"type": "alias", "userId": "u1", "previousId": "a1"},
            {"type": "track", "event": "Order Completed", "userId": "u2", "properties": {"orderId": CANARY}},
            {"type": "track", "event": "Order Completed", "userId": "u2", "properties": {"total": 1}},
            {"type": "track", "event": "Unplanned", "userId": "u2", "properties": {"x": CANARY}},
            {"type": "track", "event": "Order Completed"},
            CANARY,
        ]}),
    );
    collector.wait_until_landed();
    collector.end();
    assert_eq!(
        shop.rows("select order_id, total, address_city, event_text from web.order_completed"),
        ["7,9.5,Rome,Order Completed"]
    );
    let times =
        "select original_timestamp, sent_at - original_timestamp = received_at - timestamp from web.order_completed";
    assert_eq!(shop.rows(times), ["2020-01-01 00:00:00+00,true"]);
    assert_eq!(
        shop.rows("select context_ip, context_library_name from web.tracks where id = 'm1'"),
        ["10.20.30.0,mine"]
    );
    assert_eq!(shop.rows("select plan from web.identifies order by received_at"), ["free", "pro"]);
    assert_eq!(
        shop.rows("select u.plan, count(*) from web.users u join web.tracks t on t.user_id = u.id group by 1"),
        ["pro,1"]
    );
    assert_eq!(shop.rows("select name, title from web.pages"), ["Home,Welcome"]);
    assert_eq!(shop.rows("select count(*) from web.screens"), ["1"]);
    assert_eq!(shop.rows("select group_id, name from web.groups"), ["g,Initech"]);
    assert_eq!(shop.rows("select previous_id is not null from web.aliases"), ["true"]);
    // Kept apart: two rows of a table, and three messages that no table is for.
    let apart = "select _ade_rule from web__quarantine.order_completed order by 1";
    assert_eq!(shop.rows(apart), ["newly_nullable(order_id)", "retyped_column(order_id)"]);
    let apart = "select _ade_rule from web__quarantine.all_events order by 1";
    assert_eq!(shop.rows(apart), ["broken_record", "nobody", "unknown_event"]);
    assert_eq!(shop.counts(), [13, 7, 5, 0, 1]);
    let of_table = "select received, landed, rejected, duplicates from collector.event_counts where table_name = 'order_completed'";
    let all =
        shop.rows(&format!("select sum(received), sum(landed), sum(rejected), sum(duplicates) from ({of_table})"));
    assert_eq!(all, ["4,1,2,1"]);
    for path in shop.folder.files() {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()), "{}", path.display());
    }
}

#[test]
fn tables_appear_by_themselves_where_the_project_says_so_and_only_so_many() {
    let web = WEB.replace("    events:\n", "    events:\n      on_new_event: evolve\n      most_new_tables: 2\n");
    let shop = Shop::with(super::ADE_YML, &web);
    let collector = shop.serve(&["--no-landing"]);
    let track = |event: &str| {
        let body = json!({"event": event, "userId": "u", "properties": {"secret": CANARY}}).to_string();
        assert_eq!(collector.send("/v1/track", &body).status, 200);
    };
    track("First Event");
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.rows("select event_text from web.first_event"), ["First Event"]);
    ["First Event", "Users", "Third", "Users"].into_iter().for_each(track);
    let said = shop.ade().run(&["ingest"]).succeeds().all();
    assert!(said.contains("web.event_users: ") && said.contains("it appeared by itself"), "{said}");
    assert_eq!(shop.rows("select count(*) from web.first_event"), ["2"]);
    assert_eq!(shop.rows("select count(*) from web.event_users"), ["2"]);
    assert_eq!(shop.rows("select _ade_rule from web__quarantine.all_events"), ["too_many_tables"]);
    assert_eq!(shop.counts(), [5, 4, 1, 0, 0]);
}

#[test]
fn a_drafted_sources_file_lands_what_is_sent_once_the_open_classes_are_said() {
    let shop = Shop::new();
    shop.folder.remove("sources/web.yml");
    let draft = shop.ade().run(&["inspect", "collector", "--source", "web"]).succeeds().text();
    assert!(draft.contains("- name: identifies") && draft.contains("- name: all_events"), "{draft}");
    shop.ade().run(&["inspect", "collector", "--source", "web", "--write"]).succeeds();
    let path = shop.folder.files().into_iter().find(|path| path.to_string_lossy().contains("sources/")).unwrap();
    let path = path.strip_prefix(shop.folder.path()).unwrap().to_string_lossy().into_owned();
    let text = shop.folder.read(&path);
    // What is left open is decided by a person; the key of users must keep all of them apart.
    let decided: Vec<String> =
        text.lines().map(|line| line.replace("privacy: # TODO classify", "privacy: username")).collect();
    shop.folder.write(&path, decided.join("\n"));
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/identify", r#"{"userId": "u", "traits": {"email": "a@example.com"}}"#);
    let ended = shop.ade().run(&["ingest"]);
    assert!(ended.code == Some(0), "{}\n{}", ended.all(), shop.folder.read(&path));
    assert_eq!(shop.counts(), [1, 1, 0, 0, 0]);
    // All of it again is nowhere to be had: what has landed stays.
    shop.ade().run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(shop.rows("select count(*) from web.identifies"), ["1"]);
}

#[test]
fn traits_of_users_come_bit_by_bit_and_what_is_left_out_stays() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    let identify = |user: &str, traits: serde_json::Value| {
        let body = json!({"userId": user, "traits": traits}).to_string();
        assert_eq!(collector.send("/v1/identify", &body).status, 200);
    };
    let users = || shop.rows("select plan, email is not null from web.users order by plan");
    identify("u1", json!({"email": "ada@example.com"}));
    identify("u1", json!({"plan": "free"}));
    identify("u2", json!({"plan": "trial"}));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(users(), ["free,true", "trial,false"], "within one landing");
    let email = shop.rows("select email from web.users where plan = 'free'");
    identify("u1", json!({"plan": "pro"}));
    identify("u2", json!({"email": "bob@example.com", "plan": null}));
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(users(), ["pro,true", "trial,true"], "and from one to the next");
    assert_eq!(shop.rows("select email from web.users where plan = 'pro'"), email);
    assert_eq!(shop.rows("select count(*) from web.identifies"), ["5"], "each call is there as it came");
    assert_eq!(shop.counts(), [5, 5, 0, 0, 0]);
}

#[test]
fn what_waits_in_the_log_lands_after_the_key_was_rotated() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/identify", r#"{"userId": "u", "traits": {"plan": "free"}}"#);
    shop.ade().run(&["ingest"]).succeeds();
    collector.send("/v1/identify", r#"{"userId": "u", "traits": {"plan": "pro"}}"#);
    shop.ade().run(&["privacy", "rotate"]).succeeds();
    // The collector goes on as if nothing had been, and so does one that is started anew.
    collector.send("/v1/identify", r#"{"userId": "v", "traits": {"plan": "trial"}}"#);
    collector.end();
    let collector = shop.serve(&["--no-landing"]);
    collector.send("/v1/identify", r#"{"userId": "w", "traits": {"plan": "none"}}"#);
    collector.end();
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.rows("select plan from web.identifies order by received_at"), ["free", "pro", "trial", "none"]);
    assert_eq!(
        shop.rows("select plan from web.users order by plan"),
        ["none", "pro", "trial"],
        "the same person is one"
    );
}
