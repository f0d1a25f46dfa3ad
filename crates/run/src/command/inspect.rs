//! `ade inspect`.
use std::collections::HashMap;
use std::path::PathBuf;

use ade_connect::{Draft, DraftPrivacy, RowCount, TableInfo};
use ade_diagnostic::did_you_mean;
use ade_privacy::propose;
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use crate::build::TaskError;
use crate::error::RunError;
use crate::source::open_connection;
use crate::workspace::Workspace;

/// Rows of a table that are looked at for proposing classes.
const SAMPLE_ROWS: usize = 1_000;

/// What a connection offers.
#[derive(Debug, Clone, Serialize)]
pub struct InspectReport {
    /// Its tables.
    pub tables: Vec<InspectedTable>,
    /// A first `sources/<name>.yml`.
    pub draft: String,
    /// Columns for which nothing could be proposed: a person must classify them.
    pub undecided: usize,
}

/// A table of a source system.
#[derive(Debug, Clone, Serialize)]
pub struct InspectedTable {
    /// Its name in the lake.
    pub name: String,
    /// Its name in the source, or the glob of its files.
    pub from: String,
    /// Rows, and whether they were counted.
    pub rows: Option<u64>,
    /// Whether `rows` is an estimate.
    pub estimated: bool,
    /// Columns of the primary key.
    pub primary_key: Vec<String>,
    /// Other tables that it refers to.
    pub refers_to: Vec<String>,
    /// Columns that could serve as cursor, best first.
    pub cursors: Vec<String>,
    /// Its columns.
    pub columns: Vec<InspectedColumn>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A column of a source system.
#[derive(Debug, Clone, Serialize)]
pub struct InspectedColumn {
    /// Its name.
    pub name: String,
    /// Its type as SQL names it.
    pub data_type: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The proposed class.
    pub class: Option<String>,
    /// Why.
    pub reason: String,
}

impl Workspace {
    /// Lists what a connection offers and drafts its sources file. Raw values are looked at and kept nowhere.
    pub async fn inspect(
        &self,
        connection: &str,
        tables: &[String],
        source: Option<&str>,
    ) -> Result<InspectReport, RunError> {
        let Some(declared) = self.project.connections.get(connection) else {
            let names = self.project.connections.keys().map(String::as_str);
            let hint =
                did_you_mean(connection, names).unwrap_or_else(|| "connections are declared in ade.yml".to_owned());
            return Err(RunError::usage(format!("there is no connection `{connection}`"), hint));
        };
        let opened = open_connection(&self.connectors, declared, &self.root, &self.world).await.map_err(plain)?;
        let mut found = opened.browse().await?;
        if !tables.is_empty() {
            let known: Vec<String> = found.iter().flat_map(|table| [table.name.clone(), table.from.clone()]).collect();
            if let Some(unknown) = tables.iter().find(|name| !known.contains(name)) {
                let hint = did_you_mean(unknown, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("there are {}", known.join(", ")));
                return Err(RunError::usage(format!("connection `{connection}` has no table `{unknown}`"), hint));
            }
            found.retain(|table| tables.contains(&table.name) || tables.contains(&table.from));
        }
        let spec = self.connectors.get(&declared.kind)?.spec();
        let mut proposals: HashMap<(String, String), (Option<String>, String)> = HashMap::new();
        for table in &found {
            let options = table.options.iter().cloned().collect();
            let options =
                spec.table_options(&options).map_err(|problems| ade_connect::ConnectError::Settings { problems })?;
            let sample = opened.sample(&table.from, &options, SAMPLE_ROWS).await?;
            for column in &table.columns {
                let proposal = proposed(&sample, &column.name);
                proposals.insert((table.name.clone(), column.name.clone()), proposal);
            }
        }
        let draft = Draft::new(source.unwrap_or(connection), connection, &found, |table, column| {
            let (class, reason) = proposals.get(&(table.name.clone(), column.name.clone()))?;
            Some(DraftPrivacy { class: class.clone()?, reason: reason.clone() })
        });
        let undecided = proposals.values().filter(|(class, _)| class.is_none()).count();
        let tables = found.iter().map(|table| inspected(table, &proposals)).collect();
        Ok(InspectReport { tables, draft: draft.to_yaml(), undecided })
    }

    /// Writes a draft to `sources/<name>.yml`, unless there is such a file.
    pub fn write_draft(&self, source: &str, draft: &str) -> Result<PathBuf, RunError> {
        let path = self.root.join("sources").join(format!("{source}.yml"));
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        std::fs::create_dir_all(self.root.join("sources")).map_err(failed)?;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        file.and_then(|mut file| std::io::Write::write_all(&mut file, draft.as_bytes())).map_err(failed)?;
        Ok(path)
    }
}

fn plain(error: TaskError) -> RunError {
    match error {
        TaskError::Run(error) => error,
        TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
    }
}

fn proposed(sample: &RecordBatch, name: &str) -> (Option<String>, String) {
    let Some(column) = sample.column_by_name(name) else { return (None, "no rows to look at".to_owned()) };
    let proposal = propose(name, column.data_type(), column);
    (proposal.class.map(|class| class.name().to_owned()), proposal.reason)
}

fn inspected(table: &TableInfo, proposals: &HashMap<(String, String), (Option<String>, String)>) -> InspectedTable {
    let (rows, estimated) = match table.rows {
        Some(RowCount::Exact(rows)) => (Some(rows), false),
        Some(RowCount::Estimated(rows)) => (Some(rows), true),
        None => (None, false),
    };
    InspectedTable {
        name: table.name.clone(),
        from: table.from.clone(),
        rows,
        estimated,
        primary_key: table.primary_key.clone(),
        refers_to: table.foreign_keys.iter().map(|key| key.to_table.clone()).collect(),
        cursors: table.cursors.iter().map(|cursor| cursor.column.clone()).collect(),
        columns: table
            .columns
            .iter()
            .map(|column| {
                let known = proposals.get(&(table.name.clone(), column.name.clone())).cloned();
                let (class, reason) = known.unwrap_or_default();
                InspectedColumn {
                    name: column.name.clone(),
                    data_type: ade_engine::type_name(&column.data_type),
                    nullable: column.nullable,
                    class,
                    reason,
                }
            })
            .collect(),
        notes: table.notes.clone(),
    }
}
