//! The search for a person beside the tables: files of the project's state, events that wait, places that sources were read to.
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ade_connect::{LogPlace, PositionKey, read_round};
use serde_json::Value;

use super::certificate::Certificate;
use super::needles::Needles;
use crate::error::RunError;
use crate::source::Collection;
use crate::workspace::{Workspace, state_folder};

/// Folders of the state: keys, which are none of it; what a program uses while it runs; events, which are opened instead.
const APART: [&str; 3] = ["keys", "spill", "events"];
/// Bytes of a file that are looked at together, and how many of them again with the next.
const WINDOW: usize = 4 << 20;
const OVERLAP: usize = 4096;
/// Bytes of messages that are read together.
const ROUND_BYTES: u64 = 16 << 20;

impl Workspace {
    /// Searches what is beside the tables. It is not rewritten: no value of a row belongs into it, but for events until they have landed.
    pub(super) async fn search_elsewhere(
        &self,
        needles: &Needles,
        certificate: &mut Certificate,
    ) -> Result<(), RunError> {
        for path in self.state_files()? {
            let within = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
            match file_holds(&path, needles) {
                Ok(false) => certificate.also_searched.push(within),
                Ok(true) => certificate
                    .remains
                    .push(format!("{within} holds the person, and is no table: look at what wrote it")),
                // Such files come and go.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(RunError::File { action: "search", path, source }),
            }
        }
        for collection in self.event_collections()? {
            let name = format!("the log of connection `{}`", collection.connection);
            match self.search_log(&collection, needles).await? {
                None => certificate.also_searched.push(name),
                Some(remains) => certificate.remains.push(format!("{name} {remains}")),
            }
        }
        self.search_positions(needles, certificate).await
    }

    /// What is left of a person in a log of events, after all that has landed was removed from it.
    async fn search_log(&self, collection: &Collection, needles: &Needles) -> Result<Option<String>, RunError> {
        let failed = |source| RunError::File { action: "search", path: collection.log.folder().to_owned(), source };
        if !collection.log.folder().exists() {
            return Ok(None);
        }
        let holds = |from: LogPlace| -> io::Result<u64> {
            let (mut place, mut events) = (from, 0);
            loop {
                let round = read_round(&collection.log, place, None, ROUND_BYTES)?;
                let bodies = round.records.iter().map(|(_, record)| String::from_utf8_lossy(&record.body));
                events += bodies.filter(|body| needles.is_in_text(body)).count() as u64;
                if !round.has_more || round.end <= place {
                    return Ok(events);
                }
                place = round.end;
            }
        };
        if holds(LogPlace::default()).map_err(failed)? == 0 {
            return Ok(None);
        }
        let landed = self.events_landed(collection).await?;
        let is_scrubbed = collection.log.scrub(landed).map_err(failed)?;
        let left = holds(LogPlace::default()).map_err(failed)?;
        if left == 0 {
            return Ok(None);
        }
        let waiting = holds(landed).map_err(failed)?;
        let sources: Vec<String> = collection.sources.iter().map(|source| format!("source:{source}")).collect();
        Ok(Some(if waiting > 0 {
            format!(
                "holds {left} events of the person, encrypted, of which {waiting} have not been read: `ade ingest --select {}` lands the \
                 others without them; run it again then",
                sources.join(" ")
            )
        } else if is_scrubbed {
            format!("holds {left} events of the person, encrypted, in a file that could not be removed: run it again")
        } else {
            format!(
                "holds {left} events of the person, encrypted, which have been read: `ade serve` lets them go with the next event that it \
                 lands; run it again then"
            )
        }))
    }

    /// Places that sources were read to: a cursor that is kept, a tap's STATE.
    async fn search_positions(&self, needles: &Needles, certificate: &mut Certificate) -> Result<(), RunError> {
        let key = PositionKey::new(*self.keys()?.position_subkey());
        for table in self.lake.list().await? {
            let Some((_, state)) = self.lake.newest(&table).await? else { continue };
            let Some(position) = state.position else { continue };
            let mut texts = Vec::new();
            texts_of(&position, &key, &mut texts);
            if texts.iter().any(|text| needles.is_in_text(text)) {
                certificate.positions.push(format!(
                    "{table}: the place that its source was read to is a value of the person; it goes when the source has read on"
                ));
            }
        }
        Ok(())
    }

    /// Files of the project's state.
    fn state_files(&self) -> Result<Vec<PathBuf>, RunError> {
        let folder = state_folder(&self.root);
        let mut found = Vec::new();
        let listed = below(&folder, &|name| !APART.contains(&name), &mut found);
        listed.map_err(|source| RunError::File { action: "list", path: folder, source })?;
        found.sort();
        Ok(found)
    }
}

/// The files in a folder, and in those folders within it that are `wanted`.
fn below(folder: &Path, wanted: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if entry.file_name().to_str().is_none_or(wanted) {
                below(&entry.path(), &|_| true, found)?;
            }
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn file_holds(path: &Path, needles: &Needles) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut window = Vec::with_capacity(WINDOW + OVERLAP);
    loop {
        let read = (&mut file).take(WINDOW as u64).read_to_end(&mut window)?;
        if needles.is_anywhere_in(&window) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        window.drain(..window.len().saturating_sub(OVERLAP));
    }
}

/// The texts and numbers in a position, those that are sealed as they are meant.
fn texts_of(value: &Value, key: &PositionKey, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            texts.push(match key.open(text) {
                Some(opened) => String::from_utf8_lossy(&opened).into_owned(),
                None => text.clone(),
            });
        }
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| texts_of(value, key, texts)),
        Value::Object(object) => object.values().for_each(|value| texts_of(value, key, texts)),
        Value::Null | Value::Bool(_) => {}
    }
}
