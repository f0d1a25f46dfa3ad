//! How the project is read: the crate itself never touches a disk.

use std::collections::BTreeMap;
use std::io;

/// The files of a project. An implementation over a disk belongs to whoever runs the program.
pub trait FileTree: Sync {
    /// Paths of all files below the project folder, relative to it and with `/`, in no particular order.
    /// Folders that no project reads (`.git`, `.ade`, `target`, the lake …) may be left out.
    fn list(&self) -> io::Result<Vec<String>>;

    /// The bytes of a listed file. Called from several threads at once.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// A project in memory: for tests, and for text that is not on a disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree(BTreeMap<String, Vec<u8>>);

impl MemoryTree {
    /// A tree without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    pub fn with(mut self, path: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        self.0.insert(path.into(), content.as_ref().to_vec());
        self
    }
}

impl FileTree for MemoryTree {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}
