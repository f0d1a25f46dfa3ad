//! Folder-level configuration: which layers a resource gets from `dbt_project.yml` and `ade.yml`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};

use super::config::{Config, ConfigKind};
use crate::file::FolderConfig;
use crate::yaml::{Entry, Mapping, Node};

/// Keys of configuration whose value is a mapping: without `+` they could be folders, and are not.
const MAPPING_KEYS: [&str; 9] =
    ["meta", "docs", "persist_docs", "grants", "contract", "column_types", "quoting", "freshness", "labels"];

/// The folder-level configuration of one kind of resource in one file.
#[derive(Debug)]
pub(super) struct Folders {
    file: Arc<SourceFile>,
    root: Folder,
}

#[derive(Debug)]
struct Folder {
    name: String,
    name_location: Location,
    entries: Vec<Entry>,
    children: Vec<Folder>,
    used: AtomicBool,
}

impl Folders {
    /// Sorts configuration from folders, and checks it.
    pub(super) fn read(
        file: &Arc<SourceFile>,
        declared: &FolderConfig,
        kind: &ConfigKind,
        problems: &mut Diagnostics,
    ) -> Self {
        let mut root = Folder::new(String::new(), file.location(declared.0.span));
        root.fill(file, declared.0.as_mapping().unwrap_or(&Mapping::default()), kind, problems);
        Self { file: Arc::clone(file), root }
    }

    /// Lays the layers for a fully qualified name, outermost first.
    pub(super) fn lay(&self, fqn: &[String], config: &mut Config) {
        let mut folder = &self.root;
        config.lay(&self.file, &folder.entries);
        for name in fqn {
            let Some(child) = folder.children.iter().find(|child| &child.name == name) else { return };
            child.used.store(true, Ordering::Relaxed);
            config.lay(&self.file, &child.entries);
            folder = child;
        }
    }

    /// Warns of folders that nothing was found in.
    pub(super) fn report_unused(&self, problems: &mut Diagnostics) {
        self.root.report_unused(&[], problems);
    }
}

impl Folder {
    fn new(name: String, name_location: Location) -> Self {
        Self { name, name_location, entries: Vec::new(), children: Vec::new(), used: AtomicBool::new(false) }
    }

    fn fill(&mut self, file: &Arc<SourceFile>, mapping: &Mapping, kind: &ConfigKind, problems: &mut Diagnostics) {
        for entry in mapping.entries() {
            match (entry.key.strip_prefix('+'), &entry.value) {
                (Some(key), _) => {
                    let entry = Entry { key: key.to_owned(), ..entry.clone() };
                    self.entries.extend(kind.check(file, entry, problems));
                }
                (None, value) if is_folder(&entry.key, value, kind) => {
                    let mut child = Self::new(entry.key.clone(), file.location(entry.key_span));
                    child.fill(file, value.as_mapping().unwrap_or(&Mapping::default()), kind, problems);
                    self.children.push(child);
                }
                (None, _) => self.entries.extend(kind.check(file, entry.clone(), problems)),
            }
        }
    }

    fn report_unused(&self, path: &[&str], problems: &mut Diagnostics) {
        for child in &self.children {
            let path = [path, &[child.name.as_str()]].concat();
            if child.used.load(Ordering::Relaxed) {
                child.report_unused(&path, problems);
            } else {
                let message = format!("nothing in the project is configured by `{}`", path.join("."));
                problems.push(Diagnostic::warning(&rule::UNUSED_CONFIG_PATH, message).at(child.name_location.clone()));
            }
        }
    }
}

fn is_folder(key: &str, value: &Node, kind: &ConfigKind) -> bool {
    let may_be_config = MAPPING_KEYS.contains(&key) && kind.has(key);
    (value.as_mapping().is_some() && !may_be_config) || (value.is_null() && !kind.has(key))
}
