//! Which tests come along.

/// Which tests a selection of other nodes brings in (dbt's `--indirect-selection`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndirectSelection {
    /// Tests of which anything they read is selected.
    #[default]
    Eager,
    /// Tests of which everything they read is selected.
    Cautious,
    /// As cautious, but what they read may also be upstream of something selected.
    Buildable,
    /// Only tests that are selected themselves.
    Empty,
}

impl IndirectSelection {
    /// The mode of a word on the command line.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "eager" => Some(Self::Eager),
            "cautious" => Some(Self::Cautious),
            "buildable" => Some(Self::Buildable),
            "empty" => Some(Self::Empty),
            _ => None,
        }
    }
}
