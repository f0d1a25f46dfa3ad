//! Whether the project knows a file already.

use std::path::PathBuf;

use ade_project::resource::Connection;

use super::sent::Sent;
use crate::error::RunError;
use crate::workspace::Workspace;

impl Workspace {
    /// Where the table is declared, if it is and reads this file; refuses a table that reads something else.
    pub(super) fn declared_for(&self, source: &str, table: &str, sent: &Sent) -> Result<Option<String>, RunError> {
        let mut tables = self.project.sources.values();
        let Some(known) = tables.find(|known| known.source == source && known.name == table) else { return Ok(None) };
        let (path, connection) = (&known.path, known.connection.as_ref());
        let declared = connection.and_then(|name| self.project.connections.get(name));
        let from = known.ingest.as_ref().map_or(table, |ingest| ingest.from.as_str());
        let is_same = match sent {
            Sent::Here(file) => declared
                .and_then(|declared| self.folder(declared))
                .is_some_and(|folder| std::fs::canonicalize(folder.join(from)).is_ok_and(|known| known == *file)),
            Sent::There { .. } => declared
                .filter(|declared| declared.kind == "files")
                .and_then(|declared| declared.settings.get("path"))
                .is_some_and(|path| format!("{}/{from}", path.value.to_string().trim_end_matches('/')) == sent.shown()),
        };
        if is_same {
            return Ok(Some(path.clone()));
        }
        let problem = format!(
            "`{source}.{table}` is declared in {path} and reads `{from}`{}",
            match connection {
                Some(connection) => format!(" of connection `{connection}`"),
                None => String::new(),
            }
        );
        let hint = "put the new version there under that name, or name another table".to_owned();
        Err(RunError::usage(problem, hint))
    }

    /// The folder of a connection of files on this machine, as far as it is there.
    pub(super) fn folder(&self, connection: &Connection) -> Option<PathBuf> {
        let path = connection.settings.get("path").filter(|_| connection.kind == "files")?;
        let path = path.value.to_string();
        if path.contains("${") || path.contains("://") {
            return None;
        }
        std::fs::canonicalize(self.root.join(path)).ok()
    }
}
