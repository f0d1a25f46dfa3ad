//! Projects around a tap that does what a script says.
use ade_testing::{Folder, Program};
use serde_json::{Value, json};

use crate::program::program;

/// Two streams with a key and one that is read whole.
pub(crate) const SOURCES: &str = "
sources:
  - name: shop
    connection: tap
    tables:
      - name: orders
        ingest: {mode: incremental, key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: public}
          - {name: v, data_type: varchar, privacy: public}
      - name: visits
        ingest: {mode: incremental}
        columns:
          - {name: id, data_type: bigint, privacy: public}
          - {name: v, data_type: varchar, privacy: public}
      - name: countries
        ingest: {mode: full}
        columns:
          - {name: id, data_type: bigint, privacy: public}
          - {name: v, data_type: varchar, privacy: public}
";

/// A project with a tap, of which each STATE ends a round.
pub(crate) struct Scripted {
    pub(crate) folder: Folder,
    pub(crate) ade: Program,
}

impl Scripted {
    pub(crate) fn new(sources: &str) -> Self {
        Self::with(sources, "commit_mb: 0")
    }

    /// With other settings of the connection.
    pub(crate) fn with(sources: &str, settings: &str) -> Self {
        let ade_yml = format!(
            "name: shop\nenvironments:\n  dev: {{lake: lake, schema: main, custom_schema: replace}}\nconnections:\n  tap:\n    type: singer\n    command: [python3, tap.py]\n    {settings}\n"
        );
        let folder = Folder::with(&[("ade.yml", &ade_yml), ("sources/s.yml", sources)]);
        folder.write("tap.py", include_str!("tap.py"));
        folder.write("catalog.json", catalog(&["orders", "visits", "countries"]).to_string());
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        Self { folder, ade }
    }

    /// What the tap does from now on.
    pub(crate) fn plan(&self, script: &str) {
        self.folder.write("plan.py", script);
    }

    pub(crate) fn ingests(&self, script: &str) -> String {
        self.plan(script);
        self.ade.run(&["ingest"]).succeeds().all()
    }

    pub(crate) fn fails(&self, script: &str) -> String {
        self.plan(script);
        self.ade.run(&["ingest"]).exits(1).all()
    }

    /// Rows of a table as `id:v`.
    pub(crate) fn rows(&self, table: &str) -> String {
        self.ade.rows(&format!("select id || ':' || coalesce(v, '-') from shop.{table} order by 1")).join(" ")
    }

    /// What the tap was called with, call by call.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.folder.read("calls.log").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The bookmarks of the last call, by stream.
    pub(crate) fn last_state(&self) -> Value {
        self.calls().last().unwrap()["state"].clone()
    }
}

/// A catalog of streams with the columns `id` and `v`.
pub(crate) fn catalog(streams: &[&str]) -> Value {
    let streams = streams.iter().map(|name| {
        json!({
            "tap_stream_id": name, "stream": name, "key_properties": ["id"],
            "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "v": {"type": ["null", "string"]}}},
            "metadata": [{"breadcrumb": [], "metadata": {}}],
        })
    });
    json!({ "streams": streams.collect::<Vec<_>>() })
}
