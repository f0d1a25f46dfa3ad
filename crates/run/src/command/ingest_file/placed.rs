//! Through which connection a file is read.

use std::path::{Component, Path, PathBuf};

use ade_connect::legal_column_name;

use super::ignored::line_for;
use super::sent::Sent;
use crate::error::RunError;
use crate::workspace::Workspace;

/// Folders of a project that hold more than what somebody sent.
const OF_PROJECT: [&str; 8] = ["analyses", "macros", "models", "privacy", "seeds", "snapshots", "sources", "tests"];

/// Through which connection a file is read.
pub(super) struct Placed {
    /// Its name.
    pub(super) connection: String,
    /// Its `path`, as it is opened.
    pub(super) path: String,
    /// The file's path below that.
    pub(super) from: String,
    /// The connection as it would be declared, if it is not yet.
    pub(super) declaration: Option<String>,
    /// The line of `.gitignore` that keeps the file, which is raw, out of the project's repository.
    pub(super) ignored: Option<String>,
    /// What a person should know of the place.
    pub(super) notes: Vec<String>,
}

impl Workspace {
    /// The declared connection whose folder is nearest above the file, or one that could be declared.
    pub(super) fn place_of(&self, sent: &Sent) -> Result<Placed, RunError> {
        match sent {
            Sent::Here(file) => self.place_here(file),
            Sent::There { folder, name } => Ok(self.place_there(folder, name)),
        }
    }

    fn place_here(&self, file: &Path) -> Result<Placed, RunError> {
        let below = |folder: &Path| file.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
        let root = std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let inside = file.starts_with(&root);
        let mut nearest: Option<(usize, Placed)> = None;
        for (name, declared) in &self.project.connections {
            let Some(folder) = self.folder(declared) else { continue };
            // A folder that the project itself is in was not meant for the project's files.
            if inside && !folder.starts_with(&root) {
                continue;
            }
            let Some(from) = below(&folder) else { continue };
            if nearest.as_ref().is_none_or(|(length, _)| from.len() < *length) {
                let placed = Placed {
                    connection: name.clone(),
                    path: folder.display().to_string(),
                    from: from.clone(),
                    declaration: None,
                    ignored: inside.then(|| self.ignore_line(&root, file, false)).flatten(),
                    notes: Vec::new(),
                };
                nearest = Some((from.len(), placed));
            }
        }
        if let Some((_, placed)) = nearest {
            return Ok(placed);
        }
        let unusable = || {
            let hint = "give the file and its folder names in UTF-8".to_owned();
            RunError::usage(format!("{} cannot be written in a file of the project", file.display()), hint)
        };
        let folder = file.parent().ok_or_else(unusable)?.to_owned();
        let from = below(&folder).ok_or_else(unusable)?;
        let path = relative(&folder, &root);
        let written = path.to_str().ok_or_else(unusable)?;
        let mut notes = Vec::new();
        if !inside {
            notes.push(format!(
                "the file is not in the project: whoever works on it needs the file in `{written}`, seen from the project; in a \
                 folder of the project that git leaves alone it is at the same place for everybody"
            ));
        }
        // A folder that is given to such files is left alone as a whole; another one by file.
        let first = folder.strip_prefix(&root).ok().and_then(|below| below.components().next());
        let ignored = match first.and_then(|first| first.as_os_str().to_str()) {
            _ if !inside => None,
            Some(top) if !OF_PROJECT.contains(&top) => self.ignore_line(&root, &folder, true),
            _ => self.ignore_line(&root, file, false),
        };
        let last = folder.file_name().and_then(|name| name.to_str()).unwrap_or("files");
        let connection = self.free_name(last);
        // JSON's strings are YAML's, too.
        let declaration = format!("{connection}: {{type: files, path: {}}}", serde_json::Value::from(written));
        let path = folder.display().to_string();
        Ok(Placed { connection, path, from, declaration: Some(declaration), ignored, notes })
    }

    fn place_there(&self, folder: &str, name: &str) -> Placed {
        let mut nearest: Option<(String, String, String)> = None;
        for (connection, declared) in self.project.connections.iter().filter(|(_, one)| one.kind == "files") {
            let Some(path) = declared.settings.get("path").map(|path| path.value.to_string()) else { continue };
            let full = format!("{folder}/{name}");
            let base = path.trim_end_matches('/');
            let Some(from) = full.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')) else { continue };
            // One with secrets is opened by `ade inspect` and by a landing, which know how to resolve them.
            let is_plain = declared.settings.len() == 1;
            if is_plain && nearest.as_ref().is_none_or(|(_, _, known)| from.len() < known.len()) {
                nearest = Some((connection.clone(), path.clone(), from.to_owned()));
            }
        }
        if let Some((connection, path, from)) = nearest {
            return Placed { connection, path, from, declaration: None, ignored: None, notes: Vec::new() };
        }
        let host = folder.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or("files");
        let connection = self.free_name(host);
        let declaration = format!("{connection}: {{type: files, path: {}}}", serde_json::Value::from(folder));
        let (path, from) = (folder.to_owned(), name.to_owned());
        Placed { connection, path, from, declaration: Some(declaration), ignored: None, notes: Vec::new() }
    }

    /// The line that keeps a file or a folder below the project out of its repository, if none does.
    fn ignore_line(&self, root: &Path, path: &Path, is_folder: bool) -> Option<String> {
        let lines = std::fs::read_to_string(self.root.join(".gitignore")).unwrap_or_default();
        let path = path.strip_prefix(root).ok()?.to_str()?;
        line_for(&lines, &format!("{path}{}", if is_folder { "/" } else { "" }))
    }

    /// A name for the connection to a place that no other one has.
    fn free_name(&self, place: &str) -> String {
        let letters = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { ' ' };
        let name = legal_column_name(&place.to_lowercase().chars().map(letters).collect::<String>());
        let name =
            if name.starts_with(|first: char| first.is_ascii_lowercase()) { name } else { format!("files{name}") };
        let mut free = name.clone();
        let mut number = 2;
        while self.project.connections.contains_key(&free) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}

/// A folder as it is seen from the project: `.`, `inbox`, `../mail`. One that has nothing in common with it is named in full.
fn relative(folder: &Path, root: &Path) -> PathBuf {
    let common = folder.components().zip(root.components()).take_while(|(one, other)| one == other).count();
    if common <= 1 {
        return folder.to_owned();
    }
    let up = root.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(folder.components().skip(common)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_the_project_sees_them() {
        for (folder, expected) in [
            ("/home/ada/shop", "."),
            ("/home/ada/shop/inbox", "inbox"),
            ("/home/ada/Downloads", "../Downloads"),
            ("/home", "../.."),
            ("/mnt/mail", "/mnt/mail"),
        ] {
            assert_eq!(relative(Path::new(folder), Path::new("/home/ada/shop")), Path::new(expected));
        }
    }
}
