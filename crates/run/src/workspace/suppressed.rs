//! The list of people who were erased: `privacy/<environment>.suppressed` of the project. It is a decision of people, so it is text
//! in the repository; what stands in it are codes under a subkey of the environment's key, which tell nothing without it. A line names that
//! subkey: under another one nobody on the list would be known again, and nobody would notice.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ade_privacy::Suppressions;

use super::{Workspace, keys, replace_file};
use crate::error::RunError;

/// What the line begins with that names the subkey.
const UNDER: &str = "under ";

const HEAD: &str = "# People who were erased: `ade privacy erase` writes this file, and `ade build` lands no row of theirs.\n\
# Each line is a name (a domain, a class or a column) and the code of a value. Keep it in the repository.\n";

impl Workspace {
    fn suppressions_path(&self) -> PathBuf {
        self.root.join("privacy").join(format!("{}.suppressed", self.environment()))
    }

    /// Who was erased.
    pub(crate) fn suppressions(&self) -> Result<Suppressions, RunError> {
        let path = self.suppressions_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Suppressions::default()),
            Err(source) => return Err(RunError::File { action: "read", path, source }),
        };
        let mut found = Suppressions::default();
        for (number, line) in text.lines().enumerate().map(|(place, line)| (place + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(named) = line.strip_prefix(UNDER) {
                self.must_be_under(named.trim(), &path)?;
                continue;
            }
            let is_code = |code: &str| {
                code.len() == 26 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            match line.rsplit_once(' ') {
                Some((name, code)) if is_code(code) => found.add(name.trim(), code),
                // Somebody who was erased would come back.
                _ => {
                    let message = format!("{}:{number} is no name and code of somebody who was erased", path.display());
                    return Err(RunError::usage(message, "restore the file from the repository".to_owned()));
                }
            };
        }
        Ok(found)
    }

    /// Refuses a list whose codes are under another subkey than the one at hand.
    fn must_be_under(&self, named: &str, path: &Path) -> Result<(), RunError> {
        let found = keys(&self.root, &self.project, &self.world)?.suppressions_id().to_string();
        if found == named {
            return Ok(());
        }
        Err(RunError::usage(
            format!(
                "the people in {} are known under subkey {named}, and the keys of `{}` give {found}: nobody would be known again",
                path.display(),
                self.environment()
            ),
            "put the oldest key of the environment back, or the word `suppressions=…` of its key file".to_owned(),
        ))
    }

    /// Writes the list down.
    pub(crate) fn keep_suppressions(&self, list: &Suppressions) -> Result<(), RunError> {
        let path = self.suppressions_path();
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let under = format!("{UNDER}{}\n", keys(&self.root, &self.project, &self.world)?.suppressions_id());
        let lines = list.iter().map(|(name, code)| format!("{name} {code}\n"));
        let text: String = [HEAD.to_owned(), under].into_iter().chain(lines).collect();
        replace_file(&path, text.as_bytes(), 0o644).map_err(failed)
    }
}
