//! What is noted of a column while it is written, beside what stands in the file's footer.

/// Facts about the values of one column in one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnFacts {
    /// A NaN is among them: Parquet's bounds leave NaN out, engines sort it last.
    pub(crate) has_nan: bool,
    /// How many are NULL; lists and structs count as a whole.
    pub(crate) nulls: u64,
}
