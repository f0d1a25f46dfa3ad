//! Globs below a folder.

use globset::{GlobBuilder, GlobMatcher};

use super::store::{FileEntry, FileStore};
use crate::ConnectError;

/// What `from` names: one file or a glob (`*` within a folder, `**` across folders, `?`, `[…]`, `{a,b}`).
pub(crate) struct Pattern {
    text: String,
    matcher: GlobMatcher,
    is_glob: bool,
}

impl Pattern {
    pub(crate) fn new(from: &str) -> Result<Self, ConnectError> {
        let text = from.strip_prefix("./").unwrap_or(from);
        let leaves = text.starts_with('/') || text.split('/').any(|part| part == "..");
        if leaves || text.contains('\\') {
            return Err(ConnectError::OutsideFolder { from: from.to_owned() });
        }
        let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(|error| ConnectError::Request {
            from: from.to_owned(),
            reason: format!("it is not a glob: {}", error.kind()),
            advice: "write `*`, `?`, `[…]` or `{a,b}`".to_owned(),
        })?;
        let is_glob = text.contains(['*', '?', '[', '{']);
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher(), is_glob })
    }

    /// Whether more than one file can match.
    pub(crate) fn is_glob(&self) -> bool {
        self.is_glob
    }

    /// The files that match, by path.
    pub(crate) fn files(&self, store: &dyn FileStore) -> Result<Vec<FileEntry>, ConnectError> {
        let mut files = store.list(self.folder())?;
        // A file whose name has characters of globs matches by its name too.
        files.retain(|file| file.path == self.text || self.matcher.is_match(&file.path));
        files.sort();
        Ok(files)
    }

    /// The folder that all matches are in.
    fn folder(&self) -> &str {
        let fixed = self.text.find(['*', '?', '[', '{']).map_or(self.text.as_str(), |index| &self.text[..index]);
        fixed.rfind('/').map_or("", |index| &fixed[..index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_folder() {
        for from in ["../secrets.csv", "a/../../b.csv", "/etc/passwd", "a/..", "..", "a\\..\\b.csv"] {
            assert!(matches!(Pattern::new(from), Err(ConnectError::OutsideFolder { .. })), "{from}");
        }
        assert!(Pattern::new("a..b.csv").is_ok());
    }

    #[test]
    fn the_folder_is_what_comes_before_the_first_wildcard() {
        let folder = |from: &str| Pattern::new(from).unwrap().folder().to_owned();
        assert_eq!(folder("stock.csv"), "");
        assert_eq!(folder("daily/2024/stock_*.csv"), "daily/2024");
        assert_eq!(folder("**/*.csv"), "");
        assert_eq!(folder("daily/{a,b}/x.csv"), "daily");
    }
}
