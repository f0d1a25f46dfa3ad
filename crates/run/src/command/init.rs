//! `ade init`.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::workspace::{new_key_file, unknown_environment};
use crate::world::World;

/// What `ade init` did.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// Files that were written, relative to the folder.
    pub written: Vec<PathBuf>,
    /// Whether a new key was made.
    pub new_key: bool,
}

/// The files of a new project with one environment. Nothing that is there already is touched.
fn files(name: &str, environment: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "ade.yml",
            format!(
                "# What `ade` needs to know of this project; `ade schema ade` has every key.\n\
                 name: {name}\n\
                 default_environment: {environment}\n\
                 environments:\n  {environment}:\n    lake: lake              # a folder; tables are Delta Lake\n    schema: main\n    \
                 custom_schema: replace  # a model's own schema, as it is\n\n\
                 # How to reach systems. Secrets by reference only, in quotes: \"${{env:NAME}}\" or \"${{file:path}}\".\n\
                 connections:\n  \
                 # shop_db: {{type: sqlite, path: \"${{env:SHOP_DB}}\"}}\n  # files: {{type: files, path: data}}\n\n\
                 # A column lands only if it is classified: in its sources file, or by a rule here.\n\
                 privacy:\n  rules:\n    # - {{column: \"*_at\", types: [timestamp, date], class: public}}\n"
            ),
        ),
        ("models/.gitkeep", String::new()),
        ("sources/.gitkeep", String::new()),
        ("seeds/.gitkeep", String::new()),
        ("tests/.gitkeep", String::new()),
        ("macros/.gitkeep", String::new()),
    ]
}

/// Makes `root` into a project: files that are not there yet, and the key of its environment, which is kept out of its
/// repository first.
pub fn init_project(root: &Path, name: Option<&str>, environment: &str, world: &World) -> Result<InitReport, RunError> {
    fs::create_dir_all(root).map_err(|source| RunError::File { action: "make", path: root.to_owned(), source })?;
    let folder = fs::canonicalize(root).ok();
    let folder = folder.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).map(plain);
    let name = name.map(plain).or(folder).filter(|name| !name.is_empty()).unwrap_or_else(|| "shop".to_owned());
    let mut written = Vec::new();
    let is_project = root.join("ade.yml").exists() || root.join("dbt_project.yml").exists();
    check_environment(root, is_project, environment, world)?;
    // Raw data lies beside a new project; what lies in one that is there already is its people's to say.
    let ignored: &[&str] = if is_project { &[".ade", "lake"] } else { &[".ade", "lake", "data"] };
    if ignore(root, ignored)? {
        written.push(PathBuf::from(".gitignore"));
    }
    let files = if is_project { Vec::new() } else { files(&name, environment) };
    for (path, text) in files {
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

/// The environment must be one of the project's; that of a new project is made, and needs a name.
fn check_environment(root: &Path, is_project: bool, environment: &str, world: &World) -> Result<(), RunError> {
    if !is_project {
        return if !environment.is_empty() && plain(environment) == environment.to_ascii_lowercase() {
            Ok(())
        } else {
            let hint = "use letters, digits and `_`, and do not begin with a digit".to_owned();
            Err(RunError::usage(format!("`{environment}` cannot be the name of an environment"), hint))
        };
    }
    let problems = unknown_environment(root, environment, world);
    if problems.is_empty() { Ok(()) } else { Err(RunError::Project { diagnostics: problems }) }
}

/// Keeps folders out of a repository, whatever its `.gitignore` holds already. Tells whether it had to.
fn ignore(root: &Path, folders: &[&str]) -> Result<bool, RunError> {
    let path = root.join(".gitignore");
    let failed = |source| RunError::File { action: "write", path: path.clone(), source };
    let mut text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let is_ignored = |text: &str, name: &str| {
        text.lines().any(|line| line.trim().trim_start_matches('/').trim_end_matches(['*', '/']) == name)
    };
    let missing: Vec<&str> = folders.iter().copied().filter(|name| !is_ignored(&text, name)).collect();
    if missing.is_empty() {
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for name in missing {
        text.extend(["/", name, "/\n"]);
    }
    fs::write(&path, text).map_err(failed)?;
    Ok(true)
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
