//! Cuts a container file into pieces of whole blocks.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::header::{self, MARKER_BYTES, long};
use super::piece;
use crate::files::bytes::Content;
use crate::files::columns::check_names;
use crate::{ConnectError, Place};

/// What a piece holds at least, unless the file ends.
const PIECE_BYTES: usize = 1 << 20;

/// The largest block.
const MOST_BLOCK_BYTES: usize = 1 << 28;

/// A container file that is being cut.
pub(crate) struct Container {
    path: String,
    content: Content,
    header: Arc<[u8]>,
    schema: SchemaRef,
    /// What was read and not given yet; begins with a block.
    buffer: Vec<u8>,
    is_last: bool,
    rows: u64,
}

/// Some whole blocks.
pub(crate) struct Piece {
    pub(super) header: Arc<[u8]>,
    pub(super) blocks: Vec<u8>,
    /// How many rows come before.
    pub(super) first_row: u64,
    /// How many it holds.
    pub(crate) rows: u64,
}

impl Container {
    /// Reads the header.
    pub(crate) fn open(path: &str, content: Content) -> Result<Self, ConnectError> {
        let (header, schema) = (Arc::from([]), Arc::new(arrow::datatypes::Schema::empty()));
        let mut container =
            Self { path: path.to_owned(), content, header, schema, buffer: Vec::new(), is_last: false, rows: 0 };
        let end = loop {
            match header::end(&container.buffer) {
                Err(reason) => return Err(container.broken(reason, "correct `format` or `from`")),
                Ok(Some(end)) => break end,
                Ok(None) if container.buffer.is_empty() && container.is_last => {
                    return Err(container.broken("the file is empty (0 bytes), which no Avro file is", REWRITE));
                }
                Ok(None) if container.is_last || container.buffer.len() > header::MOST_BYTES => {
                    return Err(container.broken("the file is cut off: it ends within its header", REWRITE));
                }
                Ok(None) => container.read_more()?,
            }
        };
        let rest = container.buffer.split_off(end);
        container.header = Arc::from(std::mem::replace(&mut container.buffer, rest));
        container.schema = piece::schema(&container.header)
            .map_err(|reason| container.broken(&reason, "have it written with a schema of a record of such types"))?;
        let names: Vec<String> = container.schema.fields().iter().map(|field| field.name().clone()).collect();
        check_names(path, 1, &names)?;
        Ok(container)
    }

    /// The columns as they are read.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next piece, or `None` at the end of the file.
    pub(crate) fn next_piece(&mut self) -> Result<Option<Piece>, ConnectError> {
        let (mut end, first_row) = (0, self.rows);
        while end < PIECE_BYTES {
            match self.block(end)? {
                Some((next, rows)) => {
                    end = next;
                    self.rows += rows;
                }
                None if !self.is_last => self.read_more()?,
                None if end == self.buffer.len() => break,
                None => return Err(self.broken("the file is cut off: its last block is not complete", REWRITE)),
            }
        }
        if end == 0 {
            return Ok(None);
        }
        let rest = self.buffer.split_off(end);
        let blocks = std::mem::replace(&mut self.buffer, rest);
        Ok(Some(Piece { header: Arc::clone(&self.header), blocks, first_row, rows: self.rows - first_row }))
    }

    /// Where the block ends that begins at `start`, and how many rows it holds; `None` when it goes on behind the buffer.
    fn block(&self, start: usize) -> Result<Option<(usize, u64)>, ConnectError> {
        let damaged = || {
            let reason = format!("the block after row {} is damaged", self.rows);
            ConnectError::SourceFailed { object: self.path.clone(), reason }
        };
        let mut position = start;
        let Some(rows) = long(&self.buffer, &mut position) else { return Ok(None) };
        let Some(size) = long(&self.buffer, &mut position) else { return Ok(None) };
        let rows = u64::try_from(rows).map_err(|_| damaged())?;
        let size = usize::try_from(size).ok().filter(|size| *size <= MOST_BLOCK_BYTES).ok_or_else(damaged)?;
        let end = position + size + MARKER_BYTES;
        let Some(marker) = self.buffer.get(position + size..end) else { return Ok(None) };
        if self.header.ends_with(marker) { Ok(Some((end, rows))) } else { Err(damaged()) }
    }

    /// Proves, after the last piece, that the file is the one that was planned.
    pub(crate) fn finish(self, size_bytes: u64, hash: Option<&str>) -> Result<(), ConnectError> {
        self.content.finish(size_bytes, hash)
    }

    fn read_more(&mut self) -> Result<(), ConnectError> {
        let length = self.buffer.len();
        // At least doubled, so that one huge block does not cost quadratic time.
        let wanted = (length * 2).max(length + PIECE_BYTES);
        self.buffer.resize(wanted, 0);
        let filled = self.content.fill(&mut self.buffer[length..])?;
        self.buffer.truncate(length + filled);
        self.is_last = length + filled < wanted;
        Ok(())
    }

    fn broken(&self, reason: &str, advice: &str) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(Place::of(&self.path)),
            reason: reason.to_owned(),
            advice: advice.to_owned(),
        }
    }
}

const REWRITE: &str = "have it written again; if it is written right now, run again later";
