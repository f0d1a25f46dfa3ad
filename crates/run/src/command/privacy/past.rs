//! The search for a person in the past of a table: files of earlier versions, what was staged and given up, the log.
use std::collections::BTreeSet;
use std::path::Path;

use ade_lake::{At, Lake, LakeError, Snapshot, TableName};
use serde_json::Value;

use super::needles::Needles;
use crate::error::RunError;

/// Whether it holds the person.
pub(super) async fn past_holds(lake: &Lake, table: &TableName, needles: &Needles) -> Result<bool, RunError> {
    let current: BTreeSet<String> = match lake.snapshot(table, At::Latest).await {
        Ok(snapshot) => files(&snapshot),
        Err(LakeError::NoTable { .. }) => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    for path in lake.objects(table).await? {
        if current.contains(&path) {
            continue;
        }
        // Values of partitions stand in paths, where they are escaped: once for Delta, once for the store.
        if needles.is_in_bytes(table, unescaped(&unescaped(&path)).as_bytes()) {
            return Ok(true);
        }
        let Some(bytes) = lake.object(table, &path).await? else { continue };
        if needles.is_in_bytes(table, &bytes) {
            return Ok(true);
        }
        if Path::new(&path).extension().is_some_and(|found| found == "json") && needles.are_in_statistics(table, &bytes)
        {
            return Ok(true);
        }
        if !path.ends_with(".parquet") {
            continue;
        }
        match Lake::rows_of(bytes) {
            Some(mut batches) => {
                if batches.any(|batch| batch.is_none_or(|batch| needles.is_in(table, &batch))) {
                    return Ok(true);
                }
            }
            // What cannot be read cannot be known to be free of the person.
            None => return Ok(true),
        }
    }
    Ok(false)
}

impl Needles {
    /// Whether an entry of the log has the person's value as the least or the largest of a column that keeps it: of files, too, that
    /// are not there any more.
    fn are_in_statistics(&self, table: &TableName, entry: &[u8]) -> bool {
        let needles = self.of(table);
        let lines = entry.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let mut statistics = lines.filter_map(|action| {
            let text = action.get("add").or_else(|| action.get("remove"))?.get("stats")?.as_str()?.to_owned();
            serde_json::from_str::<Value>(&text).ok()
        });
        statistics.any(|statistics| {
            let bounds = ["minValues", "maxValues"].into_iter().filter_map(|bound| statistics.get(bound)?.as_object());
            let mut values = bounds.flatten().filter_map(|(column, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (!value.is_object()).then(|| (column.to_lowercase(), text))
            });
            values.any(|(column, text)| needles.iter().any(|needle| needle.kept.contains(&column) && needle.is(&text)))
        })
    }
}

fn files(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.files().iter().map(|file| file.path.clone()).collect()
}

/// A path with its `%3A` as letters.
fn unescaped(path: &str) -> String {
    let mut plain = Vec::with_capacity(path.len());
    let mut bytes = path.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let code =
            bytes.as_slice().get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(letter) => {
                plain.push(letter);
                bytes.nth(1);
            }
            None => plain.push(*byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_in_paths_are_read() {
        assert_eq!(unescaped("mail=ade1%3Aab%3Ac%25/part-0.parquet"), "mail=ade1:ab:c%/part-0.parquet");
        assert_eq!(unescaped("100%/%zz%4"), "100%/%zz%4");
    }
}
