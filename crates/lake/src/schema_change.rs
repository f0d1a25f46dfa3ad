//! Whether a write may change a table's columns.

/// What happens when the arrivals' columns are not the table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SchemaChange {
    /// It is an error ([`crate::LakeError::SchemaMismatch`]).
    #[default]
    Refuse,
    /// New columns are added (NULL in older rows) and types are widened (older files are rewritten in the same commit,
    /// so that every reader can read them). A column that the arrivals have not got is NULL in them. Anything else is
    /// an error. [`crate::Write::Replace`] may change everything.
    Evolve,
    /// The table gets exactly the arrivals' columns: new ones are added, types are widened, columns that the arrivals have
    /// not got are removed with their values, and a type that cannot be widened becomes the arrivals' (values are cast;
    /// one that does not fit is an error). Older files are rewritten in the same commit. A column that splits the table
    /// can be neither removed nor cast.
    Sync,
}
