//! `ade inspect`.
mod classes;
mod look;
mod report;
mod wanted;

use std::collections::HashMap;
use std::path::PathBuf;

use ade_connect::{
    Checklist, ChecklistRequest, ColumnInfo, Connection, Draft, DraftPrivacy, PositionKey, Survey, TableInfo,
    drafted_names,
};
use ade_diagnostic::did_you_mean;
use ade_project::resource::SourceTable;
use futures::{StreamExt, stream};
use serde_json::{Map, Value};

use self::classes::{is_in_key, proposed, rules};
use self::look::look;
use self::report::inspected;
pub use self::report::{DraftAdditions, InspectReport, InspectedColumn, InspectedReference, InspectedTable};
use crate::build::TaskError;
use crate::error::RunError;
use crate::source::{Obfuscation, consumer, of_connection, open_connection};
use crate::workspace::{Workspace, keys};

/// Tables that were looked at.
pub(super) struct Examined {
    pub(super) tables: Vec<TableInfo>,
    checklist: Checklist,
    /// By table and column.
    known: HashMap<(String, String), (DraftPrivacy, String)>,
}

impl Examined {
    /// What is known of the class of a column, and why.
    pub(super) fn privacy(&self, table: &TableInfo, column: &ColumnInfo) -> (DraftPrivacy, String) {
        let known = self.known.get(&(table.name.clone(), column.name.clone())).cloned();
        known.unwrap_or((DraftPrivacy::Open, String::new()))
    }

    /// The columns of the table at `place`, as they are shown.
    pub(super) fn columns_of(&self, place: usize) -> Vec<InspectedColumn> {
        let table = self.tables.get(place);
        table.map_or_else(Vec::new, |table| inspected(table, |table, column| self.privacy(table, column)).columns)
    }
}

/// Tables that are looked at at once, where the source can have it. Each may hold a sample in memory.
const LOOKED_AT_ONCE: usize = 4;

impl Workspace {
    /// Lists what a connection offers and drafts its sources file; `options` say how the named `tables` are written. Raw values are looked at and kept nowhere.
    pub async fn inspect(
        &self,
        connection: &str,
        tables: &[String],
        source: Option<&str>,
        options: &Map<String, Value>,
    ) -> Result<InspectReport, RunError> {
        let Some(declared) = self.project.connections.get(connection) else {
            let names = self.project.connections.keys().map(String::as_str);
            let hint =
                did_you_mean(connection, names).unwrap_or_else(|| "connections are declared in ade.yml".to_owned());
            return Err(RunError::usage(format!("there is no connection `{connection}`"), hint));
        };
        // What a tap changes in its config is sealed with the key; nothing else needs it here.
        let key = keys(&self.root, &self.project, &self.world).ok();
        let key = key.map(|keyring| PositionKey::new(*keyring.position_subkey()));
        let opened = open_connection(&self.connectors, declared, &self.root, &self.world, key).await.map_err(plain)?;
        let found = if options.is_empty() {
            let mut found = opened.browse().await.map_err(|error| of_connection(error, declared))?;
            if !tables.is_empty() {
                found = self.wanted(opened.as_ref(), connection, found, tables).await?;
            }
            self.as_declared(opened.as_ref(), declared, found).await?
        } else {
            self.written_as(opened.as_ref(), declared, tables, options).await?
        };
        let source = source.unwrap_or(connection);
        let examined = self.examine(opened.as_ref(), Some(declared), &declared.kind, source, found).await?;
        let privacy = |table: &TableInfo, column: &ColumnInfo| examined.privacy(table, column);
        let found = &examined.tables;
        // What cannot be read cannot land: a draft of it would fail each build.
        let readable: Vec<TableInfo> = found.iter().filter(|table| !table.columns.is_empty()).cloned().collect();
        let draft = Draft::new(source, connection, &readable, |table, column| privacy(table, column).0);
        let draft = draft.advised(&readable, &examined.checklist);
        let additions = self.additions(source, connection, &readable, |table, column| privacy(table, column).0);
        let undecided = examined.known.values().filter(|(privacy, _)| *privacy == DraftPrivacy::Open).count();
        let tables = found.iter().map(|table| inspected(table, privacy)).collect();
        Ok(InspectReport { tables, checklist: examined.checklist, draft: draft.to_yaml(), additions, undecided })
    }

    /// Looks at tables that were found, and at what their columns' classes may be. `declared` is the connection, if there is one
    /// that a server is behind.
    pub(super) async fn examine(
        &self,
        opened: &dyn Connection,
        declared: Option<&ade_project::resource::Connection>,
        kind: &str,
        source: &str,
        mut found: Vec<TableInfo>,
    ) -> Result<Examined, RunError> {
        let spec = self.connectors.get(kind)?.spec();
        let rules = rules(&self.project);
        let obfuscation = Obfuscation::of(&self.project).ok();
        let mut known: HashMap<(String, String), (DraftPrivacy, String)> = HashMap::new();
        let browsed = found.clone();
        let answers = match declared {
            Some(declared) => self.ask_server(opened, declared, &browsed).await,
            None => None,
        };
        let mut survey = Survey::new(&browsed, answers);
        let mut looks = stream::iter(&browsed).map(|table| look(opened, spec, table)).buffered(LOOKED_AT_ONCE);
        for table in &mut found {
            let Some(look) = looks.next().await.transpose()? else { break };
            table.notes.extend(look.notes);
            let sample = look.sample.as_ref();
            survey.look_at(table, sample, look.counts.as_ref());
            for (column, drafted) in table.columns.iter().zip(drafted_names(table)) {
                let full_name = format!("{source}.{}", table.name);
                let rule = rules.iter().find(|(rule, _)| rule.matches(&full_name, &drafted, &column.data_type));
                let privacy = match rule {
                    Some((rule, by)) => {
                        (DraftPrivacy::Decided { class: rule.class.name().to_owned(), by: by.clone() }, by.clone())
                    }
                    None => proposed(sample, column),
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
        drop(looks);
        let checklist = survey.finish();
        Ok(Examined { tables: found, checklist, known })
    }

    /// What the server answers of the checklist; `None` where there is no server.
    async fn ask_server(
        &self,
        opened: &dyn Connection,
        declared: &ade_project::resource::Connection,
        tables: &[TableInfo],
    ) -> Option<Checklist> {
        let consumer = consumer(self);
        let mut list = match opened.checklist(&ChecklistRequest { tables, consumer: &consumer }).await {
            Ok(list) => list?,
            Err(error) => Checklist::unanswered(&error),
        };
        let captures = self.connectors.get(&declared.kind).is_ok_and(|connector| connector.captures_changes());
        if let Some(readiness) = list.capture.as_mut().filter(|_| !captures) {
            readiness.missing.insert(0, format!("a way for ade to read the log of a `{}` connection", declared.kind));
        }
        Some(list)
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

fn plain(error: TaskError) -> RunError {
    match error {
        TaskError::Run(error) => error,
        TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
    }
}
