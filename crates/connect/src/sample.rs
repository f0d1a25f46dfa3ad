//! The first rows of a table, also where some of its values cannot be read.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;

use crate::{ConnectError, ReadRequest};

/// The first rows of a table, for a person to look at and for proposing a classification. It holds raw values, so it must never
/// be written anywhere.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The rows. A column of which a value does not fit its type is there as text; one that cannot be read at all is not there.
    pub rows: RecordBatch,
    /// Which columns these are, and why, without values.
    pub notes: Vec<String>,
}

impl From<RecordBatch> for Sample {
    fn from(rows: RecordBatch) -> Self {
        Self { rows, notes: Vec::new() }
    }
}

/// How first rows are read.
pub(crate) type ReadFirst<'a> =
    dyn Fn(ReadRequest) -> BoxFuture<'a, Result<RecordBatch, ConnectError>> + Send + Sync + 'a;

impl Sample {
    /// Reads around what cannot be read: a column in which a value does not fit is read as text, and one that still stands in the
    /// way is left out. `columns` are all of the table; `is_of_a_value` tells errors that the server has with a value of a column
    /// that it does not name: then each column is tried by itself.
    pub(crate) async fn around<'a>(
        mut request: ReadRequest,
        mut columns: Vec<String>,
        is_of_a_value: fn(&ConnectError) -> bool,
        read: &ReadFirst<'a>,
    ) -> Result<Self, ConnectError> {
        let (mut as_text, mut notes, mut each_was_tried) = (Vec::new(), Vec::new(), false);
        loop {
            let error = match read(request.clone()).await {
                Ok(rows) => return Ok(Self { rows, notes }),
                Err(error) => error,
            };
            let column = column_of(&error).filter(|column| columns.contains(column));
            match column {
                Some(column) if !as_text.contains(&column) => {
                    notes.push(format!("{error}; its values are looked at as text"));
                    as_text.push(column);
                    let fields: Vec<Field> =
                        as_text.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
                    request.promised = Some(Arc::new(Schema::new(fields)));
                }
                Some(column) if columns.len() > 1 => {
                    notes.push(format!("{error}; its values are not looked at"));
                    columns.retain(|name| *name != column);
                    request.columns = Some(columns.clone());
                }
                None if is_of_a_value(&error) && !each_was_tried && columns.len() > 1 => {
                    each_was_tried = true;
                    let mut readable = Vec::new();
                    for column in &columns {
                        let alone = ReadRequest { columns: Some(vec![column.clone()]), ..request.clone() };
                        match read(alone).await {
                            Ok(_) => readable.push(column.clone()),
                            // The whole of it is read again, and says so by itself.
                            Err(error) if column_of(&error).is_some() => readable.push(column.clone()),
                            Err(error) => notes.push(format!("column `{column}` is not looked at: {error}")),
                        }
                    }
                    if readable.is_empty() || readable.len() == columns.len() {
                        return Err(error);
                    }
                    columns = readable;
                    request.columns = Some(columns.clone());
                }
                _ => return Err(error),
            }
        }
    }
}

/// The column whose value an error is about.
fn column_of(error: &ConnectError) -> Option<String> {
    match error {
        ConnectError::Value { place, .. } | ConnectError::Malformed { place, .. } => place.column.clone(),
        _ => None,
    }
}
