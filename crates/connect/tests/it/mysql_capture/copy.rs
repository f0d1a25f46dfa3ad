//! Copies of tables, kept up to date by what a server's log says.

use std::collections::BTreeMap;

use ade_connect::{Capture, CaptureRequest, CapturedTable, ChangeColumns, ConnectError, ReadMode};
use ade_testing::MariaDb;
use serde_json::{Value, json};

use crate::source::{Source, drain, rows};

/// A database of a server that writes a log, made by `sql`.
pub(crate) fn logging(arguments: &[&str], sql: &str) -> Source {
    Source::mysql_on(MariaDb::start_with_log(arguments).unwrap(), sql)
}

/// Copies of tables, whose first column is their key.
#[derive(Default)]
pub(crate) struct Copy {
    pub(super) positions: BTreeMap<String, Value>,
    pub(super) tables: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) memory_bytes: Option<usize>,
    /// Whether the last round said that there is more.
    pub(super) has_more: bool,
    /// How many units the last round had.
    pub(super) units: usize,
    /// Values that changed rows left out.
    pub(super) left_out: usize,
}

impl Copy {
    pub(crate) fn rows(&self, table: &str) -> Vec<String> {
        self.tables[table].values().cloned().collect()
    }

    pub(super) async fn capture(&self, source: &Source, tables: &[&str]) -> Result<Box<dyn Capture>, ConnectError> {
        let tables = tables.iter().map(|table| CapturedTable {
            from: (*table).to_owned(),
            key: vec!["id".to_owned()],
            position: self.positions.get(*table).cloned(),
            passed: None,
            is_read: true,
        });
        let memory_bytes = self.memory_bytes.unwrap_or(1 << 26);
        let request = CaptureRequest { consumer: "ade_test".to_owned(), tables: tables.collect(), memory_bytes };
        source.open().await.capture(&request).await
    }

    /// Brings the copies up to now. Gives what was said.
    pub(crate) async fn round(&mut self, source: &Source, tables: &[&str]) -> Vec<String> {
        self.try_round(source, tables).await.unwrap()
    }

    pub(crate) async fn try_round(&mut self, source: &Source, tables: &[&str]) -> Result<Vec<String>, ConnectError> {
        let capture = self.capture(source, tables).await?;
        let mut said = Vec::new();
        (self.units, self.left_out) = (0, 0);
        for table in tables {
            let mut request = source.request(table, json!({}));
            request.mode = ReadMode::Capture { key: vec!["id".to_owned()] };
            request.position = self.positions.get(*table).cloned();
            let plan = capture.plan(&request).await?;
            said.extend(plan.notes.iter().map(|note| note.message.clone()));
            let copy = self.tables.entry((*table).to_owned()).or_default();
            if plan.replaces_all {
                copy.clear();
            }
            for unit in &plan.units {
                let (batches, end) = drain(capture.read(&plan, unit).await?).await?;
                said.extend(end.notes.iter().map(|note| note.message.clone()));
                for batch in batches {
                    let (values, changes) = match ChangeColumns::split(&batch) {
                        Some((values, changes)) => (values, Some(changes)),
                        None => (ChangeColumns::split_times(&batch).map_or(batch, |(values, _)| values), None),
                    };
                    for (row, text) in rows(&[values]).into_iter().enumerate() {
                        let key = text.split('|').next().unwrap().to_owned();
                        self.left_out += changes.as_ref().map_or(0, |changes| changes.left_out(row).len());
                        if changes.as_ref().is_some_and(|changes| changes.deleted.value(row)) {
                            copy.remove(&key);
                        } else {
                            copy.insert(key, text);
                        }
                    }
                }
                self.units += 1;
                let before = self.positions.get(*table).cloned().filter(|_| !plan.replaces_all);
                let position = end.position(before, "b").expect("a position");
                self.positions.insert((*table).to_owned(), position);
            }
        }
        self.has_more = capture.has_more();
        Ok(said)
    }

    pub(crate) async fn assert_same(&self, source: &Source, tables: &[&str]) {
        for table in tables {
            let mut theirs = source.read(&source.request(table, json!({}))).await.unwrap().rows();
            let mut ours = self.rows(table);
            theirs.sort();
            ours.sort();
            assert_eq!(ours, theirs, "{table}");
        }
    }
}
