//! Values that a treatment did not understand.

/// Values of a column, or of a field within it, that a treatment did not understand: they were some, and are NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The column, or the path of the field.
    pub column: String,
    /// The treatment's name.
    pub treatment: &'static str,
    /// How many values became NULL.
    pub lost: usize,
    /// Of how many.
    pub values: usize,
}
