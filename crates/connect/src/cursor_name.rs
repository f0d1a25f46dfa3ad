//! Names of columns that grow with every change of their row.

use crate::checklist::snake;

/// Names that say that a column grows with every change of its row, the surest first.
const NAMES: [&str; 14] = [
    "updated_at",
    "modified_at",
    "changed_at",
    "last_modified_at",
    "last_updated_at",
    "updated_on",
    "modified_on",
    "date_updated",
    "date_modified",
    "last_modified",
    "last_updated",
    "last_update",
    "updated",
    "modified",
];

/// How sure a name is to be that of a column that grows with every change of its row: 0 is the surest. In any case, with or
/// without `_`, also in several words.
pub(crate) fn cursor_rank(name: &str) -> Option<usize> {
    let name = snake(name);
    NAMES.iter().position(|known| *known == name || known.replace('_', "") == name)
}
