//! What tells the rows of a table apart.

use super::cell::Cell;

/// The values of a row's key, as one text: each with its length, so that no two keys look alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RowKey(Box<[u8]>);

impl RowKey {
    /// The key of a row whose key columns are at `places`. `None` when one of them is NULL or was not sent.
    pub(crate) fn of(row: &[Cell], places: &[usize]) -> Option<Self> {
        let mut bytes = Vec::new();
        for place in places {
            let text = row.get(*place)?.text()?;
            bytes.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(text);
        }
        Some(Self(bytes.into()))
    }

    /// The values, in the order of the key's columns.
    pub(crate) fn values(&self) -> Vec<&[u8]> {
        let (mut values, mut rest) = (Vec::new(), &*self.0);
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX).min(behind.len());
            let (value, next) = behind.split_at(length);
            values.push(value);
            rest = next;
        }
        values
    }

    /// Memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.0.len()
    }
}
