//! Why rows could not be written.

use crate::SqlError;

/// Either the query failed while its rows were written, or the place that they go to did.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The query failed; rows before it may have been written.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The file or pipe refused; a closed pipe is of kind `BrokenPipe`.
    #[error("cannot write the rows: {0}")]
    Write(#[from] std::io::Error),
    /// A value or type has no form in this format.
    #[error("cannot write these rows in this format: {0}")]
    Format(String),
}

impl From<arrow::error::ArrowError> for OutputError {
    fn from(error: arrow::error::ArrowError) -> Self {
        match error {
            arrow::error::ArrowError::IoError(_, error) => Self::Write(error),
            other => Self::Format(other.to_string()),
        }
    }
}

impl From<::parquet::errors::ParquetError> for OutputError {
    fn from(error: ::parquet::errors::ParquetError) -> Self {
        Self::Format(error.to_string())
    }
}
