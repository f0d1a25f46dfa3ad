//! `ade init`.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::workspace::new_key_file;
use crate::world::World;

/// What `ade init` did.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// Files that were written, relative to the folder.
    pub written: Vec<PathBuf>,
    /// Whether a new key was made.
    pub new_key: bool,
}

/// The files of a new project. Nothing that is there already is touched.
fn files(name: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "ade.yml",
            format!(
                "# What `ade` needs to know of this project; `ade schema ade` has every key.\n\
                 name: {name}\n\
                 default_environment: dev\n\
                 environments:\n  dev:\n    lake: lake              # a folder; tables are Delta Lake\n    schema: main\n    \
                 custom_schema: replace  # a model's own schema, as it is\n\n\
                 # How to reach systems. Secrets by reference only: ${{env:NAME}} or ${{file:path}}.\n\
                 connections:\n  \
                 # shop_db: {{type: sqlite, path: data/shop.db}}\n  # files: {{type: files, path: data}}\n\n\
                 # A column lands only if it is classified: in its sources file, or by a rule here.\n\
                 privacy:\n  rules:\n    # - {{column: \"*_at\", types: [timestamp, date], class: public}}\n"
            ),
        ),
        (".gitignore", "/.ade/\n/lake/\n".to_owned()),
        ("models/.gitkeep", String::new()),
        ("sources/.gitkeep", String::new()),
        ("seeds/.gitkeep", String::new()),
        ("tests/.gitkeep", String::new()),
        ("macros/.gitkeep", String::new()),
    ]
}

/// Makes `root` into a project: files that are not there yet, and the key of its environment.
pub fn init_project(root: &Path, name: Option<&str>, environment: &str, world: &World) -> Result<InitReport, RunError> {
    fs::create_dir_all(root).map_err(|source| RunError::File { action: "make", path: root.to_owned(), source })?;
    let folder = fs::canonicalize(root).ok();
    let folder = folder.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).map(plain);
    let name = name.map(plain).or(folder).filter(|name| !name.is_empty()).unwrap_or_else(|| "shop".to_owned());
    let mut written = Vec::new();
    let is_project = root.join("ade.yml").exists() || root.join("dbt_project.yml").exists();
    for (path, text) in files(&name) {
        if is_project && path != ".gitignore" {
            continue;
        }
        let full = root.join(path);
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder).map_err(|source| RunError::File {
                action: "make",
                path: folder.to_owned(),
                source,
            })?;
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).open(&full);
        match file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes())) {
            Ok(()) => written.push(PathBuf::from(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(RunError::File { action: "write", path: full, source }),
        }
    }
    let new_key = new_key_file(root, environment, world.ids.secret())?;
    Ok(InitReport { written, new_key })
}

/// A name of letters, digits and underscores.
fn plain(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}
