//! Globs below a folder.

use globset::{GlobBuilder, GlobMatcher};

use super::store::{FileEntry, FileStore, Listing};
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

    /// Whether a file of that path matches. One whose name has characters of globs matches by its name too.
    pub(crate) fn fits(&self, path: &str) -> bool {
        path == self.text || self.matcher.is_match(path)
    }

    /// The files that match, by path; a file that links give several such paths by one of them.
    ///
    /// # Errors
    /// [`ConnectError::LinkOutside`] where some that match may be behind a link that is not to be followed.
    pub(crate) fn files(&self, store: &dyn FileStore) -> Result<Vec<FileEntry>, ConnectError> {
        if let Some(files) = store.named(&self.text, self.is_glob)? {
            return Ok(files);
        }
        let Listing { mut files, outside } = store.list(self.folder(), &|path| self.fits(path))?;
        if let Some(object) = outside.into_iter().find(|folder| self.leads_into(folder)) {
            return Err(ConnectError::LinkOutside { object });
        }
        files.sort();
        Ok(files)
    }

    /// Whether something below a folder can match.
    fn leads_into(&self, folder: &str) -> bool {
        let depth = folder.split('/').count();
        let parts: Vec<&str> = self.text.split('/').collect();
        // From `**` on, anything can be.
        let length = parts.iter().position(|part| *part == "**").map_or(depth, |place| depth.min(place + 1));
        // Cut within braces it is no glob, and may be anything too.
        let begins = |parts: &[&str]| {
            let begin = GlobBuilder::new(&parts.join("/")).literal_separator(true).build();
            begin.map_or(true, |begin| begin.compile_matcher().is_match(folder))
        };
        parts.get(..length).is_some_and(|begin| (length < parts.len() || begin.contains(&"**")) && begins(begin))
    }

    /// The folder that all matches are in.
    pub(crate) fn folder(&self) -> &str {
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

    #[test]
    fn a_folder_is_led_into_where_something_below_it_can_match() {
        let leads = |from: &str, folder: &str| Pattern::new(from).unwrap().leads_into(folder);
        for (from, folder) in [
            ("**/*.csv", "far"),
            ("far*/x.csv", "far1"),
            ("a/*/x.csv", "a/b"),
            ("a*/**/x.csv", "a1/b/c"),
            ("a/**", "a/b"),
        ] {
            assert!(leads(from, folder), "{from} {folder}");
        }
        for (from, folder) in [
            ("*.csv", "far"),
            ("near*/x.csv", "far"),
            ("a/*.csv", "a/b"),
            ("a*/**/x.csv", "b/c"),
            ("a/*/x.csv", "a/b/c"),
        ] {
            assert!(!leads(from, folder), "{from} {folder}");
        }
    }
}
