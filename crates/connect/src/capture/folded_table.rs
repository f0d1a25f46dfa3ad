//! A table whose changes are folded, as it is made into batches.

use arrow::array::ArrayRef;
use arrow::datatypes::Field;

use super::changes::Changes;
use crate::ConnectError;

/// A table whose changes are folded: where its columns are in the rows, and what their values are.
pub(crate) trait FoldedTable: Send + Sync {
    /// What became of its rows.
    fn changes(&self) -> &Changes;

    /// The place of a column in the rows; `None` where they have not got it.
    fn place(&self, name: &str) -> Option<usize>;

    /// Values of a column as `field` has it, from what the source sent of them. `told` takes the places of those that do not
    /// fit, and are NULL then; without it they are an error.
    fn values(
        &self,
        field: &Field,
        cells: &[Option<&[u8]>],
        told: Option<&mut Vec<usize>>,
    ) -> Result<ArrayRef, ConnectError>;
}
