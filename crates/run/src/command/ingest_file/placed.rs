//! Through which connection a file is read.

use std::path::{Path, PathBuf};

use ade_connect::legal_column_name;

use crate::error::RunError;
use crate::workspace::Workspace;

/// Through which connection a file is read.
pub(super) struct Placed {
    /// Its name.
    pub(super) connection: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The file's path below that.
    pub(super) from: String,
    /// The connection as it would be declared, if it is not yet.
    pub(super) declaration: Option<String>,
}

impl Workspace {
    /// The declared connection whose folder is nearest above the file, or one that could be declared.
    pub(super) fn place_of(&self, file: &Path) -> Result<Placed, RunError> {
        let below = |folder: &Path| file.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
        let mut nearest: Option<Placed> = None;
        for (name, declared) in &self.project.connections {
            let Some(folder) = self.folder(declared) else { continue };
            let Some(from) = below(&folder) else { continue };
            if nearest.as_ref().is_none_or(|known| from.len() < known.from.len()) {
                nearest = Some(Placed { connection: name.clone(), folder, from, declaration: None });
            }
        }
        if let Some(placed) = nearest {
            return Ok(placed);
        }
        let unusable = || {
            let hint = "give the file and its folder names in UTF-8".to_owned();
            RunError::usage(format!("{} cannot be written in a file of the project", file.display()), hint)
        };
        let folder = file.parent().ok_or_else(unusable)?.to_owned();
        let from = below(&folder).ok_or_else(unusable)?;
        let root = std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let path = match folder.strip_prefix(&root) {
            Ok(relative) if relative.as_os_str().is_empty() => ".".to_owned(),
            Ok(relative) => relative.to_str().ok_or_else(unusable)?.to_owned(),
            Err(_) => folder.to_str().ok_or_else(unusable)?.to_owned(),
        };
        let connection = self.free_name(&folder);
        // JSON's strings are YAML's, too.
        let declaration = format!("{connection}: {{type: files, path: {}}}", serde_json::Value::from(path));
        Ok(Placed { connection, folder, from, declaration: Some(declaration) })
    }

    /// A name for the connection to a folder that no other one has.
    fn free_name(&self, folder: &Path) -> String {
        let last = folder.file_name().and_then(|name| name.to_str()).unwrap_or("files").to_lowercase();
        let letters = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { ' ' };
        let name = legal_column_name(&last.chars().map(letters).collect::<String>());
        let name =
            if name.starts_with(|first: char| first.is_ascii_lowercase()) { name } else { format!("files_{name}") };
        let mut free = name.clone();
        let mut number = 2;
        while self.project.connections.contains_key(&free) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}
