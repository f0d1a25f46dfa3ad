//! The first rows of a table, also where some of its values cannot be read.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;
use tokio::time::{Duration, Instant};

use crate::{ConnectError, ReadRequest};

/// How long a table is read around what cannot be read.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// that it does not name: then each column is tried by itself. After [`PATIENCE`], what was not tried is left out.
    pub(crate) async fn around<'a>(
        request: ReadRequest,
        columns: Vec<String>,
        is_of_a_value: fn(&ConnectError) -> bool,
        read: &ReadFirst<'a>,
    ) -> Result<Self, ConnectError> {
        Self::around_until(Instant::now() + PATIENCE, request, columns, is_of_a_value, read).await
    }

    async fn around_until<'a>(
        deadline: Instant,
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
                // What fails still was read in vain for long enough.
                Some(_) if Instant::now() >= deadline => return Err(error),
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
                    let (mut readable, mut untried) = (Vec::new(), Vec::new());
                    for column in &columns {
                        if Instant::now() >= deadline {
                            untried.push(format!("`{column}`"));
                            continue;
                        }
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
                    if !untried.is_empty() {
                        let (count, seconds) =
                            (ade_diagnostic::count(untried.len() as u64, "column"), PATIENCE.as_secs());
                        let names = untried.join(", ");
                        notes.push(format!("{count} not looked at, because the others took {seconds} s: {names}"));
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

#[cfg(test)]
mod tests {
    use arrow::array::new_null_array;
    use futures::FutureExt;

    use super::*;
    use crate::Settings;

    /// Fails without a word of the column unless `a` or `b` are asked for alone.
    async fn first(request: ReadRequest, each: Duration) -> Result<RecordBatch, ConnectError> {
        tokio::time::sleep(each).await;
        let failed = ConnectError::SourceFailed { object: "t".to_owned(), reason: "a value".to_owned() };
        let columns = request.columns.ok_or(failed)?;
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let arrays = fields.iter().map(|field| new_null_array(field.data_type(), 1)).collect();
        let failed = ConnectError::SourceFailed { object: "t".to_owned(), reason: "a value".to_owned() };
        if columns.iter().any(|name| name == "broken") {
            return Err(failed);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|_| failed)
    }

    async fn around(patience: Duration, each: Duration) -> Result<Sample, ConnectError> {
        let columns = ["a", "broken", "c"].map(str::to_owned).to_vec();
        let request = ReadRequest::of_sample("t", &Settings::default(), 1);
        let read = |request: ReadRequest| first(request, each).boxed();
        Sample::around_until(Instant::now() + patience, request, columns, |_| true, &read).await
    }

    #[tokio::test]
    async fn what_there_is_no_time_for_is_left_out_and_told() {
        let names = |sample: &Sample| -> Vec<String> {
            sample.rows.schema().fields().iter().map(|field| field.name().clone()).collect()
        };
        let all = around(PATIENCE, Duration::ZERO).await.unwrap();
        assert_eq!((names(&all), all.notes.len()), (vec!["a".to_owned(), "c".to_owned()], 1));
        // The whole and `a` are read within the time, and then it is over.
        let some = around(Duration::from_millis(300), Duration::from_millis(200)).await.unwrap();
        assert_eq!(names(&some), ["a"]);
        assert_eq!(some.notes, ["2 columns not looked at, because the others took 30 s: `broken`, `c`"]);
        assert!(around(Duration::ZERO, Duration::ZERO).await.is_err());
    }
}
