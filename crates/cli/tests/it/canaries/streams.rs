//! The same for what arrives by a tap or from a topic: rows, keys, bookmarks and what a tap says.
use std::path::PathBuf;

use ade_testing::{Finished, Folder, Kafka, Program, leaks};

use crate::program::program;

/// Values that no analyst may see.
const CANARIES: [&str; 8] = [
    "canary.two@mail.example",
    "Kanarina Nachtigall",
    "4929123456781235",
    "canary-in-nested-json",
    "canary-bookmark-5",
    "KEY-CANARY-2",
    "canary-that-fits-nowhere",
    "canary-in-a-broken-record",
];

const SOURCES: &str = "
sources:
  - name: NAME
    connection: NAME
    drift: {broken_record: quarantine_rows, retyped_column: quarantine_value, new_column: ignore}
    max_rejects: 50
    tables:
      - name: people
        ingest: {mode: incremental, key: [code]}
        columns:
          - {name: code, data_type: varchar, privacy: {treatment: pseudonym, domain: code, form: exact}}
          - {name: email, data_type: varchar, privacy: email}
          - {name: name, data_type: varchar, privacy: person_name}
          - {name: card, data_type: varchar, privacy: payment_card}
          - {name: profile, data_type: varchar, privacy: {treatment: encrypt, domain: profile}}
          - {name: visits, data_type: bigint, privacy: public}
";

const TAP: &str = r#"
import json, os, sys
MODE = open("mode").read().strip() if os.path.exists("mode") else "good"
C = json.load(open("canaries.json"))
KINDS = {name: {"type": ["null", "string"]} for name in ("code", "email", "name", "card")}
SCHEMA = {"type": "object", "properties": {**KINDS, "profile": {"type": "object"}, "visits": {"type": ["null", "integer"]}, "extra": {}}}
def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
if "--discover" in sys.argv:
    say(streams=[{"tap_stream_id": "people", "stream": "people", "key_properties": ["code"], "schema": SCHEMA, "metadata": []}])
    sys.exit()
say(type="SCHEMA", stream="people", schema=SCHEMA, key_properties=["code"])
row = {"code": C[5], "email": C[0], "name": C[1], "card": C[2], "profile": {"about": C[3]}, "visits": 1, "extra": C[6]}
say(type="RECORD", stream="people", record=row)
say(type="RECORD", stream="people", record={**row, "code": C[5] + "b", "visits": C[6]})
sys.stdout.write('{"type": "RECORD", "stream": "people", "record": {"code": "%s}}\n' % C[7])
say(type="STATE", value={"bookmarks": {"people": {"at": C[4]}}})
sys.stderr.write("ERROR row %r failed for %s: (%s) name=%s {'card': %s}\n" % (row, C[0], C[1], C[6], C[2]))
if MODE == "dies":
    sys.exit(3)
if MODE == "babbles":
    print("not a message: " + C[7])
"#;

/// One folder for both ways in; what the tap's author and the tests wrote there does not count.
struct Aviary {
    folder: Folder,
    ade: Program,
    kafka: Kafka,
    said: Vec<Finished>,
}

impl Aviary {
    fn new() -> Self {
        let kafka = Kafka::start().unwrap();
        kafka.topic("people", 2).unwrap();
        let tap = "  tap: {type: singer, command: [python3, tap.py], commit_mb: 0}";
        let ade_yml = format!(
            "name: shop\nenvironments:\n  dev: {{lake: lake, schema: main, custom_schema: replace}}\nconnections:\n{tap}\n  bus: {{type: kafka, brokers: '{}'}}\n",
            kafka.address()
        );
        let bus = SOURCES.replace("NAME", "bus").replace("profile}}", "profile}}\n          - {name: _key, data_type: varchar, privacy: {treatment: pseudonym, domain: code}}\n          - {name: _headers, data_type: varchar, privacy: free_text}");
        let folder = Folder::with(&[
            ("ade.yml", &ade_yml),
            ("sources/tap.yml", &SOURCES.replace("NAME", "tap")),
            ("sources/bus.yml", &bus),
            ("tap.py", TAP),
            ("tmp/README", "temporary files of the program go here"),
        ]);
        let listed = CANARIES.map(|canary| format!("{canary:?}")).join(", ");
        folder.write("canaries.json", format!("[{listed}]"));
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let ade = ade.env("TMPDIR", folder.at("tmp").to_str().unwrap());
        Self { folder, ade, kafka, said: Vec::new() }
    }

    /// Writes what the tap sends to the topic.
    fn produce(&self) {
        let [email, name, card, nested, _, code, unfit, broken] = CANARIES;
        let row = |code: &str, visits: &str| {
            format!(
                "{{\"code\": \"{code}\", \"email\": \"{email}\", \"name\": \"{name}\", \"card\": \"{card}\", \"profile\": {{\"about\": \
                 \"{nested}\"}}, \"visits\": {visits}, \"extra\": \"{unfit}\"}}"
            )
        };
        let rows =
            [row(code, "1"), row(&format!("{code}b"), &format!("\"{unfit}\"")), format!("{{\"code\": \"{broken}")];
        self.kafka.produce("people", rows.iter().map(|row| (1, Some(code), Some(row.as_str())))).unwrap();
    }

    fn run(&mut self, args: &[&str]) -> Finished {
        let ended = self.ade.run(args);
        self.said.push(ended.clone());
        ended
    }

    fn fail_at(&mut self, failpoints: &str, args: &[&str]) -> Finished {
        let ended = self.ade.env("FAILPOINTS", failpoints).run(args);
        self.said.push(ended.clone());
        ended
    }

    #[track_caller]
    fn assert_silent(&self) {
        let not = ["tap.py", "canaries.json", "mode"].map(|name| self.folder.at(name));
        let written: Vec<PathBuf> = self.folder.files().into_iter().filter(|path| !not.contains(path)).collect();
        assert_eq!(leaks(&written, &CANARIES), []);
        for ended in &self.said {
            for value in CANARIES {
                let all = ended.all();
                assert!(!all.contains(value), "`{value}` was printed or logged by {}: {all}", ended.args);
            }
        }
    }
}

#[test]
fn rows_rejects_and_bookmarks() {
    let mut aviary = Aviary::new();
    for name in ["tap", "bus"] {
        aviary.produce();
        aviary.run(&["inspect", name, "--log", "trace"]).succeeds();
        aviary.run(&["ingest", "--select", &format!("source:{name}"), "--log", "trace"]).succeeds();
        aviary.run(&["ingest", "--select", &format!("source:{name}"), "--output", "json", "--log", "trace"]).succeeds();
        let rejects = format!("select distinct kind from ade.rejects where table_schema = '{name}' order by 1");
        let kinds = aviary.ade.rows(&rejects);
        assert_eq!(kinds, ["record", "value"], "{name}");
        assert_eq!(aviary.ade.rows(&format!("select count(*), count(visits) from {name}.people")), ["2,1"]);
    }
    aviary.run(&["rejects", "list"]).succeeds();
    aviary.run(&["rejects", "show"]).succeeds();
    aviary.run(&["rejects", "replay", "--log", "trace"]);
    aviary.run(&["query", "select * from bus.people"]).succeeds();
    aviary.run(&["query", "select * from ade.rejects"]).succeeds();
    aviary.run(&["query", "select * from ade.tasks"]).succeeds();
    aviary.assert_silent();
    // The same person joins, whichever way the rows came.
    let join = "select count(*) from tap.people t join bus.people b on b.code = t.code and b.email = t.email";
    assert_eq!(aviary.ade.rows(join), ["2"]);
}

#[test]
fn taps_that_die_and_messages_that_stop_a_table() {
    let mut aviary = Aviary::new();
    aviary.folder.replace("sources/tap.yml", "broken_record: quarantine_rows, ", "");
    aviary.folder.replace("sources/bus.yml", "broken_record: quarantine_rows, ", "");
    aviary.produce();
    aviary.run(&["ingest", "--log", "trace"]).exits(1);
    aviary.folder.replace("sources/tap.yml", "retyped_column: quarantine_value, ", "");
    aviary.folder.replace("sources/bus.yml", "retyped_column: quarantine_value, ", "");
    aviary.run(&["ingest", "--output", "json", "--log", "trace"]).exits(1);
    for mode in ["dies", "babbles"] {
        aviary.folder.write("mode", mode);
        aviary.run(&["ingest", "--select", "source:tap", "--log", "trace"]).exits(1);
    }
    aviary.assert_silent();
}

#[test]
fn deaths_in_mid_air() {
    let mut aviary = Aviary::new();
    aviary.produce();
    for point in ["run::source::batch_read", "run::source::unit_read", "run::source::kept_apart", "lake::stage::write"]
    {
        for name in ["source:tap", "source:bus"] {
            let died =
                aviary.fail_at(&format!("{point}=return(abort)"), &["ingest", "--select", name, "--log", "trace"]);
            assert_eq!(died.signal, Some(6), "{point} {name}: {}", died.all());
            // What a dead program left for its tap is gone with the next run, and holds no row until then.
            aviary.assert_silent();
        }
    }
    aviary.run(&["ingest"]).succeeds();
    aviary.assert_silent();
}
