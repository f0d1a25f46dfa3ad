//! Reading all files of a project.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use super::layout::{Layout, Role};
use super::parallel;
use super::seeds::SeedFile;
use crate::FileTree;

/// The files of a project by what they are, each kind in the order of paths.
#[derive(Debug, Default)]
pub(super) struct Files {
    texts: Vec<Arc<SourceFile>>,
    pub(super) models: Vec<Arc<SourceFile>>,
    pub(super) properties: Vec<Arc<SourceFile>>,
    pub(super) macros: Vec<Arc<SourceFile>>,
    pub(super) singular_tests: Vec<Arc<SourceFile>>,
    pub(super) snapshots: Vec<Arc<SourceFile>>,
    pub(super) docs: Vec<Arc<SourceFile>>,
    pub(super) python_models: Vec<Arc<SourceFile>>,
    pub(super) seeds: Vec<SeedFile>,
}

enum Content {
    Text(Arc<SourceFile>),
    Seed(SeedFile),
}

impl Files {
    /// Reads one text file; what is wrong is reported.
    pub(super) fn read_text(
        &mut self,
        tree: &dyn FileTree,
        path: &str,
        problems: &mut Diagnostics,
    ) -> Option<Arc<SourceFile>> {
        match text(tree, path) {
            Ok(file) => {
                self.texts.push(Arc::clone(&file));
                Some(file)
            }
            Err(problem) => {
                problems.push(*problem);
                None
            }
        }
    }

    /// Reads everything that the layout knows.
    pub(super) fn read_all(
        &mut self,
        tree: &dyn FileTree,
        paths: &[String],
        layout: &Layout,
        threads: usize,
        problems: &mut Diagnostics,
    ) {
        let known: Vec<(&str, Role)> =
            paths.iter().filter_map(|path| Some((path.as_str(), layout.role(path)?))).collect();
        let contents = parallel::map(threads, &known, |(path, role)| match role {
            Role::Seed => seed(tree, path).map(Content::Seed),
            _ => text(tree, path).map(Content::Text),
        });
        for ((_, role), content) in known.into_iter().zip(contents) {
            match content {
                Ok(Content::Seed(seed)) => self.seeds.push(seed),
                Ok(Content::Text(file)) => {
                    self.texts.push(Arc::clone(&file));
                    self.of(role).push(file);
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }

    fn of(&mut self, role: Role) -> &mut Vec<Arc<SourceFile>> {
        match role {
            Role::Model => &mut self.models,
            Role::PythonModel => &mut self.python_models,
            Role::Properties => &mut self.properties,
            Role::Macros => &mut self.macros,
            Role::SingularTest => &mut self.singular_tests,
            Role::Snapshot => &mut self.snapshots,
            Role::Docs | Role::Seed => &mut self.docs,
        }
    }

    /// All texts, ascending by path.
    pub(super) fn into_texts(self) -> Vec<Arc<SourceFile>> {
        let mut texts = self.texts;
        texts.sort_by(|left, right| left.path().cmp(right.path()));
        texts
    }
}

fn bytes(tree: &dyn FileTree, path: &str) -> Result<Vec<u8>, Box<Diagnostic>> {
    tree.read(path).map_err(|error| {
        let problem = Diagnostic::error(&rule::UNREADABLE_FILE, format!("`{path}` cannot be read: {error}"));
        Box::new(problem.at(SourceFile::new(path, "").top()))
    })
}

fn text(tree: &dyn FileTree, path: &str) -> Result<Arc<SourceFile>, Box<Diagnostic>> {
    match String::from_utf8(bytes(tree, path)?) {
        Ok(text) => Ok(SourceFile::new(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let readable = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            let file = SourceFile::new(path, readable);
            let message = format!("`{path}` is not UTF-8: the byte at offset {at} is no part of a character");
            let problem = Diagnostic::error(&rule::UNREADABLE_FILE, message).at(file.location((at..at).into()));
            Err(Box::new(problem.hint("save the file as UTF-8")))
        }
    }
}

fn seed(tree: &dyn FileTree, path: &str) -> Result<SeedFile, Box<Diagnostic>> {
    let bytes = bytes(tree, path)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let header = String::from_utf8_lossy(&bytes[..end]).trim_end_matches('\r').to_owned();
    Ok(SeedFile { path: path.to_owned(), content_hash: *blake3::hash(&bytes).as_bytes(), header })
}
