//! Who wrote a line of the project, where the project is in a git repository.
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

/// Who wrote a line, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) at: Option<DateTime<Utc>>,
}

/// The authors of lines, asked of git once for each file. Without git, or outside of a repository, nobody is known.
pub(super) struct Blame {
    root: PathBuf,
    files: HashMap<String, HashMap<u32, Author>>,
}

impl Blame {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: HashMap::new() }
    }

    /// Who wrote a line of a file, whose path is relative to the project.
    pub(super) async fn author(&mut self, file: &str, line: u32) -> Option<Author> {
        if !self.files.contains_key(file) {
            let mut command = std::process::Command::new("git");
            command.arg("-C").arg(&self.root).args(["blame", "--line-porcelain", "--", file]);
            command.stdin(std::process::Stdio::null());
            let told = tokio::task::spawn_blocking(move || command.output()).await;
            let told = told.ok().and_then(Result::ok).filter(|told| told.status.success());
            let lines = told.map(|told| authors(&String::from_utf8_lossy(&told.stdout))).unwrap_or_default();
            self.files.insert(file.to_owned(), lines);
        }
        self.files.get(file)?.get(&line).cloned()
    }
}

/// Reads git's `--line-porcelain`. Lines that are not committed have no author.
fn authors(told: &str) -> HashMap<u32, Author> {
    let mut found = HashMap::new();
    let (mut line, mut is_committed, mut name, mut at) = (None, false, None, None);
    for told in told.lines() {
        if told.starts_with('\t') {
            if let (Some(line), true, Some(name)) = (line.take(), is_committed, name.take()) {
                found.insert(line, Author { name, at: at.take() });
            }
            continue;
        }
        let (word, rest) = told.split_once(' ').unwrap_or((told, ""));
        match word {
            "author" => name = Some(rest.to_owned()),
            "author-time" => at = rest.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            commit if commit.len() >= 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                is_committed = commit.bytes().any(|digit| digit != b'0');
                line = rest.split(' ').nth(1).and_then(|line| line.parse().ok());
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_authors_that_git_tells() {
        let commit = "1f0e".repeat(10);
        let none = "0".repeat(40);
        let told = format!(
            "{commit} 3 1 2\nauthor Ada L\nauthor-mail <a@x>\nauthor-time 1700000000\nsummary x\nfilename f\n\tsources:\n\
             {none} 2 2 1\nauthor Not Committed Yet\nauthor-time 1700000001\n\t  - name: x\n"
        );
        let found = authors(&told);
        assert_eq!(found.len(), 1);
        assert_eq!(found[&1].name, "Ada L");
        assert_eq!(found[&1].at.map(|at| at.timestamp()), Some(1_700_000_000));
    }
}
