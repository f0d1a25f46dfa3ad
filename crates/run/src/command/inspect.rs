//! `ade inspect`.
use std::collections::HashMap;
use std::path::PathBuf;

use ade_connect::{ColumnInfo, Draft, DraftPrivacy, RowCount, TableInfo};
use ade_diagnostic::did_you_mean;
use ade_engine::sql_type;
use ade_privacy::{DataFamily, Proposal, Rule, propose};
use ade_project::Project;
use ade_project::resource::PrivacyRule;
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
    /// Whether it may be NULL, for all that anybody promises.
    pub nullable: bool,
    /// The class that a rule of the project gives it, or the proposed one.
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
        let opened = open_connection(&self.connectors, declared, &self.root, &self.world, None).await.map_err(plain)?;
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
        let source = source.unwrap_or(connection);
        let rules = rules(&self.project);
        let mut known: HashMap<(String, String), (DraftPrivacy, String)> = HashMap::new();
        for table in &mut found {
            // What browsing could not read is listed with the reason, and has nothing to look at.
            if table.columns.is_empty() {
                continue;
            }
            let options = table.options.iter().cloned().collect();
            let options =
                spec.table_options(&options).map_err(|problems| ade_connect::ConnectError::Settings { problems })?;
            // One table that breaks off does not take the others with it: its columns are a person's to classify.
            let sample = match opened.sample(&table.from, &options, SAMPLE_ROWS).await {
                Ok(sample) => Some(sample),
                Err(error) => {
                    table.notes.push(format!("its rows could not be looked at: {error}"));
                    None
                }
            };
            for column in &table.columns {
                let full_name = format!("{source}.{}", table.name);
                let rule = rules.iter().find(|(rule, _)| rule.matches(&full_name, &column.name, &column.data_type));
                let privacy = match rule {
                    Some((rule, by)) => {
                        (DraftPrivacy::Decided { class: rule.class.name().to_owned(), by: by.clone() }, by.clone())
                    }
                    None => proposed(sample.as_ref(), &column.name),
                };
                known.insert((table.name.clone(), column.name.clone()), privacy);
            }
        }
        let privacy = |table: &TableInfo, column: &ColumnInfo| {
            let known = known.get(&(table.name.clone(), column.name.clone())).cloned();
            known.unwrap_or((DraftPrivacy::Open, String::new()))
        };
        // What cannot be read cannot land: a draft of it would fail each build.
        let readable: Vec<TableInfo> = found.iter().filter(|table| !table.columns.is_empty()).cloned().collect();
        let draft = Draft::new(source, connection, &readable, |table, column| privacy(table, column).0);
        let undecided = known.values().filter(|(privacy, _)| *privacy == DraftPrivacy::Open).count();
        let tables = found.iter().map(|table| inspected(table, privacy)).collect();
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

/// The rules of `ade.yml`, and how to name each. One whose types do not exist is left out: `ade check` tells of it.
fn rules(project: &Project) -> Vec<(Rule, String)> {
    let read = |declared: &PrivacyRule| {
        let family = |name: &String| sql_type(name).ok().map(|data_type| DataFamily::of(&data_type));
        let column = declared.column.clone().unwrap_or_else(|| "*".to_owned());
        let by = match &declared.table {
            Some(table) => format!("the rule for `{column}` of `{table}` in ade.yml"),
            None => format!("the rule for `{column}` in ade.yml"),
        };
        let rule = Rule {
            column,
            table: declared.table.clone(),
            types: declared.types.iter().map(family).collect::<Option<_>>()?,
            class: declared.class.parse().unwrap_or_else(|never: std::convert::Infallible| match never {}),
            treatment: None,
        };
        Some((rule, by))
    };
    project.privacy.rules.iter().filter_map(read).collect()
}

/// What a column's name and values speak for, and why.
fn proposed(sample: Option<&RecordBatch>, name: &str) -> (DraftPrivacy, String) {
    let Some(column) = sample.and_then(|sample| sample.column_by_name(name)) else {
        return (DraftPrivacy::Open, "no rows to look at".to_owned());
    };
    let Proposal { class, reason, .. } = propose(name, column.data_type(), column);
    let privacy = match class {
        Some(class) => DraftPrivacy::Proposed { class: class.name().to_owned(), reason: reason.clone() },
        None => DraftPrivacy::Open,
    };
    (privacy, reason)
}

fn inspected(table: &TableInfo, privacy: impl Fn(&TableInfo, &ColumnInfo) -> (DraftPrivacy, String)) -> InspectedTable {
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
                let (privacy, reason) = privacy(table, column);
                let class = match privacy {
                    DraftPrivacy::Proposed { class, .. } | DraftPrivacy::Decided { class, .. } => Some(class),
                    DraftPrivacy::Open => None,
                };
                InspectedColumn {
                    name: column.name.clone(),
                    data_type: ade_engine::type_name(&column.data_type),
                    nullable: !table.promises(column),
                    class,
                    reason,
                }
            })
            .collect(),
        notes: table.notes.clone(),
    }
}
