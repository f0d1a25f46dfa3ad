//! What the treatments do to arrays. Each module holds a treatment's settings and its work.
//!
//! A [`Transform`] is made once for a column; it answers for which types it works and transforms whole arrays.

mod bucket;
mod mask;
mod redact;
mod truncate;
mod truncate_number;
mod truncate_text;
mod truncate_time;

use std::fmt::Debug;

use arrow::{array::ArrayRef, datatypes::DataType};

pub use bucket::Bucket;
pub use mask::{Mask, MaskPattern};
pub use redact::Redact;
pub(crate) use redact::Redactor;
pub use truncate::{Truncate, TruncateTo};

/// Why an array could not be transformed: never because of a value. Column and treatment are added by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The result does not fit the 2 GiB that its type addresses.
    TooLarge,
    /// Arrow refused the result.
    Arrow,
}

/// A treatment's work on arrays that hold plain values (no lists, dictionaries; structs only as a whole).
pub(crate) trait Transform: Debug + Send + Sync {
    /// The type of the result for values of `input`; `None` when the treatment does not fit.
    fn output(&self, input: &DataType) -> Option<DataType>;

    /// Whether a value that is not NULL can become NULL.
    fn makes_nulls(&self, input: &DataType) -> bool;

    /// Transforms an array of a type that fits into one of the type that [`Transform::output`] says, of equal length.
    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure>;
}
