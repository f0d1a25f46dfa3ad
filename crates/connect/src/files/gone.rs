//! Files that have been read and are no longer there: a pattern that matches none at all, and what a full load is without.

use super::options::FileOptions;
use super::pattern::Pattern;
use super::position::{Changes, Position};
use super::store::FileEntry;
use super::unit::{Advance, FilesUnit};
use crate::{ConnectError, Note, ReadMode, ReadRequest};

/// What there is to do where no file is there at all; `None` where none was before, either, so that one must be meant.
///
/// Files that are gone and a pattern with a mistake look alike from the one side, and from the other a pattern that fits no
/// file that it fitted before has changed. Rows are never removed for either, unless somebody asks for a load of everything.
pub(super) fn without_files(
    request: &ReadRequest,
    pattern: &Pattern,
    options: &FileOptions,
    folder: &str,
) -> Result<Option<Changes>, ConnectError> {
    let before = match (&request.mode, &request.position) {
        (ReadMode::Full | ReadMode::Capture { .. }, _) => return Ok(None),
        (_, Some(position)) => Position::parse(Some(position))?,
        (_, None) => replaced(request),
    };
    let Some(first) = before.files.keys().next() else {
        // All of them had gone already.
        return Ok(request.position.is_some().then(Changes::default));
    };
    let read = match before.files.len() {
        1 => format!("`{first}` had been read"),
        count => format!("{count} files had been read (`{first}`, …)"),
    };
    let failed = |hint: String| ConnectError::NotFound {
        what: "file",
        from: request.from.clone(),
        within: folder.to_owned(),
        hint: Some(hint),
    };
    if !before.files.keys().any(|path| pattern.fits(path)) {
        return Err(failed(format!("{read}, and it fits none of them any more: correct `from`")));
    }
    if request.position.is_none() {
        let nothing = FilesUnit { files: Vec::new(), advance: Some(Advance::default()) };
        return Ok(Some(Changes { units: vec![(nothing, None)], replaces_all: true, notes: Vec::new() }));
    }
    if options.remove_missing {
        return Err(failed(format!(
            "{read}, and not one is there any more: put them back, or correct `path` of the connection; where all of them \
             are gone for good, `--full-refresh` empties the table"
        )));
    }
    let message = format!(
        "no file is there for `{}`: {read}, and the rows stay (`missing_files: keep`); if files should be there, correct \
         `from`, or `path` of the connection",
        request.from
    );
    Ok(Some(Changes { notes: vec![Note { id: "files-all-gone", message }], ..Changes::default() }))
}

/// That a load of everything is without the rows of files that are gone.
pub(super) fn left_behind(request: &ReadRequest, found: &[(FileEntry, String)]) -> Option<Note> {
    let before = replaced(request);
    let is_there = |path: &str, hash: &str| found.iter().any(|(file, now)| file.path == path || now == hash);
    let gone: Vec<&str> =
        before.files.iter().filter(|(path, read)| !is_there(path, &read.hash)).map(|(path, _)| path.as_str()).collect();
    let message = match gone.as_slice() {
        [] => return None,
        [path] => format!("`{path}` is no longer there: its rows are not in this full load"),
        [first, ..] => format!(
            "{} files that had been read are no longer there (`{first}`, …): their rows are not in this full load",
            gone.len()
        ),
    };
    Some(Note { id: "file-disappeared", message })
}

/// What had been read before a load of everything.
fn replaced(request: &ReadRequest) -> Position {
    // What another kind of connection has left there names no files.
    Position::parse(request.replaced.as_ref()).unwrap_or_default()
}
