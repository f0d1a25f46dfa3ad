//! The list of people who were erased: `privacy/<environment>.suppressed` of the project. It is a decision of people, so it is text
//! in the repository; what stands in it are codes under a subkey of the environment's key, which tell nothing without it.
use std::fs;
use std::io;
use std::path::PathBuf;

use ade_privacy::Suppressions;

use super::{Workspace, replace_file};
use crate::error::RunError;

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

    /// Writes the list down.
    pub(crate) fn keep_suppressions(&self, list: &Suppressions) -> Result<(), RunError> {
        let path = self.suppressions_path();
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let lines = list.iter().map(|(name, code)| format!("{name} {code}\n"));
        let text: String = std::iter::once(HEAD.to_owned()).chain(lines).collect();
        replace_file(&path, text.as_bytes(), 0o644).map_err(failed)
    }
}
