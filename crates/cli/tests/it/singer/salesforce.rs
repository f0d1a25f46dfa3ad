//! Salesforce end to end: the tap from PyPI against a server that answers as Salesforce does.
use ade_testing::{Folder, Program, leaks};
use serde_json::{Value, json};

use super::recorded::{Recorded, tap};
use crate::program::program;

/// The tap has the address of the sign-in built in. Python imports this module when it starts, and it sends that one address to
/// the recorded server; all others come from what the server answers there.
const SITECUSTOMIZE: &str = "
import os
import requests

request = requests.Session.request

def here(self, method, url, *arguments, **named):
    return request(self, method, url.replace('https://login.salesforce.com', os.environ['SALESFORCE']), *arguments, **named)

requests.Session.request = here
";

fn field(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "nillable": name != "Id"})
}

fn describe(name: &str, fields: &[(&str, &str)]) -> Value {
    let fields: Vec<Value> = fields.iter().map(|(name, kind)| field(name, kind)).collect();
    let path = format!("/services/data/v61.0/sobjects/{name}/describe");
    json!({"path": path, "answer": {"name": name, "customSetting": false, "fields": fields}})
}

fn contact(id: &str, email: &str, changed: &str) -> Value {
    json!({
        "attributes": {"type": "Contact", "url": format!("/services/data/v61.0/sobjects/Contact/{id}")},
        "Id": id, "Email": email, "LastName": "Vogelsang", "DoNotCall": false, "SystemModstamp": changed,
    })
}

fn found(with: &[&str], records: &[Value], next: Option<&str>) -> Value {
    let mut answer = json!({"totalSize": records.len(), "done": next.is_none(), "records": records});
    if let Some(next) = next {
        answer["nextRecordsUrl"] = json!(next);
    }
    json!({"path": "/services/data/v61.0/queryAll", "with": with, "answer": answer})
}

/// What the API answers: signing in gives another refresh token.
fn api(mut rows: Vec<Value>) -> Value {
    let token = |given: &str, next: &str| {
        json!({
            "path": "/services/oauth2/token", "with": ["refresh_token", given],
            "answer": {"access_token": "access", "instance_url": "HERE", "refresh_token": next},
        })
    };
    let mut all = vec![
        token("token-one", "token-two"),
        token("token-two", "token-two"),
        json!({"path": "/services/data/v61.0/sobjects", "answer": {"sobjects": [{"name": "Contact"}, {"name": "Account"}]}}),
        describe(
            "Contact",
            &[
                ("Id", "id"),
                ("Email", "email"),
                ("LastName", "string"),
                ("DoNotCall", "boolean"),
                ("SystemModstamp", "datetime"),
            ],
        ),
        describe("Account", &[("Id", "id"), ("AnnualRevenue", "currency"), ("SystemModstamp", "datetime")]),
    ];
    all.append(&mut rows);
    Value::Array(all)
}

struct Shop {
    folder: Folder,
    server: Recorded,
}

impl Shop {
    fn ade(&self) -> Program {
        let here = self.folder.path().to_string_lossy().into_owned();
        program(&self.folder)
            .env("SALESFORCE", &self.server.url)
            .env("PYTHONPATH", &here)
            .env("SF_CLIENT_SECRET", "client-secret")
            .env("SF_REFRESH_TOKEN", "token-one")
    }
}

#[test]
fn from_an_empty_folder_to_landed_tables() {
    let folder = Folder::new();
    folder.write("sitecustomize.py", SITECUSTOMIZE);
    let first = api(vec![
        found(&["FROM Contact"], &[contact("003A", "ann@mail.example", "2026-01-02T03:04:05.000Z")], Some("/next/1")),
        json!({"path": "/next/1", "answer": {"records": [contact("003B", "bob@mail.example", "2026-01-03T00:00:00.000Z")]}}),
        found(
            &["FROM Account"],
            &[json!({"Id": "001A", "AnnualRevenue": 1234.5, "SystemModstamp": "2026-01-01T00:00:00.000Z"})],
            None,
        ),
    ]);
    let shop = Shop { server: Recorded::start(&folder, &first), folder };
    let tap = tap("tap-salesforce", "tap-salesforce");
    shop.ade().run(&["init", "."]).succeeds();
    let ade_yml = format!(
        "{}\nconnections:\n  salesforce:\n    type: singer\n    command: {}\n    catalog_option: --properties\n    config:\n      client_id: our-app\n      client_secret: ${{env:SF_CLIENT_SECRET}}\n      refresh_token: ${{env:SF_REFRESH_TOKEN}}\n      start_date: \"2026-01-01T00:00:00Z\"\n      api_type: REST\n      select_fields_by_default: true\n",
        shop.folder.read("ade.yml").split("connections:").next().unwrap(),
        tap.display()
    );
    shop.folder.write("ade.yml", ade_yml);
    shop.ade().run(&["inspect", "salesforce", "--write"]).succeeds();
    let draft = shop.folder.read("sources/salesforce.yml");
    assert!(draft.contains("cursor: system_modstamp") && draft.contains("key: [id]"), "{draft}");
    shop.folder.write("sources/salesforce.yml", draft.replace("privacy: # TODO classify", "privacy: public"));
    let said = shop.ade().run(&["ingest"]).succeeds().all();
    let contacts = "select id, do_not_call, system_modstamp from salesforce.contact order by 1";
    let rows = shop.ade().rows(contacts);
    assert!(rows.len() == 2 && rows[1].starts_with("003B,f"), "{rows:?}\n{said}");
    assert_eq!(shop.ade().rows("select annual_revenue from salesforce.account"), ["1234.5"]);
    // The next run asks for what has changed since.
    let next = api(vec![
        found(
            &["FROM Contact", "SystemModstamp >= 2026-01-03T00:00:00"],
            &[contact("003B", "bob@other.example", "2026-02-01T00:00:00.000Z")],
            None,
        ),
        found(&["FROM Account", "SystemModstamp >= 2026-01-01"], &[], None),
    ]);
    shop.folder.write("recording.json", next.to_string());
    let said = shop.ade().run(&["ingest"]).succeeds().all();
    let rows = shop.ade().rows(contacts);
    assert!(rows.len() == 2 && rows[1].contains("2026-02-01"), "{rows:?}\n{said}");
    // A refresh token that was given in exchange for the declared one is what the next runs sign in with.
    let asked = shop.folder.read("asked.log");
    let signed_in: Vec<&str> = asked.lines().filter(|line| line.contains("/oauth2/token")).collect();
    assert!(signed_in[0].contains("token-one"), "{signed_in:?}");
    assert!(signed_in.len() > 3 && signed_in[1..].iter().all(|line| line.contains("token-two")), "{signed_in:?}");
    // Nothing raw and no secret rests anywhere but in the recording.
    for name in ["recording.json", "asked.log"] {
        shop.folder.remove(name);
    }
    let raw = ["ann@mail.example", "bob@other.example", "client-secret", "token-two"];
    assert_eq!(leaks(&shop.folder.files(), &raw), []);
}
