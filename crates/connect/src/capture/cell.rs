//! One value of a changed row.

/// One value of a changed row, as the source wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// NULL.
    Null,
    /// The source did not send it, because the change left it as it was (a large value that is stored apart).
    Unchanged,
    /// Its text.
    Text(Box<[u8]>),
}

impl Cell {
    pub(crate) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Unchanged => None,
        }
    }

    /// Memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.text().map_or(0, <[u8]>::len)
    }
}

/// The values of a row, in the order of the table's columns.
pub(crate) type Row = Box<[Cell]>;
