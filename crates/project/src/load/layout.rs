//! Which file of a project is what.

use crate::yaml::Spanned;

/// The folders of a project, each without a `/` at its end.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) models: Vec<String>,
    pub(super) seeds: Vec<String>,
    pub(super) tests: Vec<String>,
    pub(super) macros: Vec<String>,
    pub(super) snapshots: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) docs: Vec<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Model,
    PythonModel,
    Seed,
    Properties,
    Macros,
    SingularTest,
    Snapshot,
    Docs,
}

impl Layout {
    /// dbt's folders, and `sources`.
    pub(super) fn new() -> Self {
        let folder = |name: &str| vec![name.to_owned()];
        Self {
            models: folder("models"),
            seeds: folder("seeds"),
            tests: folder("tests"),
            macros: folder("macros"),
            snapshots: folder("snapshots"),
            sources: folder("sources"),
            docs: Vec::new(),
        }
    }

    /// What the file is; `None` when it is no part of the project. Names that begin with a dot or `_` are as good as
    /// others, as in dbt, but hidden files of editors are not.
    pub(super) fn role(&self, path: &str) -> Option<Role> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() || name.starts_with('.') {
            return None;
        }
        let below = |folders: &[String]| Self::below(folders, path).is_some();
        match extension {
            "sql" if below(&self.models) => Some(Role::Model),
            "sql" if below(&self.macros) => Some(Role::Macros),
            "sql" if below(&self.snapshots) => Some(Role::Snapshot),
            "sql" => {
                let inner = Self::below(&self.tests, path)?;
                Some(if inner.starts_with("generic/") { Role::Macros } else { Role::SingularTest })
            }
            "py" if below(&self.models) => Some(Role::PythonModel),
            "csv" if below(&self.seeds) => Some(Role::Seed),
            "yml" | "yaml" if self.described().any(below) => Some(Role::Properties),
            "md" if self.docs.is_empty() && self.described().any(below) => Some(Role::Docs),
            "md" if below(&self.docs) => Some(Role::Docs),
            _ => None,
        }
    }

    /// The file's folders below its resource folder, for fully qualified names: `models/a/b/c.sql` gives `a`, `b`.
    pub(super) fn folders<'a>(&self, path: &'a str) -> Vec<&'a str> {
        let inner = self.described().find_map(|folders| Self::below(folders, path)).unwrap_or(path);
        let mut parts: Vec<&str> = inner.split('/').collect();
        parts.pop();
        parts
    }

    fn described(&self) -> impl Iterator<Item = &[String]> {
        [&self.models, &self.seeds, &self.snapshots, &self.sources, &self.macros, &self.tests]
            .into_iter()
            .map(Vec::as_slice)
    }

    /// The path below the first of the folders that it is in.
    fn below<'a>(folders: &[String], path: &'a str) -> Option<&'a str> {
        folders.iter().find_map(|folder| match folder.as_str() {
            "" | "." => Some(path),
            folder => path.strip_prefix(folder)?.strip_prefix('/'),
        })
    }
}

/// Folders as declared, or the default ones.
pub(super) fn folders(declared: &[Spanned<String>], default: Vec<String>) -> Vec<String> {
    if declared.is_empty() {
        return default;
    }
    let clean = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    declared.iter().map(|path| clean(&path.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_folders_and_extensions() {
        let mut layout = Layout::new();
        let cases = [
            ("models/a/b.sql", Some(Role::Model)),
            ("models/a/b.yml", Some(Role::Properties)),
            ("models/docs.md", Some(Role::Docs)),
            ("models/b.py", Some(Role::PythonModel)),
            ("modelsx/b.sql", None),
            ("sources/app.yaml", Some(Role::Properties)),
            ("seeds/a.csv", Some(Role::Seed)),
            ("seeds/.gitkeep", None),
            ("models/.#b.sql", None),
            ("tests/a.sql", Some(Role::SingularTest)),
            ("tests/generic/a.sql", Some(Role::Macros)),
            ("macros/x/y.sql", Some(Role::Macros)),
            ("snapshots/s.sql", Some(Role::Snapshot)),
            ("README.md", None),
            ("dashboards/x.yml", None),
        ];
        for (path, role) in cases {
            assert_eq!(layout.role(path), role, "{path}");
        }
        layout.models = vec!["transform/sql".to_owned()];
        assert_eq!(layout.role("transform/sql/x/y.sql"), Some(Role::Model));
        assert_eq!(layout.role("models/a/b.sql"), None);
        assert_eq!(layout.folders("transform/sql/x/y.sql"), ["x"]);
    }
}
