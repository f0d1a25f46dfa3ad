//! The kinds of nodes that a project's graph has.

use std::fmt;

/// What a node of the graph is; the first word of its id and dbt's `resource_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A table that comes from outside.
    Source,
    /// A CSV file of the project.
    Seed,
    /// A `select` of the project.
    Model,
    /// The history of a table, kept row by row.
    Snapshot,
    /// A check.
    Test,
    /// Somebody or something that looks at tables.
    Exposure,
}

impl NodeKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Source, Self::Seed, Self::Model, Self::Snapshot, Self::Test, Self::Exposure];

    /// The word in ids and selectors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Seed => "seed",
            Self::Model => "model",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Exposure => "exposure",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
