//! XML, one event after the other.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A part of a workbook that is not what it should be.
#[derive(Debug)]
pub(super) struct NotXml;

/// The events of a part.
pub(super) struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

/// What is told of a part: tags by their names without prefixes.
pub(super) enum Told<'a> {
    /// A tag that opens, and whether it closes at once.
    Open(BytesStart<'a>, bool),
    Close(Vec<u8>),
    End,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(input: R) -> Self {
        Self { reader: Reader::from_reader(input), buffer: Vec::new() }
    }

    /// The next tag; what text stands before it is appended.
    pub(super) fn next(&mut self, text: &mut String) -> Result<Told<'_>, NotXml> {
        loop {
            self.buffer.clear();
            // A borrow that is given back in one branch alone is refused by today's compiler, hence the owned tags.
            match self.reader.read_event_into(&mut self.buffer).map_err(|_| NotXml)? {
                Event::Start(tag) => return Ok(Told::Open(tag.into_owned(), false)),
                Event::Empty(tag) => return Ok(Told::Open(tag.into_owned(), true)),
                Event::End(tag) => return Ok(Told::Close(tag.local_name().as_ref().to_vec())),
                Event::Text(part) => text.push_str(&part.xml_content().map_err(|_| NotXml)?),
                Event::CData(part) => text.push_str(&part.decode().map_err(|_| NotXml)?),
                Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|_| NotXml)? {
                    Some(character) => text.push(character),
                    None => text.push(match &name[..] {
                        b"amp" => '&',
                        b"lt" => '<',
                        b"gt" => '>',
                        b"quot" => '"',
                        b"apos" => '\'',
                        _ => return Err(NotXml),
                    }),
                },
                Event::Eof => return Ok(Told::End),
                _ => {}
            }
        }
    }
}

/// An attribute by its name with or without prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let is_it = |key: &[u8]| {
        key == name.as_bytes() || (key.ends_with(name.as_bytes()) && key[..key.len() - name.len()].ends_with(b":"))
    };
    let found = tag.attributes().flatten().find(|attribute| is_it(attribute.key.as_ref()))?;
    Some(found.decode_and_unescape_value(tag.decoder()).ok()?.into_owned())
}

/// Calls `open` with each tag that opens.
pub(super) fn tags<R: BufRead>(input: R, mut open: impl FnMut(&[u8], &BytesStart<'_>)) -> Result<(), NotXml> {
    let mut xml = Xml::new(input);
    let mut text = String::new();
    loop {
        text.clear();
        match xml.next(&mut text)? {
            Told::Open(tag, _) => open(tag.local_name().as_ref(), &tag),
            Told::Close(_) => {}
            Told::End => return Ok(()),
        }
    }
}
