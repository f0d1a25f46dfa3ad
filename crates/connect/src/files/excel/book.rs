//! What a workbook has besides its sheets.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use super::number_format::{Meaning, built_in, of_code};
use super::xml::{NotXml, Told, Xml, attribute, tags};
use crate::ConnectError;
use crate::files::zip::Archive;

/// A workbook.
pub(super) struct Book {
    pub(super) archive: Archive,
    /// Name, part, and whether it is shown.
    pub(super) sheets: Vec<(String, String, bool)>,
    /// Whether days are counted from 1904.
    pub(super) is_1904: bool,
    /// By the number of a cell's style.
    pub(super) meanings: Vec<Meaning>,
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Book {
    pub(super) fn open(archive: Archive) -> Result<Self, ConnectError> {
        let mut book = Self {
            archive,
            sheets: Vec::new(),
            is_1904: false,
            meanings: Vec::new(),
            texts: String::new(),
            ends: Vec::new(),
        };
        let read = book.names().and_then(|()| book.styles()).and_then(|()| book.strings());
        match read {
            Ok(()) => Ok(book),
            Err(Failure::Connect(error)) => Err(error),
            Err(Failure::NotXml) => Err(book.archive.broken("one of its parts is no XML that can be read")),
        }
    }

    /// A text by its number.
    pub(super) fn text(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start..end)
    }

    fn names(&mut self) -> Result<(), Failure> {
        let mut targets = HashMap::new();
        tags(self.archive.part("xl/_rels/workbook.xml.rels")?, |name, tag| {
            if let (b"Relationship", Some(id), Some(target)) = (name, attribute(tag, "Id"), attribute(tag, "Target")) {
                let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                let _ = targets.insert(id, target);
            }
        })?;
        let (sheets, is_1904) = (&mut self.sheets, &mut self.is_1904);
        tags(self.archive.part("xl/workbook.xml")?, |name, tag| match name {
            b"sheet" => {
                let part = attribute(tag, "id").and_then(|id| targets.get(&id).cloned());
                if let (Some(name), Some(part)) = (attribute(tag, "name"), part) {
                    sheets.push((name, part, attribute(tag, "state").is_none_or(|state| state == "visible")));
                }
            }
            b"workbookPr" => *is_1904 = attribute(tag, "date1904").is_some_and(|value| value == "1" || value == "true"),
            _ => {}
        })?;
        Ok(())
    }

    fn styles(&mut self) -> Result<(), Failure> {
        if !self.archive.has("xl/styles.xml") {
            return Ok(());
        }
        let mut codes: HashMap<u32, Meaning> = HashMap::new();
        let mut is_cell = false;
        let meanings = &mut self.meanings;
        tags(self.archive.part("xl/styles.xml")?, |name, tag| {
            let id = attribute(tag, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
            match name {
                b"numFmt" => drop(codes.insert(id, of_code(&attribute(tag, "formatCode").unwrap_or_default()))),
                b"cellXfs" => is_cell = true,
                b"xf" if is_cell => meanings.push(codes.get(&id).copied().unwrap_or_else(|| built_in(id))),
                b"cellStyles" | b"dxfs" => is_cell = false,
                _ => {}
            }
        })?;
        Ok(())
    }

    fn strings(&mut self) -> Result<(), Failure> {
        if !self.archive.has("xl/sharedStrings.xml") {
            return Ok(());
        }
        let part = self.archive.part("xl/sharedStrings.xml")?;
        strings(part, &mut self.texts, &mut self.ends)?;
        Ok(())
    }
}

/// Texts may consist of runs, each of its own font; how Japanese ones are read aloud is no part of them.
fn strings(part: impl BufRead, texts: &mut String, ends: &mut Vec<usize>) -> Result<(), NotXml> {
    let mut xml = Xml::new(part);
    let mut text = String::new();
    let mut is_aloud = false;
    loop {
        text.clear();
        match xml.next(&mut text)? {
            Told::Open(tag, is_closed) => match tag.local_name().as_ref() {
                b"rPh" => is_aloud = !is_closed,
                b"si" if is_closed => ends.push(texts.len()),
                _ => {}
            },
            Told::Close(name) => match name.as_slice() {
                b"t" if !is_aloud => texts.push_str(&text),
                b"rPh" => is_aloud = false,
                b"si" => ends.push(texts.len()),
                _ => {}
            },
            Told::End => return Ok(()),
        }
    }
}

enum Failure {
    Connect(ConnectError),
    NotXml,
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<NotXml> for Failure {
    fn from(_: NotXml) -> Self {
        Self::NotXml
    }
}

/// All of a part's cells come from here.
pub(super) type PartReader = std::io::BufReader<Box<dyn Read + Send>>;
