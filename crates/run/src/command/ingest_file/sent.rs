//! A file that is to become a table: on this machine, or on a web server.

use std::path::{Path, PathBuf};

use crate::error::RunError;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// On this machine, as it is called without links.
    Here(PathBuf),
    /// On a web server: the address up to its last part, and that.
    There {
        /// `https://host/folder`.
        folder: String,
        /// `orders.csv`.
        name: String,
    },
}

impl Sent {
    /// What a person wrote. A file of this machine must be there.
    pub(super) fn of(file: &Path) -> Result<Self, RunError> {
        match file.to_str().and_then(|text| text.split_once("://").map(|(scheme, rest)| (text, scheme, rest))) {
            Some((text, "http" | "https", rest)) => there(text, rest),
            Some((_, scheme, _)) => {
                let hint = "declare the place as a connection `type: files` in ade.yml, then `ade inspect CONNECTION --table FILE`";
                let what = if scheme == "s3" { "a bucket needs its keys" } else { "no such kind of place is known" };
                Err(RunError::usage(format!("{scheme}://…: {what}"), hint.to_owned()))
            }
            None => here(file).map(Self::Here),
        }
    }

    /// As it is named in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Here(path) => path.display().to_string(),
            Self::There { folder, name } => format!("{folder}/{name}"),
        }
    }
}

/// An address without anything that only its owner may know: what is remembered is read by everybody who has the project.
fn there(text: &str, rest: &str) -> Result<Sent, RunError> {
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') || text.contains(['?', '#']) {
        let hint = "declare its server as a connection `type: files` in ade.yml, with `user`, `password` or `token` by reference, and \
                    `from: \"report?year=2026\"` in the sources file";
        let problem = "an address with a password or a query is not remembered: it may hold what nobody should read";
        return Err(RunError::usage(problem, hint.to_owned()));
    }
    match text.rsplit_once('/') {
        Some((folder, name)) if !name.is_empty() && !folder.ends_with('/') => {
            Ok(Sent::There { folder: folder.to_owned(), name: name.to_owned() })
        }
        _ => Err(RunError::usage(format!("{text} names no file"), "write the address of the file itself".to_owned())),
    }
}

/// The file as it is called without links.
fn here(file: &Path) -> Result<PathBuf, RunError> {
    let found = std::fs::canonicalize(file).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => RunError::usage(format!("there is no file {}", file.display()), None),
        _ => RunError::File { action: "read", path: file.to_owned(), source },
    })?;
    if found.is_file() {
        return Ok(found);
    }
    let hint = "a folder of files is a connection: `type: files` in ade.yml, and `ade inspect`".to_owned();
    Err(RunError::usage(format!("{} is no file", file.display()), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_part_into_server_and_file() {
        let there = |text: &str| Sent::of(Path::new(text));
        let sent = there("https://feeds.example.com/daily/orders.jsonl").unwrap();
        assert_eq!(
            sent,
            Sent::There { folder: "https://feeds.example.com/daily".to_owned(), name: "orders.jsonl".to_owned() }
        );
        assert_eq!(sent.shown(), "https://feeds.example.com/daily/orders.jsonl");
        for refused in [
            "https://me:secret@feeds.example.com/orders.csv",
            "https://feeds.example.com/orders.csv?signature=abc",
            "https://feeds.example.com/",
            "https://feeds.example.com",
            "s3://bucket/orders.csv",
            "ftp://host/orders.csv",
        ] {
            let error = there(refused).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("abc"), "{error}");
        }
    }
}
