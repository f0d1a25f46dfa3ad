//! The files of the example project.

use std::{fs, path::Path};

use crate::MarketplaceError;

/// A file of the example project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path within the project, with `/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every file of the example project, `ade.yml` first.
pub fn project_files() -> &'static [ProjectFile] {
    &[]
}

/// Writes the project's files below `target`, creating folders as needed; files that are there are overwritten.
pub fn write_project(target: &Path) -> Result<(), MarketplaceError> {
    for file in project_files() {
        let path = target.join(file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| MarketplaceError::File {
                action: "create",
                path: folder.to_owned(),
                source,
            })?;
        }
        fs::write(&path, file.text).map_err(|source| MarketplaceError::File { action: "write", path, source })?;
    }
    Ok(())
}
