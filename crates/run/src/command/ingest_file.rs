//! `ade ingest FILE --into SCHEMA.TABLE`: a file that somebody sent becomes a table of the project.
//!
//! What is remembered is text: where the file lies (a connection in ade.yml, unless one is there already), its table, and the class
//! of each column (a file in `sources/`). The file itself stays where it is; its hash goes into the commit with its rows, as that of
//! every file that is read incrementally. So the next version of it, under the same name, takes the place of these rows.
//! Classes are proposed and never accepted silently.

mod declared;
mod ignored;
mod placed;
mod remembered;
mod sent;

use std::num::NonZeroUsize;

use ade_connect::{Draft, DraftMode, DraftPrivacy, OpenContext, legal_column_name};
use ade_diagnostic::did_you_mean;
use serde_json::{Map, Value};

use self::placed::Placed;
pub use self::remembered::Remembered;
use self::sent::Sent;
use super::inspect::InspectedColumn;
use crate::error::RunError;
use crate::source::Obfuscation;
use crate::workspace::Workspace;

/// What is asked of a file that is to become a table.
#[derive(Debug, Clone)]
pub struct FileIngest {
    /// The file.
    pub file: std::path::PathBuf,
    /// `schema.table`.
    pub into: String,
    /// Classes that a person has decided: column and class.
    pub classes: Vec<(String, String)>,
    /// How the file is written, where that is not found out: options of the files connector.
    pub options: Map<String, Value>,
}

/// What a file is to the project.
#[derive(Debug)]
pub enum FileTable {
    /// Its table is declared already.
    Known {
        /// Selects it.
        selector: String,
    },
    /// It would be declared like this.
    Drafted(Box<FileDraft>),
}

/// How a file would be declared.
#[derive(Debug)]
pub struct FileDraft {
    /// Selects its table.
    pub selector: String,
    /// Its columns with their classes, and why.
    pub columns: Vec<InspectedColumn>,
    /// Columns whose class a person must decide.
    pub undecided: Vec<String>,
    /// Columns whose class is proposed.
    pub proposed: usize,
    /// What a person should know of the file.
    pub notes: Vec<String>,
    /// Its rows.
    pub rows: Option<u64>,
    /// The file to be written, below the project.
    pub path: String,
    /// What it would say.
    pub text: String,
    /// The line to be added under `connections:` of ade.yml.
    pub connection: Option<String>,
    /// The line to be added to `.gitignore`, so that the raw file is not committed.
    pub ignored: Option<String>,
}

impl Workspace {
    /// Looks at a file that is to become a table. Writes nothing, and keeps no value.
    pub async fn file_table(&self, wanted: &FileIngest) -> Result<FileTable, RunError> {
        let (source, table) = names(&wanted.into)?;
        let sent = Sent::of(&wanted.file)?;
        let selector = format!("source:{source}.{table}");
        if let Some(known) = self.declared_for(source, table, &sent)? {
            if !wanted.classes.is_empty() || !wanted.options.is_empty() {
                let hint = format!("it is declared in {known}: change it there");
                return Err(RunError::usage(format!("`{}` is not drafted any more", wanted.into), hint));
            }
            return Ok(FileTable::Known { selector });
        }
        self.check_classes(&wanted.classes)?;
        let placed = self.place_of(&sent)?;
        let connector = self.connectors.get("files")?;
        if let Some(problem) = connector.spec().check_table_options(&wanted.options).into_iter().next() {
            return Err(RunError::usage(format!("--with: {}", problem.message), problem.hint));
        }
        let settings = [("path".to_owned(), Value::from(placed.path.clone()))].into_iter().collect();
        let settings = connector
            .spec()
            .settings(&settings)
            .map_err(|problems| ade_connect::ConnectError::Settings { problems })?;
        let threads = NonZeroUsize::new(self.world.cores).unwrap_or(NonZeroUsize::MIN);
        let context = OpenContext {
            project_dir: self.root.clone(),
            threads,
            position_key: None,
            now: Some(self.world.clock.now()),
        };
        let opened = connector.open(&settings, &context).await?;
        let found = opened.browse_with(&placed.from, &wanted.options).await?;
        let found = found.ok_or_else(|| {
            let hint = "its name or `--with format=…` must say how it is written".to_owned();
            RunError::usage(format!("{} is no file that can be read", sent.shown()), hint)
        })?;
        if found.columns.is_empty() {
            let why = found.notes.join("; ");
            let hint = "`--with NAME=VALUE` says how the file is written (encoding, delimiter, header, …): see \
                        docs/reference/connectors.md";
            return Err(RunError::usage(format!("{}: {why}", sent.shown()), hint.to_owned()));
        }
        self.draft_of(wanted, (source, table), &placed, opened.as_ref(), found, selector)
            .await
            .map(|draft| FileTable::Drafted(Box::new(draft)))
    }

    /// Classes that a person names must be there; a rule that cannot be read is told by `ade check`.
    fn check_classes(&self, classes: &[(String, String)]) -> Result<(), RunError> {
        let Ok(obfuscation) = Obfuscation::of(&self.project) else { return Ok(()) };
        for (column, class) in classes {
            if let Some(known) = obfuscation.unknown(class) {
                let hint = did_you_mean(class, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("classes are {}", known.join(", ")));
                return Err(RunError::usage(format!("--class {column}={class}: there is no such class"), hint));
            }
        }
        Ok(())
    }

    async fn draft_of(
        &self,
        wanted: &FileIngest,
        (source, table): (&str, &str),
        placed: &Placed,
        opened: &dyn ade_connect::Connection,
        mut found: ade_connect::TableInfo,
        selector: String,
    ) -> Result<FileDraft, RunError> {
        table.clone_into(&mut found.name);
        let examined = self.examine(opened, None, "files", source, vec![found]).await?;
        let mut draft =
            Draft::new(source, &placed.connection, &examined.tables, |table, column| examined.privacy(table, column).0);
        let mut columns = examined.columns_of(0);
        let Some(drafted) = draft.tables.first_mut() else {
            return Err(RunError::usage("there is nothing to draft", None));
        };
        drafted.mode = DraftMode::Incremental;
        for (name, class) in &wanted.classes {
            let place = drafted.columns.iter().position(|column| column.is_called(name));
            let Some(place) = place else {
                let names = drafted.columns.iter().map(|column| column.name.as_str());
                let hint = did_you_mean(name, names.clone())
                    .unwrap_or_else(|| format!("it has {}", names.collect::<Vec<_>>().join(", ")));
                return Err(RunError::usage(format!("the file has no column `{name}`"), hint));
            };
            let by = "decided by `--class`".to_owned();
            columns[place].class = Some(class.clone());
            columns[place].reason.clone_from(&by);
            drafted.columns[place].privacy = DraftPrivacy::Chosen { class: class.clone() };
        }
        let is =
            |wanted: fn(&DraftPrivacy) -> bool| drafted.columns.iter().filter(move |column| wanted(&column.privacy));
        let undecided = is(|privacy| *privacy == DraftPrivacy::Open).map(|column| column.name.clone()).collect();
        let proposed = is(|privacy| matches!(privacy, DraftPrivacy::Proposed { .. })).count();
        let notes = examined.tables[0].notes.iter().chain(&placed.notes).cloned().collect();
        let rows = match examined.tables[0].rows {
            Some(ade_connect::RowCount::Exact(rows) | ade_connect::RowCount::Estimated(rows)) => Some(rows),
            None => None,
        };
        Ok(FileDraft {
            selector,
            columns,
            undecided,
            proposed,
            notes,
            rows,
            path: format!("sources/{source}.{table}.yml"),
            text: with_head(&draft.to_yaml(), &wanted.into),
            connection: placed.declaration.clone(),
            ignored: placed.ignored.clone(),
        })
    }
}

/// `schema.table`, of names that every table can have.
fn names(into: &str) -> Result<(&str, &str), RunError> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    into.split_once('.').filter(|(schema, table)| is_name(schema) && is_name(table)).ok_or_else(|| {
        // Nearest to what was written, where that has two parts.
        let near = into.split_once('.').map(|(schema, table)| {
            let name =
                |part: &str| legal_column_name(&part.replace(|letter: char| !letter.is_ascii_alphanumeric(), " "));
            format!("{}.{}", name(schema), name(table))
        });
        let near = near.unwrap_or_else(|| "crm.customers".to_owned());
        let hint = format!("write `SCHEMA.TABLE` in lower case, such as `{near}`");
        RunError::usage(format!("`{into}` is no name of a table"), hint)
    })
}

fn with_head(text: &str, into: &str) -> String {
    let body: Vec<&str> = text.lines().skip_while(|line| line.starts_with('#')).collect();
    let body = body.join("\n");
    format!(
        "# Drafted by `ade ingest … --into {into}`: a later version of the file takes the place of this one.\n{body}\n"
    )
}
