//! The head of a CSV file: its columns and how it is written.

use super::cells::Cells;
use super::dialect::Dialect;
use super::layout::{FILLER, Layout};
use super::scanner::Scanner;
use crate::files::broken;
use crate::files::bytes::Content;
use crate::files::columns::check_names;
use crate::files::options::{FileOptions, Format};
use crate::files::text::{Block, BlockReader};
use crate::{ColumnForm, ConnectError, Place};

/// The head of a CSV file.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The columns' names, unique.
    pub(crate) names: Vec<String>,
    pub(crate) dialect: Dialect,
    /// How the texts of each column are written; `None`: as usual.
    pub(crate) forms: Vec<Option<ColumnForm>>,
    /// Where the rows begin in the first block.
    pub(crate) body: usize,
}

/// Reads the head of a file; gives it, the first block (which holds it) and the reader of the others.
pub(crate) fn open(
    path: &str,
    content: Content,
    options: &FileOptions,
    block_bytes: usize,
) -> Result<(Header, Block, BlockReader), ConnectError> {
    let mut reader = BlockReader::new(path, content, options, block_bytes)?;
    // In lines that are skipped, quotes mean nothing.
    let is_fixed = options.format(path)? == Format::FixedWidth;
    reader.find_line_end(options.quote.filter(|_| options.skip_lines == 0 && !is_fixed))?;
    reader.skip_lines(options.skip_lines)?;
    let line_end = reader.line_end();
    let mut dialect = Dialect::new(options, reader.first_line()?, line_end);
    // In a file of fixed width, `names` stand in place of a header line.
    let has_header = options.header && !(is_fixed && options.names.is_some());
    let mut given = options.names.clone();
    if let Some(widths) = options.widths.as_ref().filter(|_| is_fixed) {
        check_widths(path, widths, given.as_deref())?;
        dialect.layout = Some(Layout::new(widths, given.as_deref()));
        if let Some(names) = &mut given {
            names.retain(|name| name != FILLER);
        }
    }
    reader.set_boundary(dialect.boundary());
    let empty = || ConnectError::Malformed {
        place: Box::new(Place::of(path)),
        reason: "the file is empty: there is not even a header line".to_owned(),
        advice: "check what writes it; if it is written right now, run again later".to_owned(),
    };
    let block = reader.next_block()?.ok_or_else(empty)?;
    let mut cells = Cells::new(0);
    let (first, body, line) = {
        // Bytes that are no text are the business of their record; in the header they are that of the file.
        let first_line = block.data.split(|byte| *byte == line_end).next().unwrap_or_default();
        let lenient = options.rejects && std::str::from_utf8(first_line).is_ok();
        let readable = lenient.then(|| broken::readable(&block).0);
        let mut scanner = Scanner::new(path, readable.as_ref().unwrap_or(&block), &dialect, 0)?;
        scanner.rows(1, &mut cells)?;
        let fields: Vec<String> = cells.all(scanner.text()).map(|cell| cell.text.trim().to_owned()).collect();
        (fields, scanner.position(), block.line(0))
    };
    if first.is_empty() {
        return Err(empty());
    }
    if has_header && given.is_some() {
        return Err(ConnectError::Request {
            from: path.to_owned(),
            reason: "`names` goes by place, and the file has a header line: nobody would notice that its columns moved".to_owned(),
            advice: "leave out `names`, and give a column another name with `from: <its name in the header>` under `columns:`; \
                     if the file has no header line, write `header: false`"
                .to_owned(),
        });
    }
    let names = match given {
        Some(names) if names.len() == first.len() => names,
        Some(names) => {
            return Err(ConnectError::Malformed {
                place: Box::new(Place::of(path).line(line)),
                reason: format!("`names` gives {} columns, the file has {}", names.len(), first.len()),
                advice: "give one name for each column, in order".to_owned(),
            });
        }
        None => first
            .iter()
            .enumerate()
            .map(|(index, name)| match name.as_str() {
                name if has_header && !name.is_empty() => name.to_owned(),
                _ => format!("column_{}", index + 1),
            })
            .collect(),
    };
    check_names(path, line, &names)?;
    let forms = names.iter().map(|name| options.forms.column(name)).collect();
    Ok((Header { names, dialect, forms, body: if has_header { body } else { 0 } }, block, reader))
}

fn check_widths(path: &str, widths: &[usize], names: Option<&[String]>) -> Result<(), ConnectError> {
    let Some(names) = names.filter(|names| names.len() != widths.len()) else { return Ok(()) };
    Err(ConnectError::Request {
        from: path.to_owned(),
        reason: format!("`names` gives {} columns, and `widths` {}", names.len(), widths.len()),
        advice: "give each field one name and one width, in order; a field that is not read has the name `_`"
            .to_owned(),
    })
}
