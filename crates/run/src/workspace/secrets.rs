//! Where references to secrets are looked up.
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use ade_project::Secrets;

/// Environment variables as given by the caller, and files relative to the project.
pub(crate) struct ProjectSecrets<'a> {
    pub(crate) env_vars: &'a BTreeMap<String, String>,
    pub(crate) root: PathBuf,
}

impl Secrets for ProjectSecrets<'_> {
    fn environment(&self, name: &str) -> Option<String> {
        self.env_vars.get(name).cloned()
    }

    fn file(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.root.join(path))
    }
}
