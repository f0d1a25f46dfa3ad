//! `ade serve`: what clients send lands, whatever happens on the way.
mod accounts;
mod aside;
mod canaries;
mod changes;
mod clients;
mod erasing;
mod http;
mod kills;
mod landing;
mod limits;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ade_testing::{Folder, Program};
use serde_json::Value;

use crate::program::{path, program};

/// The write key of the source `web`.
const KEY: &str = "key-of-web";

const ADE_YML: &str = r#"
name: shop
default_environment: dev
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  collector:
    type: events
    write_keys: {web: "${env:WEB_KEY}"}
    backlog_mb: 1024
"#;

const WEB: &str = r"
version: 2
sources:
  - name: web
    connection: collector
    events:
      columns:
        - {name: id, data_type: varchar, nullable: false, privacy: identifier}
        - {name: received_at, data_type: timestamptz, privacy: public}
        - {name: sent_at, data_type: timestamptz, privacy: public}
        - {name: timestamp, data_type: timestamptz, privacy: public}
        - {name: original_timestamp, data_type: timestamptz, privacy: public}
        - {name: anonymous_id, data_type: varchar, privacy: username}
        - {name: user_id, data_type: varchar, privacy: {treatment: pseudonym, domain: user, form: exact}}
        - {name: event, data_type: varchar, privacy: public}
        - {name: event_text, data_type: varchar, privacy: public}
        - {name: context_library_name, data_type: varchar, privacy: public}
        - {name: context_ip, data_type: varchar, privacy: ip_address}
    tables:
      - {name: all_events, columns: [{name: type, data_type: varchar, privacy: public}]}
      - name: tracks
      - name: identifies
        columns:
          - {name: email, data_type: varchar, privacy: email}
          - {name: plan, data_type: varchar, privacy: public}
      - name: users
        columns:
          - {name: id, data_type: varchar, privacy: {treatment: pseudonym, domain: user, form: exact}}
          - {name: received_at, data_type: timestamptz, privacy: public}
          - {name: timestamp, data_type: timestamptz, privacy: public}
          - {name: email, data_type: varchar, privacy: email}
          - {name: plan, data_type: varchar, privacy: public}
      - {name: pages, columns: [{name: name, data_type: varchar, privacy: public}, {name: title, data_type: varchar, privacy: public}]}
      - {name: screens, columns: [{name: name, data_type: varchar, privacy: public}]}
      - {name: groups, columns: [{name: group_id, data_type: varchar, privacy: identifier}, {name: name, data_type: varchar, privacy: public}]}
      - {name: aliases, columns: [{name: previous_id, data_type: varchar, privacy: username}]}
      - name: order_completed
        columns:
          - {name: order_id, data_type: bigint, nullable: false, privacy: identifier}
          - {name: total, data_type: double, privacy: public}
          - {name: address_city, data_type: varchar, privacy: public}
";

/// A project with a source of events.
struct Shop {
    folder: Folder,
}

impl Shop {
    fn new() -> Self {
        Self::with(ADE_YML, WEB)
    }

    fn with(ade_yml: &str, web: &str) -> Self {
        let folder = Folder::with(&[("ade.yml", ade_yml), ("sources/web.yml", web)]);
        program(&folder).run(&["init", "--env", "dev", "."]).succeeds();
        Self { folder }
    }

    fn ade(&self) -> Program {
        program(&self.folder).env("WEB_KEY", KEY)
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        self.ade().rows(sql)
    }

    /// How many messages were received, landed, rejected, ignored, and were there before.
    fn counts(&self) -> [u64; 5] {
        let sql = "select sum(received), sum(landed), sum(rejected), sum(ignored), sum(duplicates) from collector.event_counts";
        let row = self.rows(sql).remove(0);
        let counts: Vec<u64> = row.split(',').map(|count| count.parse().unwrap()).collect();
        counts.try_into().unwrap()
    }

    /// Starts the collector with these arguments besides.
    fn serve(&self, args: &[&str]) -> Collector {
        let mut command = Command::new(path());
        command.args(["serve", "--output", "json", "--listen", "127.0.0.1:0"]).args(args);
        Collector::start(command, &self.folder)
    }
}

/// A collector that is running. It is killed when it is dropped.
struct Collector {
    child: Child,
    address: SocketAddr,
    stdout: Option<thread::JoinHandle<String>>,
}

impl Collector {
    fn start(mut command: Command, folder: &Folder) -> Self {
        command.current_dir(folder.path()).env("WEB_KEY", KEY).env_remove("FAILPOINTS");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it listened");
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == "listening" {
                break event["address"].as_str().unwrap().parse().unwrap();
            }
        };
        let rest = thread::spawn(move || {
            let mut said = String::new();
            let _ = stdout.read_to_string(&mut said);
            said
        });
        Self { child, address, stdout: Some(rest) }
    }

    /// Ends it as `kill -9` does.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and gives what it said.
    fn end(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let said = self.stdout.take().unwrap().join().unwrap();
        assert!(status.success(), "{status}: {said}");
        said
    }

    /// One request, on a connection of its own.
    fn send(&self, path: &str, body: &str) -> http::Answer {
        http::Client::new(self.address).post(path, KEY, body.as_bytes(), &[]).unwrap()
    }

    /// A counter of `/metrics`.
    fn metric(&self, name: &str) -> u64 {
        let text = http::Client::new(self.address).get("/metrics").unwrap().body;
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until everything has landed.
    fn wait_until_landed(&self) {
        let begin = Instant::now();
        while self.metric("ade_backlog_bytes") > 0 {
            assert!(begin.elapsed() < Duration::from_mins(1), "it does not land");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
