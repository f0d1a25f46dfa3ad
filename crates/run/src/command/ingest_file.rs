//! `ade ingest FILE --into SCHEMA.TABLE`: a file that somebody sent becomes a table of the project.
//!
//! What is remembered is text: where the file lies (a connection in ade.yml, unless one is there already), its table, and the class
//! of each column (a file in `sources/`). The file itself stays where it is; its hash goes into the commit with its rows, as that of
//! every file that is read incrementally. So the next version of it, under the same name, takes the place of these rows.
//! Classes are proposed and never accepted silently.

mod declared;
mod placed;
mod remembered;

use std::num::NonZeroUsize;
use std::path::Path;

use ade_connect::{Draft, DraftMode, DraftPrivacy, OpenContext};
use ade_diagnostic::did_you_mean;
use serde_json::{Map, Value};

use self::placed::Placed;
pub use self::remembered::Remembered;
use super::inspect::InspectedColumn;
use crate::error::RunError;
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
}

impl Workspace {
    /// Looks at a file that is to become a table. Writes nothing, and keeps no value.
    pub async fn file_table(&self, wanted: &FileIngest) -> Result<FileTable, RunError> {
        let (source, table) = names(&wanted.into)?;
        let file = canonical(&wanted.file)?;
        let selector = format!("source:{source}.{table}");
        if let Some(known) = self.declared_for(source, table, &file)? {
            if !wanted.classes.is_empty() || !wanted.options.is_empty() {
                let hint = format!("it is declared in {known}: change it there");
                return Err(RunError::usage(format!("`{}` is not drafted any more", wanted.into), hint));
            }
            return Ok(FileTable::Known { selector });
        }
        let placed = self.place_of(&file)?;
        let connector = self.connectors.get("files")?;
        if let Some(problem) = connector.spec().check_table_options(&wanted.options).into_iter().next() {
            return Err(RunError::usage(format!("--with: {}", problem.message), problem.hint));
        }
        let settings = [("path".to_owned(), Value::from(placed.folder.display().to_string()))].into_iter().collect();
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
            RunError::usage(format!("{} is no file that can be read", file.display()), hint)
        })?;
        if found.columns.is_empty() {
            let why = found.notes.join("; ");
            let hint = "`--with NAME=VALUE` says how the file is written (encoding, delimiter, header, …): see \
                        docs/reference/connectors.md";
            return Err(RunError::usage(format!("{}: {why}", file.display()), hint.to_owned()));
        }
        self.draft_of(wanted, (source, table), &placed, opened.as_ref(), found, selector)
            .await
            .map(|draft| FileTable::Drafted(Box::new(draft)))
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
            let place = drafted.columns.iter().position(|column| column.name == *name || column.from == *name);
            let Some(place) = place else {
                let names = drafted.columns.iter().map(|column| column.name.as_str());
                let hint = did_you_mean(name, names.clone())
                    .unwrap_or_else(|| format!("it has {}", names.collect::<Vec<_>>().join(", ")));
                return Err(RunError::usage(format!("the file has no column `{name}`"), hint));
            };
            let reason = "decided by `--class`".to_owned();
            columns[place].class = Some(class.clone());
            columns[place].reason.clone_from(&reason);
            drafted.columns[place].privacy = DraftPrivacy::Proposed { class: class.clone(), reason };
        }
        let is =
            |wanted: fn(&DraftPrivacy) -> bool| drafted.columns.iter().filter(move |column| wanted(&column.privacy));
        let undecided = is(|privacy| *privacy == DraftPrivacy::Open).map(|column| column.name.clone()).collect();
        let decided = |name: &str| wanted.classes.iter().any(|(column, _)| column == name);
        let proposed = is(|privacy| matches!(privacy, DraftPrivacy::Proposed { .. }))
            .filter(|column| !decided(&column.name) && !decided(&column.from))
            .count();
        let notes = examined.tables[0].notes.clone();
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
        })
    }
}

/// The file as it is called without links.
fn canonical(file: &Path) -> Result<std::path::PathBuf, RunError> {
    let found = std::fs::canonicalize(file).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => RunError::usage(format!("there is no file {}", file.display()), None),
        _ => RunError::File { action: "read", path: file.to_owned(), source },
    })?;
    if found.is_file() {
        return Ok(found);
    }
    let hint = "a folder of files is a connection: `type: files` in ade.yml, and `ade inspect`".to_owned();
    Err(RunError::usage(format!("{} is no file", file.display()), hint))
}

/// `schema.table`, of names that every table can have.
fn names(into: &str) -> Result<(&str, &str), RunError> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    into.split_once('.').filter(|(schema, table)| is_name(schema) && is_name(table)).ok_or_else(|| {
        let hint = "write `SCHEMA.TABLE` in lower case, such as `crm.customers`".to_owned();
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
