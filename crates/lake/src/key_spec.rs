//! How arriving rows find the rows that they replace.

/// Keys and order of arrivals for an upsert. Two keys are the same when all columns are equal, as SQL sees it: the two zeros of
/// a float are, and NaN equals NaN. As in a primary key of PostgreSQL, none of them may be NULL:
/// [`crate::LakeError::NullKey`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySpec {
    /// The columns of the key: at least one.
    pub columns: Vec<String>,
    /// Of several arrivals with one key the one that is greatest here wins (NULL is lowest), the last one in order of
    /// arrival among equals. Without it simply the last.
    pub order_by: Option<String>,
    /// A boolean column of the *arrivals*: a winning row where it is true deletes its key instead of replacing it. The
    /// column is stored like the others when the table has it, and dropped otherwise; in [`crate::Write::ReplaceByKey`], always
    /// dropped.
    pub delete_when: Option<String>,
}

impl KeySpec {
    /// Upsert by `columns`; the last arrival wins.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), order_by: None, delete_when: None }
    }

    /// The arrival that is greatest in `column` wins.
    pub fn order_by(mut self, column: impl Into<String>) -> Self {
        self.order_by = Some(column.into());
        self
    }

    /// Arrivals where `column` is true delete.
    pub fn delete_when(mut self, column: impl Into<String>) -> Self {
        self.delete_when = Some(column.into());
        self
    }
}
