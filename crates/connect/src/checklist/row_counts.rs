//! How many rows fulfil predicates.

/// How many of a bounded number of rows fulfil each of some predicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCounts {
    /// How many rows were looked at.
    pub looked_at: u64,
    /// How many of them fulfil each predicate, in their order.
    pub matches: Vec<u64>,
}
