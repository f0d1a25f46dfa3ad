//! Which tables are meant by `--table`.

use ade_connect::{ConnectError, Connection, TableInfo, TextForms};
use ade_diagnostic::did_you_mean;
use ade_project::resource::SourceTable;
use serde_json::{Map, Value};

use crate::error::RunError;
use crate::source::of_connection;
use crate::workspace::Workspace;

/// Names that are listed where none is near.
const LISTED: usize = 24;

impl Workspace {
    /// Those that `names` mean of all that browsing `found`, in its order. A name is what the source calls a table, in whatever way
    /// the source understands it; else what a source of the project calls it that takes it from this connection; else what it would
    /// be called in a draft.
    pub(super) async fn wanted(
        &self,
        opened: &dyn Connection,
        connection: &str,
        mut found: Vec<TableInfo>,
        names: &[String],
    ) -> Result<Vec<TableInfo>, RunError> {
        let mut wanted: Vec<String> = Vec::new();
        for name in names {
            match self.meant(opened, connection, &mut found, name).await {
                Ok(Some(from)) => wanted.push(from),
                Ok(None) => return Err(unknown(connection, &found, name)),
                Err(error) => {
                    let declared = self.project.connections.get(connection);
                    return Err(match declared {
                        Some(declared) => of_connection(error, declared).into(),
                        None => error.into(),
                    });
                }
            }
        }
        found.retain(|table| wanted.contains(&table.from));
        Ok(found)
    }

    /// The same of tables that are declared with options: as these say that they are written.
    pub(super) async fn as_declared(
        &self,
        opened: &dyn Connection,
        connection: &ade_project::resource::Connection,
        mut found: Vec<TableInfo>,
    ) -> Result<Vec<TableInfo>, RunError> {
        for table in &mut found {
            let declared = self.project.sources.values().find_map(|known| {
                let ingest = known.ingest.as_ref().filter(|ingest| !ingest.options.is_empty())?;
                let is_it = known.connection.as_ref() == Some(&connection.name) && ingest.from == table.from;
                is_it.then_some((known, ingest))
            });
            let Some((known, ingest)) = declared else { continue };
            let options = outside(known, &ingest.options);
            // One that cannot be read so is listed as it was found.
            if let Ok(Some(as_written)) = opened.browse_with(&table.from, &options).await {
                let name = std::mem::take(&mut table.name);
                *table = TableInfo { name, ..as_written };
            }
        }
        Ok(found)
    }

    /// The tables of these names, written as `options` say.
    pub(super) async fn written_as(
        &self,
        opened: &dyn Connection,
        connection: &ade_project::resource::Connection,
        names: &[String],
        options: &Map<String, Value>,
    ) -> Result<Vec<TableInfo>, RunError> {
        let spec = self.connectors.get(&connection.kind)?.spec();
        if let Some(problem) = spec.check_table_options(options).into_iter().next() {
            return Err(RunError::usage(format!("--with: {}", problem.message), problem.hint));
        }
        let mut found = Vec::new();
        for name in names {
            let table = opened.browse_with(name, options).await.map_err(|error| of_connection(error, connection))?;
            found.push(table.ok_or_else(|| {
                let hint = "`--table` names a file as it is there, below the connection's folder".to_owned();
                RunError::usage(format!("connection `{}` has no `{name}`", connection.name), hint)
            })?);
        }
        Ok(found)
    }

    /// What stands after `from:` for the table that is meant; the error of asking the source where nothing else knows it.
    async fn meant(
        &self,
        opened: &dyn Connection,
        connection: &str,
        found: &mut Vec<TableInfo>,
        name: &str,
    ) -> Result<Option<String>, ConnectError> {
        let has = |found: &[TableInfo], from: &str| found.iter().any(|table| table.from == from);
        if has(found, name) {
            return Ok(Some(name.to_owned()));
        }
        // Also what is a part of another one: a file of several, a partition.
        let asked = opened.browse_one(name).await;
        if let Ok(Some(one)) = asked {
            let from = one.from.clone();
            if !has(found, &from) {
                found.push(one);
            }
            return Ok(Some(from));
        }
        let mut declared =
            self.project.sources.values().filter(|table| table.connection.as_deref() == Some(connection));
        let declared = declared.find(|table| table.name == name).and_then(|table| table.ingest.as_ref());
        if let Some(ingest) = declared.filter(|ingest| has(found, &ingest.from)) {
            return Ok(Some(ingest.from.clone()));
        }
        match (found.iter().find(|table| table.name == name), asked) {
            (Some(table), _) => Ok(Some(table.from.clone())),
            (None, Ok(_) | Err(ConnectError::NotFound { .. } | ConnectError::OutsideFolder { .. })) => Ok(None),
            (None, Err(error)) => Err(error),
        }
    }
}

/// Options with the columns' names in the source.
fn outside(table: &SourceTable, options: &Map<String, Value>) -> Map<String, Value> {
    let mut options = options.clone();
    if let Some(Value::Object(columns)) = options.get_mut(TextForms::COLUMNS) {
        let named = |name: String| match table.column(&name) {
            Some(column) => column.source_name().to_owned(),
            None => name,
        };
        *columns = std::mem::take(columns).into_iter().map(|(name, form)| (named(name), form)).collect();
    }
    options
}

fn unknown(connection: &str, found: &[TableInfo], name: &str) -> RunError {
    let mut known: Vec<&str> = Vec::new();
    for name in found.iter().flat_map(|table| [table.name.as_str(), table.from.as_str()]) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    if known.is_empty() {
        let hint = "none is listed there: a web server lists no files, and each is named as it has it".to_owned();
        return RunError::usage(format!("connection `{connection}` has no table `{name}`"), hint);
    }
    let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!("there are {} and {more} more", known[..LISTED].join(", ")),
        _ => format!("there are {}", known.join(", ")),
    });
    RunError::usage(format!("connection `{connection}` has no table `{name}`"), hint)
}
