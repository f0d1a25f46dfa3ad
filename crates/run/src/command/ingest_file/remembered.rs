//! What the project remembers of a file, written.

use std::path::{Path, PathBuf};

use super::FileDraft;
use super::ignored::with_line;
use crate::error::RunError;
use crate::workspace::Workspace;

/// What was written, and how it is taken back.
#[derive(Debug)]
pub struct Remembered {
    /// Files with what they said before.
    written: Vec<(PathBuf, Option<String>)>,
}

impl Remembered {
    /// Takes it back: the project did not want it.
    pub fn forget(self) -> Result<(), RunError> {
        for (path, before) in self.written {
            let done = match before {
                Some(text) => std::fs::write(&path, text),
                None => std::fs::remove_file(&path),
            };
            done.map_err(|source| RunError::File { action: "write", path, source })?;
        }
        Ok(())
    }
}

impl Workspace {
    /// Writes a draft that has been accepted: the sources file, and the connection if it needs one.
    pub fn remember(&self, draft: &FileDraft) -> Result<Remembered, RunError> {
        let mut remembered = Remembered { written: Vec::new() };
        if let Some(connection) = &draft.connection {
            let path = self.root.join("ade.yml");
            let before = std::fs::read_to_string(&path).map_err(|source| RunError::File {
                action: "read",
                path: path.clone(),
                source,
            })?;
            let after = with_connection(&before, connection).ok_or_else(|| {
                let hint = format!("write `{connection}` there by hand, and run the command again");
                RunError::usage("`connections:` of ade.yml is written in one line", hint)
            })?;
            write(&path, &after)?;
            remembered.written.push((path, Some(before)));
        }
        if let Some(line) = &draft.ignored {
            let path = self.root.join(".gitignore");
            let before = std::fs::read_to_string(&path).ok();
            if let Err(error) = write(&path, &with_line(before.as_deref().unwrap_or_default(), line)) {
                remembered.forget()?;
                return Err(error);
            }
            remembered.written.push((path, before));
        }
        let path = self.root.join(&draft.path);
        let written = match std::fs::create_dir_all(self.root.join("sources")) {
            Ok(()) if path.exists() => Err(RunError::usage(
                format!("{} exists, and stays as it is", draft.path),
                "name another table, or move the file away".to_owned(),
            )),
            Ok(()) => write(&path, &draft.text),
            Err(source) => Err(RunError::File { action: "write", path: path.clone(), source }),
        };
        match written {
            Ok(()) => {
                remembered.written.push((path, None));
                Ok(remembered)
            }
            Err(error) => {
                remembered.forget()?;
                Err(error)
            }
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), RunError> {
    std::fs::write(path, text).map_err(|source| RunError::File { action: "write", path: path.to_owned(), source })
}

/// ade.yml with one more connection; everything else stays as it stands. `None` where the connections are written in one line.
fn with_connection(text: &str, declaration: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(place) = lines.iter().position(|line| line.starts_with("connections:")) else {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{end}connections:\n  {declaration}\n"));
    };
    let rest = lines[place]["connections:".len()..].trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let is_entry = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let first = lines[place + 1..].iter().find(is_entry).copied().unwrap_or_default();
    let indent = match first.len() - first.trim_start().len() {
        0 => 2,
        indent => indent,
    };
    let line = format!("{:indent$}{declaration}", "");
    lines.insert(place + 1, &line);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(lines.join(end) + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_added_and_everything_else_stays() {
        for (before, after) in [
            ("name: shop\n", "name: shop\nconnections:\n  new: {}\n"),
            ("name: shop", "name: shop\nconnections:\n  new: {}\n"),
            (
                "connections: # all\n    # the app\n    app: {}\nprivacy: {}\n",
                "connections: # all\n    new: {}\n    # the app\n    app: {}\nprivacy: {}\n",
            ),
            ("connections:\r\n  app: {}\r\n", "connections:\r\n  new: {}\r\n  app: {}\r\n"),
            ("connections:\nname: shop\n", "connections:\n  new: {}\nname: shop\n"),
        ] {
            assert_eq!(with_connection(before, "new: {}").as_deref(), Some(after));
        }
        assert_eq!(with_connection("connections: {app: {}}\n", "new: {}"), None);
    }
}
