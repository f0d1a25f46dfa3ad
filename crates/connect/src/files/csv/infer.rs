//! What the columns of a block hold.

use super::cells::Cells;
use super::header::Header;
use super::scanner::Scanner;
use crate::ConnectError;
use crate::files::text::Block;
use crate::value::Evidence;

/// Rows scanned at a time: few enough that their cells stay in the cache while each column is looked at.
pub(super) fn chunk_rows(columns: usize) -> usize {
    ((1 << 18) / columns.max(1)).clamp(16, 1_024)
}

/// The evidence of each column and the number of rows of a block from `start` on. Columns that are not `wanted`
/// are not looked at.
pub(crate) fn infer(
    path: &str,
    header: &Header,
    wanted: &[bool],
    block: &Block,
    start: usize,
) -> Result<(Vec<Evidence>, u64), ConnectError> {
    let mut scanner = Scanner::new(path, block, &header.dialect, start)?;
    let mut cells = Cells::new(header.names.len());
    let mut evidence = vec![Evidence::default(); header.names.len()];
    let mut rows = 0;
    let mut buffer = String::new();
    let chunk_rows = chunk_rows(header.names.len());
    loop {
        scanner.rows(chunk_rows, &mut cells)?;
        if cells.rows() == 0 {
            return Ok((evidence, rows));
        }
        rows += cells.rows() as u64;
        for (column, evidence) in evidence.iter_mut().enumerate().filter(|(column, _)| wanted[*column]) {
            if let Some(form) = &header.forms[column] {
                for cell in cells.column(scanner.text(), column) {
                    if !cell.is_quoted && header.dialect.is_null(cell.text) {
                        evidence.see_null();
                    } else if cell.text.is_empty() {
                        evidence.see_empty();
                    } else {
                        evidence.see_in(form, cell.text, &mut buffer);
                    }
                }
                continue;
            }
            for cell in cells.column(scanner.text(), column) {
                if !cell.is_quoted && header.dialect.is_null(cell.text) {
                    evidence.see_null();
                } else if cell.text.is_empty() {
                    evidence.see_empty();
                } else {
                    evidence.see(cell.text.as_bytes());
                }
            }
        }
    }
}
