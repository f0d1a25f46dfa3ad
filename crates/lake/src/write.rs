//! The kinds of write.

use crate::{KeySpec, Region};

/// What a write does with the rows that are already there.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The arrivals are the whole new table.
    Replace,
    /// The arrivals come in addition.
    Append,
    /// The arrivals take the place of all rows in the region. An arrival outside of it is an error
    /// ([`crate::LakeError::OutsideRegion`]).
    ReplaceWhere(Region),
    /// The arrivals take the place of all rows whose values in `columns` occur among them. What they are is found out on
    /// the way, so it need not be known before. Made for few values with many rows each; two values are the same as in a
    /// [`KeySpec`].
    ReplacePartitions {
        /// The columns that tell which rows belong together: those that split the table, or others.
        columns: Vec<String>,
    },
    /// All rows in the region go and the arrivals come, wherever they lie.
    Exchange(Region),
    /// Each arrival takes the place of the row with its key, or comes in addition when there is none.
    Upsert(KeySpec),
    /// All rows in the region go, and the arrivals come as with [`Write::Upsert`], wherever they lie.
    UpsertExchange(KeySpec, Region),
    /// The arrivals are the whole new table; of several with one key the last one stays, unless it is marked as deleted: then
    /// none does. The mark is no column of the table.
    ReplaceByKey(KeySpec),
    /// All rows with the keys of the arrivals go, then all arrivals come, also several with one key.
    DeleteInsert(KeySpec),
    /// Rows with the keys of the arrivals go. Arrivals need hold no more than the key columns.
    DeleteByKey {
        /// The columns of the key.
        columns: Vec<String>,
    },
}
