//! What a sources file says about one column.

use crate::{Class, Treatment};

/// What a sources file declares for a column: its class, and a treatment where the class's default is not wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The column's class.
    pub class: Class,
    /// The explicit treatment; it wins over the class's default.
    pub treatment: Option<Treatment>,
}
