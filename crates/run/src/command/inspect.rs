//! `ade inspect`.
use std::collections::HashMap;
use std::path::PathBuf;

use ade_connect::{ColumnInfo, Draft, DraftPrivacy, RowCount, TableInfo};
use ade_diagnostic::did_you_mean;
use ade_engine::sql_type;
use ade_privacy::{DataFamily, Proposal, Rule, propose};
use ade_project::Project;
use ade_project::resource::{PrivacyRule, SourceTable};
use arrow::record_batch::RecordBatch;
use serde::Serialize;

use crate::build::TaskError;
use crate::error::RunError;
use crate::source::{Obfuscation, of_connection, open_connection};
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
    /// What of it is not declared yet, where the source is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additions: Option<DraftAdditions>,
    /// Columns for which nothing could be proposed: a person must classify them.
    pub undecided: usize,
}

/// What a source that is declared does not list.
#[derive(Debug, Clone, Serialize)]
pub struct DraftAdditions {
    /// The file that declares the source.
    pub path: String,
    /// Tables that are new, and new columns of the others, as they would be declared; empty when nothing is new.
    pub draft: String,
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
        let mut found = opened.browse().await.map_err(|error| of_connection(error, declared))?;
        if !tables.is_empty() {
            let mut known: Vec<String> = Vec::new();
            for name in found.iter().flat_map(|table| [&table.name, &table.from]) {
                if !known.contains(name) {
                    known.push(name.clone());
                }
            }
            for unknown in tables.iter().filter(|name| !known.contains(name)) {
                // A file that looks like a part of a table can be looked at by itself.
                if let Ok(Some(one)) = opened.browse_one(unknown).await {
                    found.push(one);
                    continue;
                }
                let hint = did_you_mean(unknown, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("there are {}", known.join(", ")));
                return Err(RunError::usage(format!("connection `{connection}` has no table `{unknown}`"), hint));
            }
            found.retain(|table| tables.contains(&table.name) || tables.contains(&table.from));
        }
        let spec = self.connectors.get(&declared.kind)?.spec();
        let source = source.unwrap_or(connection);
        let rules = rules(&self.project);
        let obfuscation = Obfuscation::of(&self.project).ok();
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
                let privacy = match (privacy, &obfuscation) {
                    ((DraftPrivacy::Proposed { class, reason }, why), Some(obfuscation))
                        if is_in_key(table, column) =>
                    {
                        match obfuscation.folding_domain(&class, &column.data_type) {
                            Some(domain) => (DraftPrivacy::ProposedKey { class, domain, reason }, why),
                            None => (DraftPrivacy::Proposed { class, reason }, why),
                        }
                    }
                    (privacy, _) => privacy,
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
        let additions = self.additions(source, connection, &readable, |table, column| privacy(table, column).0);
        let undecided = known.values().filter(|(privacy, _)| *privacy == DraftPrivacy::Open).count();
        let tables = found.iter().map(|table| inspected(table, privacy)).collect();
        Ok(InspectReport { tables, draft: draft.to_yaml(), additions, undecided })
    }

    /// What of the tables found is not declared; `None` where nothing of the source is.
    fn additions(
        &self,
        source: &str,
        connection: &str,
        found: &[TableInfo],
        privacy: impl Fn(&TableInfo, &ColumnInfo) -> DraftPrivacy,
    ) -> Option<DraftAdditions> {
        let declared: Vec<&SourceTable> =
            self.project.sources.values().filter(|table| table.source == source).collect();
        let path = declared.first()?.path.clone();
        let is_from = |known: &SourceTable, table: &TableInfo| {
            known.ingest.as_ref().is_some_and(|ingest| ingest.from == table.from) || known.name == table.name
        };
        // A proposal is for the name that a table was found under.
        let mut found_as = HashMap::new();
        let mut new = Vec::new();
        for table in found {
            let Some(known) = declared.iter().find(|known| is_from(known, table)) else {
                new.push(table.clone());
                continue;
            };
            let columns: Vec<ColumnInfo> =
                table.columns.iter().filter(|column| known.column_from(&column.name).is_none()).cloned().collect();
            if columns.is_empty() {
                continue;
            }
            found_as.insert(known.name.clone(), table);
            new.push(TableInfo {
                name: known.name.clone(),
                from: known.name.clone(),
                columns,
                primary_key: Vec::new(),
                foreign_keys: Vec::new(),
                rows: None,
                comment: None,
                cursors: Vec::new(),
                options: Vec::new(),
                notes: vec![format!("`{}` is declared: these are its new columns", known.name)],
                ..table.clone()
            });
        }
        let as_found = |table: &TableInfo, column: &ColumnInfo| {
            privacy(found_as.get(&table.name).copied().unwrap_or(table), column)
        };
        let draft = Draft::new(source, connection, &new, as_found);
        let draft = if new.is_empty() { String::new() } else { draft.to_yaml() };
        Some(DraftAdditions { path, draft })
    }

    /// Writes a draft to `sources/<name>.yml`, unless there is such a file.
    pub fn write_draft(&self, source: &str, draft: &str) -> Result<PathBuf, RunError> {
        let path = self.root.join("sources").join(format!("{source}.yml"));
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        std::fs::create_dir_all(self.root.join("sources")).map_err(failed)?;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        if file.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
            let problem = format!("sources/{source}.yml exists, and stays as it is");
            let hint = "without `--write` the draft is printed; `--source NAME` drafts it for another source";
            return Err(RunError::usage(problem, hint.to_owned()));
        }
        file.and_then(|mut file| std::io::Write::write_all(&mut file, draft.as_bytes())).map_err(failed)?;
        Ok(path)
    }
}

/// Whether rows would be told apart by the column, among others.
fn is_in_key(table: &TableInfo, column: &ColumnInfo) -> bool {
    table.keyed_cursor().is_some() && table.primary_key.contains(&column.name)
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
                    DraftPrivacy::Proposed { class, .. }
                    | DraftPrivacy::ProposedKey { class, .. }
                    | DraftPrivacy::Decided { class, .. } => Some(class),
                    DraftPrivacy::Open => None,
                };
                InspectedColumn {
                    name: column.name.clone(),
                    data_type: ade_connect::type_name(&column.data_type),
                    nullable: !table.promises(column),
                    class,
                    reason,
                }
            })
            .collect(),
        notes: table.notes.clone(),
    }
}
