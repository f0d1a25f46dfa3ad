//! A project's files on the disk.
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ade_project::FileTree;

/// Folders that hold no part of a project.
const SKIPPED: &[&str] =
    &[".git", ".ade", ".venv", "venv", "node_modules", "target", "dbt_packages", "logs", "__pycache__"];

/// The files below a folder, without what no project reads: hidden folders, build output, the lake.
#[derive(Debug, Clone)]
pub(crate) struct DiskTree {
    root: PathBuf,
    /// Whether folders are looked into.
    deep: bool,
}

impl DiskTree {
    /// The files below `root`.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), deep: true }
    }

    /// The files in `root` itself: `ade.yml`, `dbt_project.yml`.
    pub(crate) fn root_files(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), deep: false }
    }

    /// Links to folders are followed, each folder once: links that lead back or across would never end.
    fn collect(folder: &Path, prefix: &str, linked: &mut HashSet<PathBuf>, found: &mut Vec<String>) -> io::Result<()> {
        let mut folders = Vec::new();
        let before = found.len();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            let is_folder = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
            if !is_folder {
                found.push(path);
                continue;
            }
            let is_skipped = SKIPPED.contains(&name) || name.starts_with('.');
            if !is_skipped && (!kind.is_symlink() || is_new(folder, &entry.path(), linked)) {
                folders.push((entry.path(), path));
            }
        }
        // A Delta table keeps its log in `_delta_log`: a folder with one is data, not project.
        if folders.iter().any(|(path, _)| path.ends_with("_delta_log")) {
            found.truncate(before);
            return Ok(());
        }
        for (path, name) in folders {
            Self::collect(&path, &format!("{name}/"), linked, found)?;
        }
        Ok(())
    }
}

/// Whether a link in `folder` leads to a folder that is none of those above it, and that no link has led to yet.
fn is_new(folder: &Path, link: &Path, linked: &mut HashSet<PathBuf>) -> bool {
    let (Ok(folder), Ok(target)) = (folder.canonicalize(), link.canonicalize()) else { return false };
    !folder.starts_with(&target) && linked.insert(target)
}

impl FileTree for DiskTree {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        Self::collect(&self.root, "", &mut HashSet::new(), &mut found)?;
        found.retain(|path| self.deep || !path.contains('/'));
        Ok(found)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.root.join(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_build_output_are_no_part_of_a_project() {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["ade.yml", "models/a.sql", ".ade/meta.db", "lake/app/t/_delta_log/0.json", "lake/app/t/part.parquet"]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let mut listed = DiskTree::new(folder.path()).list().unwrap();
        listed.sort();
        assert_eq!(listed, ["ade.yml", "models/a.sql"]);
    }

    #[test]
    fn links_between_folders_end() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..7).map(|number| format!("d{number}")).collect();
        for name in &names {
            fs::create_dir_all(folder.path().join("data").join(name)).unwrap();
            fs::write(folder.path().join("data").join(name).join("x.csv"), "x").unwrap();
        }
        for (from, to) in names.iter().flat_map(|from| names.iter().map(move |to| (from, to))) {
            let link = folder.path().join("data").join(from).join(format!("to_{to}"));
            std::os::unix::fs::symlink(folder.path().join("data").join(to), link).unwrap();
        }
        fs::create_dir_all(folder.path().join("shared")).unwrap();
        fs::write(folder.path().join("shared/a.sql"), "x").unwrap();
        fs::create_dir_all(folder.path().join("models")).unwrap();
        std::os::unix::fs::symlink("../shared", folder.path().join("models/shared")).unwrap();
        let listed = DiskTree::new(folder.path()).list().unwrap();
        assert!(listed.len() < 200, "{}", listed.len());
        assert!(names.iter().all(|name| listed.contains(&format!("data/{name}/x.csv"))));
        assert!(listed.contains(&"models/shared/a.sql".to_owned()));
    }
}
